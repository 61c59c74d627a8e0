//! The trend of a series of measurements: does the memory of a process grow?

use std::time::Duration;

/// The share of the time at the beginning that is not evaluated: caches are filled, and threads started.
const WARM_UP: f64 = 0.25;

/// Readings of memory over time.
#[derive(Debug, Default)]
pub(super) struct Growth(Vec<(f64, f64)>);

/// A straight line through the readings after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Trend {
    /// Its value at the end of the warm-up.
    pub(super) first: f64,
    /// Its value at the end.
    pub(super) last: f64,
    /// The difference of the two.
    pub(super) growth: f64,
}

impl Growth {
    /// Adds a reading. Readings are in the order of time.
    pub(super) fn add(&mut self, at: Duration, value: f64) {
        self.0.push((at.as_secs_f64(), value));
    }

    /// Returns the line with the least squared distance from the readings. A single peak hardly moves it.
    pub(super) fn trend(&self) -> Trend {
        let end = self.0.last().map_or(0.0, |(at, _)| *at);
        let begin = end * WARM_UP;
        let readings = || self.0.iter().filter(|(at, _)| *at >= begin);
        #[allow(clippy::cast_precision_loss, reason = "a few hundred readings")]
        let count = readings().count().max(1) as f64;
        let mean_at = readings().map(|(at, _)| at).sum::<f64>() / count;
        let mean = readings().map(|(_, value)| value).sum::<f64>() / count;
        let squares: f64 = readings().map(|(at, _)| (at - mean_at).powi(2)).sum();
        let products: f64 = readings()
            .map(|(at, value)| (at - mean_at) * (value - mean))
            .sum();
        let slope = if squares > 0.0 {
            products / squares
        } else {
            0.0
        };
        let value = |at: f64| mean + slope * (at - mean_at);
        Trend {
            first: value(begin),
            last: value(end),
            growth: slope * (end - begin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(value: impl Fn(u32) -> f64) -> f64 {
        let mut growth = Growth::default();
        for second in 0..=100 {
            growth.add(Duration::from_secs(second.into()), value(second));
        }
        growth.trend().growth
    }

    #[test]
    fn what_grows_after_the_warm_up_is_growth() {
        let leak = growth(|second| 40.0 + f64::from(second) / 10.0);
        assert!((leak - 7.5).abs() < 0.001, "{leak}");
    }

    #[test]
    fn filling_caches_and_a_single_peak_are_not_growth() {
        let filled = growth(|second| f64::from(second.min(20)));
        assert!(filled.abs() < 0.001, "{filled}");
        let peak = growth(|second| if second == 90 { 60.0 } else { 40.0 });
        assert!(peak.abs() < 1.5, "{peak}");
    }

    #[test]
    fn nothing_measured_is_no_growth() {
        assert_eq!(Growth::default().trend(), Trend::default());
    }
}
