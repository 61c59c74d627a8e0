//! Pausing queues: no job of a paused queue begins, none is lost, and the pause holds in every process.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use mini_compete::{
    domain::{Actor, registration::job_kinds},
    jobs::{Effect, Failure, Handlers, Job, Queues, worker::Worker},
    model::{AuditAction, MessageKind, Role},
    store::entity::audit_event,
};
use reqwest::Method;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    harness::{
        App, Backend, Client, Clients, Program, Storage, set_role, spawn_app, spawn_app_with,
        wait_until,
    },
    on_both_backends,
};

on_both_backends!(
    a_paused_queue_keeps_its_jobs_until_it_is_resumed,
    a_worker_finishes_its_jobs_begins_no_others_and_goes_on_after_the_pause,
    a_pause_outlasts_a_restart,
    pausing_twice_is_recorded_once,
    nobody_but_an_administrator_pauses_a_queue,
);

async fn as_admin(app: &App) -> Client {
    let root = app.account("Root", Role::Admin).await;
    app.client().with_token(app.token(Actor::from(&root)).await)
}

async fn post(client: &Client, queue: &str, act: &str) -> u16 {
    let path = format!("/api/v1/admin/queues/{queue}/{act}");
    let request = client.request(Method::POST, &path);
    let request = request.header("sec-fetch-site", "same-origin");
    client.send(request).await.status.as_u16()
}

/// Returns the paused queues according to the API.
async fn paused(client: &Client) -> Vec<String> {
    let queues = client.get("/api/v1/admin/queues").await.json();
    let queues = queues.as_array().unwrap().iter();
    let paused = queues.filter(|queue| !queue["pausedAt"].is_null());
    paused
        .map(|queue| queue["name"].as_str().unwrap().to_owned())
        .collect()
}

async fn a_paused_queue_keeps_its_jobs_until_it_is_resumed(app: App) {
    let client = as_admin(&app).await;
    assert_eq!(post(&client, Queues::REGISTRATION, "pause").await, 204);
    assert_eq!(paused(&client).await, [Queues::REGISTRATION]);
    let competition = app.competition(5, false).await;
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    assert_eq!(app.run_ready_jobs().await, 0);
    assert_eq!(app.open_jobs().await, 2);
    assert_eq!(app.client().get("/readyz").await.status, 200);
    assert_eq!(post(&client, Queues::REGISTRATION, "resume").await, 204);
    assert!(paused(&client).await.is_empty());
    app.run_open_jobs().await;
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 2);
}

/// An effect that reports when it begins, and waits for a permit before it ends.
struct Stepwise {
    begun: mpsc::UnboundedSender<()>,
    permits: Arc<Semaphore>,
}

#[async_trait]
impl Effect for Stepwise {
    async fn perform(&self, _: &Job, _: DateTime<Utc>) -> Result<bool, Failure> {
        self.begun.send(()).unwrap();
        self.permits.acquire().await.unwrap().forget();
        Ok(true)
    }
}

async fn a_worker_finishes_its_jobs_begins_no_others_and_goes_on_after_the_pause(app: App) {
    let client = as_admin(&app).await;
    let (begun, mut batches) = mpsc::unbounded_channel();
    let permits = Arc::new(Semaphore::new(0));
    let effect: Arc<dyn Effect> = Arc::new(Stepwise {
        begun,
        permits: Arc::clone(&permits),
    });
    let worker = Worker {
        handlers: Handlers::default().with_effect(job_kinds::CONFIRMATION, effect),
        ..app.worker()
    };
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    worker.spawn(|_| 1, &tracker, &stop);
    app.enqueue_confirmations(3).await;
    batches.recv().await.unwrap();
    let mut in_hand = 1;
    assert_eq!(post(&client, Queues::REGISTRATION, "pause").await, 204);
    let pauses = &worker.context.pauses;
    wait_until("the process knows of the pause", || async {
        !pauses.admits(Queues::REGISTRATION)
    })
    .await;
    assert!(pauses.admits(Queues::MAIL));
    permits.add_permits(100);
    app.enqueue_confirmations(2).await;
    // The worker goes on with what it has. That nothing else begins can only be seen by waiting for a while.
    let silence = Duration::from_secs(3);
    while let Ok(Some(())) = tokio::time::timeout(silence, batches.recv()).await {
        in_hand += 1;
    }
    assert!(in_hand <= 3, "no job of the pause has begun: {in_hand}");
    assert_eq!(app.open_jobs().await, 5 - in_hand);
    assert_eq!(post(&client, Queues::REGISTRATION, "resume").await, 204);
    wait_until("all jobs are done", || async { app.open_jobs().await == 0 }).await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
}

async fn a_pause_outlasts_a_restart(app: App) {
    let client = as_admin(&app).await;
    assert_eq!(post(&client, Queues::MAIL, "pause").await, 204);
    let again = spawn_app_with(app.shut_down().await, &[]).await;
    assert!(again.worker().context.pauses.refresh().await.is_ok());
    assert!(!again.worker().context.pauses.admits(Queues::MAIL));
    assert!(again.worker().context.pauses.admits(Queues::REMINDER));
}

async fn pausing_twice_is_recorded_once(app: App) {
    let client = as_admin(&app).await;
    for act in ["resume", "pause", "pause", "resume", "resume"] {
        assert_eq!(post(&client, Queues::MAIL, act).await, 204);
    }
    let events = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
    let events = events.all(app.database().read()).await.unwrap();
    let of_queues: Vec<_> = events
        .into_iter()
        .filter(|event| event.detail.get("queue").is_some())
        .map(|event| (event.action, event.detail))
        .collect();
    let mail = || json!({ "queue": "mail" });
    assert_eq!(
        of_queues,
        [
            (AuditAction::QueuePause, mail()),
            (AuditAction::QueueResume, mail())
        ]
    );
}

async fn nobody_but_an_administrator_pauses_a_queue(app: App) {
    let client = as_admin(&app).await;
    assert_eq!(post(&client, "letters", "pause").await, 404);
    assert_eq!(post(&client, "letters", "resume").await, 404);
    let mut clients = vec![(401_u16, app.client())];
    for (name, role) in [
        ("Paula", Role::Participant),
        ("Olga", Role::Organizer),
        ("Former", Role::Admin),
    ] {
        let account = app.account(name, role).await;
        let Clients { browser, api } = Clients::log_in(&app, &account).await;
        clients.extend([(403, browser), (403, api)]);
        if role == Role::Admin {
            set_role(&app, &account, Role::Organizer).await;
        }
    }
    for (status, stranger) in clients {
        for act in ["pause", "resume"] {
            assert_eq!(post(&stranger, Queues::MAIL, act).await, status, "{act}");
        }
        for path in ["/api/v1/admin/queues", "/api/v1/admin/health"] {
            assert_eq!(stranger.get(path).await.status, status, "{path}");
        }
        let repair = stranger.request(Method::POST, "/api/v1/admin/seat-drift/repair");
        let repair = repair.header("sec-fetch-site", "same-origin");
        assert_eq!(stranger.send(repair).await.status, status);
    }
    assert!(paused(&client).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_by_one_process_reaches_the_workers_of_another() {
    let storage = Storage::create(Backend::Postgres).await;
    let one = spawn_app_with(storage.share(), &[]).await;
    let other = spawn_app_with(storage, &[]).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let worker = other.worker();
    worker.spawn(|_| 1, &tracker, &stop);
    wait_until("the worker works", || async {
        worker.context.pauses.admits(Queues::REGISTRATION)
    })
    .await;
    let client = as_admin(&one).await;
    assert_eq!(post(&client, Queues::REGISTRATION, "pause").await, 204);
    wait_until("the other process knows of the pause", || async {
        !worker.context.pauses.admits(Queues::REGISTRATION)
    })
    .await;
    let competition = one.competition(1, false).await;
    one.register_all(&one.participants(1).await, competition.id)
        .await;
    assert_eq!(one.open_jobs().await, 1);
    assert_eq!(post(&client, Queues::REGISTRATION, "resume").await, 204);
    wait_until("the job is done", || async { one.open_jobs().await == 0 }).await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_pauses_and_resumes_queues() {
    let app = spawn_app(Backend::Postgres).await;
    let run = async |command: &str| {
        let words: Vec<_> = command.split(' ').collect();
        Program::run(&app.storage, &words).await
    };
    let names = |out: &str| -> Vec<String> {
        let lines = out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let paused = lines.filter(|line| !line["pausedAt"].is_null());
        paused
            .map(|line| line["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let (succeeded, out, log) = run("queues pause mail").await;
    assert!(succeeded && log.contains("cli:tester"), "{log}");
    assert_eq!(names(&out), ["mail"]);
    assert_eq!(paused(&as_admin(&app).await).await, ["mail"]);
    let (_, out, _) = run("queues list").await;
    assert_eq!(names(&out), ["mail"]);
    let (succeeded, _, log) = run("queues pause letters").await;
    assert!(
        !succeeded && log.contains("there is no such queue"),
        "{log}"
    );
    let (succeeded, out, _) = run("queues resume mail").await;
    assert!(succeeded && names(&out).is_empty(), "{out}");
}
