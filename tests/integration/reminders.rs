//! Reminders: each participant with a seat is reminded once of each start, and nobody else is.

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
    harness::{App, spawn_app_with},
    on_both_backends,
};

on_both_backends!(
    ten_thousand_participants_are_reminded_once_within_seconds,
    only_participants_with_a_seat_in_a_competition_that_starts_soon_are_reminded,
    a_participant_who_registers_after_the_tick_is_reminded,
    a_participant_who_cancels_before_the_reminder_is_written_gets_none,
    a_reminder_that_became_a_dead_letter_is_not_enqueued_again,
    a_participant_who_is_promoted_after_the_tick_is_reminded,
    participants_of_a_competition_that_is_moved_earlier_are_reminded,
    the_check_of_every_minute_reads_new_registrations_only,
    participants_are_reminded_a_day_before_even_if_ticks_are_rare,
    participants_of_a_postponed_competition_are_reminded_again,
    a_reminder_of_an_outdated_start_is_not_written,
);

/// Creates a competition with a waitlist that starts at a time.
async fn competition_starting_at(app: &App, at: DateTime<Utc>, capacity: i64) -> CompetitionView {
    let name = format!("Organizer {}", uuid::Uuid::now_v7());
    let organizer = app.account(&name, Role::Organizer).await;
    let input = CompetitionInput {
        starts_at: at,
        reg_deadline: at - TimeDelta::minutes(10),
        waitlist_enabled: true,
        ..app.competition_input(capacity, true)
    };
    app.services
        .competitions
        .create(Actor::from(&organizer), input)
        .await
        .unwrap()
}

/// Returns the time until midnight, when the next tick of the daily reminders is.
fn time_until_midnight(app: &App) -> TimeDelta {
    let now = app.clock.now();
    let next = (now + TimeDelta::days(1)).date_naive();
    next.and_hms_opt(0, 0, 0).unwrap().and_utc() - now
}

async fn ten_thousand_participants_are_reminded_once_within_seconds(app: App) {
    let start = app.clock.now() + TimeDelta::hours(30);
    let competition = competition_starting_at(&app, start, 10_000).await;
    app.insert_confirmed_registrations(competition.id, 10_000)
        .await;
    app.run_scheduled_tasks().await;
    assert_eq!(
        app.open_jobs().await,
        0,
        "the start is more than 24 hours away"
    );

    app.clock.advance(time_until_midnight(&app));
    let start = Instant::now();
    assert!(app.run_scheduled_tasks().await.contains(&"reminders"));
    let enqueued = start.elapsed();
    assert_eq!(app.open_jobs().await, 10_000);
    let start = Instant::now();
    app.run_jobs_with_retries().await;
    eprintln!(
        "10,000 reminders: enqueued in {enqueued:?}, written in {:?} ({:?})",
        start.elapsed(),
        app.storage.backend
    );
    assert!(enqueued.as_secs() < 20, "{enqueued:?}");

    for _ in 0..2 {
        app.clock.advance(TimeDelta::minutes(1));
        app.run_scheduled_tasks().await;
        app.run_jobs_with_retries().await;
    }
    let messages = app.messages(MessageKind::Reminder).await;
    let registrations: HashSet<_> = messages.iter().map(|m| m.registration_id).collect();
    assert_eq!((messages.len(), registrations.len()), (10_000, 10_000));
    assert!(app.failed_jobs().await.is_empty());
}

async fn only_participants_with_a_seat_in_a_competition_that_starts_soon_are_reminded(app: App) {
    let now = app.clock.now();
    let soon = competition_starting_at(&app, now + TimeDelta::hours(20), 2).await;
    let later = competition_starting_at(&app, now + TimeDelta::hours(60), 5).await;
    let cancelled = competition_starting_at(&app, now + TimeDelta::hours(20), 5).await;
    let participants = app.participants(8).await;
    // The competition that starts soon has two seats. When the first participant cancels, the second and the
    // third hold a seat, and the fourth is on the waitlist.
    for competition in [&soon, &later, &cancelled] {
        for participant in &participants[..4] {
            app.register_all(&[*participant], competition.id).await;
        }
    }
    let registrations = &app.services.registrations;
    let first = registrations.live(participants[0], soon.id).await.unwrap();
    let first = first.unwrap().registration_id;
    registrations.cancel(participants[0], first).await.unwrap();
    let organizer = Actor {
        email_confirmed: true,
        ..Actor::new(cancelled.organizer_id, Role::Organizer)
    };
    let cancellation = CompetitionInput {
        status: CompetitionStatus::Cancelled,
        starts_at: cancelled.starts_at,
        reg_deadline: cancelled.reg_deadline,
        ..app.competition_input(5, true)
    };
    app.services
        .competitions
        .edit(organizer, cancelled.id, cancellation, None)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    app.clock.advance(time_until_midnight(&app));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;

    let reminded: HashSet<_> = app
        .messages(MessageKind::Reminder)
        .await
        .into_iter()
        .map(|m| (m.user_id, m.competition_id.unwrap()))
        .collect();
    let expected = HashSet::from([(participants[1].id, soon.id), (participants[2].id, soon.id)]);
    assert_eq!(reminded, expected);
}

async fn a_participant_who_registers_after_the_tick_is_reminded(app: App) {
    let start = app.clock.now() + TimeDelta::hours(30);
    let competition = competition_starting_at(&app, start, 10).await;
    app.clock.advance(time_until_midnight(&app));
    app.run_scheduled_tasks().await;
    app.clock.advance(TimeDelta::hours(3));
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    app.clock.advance(TimeDelta::minutes(1));
    let ran = app.run_scheduled_tasks().await;
    assert!(!ran.contains(&"reminders"), "{ran:?}");
    app.run_jobs_with_retries().await;
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 2);
}

async fn a_participant_who_cancels_before_the_reminder_is_written_gets_none(app: App) {
    let start = app.clock.now() + TimeDelta::hours(20);
    let competition = competition_starting_at(&app, start, 10).await;
    let participants = app.participants(2).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;
    app.clock.advance(time_until_midnight(&app));
    app.run_scheduled_tasks().await;
    assert_eq!(app.open_jobs().await, 2);
    let registrations = &app.services.registrations;
    let live = registrations
        .live(participants[0], competition.id)
        .await
        .unwrap();
    let id = live.unwrap().registration_id;
    registrations.cancel(participants[0], id).await.unwrap();
    app.run_jobs_with_retries().await;

    let messages = app.messages(MessageKind::Reminder).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].user_id, participants[1].id);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_reminder_that_became_a_dead_letter_is_not_enqueued_again(app: App) {
    let start = app.clock.now() + TimeDelta::hours(20);
    let competition = competition_starting_at(&app, start, 10).await;
    app.register_all(&app.participants(1).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;
    app.clock.advance(time_until_midnight(&app));
    app.run_scheduled_tasks().await;
    let sql = "UPDATE outbox_jobs SET payload = '{}'";
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    assert_eq!(app.failed_jobs().await.len(), 1);
    app.clock.advance(TimeDelta::minutes(1));
    app.run_scheduled_tasks().await;
    assert_eq!(app.open_jobs().await, 0);
}

async fn a_participant_who_is_promoted_after_the_tick_is_reminded(app: App) {
    let start = app.clock.now() + TimeDelta::hours(30);
    let competition = competition_starting_at(&app, start, 1).await;
    let participants = app.participants(2).await;
    for participant in &participants {
        app.register_all(&[*participant], competition.id).await;
    }
    app.run_jobs_with_retries().await;
    app.clock.advance(time_until_midnight(&app));
    app.run_scheduled_tasks().await;
    app.clock.advance(TimeDelta::hours(1));
    app.run_scheduled_tasks().await;
    let registrations = &app.services.registrations;
    let first = registrations
        .live(participants[0], competition.id)
        .await
        .unwrap();
    let first = first.unwrap().registration_id;
    registrations.cancel(participants[0], first).await.unwrap();
    app.clock.advance(TimeDelta::minutes(1));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
    let messages = app.messages(MessageKind::Reminder).await;
    assert!(
        messages
            .iter()
            .any(|message| message.user_id == participants[1].id)
    );
}

async fn participants_of_a_competition_that_is_moved_earlier_are_reminded(app: App) {
    let start = app.clock.now() + TimeDelta::days(5);
    let competition = competition_starting_at(&app, start, 10).await;
    app.register_all(&app.participants(3).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;
    app.clock.advance(time_until_midnight(&app));
    app.run_scheduled_tasks().await;
    app.clock.advance(TimeDelta::hours(3));
    app.run_scheduled_tasks().await;
    assert_eq!(app.open_jobs().await, 0);
    let organizer = Actor {
        email_confirmed: true,
        ..Actor::new(competition.organizer_id, Role::Organizer)
    };
    let earlier = app.clock.now() + TimeDelta::hours(10);
    let moved = CompetitionInput {
        starts_at: earlier,
        reg_deadline: earlier - TimeDelta::minutes(10),
        ..app.competition_input(10, true)
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer, competition.id, moved, None)
        .await
        .unwrap();
    app.clock.advance(TimeDelta::minutes(1));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 3);
}

/// The check of every minute does not compare all registrations with all reminders again.
async fn the_check_of_every_minute_reads_new_registrations_only(app: App) {
    let start = app.clock.now() + TimeDelta::hours(30);
    let competition = competition_starting_at(&app, start, 10).await;
    app.insert_confirmed_registrations(competition.id, 3).await;
    // A registration that was created ten minutes later.
    let participants = app.participants(1).await;
    let later = RegistrationId(uuid::Uuid::new_v7(uuid::Timestamp::from_unix(
        uuid::NoContext,
        u64::try_from((Utc::now() + TimeDelta::minutes(10)).timestamp()).unwrap(),
        0,
    )));
    registration::Entity::insert(registration::ActiveModel {
        id: Set(later),
        user_id: Set(participants[0].id),
        competition_id: Set(competition.id),
        status: Set(RegistrationStatus::Confirmed),
        registered_at: Set(app.clock.now()),
        ..Default::default()
    })
    .exec_without_returning(app.database().write())
    .await
    .unwrap();
    app.clock.advance(time_until_midnight(&app));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
    let delete = "DELETE FROM mail_box WHERE kind = 'REMINDER'";
    let deleted = app.database().write().execute_unprepared(delete).await;
    assert_eq!(deleted.unwrap().rows_affected(), 4);
    app.clock.advance(TimeDelta::minutes(1));
    assert!(
        app.run_scheduled_tasks()
            .await
            .contains(&"reminders-latecomers")
    );
    assert_eq!(
        app.open_jobs().await,
        1,
        "only the newest registration is read again"
    );
}

async fn participants_are_reminded_a_day_before_even_if_ticks_are_rare(app: App) {
    let storage = app.shut_down().await;
    let app = spawn_app_with(storage, &["--reminder-cron=0 0 0 1 1 *"]).await;
    let start = app.clock.now() + TimeDelta::days(3);
    let competition = competition_starting_at(&app, start, 10).await;
    app.register_all(&app.participants(3).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;
    for hours in [0, 24, 23] {
        app.clock.advance(TimeDelta::hours(hours));
        app.run_scheduled_tasks().await;
        assert_eq!(
            app.open_jobs().await,
            0,
            "the start is more than a day away"
        );
    }
    app.clock.advance(TimeDelta::hours(2));
    app.run_scheduled_tasks().await;
    assert_eq!(app.open_jobs().await, 3);
}

/// Postpones the start of a competition.
async fn postpone(app: &App, competition: &CompetitionView, days: i64) {
    let organizer = Actor {
        email_confirmed: true,
        ..Actor::new(competition.organizer_id, Role::Organizer)
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

async fn participants_of_a_postponed_competition_are_reminded_again(app: App) {
    let start = app.clock.now() + TimeDelta::hours(20);
    let competition = competition_starting_at(&app, start, 10).await;
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    app.clock.advance(time_until_midnight(&app));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 2);

    postpone(&app, &competition, 7).await;
    app.clock.advance(TimeDelta::minutes(1));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
    assert_eq!(
        app.messages(MessageKind::Reminder).await.len(),
        2,
        "the new start is a week away"
    );
    app.clock
        .advance(time_until_midnight(&app) + TimeDelta::days(6));
    for _ in 0..2 {
        app.run_scheduled_tasks().await;
        app.run_jobs_with_retries().await;
        app.clock.advance(TimeDelta::minutes(1));
    }
    let messages = app.messages(MessageKind::Reminder).await;
    assert_eq!(messages.len(), 4, "one reminder of each start");
    let new = (start + TimeDelta::days(7))
        .format("%-d %B %Y at %H:%M UTC")
        .to_string();
    let of_new_start = messages
        .iter()
        .filter(|message| message.body.contains(&new));
    let recipients: HashSet<_> = of_new_start.map(|message| message.user_id).collect();
    assert_eq!(recipients.len(), 2);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_reminder_of_an_outdated_start_is_not_written(app: App) {
    let start = app.clock.now() + TimeDelta::hours(20);
    let competition = competition_starting_at(&app, start, 10).await;
    app.register_all(&app.participants(1).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;
    app.clock.advance(time_until_midnight(&app));
    app.run_scheduled_tasks().await;
    assert_eq!(app.open_jobs().await, 1);
    postpone(&app, &competition, 7).await;
    app.run_jobs_with_retries().await;
    assert!(
        app.messages(MessageKind::Reminder).await.is_empty(),
        "the competition starts in a week"
    );
    assert!(app.failed_jobs().await.is_empty());
}
