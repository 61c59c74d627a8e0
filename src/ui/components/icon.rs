//! Icons. They are inline SVG, so that they need no request and take the colour of the text.

use leptos::prelude::*;

/// The name of an icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum Glyph {
    Calendar,
    Pin,
    Clock,
    Mail,
    Search,
    User,
    Plus,
    Check,
    Queue,
    Share,
    Download,
    Edit,
    Eye,
    Copy,
    Info,
    Alert,
    Seat,
}

impl Glyph {
    /// Returns the strokes of the icon on a grid of 24 × 24.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Calendar => "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5",
            Self::Pin => {
                "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"
            }
            Self::Clock => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
            Self::Mail => "M3 6h18v13H3zM3.5 6.5 12 13l8.5-6.5",
            Self::Search => "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 21 21",
            Self::User => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c.6-4 3.7-6 8-6s7.4 2 8 6",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Check => "M4.5 12.5 10 18 20 7",
            Self::Queue => "M5 7h14M5 12h14M5 17h8",
            Self::Share => "M12 15V4M8 7.5 12 3.5l4 4M5 12v8h14v-8",
            Self::Download => "M12 4v11M8 11.5l4 4 4-4M5 20h14",
            Self::Edit => "M4 20l1-4L16.5 4.5l3 3L8 19zM14 7l3 3",
            Self::Eye => {
                "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"
            }
            Self::Copy => "M8 8h12v12H8zM16 8V4H4v12h4",
            Self::Info => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 7.5v.5",
            Self::Alert => "M12 4 2.5 20h19zM12 10v5M12 17.5v.5",
            Self::Seat => "M7 4v9h10V4M5 13h14v4H5zM7 17v3M17 17v3",
        }
    }
}

/// Shows an icon beside text. It never stands alone, so it is hidden from assistive technology.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
            <path d=glyph.path()></path>
        </svg>
    }
    .into_any()
}
