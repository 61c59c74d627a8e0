//! What is made of measurements: percentiles, histograms, rates. Pure.

use std::time::Duration;

use serde::Serialize;

/// How long answers took, in microseconds.
#[derive(Debug, Default, Clone)]
pub struct Latencies(Vec<u32>);

/// What one wants to know of them, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub max: f64,
}

impl Latencies {
    pub fn add(&mut self, latency: Duration) {
        self.0
            .push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest latency that so many per cent do not exceed (nearest rank).
    pub fn percentiles(mut self) -> Percentiles {
        self.0.sort_unstable();
        let of = |per_cent: usize| {
            let rank = (self.0.len() * per_cent).div_ceil(100).max(1);
            self.0.get(rank - 1).map_or(0.0, |us| f64::from(*us) / 1e3)
        };
        Percentiles {
            p50: of(50),
            p90: of(90),
            p99: of(99),
            max: of(100),
        }
    }
}

/// How many people one transaction served, from the buckets of the server's own histogram.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Batches {
    pub count: f64,
    pub mean: f64,
    /// Half of the batches were at most as large as this.
    pub p50: f64,
    pub p90: f64,
}

impl Batches {
    /// Reads `mc_registration_batch_size` in Prometheus' text, of one or more servers.
    pub fn read(pages: &[String]) -> Self {
        const NAME: &str = "mc_registration_batch_size";
        let (mut buckets, mut sum, mut count) = (Vec::<(f64, f64)>::new(), 0.0, 0.0);
        for line in pages.iter().flat_map(|page| page.lines()) {
            let Some((name, value)) = line
                .strip_prefix(NAME)
                .and_then(|rest| rest.rsplit_once(' '))
            else {
                continue;
            };
            let value: f64 = value.parse().unwrap_or(0.0);
            match name {
                "_sum" => sum += value,
                "_count" => count += value,
                bucket => {
                    let bound = bucket
                        .strip_prefix("_bucket{le=\"")
                        .and_then(|rest| rest.strip_suffix("\"}"))
                        .and_then(|bound| bound.parse::<f64>().ok());
                    match bound.map(|bound| (bound, buckets.iter_mut().find(|b| b.0 == bound))) {
                        Some((_, Some(known))) => known.1 += value,
                        Some((bound, None)) => buckets.push((bound, value)),
                        None => {}
                    }
                }
            }
        }
        let below = |share: f64| {
            let wanted = count * share;
            let found = buckets.iter().find(|(_, cumulated)| *cumulated >= wanted);
            found.map_or(0.0, |(bound, _)| *bound)
        };
        Self {
            count,
            mean: quotient(sum, count),
            p50: below(0.5),
            p90: below(0.9),
        }
    }
}

/// So many a second; nothing in no time is nothing.
#[allow(clippy::cast_precision_loss, reason = "counts of a benchmark")]
pub fn rate(count: usize, time: Duration) -> f64 {
    quotient(count as f64, time.as_secs_f64())
}

/// `a` of `b`, or 0 where there is no `b`.
pub fn quotient(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// A number as a person reads it: 12,345, 12.3 or 0.12.
pub fn human(value: f64) -> String {
    if value >= 100.0 || value == 0.0 {
        let digits = format!("{value:.0}");
        let (first, rest) = digits.split_at(digits.len() % 3);
        let mut groups: Vec<&str> = if first.is_empty() {
            Vec::new()
        } else {
            vec![first]
        };
        groups.extend((0..rest.len() / 3).map(|at| &rest[3 * at..3 * at + 3]));
        groups.join(",")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Batches, Latencies, human, quotient, rate};

    #[test]
    fn percentiles_are_by_nearest_rank_whatever_the_order() {
        let mut latencies = Latencies::default();
        for ms in (1..=200).rev() {
            latencies.add(Duration::from_millis(ms));
        }
        let found = latencies.percentiles();
        assert_eq!(
            [found.p50, found.p90, found.p99, found.max],
            [100.0, 180.0, 198.0, 200.0]
        );
    }

    #[test]
    fn one_latency_is_every_percentile_and_none_is_zero() {
        let mut one = Latencies::default();
        one.add(Duration::from_micros(1500));
        let found = one.percentiles();
        assert_eq!([found.p50, found.p99], [1.5, 1.5]);
        assert_eq!(Latencies::default().percentiles().p99, 0.0);
    }

    #[test]
    fn batches_of_two_servers_are_counted_together() {
        let page = "mc_registration_batch_size_bucket{le=\"1\"} 2\n\
                    mc_registration_batch_size_bucket{le=\"128\"} 10\n\
                    mc_registration_batch_size_bucket{le=\"+Inf\"} 10\n\
                    mc_registration_batch_size_sum 402\n\
                    mc_registration_batch_size_count 10\n\
                    mc_other 3\n";
        let batches = Batches::read(&[page.to_owned(), page.to_owned()]);
        let expected = Batches {
            count: 20.0,
            mean: 40.2,
            p50: 128.0,
            p90: 128.0,
        };
        assert_eq!(batches, expected);
        assert_eq!(Batches::read(&[]), Batches::default());
    }

    #[test]
    fn rates_and_quotients_of_nothing_are_nothing() {
        assert_eq!(rate(500, Duration::from_millis(250)), 2000.0);
        assert_eq!(rate(5, Duration::ZERO), 0.0);
        assert_eq!(quotient(1.0, 0.0), 0.0);
    }

    #[test]
    fn numbers_are_written_for_people() {
        let shown = [0.0, 0.123, 12.34, 123.4, 1234.0, 123_456.0, 1_234_567.0].map(human);
        assert_eq!(
            shown,
            ["0", "0.12", "12.3", "123", "1,234", "123,456", "1,234,567"]
        );
    }
}
