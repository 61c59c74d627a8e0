//! Pure functions on measurements: percentiles, batch sizes, rates, and numbers as text.

use std::time::Duration;

use serde::Serialize;

/// The latencies of all responses, in microseconds.
#[derive(Debug, Default, Clone)]
pub struct Latencies(Vec<u32>);

/// Percentiles of latencies, in milliseconds.
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

    /// Adds the latencies of another measurement.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns the percentiles by the nearest-rank method.
    pub fn percentiles(mut self) -> Percentiles {
        self.0.sort_unstable();
        let percentile = |per_cent: usize| {
            let rank = (self.0.len() * per_cent).div_ceil(100).max(1);
            self.0.get(rank - 1).map_or(0.0, |us| f64::from(*us) / 1e3)
        };
        Percentiles {
            p50: percentile(50),
            p90: percentile(90),
            p99: percentile(99),
            max: percentile(100),
        }
    }
}

/// The sizes of the batches, from the server's histogram `mc_registration_batch_size`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct BatchSizes {
    /// The number of batches.
    pub count: f64,
    pub mean: f64,
    /// The upper bound of the bucket that contains the median.
    pub p50: f64,
    /// The upper bound of the bucket that contains the 90th percentile.
    pub p90: f64,
}

impl BatchSizes {
    /// Parses the metrics of one or more servers, in the text format of Prometheus, and adds them
    /// up.
    pub fn parse(metrics: &[String]) -> Self {
        const NAME: &str = "mc_registration_batch_size";
        let (mut buckets, mut sum, mut count) = (Vec::<(f64, f64)>::new(), 0.0, 0.0);
        for line in metrics.iter().flat_map(|text| text.lines()) {
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
        let quantile = |share: f64| {
            let rank = count * share;
            let bucket = buckets.iter().find(|(_, cumulated)| *cumulated >= rank);
            bucket.map_or(0.0, |(bound, _)| *bound)
        };
        Self {
            count,
            mean: quotient(sum, count),
            p50: quantile(0.5),
            p90: quantile(0.9),
        }
    }
}

/// Returns the rate per second, or 0 if no time has passed.
#[allow(clippy::cast_precision_loss, reason = "counts of a benchmark")]
pub fn rate(count: usize, time: Duration) -> f64 {
    quotient(count as f64, time.as_secs_f64())
}

/// Returns `a / b`, or 0 if `b` is 0.
pub fn quotient(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// Formats a number with about three significant digits: 12,345, 12.3 or 0.12.
pub fn readable(value: f64) -> String {
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

    use super::{BatchSizes, Latencies, quotient, rate, readable};

    #[test]
    fn percentiles_use_the_nearest_rank_in_any_order() {
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
    fn a_single_latency_is_every_percentile_and_none_is_zero() {
        let mut one = Latencies::default();
        one.add(Duration::from_micros(1500));
        let found = one.percentiles();
        assert_eq!([found.p50, found.p99], [1.5, 1.5]);
        assert_eq!(Latencies::default().percentiles().p99, 0.0);
    }

    #[test]
    fn batch_sizes_of_two_servers_are_added_up() {
        let metrics = "mc_registration_batch_size_bucket{le=\"1\"} 2\n\
                    mc_registration_batch_size_bucket{le=\"128\"} 10\n\
                    mc_registration_batch_size_bucket{le=\"+Inf\"} 10\n\
                    mc_registration_batch_size_sum 402\n\
                    mc_registration_batch_size_count 10\n\
                    mc_other 3\n";
        let batches = BatchSizes::parse(&[metrics.to_owned(), metrics.to_owned()]);
        let expected = BatchSizes {
            count: 20.0,
            mean: 40.2,
            p50: 128.0,
            p90: 128.0,
        };
        assert_eq!(batches, expected);
        assert_eq!(BatchSizes::parse(&[]), BatchSizes::default());
    }

    #[test]
    fn rates_and_quotients_of_zero_are_zero() {
        assert_eq!(rate(500, Duration::from_millis(250)), 2000.0);
        assert_eq!(rate(5, Duration::ZERO), 0.0);
        assert_eq!(quotient(1.0, 0.0), 0.0);
    }

    #[test]
    fn large_numbers_are_grouped_and_small_ones_rounded() {
        let shown = [0.0, 0.123, 12.34, 123.4, 1234.0, 123_456.0, 1_234_567.0].map(readable);
        assert_eq!(
            shown,
            ["0", "0.12", "12.3", "123", "1,234", "123,456", "1,234,567"]
        );
    }
}
