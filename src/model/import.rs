//! The import of a list of participants: what its lines say, and what becomes of them.

use super::{DivisionId, forms::FieldProblem};

/// The most lines of a list.
pub const IMPORT_LINES: usize = 500;

/// A line of a list that is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
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
