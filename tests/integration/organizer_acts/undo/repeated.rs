//! Undoing a removal of those who were removed, came back or registered again before.

use chrono::TimeDelta;
use mini_compete::{model::UndoneView, store::entity::idempotency_log};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{live, organizer_with_browser, register_in_order, remove, remove_on_page, undo};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_free_seat_goes_to_the_first_of_those_who_waited,
    who_has_registered_again_and_does_not_want_it_or_was_removed_again_stays_away,
    the_button_is_there_again_after_a_failure,
);

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

async fn who_has_registered_again_and_does_not_want_it_or_was_removed_again_stays_away(app: App) {
    let competition = app.competition(3, false).await;
    let people = app.participants(3).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    remove(&app, &competition, "first", &ids).await;
    app.register_all(&people[..2], competition.id).await;
    let own = live(&app, people[0], &competition).await.unwrap();
    let registrations = &app.services.registrations;
    let cancelled = registrations.cancel(people[0], own.registration_id);
    cancelled.await.unwrap();
    let other = live(&app, people[1], &competition).await.unwrap();
    remove(&app, &competition, "second", &[other.registration_id]).await;
    let undone = undo(&app, &competition, "first").await.unwrap();
    let expected = UndoneView {
        seated: 1,
        waiting: 0,
        left_out: 2,
    };
    assert_eq!(undone, expected);
    for (person, is_back) in [(people[0], false), (people[1], false), (people[2], true)] {
        assert_eq!(live(&app, person, &competition).await.is_some(), is_back);
    }
    assert_eq!(undo(&app, &competition, "second").await.unwrap().seated, 1);
    assert!(live(&app, people[1], &competition).await.is_some());
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn the_button_is_there_again_after_a_failure(app: App) {
    let (competition, _, browser) = organizer_with_browser(&app, 2).await;
    let people = app.participants(1).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    let removed = remove_on_page(&browser, competition.id, &ids).await;
    let change_status = async |from: i32, to: i32| {
        use idempotency_log::Column::ResponseStatus;
        let changed = idempotency_log::Entity::update_many()
            .col_expr(ResponseStatus, Expr::value(to))
            .filter(ResponseStatus.eq(from))
            .exec(app.database.write())
            .await;
        assert_eq!(changed.unwrap().rows_affected, 1);
    };
    change_status(200, -1).await;
    let button = removed.form("form[data-testid=undo-form]");
    let failed = browser.submit(&button).await;
    assert!(
        failed.text.contains("trying again is safe"),
        "{}",
        failed.text
    );
    change_status(-1, 200).await;
    let button = failed.form("form[data-testid=undo-form]");
    let done = browser.submit(&button).await;
    assert!(
        done.text.contains("1 person is back in their seat."),
        "{}",
        done.text
    );
    assert_eq!(app.assert_seat_invariant().await, 1);
}
