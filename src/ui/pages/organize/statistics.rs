//! What happened to a competition over time, and where its visitors come from, on the organizer's overview of it.

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;

use crate::{
    model::{CompetitionView, Interval, Language, StatisticsBucket, StatisticsView, TallyView},
    ui::{
        components::{BarChart, ChartMarker, ChartPoint, ChartTimes, SeatsChart, SeatsChartData},
        text::text,
    },
};

/// The number of domains and of languages that are shown.
const SHOWN: usize = 8;

/// Returns the interval of the chart of a competition: the longer registration has been open, the longer.
pub(super) fn interval(competition: &CompetitionView, now: DateTime<Utc>) -> Interval {
    let opened = competition.opens_at.filter(|at| *at <= now);
    match now - opened.unwrap_or(competition.created_at) {
        age if age < TimeDelta::hours(3) => Interval::Minute,
        age if age < TimeDelta::days(4) => Interval::Hour,
        _ => Interval::Day,
    }
}

/// Returns what a chart shows of a bucket.
pub(super) fn chart_point(bucket: &StatisticsBucket) -> ChartPoint {
    ChartPoint {
        at: bucket.start,
        taken: bucket.seats_taken,
        waiting: bucket.waiting,
        registered: bucket.counts.registered + bucket.counts.waitlisted,
        cancelled: bucket.counts.cancelled + bucket.counts.left_waitlist,
    }
}

/// Returns the number of seats that were taken and of registrations on the waitlist before a bucket.
pub(super) fn before(bucket: &StatisticsBucket) -> (u64, u64) {
    let counts = bucket.counts;
    let taken = bucket.seats_taken + counts.cancelled;
    let waiting = bucket.waiting + counts.promoted + counts.left_waitlist;
    (
        taken.saturating_sub(counts.registered + counts.promoted),
        waiting.saturating_sub(counts.waitlisted),
    )
}

/// Shows the chart and the tallies of visitors.
pub(super) fn statistics_section(
    competition: &CompetitionView,
    statistics: &StatisticsView,
    now: DateTime<Utc>,
) -> AnyView {
    let t = &text().statistics;
    let chart = if statistics.buckets.is_empty() {
        view! { <p class="muted">{t.none}</p> }.into_any()
    } else {
        view! { <SeatsChart data=chart(competition, statistics, now) id="overview-chart"/> }
            .into_any()
    };
    let referrer = |name: &str| match name {
        "" => t.direct.to_owned(),
        "…" => t.others.to_owned(),
        domain => domain.to_owned(),
    };
    let language = |tag: &str| {
        let named = tag.parse::<Language>().ok();
        named.map_or_else(|| tag.to_owned(), |language| language.own_name().to_owned())
    };
    view! {
        <section class="section" aria-labelledby="over-time">
            <h2 id="over-time">{t.section}</h2>
            {chart}
            <div class="tallies">
                {attendance(statistics)}
                {tallies(t.referrers, ("referrers", "referrers-chart"), &statistics.referrers, referrer)}
                {tallies(t.languages, ("visitors-languages", "languages-chart"), &statistics.languages, language)}
            </div>
        </section>
    }
    .into_any()
}

fn chart(
    competition: &CompetitionView,
    statistics: &StatisticsView,
    now: DateTime<Utc>,
) -> SeatsChartData {
    let first = statistics.buckets.first();
    let from = first.map_or(now, |first| first.start) - TimeDelta::minutes(1);
    let opened = competition.opens_at.map(|at| ChartMarker {
        at,
        label: text().control_room.opened.to_owned(),
    });
    SeatsChartData {
        points: statistics.buckets.iter().map(chart_point).collect(),
        before: first.map_or((0, 0), before),
        capacity: statistics.capacity,
        from,
        to: now.max(from + TimeDelta::minutes(2)),
        markers: opened.into_iter().collect(),
        zone: statistics.time_zone.clone(),
        times: match statistics.interval {
            Interval::Minute => ChartTimes::Minutes,
            Interval::Hour => ChartTimes::Hours,
            Interval::Day => ChartTimes::Days,
        },
    }
}

/// Shows how many came and how many did not, once anybody has.
fn attendance(statistics: &StatisticsView) -> Option<AnyView> {
    let t = &text().check_in;
    let mut bars = vec![(t.filter_here.to_owned(), statistics.checked_in?)];
    bars.extend(
        statistics
            .no_shows
            .map(|missing| (t.no_shows.to_owned(), missing)),
    );
    let title = text().statistics.attendance;
    let shown = view! {
        <section aria-labelledby="attendance" data-testid="attendance">
            <h3 id="attendance">{title}</h3>
            <BarChart title=title id="attendance-chart" bars=bars/>
        </section>
    };
    Some(shown.into_any())
}

/// Shows the most frequent of some tallies; nothing without any.
fn tallies(
    title: &'static str,
    (id, chart): (&'static str, &'static str),
    tallies: &[TallyView],
    name: impl Fn(&str) -> String,
) -> Option<AnyView> {
    if tallies.is_empty() {
        return None;
    }
    let bars = tallies.iter().take(SHOWN);
    let bars = bars.map(|tally| (name(&tally.name), tally.count)).collect();
    let shown = view! {
        <section aria-labelledby=id>
            <h3 id=id>{title}</h3>
            <BarChart title=title id=chart bars=bars/>
        </section>
    };
    Some(shown.into_any())
}
