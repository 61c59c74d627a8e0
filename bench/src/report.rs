//! The report: the results of a run as a table and as JSON, and a comparison with the targets.

use std::fmt::Write as _;

use serde::Serialize;

use super::ceiling::Ceilings;
use super::memory;
use super::pages::{result::PageResult, summary};
use super::scenario_result::ScenarioResult;
use super::statistics::{BatchSizes, quotient, readable};
use super::table::aligned;
use super::target::Target;

/// The names of details that a target refers to.
pub mod detail {
    /// Seconds from the last response until the outbox was empty.
    pub const OUTBOX_EMPTY: &str = "outbox empty after s";
    /// Milliseconds from the last response until every stream had received the last seat update.
    pub const LAST_UPDATE: &str = "last seat update after ms";
    /// The number of event streams.
    pub const STREAMS: &str = "streams";
    /// The number of event streams that were closed or failed.
    pub const BROKEN_STREAMS: &str = "broken streams";
    /// The throughput of a worker that writes confirmations.
    pub const CONFIRMATIONS_PER_SECOND: &str = "confirmations/s";
    /// The 99th percentile of the time from the commit of a seat to the commit of its message.
    pub const MESSAGE_P99: &str = "message p99 ms";
}

/// The results of one run of the benchmark.
#[derive(Debug, Serialize)]
pub struct Report {
    pub date: String,
    pub commit: String,
    pub machine: String,
    pub quick: bool,
    pub ceilings: Option<Ceilings>,
    pub scenarios: Vec<ScenarioResult>,
    /// The results of the scenario `pages`, which have their own table.
    pub pages: Vec<PageResult>,
    pub targets: Vec<Target>,
}

impl Report {
    /// Compares the results with the targets of the scenarios that ran.
    pub fn compare_with_targets(&mut self) {
        self.targets = targets(self.ceilings.as_ref(), &self.scenarios);
        self.targets.extend(summary::targets(&self.pages));
        self.targets.extend(memory::targets(&self.scenarios));
    }

    /// Returns whether every scenario left a database that agrees with the responses.
    pub fn is_consistent(&self) -> bool {
        self.scenarios.iter().all(|it| it.violations.is_empty())
    }

    /// Returns the report as Markdown tables.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{} · commit {} · {}{}\n\n",
            self.date,
            self.commit,
            self.machine,
            if self.quick { " · quick" } else { "" }
        );
        if let Some(ceilings) = &self.ceilings {
            // Writing to a String cannot fail.
            let _infallible = writeln!(
                text,
                "pgbench on the same cluster: {} registrations/s with one per transaction on one row \
                 (best with {} clients), {}/s in transactions of 128\n",
                readable(ceilings.one_row),
                ceilings.one_row_clients,
                readable(ceilings.batched)
            );
        }
        let header = [
            "scenario",
            "counted",
            "throughput/s",
            "× one row",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "errors",
            "batch size mean / p90",
            "memory MiB",
            "CPU µs per response: server / PostgreSQL / Redis / generator",
            "other cores",
            "seats",
        ];
        let one_row = self.ceilings.map(|it| it.one_row);
        let scenarios = self.scenarios.iter();
        let rows: Vec<[String; 13]> = scenarios.map(|it| cells(it, one_row)).collect();
        if !rows.is_empty() {
            text.push_str(&aligned(header, &rows));
        }
        for scenario in &self.scenarios {
            let details = scenario.details.iter();
            let details: Vec<String> = details
                .map(|(name, value)| format!("{name} {}", readable(*value)))
                .collect();
            if !details.is_empty() {
                let _infallible = writeln!(text, "{}: {}", scenario.name, details.join(", "));
            }
        }
        for scenario in &self.scenarios {
            for violation in &scenario.violations {
                let _infallible = writeln!(text, "WRONG in {}: {violation}", scenario.name);
            }
        }
        if !self.pages.is_empty() {
            text.push('\n');
            text.push_str(&summary::table(&self.pages));
        }
        text.push('\n');
        let targets: Vec<[String; 4]> = self
            .targets
            .iter()
            .map(|it| {
                let met = if it.met { "met" } else { "MISSED" };
                [it.name, &it.target, &it.measured, met].map(str::to_owned)
            })
            .collect();
        let header = ["measure", "target", "measured", "result"];
        text.push_str(&aligned(header, &targets));
        text
    }
}

/// Returns the row of a scenario in the table.
fn cells(result: &ScenarioResult, one_row: Option<f64>) -> [String; 13] {
    const NONE: &str = "–";
    let cpu = &result.cpu_us;
    let parts = [cpu.server, cpu.postgres, cpu.redis, cpu.generator];
    // A scenario without requests has no latency, errors, memory or processor time.
    let has_load = result.latency_ms.max > 0.0;
    let if_loaded = |text: String| if has_load { text } else { NONE.to_owned() };
    [
        result.name.to_owned(),
        result.counted.to_owned(),
        readable(result.per_second),
        one_row.map_or(NONE.to_owned(), |one_row| {
            format!("{:.1}", quotient(result.per_second, one_row))
        }),
        if_loaded(readable(result.latency_ms.p50)),
        if_loaded(readable(result.latency_ms.p90)),
        if_loaded(readable(result.latency_ms.p99)),
        if_loaded(result.errors.to_string()),
        if result.batch_sizes.count > 0.0 {
            let BatchSizes { mean, p90, .. } = result.batch_sizes;
            format!("{} / {}", readable(mean), readable(p90))
        } else {
            NONE.to_owned()
        },
        if_loaded(readable(result.memory_mib)),
        if_loaded(parts.map(|part| format!("{part:.0}")).join(" / ")),
        if_loaded(format!("{:.1}", result.other_cores)),
        if result.violations.is_empty() {
            "right"
        } else {
            "WRONG"
        }
        .to_owned(),
    ]
}

/// Returns the targets of the scenarios that ran.
fn targets(ceilings: Option<&Ceilings>, results: &[ScenarioResult]) -> Vec<Target> {
    let result = |name: &str| results.iter().find(|it| it.name == name);
    let mut targets = Vec::new();
    let mut add = |name, target: &str, measured: String, met| {
        let target = target.to_owned();
        targets.push(Target {
            name,
            target,
            measured,
            met,
        });
    };
    if let (Some(ceilings), Some(hot)) = (ceilings, result("hot")) {
        let ratio = quotient(hot.per_second, ceilings.one_row);
        let measured = format!("{ratio:.1} ×");
        add(
            "hot, relative to the one-row ceiling",
            "≥ 3 × (aim 5 ×)",
            measured,
            ratio >= 3.0,
        );
        let ratio = quotient(hot.per_second, ceilings.batched);
        let measured = format!("{ratio:.2} ×");
        add(
            "hot, relative to the batched ceiling",
            "for comparison",
            measured,
            true,
        );
    }
    if let Some(hot) = result("hot") {
        let p99 = hot.latency_ms.p99;
        let measured = format!("{} ms", readable(p99));
        add(
            "hot, p99 with 256 connections",
            "< 250 ms",
            measured,
            p99 < 250.0,
        );
        if let Some(seconds) = hot.details.get(detail::OUTBOX_EMPTY) {
            let measured = format!("{} s", readable(*seconds));
            add(
                "hot, all confirmations written",
                "< 5 s",
                measured,
                *seconds < 5.0,
            );
        }
    }
    if let Some(replays) = result("replays") {
        let hot = result("hot").map_or(f64::INFINITY, |hot| 3.0 * hot.per_second);
        let measured = format!("{}/s", readable(replays.per_second));
        let met = replays.per_second >= hot.min(10_000.0);
        add("replays", "≥ 10,000/s or 3 × hot", measured, met);
    }
    if let Some(streams) = result("streams") {
        let value = |name| streams.details.get(name).copied();
        let measured = format!(
            "{} open, {} MiB",
            readable(value(detail::STREAMS).unwrap_or(0.0)),
            readable(streams.memory_mib)
        );
        let met = streams.memory_mib <= 150.0 && value(detail::BROKEN_STREAMS) == Some(0.0);
        add(
            "event streams open under load",
            "10,000, ≤ 150 MiB",
            measured,
            met,
        );
        let lag = value(detail::LAST_UPDATE);
        let measured = lag.map_or("never".to_owned(), |lag| format!("{} ms", readable(lag)));
        let met = lag.is_some_and(|lag| lag < 1000.0);
        add("last seat update on all streams", "< 1 s", measured, met);
    }
    if let Some(embedded) = result("embedded") {
        let measured = format!("{}/s", readable(embedded.per_second));
        let met = embedded.per_second >= 1500.0;
        add("embedded", "≥ 1,500/s", measured, met);
    }
    if let Some(p99) = result("latency").and_then(|it| it.details.get(detail::MESSAGE_P99)) {
        let measured = format!("{} ms", readable(*p99));
        add(
            "seat to message, p99 at 200/s",
            "< 1 s",
            measured,
            *p99 < 1000.0,
        );
    }
    if let (Some(hot), Some(backlog)) = (result("hot"), result("backlog")) {
        let rate = backlog.details.get(detail::CONFIRMATIONS_PER_SECOND);
        let rate = rate.copied().unwrap_or(0.0);
        let measured = format!("{}/s", readable(rate));
        let met = rate > hot.per_second;
        add(
            "backlog, confirmations written",
            "faster than hot",
            measured,
            met,
        );
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Percentiles;

    fn result(name: &'static str, per_second: f64) -> ScenarioResult {
        ScenarioResult {
            per_second,
            latency_ms: Percentiles {
                p50: 1.0,
                p90: 2.0,
                p99: 250.0,
                max: 300.0,
            },
            ..ScenarioResult::without_load(name, "accepted")
        }
    }

    #[test]
    fn ratios_are_of_the_same_run_and_bounds_are_strict() {
        let ceilings = Ceilings {
            one_row: 500.0,
            one_row_clients: 4,
            batched: 10_000.0,
        };
        let targets = targets(
            Some(&ceilings),
            &[result("hot", 1500.0), result("replays", 4500.0)],
        );
        let met: Vec<_> = targets.iter().map(|it| (it.name, it.met)).collect();
        assert_eq!(
            met,
            [
                ("hot, relative to the one-row ceiling", true),
                ("hot, relative to the batched ceiling", true),
                ("hot, p99 with 256 connections", false),
                ("replays", true),
            ]
        );
        assert_eq!(targets[0].measured, "3.0 ×");
    }

    #[test]
    fn a_scenario_that_did_not_run_has_no_target() {
        assert!(targets(None, &[]).is_empty());
    }
}
