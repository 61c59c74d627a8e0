//! After each load: does the database say what people were told?

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::database::Databases;
use super::http;
use super::rush::Told;
use super::server::Seeded;
use super::token;

/// What stands in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// Registrations with a seat.
    pub rows: usize,
    /// Seats that are gone by the competitions' counters.
    pub taken: usize,
    /// Competitions whose counter and rows disagree.
    pub drift: usize,
    /// Live registrations beyond the first of one person in one competition.
    pub doubles: usize,
}

/// Read by one query behind the server's back.
pub fn in_postgres(databases: Databases<'_>, database: &str) -> Result<Books> {
    let found = databases.sql(
        database,
        &["WITH seats AS (SELECT competition_id AS id, count(*) AS rows, \
           count(*) - count(DISTINCT user_id) AS doubles FROM registrations \
           WHERE status IN ('PENDING', 'CONFIRMED') GROUP BY 1) \
           SELECT coalesce(sum(rows), 0), sum(capacity - seats_left), \
           count(*) FILTER (WHERE capacity - seats_left <> coalesce(rows, 0)), coalesce(sum(doubles), 0) \
           FROM competitions LEFT JOIN seats USING (id)"],
    )?;
    let numbers: Vec<usize> = found.split('|').filter_map(|it| it.parse().ok()).collect();
    let [rows, taken, drift, doubles] = numbers[..] else {
        bail!("not four numbers: {found}");
    };
    Ok(Books {
        rows,
        taken,
        drift,
        doubles,
    })
}

/// Read through the API, as an organizer does: for SQLite, which nobody else may open.
pub fn in_embedded(server: SocketAddr, seeded: &Seeded) -> Result<Books> {
    let organizer = token::mint(&seeded.organizer_id, "ORGANIZER")?;
    let mut books = Books {
        rows: 0,
        taken: 0,
        drift: 0,
        doubles: 0,
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
        let (rows, doubles) = seats(&csv);
        books.rows += rows;
        books.doubles += doubles;
        books.taken += taken;
        books.drift += usize::from(taken != rows);
    }
    Ok(books)
}

/// Rows with a seat, and those beyond a person's first, in an exported list.
fn seats(csv: &str) -> (usize, usize) {
    let mut lines = csv.trim_start_matches('\u{feff}').lines();
    let header: HashMap<&str, usize> = lines
        .next()
        .unwrap_or_default()
        .split(',')
        .enumerate()
        .map(|(at, name)| (name, at))
        .collect();
    // Names and addresses of seeded people hold neither commas nor quotes.
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

/// What is wrong, in words; nothing if all is well. Who got no answer may hold a seat all the same.
pub fn verdict(books: Books, told: &Told, unanswered: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    let Books {
        rows,
        taken,
        drift,
        doubles,
    } = books;
    if rows < told.accepted || rows > told.accepted + unanswered {
        wrong.push(format!(
            "{} were accepted and {unanswered} not answered, but there are {rows} rows",
            told.accepted
        ));
    }
    if taken != rows || drift != 0 {
        wrong.push(format!(
            "{taken} seats are counted as taken, {rows} rows hold one, {drift} competitions drift"
        ));
    }
    if doubles != 0 {
        wrong.push(format!("{doubles} people hold two seats"));
    }
    if told.contradictions != 0 {
        wrong.push(format!("{} repeats differ", told.contradictions));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::{Books, Told, seats, verdict};

    const WELL: Books = Books {
        rows: 10,
        taken: 10,
        drift: 0,
        doubles: 0,
    };

    fn told(accepted: usize) -> Told {
        Told {
            accepted,
            ..Told::default()
        }
    }

    #[test]
    fn all_is_well_only_if_everything_agrees() {
        assert!(verdict(WELL, &told(10), 0).is_empty());
        assert!(verdict(WELL, &told(9), 1).is_empty());
        for (books, accepted) in [
            (WELL, 9),
            (WELL, 11),
            (Books { taken: 9, ..WELL }, 10),
            (Books { drift: 2, ..WELL }, 10),
            (Books { doubles: 1, ..WELL }, 10),
        ] {
            assert_eq!(verdict(books, &told(accepted), 0).len(), 1);
        }
    }

    #[test]
    fn only_seats_are_counted_in_an_exported_list() {
        let csv = "registrationId,userId,status\r\n1,a,CONFIRMED\r\n2,b,WAITLISTED\r\n\
                   3,a,PENDING\r\n4,c,PENDING\r\n";
        assert_eq!(seats(csv), (3, 1));
    }
}
