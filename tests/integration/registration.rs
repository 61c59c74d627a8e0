//! Registration: no competition is overbooked, a repeated request takes no second seat, no request is refused
//! while seats are free, and every registration is confirmed.

use std::collections::HashSet;

use mini_compete::{
    domain::registration::RegistrationReply,
    model::{IdempotencyKey, MessageKind, RegistrationStatus, forms::Paging},
    store::entity::{message, registration},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::{harness::App, on_both_backends};

on_both_backends!(
    two_hundred_registrations_at_once_get_exactly_ten_seats,
    a_double_click_takes_one_seat_and_both_clicks_get_the_same_response,
    every_seat_that_was_taken_is_confirmed_exactly_once,
    the_seat_of_a_cancelled_registration_goes_to_the_head_of_the_waitlist,
    a_job_that_was_never_pushed_is_found_by_the_relay,
);

/// Parses an idempotency key.
fn key(text: impl std::fmt::Display) -> IdempotencyKey {
    IdempotencyKey::parse(&text.to_string()).unwrap()
}

/// Counts the replies with status 201.
fn accepted(replies: &[RegistrationReply]) -> usize {
    replies
        .iter()
        .filter(|a| a.response().status == 201)
        .count()
}

async fn two_hundred_registrations_at_once_get_exactly_ten_seats(app: App) {
    let competition = app.competition(10, false).await;
    let participants = app.participants(200).await;
    let mut waiting = tokio::task::JoinSet::new();
    for participant in participants {
        let (registrations, id) = (app.services.registrations.clone(), competition.id);
        waiting.spawn(async move {
            registrations
                .register(participant, id, &key("k"))
                .await
                .unwrap()
        });
    }
    let replies = waiting.join_all().await;

    assert_eq!(accepted(&replies), 10);
    let refused: HashSet<_> = replies
        .iter()
        .filter(|a| a.response().status != 201)
        .map(|a| a.outcome().unwrap().registration().unwrap_err().code())
        .collect();
    assert_eq!(refused, HashSet::from(["competition-full"]));
    assert_eq!(app.assert_seat_invariant().await, 10);
}

async fn a_double_click_takes_one_seat_and_both_clicks_get_the_same_response(app: App) {
    let competition = app.competition(5, false).await;
    let participant = app.participants(1).await[0];
    let registrations = &app.services.registrations;
    let key = key("one-click");
    let (first, second) = tokio::join!(
        registrations.register(participant, competition.id, &key),
        registrations.register(participant, competition.id, &key),
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    let later = registrations
        .register(participant, competition.id, &key)
        .await
        .unwrap();

    assert_eq!(first.response().status, 201);
    assert_eq!(first.response().body, second.response().body);
    assert_eq!(first.response().body, later.response().body);
    assert!(later.replayed);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn every_seat_that_was_taken_is_confirmed_exactly_once(app: App) {
    let competition = app.competition(30, false).await;
    for participant in app.participants(30).await {
        app.services
            .registrations
            .register(participant, competition.id, &key("k"))
            .await
            .unwrap();
    }
    // Responses are sent before jobs are pushed; the relay would push jobs that are missing.
    while app.open_jobs().await > 0 {
        app.run_ready_jobs().await;
    }
    app.run_ready_jobs().await;

    let confirmations = message::Entity::find()
        .filter(message::Column::Kind.eq(MessageKind::Confirmation))
        .all(app.database().read())
        .await
        .unwrap();
    let registrations: HashSet<_> = confirmations.iter().map(|m| m.registration_id).collect();
    assert_eq!((confirmations.len(), registrations.len()), (30, 30));
    let confirmed = registration::Entity::find()
        .filter(registration::Column::Status.eq(RegistrationStatus::Confirmed))
        .count(app.database().read())
        .await
        .unwrap();
    assert_eq!(confirmed, 30);
}

async fn the_seat_of_a_cancelled_registration_goes_to_the_head_of_the_waitlist(app: App) {
    let competition = app.competition(1, true).await;
    let participants = app.participants(3).await;
    let registrations = &app.services.registrations;
    let mut views = Vec::new();
    for participant in &participants {
        let reply = registrations
            .register(*participant, competition.id, &key("k"))
            .await
            .unwrap();
        views.push(reply.outcome().unwrap().registration().unwrap().clone());
    }
    assert_eq!(views[0].status, RegistrationStatus::Pending);
    assert_eq!(views[1].waitlist_position, Some(1));
    assert_eq!(views[2].waitlist_position, Some(2));

    registrations
        .cancel(participants[0], views[0].registration_id)
        .await
        .unwrap();

    let second = registrations
        .live(participants[1], competition.id)
        .await
        .unwrap();
    assert_eq!(second.unwrap().status, RegistrationStatus::Pending);
    let third = registrations
        .live(participants[2], competition.id)
        .await
        .unwrap();
    assert_eq!(third.unwrap().waitlist_position, Some(1));
    app.assert_seat_invariant().await;

    while app.open_jobs().await > 0 {
        app.run_ready_jobs().await;
    }
    let page = Paging::new(None, None, 20);
    let mailbox = app
        .services
        .mailbox
        .list(participants[1], false, page)
        .await;
    let kinds: HashSet<_> = mailbox.unwrap().items.iter().map(|m| m.kind).collect();
    let expected = HashSet::from([MessageKind::Waitlist, MessageKind::Promotion]);
    assert_eq!(kinds, expected);
}

async fn a_job_that_was_never_pushed_is_found_by_the_relay(app: App) {
    use mini_compete::{jobs::outbox, model::RegistrationId};
    let competition = app.competition(1, false).await;
    let participant = app.participants(1).await[0];
    app.services
        .registrations
        .register(participant, competition.id, &key("k"))
        .await
        .unwrap();
    while app.open_jobs().await > 0 {
        app.run_ready_jobs().await;
    }
    // The state after a crash between commit and push: the row exists, and the queue is empty.
    let missing = outbox::NewJob::new(
        mini_compete::domain::registration::job_kinds::CONFIRMATION,
        RegistrationId::new(),
        serde_json::json!({}),
    );
    outbox::write(app.database().write(), &[missing], app.clock.now())
        .await
        .unwrap();

    assert_eq!(app.run_relay().await, 0, "its lease has not expired");
    app.clock.advance(outbox::LEASE);
    assert_eq!(app.run_relay().await, 1);
    assert_eq!(app.run_ready_jobs().await, 1);
    assert_eq!(app.open_jobs().await, 0);
}
