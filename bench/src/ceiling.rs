//! The ceilings: upper bounds of the throughput on this machine, measured with `pgbench` in the
//! same run. The tables, indexes and durability are those of the application, but there is no
//! application.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::database::Databases;
use xtask::process;

const DATABASE: &str = "ceiling";
/// The number of accounts. No account registers twice, and a run has far fewer transactions.
const ACCOUNTS: u32 = 300_000;
/// The number of registrations per transaction of the batched ceiling.
const BATCH: u32 = 128;

/// The measured ceilings, in registrations per second.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Ceilings {
    /// One registration per transaction, all in one competition.
    pub one_row: f64,
    /// The number of connections with which `one_row` was reached, the best of several.
    pub one_row_clients: u32,
    /// 128 registrations per transaction, all in one competition.
    pub batched: f64,
}

/// Returns an SQL expression for a UUID that is made of a kind and the number `n`.
fn uuid(kind: u8, n: &str) -> String {
    format!("('0000000{kind}-0000-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid")
}

/// Returns a `pgbench` script that registers the accounts `first` to `first + count - 1` in the
/// usual way: lock the competition's row, insert, update the seat counter, commit.
fn script(count: u32) -> String {
    let competition = uuid(2, "1");
    let (registration, user) = (uuid(3, "n"), uuid(1, "n"));
    let accounts = format!("generate_series(:first::int, :first::int + {count} - 1) AS n");
    format!(
        "\\set first (:round * :clients + :client_id) * {count} + 1\n\
         \\set round :round + 1\n\
         BEGIN;\n\
         SELECT seats_left, version FROM competitions WHERE id = {competition} FOR UPDATE;\n\
         INSERT INTO registrations (id, user_id, competition_id, idempotency_key, status, registered_at) \
         SELECT {registration}, {user}, {competition}, 'key-' || n, 'PENDING', now() FROM {accounts};\n\
         INSERT INTO idempotency_logs (user_id, key, request_fingerprint, response_status, response, expires_at) \
         SELECT {user}, 'key-' || n, repeat('f', 64), 201, '{RESPONSE}'::jsonb, now() + interval '1 day' FROM {accounts};\n\
         INSERT INTO outbox_jobs (id, queue, kind, version, payload, subject_id, lease_until, created_at) \
         SELECT {registration}, 'registration', 'confirmation', 1, '{RESPONSE}'::jsonb, {registration}, now(), now() FROM {accounts};\n\
         UPDATE competitions SET seats_left = seats_left - {count}, version = version + 1 WHERE id = {competition};\n\
         COMMIT;\n"
    )
}

const RESPONSE: &str = r#"{"competitionId": "00000002-0000-7000-8000-000000000001", "registrationId": "00000003-0000-7000-8000-000000000001", "status": "PENDING", "userId": "00000001-0000-7000-8000-000000000001"}"#;

/// Measures both ceilings on tables that the server's migrations have created.
pub fn measure(
    databases: Databases<'_>,
    migrate: impl FnOnce(&str) -> Result<()>,
    dir: &Path,
    quick: bool,
) -> Result<Ceilings> {
    let seconds = if quick { 3 } else { 6 };
    databases.create(DATABASE)?;
    migrate(DATABASE)?;
    let (user, competition) = (uuid(1, "n"), uuid(2, "1"));
    let organizer = uuid(1, "1");
    databases.sql(
        DATABASE,
        &[
            &format!(
                "INSERT INTO users (id, name, email, password_hash, role, created_at, updated_at) \
                 SELECT {user}, 'Account', n || '@example.test', '!', 'PARTICIPANT', now(), now() \
                 FROM generate_series(1, {ACCOUNTS}) AS n"
            ),
            &format!(
                "INSERT INTO competitions (id, organizer_id, title, description, tags, capacity, seats_left, status, reg_deadline, starts_at, created_at, updated_at) \
                 VALUES ({competition}, {organizer}, 'One', '', '[]', 1000000, 1000000, 'PUBLISHED', now() + interval '30 days', now() + interval '31 days', now(), now())"
            ),
        ],
    )?;
    let mut best = (0.0, 0);
    for clients in [1, 4, 16] {
        let rate = pgbench(databases, dir, &script(1), clients, seconds)?;
        if rate > best.0 {
            best = (rate, clients);
        }
    }
    let batches = pgbench(databases, dir, &script(BATCH), 2, seconds)?;
    databases.drop_database(DATABASE)?;
    Ok(Ceilings {
        one_row: best.0,
        one_row_clients: best.1,
        batched: batches * f64::from(BATCH),
    })
}

/// Runs a script with `pgbench` and returns the rate in transactions per second.
fn pgbench(
    databases: Databases<'_>,
    dir: &Path,
    script: &str,
    clients: u32,
    seconds: u32,
) -> Result<f64> {
    databases.sql(
        DATABASE,
        &["TRUNCATE registrations, idempotency_logs, outbox_jobs CASCADE"],
    )?;
    databases.vacuum_and_checkpoint(DATABASE)?;
    let file = dir.join("ceiling.sql");
    fs::write(&file, script)?;
    let mut pgbench = databases.program("pgbench", DATABASE);
    pgbench
        .args(["--no-vacuum", "--protocol", "prepared"])
        .args(["--client", &clients.to_string(), "--jobs", "1"])
        .args(["--time", &seconds.to_string(), "--define", "round=0"])
        .args(["--define", &format!("clients={clients}")])
        .arg("--file")
        .arg(&file)
        .arg(DATABASE);
    let report = process::output(&mut pgbench)?;
    tps(&report).with_context(|| format!("pgbench reports no rate: {report}"))
}

fn tps(report: &str) -> Option<f64> {
    let line = report
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rate_is_parsed_from_the_report_of_pgbench() {
        let report = "latency average = 1.234 ms\n\
                      tps = 812.345678 (without initial connection time)\n";
        assert_eq!(super::tps(report), Some(812.345_678));
        assert_eq!(super::tps("pgbench: error"), None);
    }
}
