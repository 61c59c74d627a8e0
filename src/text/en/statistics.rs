//! Sentences of the charts of a competition.

use super::language::LANGUAGE;
use crate::text::StatisticsText;

pub(super) const STATISTICS: StatisticsText = StatisticsText {
    language: LANGUAGE,
    chart_title: "Seats taken against capacity",
    chart_now: "{taken} of {capacity} seats are taken, {waiting} waiting.",
    chart_most: "Most registrations, {n}, came at {when}.",
    chart_cancelled: "{n, plural, one {1 registration was cancelled.} other {{n} registrations were cancelled.}}",
    as_table: "Show as a table",
    col_time: "Time",
    col_registered: "Registrations",
    col_cancelled: "Cancellations",
    col_taken: "Seats taken",
    col_waiting: "Waiting",
    capacity: "Capacity",
    section: "Over time",
    none: "No registrations yet. The chart begins with the first one.",
    referrers: "Where visitors come from",
    languages: "Languages of visitors",
    direct: "Direct",
    others: "Others",
    attendance: "Who came",
    bars_of: "{title}: {values}.",
    col_name: "Name",
    col_number: "Number",
};
