//! A chart of a few named numbers, as horizontal bars, drawn on the server. Everything in it is in the table beneath, too.

use leptos::prelude::*;

use crate::ui::text::{number, text};

/// The width of the drawing, in pixels.
const WIDTH: u64 = 360;
/// The height of a bar with its words above, in pixels.
const ROW: u64 = 34;
/// The most characters of a name that are drawn. The table has all of them.
const LONGEST: usize = 40;

/// Shows named numbers as bars, with their table.
#[component]
pub fn BarChart(
    /// What the numbers are about: the title of the chart, and the caption of its table.
    title: &'static str,
    /// The id of the chart, from which those within it are made.
    id: &'static str,
    /// The names and their numbers, in their order.
    bars: Vec<(String, u64)>,
) -> impl IntoView {
    let t = &text().statistics;
    let most = bars.iter().map(|(_, count)| *count).max();
    let most = most.unwrap_or(0).max(1);
    let values = bars
        .iter()
        .map(|(name, count)| format!("{name} {}", number(*count)));
    let values = values.collect::<Vec<_>>().join(", ");
    let height = ROW * bars.len() as u64;
    let drawn = bars.iter().zip(0_u64..).map(|((name, count), row)| {
        let y = row * ROW;
        // A number that is not zero has a bar.
        let length = (WIDTH * count).div_ceil(most);
        view! {
            <text x="0" y=(y + 14).to_string()>{excerpt(name)}</text>
            <text x=WIDTH.to_string() y=(y + 14).to_string() text-anchor="end">{number(*count)}</text>
            <path class="chart-bar-rail" d=format!("M0,{} H{WIDTH}", y + 24)></path>
            <path class="chart-bar" d=format!("M0,{0} H{length}", y + 24)></path>
        }
    });
    let (title_id, text_id) = (format!("{id}-title"), format!("{id}-text"));
    let labelled_by = format!("{title_id} {text_id}");
    let drawing = view! {
        <svg viewBox=format!("0 0 {WIDTH} {height}") role="img" aria-labelledby=labelled_by>
            <title id=title_id>{title}</title>
            <desc id=text_id>{t.bars_of(title, &values)}</desc>
            {drawn.collect_view()}
        </svg>
    };
    let rows = bars.iter().map(|(name, count)| {
        view! { <tr><th scope="row"><bdi>{name.clone()}</bdi></th><td class="num" data-label=t.col_number>{number(*count)}</td></tr> }
    });
    let table = view! {
        <details class="as-table">
            <summary>{t.as_table}</summary>
            <table class="table dense">
                <caption class="sr-only">{title}</caption>
                <thead><tr><th scope="col">{t.col_name}</th><th scope="col" class="num">{t.col_number}</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </details>
    };
    view! {
        <figure class="chart bar-chart" id=id><div dir="ltr">{drawing}</div></figure>
        {table}
    }
    .into_any()
}

/// Returns the beginning of a name that would be longer than the drawing is wide.
fn excerpt(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
