//! The text of a statement with its parameters, for both databases.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseBackend, Statement, Value};

/// The parameters of a statement. The first one is the time of the request.
#[derive(Debug)]
pub(super) struct SqlText {
    backend: DatabaseBackend,
    values: Vec<Value>,
}

impl SqlText {
    /// The placeholder of the time of the request.
    pub(super) const NOW: &'static str = "$1";

    /// Creates the parameters of a statement for a request at `now`.
    pub(super) fn new(backend: DatabaseBackend, now: DateTime<Utc>) -> Self {
        Self {
            backend,
            values: vec![now.into()],
        }
    }

    /// Adds a parameter, and returns its placeholder.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Returns the condition that a column has one of these values.
    pub(super) fn is_one_of(&mut self, column: &str, values: &[String]) -> String {
        let placeholders: Vec<_> = values
            .iter()
            .map(|value| self.bind(value.as_str()))
            .collect();
        match &placeholders[..] {
            [one] => format!("{column} = {one}"),
            several => format!("{column} IN ({})", several.join(", ")),
        }
    }

    /// Returns a column for a comparison in a statement whose rows follow each other in the order of `order`.
    /// SQLite would otherwise find them by an index of the compared column and sort them all; PostgreSQL
    /// knows from its statistics that this is slower, and has no unary plus for times.
    pub(super) fn compared(&self, column: &str, order: &str) -> String {
        match self.backend {
            DatabaseBackend::Sqlite if column != order => format!("+{column}"),
            _ => column.to_owned(),
        }
    }

    /// Returns the end of a condition: that an id is among those that a query returns. Both databases then
    /// look the ids up one by one.
    pub(super) fn among(&self, ids: &str) -> String {
        match self.backend {
            DatabaseBackend::Postgres => format!("= ANY (ARRAY({ids}))"),
            _ => format!("IN ({ids})"),
        }
    }

    /// Returns the statement. On PostgreSQL, whose types are strict, every statement has to use the first
    /// parameter, so it is declared.
    pub(super) fn statement(self, text: String) -> Statement {
        Statement::from_sql_and_values(self.backend, text, self.values)
    }
}
