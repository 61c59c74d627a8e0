//! The geometry of a chart: what it shows, as paths and places in pixels.

use chrono::{DateTime, Utc};

use super::chart_data::{ChartPoint, SeatsChartData};

/// The height of the drawing.
pub(super) const HEIGHT: f64 = 300.0;
/// The distance of the plot from the left edge.
pub(super) const LEFT: f64 = 56.0;
/// The distance of the plot from the right edge.
pub(super) const RIGHT: f64 = 14.0;
/// Where the plot of seats begins.
pub(super) const TOP: f64 = 26.0;
/// Where the plot of seats ends.
pub(super) const SEATS_END: f64 = 210.0;
/// Where the plot of registrations begins.
const BARS_BEGIN: f64 = 226.0;
/// Where the plot of registrations ends.
pub(super) const BARS_END: f64 = 274.0;
/// The number of steps on the axis of values that is aimed at.
const STEPS: f64 = 4.0;
/// The number of markers that are drawn, the newest ones.
const MARKERS: usize = 6;
/// The least distance of two markers with labels.
const LABEL: f64 = 90.0;

/// A marker of the drawing. Without enough room it has no label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlacedMarker {
    pub x: f64,
    pub label: Option<String>,
}

/// The geometry of a chart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub taken: String,
    pub waiting: String,
    pub capacity: f64,
    pub bars: String,
    /// The cancellations since the beginning of the time axis, on the axis of seats; empty without any.
    pub cancelled: String,
    /// The values on the axis, and their heights.
    pub ticks: Vec<(u64, f64)>,
    pub markers: Vec<PlacedMarker>,
}

impl Shape {
    /// Computes the geometry of a chart of this width.
    #[allow(clippy::cast_precision_loss, reason = "coordinates of a drawing")]
    pub(super) fn of(data: &SeatsChartData, width: f64) -> Self {
        let base = data.capacity;
        let waited = |point: &ChartPoint| base.max(point.taken) + point.waiting;
        let (taken_before, waiting_before) = data.before;
        let cancelled: u64 = data.points.iter().map(|point| point.cancelled).sum();
        let most = data
            .points
            .iter()
            .map(|point| match point.waiting {
                0 => point.taken,
                _ => waited(point),
            })
            .chain([base, taken_before, cancelled, 1])
            .max()
            .unwrap_or(1);
        let span = (data.to - data.from).num_milliseconds().max(1) as f64;
        let x = |at: DateTime<Utc>| {
            let part = (at - data.from).num_milliseconds() as f64 / span;
            round(LEFT + (width - LEFT - RIGHT) * part.clamp(0.0, 1.0))
        };
        let top = most as f64 * 1.04;
        let y = |value: u64| round(SEATS_END - (SEATS_END - TOP) * value as f64 / top);
        let steps = |first: u64, values: &dyn Fn(&ChartPoint) -> u64| {
            let mut path = format!("M{LEFT},{}", y(first));
            for point in &data.points {
                path += &format!(" H{} V{}", x(point.at), y(values(point)));
            }
            path + &format!(" H{}", width - RIGHT)
        };
        let has_waited = waiting_before > 0 || data.points.iter().any(|point| point.waiting > 0);
        let waiting = if has_waited {
            let line = steps(base.max(taken_before) + waiting_before, &waited);
            format!("{line} V{} H{LEFT} Z", y(base))
        } else {
            String::new()
        };
        let mut path = format!("M{LEFT},{}", y(0));
        let mut so_far = 0;
        for point in &data.points {
            so_far += point.cancelled;
            path += &format!(" H{} V{}", x(point.at), y(so_far));
        }
        let cancelled = match cancelled {
            0 => String::new(),
            _ => path + &format!(" H{}", width - RIGHT),
        };
        let busiest = data.points.iter().map(|point| point.registered).max();
        let busiest = busiest.unwrap_or(0).max(1) as f64;
        let bars = data.points.iter().filter(|point| point.registered > 0);
        let bars = bars.map(|point| {
            let height = (BARS_END - BARS_BEGIN) * point.registered as f64 / busiest;
            format!("M{},{BARS_END} v-{}", x(point.at), round(height.max(1.5)))
        });
        let step = step(most);
        let ticks = (0..).map(|number| number * step);
        let ticks = ticks.take_while(|value| *value <= most);
        Self {
            taken: steps(taken_before, &|point: &ChartPoint| point.taken),
            waiting,
            capacity: y(base),
            cancelled,
            bars: bars.collect::<Vec<_>>().join(" "),
            ticks: ticks.map(|value| (value, y(value))).collect(),
            markers: markers(data, x),
        }
    }
}

/// Places the newest markers within the time axis, the newest first. Of two that are close the newer one has a label.
fn markers(data: &SeatsChartData, x: impl Fn(DateTime<Utc>) -> f64) -> Vec<PlacedMarker> {
    let within = data
        .markers
        .iter()
        .filter(|marker| (data.from..=data.to).contains(&marker.at));
    let mut free = f64::INFINITY;
    within
        .rev()
        .take(MARKERS)
        .map(|marker| {
            let x = x(marker.at);
            let label = (x <= free).then(|| marker.label.clone());
            if label.is_some() {
                free = x - LABEL;
            }
            PlacedMarker { x, label }
        })
        .collect()
}

/// Returns the step between the values on an axis: the smallest of 1, 2, 2.5, 5 and 10 times a power of ten that
/// leads to at most [`STEPS`] steps. Seats are whole, so that it is never below 1.
#[allow(clippy::cast_precision_loss, reason = "coordinates of a drawing")]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive and below the greatest value"
)]
fn step(most: u64) -> u64 {
    let raw = (most as f64 / STEPS).max(1.0);
    let power = 10_f64.powf(raw.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    let step = steps
        .map(|step| step * power)
        .into_iter()
        .find(|step| *step >= raw - 1e-9 && step.fract() == 0.0);
    step.unwrap_or(10.0 * power) as u64
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::ui::components::seats_chart::chart_data::{ChartMarker, ChartTimes};

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn point(minute: i64, taken: u64, waiting: u64, registered: u64) -> ChartPoint {
        ChartPoint {
            at: at(minute),
            taken,
            waiting,
            registered,
            cancelled: 0,
        }
    }

    fn data(points: Vec<ChartPoint>) -> SeatsChartData {
        SeatsChartData {
            points,
            before: (0, 0),
            capacity: 100,
            from: at(0),
            to: at(10),
            markers: Vec::new(),
            zone: "UTC".to_owned(),
            times: ChartTimes::Minutes,
        }
    }

    fn marker(minute: i64) -> ChartMarker {
        ChartMarker {
            at: at(minute),
            label: minute.to_string(),
        }
    }

    #[test]
    fn the_axis_has_few_whole_round_values() {
        for (most, expected) in [
            (0, 1),
            (1, 1),
            (2, 1),
            (9, 5),
            (10, 5),
            (99, 25),
            (3_000, 1_000),
            (1_000_000_000, 250_000_000),
        ] {
            assert_eq!(step(most), expected, "{most}");
        }
    }

    #[test]
    fn a_level_holds_until_the_next_change_and_nothing_is_drawn_without_one() {
        let none = Shape::of(&data(Vec::new()), 800.0);
        assert_eq!(none.taken, "M56,210 H786");
        assert_eq!((none.waiting.as_str(), none.bars.as_str()), ("", ""));
        let shape = Shape::of(&data(vec![point(5, 52, 0, 52)]), 800.0);
        assert_eq!(shape.taken, "M56,210 H421 V118 H786");
        assert_eq!(shape.bars, "M421,274 v-48");
        assert_eq!(shape.ticks.last(), Some(&(100, 33.1)));
    }

    #[test]
    fn what_waits_is_stacked_on_the_capacity_which_stays_visible() {
        let points = vec![point(1, 100, 0, 100), point(2, 100, 60, 60)];
        let shape = Shape::of(&data(points), 800.0);
        assert!(shape.waiting.ends_with('Z'));
        assert!(shape.capacity > TOP);
        let highest = shape.waiting.split(" V").nth(2).unwrap();
        let highest: f64 = highest.split(' ').next().unwrap().parse().unwrap();
        assert!(highest >= TOP && highest < shape.capacity, "{highest}");
    }

    #[test]
    fn only_the_newest_markers_within_the_time_axis_are_drawn() {
        let shape = Shape::of(
            &SeatsChartData {
                markers: (0..20).map(marker).collect(),
                to: at(7),
                ..data(Vec::new())
            },
            800.0,
        );
        assert_eq!(shape.markers.len(), MARKERS);
        let newest = shape.markers.first().unwrap();
        assert_eq!((newest.x, newest.label.as_deref()), (786.0, Some("7")));
    }

    #[test]
    fn no_two_labels_of_markers_are_close() {
        let minutes = [1, 5, 6, 9];
        for (width, expected) in [(800.0, vec!["9", "6", "1"]), (340.0, vec!["9", "5", "1"])] {
            let shape = Shape::of(
                &SeatsChartData {
                    markers: minutes.map(marker).into(),
                    ..data(Vec::new())
                },
                width,
            );
            let labels: Vec<_> = shape.markers.into_iter().filter_map(|m| m.label).collect();
            assert_eq!(labels, expected);
        }
    }
}
