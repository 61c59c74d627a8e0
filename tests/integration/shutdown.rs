//! SIGTERM in the middle of a long sweep: the process ends well and soon, nothing is half done,
//! and the next process completes it.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    model::{CompetitionStatus, Role, forms::CompetitionInput},
    ops::Clock,
    store::Database,
};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::harness::{App, Backend, Place, process::Server, spawn_app_by, until};

/// A process without workers: sweeps happen, what they enqueue stays where it can be counted.
const SWEEPER: &[&str] = &["serve", "--no-worker"];
/// The process must be gone after 25 s; a step of a sweep takes a second or two.
const SOON: Duration = Duration::from_secs(15);

/// Prepares the place with an application that is gone afterwards, and opens it for looking.
async fn prepared(backend: Backend, prepare: impl AsyncFnOnce(&App)) -> (Place, Database) {
    let place = Place::fresh(backend).await;
    let app = spawn_app_by(Clock::system(), place, &[]).await;
    prepare(&app).await;
    let place = app.shut_down().await;
    let database = Database::connect(&place.database_url.parse().unwrap(), 2)
        .await
        .unwrap();
    (place, database)
}

async fn rows(database: &Database, table: &str) -> i64 {
    let count = format!("SELECT COUNT(*) FROM {table}");
    let count = Statement::from_string(database.backend(), count);
    let row = database.read().query_one_raw(count).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Starts a process, stops it when its sweep has brought a table's rows to somewhere between
/// `begun` and `complete`, and has another one go on to the end.
async fn is_interrupted_and_completed(
    place: &Place,
    database: &Database,
    table: &str,
    (begun, complete): (i64, i64),
) {
    let is_in_the_middle = || async {
        let rows = rows(database, table).await;
        rows != begun && rows != complete
    };
    let mut server = Server::start_with(place, SWEEPER, &[]).await;
    until("the sweep is in the middle", is_in_the_middle).await;
    let told = Instant::now();
    let status = server.terminate().await;
    let took = told.elapsed();
    assert!(status.success(), "{status}\n{}", server.log());
    assert!(took < SOON, "it took {took:?}");
    assert!(is_in_the_middle().await, "it went on to the end");
    server.start_again().await;
    until("another process completes it", || async {
        rows(database, table).await == complete
    })
    .await;
    assert!(server.terminate().await.success());
}

async fn reminders_are_interrupted(backend: Backend) {
    const PEOPLE: i64 = 60_000;
    let (place, database) = prepared(backend, async |app| {
        let organizer = app.account("Organizer", Role::Organizer).await;
        let soon = app.clock.now() + TimeDelta::hours(20);
        let input = CompetitionInput {
            starts_at: soon,
            reg_deadline: soon - TimeDelta::hours(1),
            status: CompetitionStatus::Published,
            ..app.input(PEOPLE, false)
        };
        let competitions = &app.services.competitions;
        let competition = competitions.create((&organizer).into(), input).await;
        let id = competition.unwrap().id;
        app.seat_in_bulk(id, usize::try_from(PEOPLE).unwrap()).await;
    })
    .await;
    is_interrupted_and_completed(&place, &database, "outbox_jobs", (0, PEOPLE)).await;
}

async fn clean_up_is_interrupted(backend: Backend) {
    const SESSIONS: i64 = 300_000;
    let (place, database) = prepared(backend, async |app| {
        let connection = app.database().write();
        let backend = connection.get_database_backend();
        let numbers = match backend {
            DatabaseBackend::Postgres => "generate_series(1, $1) AS n",
            _ => {
                "(WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < $1) \
                 SELECT n FROM up)"
            }
        };
        let sql = format!(
            "INSERT INTO sessions (id, data, created_at, expires_at) \
             SELECT 'session-' || n, '', $2, $2 FROM {numbers}"
        );
        let long_ago: DateTime<Utc> = "2020-01-01T00:00:00Z".parse().unwrap();
        let values = [SESSIONS.into(), long_ago.into()];
        let insert = Statement::from_sql_and_values(backend, sql, values);
        connection.execute_raw(insert).await.unwrap();
    })
    .await;
    is_interrupted_and_completed(&place, &database, "sessions", (SESSIONS, 0)).await;
}

mod a_process_that_is_told_to_stop_in_the_middle_of_reminders_leaves_the_rest_to_the_next {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        super::reminders_are_interrupted(super::Backend::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::reminders_are_interrupted(super::Backend::Postgres).await;
    }
}

mod a_process_that_is_told_to_stop_in_the_middle_of_a_clean_up_leaves_the_rest_to_the_next {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        super::clean_up_is_interrupted(super::Backend::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::clean_up_is_interrupted(super::Backend::Postgres).await;
    }
}
