//! Compares the database with the responses that the clients received, after each scenario.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::database::Databases;
use super::http;
use super::scripts::ResponseTally;
use super::server::Seeded;
use super::token;

/// The seats and registrations in a database, summed over all competitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatTotals {
    /// The number of registrations that hold a seat.
    pub registrations: usize,
    /// The number of seats that are taken according to the seat counters.
    pub taken: usize,
    /// The number of competitions that violate the seat invariant.
    pub drifting: usize,
    /// The number of registrations beyond the first of an account in a competition.
    pub duplicates: usize,
}

/// Reads the totals with one query, without the server in between.
pub fn read_from_postgres(databases: Databases<'_>, database: &str) -> Result<SeatTotals> {
    let line = databases.sql(
        database,
        &["WITH seats AS (SELECT competition_id AS id, count(*) AS rows, \
           count(*) - count(DISTINCT user_id) AS doubles FROM registrations \
           WHERE status IN ('PENDING', 'CONFIRMED') GROUP BY 1) \
           SELECT coalesce(sum(rows), 0), sum(capacity - seats_left), \
           count(*) FILTER (WHERE capacity - seats_left <> coalesce(rows, 0)), coalesce(sum(doubles), 0) \
           FROM competitions LEFT JOIN seats USING (id)"],
    )?;
    let numbers: Vec<usize> = line.split('|').filter_map(|it| it.parse().ok()).collect();
    let [registrations, taken, drifting, duplicates] = numbers[..] else {
        bail!("expected four numbers, got {line:?}");
    };
    Ok(SeatTotals {
        registrations,
        taken,
        drifting,
        duplicates,
    })
}

/// Reads the totals through the API as an organizer, because only the server may open its SQLite
/// file.
pub fn read_from_api(server: SocketAddr, seeded: &Seeded) -> Result<SeatTotals> {
    let organizer = token::mint(&seeded.organizer_id, "ORGANIZER")?;
    let mut totals = SeatTotals {
        registrations: 0,
        taken: 0,
        drifting: 0,
        duplicates: 0,
    };
    for competition in &seeded.competitions {
        let path = format!("/api/v1/competitions/{competition}");
        let view: Value = serde_json::from_str(&http::get(server, &path, None, "*/*")?)?;
        let number = |name: &str| {
            let number = view.get(name).and_then(Value::as_u64);
            let number = number.and_then(|number| usize::try_from(number).ok());
            number.with_context(|| format!("{path}: no {name}"))
        };
        let taken = number("capacity")? - number("seatsLeft")?;
        let list = format!("{path}/registrations");
        let csv = http::get(server, &list, Some(&organizer), "text/csv")?;
        let (registrations, duplicates) = count_in_csv(&csv);
        totals.registrations += registrations;
        totals.duplicates += duplicates;
        totals.taken += taken;
        totals.drifting += usize::from(taken != registrations);
    }
    Ok(totals)
}

/// Counts the registrations that hold a seat in an exported list, and those beyond the first of an
/// account.
fn count_in_csv(csv: &str) -> (usize, usize) {
    let mut lines = csv.trim_start_matches('\u{feff}').lines();
    let header: HashMap<&str, usize> = lines
        .next()
        .unwrap_or_default()
        .split(',')
        .enumerate()
        .map(|(at, name)| (name, at))
        .collect();
    // Names and e-mail addresses of seeded accounts contain neither commas nor quotes.
    let field = |line: &str, name: &str| -> String {
        let at = header.get(name).copied().unwrap_or(usize::MAX);
        line.split(',').nth(at).unwrap_or_default().to_owned()
    };
    let users: Vec<String> = lines
        .filter(|line| matches!(field(line, "status").as_str(), "PENDING" | "CONFIRMED"))
        .map(|line| field(line, "userId"))
        .collect();
    let distinct: HashSet<&String> = users.iter().collect();
    (users.len(), users.len() - distinct.len())
}

/// Returns a sentence for each contradiction between the database and the responses. A request that
/// received no response may have been committed or not.
pub fn violations(totals: SeatTotals, responses: &ResponseTally, unanswered: usize) -> Vec<String> {
    let mut violations = Vec::new();
    let SeatTotals {
        registrations,
        taken,
        drifting,
        duplicates,
    } = totals;
    let accepted = responses.accepted;
    if registrations < accepted || registrations > accepted + unanswered {
        violations.push(format!(
            "{accepted} registrations were accepted and {unanswered} requests got no response, but \
             {registrations} registrations hold a seat"
        ));
    }
    if taken != registrations || drifting != 0 {
        violations.push(format!(
            "the seat counters say that {taken} seats are taken, {registrations} registrations hold \
             one, and {drifting} competitions violate the seat invariant"
        ));
    }
    if duplicates != 0 {
        violations.push(format!(
            "{duplicates} registrations are a second one of the same account"
        ));
    }
    if responses.contradictions != 0 {
        violations.push(format!(
            "{} repeated requests got another response than the first time",
            responses.contradictions
        ));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::{ResponseTally, SeatTotals, count_in_csv, violations};

    const CONSISTENT: SeatTotals = SeatTotals {
        registrations: 10,
        taken: 10,
        drifting: 0,
        duplicates: 0,
    };

    fn responses(accepted: usize) -> ResponseTally {
        ResponseTally {
            accepted,
            ..ResponseTally::default()
        }
    }

    #[test]
    fn each_contradiction_is_one_violation() {
        assert!(violations(CONSISTENT, &responses(10), 0).is_empty());
        assert!(violations(CONSISTENT, &responses(9), 1).is_empty());
        for (totals, accepted) in [
            (CONSISTENT, 9),
            (CONSISTENT, 11),
            (
                SeatTotals {
                    taken: 9,
                    ..CONSISTENT
                },
                10,
            ),
            (
                SeatTotals {
                    drifting: 2,
                    ..CONSISTENT
                },
                10,
            ),
            (
                SeatTotals {
                    duplicates: 1,
                    ..CONSISTENT
                },
                10,
            ),
        ] {
            assert_eq!(violations(totals, &responses(accepted), 0).len(), 1);
        }
    }

    #[test]
    fn only_registrations_with_a_seat_are_counted_in_a_list() {
        let csv = "registrationId,userId,status\r\n1,a,CONFIRMED\r\n2,b,WAITLISTED\r\n\
                   3,a,PENDING\r\n4,c,PENDING\r\n";
        assert_eq!(count_in_csv(csv), (3, 1));
    }
}
