//! What a chart of seats shows.

use chrono::{DateTime, Utc};

use crate::{
    model::time_zone,
    text::{DateStyle, date_time},
    ui::text::{language, text},
};

/// What was true at the end of a period, and what has happened in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartPoint {
    /// When the period began.
    pub at: DateTime<Utc>,
    /// The number of seats that were taken at its end.
    pub taken: u64,
    /// The number of registrations on the waitlist at its end.
    pub waiting: u64,
    /// The number of registrations in it, with those that joined the waitlist.
    pub registered: u64,
    /// The number of cancellations in it.
    pub cancelled: u64,
}

/// Something that happened at a point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartMarker {
    /// The point in time at which it happened.
    pub at: DateTime<Utc>,
    /// What happened, in a word or two.
    pub label: String,
}

/// How the times of a chart are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartTimes {
    /// The time of the day with seconds: `18:03:24`.
    Seconds,
    /// The time of the day: `18:03`.
    Minutes,
    /// The form `14 Mar, 18:00`.
    Hours,
    /// The form `14 Mar 2030`.
    Days,
}

impl ChartTimes {
    fn write(self, at: DateTime<Utc>, zone: &str) -> String {
        match self {
            Self::Seconds => time_zone::format(zone, at, "%H:%M:%S"),
            Self::Minutes => time_zone::format(zone, at, "%H:%M"),
            Self::Hours => date_time(language(), DateStyle::Recent, at, zone),
            Self::Days => date_time(language(), DateStyle::Date, at, zone),
        }
    }
}

/// What a chart shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatsChartData {
    /// The periods in which something happened, the oldest first.
    pub points: Vec<ChartPoint>,
    /// The number of seats that are taken and of registrations on the waitlist before the first period.
    pub before: (u64, u64),
    /// The number of seats at present.
    pub capacity: u64,
    /// The beginning of the time axis.
    pub from: DateTime<Utc>,
    /// The end of the time axis.
    pub to: DateTime<Utc>,
    /// What happened in the time that the chart shows.
    pub markers: Vec<ChartMarker>,
    /// The time zone of the venue.
    pub zone: String,
    /// How times are written.
    pub times: ChartTimes,
}

impl SeatsChartData {
    /// Returns a chart of at most so many points: neighbours are joined, so that what has happened in a period is counted
    /// and the levels are those at its end.
    pub(super) fn thinned(mut self, most: usize) -> Self {
        let joined = self.points.len().div_ceil(most.max(1)).max(1);
        let join = |points: &[ChartPoint]| {
            let (first, last) = (points.first()?, points.last()?);
            Some(ChartPoint {
                at: first.at,
                registered: points.iter().map(|point| point.registered).sum(),
                cancelled: points.iter().map(|point| point.cancelled).sum(),
                ..*last
            })
        };
        self.points = self.points.chunks(joined).filter_map(join).collect();
        self
    }

    /// Writes a point in time as clocks at the venue show it.
    pub(super) fn time(&self, at: DateTime<Utc>) -> String {
        self.times.write(at, &self.zone)
    }

    /// Says in words what the chart shows.
    pub(super) fn description(&self) -> String {
        let t = &text().statistics;
        let newest = self.points.last();
        let (taken, waiting) = newest.map_or(self.before, |point| (point.taken, point.waiting));
        let mut words = t.chart_now(taken, self.capacity, waiting);
        let busiest = self.points.iter().max_by_key(|point| point.registered);
        if let Some(busiest) = busiest.filter(|point| point.registered > 0) {
            words.push(' ');
            words += &t.chart_most(busiest.registered, &self.time(busiest.at));
        }
        let cancelled = self.points.iter().map(|point| point.cancelled).sum();
        if cancelled > 0 {
            words.push(' ');
            words += &t.chart_cancelled(cancelled);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn many_points_are_joined_and_nothing_of_what_has_happened_is_lost() {
        let point = |number: u64| ChartPoint {
            at: DateTime::UNIX_EPOCH + TimeDelta::minutes(i64::try_from(number).unwrap()),
            taken: number,
            waiting: 0,
            registered: 2,
            cancelled: 1,
        };
        let data = |points: u64| SeatsChartData {
            points: (0..points).map(point).collect(),
            before: (0, 0),
            capacity: 10,
            from: DateTime::UNIX_EPOCH,
            to: DateTime::UNIX_EPOCH + TimeDelta::days(1),
            markers: Vec::new(),
            zone: "UTC".to_owned(),
            times: ChartTimes::Minutes,
        };
        let few = data(330);
        assert_eq!(few.clone().thinned(330), few);
        let day = data(1_440).thinned(330);
        assert_eq!(day.points.len(), 288);
        let (first, last) = (day.points[0], day.points[287]);
        assert_eq!(
            (first.at, first.taken, first.registered),
            (point(0).at, 4, 10)
        );
        assert_eq!(last.taken, 1_439, "the end is the present");
        let cancelled: u64 = day.points.iter().map(|point| point.cancelled).sum();
        assert_eq!(cancelled, 1_440);
    }
}
