//! What was found: one table for people, one JSON document for machines, and what was wanted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::ceiling::Ceilings;
use super::figures::{Batches, Latencies, Percentiles, human, quotient};
use super::machine::Cpu;

/// The results of one scenario.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub name: &'static str,
    /// What is counted: `accepted` or `replayed` answers.
    pub unit: &'static str,
    pub per_second: f64,
    pub latency_ms: Percentiles,
    /// Answers 5xx and connections that broke.
    pub errors: usize,
    /// Business refusals: nobody should get one here.
    pub refused: usize,
    pub batches: Batches,
    /// MiB, the most there was.
    pub resident: f64,
    /// Processor time an answer, in microseconds.
    pub cpu_us: Cpu,
    /// How many processors everybody else on the machine kept busy.
    pub others: f64,
    /// Figures of this scenario alone.
    pub more: BTreeMap<&'static str, f64>,
    /// What the check of the database found; empty if all is well.
    pub wrong: Vec<String>,
}

/// Everything that one run found.
#[derive(Debug, Serialize)]
pub struct Report {
    pub date: String,
    pub commit: String,
    pub machine: String,
    pub quick: bool,
    pub ceilings: Option<Ceilings>,
    pub rows: Vec<Row>,
    pub targets: Vec<Target>,
}

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    pub what: &'static str,
    pub wanted: String,
    pub found: String,
    pub met: bool,
}

impl Row {
    /// For what is measured without asking anybody.
    pub fn without_load(name: &'static str, unit: &'static str) -> Self {
        Self {
            name,
            unit,
            per_second: 0.0,
            latency_ms: Latencies::default().percentiles(),
            errors: 0,
            refused: 0,
            batches: Batches::default(),
            resident: 0.0,
            cpu_us: Cpu::default(),
            others: 0.0,
            more: BTreeMap::new(),
            wrong: Vec::new(),
        }
    }
}

impl Report {
    /// What was asked for and can be judged by what was measured.
    pub fn judge(&mut self) {
        self.targets = targets(self.ceilings.as_ref(), &self.rows);
    }

    /// Whether each load left the database as it told people.
    pub fn is_correct(&self) -> bool {
        self.rows.iter().all(|row| row.wrong.is_empty())
    }

    pub fn table(&self) -> String {
        let mut text = format!(
            "{} · commit {} · {}{}\n\n",
            self.date,
            self.commit,
            self.machine,
            if self.quick { " · quick" } else { "" }
        );
        if let Some(ceilings) = &self.ceilings {
            // Writing to a String can't fail.
            let _infallible = writeln!(
                text,
                "pgbench on the same cluster: {} registrations/s one a transaction on one row \
                 (best with {} clients), {}/s in transactions of 128\n",
                human(ceilings.one_row),
                ceilings.one_row_clients,
                human(ceilings.batched)
            );
        }
        let header = [
            "scenario",
            "what",
            "a second",
            "× one row",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "errors",
            "batch mean / p90",
            "MiB",
            "µs CPU server / pg / redis / load",
            "others' cores",
            "books",
        ];
        let one_row = self.ceilings.map(|it| it.one_row);
        let rows: Vec<[String; 13]> = self.rows.iter().map(|row| cells(row, one_row)).collect();
        text.push_str(&aligned(&header.map(str::to_owned), &rows));
        for row in self.rows.iter().filter(|row| !row.more.is_empty()) {
            let more = row.more.iter();
            let more: Vec<String> = more.map(|(k, v)| format!("{k} {}", human(*v))).collect();
            let _infallible = writeln!(text, "{}: {}", row.name, more.join(", "));
        }
        for row in &self.rows {
            for wrong in &row.wrong {
                let _infallible = writeln!(text, "WRONG in {}: {wrong}", row.name);
            }
        }
        text.push('\n');
        let targets: Vec<[String; 4]> = self
            .targets
            .iter()
            .map(|it| {
                let met = if it.met { "met" } else { "MISSED" };
                [it.what, &it.wanted, &it.found, met].map(str::to_owned)
            })
            .collect();
        let header = ["target", "wanted", "found", ""].map(str::to_owned);
        text.push_str(&aligned(&header, &targets));
        text
    }
}

fn cells(row: &Row, one_row: Option<f64>) -> [String; 13] {
    let cpu = &row.cpu_us;
    let parts = [cpu.server, cpu.postgres, cpu.redis, cpu.generator];
    // What was measured without asking anybody has no latency, and nobody to look at.
    let asked = row.latency_ms.max > 0.0;
    let if_asked = |text: String| if asked { text } else { "–".to_owned() };
    [
        row.name.to_owned(),
        row.unit.to_owned(),
        human(row.per_second),
        one_row.map_or("–".to_owned(), |one_row| {
            format!("{:.1}", quotient(row.per_second, one_row))
        }),
        if_asked(human(row.latency_ms.p50)),
        if_asked(human(row.latency_ms.p90)),
        if_asked(human(row.latency_ms.p99)),
        if_asked(row.errors.to_string()),
        if row.batches.count > 0.0 {
            let Batches { mean, p90, .. } = row.batches;
            format!("{} / {}", human(mean), human(p90))
        } else {
            "–".to_owned()
        },
        if_asked(human(row.resident)),
        if_asked(parts.map(|part| format!("{part:.0}")).join(" / ")),
        if_asked(format!("{:.1}", row.others)),
        if row.wrong.is_empty() {
            "right"
        } else {
            "WRONG"
        }
        .to_owned(),
    ]
}

/// A Markdown table whose columns stand under each other in a terminal too.
fn aligned<const N: usize>(header: &[String; N], rows: &[[String; N]]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([header[at].chars().count()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: &[String; N]| {
        let cells = cells.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = widths.map(|width| "-".repeat(width));
    let mut text = line(header) + &line(&rule);
    for row in rows {
        text.push_str(&line(row));
    }
    text
}

fn targets(ceilings: Option<&Ceilings>, rows: &[Row]) -> Vec<Target> {
    let row = |name: &str| rows.iter().find(|row| row.name == name);
    let mut targets = Vec::new();
    let mut target = |what, wanted: &str, found: String, met| {
        let wanted = wanted.to_owned();
        targets.push(Target {
            what,
            wanted,
            found,
            met,
        });
    };
    if let (Some(ceilings), Some(hot)) = (ceilings, row("hot")) {
        let ratio = quotient(hot.per_second, ceilings.one_row);
        let found = format!("{ratio:.1} ×");
        target(
            "hot, to the one-row ceiling",
            "≥ 3 × (aim 5 ×)",
            found,
            ratio >= 3.0,
        );
        let ratio = quotient(hot.per_second, ceilings.batched);
        let found = format!("{ratio:.2} ×");
        target("hot, to the batched ceiling", "for comparison", found, true);
    }
    if let Some(hot) = row("hot") {
        let p99 = hot.latency_ms.p99;
        let found = format!("{} ms", human(p99));
        target("hot, p99 of 256 clients", "< 250 ms", found, p99 < 250.0);
        if let Some(left) = hot.more.get("backlog gone after s") {
            let found = format!("{} s", human(*left));
            target(
                "hot, backlog of confirmations gone",
                "< 5 s",
                found,
                *left < 5.0,
            );
        }
    }
    if let Some(replays) = row("replays") {
        let hot = row("hot").map_or(f64::INFINITY, |hot| 3.0 * hot.per_second);
        let found = format!("{}/s", human(replays.per_second));
        let met = replays.per_second >= hot.min(10_000.0);
        target("replays", "≥ 10,000/s or 3 × hot", found, met);
    }
    if let Some(streams) = row("streams") {
        let more = |name| streams.more.get(name).copied();
        let found = format!(
            "{} open, {} MiB",
            human(more("watchers").unwrap_or(0.0)),
            human(streams.resident)
        );
        let met = streams.resident < 400.0 && more("broken") == Some(0.0);
        target(
            "streams held open in a rush",
            "10,000, < 400 MB",
            found,
            met,
        );
        let lag = more("last value after ms");
        let found = lag.map_or("never".to_owned(), |lag| format!("{} ms", human(lag)));
        let met = lag.is_some_and(|lag| lag < 1000.0);
        target("last value at every watcher", "< 1 s", found, met);
    }
    if let Some(embedded) = row("embedded") {
        let found = format!("{}/s", human(embedded.per_second));
        let met = embedded.per_second >= 1500.0;
        target("embedded", "≥ 1,500/s", found, met);
    }
    if let Some(p99) = row("latency").and_then(|row| row.more.get("mail p99 ms")) {
        let found = format!("{} ms", human(*p99));
        target(
            "201 to mailbox, p99 at 200/s",
            "< 1 s",
            found,
            *p99 < 1000.0,
        );
    }
    if let (Some(hot), Some(backlog)) = (row("hot"), row("backlog")) {
        let drained = backlog.more.get("confirmations/s").copied().unwrap_or(0.0);
        let found = format!("{}/s", human(drained));
        let met = drained > hot.per_second;
        target("confirmations drained", "faster than hot", found, met);
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, per_second: f64) -> Row {
        Row {
            per_second,
            latency_ms: Percentiles {
                p50: 1.0,
                p90: 2.0,
                p99: 250.0,
                max: 300.0,
            },
            ..Row::without_load(name, "accepted")
        }
    }

    #[test]
    fn ratios_are_of_the_same_run_and_bounds_are_strict() {
        let ceilings = Ceilings {
            one_row: 500.0,
            one_row_clients: 4,
            batched: 10_000.0,
        };
        let found = targets(
            Some(&ceilings),
            &[row("hot", 1500.0), row("replays", 4500.0)],
        );
        let met: Vec<_> = found.iter().map(|it| (it.what, it.met)).collect();
        assert_eq!(
            met,
            [
                ("hot, to the one-row ceiling", true),
                ("hot, to the batched ceiling", true),
                ("hot, p99 of 256 clients", false),
                ("replays", true),
            ]
        );
        assert_eq!(found[0].found, "3.0 ×");
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert!(targets(None, &[]).is_empty());
    }

    #[test]
    fn columns_stand_under_each_other() {
        let header = ["a", "b"].map(str::to_owned);
        let rows = [["1", "µµµ"].map(str::to_owned)];
        let expected = "| a | b   |\n| - | --- |\n| 1 | µµµ |\n";
        assert_eq!(aligned(&header, &rows), expected);
    }
}
