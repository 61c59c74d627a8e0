//! The memory scenarios: what an idle server occupies, and whether it grows while clients go away in the
//! middle of pages.
//!
//! | scenario | what it measures |
//! | --- | --- |
//! | `idle` | memory after start and after one visit of each page, on SQLite with demo data and on PostgreSQL with Redis |
//! | `aborts` | the trend of memory while pages are viewed and half of the views are aborted |
//!
//! The third scenario of the group, [`streams`](super::streams), is one of [`super::scenario`]: its peak is
//! the memory of 10,000 event streams.

mod growth;
mod process_memory;
mod visitor;

use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use self::growth::Growth;
use self::process_memory::ProcessMemory;
use self::visitor::{Random, View, Visitor};
use super::environment::Benchmark;
use super::scenario_result::ScenarioResult;
use super::server::{Installation, SeedAmounts, Server};
use super::statistics::{rate, readable};
use super::target::Target;
use xtask::{process, progress};

/// The scenarios of this module, in the order in which they run.
pub const NAMES: [&str; 2] = [IDLE, ABORTS];
/// The name that selects every scenario about memory.
pub const GROUP: &str = "memory";

const IDLE: &str = "idle";
const ABORTS: &str = "aborts";

/// The largest resident memory of an idle server, in MiB.
const MAX_IDLE_MIB: f64 = 30.0;
/// The largest growth during the measurement that counts as none, in MiB. The views of ten minutes reach it
/// if each loses 16 bytes.
const MAX_GROWTH_MIB: f64 = 3.0;
/// The number of visitors that view pages at the same time.
const VISITORS: usize = 8;
/// How many pages each visitor views in a second at most: the ports of connections that were closed are
/// free again after a minute only.
const VIEWS_PER_SECOND: u32 = 40;
/// How long the server is given for what it does at start, before its memory is read.
const SETTLE: Duration = Duration::from_secs(60);

/// The names of details that a target refers to.
mod detail {
    pub const SQLITE_STARTED: &str = "SQLite and demo, after start: RSS MiB";
    pub const SQLITE_STARTED_PRIVATE: &str = "SQLite and demo, after start: private dirty MiB";
    pub const SQLITE_VISITED: &str = "SQLite and demo, pages visited: RSS MiB";
    pub const SQLITE_VISITED_PRIVATE: &str = "SQLite and demo, pages visited: private dirty MiB";
    pub const POSTGRES_STARTED: &str = "PostgreSQL and Redis, after start: RSS MiB";
    pub const POSTGRES_STARTED_PRIVATE: &str =
        "PostgreSQL and Redis, after start: private dirty MiB";
    pub const POSTGRES_VISITED: &str = "PostgreSQL and Redis, pages visited: RSS MiB";
    pub const POSTGRES_VISITED_PRIVATE: &str =
        "PostgreSQL and Redis, pages visited: private dirty MiB";
    pub const GROWTH: &str = "growth MiB";
    pub const VIEWS: &str = "views";
}

/// Returns whether `only`, an argument of `--only`, selects the scenario `name`.
pub fn selects(only: &str, name: &str) -> bool {
    only == GROUP && (NAMES.contains(&name) || name == "streams")
}

/// Runs one scenario. `minutes` is the time for which pages are viewed.
///
/// # Errors
/// Returns an error if a server or a service fails, or if a page is not served.
pub fn run(benchmark: &Benchmark<'_>, name: &str, minutes: f64) -> Result<ScenarioResult> {
    match name {
        IDLE => idle(benchmark),
        ABORTS => aborted_views(benchmark, Duration::from_secs_f64(minutes * 60.0)),
        other => bail!("there is no scenario {other}"),
    }
}

/// Returns the targets of the scenarios that ran.
pub fn targets(results: &[ScenarioResult]) -> Vec<Target> {
    let value = |scenario: &str, name: &str| {
        let result = results.iter().find(|result| result.name == scenario)?;
        result.details.get(name).copied()
    };
    let mut targets = Vec::new();
    for (name, read) in [
        ("idle on SQLite, pages visited", detail::SQLITE_VISITED),
        (
            "idle on PostgreSQL, pages visited",
            detail::POSTGRES_VISITED,
        ),
    ] {
        targets.extend(value(IDLE, read).map(|mib| Target {
            name,
            target: format!("≤ {MAX_IDLE_MIB} MiB"),
            measured: format!("{} MiB", readable(mib)),
            met: mib <= MAX_IDLE_MIB,
        }));
    }
    targets.extend(value(ABORTS, detail::GROWTH).map(|growth| Target {
        name: "growth while views are aborted",
        target: format!("< {MAX_GROWTH_MIB} MiB"),
        measured: format!("{growth:.1} MiB"),
        met: growth < MAX_GROWTH_MIB,
    }));
    targets
}

/// Reads the memory of an idle server a while after its start, and after one visit of each page.
fn idle(benchmark: &Benchmark<'_>) -> Result<ScenarioResult> {
    let mut result = ScenarioResult::without_load(IDLE, "MiB");
    let embedded = embedded(benchmark, IDLE);
    let [started, visited] = read_idle(benchmark, &embedded, &["serve", "--demo"], &DEMO)?;
    result.details.extend([
        (detail::SQLITE_STARTED, started.resident_mib),
        (detail::SQLITE_STARTED_PRIVATE, started.private_dirty_mib),
        (detail::SQLITE_VISITED, visited.resident_mib),
        (detail::SQLITE_VISITED_PRIVATE, visited.private_dirty_mib),
    ]);
    benchmark.databases().create(IDLE)?;
    let shared = benchmark.installation(IDLE);
    // As much as the demo data, which PostgreSQL does not get.
    shared.seed(SeedAmounts {
        users: 60,
        competitions: 12,
        capacity: 30,
        registrations: 150,
    })?;
    create_organizer(&shared)?;
    let [started, visited] = read_idle(benchmark, &shared, &["serve"], &[ORGANIZER])?;
    result.details.extend([
        (detail::POSTGRES_STARTED, started.resident_mib),
        (detail::POSTGRES_STARTED_PRIVATE, started.private_dirty_mib),
        (detail::POSTGRES_VISITED, visited.resident_mib),
        (detail::POSTGRES_VISITED_PRIVATE, visited.private_dirty_mib),
    ]);
    benchmark.databases().drop_database(IDLE)?;
    Ok(result)
}

/// Starts a server, and reads its memory twice: after it has settled, and after one visit of each page.
fn read_idle(
    benchmark: &Benchmark<'_>,
    installation: &Installation,
    arguments: &[&str],
    accounts: &[Account],
) -> Result<[ProcessMemory; 2]> {
    let settle = if benchmark.quick { SETTLE / 4 } else { SETTLE };
    let server = Server::start(installation, arguments)?;
    process::pause(settle)?;
    let started = ProcessMemory::read(server.pid())?;
    for visitor in &visitors(&server, accounts)? {
        for page in &visitor.pages {
            let status = visitor.view(page, View::Complete, &mut Random::new(1))?;
            ensure!(status == Some(200), "GET {page}: {status:?}");
        }
    }
    process::pause(settle)?;
    let visited = ProcessMemory::read(server.pid())?;
    progress::note(format_args!(
        "after start {started}, pages visited {visited}"
    ));
    server.stop()?;
    Ok([started, visited])
}

/// Views pages for `duration`, aborts half of the views, and follows the memory of the server.
fn aborted_views(benchmark: &Benchmark<'_>, duration: Duration) -> Result<ScenarioResult> {
    let server = Server::start(&embedded(benchmark, ABORTS), &["serve", "--demo"])?;
    let visitors = visitors(&server, &DEMO)?;
    let (stop, views) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut growth = Growth::default();
    let elapsed = std::thread::scope(|scope| -> Result<Duration> {
        let threads: Vec<_> = (0..VISITORS)
            .map(|at| {
                let (visitor, stop, views) = (&visitors[at % visitors.len()], &stop, &views);
                scope.spawn(move || view_pages(visitor, at, stop, views))
            })
            .collect();
        let sampled = sample(&server, duration, &mut growth);
        // Before any early return: the scope waits for the threads.
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread that views pages panicked"))??;
        }
        sampled
    })?;
    let mut result = ScenarioResult::without_load(ABORTS, "views");
    let views = views.load(Ordering::Relaxed);
    result.per_second = rate(views, elapsed);
    let trend = growth.trend();
    let second = Duration::from_secs(1);
    result.details.extend([
        (detail::VIEWS, rate(views, second)),
        (detail::GROWTH, trend.growth),
        ("memory at first MiB", trend.first),
        ("memory at last MiB", trend.last),
        ("minutes", elapsed.as_secs_f64() / 60.0),
    ]);
    server.stop()?;
    Ok(result)
}

/// Views random pages until `stop`, and aborts every second view.
fn view_pages(
    visitor: &Visitor,
    seed: usize,
    stop: &AtomicBool,
    views: &AtomicUsize,
) -> Result<()> {
    let mut random = Random::new(seed);
    let started = Instant::now();
    let mut viewed = 0;
    while !stop.load(Ordering::Relaxed) {
        let page = random.choose(&visitor.pages);
        let view = if viewed % 2 == 0 {
            View::Complete
        } else {
            View::Aborted
        };
        let status = visitor.view(page, view, &mut random)?;
        ensure!(
            status.is_none_or(|status| status == 200),
            "GET {page}: {status:?}"
        );
        viewed += 1;
        views.fetch_add(1, Ordering::Relaxed);
        let due = started + Duration::from_secs(1) * viewed / VIEWS_PER_SECOND;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// Reads the memory of the server every second. Returns the time that has passed.
fn sample(server: &Server, duration: Duration, growth: &mut Growth) -> Result<Duration> {
    let started = Instant::now();
    while started.elapsed() < duration {
        process::pause(Duration::from_secs(1))?;
        let memory = ProcessMemory::read(server.pid())?;
        growth.add(started.elapsed(), memory.resident_mib);
    }
    Ok(started.elapsed())
}

/// An account that a visitor logs in to, and the pages that it may see besides the public ones.
#[derive(Debug, Clone, Copy)]
struct Account {
    email: &'static str,
    password: &'static str,
    organizes: bool,
}

/// The accounts of the demo data.
const DEMO: [Account; 2] = [
    Account {
        email: "organizer@demo.test",
        password: "demo-demo-demo",
        organizes: true,
    },
    Account {
        email: "participant@demo.test",
        password: "demo-demo-demo",
        organizes: false,
    },
];
/// The account that [`create_organizer`] creates.
const ORGANIZER: Account = Account {
    email: "organizer@bench.test",
    password: "a password of a throw-away account",
    organizes: false,
};

fn create_organizer(installation: &Installation) -> Result<()> {
    let mut create = installation.command();
    create
        .args([
            "user",
            "create",
            "--name",
            "Organizer",
            "--role",
            "ORGANIZER",
        ])
        .args(["--email", ORGANIZER.email])
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut child = create.spawn()?;
    let input = child.stdin.take().context("no standard input")?;
    writeln!(&input, "{}", ORGANIZER.password)?;
    drop(input);
    ensure!(child.wait()?.success(), "cannot create an account");
    Ok(())
}

/// Returns an installation on SQLite alone.
fn embedded(benchmark: &Benchmark<'_>, name: &str) -> Installation {
    let file = benchmark.dir.join(format!("{name}.db"));
    Installation {
        database_url: format!("sqlite://{}?mode=rwc", file.display()),
        redis: None,
        ..benchmark.installation(name)
    }
}

/// Returns an anonymous visitor and one that is logged in to each of the accounts.
fn visitors(server: &Server, accounts: &[Account]) -> Result<Vec<Visitor>> {
    let mut anonymous = Visitor::anonymous(server.address);
    let competition = anonymous.first_competition()?;
    let public = [
        "/".to_owned(),
        "/competitions".to_owned(),
        "/competitions?search=open&page=1".to_owned(),
        format!("/competitions/{competition}"),
        format!("/competitions/{competition}/calendar.ics"),
        "/signup".to_owned(),
        "/login".to_owned(),
        "/api/v1/competitions?perPage=50".to_owned(),
        format!("/api/v1/competitions/{competition}"),
        "/api/openapi.json".to_owned(),
        "/api/docs".to_owned(),
    ];
    anonymous.pages = public.to_vec();
    let mut visitors = vec![anonymous];
    for account in accounts {
        let mut visitor = Visitor::log_in(server.address, account.email, account.password)?;
        visitor.pages = public[..4].to_vec();
        visitor
            .pages
            .extend(["/me/registrations", "/me/mailbox", "/me/profile"].map(str::to_owned));
        if account.organizes {
            visitor
                .pages
                .extend(["/organize", "/organize/new"].map(str::to_owned));
            visitor.pages.extend(
                ["", "/edit", "/registrations", "/call-off", "/delete"]
                    .map(|page| format!("/organize/{competition}{page}")),
            );
        }
        visitors.push(visitor);
    }
    Ok(visitors)
}
