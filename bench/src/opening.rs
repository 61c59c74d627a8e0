//! The scenario `opening`: thousands of people have the page of a competition open, and all press the button
//! within two seconds of the opening.
//!
//! Each page is an event stream. The opening is set while the streams are open, as an organizer would, so
//! that they also show when they learn of it. The presses come at a fixed rate from the opening on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use xtask::process;

use super::environment::{Benchmark, Counted, Environment, Setup};
use super::load_generator::LoadProfile;
use super::report::detail;
use super::scenario_result::ScenarioResult;
use super::statistics::rate;
use super::streams;

/// The name of the scenario, and of its database.
pub const NAME: &str = "opening";
/// The time in which everybody presses.
const PRESSES: Duration = Duration::from_secs(2);
/// The number of connections for presses: more than the requests that are in flight at a time.
const CONNECTIONS: usize = 1_000;
/// How long before the opening it is set. Servers read a changed row after ten seconds at most.
const AHEAD_SECONDS: u64 = 15;
/// How long opening all streams may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Runs the scenario.
///
/// # Errors
/// Returns an error if a server or a service fails.
pub fn run(benchmark: &Benchmark<'_>) -> Result<ScenarioResult> {
    let count = if benchmark.quick { 2_000 } else { 10_000 };
    let environment = benchmark.prepare(Setup {
        name: NAME,
        accounts: count,
        competitions: 1,
        servers: 1,
        embedded: false,
        arguments: &["serve"],
    })?;
    let server = environment.servers.first().context("no server")?.address;
    let competition = environment
        .seeded
        .competitions
        .first()
        .context("no competition")?;
    let (ready, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let result = std::thread::scope(|scope| -> Result<ScenarioResult> {
        let receiver = scope.spawn(|| streams::receive(server, competition, count, &ready, &stop));
        let pressed = press(&environment, count, || {
            ready.load(Ordering::Relaxed) >= count || receiver.is_finished()
        });
        // Before any early return: the scope waits for the thread.
        stop.store(true, Ordering::Relaxed);
        let streams = receiver
            .join()
            .map_err(|_| anyhow::anyhow!("the thread that holds the streams open panicked"))??;
        let Pressed {
            mut result,
            free,
            ended,
        } = pressed?;
        if let Some(lag) = streams.lag(free, ended) {
            let milliseconds = lag.as_secs_f64() * 1e3;
            result.details.insert(detail::LAST_UPDATE, milliseconds);
        }
        let number = |count| rate(count, Duration::from_secs(1));
        result
            .details
            .insert(detail::STREAMS, number(streams.streams));
        result
            .details
            .insert(detail::BROKEN_STREAMS, number(streams.broken));
        Ok(result)
    })?;
    environment.tear_down()?;
    Ok(result)
}

/// What the presses led to.
struct Pressed {
    result: ScenarioResult,
    /// The seats that are left.
    free: usize,
    /// The time of the last response.
    ended: Instant,
}

/// Waits until the pages are open, sets the opening, and presses for every account at the opening.
fn press(
    environment: &Environment<'_>,
    count: usize,
    pages_are_open: impl Fn() -> bool,
) -> Result<Pressed> {
    let started = Instant::now();
    while !pages_are_open() {
        process::pause(Duration::from_millis(50))?;
        if started.elapsed() > TIMEOUT {
            bail!("not all event streams received a seat update");
        }
    }
    let databases = environment.benchmark.databases();
    databases.sql(
        NAME,
        &[&format!(
            "UPDATE competitions SET opens_at = now() + interval '{AHEAD_SECONDS} seconds', \
             version = version + 1, edited_at_version = version + 1"
        )],
    )?;
    let milliseconds = databases.number(
        NAME,
        "SELECT ceil(1000 * extract(epoch FROM opens_at - clock_timestamp())) FROM competitions",
    )?;
    process::pause(Duration::from_secs_f64(milliseconds.max(0.0) / 1e3))?;
    let mut script = environment.register_all(1);
    let presses_per_second = u32::try_from(count)? / u32::try_from(PRESSES.as_secs())?;
    let profile = LoadProfile {
        connections: CONNECTIONS,
        rate: Some(presses_per_second),
        ..environment.profile(PRESSES)
    };
    let measured = environment.measure(Counted::Accepted, &profile, &mut script, |script| {
        &script.responses
    })?;
    let mut result = measured.result;
    // More than the time that the last seat update may take.
    process::pause(Duration::from_secs(3))?;
    let totals = environment.check(&mut result, &script.responses, measured.unanswered)?;
    Ok(Pressed {
        free: count - totals.registrations,
        ended: measured.ended,
        result,
    })
}
