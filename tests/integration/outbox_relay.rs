//! The relay of the outbox: jobs that are missing in a queue are pushed again, and waiting jobs cause no
//! writes.

use std::time::Duration;

use mini_compete::{
    domain::mailbox::mail,
    jobs::{
        Queues,
        outbox::{self, NewJob},
    },
    model::MessageId,
};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_waiting_backlog_causes_no_row_updates,
    each_job_of_a_lost_queue_is_pushed_once,
    one_missing_job_does_not_cause_the_backlog_to_be_pushed_again,
    a_job_that_was_never_pushed_is_found_among_many_recent_ones,
    after_the_shutdown_signal_no_further_page_is_pushed,
);

/// Writes and pushes mail jobs that no worker does.
async fn enqueue_mails(app: &App, count: usize) -> Vec<NewJob> {
    let jobs = mail_jobs(count);
    write(app, &jobs).await;
    outbox::push(&*app.ports.queue, &jobs).await.unwrap();
    jobs
}

/// Returns jobs that send mail.
fn mail_jobs(count: usize) -> Vec<NewJob> {
    let mail = |_| {
        let id = MessageId::new();
        NewJob::new(mail::KIND, id, serde_json::json!({ "messageId": id }))
    };
    (0..count).map(mail).collect()
}

/// Writes jobs to the outbox without pushing them.
async fn write(app: &App, jobs: &[NewJob]) {
    let connection = app.database().write();
    outbox::write(connection, jobs, app.clock.now())
        .await
        .unwrap();
}

/// Counts the rows of the outbox that are updated from now on.
async fn count_updates(app: &App) {
    let connection = app.database().write();
    let statements: &[&str] = match connection.get_database_backend() {
        DatabaseBackend::Postgres => &[
            "CREATE TABLE updates (id uuid)",
            "CREATE FUNCTION note_update() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN INSERT INTO updates VALUES (NEW.id); RETURN NEW; END $$",
            "CREATE TRIGGER note AFTER UPDATE ON outbox_jobs \
             FOR EACH ROW EXECUTE FUNCTION note_update()",
        ],
        _ => &[
            "CREATE TABLE updates (id blob)",
            "CREATE TRIGGER note AFTER UPDATE ON outbox_jobs \
             BEGIN INSERT INTO updates VALUES (NEW.id); END",
        ],
    };
    for statement in statements {
        connection.execute_unprepared(statement).await.unwrap();
    }
}

/// Returns the number of updates that [`count_updates`] has counted.
async fn updates(app: &App) -> i64 {
    let connection = app.database().write();
    let backend = connection.get_database_backend();
    let count = Statement::from_string(backend, "SELECT COUNT(*) FROM updates");
    let row = connection.query_one_raw(count).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Returns the number of mail jobs that are ready.
async fn ready(app: &App) -> u64 {
    app.ports.queue.depth(Queues::MAIL).await.unwrap().ready
}

async fn a_waiting_backlog_causes_no_row_updates(app: App) {
    enqueue_mails(&app, 10_000).await;
    count_updates(&app).await;
    for _ in 0..3 {
        app.clock.advance(outbox::LEASE);
        assert_eq!(app.run_relay().await, 0, "nothing is missing");
    }
    assert_eq!(updates(&app).await, 0);
    assert_eq!(ready(&app).await, 10_000);
}

async fn each_job_of_a_lost_queue_is_pushed_once(app: App) {
    enqueue_mails(&app, 10_000).await;
    count_updates(&app).await;
    app.lose_queues().await;
    app.clock.advance(outbox::LEASE);
    assert_eq!(app.run_relay().await, 10_000);
    for _ in 0..3 {
        app.clock.advance(outbox::LEASE);
        assert_eq!(app.run_relay().await, 0, "no job is missing any more");
    }
    assert_eq!(updates(&app).await, 10_000, "each row once");
    assert_eq!(ready(&app).await, 10_000);
}

async fn one_missing_job_does_not_cause_the_backlog_to_be_pushed_again(app: App) {
    enqueue_mails(&app, 1_000).await;
    app.clock.advance(outbox::LEASE);
    write(&app, &mail_jobs(1)).await;
    app.clock.advance(outbox::LEASE);
    assert_eq!(app.run_relay().await, 1);
    // The relay may have pushed another job. When all jobs of the queue are done, only the job that was never
    // pushed is left.
    let queue = &app.ports.queue;
    for _ in 0..2 {
        let taken = queue.take(Queues::MAIL, "w", 2_000, Duration::ZERO).await;
        let taken = taken.unwrap();
        queue.ack(Queues::MAIL, "w", &taken).await.unwrap();
        for envelope in taken {
            let job: outbox::JobEnvelope = serde_json::from_slice(&envelope.raw).unwrap();
            let id: uuid::Uuid = job.id.parse().unwrap();
            let done = Statement::from_sql_and_values(
                app.database().backend(),
                match app.database().backend() {
                    DatabaseBackend::Postgres => "DELETE FROM outbox_jobs WHERE id = $1",
                    _ => "DELETE FROM outbox_jobs WHERE id = ?",
                },
                [id.into()],
            );
            app.database().write().execute_raw(done).await.unwrap();
        }
        app.clock.advance(outbox::LEASE);
        app.run_relay().await;
    }
    assert_eq!((app.open_jobs().await, ready(&app).await), (0, 0));
}

async fn a_job_that_was_never_pushed_is_found_among_many_recent_ones(app: App) {
    let missing = mail_jobs(1);
    write(&app, &missing).await;
    app.clock.advance(outbox::LEASE);
    enqueue_mails(&app, 500).await;
    assert_eq!(app.run_relay().await, 1);
    let taken = app
        .ports
        .queue
        .take(Queues::MAIL, "w", 1_000, Duration::ZERO)
        .await
        .unwrap();
    assert!(taken.contains(&missing[0].envelope()));
}

async fn after_the_shutdown_signal_no_further_page_is_pushed(app: App) {
    write(&app, &mail_jobs(3_000)).await;
    app.clock.advance(outbox::LEASE);
    assert_eq!(app.run_relay_after_shutdown_signal().await, 0);
    assert_eq!(app.run_relay().await, 3_000);
}
