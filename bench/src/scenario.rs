//! The scenarios: each runs in an environment of its own and ends with a check of the database.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::environment::{Benchmark, Counted, Environment, Setup};
use super::load_generator::{self, LoadProfile};
use super::report::detail;
use super::scenario_result::ScenarioResult;
use super::scripts::{RegisterAll, ReplayAll};
use super::server::{Installation, SeedAmounts, Server};
use super::statistics::{quotient, rate};
use super::streams;
use xtask::process;

/// The names of the scenarios, in the order in which they run.
pub const NAMES: [&str; 10] = [
    "hot",
    "spread",
    "duplicates",
    "replays",
    "two",
    "embedded",
    "streams",
    "backlog",
    "latency",
    "reminders",
];

/// How long one phase of a scenario may take, for example until the outbox is empty.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Runs one scenario.
///
/// # Errors
/// Returns an error if there is no scenario with this name, or if a server or a service fails.
pub fn run(benchmark: &Benchmark<'_>, name: &str) -> Result<ScenarioResult> {
    let usual = Setup {
        name: "hot",
        accounts: benchmark.accounts(),
        competitions: 1,
        servers: 1,
        embedded: false,
        arguments: &["serve"],
    };
    match name {
        "hot" => hot(benchmark, usual),
        "spread" => registrations(
            benchmark,
            Setup {
                name: "spread",
                competitions: 100,
                ..usual
            },
            1,
        ),
        "duplicates" => registrations(
            benchmark,
            Setup {
                name: "duplicates",
                ..usual
            },
            2,
        ),
        "replays" => replays(
            benchmark,
            Setup {
                name: "replays",
                accounts: 20_000,
                ..usual
            },
        ),
        "two" => registrations(
            benchmark,
            Setup {
                name: "two",
                servers: 2,
                ..usual
            },
            1,
        ),
        "embedded" => registrations(
            benchmark,
            Setup {
                name: "embedded",
                embedded: true,
                ..usual
            },
            1,
        ),
        "streams" => event_streams(
            benchmark,
            Setup {
                name: "streams",
                accounts: 10_000,
                ..usual
            },
        ),
        "backlog" => backlog(
            benchmark,
            Setup {
                name: "backlog",
                accounts: if benchmark.quick { 5_000 } else { 20_000 },
                arguments: &["serve", "--no-worker"],
                ..usual
            },
        ),
        "latency" => latency(
            benchmark,
            Setup {
                name: "latency",
                accounts: 10_000,
                ..usual
            },
        ),
        "reminders" => reminders(benchmark),
        other => bail!("there is no scenario {other}"),
    }
}

/// Registers accounts in a closed loop.
fn registrations(benchmark: &Benchmark<'_>, setup: Setup, copies: usize) -> Result<ScenarioResult> {
    let environment = benchmark.prepare(setup)?;
    let (result, _) = measure_registrations(&environment, copies)?;
    environment.tear_down()?;
    Ok(result)
}

/// Warms up, measures, and checks the database. Also returns the time of the last response.
fn measure_registrations(
    environment: &Environment<'_>,
    copies: usize,
) -> Result<(ScenarioResult, Instant)> {
    let mut script = environment.register_all(copies);
    let warm_up = environment.warm_up(&mut script)?;
    let profile = environment.profile(environment.benchmark.duration());
    let measured = environment.measure(Counted::Accepted, &profile, &mut script, |script| {
        &script.responses
    })?;
    let mut result = measured.result;
    let unanswered = warm_up.errors() + measured.unanswered;
    environment.check(&mut result, &script.responses, unanswered)?;
    if copies > 1 {
        #[allow(clippy::cast_precision_loss, reason = "counts of a benchmark")]
        let replayed = script.responses.replayed as f64;
        result.details.insert("replayed", replayed);
    }
    if script.is_exhausted() {
        result.details.insert("ran out of accounts", 1.0);
    }
    Ok((result, measured.ended))
}

/// Registers accounts in a closed loop, and then measures how long it takes to write the remaining
/// confirmations.
fn hot(benchmark: &Benchmark<'_>, setup: Setup) -> Result<ScenarioResult> {
    let environment = benchmark.prepare(setup)?;
    let (mut result, ended) = measure_registrations(&environment, 1)?;
    let databases = benchmark.databases();
    let empty = databases.wait_until_outbox_is_empty(setup.name, ended, TIMEOUT)?;
    let seconds = empty.map_or(f64::INFINITY, |time| time.as_secs_f64());
    result.details.insert(detail::OUTBOX_EMPTY, seconds);
    environment.tear_down()?;
    Ok(result)
}

/// Gives a seat to every account, and then measures their repeated requests.
fn replays(benchmark: &Benchmark<'_>, setup: Setup) -> Result<ScenarioResult> {
    let environment = benchmark.prepare(setup)?;
    let mut script = environment.register_all(1);
    let first = load_generator::run(&environment.profile(TIMEOUT), &mut script)?;
    benchmark
        .databases()
        .wait_until_outbox_is_empty(setup.name, first.ended, TIMEOUT)?;
    let mut replays = ReplayAll::new(script);
    let profile = environment.profile(benchmark.duration() / 2);
    let measured = environment.measure(Counted::Replayed, &profile, &mut replays, |replays| {
        &replays.responses
    })?;
    let mut result = measured.result;
    environment.check(&mut result, &replays.responses, first.errors())?;
    environment.tear_down()?;
    Ok(result)
}

/// Registers accounts while thousands of event streams of the competition are open.
fn event_streams(benchmark: &Benchmark<'_>, setup: Setup) -> Result<ScenarioResult> {
    let environment = benchmark.prepare(setup)?;
    let count = if benchmark.quick { 2_000 } else { 10_000 };
    let server = environment.servers.first().context("no server")?.address;
    let competition = environment
        .seeded
        .competitions
        .first()
        .context("no competition")?;
    let (ready, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let result = std::thread::scope(|scope| -> Result<ScenarioResult> {
        let receiver = scope.spawn(|| streams::receive(server, competition, count, &ready, &stop));
        let measured = measure_with_streams(&environment, count, &ready, || receiver.is_finished());
        // Before any early return: the scope waits for the thread.
        stop.store(true, Ordering::Relaxed);
        let streams = receiver
            .join()
            .map_err(|_| anyhow::anyhow!("the thread that holds the streams open panicked"))??;
        let (mut result, script, ended, unanswered) = measured?;
        let totals = environment.check(&mut result, &script.responses, unanswered)?;
        let free = setup.accounts - totals.registrations;
        if let Some(lag) = streams.lag(free, ended) {
            result
                .details
                .insert(detail::LAST_UPDATE, lag.as_secs_f64() * 1e3);
        }
        let second = Duration::from_secs(1);
        result
            .details
            .insert(detail::STREAMS, rate(streams.streams, second));
        result
            .details
            .insert(detail::BROKEN_STREAMS, rate(streams.broken, second));
        result
            .details
            .insert("seat updates", rate(streams.events, second));
        Ok(result)
    })?;
    environment.tear_down()?;
    Ok(result)
}

type MeasuredWithStreams<'a> = (ScenarioResult, RegisterAll<'a>, Instant, usize);

/// Waits until `count` streams are ready, and then registers accounts in a closed loop.
fn measure_with_streams<'a>(
    environment: &'a Environment<'_>,
    count: usize,
    ready: &AtomicUsize,
    receiver_ended: impl Fn() -> bool,
) -> Result<MeasuredWithStreams<'a>> {
    let started = Instant::now();
    while ready.load(Ordering::Relaxed) < count && !receiver_ended() {
        process::pause(Duration::from_millis(50))?;
        if started.elapsed() > TIMEOUT {
            bail!(
                "only {} of {count} streams received a seat update",
                ready.load(Ordering::Relaxed)
            );
        }
    }
    let mut script = environment.register_all(1);
    let profile = environment.profile(environment.benchmark.duration());
    let measured = environment.measure(Counted::Accepted, &profile, &mut script, |script| {
        &script.responses
    })?;
    // More than the time that the last seat update may take.
    process::pause(Duration::from_secs(3))?;
    Ok((measured.result, script, measured.ended, measured.unanswered))
}

/// Registers accounts while no worker runs, and then measures how fast a worker writes the
/// confirmations.
fn backlog(benchmark: &Benchmark<'_>, setup: Setup) -> Result<ScenarioResult> {
    let environment = benchmark.prepare(setup)?;
    let mut script = environment.register_all(1);
    let profile = environment.profile(TIMEOUT);
    let measured = environment.measure(Counted::Accepted, &profile, &mut script, |script| {
        &script.responses
    })?;
    let mut result = measured.result;
    let started = Instant::now();
    let worker = Server::start(&environment.installation, &["worker"])?;
    let databases = benchmark.databases();
    let empty = databases.wait_until_outbox_is_empty(setup.name, started, TIMEOUT)?;
    if empty.is_none() {
        result
            .violations
            .push("the worker left jobs in the outbox".to_owned());
    }
    worker.stop()?;
    // From the commit times: neither the start of the worker nor the polling above counts.
    let line = databases.sql(
        setup.name,
        &["SELECT count(*), extract(epoch FROM max(t) - min(t)) \
           FROM (SELECT pg_xact_commit_timestamp(xmin) AS t FROM mail_box) AS messages"],
    )?;
    let numbers: Vec<f64> = line.split('|').filter_map(|it| it.parse().ok()).collect();
    if let [confirmations, seconds] = numbers[..] {
        result.details.insert("confirmations", confirmations);
        let per_second = quotient(confirmations, seconds);
        result
            .details
            .insert(detail::CONFIRMATIONS_PER_SECOND, per_second);
    }
    environment.check(&mut result, &script.responses, measured.unanswered)?;
    environment.tear_down()?;
    Ok(result)
}

/// Registers 200 accounts per second, and measures the time from the commit of each seat to the
/// commit of its confirmation.
fn latency(benchmark: &Benchmark<'_>, setup: Setup) -> Result<ScenarioResult> {
    let environment = benchmark.prepare(setup)?;
    let mut script = environment.register_all(1);
    let profile = LoadProfile {
        connections: 64,
        rate: Some(200),
        ..environment.profile(benchmark.duration())
    };
    let measured = environment.measure(Counted::Accepted, &profile, &mut script, |script| {
        &script.responses
    })?;
    let mut result = measured.result;
    let databases = benchmark.databases();
    databases.wait_until_outbox_is_empty(setup.name, measured.ended, TIMEOUT)?;
    // The stored response marks the commit of the seat, because its row is never updated. The row
    // of the registration is.
    let line = databases.sql(
        setup.name,
        &["SELECT array_to_string(percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY 1000 * \
           extract(epoch FROM pg_xact_commit_timestamp(m.xmin) - pg_xact_commit_timestamp(i.xmin))), '|') \
           FROM mail_box m JOIN registrations r ON r.id = m.registration_id \
           JOIN idempotency_logs i ON i.user_id = r.user_id AND i.key = r.idempotency_key"],
    )?;
    let numbers: Vec<f64> = line.split('|').filter_map(|it| it.parse().ok()).collect();
    if let [p50, p99, max] = numbers[..] {
        result.details.extend([
            ("message p50 ms", p50),
            (detail::MESSAGE_P99, p99),
            ("message max ms", max),
        ]);
    }
    environment.check(&mut result, &script.responses, measured.unanswered)?;
    environment.tear_down()?;
    Ok(result)
}

/// Measures how long the reminders for one competition with thousands of registrations take.
fn reminders(benchmark: &Benchmark<'_>) -> Result<ScenarioResult> {
    const NAME: &str = "reminders";
    let accounts = if benchmark.quick { 2_000 } else { 10_000 };
    let databases = benchmark.databases();
    databases.create(NAME)?;
    let installation = Installation {
        settings: vec![("REMINDER_CRON", "* * * * * *")],
        ..benchmark.installation(NAME)
    };
    installation.seed(SeedAmounts {
        users: accounts,
        competitions: 1,
        capacity: accounts,
        registrations: accounts,
    })?;
    databases.sql(
        NAME,
        &["UPDATE competitions SET starts_at = now() + interval '1 hour', reg_deadline = now()"],
    )?;
    databases.vacuum_and_checkpoint(NAME)?;
    let worker = Server::start(&installation, &["worker"])?;
    let started = Instant::now();
    let count = "SELECT count(*) FROM mail_box WHERE kind = 'REMINDER'";
    let expected = rate(accounts, Duration::from_secs(1));
    while databases.number(NAME, count)? < expected {
        process::pause(Duration::from_millis(100))?;
        if started.elapsed() > TIMEOUT {
            bail!(
                "only {} of {accounts} reminders were written",
                databases.number(NAME, count)?
            );
        }
    }
    // From the start of the first tick until it had enqueued its jobs, and until the last message
    // was committed.
    let line = databases.sql(
        NAME,
        &[
            "SELECT extract(epoch FROM finished_at - fired_at), extract(epoch FROM (SELECT \
           max(pg_xact_commit_timestamp(xmin)) FROM mail_box) - fired_at) \
           FROM cron_ticks WHERE job = 'reminders' ORDER BY fired_at LIMIT 1",
        ],
    )?;
    let mut result = ScenarioResult::without_load(NAME, "messages");
    let numbers: Vec<f64> = line.split('|').filter_map(|it| it.parse().ok()).collect();
    if let [enqueued, written] = numbers[..] {
        result.per_second = quotient(expected, written);
        result
            .details
            .extend([("enqueued after s", enqueued), ("written after s", written)]);
    }
    // The next ticks must not write a second reminder.
    process::pause(Duration::from_secs(2))?;
    let messages = databases.number(NAME, count)?;
    if messages != expected {
        result
            .violations
            .push(format!("{messages} reminders for {accounts} registrations"));
    }
    worker.stop()?;
    databases.drop_database(NAME)?;
    Ok(result)
}
