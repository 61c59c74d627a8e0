//! Fan-out: one message to every participant, once.

use std::collections::HashSet;

use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, DomainError, MessageKind, Role, forms::AnnouncementForm},
};

use crate::{both, harness::App};

both!(
    every_participant_gets_an_announcement_once,
    a_fan_out_holds_no_transaction_open_and_survives_a_lost_queue,
    only_the_organizer_of_a_competition_announces,
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
        id: competition.organizer_id,
        role: Role::Organizer,
        address: None,
    }
}

async fn every_participant_gets_an_announcement_once(app: App) {
    let competition = app.competition(1_150, true).await;
    let people = app.people(1_200).await;
    app.register_all(&people, competition.id).await;
    let stranger = app.competition(5, false).await;
    app.register_all(&people[..3], stranger.id).await;
    app.finish_off().await;

    let announcements = &app.services.announcements;
    let told = announcements
        .announce(organizer(&competition), competition.id, &form())
        .await
        .unwrap();
    assert_eq!(told, 1_200, "the queue is told too");
    app.finish_off().await;
    let letters = app.messages(MessageKind::Announcement).await;
    let whom: HashSet<_> = letters.iter().map(|m| m.user_id).collect();
    assert_eq!((letters.len(), whom.len()), (1_200, 1_200));
    assert_eq!(letters[0].subject, "Spring Sprint: Parking");
    assert!(letters[0].body.contains("Use gate 2."));
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_fan_out_holds_no_transaction_open_and_survives_a_lost_queue(app: App) {
    let competition = app.competition(1_200, false).await;
    app.seat_in_bulk(competition.id, 1_200).await;
    app.services
        .announcements
        .announce(organizer(&competition), competition.id, &form())
        .await
        .unwrap();
    app.worker().tick().await.unwrap();
    assert_eq!(
        app.messages(MessageKind::Announcement).await.len(),
        500,
        "a page a job"
    );
    app.lose_the_lists().await;
    app.finish_off().await;
    assert_eq!(app.messages(MessageKind::Announcement).await.len(), 1_200);
}

async fn only_the_organizer_of_a_competition_announces(app: App) {
    let competition = app.competition(5, false).await;
    let other = app.competition(5, false).await;
    let announcements = &app.services.announcements;
    let refused = |result: mini_compete::domain::Result<u64>| match result {
        Err(mini_compete::domain::Error::Domain(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let form = form();
    let by_another = announcements.announce(organizer(&other), competition.id, &form);
    assert_eq!(refused(by_another.await), DomainError::Forbidden);
    let empty = AnnouncementForm::default();
    let nothing = announcements.announce(organizer(&competition), competition.id, &empty);
    assert!(matches!(refused(nothing.await), DomainError::Invalid(_)));
    assert_eq!(app.open_jobs().await, 0);
}

async fn every_participant_gets_a_message_when_a_competition_is_cancelled(app: App) {
    let competition = app.competition(700, false).await;
    let people = app.people(700).await;
    app.register_all(&people, competition.id).await;
    app.finish_off().await;
    let input = mini_compete::model::forms::CompetitionInput {
        status: CompetitionStatus::Cancelled,
        reg_deadline: competition.reg_deadline,
        starts_at: competition.starts_at,
        ..app.input(700, false)
    };
    app.services
        .competitions
        .edit(organizer(&competition), competition.id, input, None)
        .await
        .unwrap();
    app.finish_off().await;
    let letters = app.messages(MessageKind::Cancellation).await;
    let whom: HashSet<_> = letters.iter().map(|m| m.user_id).collect();
    assert_eq!((letters.len(), whom.len()), (700, 700));
}
