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
        words
    }
}
