//! Announcements: to whom they go, when, and that each recipient gets one message.

use std::collections::HashSet;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        AnnouncementView, Audience, AuditAction, CompetitionStatus, CompetitionView, DomainError,
        IdempotencyKey, MessageKind, Role, StaffRole,
        forms::{AnnouncementInput, Paging},
    },
    store::entity::{audit_event, staff},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    harness::{App, add_staff},
    on_both_backends,
};

on_both_backends!(
    every_participant_gets_an_announcement_once,
    a_fan_out_holds_no_transaction_open_and_survives_a_lost_queue,
    only_the_organizer_of_a_competition_can_announce,
    every_participant_gets_a_message_when_a_competition_is_cancelled,
    an_audience_gets_what_is_for_it_and_nobody_else_does,
    an_announcement_with_the_same_key_is_made_once,
    an_announcement_waits_for_its_time_and_can_be_withdrawn_until_then,
    a_scheduled_announcement_of_somebody_who_may_not_announce_any_more_is_withdrawn,
    a_test_reaches_its_author_alone,
);

fn form() -> AnnouncementInput {
    AnnouncementInput {
        subject: "Parking".to_owned(),
        body: "Use gate 2.".to_owned(),
        ..AnnouncementInput::default()
    }
}

/// Announces something as the organizer of the competition.
async fn announce(
    app: &App,
    competition: &CompetitionView,
    input: AnnouncementInput,
) -> AnnouncementView {
    let announcements = &app.services.announcements;
    announcements
        .announce(organizer(competition), competition.id, None, input)
        .await
        .unwrap()
}

/// Returns the newest announcement of the competition.
async fn newest(app: &App, competition: &CompetitionView) -> AnnouncementView {
    let announcements = &app.services.announcements;
    let paging = Paging::new(None, None, 20);
    let list = announcements.list(organizer(competition), competition.id, paging);
    list.await.unwrap().items.remove(0)
}

async fn announced(app: &App) -> usize {
    app.messages(MessageKind::Announcement).await.len()
}

/// Lets the clock pass, and runs what is due.
async fn pass(app: &App, minutes: i64) {
    app.clock.advance(TimeDelta::minutes(minutes));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
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

    let made = announce(&app, &competition, form()).await;
    assert_eq!(made.total, 1_200, "the waitlist is included");
    assert!(made.is_being_sent());
    app.run_jobs_with_retries().await;
    let sent = newest(&app, &competition).await;
    assert_eq!((sent.total, sent.written, sent.failed), (1_200, 1_200, 0));
    assert!(sent.finished_at.is_some());
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
    announce(&app, &competition, form()).await;
    app.worker().tick().await.unwrap();
    assert_eq!(
        app.messages(MessageKind::Announcement).await.len(),
        500,
        "one page per job"
    );
    assert_eq!(newest(&app, &competition).await.written, 500);
    app.lose_queues().await;
    app.run_jobs_with_retries().await;
    assert_eq!(announced(&app).await, 1_200);
    assert_eq!(newest(&app, &competition).await.written, 1_200);
}

async fn only_the_organizer_of_a_competition_can_announce(app: App) {
    let competition = app.competition(5, false).await;
    let other = app.competition(5, false).await;
    let announcements = &app.services.announcements;
    let domain_error = |result: mini_compete::domain::Result<AnnouncementView>| match result {
        Err(mini_compete::domain::Error::Domain(error)) => error,
        other => panic!("{other:?}"),
    };
    let by_other_organizer =
        announcements.announce(organizer(&other), competition.id, None, form());
    assert_eq!(
        domain_error(by_other_organizer.await),
        DomainError::Forbidden
    );
    let empty = AnnouncementInput::default();
    let without_text = announcements.announce(organizer(&competition), competition.id, None, empty);
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

async fn an_audience_gets_what_is_for_it_and_nobody_else_does(app: App) {
    let competition = app.competition(2, true).await;
    let participants = app.participants(5).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;
    for (audience, number) in [(Audience::Seated, 2), (Audience::Waitlisted, 3)] {
        let before = announced(&app).await;
        let input = AnnouncementInput { audience, ..form() };
        assert_eq!(announce(&app, &competition, input).await.total, number);
        app.run_jobs_with_retries().await;
        let sent = newest(&app, &competition).await;
        assert_eq!((sent.written, sent.total), (number, number), "{audience}");
        assert_eq!(announced(&app).await - before, number as usize);
    }
    let messages = app.messages(MessageKind::Announcement).await;
    let owners: HashSet<_> = messages.iter().map(|m| m.user_id).collect();
    assert_eq!(owners.len(), 5, "each participant is in one audience");
}

async fn an_announcement_with_the_same_key_is_made_once(app: App) {
    let competition = app.competition(5, false).await;
    let participants = app.participants(3).await;
    app.register_all(&participants, competition.id).await;
    let announcements = &app.services.announcements;
    let key = IdempotencyKey::mint();
    let press =
        |input| announcements.announce(organizer(&competition), competition.id, Some(&key), input);
    let (first, second) = tokio::join!(press(form()), press(form()));
    assert_eq!(first.unwrap().id, second.unwrap().id);
    app.run_jobs_with_retries().await;
    assert_eq!(press(form()).await.unwrap().written, 3);
    app.run_jobs_with_retries().await;
    assert_eq!(announced(&app).await, 3);
    let other = AnnouncementInput {
        subject: "Weather".to_owned(),
        ..form()
    };
    match press(other).await {
        Err(mini_compete::domain::Error::Domain(DomainError::IdempotencyKeyReused)) => {}
        other => panic!("{other:?}"),
    }
}

async fn an_announcement_waits_for_its_time_and_can_be_withdrawn_until_then(app: App) {
    let competition = app.competition(5, false).await;
    let participants = app.participants(3).await;
    app.register_all(&participants[..2], competition.id).await;
    app.run_jobs_with_retries().await;
    let later = AnnouncementInput {
        send_at: Some(app.clock.now() + TimeDelta::minutes(30)),
        ..form()
    };
    let kept = announce(&app, &competition, later.clone()).await;
    let dropped = announce(&app, &competition, later).await;
    assert!(kept.is_scheduled() && dropped.is_scheduled());
    pass(&app, 20).await;
    assert_eq!(announced(&app).await, 0, "too early");
    let announcements = &app.services.announcements;
    let withdraw = |id| announcements.withdraw(organizer(&competition), competition.id, id);
    withdraw(dropped.id).await.unwrap();
    withdraw(dropped.id).await.unwrap();
    // Who registers until then gets it, too.
    app.register_all(&participants[2..], competition.id).await;
    pass(&app, 11).await;
    pass(&app, 1).await;
    assert_eq!(announced(&app).await, 3, "one of two, once");
    match withdraw(kept.id).await {
        Err(mini_compete::domain::Error::Domain(DomainError::AnnouncementSent)) => {}
        other => panic!("{other:?}"),
    }
}

async fn a_scheduled_announcement_of_somebody_who_may_not_announce_any_more_is_withdrawn(app: App) {
    let competition = app.competition(5, false).await;
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;
    let eve = app.account("Eve", Role::Participant).await;
    let staff = add_staff(&app, competition.id, eve.id, StaffRole::Editor).await;
    let later = AnnouncementInput {
        send_at: Some(app.clock.now() + TimeDelta::minutes(30)),
        ..form()
    };
    let announcements = &app.services.announcements;
    let by_eve = announcements.announce(Actor::from(&eve), competition.id, None, later.clone());
    let by_eve = by_eve.await.unwrap();
    announce(&app, &competition, later).await;
    staff::Entity::delete_by_id(staff)
        .exec(app.database().write())
        .await
        .unwrap();
    pass(&app, 31).await;
    pass(&app, 1).await;
    assert_eq!(announced(&app).await, 2, "the owner's alone");
    let paging = Paging::new(None, None, 20);
    let list = announcements.list(organizer(&competition), competition.id, paging);
    let listed = list.await.unwrap().items;
    let found = listed.iter().find(|it| it.id == by_eve.id).unwrap();
    assert!(found.withdrawn_at.is_some() && found.started_at.is_none());
    let events = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq(AuditAction::AnnouncementWithdraw))
        .all(app.database().read())
        .await
        .unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].subject_id, Some(competition.id.0));
    assert_eq!(events[0].detail["announcement"], by_eve.id.to_string());
}

async fn a_test_reaches_its_author_alone(app: App) {
    let competition = app.competition(5, false).await;
    let participants = app.participants(3).await;
    app.register_all(&participants, competition.id).await;
    let announcements = &app.services.announcements;
    announcements
        .send_test(organizer(&competition), competition.id, form())
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    let messages = app.messages(MessageKind::Announcement).await;
    let owners: Vec<_> = messages.iter().map(|m| m.user_id).collect();
    assert_eq!(owners, [competition.organizer_id]);
    assert_eq!(messages[0].subject, "Spring Sprint: Parking");
}
