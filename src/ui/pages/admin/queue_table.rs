//! The table of queues, with what each did in the last minutes and the button that pauses or resumes it.

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;

use super::queue_words;
use crate::{
    model::{QueueHealthView, QueueView},
    ui::{
        components::{Sparkline, TableBox, When, WhenStyle},
        paths,
        text::{island_text, number, text},
    },
};

/// Shows the queues. `back` is the page to which the buttons return.
pub(super) fn queue_table(
    queues: &[QueueHealthView],
    back: &'static str,
    now: DateTime<Utc>,
) -> AnyView {
    let t = &text().admin;
    let rows = queues
        .iter()
        .map(|health| row(health, back, now))
        .collect_view();
    view! {
        <TableBox label=t.queues><table class="table dense">
            <caption class="sr-only">{t.queues}</caption>
            <thead>
                <tr>
                    <th scope="col">{t.col_queue}</th>
                    <th scope="col">{t.col_state}</th>
                    <th scope="col" class="num">{t.col_waiting}</th>
                    <th scope="col" class="num">{t.in_hand}</th>
                    <th scope="col" class="num">{t.col_oldest}</th>
                    <th scope="col" class="num">{t.col_done}</th>
                    <th scope="col" class="num">{t.col_dead}</th>
                    <th scope="col"><span class="sr-only">{t.col_action}</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table></TableBox>
    }
    .into_any()
}

fn row(health: &QueueHealthView, back: &'static str, now: DateTime<Utc>) -> AnyView {
    let t = &text().admin;
    let queue = &health.queue;
    let words = queue_words(&queue.name);
    let current = health.done.last().copied().unwrap_or(0);
    let peak = health.done.iter().copied().max().unwrap_or(0);
    let dead = (queue.failed > 0).then_some("bad");
    view! {
        <tr data-queue=queue.name.clone()>
            <th scope="row">{words.clone()}<br/><code class="muted">{queue.name.clone()}</code></th>
            <td data-label=t.col_state>{state(queue)}</td>
            <td data-label=t.col_waiting class="num">{number(waiting(queue))}</td>
            <td data-label=t.in_hand class="num">{queue.in_hand.map_or_else(|| "–".to_owned(), number)}</td>
            <td data-label=t.col_oldest class="num">{age(queue.oldest, now)}</td>
            <td data-label=t.col_done class="num">
                <span class="with-spark">
                    <Sparkline values=health.done.clone() id=format!("spark-{}", queue.name)
                        title=t.spark_title(&words) description=t.spark_text(current, peak)/>
                    <b>{number(current)}</b>
                </span>
            </td>
            <td data-label=t.col_dead class="num">
                <a data-tone=dead href=paths::with_query(paths::ADMIN_FAILED_JOBS, &[("queue", &queue.name)])>{number(queue.failed)}</a>
            </td>
            <td class="cell-action">{retry(queue, &words)}{toggle(queue, &words, back)}</td>
        </tr>
    }
    .into_any()
}

fn state(queue: &QueueView) -> AnyView {
    let t = &text().admin;
    match queue.paused_at {
        Some(since) => view! {
            <span class="badge" data-tone="warn">{t.paused}</span>" "
            <small class="muted"><When time=since style=WhenStyle::Recent/></small>
        }
        .into_any(),
        None => view! { <span class="badge" data-tone="good">{t.running}</span> }.into_any(),
    }
}

/// Shows the button that tries the failed jobs of a queue again, if there are any.
fn retry(queue: &QueueView, words: &str) -> Option<AnyView> {
    let label = text().admin.retry(queue.failed);
    let form = || {
        view! {
            <form method="post" action="/act/retry-failed-jobs">
                <input type="hidden" name="queue" value=queue.name.clone()/>
                <button type="submit" class="button">{label}<span class="sr-only">" "{words.to_owned()}</span></button>
            </form>
        }
    };
    (queue.failed > 0).then(|| form().into_any())
}

fn toggle(queue: &QueueView, words: &str, back: &'static str) -> AnyView {
    let t = &text().admin;
    let (action, label) = match queue.paused_at {
        Some(_) => ("/act/resume-queue", t.resume),
        None => ("/act/pause-queue", t.pause),
    };
    view! {
        <form method="post" action=action>
            <input type="hidden" name="queue" value=queue.name.clone()/>
            <input type="hidden" name="back" value=back/>
            <button type="submit" class="button">{label}<span class="sr-only">" "{words.to_owned()}</span></button>
        </form>
    }
    .into_any()
}

/// Returns the number of jobs that have not begun: those of the database that no worker runs.
pub(super) fn waiting(queue: &QueueView) -> u64 {
    queue.open.saturating_sub(queue.in_hand.unwrap_or(0))
}

/// Returns how long ago the oldest job was created.
pub(super) fn age(oldest: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    match oldest {
        Some(oldest) => island_text().span((now - oldest).num_seconds().max(0)),
        None => "–".to_owned(),
    }
}

/// Shows the numbers of the sparklines as a table: the minutes, the newest first, and what each queue did.
pub(super) fn minute_table(queues: &[QueueHealthView], now: DateTime<Utc>) -> AnyView {
    let t = &text().admin;
    let minutes = queues.first().map_or(0, |first| first.done.len());
    let rows = (0..minutes)
        .rev()
        .map(|index| {
            let ago = i64::try_from(minutes - 1 - index).unwrap_or(0);
            let cells = queues
                .iter()
                .map(|queue| {
                    let done = queue.done.get(index).copied().unwrap_or(0);
                    view! { <td class="num" data-label=queue_words(&queue.queue.name)>{number(done)}</td> }
                })
                .collect_view();
            view! {
                <tr>
                    <th scope="row"><When time=now - TimeDelta::minutes(ago) style=WhenStyle::Recent/></th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    let heads = queues
        .iter()
        .map(|queue| view! { <th scope="col" class="num">{queue_words(&queue.queue.name)}</th> })
        .collect_view();
    view! {
        <details class="as-table">
            <summary>{t.as_table}</summary>
            <TableBox label=t.col_done><table class="table dense">
                <caption class="sr-only">{t.col_done}</caption>
                <thead><tr><th scope="col">{t.col_minute}</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table></TableBox>
        </details>
    }
    .into_any()
}
