//! Points in time. The server says them in UTC; in the browser they turn into the visitor's zone
//! (the `data-local` attribute asks for it).

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::ui::text::live;

/// How much of a point in time is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenStyle {
    /// `Sat 14 Mar 2030, 18:00 UTC`
    Full,
    /// `14 Mar 2030, 18:00`
    Short,
    /// `14 Mar, 18:00`
    Recent,
    /// `14 Mar 2030`
    Date,
    /// `14`
    Day,
    /// `Mar`
    Month,
}

impl WhenStyle {
    const fn format(self) -> &'static str {
        match self {
            Self::Full => "%a %-d %b %Y, %H:%M UTC",
            Self::Short => "%-d %b %Y, %H:%M",
            Self::Recent => "%-d %b, %H:%M",
            Self::Date => "%-d %b %Y",
            Self::Day => "%-d",
            Self::Month => "%b",
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

/// A point in time.
#[component]
pub fn When(
    /// Which.
    time: DateTime<Utc>,
    /// How much of it.
    #[prop(default = WhenStyle::Full)]
    style: WhenStyle,
) -> impl IntoView {
    view! {
        <time datetime=rfc3339(time) data-local=style.name()>
            {time.format(style.format()).to_string()}
        </time>
    }
    .into_any()
}

/// How long until registration closes, counted down in the browser (`data-countdown`).
#[component]
pub fn Countdown(
    /// To when.
    deadline: DateTime<Utc>,
    /// From when.
    now: DateTime<Utc>,
) -> impl IntoView {
    let t = live();
    let left = (deadline - now).num_seconds();
    let words = if left > 0 {
        (t.closes_in)(left)
    } else {
        t.closed.to_owned()
    };
    view! { <span class="countdown" data-countdown=rfc3339(deadline)>{words}</span> }.into_any()
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
