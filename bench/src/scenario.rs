//! The scenarios: each on a stage of its own, each followed by a look into the books.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::figures::{quotient, rate};
use super::load::{self, Load};
use super::report::Row;
use super::rush::{Again, Rush};
use super::server::{Amounts, Place, Server};
use super::stage::{House, Setup, Stage};
use super::streams;
use xtask::process;

/// Their names, in the order they are played.
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

/// How long a backlog may take before we give up on it.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn play(house: &House<'_>, name: &str) -> Result<Row> {
    let usual = Setup {
        name: "hot",
        people: house.people(),
        competitions: 1,
        servers: 1,
        embedded: false,
        arguments: &["serve"],
    };
    match name {
        "hot" => hot(house, usual),
        "spread" => rush(
            house,
            Setup {
                name: "spread",
                competitions: 100,
                ..usual
            },
            1,
        ),
        "duplicates" => rush(
            house,
            Setup {
                name: "duplicates",
                ..usual
            },
            2,
        ),
        "replays" => replays(
            house,
            Setup {
                name: "replays",
                people: 20_000,
                ..usual
            },
        ),
        "two" => rush(
            house,
            Setup {
                name: "two",
                servers: 2,
                ..usual
            },
            1,
        ),
        "embedded" => rush(
            house,
            Setup {
                name: "embedded",
                embedded: true,
                ..usual
            },
            1,
        ),
        "streams" => streams(
            house,
            Setup {
                name: "streams",
                people: 10_000,
                ..usual
            },
        ),
        "backlog" => backlog(
            house,
            Setup {
                name: "backlog",
                people: if house.quick { 5_000 } else { 20_000 },
                arguments: &["serve", "--no-worker"],
                ..usual
            },
        ),
        "latency" => latency(
            house,
            Setup {
                name: "latency",
                people: 10_000,
                ..usual
            },
        ),
        "reminders" => reminders(house),
        other => bail!("there is no scenario {other}"),
    }
}

/// Everybody registers, as fast as answers come back.
fn rush(house: &House<'_>, setup: Setup, copies: usize) -> Result<Row> {
    let stage = house.stage(setup)?;
    let (row, _) = rushed(&stage, copies)?;
    stage.close()?;
    Ok(row)
}

fn rushed(stage: &Stage<'_>, copies: usize) -> Result<(Row, Instant)> {
    let mut rush = stage.rush(copies);
    let warm_up = stage.warm_up(&mut rush)?;
    let load = stage.load(stage.house.time());
    let measured = stage.measure("accepted", &load, &mut rush, |rush| &rush.told)?;
    let mut row = measured.row;
    let unanswered = warm_up.errors() + measured.unanswered;
    stage.check(&mut row, &rush.told, unanswered)?;
    if copies > 1 {
        #[allow(clippy::cast_precision_loss, reason = "counts of a benchmark")]
        let replayed = rush.told.replayed as f64;
        row.more.insert("replayed", replayed);
    }
    if rush.is_over() {
        row.more.insert("ran out of people", 1.0);
    }
    Ok((row, measured.ended))
}

/// A rush, and how long its confirmations take to be written after its end.
fn hot(house: &House<'_>, setup: Setup) -> Result<Row> {
    let stage = house.stage(setup)?;
    let (mut row, ended) = rushed(&stage, 1)?;
    let drained = house.databases().drained(setup.name, ended, PATIENCE)?;
    let seconds = drained.map_or(f64::INFINITY, |time| time.as_secs_f64());
    row.more.insert("backlog gone after s", seconds);
    stage.close()?;
    Ok(row)
}

/// Everybody has a seat and asks again.
fn replays(house: &House<'_>, setup: Setup) -> Result<Row> {
    let stage = house.stage(setup)?;
    let mut rush = stage.rush(1);
    let first = load::run(&stage.load(PATIENCE), &mut rush)?;
    house
        .databases()
        .drained(setup.name, first.ended, PATIENCE)?;
    let mut again = Again::new(rush);
    let load = stage.load(house.time() / 2);
    let measured = stage.measure("replayed", &load, &mut again, |again| &again.told)?;
    let mut row = measured.row;
    stage.check(&mut row, &again.told, first.errors())?;
    stage.close()?;
    Ok(row)
}

/// Thousands watch while others register.
fn streams(house: &House<'_>, setup: Setup) -> Result<Row> {
    let stage = house.stage(setup)?;
    let watchers = if house.quick { 2_000 } else { 10_000 };
    let server = stage.servers.first().context("no server")?.address;
    let competition = stage
        .seeded
        .competitions
        .first()
        .context("no competition")?;
    let (ready, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let row = std::thread::scope(|scope| -> Result<Row> {
        let watching = scope.spawn(|| streams::watch(server, competition, watchers, &ready, &stop));
        // However this ends, the thread must too.
        let rushed = rush_while_watched(&stage, watchers, &ready, || watching.is_finished());
        stop.store(true, Ordering::Relaxed);
        let seen = watching
            .join()
            .map_err(|_| anyhow::anyhow!("the thread that holds the streams open panicked"))??;
        let (mut row, rush, ended, unanswered) = rushed?;
        let books = stage.check(&mut row, &rush.told, unanswered)?;
        let last = setup.people - books.rows;
        if let Some(lag) = seen.lag(last, ended) {
            row.more
                .insert("last value after ms", lag.as_secs_f64() * 1e3);
        }
        let whole = Duration::from_secs(1);
        row.more.insert("watchers", rate(seen.watchers, whole));
        row.more.insert("broken", rate(seen.broken, whole));
        row.more.insert("events", rate(seen.events, whole));
        Ok(row)
    })?;
    stage.close()?;
    Ok(row)
}

type Watched<'a> = (Row, Rush<'a>, Instant, usize);

fn rush_while_watched<'a>(
    stage: &'a Stage<'_>,
    watchers: usize,
    ready: &AtomicUsize,
    over: impl Fn() -> bool,
) -> Result<Watched<'a>> {
    let begun = Instant::now();
    while ready.load(Ordering::Relaxed) < watchers && !over() {
        process::pause(Duration::from_millis(50))?;
        if begun.elapsed() > PATIENCE {
            bail!(
                "{} of {watchers} streams came",
                ready.load(Ordering::Relaxed)
            );
        }
    }
    let mut rush = stage.rush(1);
    let load = stage.load(stage.house.time());
    let measured = stage.measure("accepted", &load, &mut rush, |rush| &rush.told)?;
    // More than anybody should need to hear the last number.
    process::pause(Duration::from_secs(3))?;
    Ok((measured.row, rush, measured.ended, measured.unanswered))
}

/// A rush while no worker runs, then a worker alone.
fn backlog(house: &House<'_>, setup: Setup) -> Result<Row> {
    let stage = house.stage(setup)?;
    let mut rush = stage.rush(1);
    let load = stage.load(PATIENCE);
    let measured = stage.measure("accepted", &load, &mut rush, |rush| &rush.told)?;
    let mut row = measured.row;
    let begun = Instant::now();
    let worker = Server::start(&stage.place, &["worker"])?;
    let drained = house.databases().drained(setup.name, begun, PATIENCE)?;
    if drained.is_none() {
        row.wrong.push("jobs are left".to_owned());
    }
    worker.stop()?;
    // By the times of the commits: neither the worker's start nor our looking counts.
    let found = house.databases().sql(
        setup.name,
        &["SELECT count(*), extract(epoch FROM max(t) - min(t)) \
           FROM (SELECT pg_xact_commit_timestamp(xmin) AS t FROM mail_box) AS mail"],
    )?;
    let numbers: Vec<f64> = found.split('|').filter_map(|it| it.parse().ok()).collect();
    if let [letters, seconds] = numbers[..] {
        let drained = quotient(letters, seconds);
        row.more.insert("confirmations", letters);
        row.more.insert("confirmations/s", drained);
    }
    stage.check(&mut row, &rush.told, measured.unanswered)?;
    stage.close()?;
    Ok(row)
}

/// 200 registrations a second, and how long after each its confirmation lies in the mailbox.
fn latency(house: &House<'_>, setup: Setup) -> Result<Row> {
    let stage = house.stage(setup)?;
    let mut rush = stage.rush(1);
    let load = Load {
        connections: 64,
        rate: Some(200),
        ..stage.load(house.time())
    };
    let measured = stage.measure("accepted", &load, &mut rush, |rush| &rush.told)?;
    let mut row = measured.row;
    let databases = house.databases();
    databases.drained(setup.name, measured.ended, PATIENCE)?;
    // From commit to commit; the stored answer's row is never written again, the seat's is.
    let found = databases.sql(
        setup.name,
        &["SELECT array_to_string(percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY 1000 * \
           extract(epoch FROM pg_xact_commit_timestamp(m.xmin) - pg_xact_commit_timestamp(i.xmin))), '|') \
           FROM mail_box m JOIN registrations r ON r.id = m.registration_id \
           JOIN idempotency_logs i ON i.user_id = r.user_id AND i.key = r.idempotency_key"],
    )?;
    let numbers: Vec<f64> = found.split('|').filter_map(|it| it.parse().ok()).collect();
    if let [p50, p99, max] = numbers[..] {
        row.more.extend([
            ("mail p50 ms", p50),
            ("mail p99 ms", p99),
            ("mail max ms", max),
        ]);
    }
    stage.check(&mut row, &rush.told, measured.unanswered)?;
    stage.close()?;
    Ok(row)
}

/// A competition of thousands begins soon, and nobody has been reminded yet.
fn reminders(house: &House<'_>) -> Result<Row> {
    const NAME: &str = "reminders";
    let people = if house.quick { 2_000 } else { 10_000 };
    let databases = house.databases();
    databases.create(NAME)?;
    let place = Place {
        settings: vec![("REMINDER_CRON", "* * * * * *")],
        ..house.place(NAME)
    };
    place.seed(Amounts {
        users: people,
        competitions: 1,
        capacity: people,
        registrations: people,
    })?;
    databases.sql(
        NAME,
        &["UPDATE competitions SET starts_at = now() + interval '1 hour', reg_deadline = now()"],
    )?;
    databases.settle(NAME)?;
    let worker = Server::start(&place, &["worker"])?;
    let begun = Instant::now();
    let count = "SELECT count(*) FROM mail_box WHERE kind = 'REMINDER'";
    let wanted = rate(people, Duration::from_secs(1));
    while databases.number(NAME, count)? < wanted {
        process::pause(Duration::from_millis(100))?;
        if begun.elapsed() > PATIENCE {
            bail!(
                "{} of {people} were reminded",
                databases.number(NAME, count)?
            );
        }
    }
    // From the firing of the first tick to the last job and to the commit of the last letter.
    let found = databases.sql(
        NAME,
        &[
            "SELECT extract(epoch FROM finished_at - fired_at), extract(epoch FROM (SELECT \
           max(pg_xact_commit_timestamp(xmin)) FROM mail_box) - fired_at) \
           FROM cron_ticks WHERE job = 'reminders' ORDER BY fired_at LIMIT 1",
        ],
    )?;
    let mut row = Row::without_load(NAME, "letters");
    let numbers: Vec<f64> = found.split('|').filter_map(|it| it.parse().ok()).collect();
    if let [enqueued, written] = numbers[..] {
        row.per_second = quotient(wanted, written);
        row.more
            .extend([("enqueued after s", enqueued), ("written after s", written)]);
    }
    // One reminder each, also after some more ticks.
    process::pause(Duration::from_secs(2))?;
    let letters = databases.number(NAME, count)?;
    if letters != wanted {
        row.wrong
            .push(format!("{letters} reminders for {people} people"));
    }
    worker.stop()?;
    databases.discard(NAME)?;
    Ok(row)
}
