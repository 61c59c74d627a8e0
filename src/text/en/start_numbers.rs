//! Sentences about start numbers.

use super::language::LANGUAGE;
use crate::text::StartNumbersText;

pub(super) const START_NUMBERS: StartNumbersText = StartNumbersText {
    language: LANGUAGE,
    title: "Start numbers",
    lead: "Everybody with a seat gets a number by a rule. Numbers that were given stay, and no number is given twice, also after a cancellation.",
    order: "Order",
    by_name: "By name",
    by_registration: "By time of registration",
    from: "First number",
    from_hint: "For divisions without numbers of their own. Divisions come one after the other.",
    preview: "Show preview",
    preview_title: "Preview",
    to_give: "Numbers to give: {n}",
    kept: "Numbers that stay: {n}",
    without: "Without a number, because the range of their division is used up: {n}",
    first_of_them: "The first of them",
    give: "Give these numbers",
    given: "Numbers given: {n}",
    nobody: "Everybody with a seat has a number.",
    number: "Start number",
    column: "No.",
    division_from: "First start number",
    division_to: "Last start number",
    out_of_order: "The last number can’t be lower than the first.",
    half_a_range: "Enter both the first and the last number, or neither.",
};
