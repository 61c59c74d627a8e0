//! Points in time. Those of a competition are written in the time zone of its venue, and the browser adds the
//! visitor's time where it differs (`data-venue`). All others are written in the zone that the viewer has chosen, or
//! in UTC, and the browser rewrites them in the visitor's zone (`data-local`).

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::time_zone::{self, DEFAULT_TIME_ZONE},
    text::{DateStyle, date_time, time_elsewhere},
    ui::{
        own_zone::own_zone,
        text::{island_text, language},
    },
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

    /// Returns whether it shows no time of the day.
    const fn is_date(self) -> bool {
        matches!(self, Self::Date | Self::Day | Self::Month)
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

/// Shows a point in time. With the time zone of a venue, it is shown as clocks there show it, and the browser
/// adds the visitor's time if it differs and the server does not know their zone.
#[component]
pub fn When(
    time: DateTime<Utc>,
    /// The time zone of the venue, by its IANA name. Other times are rewritten in the visitor's zone.
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
    match zone {
        Some(zone) => {
            // Every time of the day names its zone.
            let words = match style {
                WhenStyle::Short | WhenStyle::Recent => {
                    format!("{} {}", words(&zone), time_zone::format(&zone, time, "%Z"))
                }
                _ => words(&zone),
            };
            // A day of the venue alone stays: with another one beside it, it would say nothing.
            let named = !style.is_date() && !venue_only;
            let own = own_zone().filter(|_| named).map(|own| {
                let elsewhere = time_elsewhere(language(), style.date_style(), time, &zone, &own);
                let words = elsewhere.map(|own| island_text().for_you(&own));
                view! { <span data-own=own>{words.map(|words| format!(" {words}"))}</span> }
            });
            let zone = named.then_some(zone);
            view! { <time datetime=rfc3339(time) data-venue=zone data-style=style.name()>{words}{own}</time> }.into_any()
        }
        None => {
            let own = own_zone().unwrap_or_else(|| DEFAULT_TIME_ZONE.to_owned());
            view! { <time datetime=rfc3339(time) data-local=style.name()>{words(&own)}</time> }
                .into_any()
        }
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
