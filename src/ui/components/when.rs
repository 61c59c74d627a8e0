//! Points in time. The server writes them in UTC; the browser rewrites them in the visitor's zone
//! where the attribute `data-local` asks for it.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::time_zone::DEFAULT_TIME_ZONE,
    text::{DateStyle, date_time},
    ui::text::{island_text, language},
};

/// Which parts of a point in time are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenStyle {
    /// The form `Sat, 14 Mar 2030, 18:00 UTC`.
    Full,
    /// The form `14 Mar 2030, 18:00`.
    Short,
    /// The form `14 Mar, 18:00`.
    Recent,
    /// The form `14 Mar 2030`.
    Date,
    /// The day alone, such as `14`.
    Day,
    /// The month alone, such as `Mar`.
    Month,
}

impl WhenStyle {
    const fn date_style(self) -> DateStyle {
        match self {
            Self::Full => DateStyle::Full,
            Self::Short => DateStyle::Short,
            Self::Recent => DateStyle::Recent,
            Self::Date => DateStyle::Date,
            Self::Day => DateStyle::Day,
            Self::Month => DateStyle::Month,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Short => "short",
            Self::Recent => "recent",
            Self::Date => "date",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// Shows a point in time. In a time zone of its own, it is shown as clocks there show it, and the browser
/// adds the visitor's time if it differs (`data-venue`).
#[component]
pub fn When(
    time: DateTime<Utc>,
    /// The time zone of the venue, by its IANA name. Times in UTC are rewritten in the visitor's zone.
    #[prop(optional, into)]
    zone: Option<String>,
    /// Which parts of it are shown.
    #[prop(default = WhenStyle::Full)]
    style: WhenStyle,
    /// Whether only the venue's time is shown, where there is no room for two.
    #[prop(optional)]
    venue_only: bool,
) -> impl IntoView {
    let words = |zone: &str| date_time(language(), style.date_style(), time, zone);
    match zone.filter(|zone| zone != DEFAULT_TIME_ZONE) {
        Some(zone) => {
            let words = words(&zone);
            let zone = (!venue_only).then_some(zone);
            view! { <time datetime=rfc3339(time) data-venue=zone data-style=style.name()>{words}</time> }.into_any()
        }
        None => view! {
            <time datetime=rfc3339(time) data-local=style.name()>
                {words(DEFAULT_TIME_ZONE)}
            </time>
        }
        .into_any(),
    }
}

/// Shows the time until registration closes, which the browser counts down (`data-countdown`).
#[component]
pub fn Countdown(deadline: DateTime<Utc>, now: DateTime<Utc>) -> impl IntoView {
    let t = island_text();
    let left = (deadline - now).num_seconds();
    let words = if left > 0 {
        t.closes_in(&t.span(left))
    } else {
        t.closed.to_owned()
    };
    view! { <span class="countdown" data-countdown=rfc3339(deadline)>{words}</span> }.into_any()
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
