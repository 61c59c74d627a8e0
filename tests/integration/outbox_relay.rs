//! The relay: what is missing from a list is pushed again, and what waits there costs nothing.

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

use crate::{both, harness::App};

both!(
    a_backlog_of_mails_that_waits_has_none_of_its_rows_written,
    of_a_backlog_whose_list_is_lost_each_job_is_pushed_once,
    one_missing_job_does_not_have_the_backlog_pushed_again,
    a_job_that_was_never_pushed_is_found_however_many_are_on_their_way,
    after_the_shutdown_signal_no_further_page_is_pushed,
);

/// Mails that nobody sends: their relay is away.
async fn blocked_mails(app: &App, count: usize) -> Vec<NewJob> {
    let jobs = mails(count);
    write(app, &jobs).await;
    outbox::push(&*app.ports.queue, &jobs).await.unwrap();
    jobs
}

fn mails(count: usize) -> Vec<NewJob> {
    let mail = |_| {
        let id = MessageId::new();
        NewJob::new(mail::KIND, id, serde_json::json!({ "messageId": id }))
    };
    (0..count).map(mail).collect()
}

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

async fn updates(app: &App) -> i64 {
    let connection = app.database().write();
    let backend = connection.get_database_backend();
    let count = Statement::from_string(backend, "SELECT COUNT(*) FROM updates");
    let row = connection.query_one_raw(count).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

async fn ready(app: &App) -> u64 {
    app.ports.queue.depth(Queues::MAIL).await.unwrap().ready
}

async fn a_backlog_of_mails_that_waits_has_none_of_its_rows_written(app: App) {
    blocked_mails(&app, 10_000).await;
    count_updates(&app).await;
    for _ in 0..3 {
        app.clock.advance(outbox::LEASE);
        assert_eq!(app.sweep().await, 0, "nothing is missing");
    }
    assert_eq!(updates(&app).await, 0);
    assert_eq!(ready(&app).await, 10_000);
}

async fn of_a_backlog_whose_list_is_lost_each_job_is_pushed_once(app: App) {
    blocked_mails(&app, 10_000).await;
    count_updates(&app).await;
    app.lose_the_lists().await;
    app.clock.advance(outbox::LEASE);
    assert_eq!(app.sweep().await, 10_000);
    for _ in 0..3 {
        app.clock.advance(outbox::LEASE);
        assert_eq!(app.sweep().await, 0, "all are there again");
    }
    assert_eq!(updates(&app).await, 10_000, "each row once");
    assert_eq!(ready(&app).await, 10_000);
}

async fn one_missing_job_does_not_have_the_backlog_pushed_again(app: App) {
    blocked_mails(&app, 1_000).await;
    app.clock.advance(outbox::LEASE);
    write(&app, &mails(1)).await;
    app.clock.advance(outbox::LEASE);
    assert_eq!(app.sweep().await, 1);
    // It may have been another one that was pushed. Once the list has been worked off, only the
    // one that was never in it is left.
    let queue = &app.ports.queue;
    for _ in 0..2 {
        let taken = queue.take(Queues::MAIL, "w", 2_000, Duration::ZERO).await;
        let taken = taken.unwrap();
        queue.ack(Queues::MAIL, "w", &taken).await.unwrap();
        for envelope in taken {
            let ticket: outbox::JobEnvelope = serde_json::from_slice(&envelope.raw).unwrap();
            let id: uuid::Uuid = ticket.id.parse().unwrap();
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
        app.sweep().await;
    }
    assert_eq!((app.open_jobs().await, ready(&app).await), (0, 0));
}

async fn a_job_that_was_never_pushed_is_found_however_many_are_on_their_way(app: App) {
    let lost = mails(1);
    write(&app, &lost).await;
    app.clock.advance(outbox::LEASE);
    blocked_mails(&app, 500).await;
    assert_eq!(app.sweep().await, 1);
    let taken = app
        .ports
        .queue
        .take(Queues::MAIL, "w", 1_000, Duration::ZERO)
        .await
        .unwrap();
    assert!(taken.contains(&lost[0].envelope()));
}

async fn after_the_shutdown_signal_no_further_page_is_pushed(app: App) {
    write(&app, &mails(3_000)).await;
    app.clock.advance(outbox::LEASE);
    assert_eq!(app.sweep_after_the_signal().await, 0);
    assert_eq!(app.sweep().await, 3_000);
}
