//! Migrations, and constraints that the database enforces.

use std::{
    env,
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::TimeDelta;
use migration::{Migrator, MigratorTrait};
use mini_compete::{
    domain::Actor,
    model::{MessageKind, Role, forms::CompetitionPatch},
    store::entity::message,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{
    harness::{App, Backend, Storage},
    on_both_backends,
};

on_both_backends!(
    migrations_run_down_and_up_again,
    the_database_refuses_a_seat_counter_out_of_bounds,
    an_upgrade_keeps_every_message_and_repeats_no_reminder,
);

async fn migrations_run_down_and_up_again(app: App) {
    let schema = app.database().for_migrations().await.unwrap();
    Migrator::down(&schema, None).await.unwrap();
    Migrator::up(&schema, None).await.unwrap();
    app.competition(3, false).await;
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn the_database_refuses_a_seat_counter_out_of_bounds(app: App) {
    app.competition(3, false).await;
    for seats_left in [-1, 4] {
        let sql = format!("UPDATE competitions SET seats_left = {seats_left}");
        let outcome = app.database().write().execute_unprepared(&sql).await;
        assert!(outcome.is_err(), "seats_left = {seats_left}");
    }
}

async fn an_upgrade_keeps_every_message_and_repeats_no_reminder(app: App) {
    let organizer = app.account("Org", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await;
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    app.clock.advance(TimeDelta::days(7));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
    let before = message::Entity::find()
        .all(app.database().read())
        .await
        .unwrap();
    assert_eq!(before.len(), 4);

    // The schema and keys of a release in which reminders did not contain their start.
    let connection = app.database().write();
    let schema = app.database().for_migrations().await.unwrap();
    let since = "m20261125_000020";
    let newer = Migrator::migrations()
        .into_iter()
        .filter(|it| it.name() >= since)
        .count();
    Migrator::down(&schema, Some(u32::try_from(newer).unwrap()))
        .await
        .unwrap();
    for row in &before {
        let Some(registration) = row
            .registration_id
            .filter(|_| row.kind == MessageKind::Reminder)
        else {
            continue;
        };
        let old = format!("reminder:{registration}");
        message::Entity::update_many()
            .col_expr(message::Column::DedupeKey, Expr::value(old))
            .filter(message::Column::Id.eq(row.id))
            .exec(connection)
            .await
            .unwrap();
    }
    Migrator::up(&schema, None).await.unwrap();

    let mut after = message::Entity::find()
        .all(app.database().read())
        .await
        .unwrap();
    after.sort_by_key(|row| row.id);
    let mut expected = before;
    expected.sort_by_key(|row| row.id);
    assert_eq!(after, expected);
    for _ in 0..2 {
        app.clock.advance(TimeDelta::minutes(1));
        app.run_scheduled_tasks().await;
        app.run_jobs_with_retries().await;
    }
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 2);

    // Participants who registered before the upgrade get messages about later changes.
    let later = CompetitionPatch {
        starts_at: Some(competition.starts_at + TimeDelta::days(7)),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(Actor::from(&organizer), competition.id, later, None)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    assert_eq!(app.messages(MessageKind::Change).await.len(), 2);
}

/// The variables that the killed process reads.
const URL: &str = "TEST_MIGRATE_URL";
const STATEMENTS: &str = "TEST_MIGRATE_STATEMENTS";
/// The number of the signal SIGKILL.
const KILLED: i32 = 9;

#[tokio::test]
async fn a_first_start_killed_after_any_statement_can_be_repeated_on_sqlite() {
    kill_after_statements(Backend::Sqlite, 1).await;
}

#[tokio::test]
async fn a_first_start_killed_after_every_fifth_statement_can_be_repeated_on_postgres() {
    kill_after_statements(Backend::Postgres, 5).await;
}

/// Kills first starts after every `step`-th statement, and asserts that the next start completes the
/// migrations.
async fn kill_after_statements(backend: Backend, step: usize) {
    let mut kills = 0;
    for statements in (1..).step_by(step) {
        let storage = Storage::create(backend).await;
        let status = Command::new(env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "schema::migrates_until_it_is_killed",
            ])
            .env(URL, &storage.database_url)
            .env(STATEMENTS, statements.to_string())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        let connection = sea_orm::Database::connect(&storage.database_url)
            .await
            .unwrap();
        let again = Migrator::up(&connection, None).await;
        assert!(again.is_ok(), "killed after {statements}: {again:?}");
        let pending = Migrator::get_pending_migrations(&connection).await.unwrap();
        assert!(pending.is_empty());
        connection.close().await.unwrap();
        if status.signal() != Some(KILLED) {
            assert!(status.success(), "{status}");
            break;
        }
        kills += 1;
    }
    assert!(kills * step > 40, "killed {kills} times only");
}

/// The process that other tests start: it migrates a database, and kills itself after a number of statements.
#[tokio::test]
#[ignore = "a process that other tests start"]
async fn migrates_until_it_is_killed() {
    let last: usize = env::var(STATEMENTS).unwrap().parse().unwrap();
    let mut connection = sea_orm::Database::connect(env::var(URL).unwrap())
        .await
        .unwrap();
    let done = AtomicUsize::new(0);
    connection.set_metric_callback(move |_statement| {
        if done.fetch_add(1, Ordering::SeqCst) + 1 == last {
            let me = std::process::id().to_string();
            let killed = Command::new("kill").args(["-KILL", &me]).status();
            unreachable!("{killed:?}");
        }
    });
    Migrator::up(&connection, None).await.unwrap();
}
