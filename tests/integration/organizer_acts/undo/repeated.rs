//! Undoing a removal of those who were removed, came back or registered again before.

use chrono::TimeDelta;

use super::{live, register_in_order, remove, undo};
use crate::{harness::App, on_both_backends};

on_both_backends!(a_free_seat_goes_to_the_first_of_those_who_waited);

async fn a_free_seat_goes_to_the_first_of_those_who_waited(app: App) {
    let competition = app.competition(1, true).await;
    let people = app.participants(3).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    remove(&app, &competition, "first", &ids[1..2]).await;
    app.clock.advance(TimeDelta::minutes(1));
    undo(&app, &competition, "first").await.unwrap();
    // The first of the waitlist has the newest registration now.
    let back = live(&app, people[1], &competition).await.unwrap();
    let waiting = [ids[2], back.registration_id];
    remove(&app, &competition, "second", &waiting).await;
    let registrations = &app.services.registrations;
    registrations.cancel(people[0], ids[0]).await.unwrap();
    let undone = undo(&app, &competition, "second").await.unwrap();
    assert_eq!((undone.seated, undone.waiting), (1, 1));
    let first = live(&app, people[1], &competition).await.unwrap();
    assert!(first.status.holds_seat(), "{:?}", first.status);
    assert_eq!(app.assert_seat_invariant().await, 1);
}
