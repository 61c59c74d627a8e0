//! What begins by itself: once a tick in all processes, and not never.

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
use sea_orm::{ActiveValue::Set, EntityTrait, PaginatorTrait};
use tokio_util::sync::CancellationToken;

use crate::{
    both,
    harness::{App, Backend, Place, Program, until},
};

both!(
    a_tick_fires_once_in_all_processes,
    ticks_missed_while_nothing_ran_are_made_up_once,
    a_chore_that_failed_is_done_soon_after,
    a_tick_whose_process_died_is_taken_over,
    with_the_cache_away_or_lying_a_tick_still_fires_once,
    expired_rows_are_cleaned_up_and_no_others,
    a_chore_that_is_interrupted_is_gone_on_with_by_the_next_process_at_once,
);

/// Counts how often it ran; fails as often as it is told to.
#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    ran: AtomicUsize,
    failures: AtomicUsize,
    /// Whether it goes on until it hears the shutdown signal.
    waits: AtomicBool,
}

#[async_trait]
impl ScheduledTask for Counts {
    async fn run(
        &self,
        _: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        if self.waits.load(Ordering::SeqCst) {
            stop.cancelled().await;
            return Ok(RunOutcome::Interrupted);
        }
        let fails = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if fails.is_ok() {
            return Err(InfrastructureError::internal("not today"));
        }
        self.ran.fetch_add(1, Ordering::SeqCst);
        Ok(RunOutcome::Complete)
    }
}

/// A process's scheduler with one daily chore.
fn process(app: &App, chore: &Arc<Counts>) -> Scheduler {
    let daily = "0 0 0 * * *".parse().unwrap();
    Scheduler::new(
        app.database().clone(),
        Arc::clone(&app.ports.cache),
        app.clock.clone(),
        ScheduledTasks::default().with("daily", daily, RunsIn::OneProcess, Arc::clone(chore) as _),
    )
}

async fn a_tick_fires_once_in_all_processes(app: App) {
    let running = CancellationToken::new();
    let chore = Arc::new(Counts::default());
    let processes: Vec<_> = (0..5).map(|_| process(&app, &chore)).collect();
    for day in 1..=3 {
        for _ in 0..3 {
            let looks = processes.iter().map(|p| p.tick(&running));
            futures::future::join_all(looks).await;
            app.clock.advance(TimeDelta::minutes(2));
        }
        assert_eq!(chore.ran.load(Ordering::SeqCst), day);
        app.clock.advance(TimeDelta::days(1));
    }
}

async fn ticks_missed_while_nothing_ran_are_made_up_once(app: App) {
    let running = CancellationToken::new();
    let chore = Arc::new(Counts::default());
    process(&app, &chore).tick(&running).await;
    assert_eq!(chore.ran.load(Ordering::SeqCst), 1);
    app.clock.advance(TimeDelta::days(5));
    for _ in 0..3 {
        process(&app, &chore).tick(&running).await;
    }
    assert_eq!(chore.ran.load(Ordering::SeqCst), 2, "once, not five times");
}

async fn a_chore_that_failed_is_done_soon_after(app: App) {
    let running = CancellationToken::new();
    let chore = Arc::new(Counts::default());
    chore.failures.store(2, Ordering::SeqCst);
    let scheduler = process(&app, &chore);
    scheduler.tick(&running).await;
    scheduler.tick(&running).await;
    assert_eq!(chore.failures.load(Ordering::SeqCst), 1, "not at once");
    for _ in 0..3 {
        app.clock.advance(TimeDelta::seconds(31));
        scheduler.tick(&running).await;
    }
    assert_eq!(chore.ran.load(Ordering::SeqCst), 1);
}

async fn a_tick_whose_process_died_is_taken_over(app: App) {
    let running = CancellationToken::new();
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
    let chore = Arc::new(Counts::default());
    let scheduler = process(&app, &chore);
    scheduler.tick(&running).await;
    assert_eq!(chore.ran.load(Ordering::SeqCst), 0, "its owner may live");
    app.clock.advance(TimeDelta::minutes(11));
    scheduler.tick(&running).await;
    assert_eq!(chore.ran.load(Ordering::SeqCst), 1);
}

async fn with_the_cache_away_or_lying_a_tick_still_fires_once(app: App) {
    let running = CancellationToken::new();
    let chore = Arc::new(Counts::default());
    // Says that somebody else went first, who then died before the database knew.
    let key = "cron:daily:2030-01-01T00:00:00Z";
    let ttl = std::time::Duration::from_secs(3_600);
    let cache = &app.ports.cache;
    assert!(cache.set_if_absent(key, "1".into(), ttl).await.unwrap());
    let scheduler = process(&app, &chore);
    scheduler.tick(&running).await;
    assert_eq!(chore.ran.load(Ordering::SeqCst), 0);
    app.clock.advance(TimeDelta::seconds(61));
    scheduler.tick(&running).await;
    assert_eq!(chore.ran.load(Ordering::SeqCst), 1);
    // Forgot that somebody did.
    cache.delete(key).await.unwrap();
    process(&app, &chore).tick(&running).await;
    assert_eq!(chore.ran.load(Ordering::SeqCst), 1);
}

async fn expired_rows_are_cleaned_up_and_no_others(app: App) {
    let competition = app.competition(2_500, false).await;
    let people = app.people(2_500).await;
    app.register_all(&people, competition.id).await;
    let logs = || idempotency_log::Entity::find().count(app.database().read());
    app.chores().await;
    assert_eq!(logs().await.unwrap(), 2_500);
    app.clock.advance(TimeDelta::hours(12));
    let late = app.competition(1, false).await;
    app.register_all(&app.people(1).await, late.id).await;
    app.clock.advance(TimeDelta::hours(13));
    assert!(app.chores().await.contains(&"cleanup"));
    assert_eq!(logs().await.unwrap(), 1);
    // Ticks are forgotten too, but for the last of each.
    app.clock.advance(TimeDelta::days(10));
    app.chores().await;
    let ticks = cron_tick::Entity::find()
        .count(app.database().read())
        .await
        .unwrap();
    app.clock.advance(TimeDelta::hours(1));
    app.chores().await;
    assert!(ticks <= 10, "{ticks}");
}

async fn a_chore_that_is_interrupted_is_gone_on_with_by_the_next_process_at_once(app: App) {
    let chore = Arc::new(Counts::default());
    chore.waits.store(true, Ordering::SeqCst);
    let (one, stop) = (process(&app, &chore), CancellationToken::new());
    let (looked, ()) = tokio::join!(one.tick(&stop), async {
        until("it is in the middle", || async {
            chore.begun.load(Ordering::SeqCst) == 1
        })
        .await;
        stop.cancel();
    });
    assert_eq!(looked, [""; 0], "it was not completed");
    assert_eq!(chore.ran.load(Ordering::SeqCst), 0);
    assert_eq!(one.tick(&stop).await, [""; 0], "nothing begins any more");
    chore.waits.store(false, Ordering::SeqCst);
    let next = process(&app, &chore);
    assert_eq!(next.tick(&CancellationToken::new()).await, ["daily"]);
    assert_eq!(chore.ran.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn settings_of_background_work_that_do_not_parse_end_the_start_with_one_line() {
    let place = Place::fresh(Backend::Sqlite).await;
    for (argument, variable) in [
        ("--reminder-cron=every day", "REMINDER_CRON"),
        ("--cleanup-cron=0 0 99 * * *", "CLEANUP_CRON"),
        ("--job-workers=teleport=3", "JOB_WORKERS"),
        ("--smtp-url=mail.example.org", "SMTP_URL"),
        ("--smtp-from=a@b.test", "SMTP_FROM"),
    ] {
        let (fine, _, log) = Program::run(&place, &["worker", argument]).await;
        assert!(!fine, "{argument}");
        let lines: Vec<_> = log.lines().filter(|l| l.contains("error")).collect();
        assert_eq!(lines.len(), 1, "{log}");
        assert!(lines[0].contains(variable), "{log}");
    }
}
