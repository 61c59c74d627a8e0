//! The import of a list of participants: what its lines say, and what becomes of them.

use super::{DivisionId, forms::FieldProblem};

/// The most lines of a list. So many people are added within a request.
pub const IMPORT_LINES: usize = 2_000;
/// The largest list, in bytes: so many lines of our own CSV, with room for further columns.
pub const IMPORT_BYTES: usize = 512 << 10;
/// The longest line, in bytes.
pub const IMPORT_LINE_BYTES: usize = 16 << 10;
/// The largest request with a list, in bytes: each byte may be percent-encoded.
pub const IMPORT_REQUEST: usize = 3 * IMPORT_BYTES + (64 << 10);

/// A line of a list that is imported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportLine {
    /// The number of the line, from 1.
    pub line: u64,
    pub email: String,
    pub name: String,
    /// The division as the line names it; empty if the list has no column for it.
    pub division: String,
    /// The division of the competition that has this name.
    pub division_id: Option<DivisionId>,
    /// What is wrong with the line, if anything is.
    pub problem: Option<FieldProblem>,
}

impl ImportLine {
    /// Returns a list that can be imported again, with headings.
    #[must_use]
    pub fn csv(lines: &[Self]) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let has_divisions = lines.iter().any(|line| !line.division.is_empty());
        let mut list = String::from(if has_divisions {
            "email,name,division\n"
        } else {
            "email,name\n"
        });
        for line in lines {
            list.push_str(&format!("{},{}", quoted(&line.email), quoted(&line.name)));
            if has_divisions {
                list.push_str(&format!(",{}", quoted(&line.division)));
            }
            list.push('\n');
        }
        list
    }
}

/// What a list would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportPreview {
    /// The lines whose people would be added.
    pub new: Vec<ImportLine>,
    /// The number of people who are registered already.
    pub registered: u64,
    /// The lines that can't be used.
    pub wrong: Vec<ImportLine>,
}

/// What a list has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportResult {
    /// The number of people who got a seat.
    pub seated: u64,
    /// The number of people who joined the waitlist.
    pub waiting: u64,
    /// The number of people who were registered already.
    pub registered: u64,
    /// The lines whose people could not be added: the competition is full, for example.
    pub refused: Vec<ImportLine>,
}
