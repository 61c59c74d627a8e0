//! The scenario `growth`: what a list costs as the number of competitions grows.
//!
//! Page 1 of the browse page is requested for each order and each filter that the page offers. Before each
//! request one competition is edited, so that no cache has the page and the database is asked. One client
//! sends one request at a time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::environment::Benchmark;
use super::server::{Installation, SeedAmounts, Server};
use super::token;
use xtask::progress;

/// The name of the scenario.
pub const NAME: &str = "growth";

/// The numbers of competitions.
const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];

/// The lists that are requested, by their query.
const LISTS: [&str; 19] = [
    "",
    "sort=regDeadline",
    "sort=seatsLeft",
    "sort=title",
    "sort=newest",
    "status=OPEN",
    "status=OPEN&sort=title",
    "status=FULL",
    "status=CLOSED",
    "status=RUNNING",
    "status=ENDED",
    "seatsLeft=true&sort=seatsLeft",
    "tag=seeded",
    "tag=seeded&sort=newest",
    "tag=topic-7",
    "tag=topic-7&status=OPEN&sort=title",
    "place=hall+7",
    "from=2020-01-01&to=2099-12-31&sort=newest",
    "page=8",
];

/// The median times of the lists in milliseconds, by backend and number of competitions.
type Medians = BTreeMap<(&'static str, usize), Vec<f64>>;

/// Measures the lists on both backends, and returns the table.
///
/// # Errors
/// Returns an error if a server does not start or a response is not 200.
pub fn measure(benchmark: &Benchmark<'_>) -> Result<String> {
    let sizes = if benchmark.quick { &SIZES[..3] } else { &SIZES };
    let mut medians = Medians::new();
    for &size in sizes {
        for backend in ["PostgreSQL", "SQLite"] {
            let label = format!("{size} competitions on {backend}");
            let measured = progress::step(&label, || measure_one(benchmark, backend, size))?;
            medians.insert((backend, size), measured);
        }
    }
    Ok(table(&medians, sizes))
}

fn measure_one(benchmark: &Benchmark<'_>, backend: &str, size: usize) -> Result<Vec<f64>> {
    let database = format!("growth_{size}");
    let on_postgres = backend == "PostgreSQL";
    let installation = if on_postgres {
        benchmark.databases().create(&database)?;
        benchmark.installation(&database)
    } else {
        let file = benchmark.dir.join(format!("{database}.db"));
        Installation {
            database_url: format!("sqlite://{}?mode=rwc", file.display()),
            redis: None,
            ..benchmark.installation(&database)
        }
    };
    let seeded = installation.seed(SeedAmounts {
        users: 100,
        competitions: size,
        capacity: 100,
        registrations: size.min(1_000) * 10,
    })?;
    if on_postgres {
        benchmark.databases().vacuum_and_checkpoint(&database)?;
    }
    let server = Server::start(&installation, &["serve"])?;
    let organizer = token::mint(&seeded.organizer_id, "ORGANIZER")?;
    let edited = seeded.competitions.last().context("nothing was seeded")?;
    let rounds = if benchmark.quick { 10 } else { 40 };
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); LISTS.len()];
    // In rounds, so that a disturbance of the machine does not fall on one list alone. The first round
    // warms up.
    for round in 0..=rounds {
        for (list, times) in LISTS.iter().zip(&mut times) {
            let edit = format!(r#"{{"description":"Edit {round} before {list}"}}"#);
            let path = format!("/api/v1/competitions/{edited}");
            exchange(server.address, "PATCH", &path, &organizer, &edit)?;
            let path = format!("/competitions?{list}");
            let time = exchange(server.address, "GET", &path, "", "")?;
            if round > 0 {
                times.push(time);
            }
        }
    }
    server.stop()?;
    if on_postgres {
        benchmark.databases().drop_database(&database)?;
    }
    Ok(times.into_iter().map(median_ms).collect())
}

/// Sends a request on a new connection, and returns the time until the end of the response.
fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    bearer: &str,
    body: &str,
) -> Result<Duration> {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    if !bearer.is_empty() {
        write!(
            request,
            "Authorization: Bearer {bearer}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        )?;
    }
    request += "\r\n";
    request += body;
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let started = Instant::now();
    stream.write_all(request.as_bytes())?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response)?;
    let time = started.elapsed();
    if !response.starts_with(b"HTTP/1.1 200") {
        let head = String::from_utf8_lossy(&response[..response.len().min(300)]).into_owned();
        bail!("{method} {path}: {head}");
    }
    Ok(time)
}

fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times
        .get(times.len() / 2)
        .map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// Formats the medians as a Markdown table, with the ratio of the largest size to 1,000 competitions.
fn table(medians: &Medians, sizes: &[usize]) -> String {
    let mut table = String::from("| page 1 of the list, p50 in ms |");
    let mut line = String::from("| --- |");
    for backend in ["PostgreSQL", "SQLite"] {
        for size in sizes {
            table += &format!(" {backend} {size} |");
            line += " ---: |";
        }
        table += " ratio to 1,000 |";
        line += " ---: |";
    }
    table = format!("{table}\n{line}\n");
    for (number, list) in LISTS.iter().enumerate() {
        let name = if list.is_empty() { "everything" } else { list };
        table += &format!("| `{name}` |");
        for backend in ["PostgreSQL", "SQLite"] {
            let median = |size: usize| {
                let medians = medians.get(&(backend, size));
                medians.and_then(|medians| medians.get(number)).copied()
            };
            for size in sizes {
                table += &format!(" {:.1} |", median(*size).unwrap_or_default());
            }
            let largest = sizes.last().and_then(|size| median(*size));
            let ratio = largest.unwrap_or_default() / median(1_000).unwrap_or(f64::NAN);
            table += &format!(" {ratio:.1} |");
        }
        table.push('\n');
    }
    table
}
