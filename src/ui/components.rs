//! What pages are made of. Each is written once and knows nothing of where it stands.

mod seats;
pub use seats::{SeatBar, seat_level};

#[cfg(feature = "ssr")]
mod badge;
#[cfg(feature = "ssr")]
mod card;
#[cfg(feature = "ssr")]
mod empty;
#[cfg(feature = "ssr")]
mod field;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
mod icon;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod when;

#[cfg(feature = "ssr")]
pub use {
    badge::{PhaseBadge, StatusBadge},
    card::CompetitionCard,
    empty::{EmptyState, PageHeader, Sorry},
    field::{Checkbox, Choice, ErrorSummary, Field, FormPage, Select, TextArea},
    frame::Frame,
    icon::{Glyph, Icon},
    pages::Pagination,
    when::{Countdown, When, WhenStyle},
};
