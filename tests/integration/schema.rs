//! Rules that the database itself keeps.

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
    both,
    harness::{App, Backend, Place},
};

both!(
    migrations_run_down_and_up_again,
    the_database_refuses_a_seat_counter_out_of_bounds,
    an_upgrade_keeps_every_message_and_reminds_nobody_twice,
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

async fn an_upgrade_keeps_every_message_and_reminds_nobody_twice(app: App) {
    let organizer = app.account("Org", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await;
    app.register_all(&app.people(2).await, competition.id).await;
    app.clock.advance(TimeDelta::days(7));
    app.chores().await;
    app.finish_off().await;
    let before = message::Entity::find()
        .all(app.database().read())
        .await
        .unwrap();
    assert_eq!(before.len(), 4);

    // As it was before a reminder named its start.
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
        app.chores().await;
        app.finish_off().await;
    }
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 2);

    // Whoever registered before the upgrade is told of what changes after it.
    let later = CompetitionPatch {
        starts_at: Some(competition.starts_at + TimeDelta::days(7)),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(Actor::from(&organizer), competition.id, later, None)
        .await
        .unwrap();
    app.finish_off().await;
    assert_eq!(app.messages(MessageKind::Change).await.len(), 2);
}

/// What the process that is to be killed reads.
const URL: &str = "TEST_MIGRATE_URL";
const STATEMENTS: &str = "TEST_MIGRATE_STATEMENTS";
const KILLED: i32 = 9;

#[tokio::test]
async fn a_first_start_that_is_killed_between_any_two_statements_starts_again_on_sqlite() {
    killed_after_each_statement(Backend::Sqlite, 1).await;
}

#[tokio::test]
async fn a_first_start_that_is_killed_between_statements_starts_again_on_postgres() {
    killed_after_each_statement(Backend::Postgres, 5).await;
}

async fn killed_after_each_statement(backend: Backend, step: usize) {
    let mut kills = 0;
    for statements in (1..).step_by(step) {
        let place = Place::fresh(backend).await;
        let status = Command::new(env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "schema::migrates_until_it_is_killed",
            ])
            .env(URL, &place.database_url)
            .env(STATEMENTS, statements.to_string())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        let connection = sea_orm::Database::connect(&place.database_url)
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

/// A first start that dies by SIGKILL when so many statements are done.
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
