//! The chart of the control room: by the second as far as anyone watched, else by the minute or by the hour.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::statistics::{before, chart_point};
use crate::{
    model::{ControlRoomView, RoomMomentKind, SecondSample, StatisticsBucket},
    ui::{
        components::{ChartMarker, ChartPoint, ChartTimes, SeatsChartData},
        page_request::PageRequest,
        text::text,
    },
};

/// The time that the chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// The five minutes before now.
    Minutes,
    /// The hour before now.
    Hour,
    /// The time since the first registration.
    All,
}

impl Span {
    pub(super) const ALL: [Self; 3] = [Self::Minutes, Self::Hour, Self::All];

    /// Returns the span that a request names, else the last minutes.
    pub(super) fn of(request: &PageRequest) -> Self {
        let named = request.query("span").unwrap_or_default();
        let found = Self::ALL.into_iter().find(|span| span.name() == named);
        found.unwrap_or(Self::Minutes)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Minutes => "5m",
            Self::Hour => "1h",
            Self::All => "all",
        }
    }

    pub(super) fn label(self) -> &'static str {
        let t = &text().control_room;
        match self {
            Self::Minutes => t.span_minutes,
            Self::Hour => t.span_hour,
            Self::All => t.span_all,
        }
    }
}

/// Returns the chart of a span; `hours` are those of the whole time.
pub(super) fn chart(
    room: &ControlRoomView,
    span: Span,
    hours: &[StatisticsBucket],
) -> SeatsChartData {
    match span {
        Span::Minutes => {
            let from = room.at - TimeDelta::minutes(5);
            let points = samples(&room.minutes, &room.samples, from);
            of_room(room, points, from, ChartTimes::Seconds)
        }
        Span::Hour => {
            let from = room.at - TimeDelta::hours(1);
            let minutes = room.minutes.iter().filter(|minute| minute.start >= from);
            let points = minutes.map(chart_point).collect();
            of_room(room, points, from, ChartTimes::Minutes)
        }
        Span::All => {
            let first = hours.first().map_or(room.at, |first| first.start);
            let from = first.min(room.at - TimeDelta::hours(1));
            let points = hours.iter().map(chart_point).collect();
            let data = of_room(room, points, from, ChartTimes::Hours);
            SeatsChartData {
                before: hours.first().map_or(data.before, before),
                ..data
            }
        }
    }
}

/// Returns what has happened since a moment: by the second as far as there are samples, and by the minute before.
fn samples(
    minutes: &[StatisticsBucket],
    samples: &[SecondSample],
    from: DateTime<Utc>,
) -> Vec<ChartPoint> {
    let first = samples.first();
    let whole = |minute: &&StatisticsBucket| {
        let end = minute.start + TimeDelta::minutes(1);
        minute.start >= from && first.is_none_or(|first| end <= first.at)
    };
    let mut points: Vec<_> = minutes.iter().filter(whole).map(chart_point).collect();
    points.extend(first.map(|first| level(first, first)));
    points.extend(samples.windows(2).filter_map(|two| match two {
        [before, now] => Some(level(before, now)),
        _ => None,
    }));
    points
}

/// Returns the levels of a sample, and what has happened since the one before.
fn level(before: &SecondSample, now: &SecondSample) -> ChartPoint {
    ChartPoint {
        at: now.at,
        taken: now.taken,
        waiting: now.waiting,
        registered: now.registered.saturating_sub(before.registered),
        cancelled: now.cancelled.saturating_sub(before.cancelled),
    }
}

fn of_room(
    room: &ControlRoomView,
    points: Vec<ChartPoint>,
    from: DateTime<Utc>,
    times: ChartTimes,
) -> SeatsChartData {
    let competition = &room.competition;
    let earlier = room.minutes.iter().rev().find(|minute| minute.start < from);
    let before = match (earlier, room.minutes.first()) {
        (Some(earlier), _) => (earlier.seats_taken, earlier.waiting),
        (None, Some(first)) => before(first),
        (None, None) => (room.taken(), competition.waitlisted.into()),
    };
    let t = &text().control_room;
    let states = [
        (competition.opens_at, t.opened),
        (room.sold_out_at, text().phases.full),
    ];
    let states = states.into_iter().filter_map(|(at, label)| {
        let label = label.to_owned();
        at.map(|at| ChartMarker { at, label })
    });
    let acts = room.moments.iter().map(|moment| ChartMarker {
        at: moment.at,
        label: match moment.kind {
            RoomMomentKind::Capacity(seats) => t.seats_now(seats),
            RoomMomentKind::Paused => t.paused.to_owned(),
            RoomMomentKind::Resumed => t.resumed.to_owned(),
            RoomMomentKind::Announced => t.announced.to_owned(),
        },
    });
    let mut markers: Vec<_> = states
        .chain(acts)
        .filter(|marker| (from..=room.at).contains(&marker.at))
        .collect();
    markers.sort_by_key(|marker| marker.at);
    SeatsChartData {
        points,
        before,
        capacity: competition.capacity.into(),
        from,
        to: room.at,
        markers,
        zone: competition.time_zone.clone(),
        times,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CountsView;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn minute(number: i64, seats_taken: u64) -> StatisticsBucket {
        StatisticsBucket {
            start: at(number * 60),
            counts: CountsView {
                registered: 10,
                ..CountsView::default()
            },
            seats_taken,
            waiting: 0,
        }
    }

    fn sample(seconds: i64, taken: u64) -> SecondSample {
        SecondSample {
            at: at(seconds),
            taken,
            waiting: 0,
            registered: taken,
            cancelled: 0,
        }
    }

    fn shown(points: &[ChartPoint]) -> Vec<(i64, u64, u64)> {
        let shown = points.iter();
        shown
            .map(|point| (point.at.timestamp(), point.taken, point.registered))
            .collect()
    }

    #[test]
    fn seconds_follow_whole_minutes_and_nothing_is_counted_twice() {
        let minutes = [minute(0, 10), minute(1, 20), minute(2, 30)];
        let watched = [sample(150, 25), sample(151, 28), sample(152, 30)];
        let points = samples(&minutes, &watched, at(60));
        assert_eq!(
            shown(&points),
            [(60, 20, 10), (150, 25, 0), (151, 28, 3), (152, 30, 2)]
        );
        let points = samples(&minutes, &[], at(60));
        assert_eq!(shown(&points), [(60, 20, 10), (120, 30, 10)]);
    }
}
