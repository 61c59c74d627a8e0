//! Sentences of the page on which an organizer imports a list of participants.

use super::language::LANGUAGE;
use crate::text::ImportText;

pub(super) const IMPORT: ImportText = ImportText {
    language: LANGUAGE,
    title: "Import a list",
    lead: "Add many people at once, from a spreadsheet saved as CSV. You see what will happen before anything does.",
    file: "File",
    file_hint: "CSV in UTF-8, at most 2,000 lines. The headings “Name” and “E-mail” say which column is which; without headings, each line has an e-mail address and a name.",
    division_hint: "Put the division into a column with the heading “{column}”.",
    people: "Or paste the lines",
    people_hint: "anna@example.org, Anna Ek",
    check: "Check the list",
    add_title: "{n, plural, one {Add 1 person?} other {Add {n} people?}}",
    nobody_title: "Nobody to add",
    problems: "{n, plural, one {1 line can’t be used:} other {{n} lines can’t be used:}}",
    col_line: "Line",
    col_problem: "Problem",
    already: "{n, plural, one {1 person is registered already.} other {{n} people are registered already.}}",
    yes: "{n, plural, one {Add 1 person} other {Add {n} people}}",
    people_to_add: "People who will be added",
    more: "{n, plural, one {And 1 more.} other {And {n} more.}}",
    other: "Choose another list",
    done: "{n, plural, one {1 person has a seat.} other {{n} people have seats.}}",
    done_waiting: "{n, plural, one {1 person is on the waitlist.} other {{n} people are on the waitlist.}}",
    done_already: "{n, plural, one {1 person was registered already.} other {{n} people were registered already.}}",
    done_refused: "{n, plural, one {1 person could not be added; the line is below.} other {{n} people could not be added; their lines are below.}}",
    not_utf8: "Line {line} is not in UTF-8. Save the file as “CSV UTF-8”.",
    too_many_lines: "{n, plural, one {The list has more than 1 line. Split it.} other {The list has more than {n} lines. Split it.}}",
    too_large: "The list is larger than {kib} KiB. Split it, or leave out columns.",
    long_line: "Line {line} is too long for one person. Are line breaks missing?",
    ragged: "{n, plural, one {The line has more than 1 field. Put names with commas into quotation marks.} other {The line has more than {n} fields. Put names with commas into quotation marks.}}",
    cancelled: "This registration is cancelled.",
    repeated: "The same address is in line {line}.",
    empty: "There is no line with an e-mail address.",
    paste_again: "Not all of the list arrived. Paste it again, in parts.",
};
