//! Everybody who holds a seat is reminded once; nobody else is.

use std::{collections::HashSet, time::Instant};

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionStatus, CompetitionView, MessageKind, RegistrationId, RegistrationStatus, Role,
        forms::{CompetitionInput, CompetitionPatch},
    },
    store::entity::registration,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use crate::{
    both,
    harness::{App, spawn_app_with},
};

both!(
    ten_thousand_are_reminded_in_seconds_and_nobody_twice,
    only_who_holds_a_seat_in_something_that_begins_soon_is_reminded,
    who_registers_after_the_tick_still_gets_one,
    who_cancels_before_the_letter_is_written_gets_none,
    a_reminder_that_was_given_up_is_not_begun_anew,
    whoever_is_promoted_after_the_tick_still_gets_one,
    everybody_in_a_competition_that_is_moved_nearer_is_reminded,
    only_what_is_new_is_looked_at_every_minute,
    with_rare_ticks_everybody_is_reminded_a_day_before,
    a_competition_that_is_postponed_reminds_again,
    a_reminder_of_a_start_that_was_moved_is_not_written,
);

async fn starting_at(app: &App, at: DateTime<Utc>, capacity: i64) -> CompetitionView {
    let name = format!("Organizer {}", uuid::Uuid::now_v7());
    let organizer = app.account(&name, Role::Organizer).await;
    let input = CompetitionInput {
        starts_at: at,
        reg_deadline: at - TimeDelta::minutes(10),
        waitlist_enabled: true,
        ..app.input(capacity, true)
    };
    app.services
        .competitions
        .create(Actor::from(&organizer), input)
        .await
        .unwrap()
}

/// The clock stands at 09:00; the next tick of the daily reminders is at midnight.
fn midnight(app: &App) -> TimeDelta {
    let now = app.clock.now();
    let next = (now + TimeDelta::days(1)).date_naive();
    next.and_hms_opt(0, 0, 0).unwrap().and_utc() - now
}

async fn ten_thousand_are_reminded_in_seconds_and_nobody_twice(app: App) {
    let start = app.clock.now() + TimeDelta::hours(30);
    let competition = starting_at(&app, start, 10_000).await;
    app.seat_in_bulk(competition.id, 10_000).await;
    app.chores().await;
    assert_eq!(app.open_jobs().await, 0, "it is more than 24 h away");

    app.clock.advance(midnight(&app));
    let begun = Instant::now();
    assert!(app.chores().await.contains(&"reminders"));
    let enqueued = begun.elapsed();
    assert_eq!(app.open_jobs().await, 10_000);
    let begun = Instant::now();
    app.finish_off().await;
    eprintln!(
        "10,000 reminders: enqueued in {enqueued:?}, written in {:?} ({:?})",
        begun.elapsed(),
        app.place.backend
    );
    assert!(enqueued.as_secs() < 20, "{enqueued:?}");

    for _ in 0..2 {
        app.clock.advance(TimeDelta::minutes(1));
        app.chores().await;
        app.finish_off().await;
    }
    let letters = app.messages(MessageKind::Reminder).await;
    let about: HashSet<_> = letters.iter().map(|m| m.registration_id).collect();
    assert_eq!((letters.len(), about.len()), (10_000, 10_000));
    assert!(app.failed_jobs().await.is_empty());
}

async fn only_who_holds_a_seat_in_something_that_begins_soon_is_reminded(app: App) {
    let now = app.clock.now();
    let soon = starting_at(&app, now + TimeDelta::hours(20), 2).await;
    let later = starting_at(&app, now + TimeDelta::hours(60), 5).await;
    let off = starting_at(&app, now + TimeDelta::hours(20), 5).await;
    let people = app.people(8).await;
    // The third queues, the first gives back: the second and third have seats, the fourth queues.
    for competition in [&soon, &later, &off] {
        for person in &people[..4] {
            app.register_all(&[*person], competition.id).await;
        }
    }
    let registrations = &app.services.registrations;
    let first = registrations.live(people[0], soon.id).await.unwrap();
    let first = first.unwrap().registration_id;
    registrations.cancel(people[0], first).await.unwrap();
    let organizer = Actor {
        id: off.organizer_id,
        role: Role::Organizer,
        address: None,
    };
    let called_off = CompetitionInput {
        status: CompetitionStatus::Cancelled,
        starts_at: off.starts_at,
        reg_deadline: off.reg_deadline,
        ..app.input(5, true)
    };
    app.services
        .competitions
        .edit(organizer, off.id, called_off, None)
        .await
        .unwrap();
    app.finish_off().await;
    app.clock.advance(midnight(&app));
    app.chores().await;
    app.finish_off().await;

    let reminded: HashSet<_> = app
        .messages(MessageKind::Reminder)
        .await
        .into_iter()
        .map(|m| (m.user_id, m.competition_id.unwrap()))
        .collect();
    let expected = HashSet::from([(people[1].id, soon.id), (people[2].id, soon.id)]);
    assert_eq!(reminded, expected);
}

async fn who_registers_after_the_tick_still_gets_one(app: App) {
    let start = app.clock.now() + TimeDelta::hours(30);
    let competition = starting_at(&app, start, 10).await;
    app.clock.advance(midnight(&app));
    app.chores().await;
    app.clock.advance(TimeDelta::hours(3));
    app.register_all(&app.people(2).await, competition.id).await;
    app.clock.advance(TimeDelta::minutes(1));
    let ran = app.chores().await;
    assert!(!ran.contains(&"reminders"), "{ran:?}");
    app.finish_off().await;
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 2);
}

async fn who_cancels_before_the_letter_is_written_gets_none(app: App) {
    let start = app.clock.now() + TimeDelta::hours(20);
    let competition = starting_at(&app, start, 10).await;
    let people = app.people(2).await;
    app.register_all(&people, competition.id).await;
    app.finish_off().await;
    app.clock.advance(midnight(&app));
    app.chores().await;
    assert_eq!(app.open_jobs().await, 2);
    let registrations = &app.services.registrations;
    let mine = registrations.live(people[0], competition.id).await.unwrap();
    let mine = mine.unwrap().registration_id;
    registrations.cancel(people[0], mine).await.unwrap();
    app.finish_off().await;

    let letters = app.messages(MessageKind::Reminder).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].user_id, people[1].id);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_reminder_that_was_given_up_is_not_begun_anew(app: App) {
    let start = app.clock.now() + TimeDelta::hours(20);
    let competition = starting_at(&app, start, 10).await;
    app.register_all(&app.people(1).await, competition.id).await;
    app.finish_off().await;
    app.clock.advance(midnight(&app));
    app.chores().await;
    let sql = "UPDATE outbox_jobs SET payload = '{}'";
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    app.finish_off().await;
    assert_eq!(app.failed_jobs().await.len(), 1);
    app.clock.advance(TimeDelta::minutes(1));
    app.chores().await;
    assert_eq!(app.open_jobs().await, 0);
}

async fn whoever_is_promoted_after_the_tick_still_gets_one(app: App) {
    let start = app.clock.now() + TimeDelta::hours(30);
    let competition = starting_at(&app, start, 1).await;
    let people = app.people(2).await;
    for person in &people {
        app.register_all(&[*person], competition.id).await;
    }
    app.finish_off().await;
    app.clock.advance(midnight(&app));
    app.chores().await;
    app.clock.advance(TimeDelta::hours(1));
    app.chores().await;
    let registrations = &app.services.registrations;
    let first = registrations.live(people[0], competition.id).await.unwrap();
    let first = first.unwrap().registration_id;
    registrations.cancel(people[0], first).await.unwrap();
    app.clock.advance(TimeDelta::minutes(1));
    app.chores().await;
    app.finish_off().await;
    let letters = app.messages(MessageKind::Reminder).await;
    assert!(letters.iter().any(|letter| letter.user_id == people[1].id));
}

async fn everybody_in_a_competition_that_is_moved_nearer_is_reminded(app: App) {
    let start = app.clock.now() + TimeDelta::days(5);
    let competition = starting_at(&app, start, 10).await;
    app.register_all(&app.people(3).await, competition.id).await;
    app.finish_off().await;
    app.clock.advance(midnight(&app));
    app.chores().await;
    app.clock.advance(TimeDelta::hours(3));
    app.chores().await;
    assert_eq!(app.open_jobs().await, 0);
    let organizer = Actor {
        id: competition.organizer_id,
        role: Role::Organizer,
        address: None,
    };
    let nearer = app.clock.now() + TimeDelta::hours(10);
    let moved = CompetitionInput {
        starts_at: nearer,
        reg_deadline: nearer - TimeDelta::minutes(10),
        ..app.input(10, true)
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer, competition.id, moved, None)
        .await
        .unwrap();
    app.clock.advance(TimeDelta::minutes(1));
    app.chores().await;
    app.finish_off().await;
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 3);
}

/// Those who have their reminder are not compared with all reminders again, minute after minute.
async fn only_what_is_new_is_looked_at_every_minute(app: App) {
    let start = app.clock.now() + TimeDelta::hours(30);
    let competition = starting_at(&app, start, 10).await;
    app.seat_in_bulk(competition.id, 3).await;
    // Made ten minutes later.
    let people = app.people(1).await;
    let later = RegistrationId(uuid::Uuid::new_v7(uuid::Timestamp::from_unix(
        uuid::NoContext,
        u64::try_from((Utc::now() + TimeDelta::minutes(10)).timestamp()).unwrap(),
        0,
    )));
    registration::Entity::insert(registration::ActiveModel {
        id: Set(later),
        user_id: Set(people[0].id),
        competition_id: Set(competition.id),
        status: Set(RegistrationStatus::Confirmed),
        registered_at: Set(app.clock.now()),
        ..Default::default()
    })
    .exec_without_returning(app.database().write())
    .await
    .unwrap();
    app.clock.advance(midnight(&app));
    app.chores().await;
    app.finish_off().await;
    let forget = "DELETE FROM mail_box WHERE kind = 'REMINDER'";
    let forgotten = app.database().write().execute_unprepared(forget).await;
    assert_eq!(forgotten.unwrap().rows_affected(), 4);
    app.clock.advance(TimeDelta::minutes(1));
    assert!(app.chores().await.contains(&"reminders-latecomers"));
    assert_eq!(
        app.open_jobs().await,
        1,
        "whose letter is missed: the newest"
    );
}

async fn with_rare_ticks_everybody_is_reminded_a_day_before(app: App) {
    let place = app.shut_down().await;
    let app = spawn_app_with(place, &["--reminder-cron=0 0 0 1 1 *"]).await;
    let start = app.clock.now() + TimeDelta::days(3);
    let competition = starting_at(&app, start, 10).await;
    app.register_all(&app.people(3).await, competition.id).await;
    app.finish_off().await;
    for hours in [0, 24, 23] {
        app.clock.advance(TimeDelta::hours(hours));
        app.chores().await;
        assert_eq!(app.open_jobs().await, 0, "it is more than a day ahead");
    }
    app.clock.advance(TimeDelta::hours(2));
    app.chores().await;
    assert_eq!(app.open_jobs().await, 3);
}

async fn postpone(app: &App, competition: &CompetitionView, days: i64) {
    let organizer = Actor {
        id: competition.organizer_id,
        role: Role::Organizer,
        address: None,
    };
    let later = CompetitionPatch {
        starts_at: Some(competition.starts_at + TimeDelta::days(days)),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer, competition.id, later, None)
        .await
        .unwrap();
}

async fn a_competition_that_is_postponed_reminds_again(app: App) {
    let start = app.clock.now() + TimeDelta::hours(20);
    let competition = starting_at(&app, start, 10).await;
    app.register_all(&app.people(2).await, competition.id).await;
    app.clock.advance(midnight(&app));
    app.chores().await;
    app.finish_off().await;
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 2);

    postpone(&app, &competition, 7).await;
    app.clock.advance(TimeDelta::minutes(1));
    app.chores().await;
    app.finish_off().await;
    assert_eq!(
        app.messages(MessageKind::Reminder).await.len(),
        2,
        "a week ahead"
    );
    app.clock.advance(midnight(&app) + TimeDelta::days(6));
    for _ in 0..2 {
        app.chores().await;
        app.finish_off().await;
        app.clock.advance(TimeDelta::minutes(1));
    }
    let letters = app.messages(MessageKind::Reminder).await;
    assert_eq!(letters.len(), 4, "of each start once");
    let new = (start + TimeDelta::days(7))
        .format("%-d %B %Y, %H:%M UTC")
        .to_string();
    let of_the_new = letters.iter().filter(|letter| letter.body.contains(&new));
    let whom: HashSet<_> = of_the_new.map(|letter| letter.user_id).collect();
    assert_eq!(whom.len(), 2);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_reminder_of_a_start_that_was_moved_is_not_written(app: App) {
    let start = app.clock.now() + TimeDelta::hours(20);
    let competition = starting_at(&app, start, 10).await;
    app.register_all(&app.people(1).await, competition.id).await;
    app.finish_off().await;
    app.clock.advance(midnight(&app));
    app.chores().await;
    assert_eq!(app.open_jobs().await, 1);
    postpone(&app, &competition, 7).await;
    app.finish_off().await;
    assert!(
        app.messages(MessageKind::Reminder).await.is_empty(),
        "it begins in a week"
    );
    assert!(app.failed_jobs().await.is_empty());
}
