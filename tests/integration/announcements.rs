//! Announcements: the fan-out of one message to every participant.

use std::collections::HashSet;

use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, DomainError, MessageKind, Role, forms::AnnouncementForm},
};

use crate::{harness::App, on_both_backends};

on_both_backends!(
    every_participant_gets_an_announcement_once,
    a_fan_out_holds_no_transaction_open_and_survives_a_lost_queue,
    only_the_organizer_of_a_competition_can_announce,
    every_participant_gets_a_message_when_a_competition_is_cancelled,
);

fn form() -> AnnouncementForm {
    AnnouncementForm {
        subject: "Parking".to_owned(),
        body: "Use gate 2.".to_owned(),
    }
}

fn organizer(competition: &mini_compete::model::CompetitionView) -> Actor {
    Actor {
        email_confirmed: true,
        ..Actor::new(competition.organizer_id, Role::Organizer)
    }
}

async fn every_participant_gets_an_announcement_once(app: App) {
    let competition = app.competition(1_150, true).await;
    let participants = app.participants(1_200).await;
    app.register_all(&participants, competition.id).await;
    let other = app.competition(5, false).await;
    app.register_all(&participants[..3], other.id).await;
    app.run_jobs_with_retries().await;

    let announcements = &app.services.announcements;
    let recipients = announcements
        .announce(organizer(&competition), competition.id, &form())
        .await
        .unwrap();
    assert_eq!(recipients, 1_200, "the waitlist is included");
    app.run_jobs_with_retries().await;
    let messages = app.messages(MessageKind::Announcement).await;
    let owners: HashSet<_> = messages.iter().map(|m| m.user_id).collect();
    assert_eq!((messages.len(), owners.len()), (1_200, 1_200));
    assert_eq!(messages[0].subject, "Spring Sprint: Parking");
    assert!(messages[0].body.contains("Use gate 2."));
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_fan_out_holds_no_transaction_open_and_survives_a_lost_queue(app: App) {
    let competition = app.competition(1_200, false).await;
    app.insert_confirmed_registrations(competition.id, 1_200)
        .await;
    app.services
        .announcements
        .announce(organizer(&competition), competition.id, &form())
        .await
        .unwrap();
    app.worker().tick().await.unwrap();
    assert_eq!(
        app.messages(MessageKind::Announcement).await.len(),
        500,
        "one page per job"
    );
    app.lose_queues().await;
    app.run_jobs_with_retries().await;
    assert_eq!(app.messages(MessageKind::Announcement).await.len(), 1_200);
}

async fn only_the_organizer_of_a_competition_can_announce(app: App) {
    let competition = app.competition(5, false).await;
    let other = app.competition(5, false).await;
    let announcements = &app.services.announcements;
    let domain_error = |result: mini_compete::domain::Result<u64>| match result {
        Err(mini_compete::domain::Error::Domain(error)) => error,
        other => panic!("{other:?}"),
    };
    let form = form();
    let by_other_organizer = announcements.announce(organizer(&other), competition.id, &form);
    assert_eq!(
        domain_error(by_other_organizer.await),
        DomainError::Forbidden
    );
    let empty = AnnouncementForm::default();
    let without_text = announcements.announce(organizer(&competition), competition.id, &empty);
    assert!(matches!(
        domain_error(without_text.await),
        DomainError::Invalid(_)
    ));
    assert_eq!(app.open_jobs().await, 0);
}

async fn every_participant_gets_a_message_when_a_competition_is_cancelled(app: App) {
    let competition = app.competition(700, false).await;
    let participants = app.participants(700).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;
    let input = mini_compete::model::forms::CompetitionInput {
        status: CompetitionStatus::Cancelled,
        reg_deadline: competition.reg_deadline,
        starts_at: competition.starts_at,
        ..app.competition_input(700, false)
    };
    app.services
        .competitions
        .edit(organizer(&competition), competition.id, input, None)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    let messages = app.messages(MessageKind::Cancellation).await;
    let owners: HashSet<_> = messages.iter().map(|m| m.user_id).collect();
    assert_eq!((messages.len(), owners.len()), (700, 700));
}
