//! SIGTERM during a long scheduled task: the process ends soon and successfully, and the next process
//! completes the task.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    model::{CompetitionStatus, Role, forms::CompetitionInput},
    ops::Clock,
    store::Database,
};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::harness::{App, Backend, Storage, process::Server, spawn_app_with_clock, wait_until};

/// The arguments of a process without workers: it runs scheduled tasks, and the jobs that they enqueue stay
/// in the outbox.
const WITHOUT_WORKER: &[&str] = &["serve", "--no-worker"];
/// How long the process may take to end. Its own time limit is 25 seconds, and a step of a task takes a
/// second or two.
const DEADLINE: Duration = Duration::from_secs(15);

/// Creates a storage, prepares it with an application that is stopped afterwards, and connects to its database.
async fn prepare_storage(backend: Backend, prepare: impl AsyncFnOnce(&App)) -> (Storage, Database) {
    let storage = Storage::create(backend).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    prepare(&app).await;
    let storage = app.shut_down().await;
    let database = Database::connect(&storage.database_url.parse().unwrap(), 2)
        .await
        .unwrap();
    (storage, database)
}

/// Counts the rows of a table.
async fn count_rows(database: &Database, table: &str) -> i64 {
    let count = format!("SELECT COUNT(*) FROM {table}");
    let count = Statement::from_string(database.backend(), count);
    let row = database.read().query_one_raw(count).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Starts a process, and stops it when its task has changed the number of rows of a table from `initial`, but
/// not yet to `complete`. Then starts another process, and waits until it completes the task.
async fn interrupt_and_complete(
    storage: &Storage,
    database: &Database,
    table: &str,
    (initial, complete): (i64, i64),
) {
    let is_partly_done = || async {
        let rows = count_rows(database, table).await;
        rows != initial && rows != complete
    };
    let mut server = Server::start_with(storage, WITHOUT_WORKER, &[]).await;
    wait_until("the task is partly done", is_partly_done).await;
    let start = Instant::now();
    let status = server.terminate().await;
    let duration = start.elapsed();
    assert!(status.success(), "{status}\n{}", server.log());
    assert!(duration < DEADLINE, "the shutdown took {duration:?}");
    assert!(
        is_partly_done().await,
        "the task was completed before the shutdown"
    );
    server.start_again().await;
    wait_until("the next process completes the task", || async {
        count_rows(database, table).await == complete
    })
    .await;
    assert!(server.terminate().await.success());
}

async fn interrupt_reminders(backend: Backend) {
    const PARTICIPANTS: i64 = 60_000;
    let (storage, database) = prepare_storage(backend, async |app| {
        let organizer = app.account("Organizer", Role::Organizer).await;
        let soon = app.clock.now() + TimeDelta::hours(20);
        let input = CompetitionInput {
            starts_at: soon,
            reg_deadline: soon - TimeDelta::hours(1),
            status: CompetitionStatus::Published,
            ..app.competition_input(PARTICIPANTS, false)
        };
        let competitions = &app.services.competitions;
        let competition = competitions.create((&organizer).into(), input).await;
        let id = competition.unwrap().id;
        app.insert_confirmed_registrations(id, usize::try_from(PARTICIPANTS).unwrap())
            .await;
    })
    .await;
    interrupt_and_complete(&storage, &database, "outbox_jobs", (0, PARTICIPANTS)).await;
}

async fn interrupt_clean_up(backend: Backend) {
    const SESSIONS: i64 = 300_000;
    let (storage, database) = prepare_storage(backend, async |app| {
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
    interrupt_and_complete(&storage, &database, "sessions", (SESSIONS, 0)).await;
}

mod a_process_stopped_while_it_enqueues_reminders_leaves_the_rest_to_the_next {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        super::interrupt_reminders(super::Backend::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::interrupt_reminders(super::Backend::Postgres).await;
    }
}

mod a_process_stopped_during_a_clean_up_leaves_the_rest_to_the_next {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        super::interrupt_clean_up(super::Backend::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::interrupt_clean_up(super::Backend::Postgres).await;
    }
}
