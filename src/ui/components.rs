//! Components: the parts that pages are made of. A component does not depend on the page that shows
//! it.

mod icon;
mod seats;
pub use icon::{Glyph, Icon};
pub use seats::{SeatBar, seat_level};

#[cfg(feature = "ssr")]
mod answer_list;
#[cfg(feature = "ssr")]
mod badge;
#[cfg(feature = "ssr")]
mod bar_chart;
#[cfg(feature = "ssr")]
mod card;
#[cfg(feature = "ssr")]
mod contact_link;
#[cfg(feature = "ssr")]
mod cover_picture;
#[cfg(feature = "ssr")]
mod division_facts;
#[cfg(feature = "ssr")]
mod empty_state;
#[cfg(feature = "ssr")]
mod error_message;
#[cfg(feature = "ssr")]
mod field;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
mod hall;
#[cfg(feature = "ssr")]
mod page_header;
#[cfg(feature = "ssr")]
mod pagination;
#[cfg(feature = "ssr")]
mod push_switch;
#[cfg(feature = "ssr")]
mod qr_code;
#[cfg(feature = "ssr")]
mod question_fields;
#[cfg(feature = "ssr")]
mod search_field;
#[cfg(feature = "ssr")]
mod seats_chart;
#[cfg(feature = "ssr")]
mod seats_chip;
#[cfg(feature = "ssr")]
mod sparkline;
#[cfg(feature = "ssr")]
mod table_box;
#[cfg(feature = "ssr")]
mod when;
#[cfg(feature = "ssr")]
mod when_and_where;

#[cfg(feature = "ssr")]
pub use {
    answer_list::AnswerList,
    badge::{PhaseBadge, StatusBadge, status_words},
    bar_chart::BarChart,
    card::CompetitionCard,
    contact_link::ContactLink,
    cover_picture::{CoverImage, CoverPicture},
    division_facts::DivisionFacts,
    empty_state::EmptyState,
    error_message::ErrorMessage,
    field::{Checkbox, Choice, ErrorSummary, Field, FormPage, Select, TextArea},
    frame::Frame,
    hall::Hall,
    page_header::PageHeader,
    pagination::Pagination,
    push_switch::{PushSwitch, PushSwitchKind},
    qr_code::QrCode,
    question_fields::{QuestionFields, question_label},
    search_field::SearchField,
    seats_chart::{ChartMarker, ChartPoint, ChartTimes, SeatsChart, SeatsChartData},
    seats_chip::SeatsChip,
    sparkline::Sparkline,
    table_box::TableBox,
    when::{Countdown, When, WhenStyle},
    when_and_where::WhenAndWhere,
};
