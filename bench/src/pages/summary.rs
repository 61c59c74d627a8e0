//! The results of the scenario as a table, and its targets.

use super::requests::{Form, Visitor};
use super::result::{PageResult, Responses};
use crate::statistics::readable;
use crate::table::aligned;
use crate::target::Target;

/// Returns the results as a Markdown table.
pub fn table(results: &[PageResult]) -> String {
    let header = [
        "page",
        "visitor",
        "form",
        "bytes",
        "server/s",
        "nginx/s",
        "× nginx (rounds)",
        "× nginx by CPU",
        "p50, p99 ms: server",
        "p50, p99 ms: nginx",
        "CPU µs: server / PostgreSQL / Redis",
        "CPU µs: nginx",
        "CPU µs: generator",
    ];
    let rows: Vec<[String; 13]> = results.iter().map(cells).collect();
    aligned(header, &rows)
}

fn cells(result: &PageResult) -> [String; 13] {
    let PageResult { server, nginx, .. } = result;
    let latency = |it: &Responses| {
        let percentiles = [it.latency_ms.p50, it.latency_ms.p99].map(readable);
        percentiles.join(", ")
    };
    let cpu = &server.cpu_us;
    let parts = [cpu.server, cpu.postgres, cpu.redis].map(|part| format!("{part:.1}"));
    let (low, high) = result.of_nginx_range;
    [
        result.page.to_owned(),
        result.visitor.label().to_owned(),
        result.form.label().to_owned(),
        result.bytes.to_string(),
        readable(server.per_second),
        readable(nginx.per_second),
        format!("{:.2} ({low:.2} to {high:.2})", result.of_nginx),
        format!("{:.2}", result.of_nginx_by_cpu),
        latency(server),
        latency(nginx),
        parts.join(" / "),
        format!("{:.1}", nginx.cpu_us.server),
        format!("{:.1}", cpu.generator),
    ]
}

/// Returns the targets of the scenario; none if it did not run.
pub fn targets(results: &[PageResult]) -> Vec<Target> {
    let chosen = |document: bool, visitor: Visitor, forms: &'static [Form]| {
        results.iter().filter(move |it| {
            it.document == document && it.visitor == visitor && forms.contains(&it.form)
        })
    };
    let lowest = |values: &mut dyn Iterator<Item = f64>| values.reduce(f64::min);
    let mut targets = Vec::new();
    let mut add = |name, bound: Option<f64>, unit: &str, measured: Option<f64>| {
        if let Some(measured) = measured {
            let target = bound.map(|bound| format!("≥ {}{unit}", readable(bound)));
            targets.push(Target {
                name,
                target: target.unwrap_or_else(|| "for comparison".to_owned()),
                measured: format!("{}{unit}", readable(measured)),
                met: bound.is_none_or(|bound| measured >= bound),
            });
        }
    };
    let whole: &[Form] = &[Form::Identity, Form::Compressed];
    let of_nginx = |it: &PageResult| it.of_nginx;
    let by_cpu = |it: &PageResult| it.of_nginx_by_cpu;
    let rate = |it: &PageResult| it.server.per_second;
    let documents = || chosen(true, Visitor::Anonymous, whole);
    add(
        "anonymous documents, the slowest relative to nginx",
        Some(0.5),
        " ×",
        lowest(&mut documents().map(of_nginx)),
    );
    add(
        "the same by processor time",
        None,
        " ×",
        lowest(&mut documents().map(by_cpu)),
    );
    add(
        "logged-in documents, the slowest",
        Some(3_000.0),
        "/s",
        lowest(&mut chosen(true, Visitor::LoggedIn, &[Form::Identity]).map(rate)),
    );
    add(
        "logged-in documents, compressed, the slowest",
        Some(3_000.0),
        "/s",
        lowest(&mut chosen(true, Visitor::LoggedIn, &[Form::Compressed]).map(rate)),
    );
    let api = || chosen(false, Visitor::Anonymous, whole);
    add(
        "API list and detail, the slowest relative to nginx",
        Some(0.4),
        " ×",
        lowest(&mut api().map(of_nginx)),
    );
    add(
        "the same by processor time (API)",
        None,
        " ×",
        lowest(&mut api().map(by_cpu)),
    );
    add(
        "unchanged (304), the slowest relative to nginx",
        None,
        " ×",
        lowest(
            &mut results
                .iter()
                .filter(|it| it.form == Form::Unchanged)
                .map(of_nginx),
        ),
    );
    targets
}

#[cfg(test)]
mod tests {
    use super::{table, targets};
    use crate::machine::CpuTime;
    use crate::pages::requests::{Form, Visitor};
    use crate::pages::result::{PageResult, Responses};
    use crate::statistics::Latencies;

    fn result(document: bool, visitor: Visitor, form: Form, per_second: f64) -> PageResult {
        let responses = |per_second, server| Responses {
            per_second,
            latency_ms: Latencies::default().percentiles(),
            cpu_us: CpuTime {
                server,
                ..CpuTime::default()
            },
        };
        PageResult {
            page: "landing",
            document,
            visitor,
            form,
            bytes: 1234,
            server: responses(per_second, 20.0),
            nginx: responses(10_000.0, 5.0),
            of_nginx: per_second / 10_000.0,
            of_nginx_range: (0.4, 0.6),
            of_nginx_by_cpu: 0.25,
        }
    }

    #[test]
    fn the_slowest_page_decides_and_304_does_not_count_as_a_document() {
        let anonymous = |form, per_second| result(true, Visitor::Anonymous, form, per_second);
        let results = [
            anonymous(Form::Identity, 6_000.0),
            anonymous(Form::Compressed, 4_900.0),
            anonymous(Form::Unchanged, 1_000.0),
            result(true, Visitor::LoggedIn, Form::Identity, 3_000.0),
        ];
        let found: Vec<_> = targets(&results)
            .into_iter()
            .map(|it| (it.name, it.measured, it.met))
            .collect();
        let expected = [
            (
                "anonymous documents, the slowest relative to nginx",
                "0.49 ×",
                false,
            ),
            ("the same by processor time", "0.25 ×", true),
            ("logged-in documents, the slowest", "3,000/s", true),
            (
                "unchanged (304), the slowest relative to nginx",
                "0.10 ×",
                true,
            ),
        ];
        assert_eq!(
            found,
            expected.map(|(name, measured, met)| (name, measured.to_owned(), met))
        );
        assert!(targets(&[]).is_empty());
    }

    #[test]
    fn a_row_has_the_ratio_and_its_range() {
        let table = table(&[result(true, Visitor::LoggedIn, Form::Compressed, 5_000.0)]);
        assert!(
            table.contains("| landing | logged in | compressed | 1234  | 5,000    | 10,000  |"),
            "{table}"
        );
        assert!(table.contains("| 0.50 (0.40 to 0.60) |"), "{table}");
    }
}
