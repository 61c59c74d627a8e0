//! Scheduled tasks: each runs once per tick in the whole installation, also after failures and missed ticks.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    jobs::scheduler::{RunOutcome, RunsIn, ScheduledTask, ScheduledTasks, Scheduler},
    store::{
        InfrastructureError,
        entity::{cron_tick, idempotency_log},
    },
};
use sea_orm::{ActiveValue::Set, EntityTrait, PaginatorTrait, QuerySelect};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{App, Backend, Program, Storage, wait_until},
    on_both_backends,
};

on_both_backends!(
    a_task_runs_once_per_tick_in_all_processes,
    missed_ticks_are_made_up_by_one_run,
    a_failed_task_is_retried_soon,
    a_tick_of_a_dead_process_is_taken_over,
    a_task_runs_once_per_tick_even_if_the_cache_is_wrong,
    only_expired_rows_are_cleaned_up,
    an_interrupted_task_is_continued_at_once_by_the_next_process,
);

/// A task that counts its runs, and fails as often as the test demands.
#[derive(Default)]
struct CountingTask {
    started: AtomicUsize,
    completed: AtomicUsize,
    /// How many of the next runs fail.
    failures: AtomicUsize,
    /// Whether a run waits for the shutdown signal.
    waits_for_shutdown: AtomicBool,
}

#[async_trait]
impl ScheduledTask for CountingTask {
    async fn run(
        &self,
        _: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        self.started.fetch_add(1, Ordering::SeqCst);
        if self.waits_for_shutdown.load(Ordering::SeqCst) {
            stop.cancelled().await;
            return Ok(RunOutcome::Interrupted);
        }
        let fails = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if fails.is_ok() {
            return Err(InfrastructureError::internal("expected failure"));
        }
        self.completed.fetch_add(1, Ordering::SeqCst);
        Ok(RunOutcome::Complete)
    }
}

/// Returns the scheduler of another process, with one daily task.
fn scheduler_of(app: &App, task: &Arc<CountingTask>) -> Scheduler {
    let daily = "0 0 0 * * *".parse().unwrap();
    Scheduler::new(
        app.database().clone(),
        Arc::clone(&app.ports.cache),
        app.clock.clone(),
        ScheduledTasks::default().with("daily", daily, RunsIn::OneProcess, Arc::clone(task) as _),
    )
}

async fn a_task_runs_once_per_tick_in_all_processes(app: App) {
    let no_shutdown = CancellationToken::new();
    let task = Arc::new(CountingTask::default());
    let processes: Vec<_> = (0..5).map(|_| scheduler_of(&app, &task)).collect();
    for day in 1..=3 {
        for _ in 0..3 {
            let ticks = processes.iter().map(|p| p.tick(&no_shutdown));
            futures::future::join_all(ticks).await;
            app.clock.advance(TimeDelta::minutes(2));
        }
        assert_eq!(task.completed.load(Ordering::SeqCst), day);
        app.clock.advance(TimeDelta::days(1));
    }
}

async fn missed_ticks_are_made_up_by_one_run(app: App) {
    let no_shutdown = CancellationToken::new();
    let task = Arc::new(CountingTask::default());
    scheduler_of(&app, &task).tick(&no_shutdown).await;
    assert_eq!(task.completed.load(Ordering::SeqCst), 1);
    app.clock.advance(TimeDelta::days(5));
    for _ in 0..3 {
        scheduler_of(&app, &task).tick(&no_shutdown).await;
    }
    assert_eq!(
        task.completed.load(Ordering::SeqCst),
        2,
        "once, not five times"
    );
}

async fn a_failed_task_is_retried_soon(app: App) {
    let no_shutdown = CancellationToken::new();
    let task = Arc::new(CountingTask::default());
    task.failures.store(2, Ordering::SeqCst);
    let scheduler = scheduler_of(&app, &task);
    scheduler.tick(&no_shutdown).await;
    scheduler.tick(&no_shutdown).await;
    assert_eq!(
        task.failures.load(Ordering::SeqCst),
        1,
        "not retried at once"
    );
    for _ in 0..3 {
        app.clock.advance(TimeDelta::seconds(31));
        scheduler.tick(&no_shutdown).await;
    }
    assert_eq!(task.completed.load(Ordering::SeqCst), 1);
}

async fn a_tick_of_a_dead_process_is_taken_over(app: App) {
    let no_shutdown = CancellationToken::new();
    let now = app.clock.now();
    let midnight = now.date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
    cron_tick::Entity::insert(cron_tick::ActiveModel {
        job: Set("daily".to_owned()),
        tick: Set(midnight),
        lease_until: Set(now + TimeDelta::minutes(10)),
        fired_at: Set(now),
        finished_at: Set(None),
    })
    .exec_without_returning(app.database().write())
    .await
    .unwrap();
    let task = Arc::new(CountingTask::default());
    let scheduler = scheduler_of(&app, &task);
    scheduler.tick(&no_shutdown).await;
    assert_eq!(
        task.completed.load(Ordering::SeqCst),
        0,
        "its process may be alive"
    );
    app.clock.advance(TimeDelta::minutes(11));
    scheduler.tick(&no_shutdown).await;
    assert_eq!(task.completed.load(Ordering::SeqCst), 1);
}

async fn a_task_runs_once_per_tick_even_if_the_cache_is_wrong(app: App) {
    let no_shutdown = CancellationToken::new();
    let task = Arc::new(CountingTask::default());
    // The cache claims that another process runs the task, but that process died before it wrote to the
    // database.
    let key = "cron:daily:2030-01-01T00:00:00Z";
    let ttl = std::time::Duration::from_secs(3_600);
    let cache = &app.ports.cache;
    assert!(cache.set_if_absent(key, "1".into(), ttl).await.unwrap());
    let scheduler = scheduler_of(&app, &task);
    scheduler.tick(&no_shutdown).await;
    assert_eq!(task.completed.load(Ordering::SeqCst), 0);
    app.clock.advance(TimeDelta::seconds(61));
    scheduler.tick(&no_shutdown).await;
    assert_eq!(task.completed.load(Ordering::SeqCst), 1);
    // The cache has lost the key, although the task has run.
    cache.delete(key).await.unwrap();
    scheduler_of(&app, &task).tick(&no_shutdown).await;
    assert_eq!(task.completed.load(Ordering::SeqCst), 1);
}

async fn only_expired_rows_are_cleaned_up(app: App) {
    let competition = app.competition(2_500, false).await;
    let participants = app.participants(2_500).await;
    app.register_all(&participants, competition.id).await;
    let logs = || idempotency_log::Entity::find().count(app.database().read());
    app.run_scheduled_tasks().await;
    assert_eq!(logs().await.unwrap(), 2_500);
    app.clock.advance(TimeDelta::hours(12));
    let late = app.competition(1, false).await;
    app.register_all(&app.participants(1).await, late.id).await;
    app.clock.advance(TimeDelta::hours(13));
    assert!(app.run_scheduled_tasks().await.contains(&"cleanup"));
    assert_eq!(logs().await.unwrap(), 1);
    // Old ticks are deleted too, except the last one of each task.
    app.clock.advance(TimeDelta::days(10));
    app.run_scheduled_tasks().await;
    let tasks: Vec<String> = cron_tick::Entity::find()
        .select_only()
        .column(cron_tick::Column::Job)
        .into_tuple()
        .all(app.database().read())
        .await
        .unwrap();
    let of_task = |name: &String| tasks.iter().filter(|other| *other == name).count();
    // A task whose turn came after the cleanup has its new tick besides the last one.
    assert!(tasks.iter().all(|task| of_task(task) <= 2), "{tasks:?}");
}

async fn an_interrupted_task_is_continued_at_once_by_the_next_process(app: App) {
    let task = Arc::new(CountingTask::default());
    task.waits_for_shutdown.store(true, Ordering::SeqCst);
    let (first, stop) = (scheduler_of(&app, &task), CancellationToken::new());
    let (ran, ()) = tokio::join!(first.tick(&stop), async {
        wait_until("the task is running", || async {
            task.started.load(Ordering::SeqCst) == 1
        })
        .await;
        stop.cancel();
    });
    assert_eq!(ran, [""; 0], "the task is not complete");
    assert_eq!(task.completed.load(Ordering::SeqCst), 0);
    assert_eq!(
        first.tick(&stop).await,
        [""; 0],
        "no task starts after the signal"
    );
    task.waits_for_shutdown.store(false, Ordering::SeqCst);
    let next = scheduler_of(&app, &task);
    assert_eq!(next.tick(&CancellationToken::new()).await, ["daily"]);
    assert_eq!(task.completed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn invalid_settings_of_background_work_are_reported_in_one_line() {
    let storage = Storage::create(Backend::Sqlite).await;
    for (argument, variable) in [
        ("--reminder-cron=every day", "REMINDER_CRON"),
        ("--cleanup-cron=0 0 99 * * *", "CLEANUP_CRON"),
        ("--job-workers=teleport=3", "JOB_WORKERS"),
        ("--smtp-url=mail.example.org", "SMTP_URL"),
        ("--smtp-from=a@b.test", "SMTP_FROM"),
    ] {
        let (succeeded, _, log) = Program::run(&storage, &["worker", argument]).await;
        assert!(!succeeded, "{argument}");
        let lines: Vec<_> = log.lines().filter(|l| l.contains("error")).collect();
        assert_eq!(lines.len(), 1, "{log}");
        assert!(lines[0].contains(variable), "{log}");
    }
}
