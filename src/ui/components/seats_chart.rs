//! A chart of the seats that are taken against the capacity, drawn on the server: what was registered in each period
//! stands below it on the same time axis. Everything in it is in the table beneath, too.

mod chart_data;
mod shape;

use leptos::prelude::*;

pub use self::chart_data::{ChartMarker, ChartPoint, ChartTimes, SeatsChartData};
use self::shape::{BARS_END, HEIGHT, LEFT, RIGHT, SEATS_END, Shape, TOP};
use crate::{
    model::time_zone,
    ui::text::{number, text},
};

/// The widths of the two drawings, in pixels: CSS shows the one that fits.
const WIDTHS: [(f64, &str); 2] = [(800.0, "wide"), (340.0, "narrow")];
/// The number of points that are drawn, and of rows of the table: the seconds of five minutes.
const MOST_POINTS: usize = 330;
/// The number of markers that are listed, the newest ones.
const MOST_MARKERS: usize = 100;

/// Shows the chart with its description and its table.
#[component]
pub fn SeatsChart(
    data: SeatsChartData,
    /// The beginning of the ids within it.
    id: &'static str,
) -> impl IntoView {
    let t = &text().statistics;
    let data = data.thinned(MOST_POINTS);
    let description = data.description();
    let drawings = WIDTHS.map(|(width, size)| drawing(&data, (width, size), id, &description));
    // Times without a zone would be those of the reader.
    let zone = time_zone::format(&data.zone, data.to, "%Z");
    let legend = [
        ("taken", t.col_taken),
        ("waiting", t.col_waiting),
        ("capacity", t.capacity),
        ("bars", t.col_registered),
        ("cancelled", t.col_cancelled),
    ];
    let legend = legend.map(|(mark, label)| view! { <li data-mark=mark>{label}</li> });
    view! {
        <figure class="chart">
            <div dir="ltr">{drawings.into_iter().collect_view()}</div>
            <ul class="chart-legend small muted">{legend.into_iter().collect_view()}<li>{zone.clone()}</li></ul>
            <figcaption class="small muted">{description}</figcaption>
        </figure>
        {table(&data, &zone)}
    }
    .into_any()
}

/// Draws the chart. The time axis goes from left to right in every language.
fn drawing(
    data: &SeatsChartData,
    (width, size): (f64, &str),
    id: &str,
    description: &str,
) -> AnyView {
    let shape = Shape::of(data, width);
    let (title_id, text_id) = (format!("{id}-{size}-title"), format!("{id}-{size}-text"));
    let labelled_by = format!("{title_id} {text_id}");
    let end = width - RIGHT;
    let ticks = shape.ticks.into_iter().map(|(value, y)| {
        view! {
            <path class="chart-grid" d=format!("M{LEFT},{y} H{end}")></path>
            <text x=(LEFT - 8.0).to_string() y=(y + 4.0).to_string() text-anchor="end">{number(value)}</text>
        }
    });
    let markers = shape.markers.into_iter().map(|marker| {
        let (x, anchor) = (
            marker.x,
            if marker.x > width / 2.0 {
                "end"
            } else {
                "start"
            },
        );
        let label = marker
            .label
            .map(|label| view! { <text x=x.to_string() y="14" text-anchor=anchor>{label}</text> });
        view! {
            <path class="chart-marker" d=format!("M{x},{TOP} V{BARS_END}")></path>
            {label}
        }
    });
    let times = [
        (LEFT, data.from, "start"),
        (
            (LEFT + end) / 2.0,
            data.from + (data.to - data.from) / 2,
            "middle",
        ),
        (end, data.to, "end"),
    ];
    let times = times.map(|(x, at, anchor)| {
        view! { <text x=x.to_string() y="292" text-anchor=anchor>{data.time(at)}</text> }
    });
    view! {
        <svg viewBox=format!("0 0 {width} {HEIGHT}") role="img" aria-labelledby=labelled_by data-size=size.to_owned()>
            <title id=title_id>{text().statistics.chart_title}</title>
            <desc id=text_id>{description.to_owned()}</desc>
            {ticks.collect_view()}
            <path class="chart-area" d=format!("{} V{SEATS_END} H{LEFT} Z", shape.taken)></path>
            <path class="chart-waiting" d=shape.waiting></path>
            <path class="chart-line" d=shape.taken></path>
            <path class="chart-cancelled" d=shape.cancelled></path>
            <path class="chart-capacity" d=format!("M{LEFT},{} H{end}", shape.capacity)></path>
            <path class="chart-bars" d=shape.bars></path>
            <path class="chart-axis" d=format!("M{LEFT},{BARS_END} H{end}")></path>
            {markers.collect_view()}
            {times.into_iter().collect_view()}
        </svg>
    }
    .into_any()
}

/// Shows everything that is drawn as a table, the newest first.
fn table(data: &SeatsChartData, zone: &str) -> AnyView {
    let t = &text().statistics;
    let rows = data.points.iter().rev().map(|point| {
        view! {
            <tr>
                <th scope="row">{data.time(point.at)}</th>
                <td class="num" data-label=t.col_registered>{number(point.registered)}</td>
                <td class="num" data-label=t.col_cancelled>{number(point.cancelled)}</td>
                <td class="num" data-label=t.col_taken>{number(point.taken)}</td>
                <td class="num" data-label=t.col_waiting>{number(point.waiting)}</td>
            </tr>
        }
    });
    let markers = data.markers.iter().rev().take(MOST_MARKERS).map(|marker| {
        let at = data.time(marker.at);
        view! { <li>{at}" "{marker.label.clone()}</li> }
    });
    let markers = (!data.markers.is_empty())
        .then(|| view! { <ul class="small muted">{markers.collect_view()}</ul> });
    view! {
        <details class="as-table">
            <summary>{t.as_table}</summary>
            <div class="table-box">
                <table class="table dense">
                    <caption class="sr-only">{t.chart_title}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{t.col_time}" ("{zone.to_owned()}")"</th>
                            <th scope="col" class="num">{t.col_registered}</th>
                            <th scope="col" class="num">{t.col_cancelled}</th>
                            <th scope="col" class="num">{t.col_taken}</th>
                            <th scope="col" class="num">{t.col_waiting}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            {markers}
        </details>
    }
    .into_any()
}
