//! Several writes in one statement.
//!
//! A statement costs PostgreSQL and this process some tens of microseconds each, whatever it does: a
//! message in both directions, two changes of the running process, a timer. A transaction that registers
//! one participant would spend most of its time on that. So on PostgreSQL writes that do not depend on
//! each other are sent as one statement (`WITH w1 AS (INSERT …), w2 AS (…) UPDATE …`). They see the same
//! snapshot and not each other's rows; foreign keys are checked after all of them. SQLite has no such
//! statements and no round trips to save: there they run one after the other.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement, Value, Values};

use super::bulk::{self, Cells};

/// Writes that are executed together.
#[derive(Debug, Default, PartialEq)]
pub struct Writes(Vec<Statement>);

impl Writes {
    /// Adds the insertion of rows that are given by column; see [`bulk::insert`]. Without rows, nothing is
    /// added.
    ///
    /// # Errors
    /// Returns [`DbErr::Custom`] if the columns differ in length.
    pub fn insert(
        &mut self,
        backend: DatabaseBackend,
        table: &str,
        columns: Vec<(&'static str, Cells)>,
        conflict: &str,
    ) -> Result<(), DbErr> {
        self.0
            .extend(bulk::inserts(backend, table, columns, conflict)?);
        Ok(())
    }

    /// Adds a statement that writes.
    pub fn push(&mut self, statement: Statement) {
        self.0.push(statement);
    }

    /// Adds the writes of `others`.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Executes the writes. Returns the number of rows that the last one affected.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if the database is unavailable or refuses a row.
    pub async fn execute<C: ConnectionTrait>(self, connection: &C) -> Result<u64, DbErr> {
        let statements = match connection.get_database_backend() {
            DatabaseBackend::Postgres => combined(self.0).into_iter().collect(),
            _ => self.0,
        };
        let mut affected = 0;
        for statement in statements {
            affected = connection.execute_raw(statement).await?.rows_affected();
        }
        Ok(affected)
    }
}

/// Returns one statement for PostgreSQL that does what all of them do.
fn combined(mut statements: Vec<Statement>) -> Option<Statement> {
    let last = statements.pop()?;
    if statements.is_empty() {
        return Some(last);
    }
    let (mut sql, mut values) = (String::new(), Vec::new());
    let mut add = |statement: Statement, sql: &mut String| {
        renumber(&statement.sql, values.len(), sql);
        values.extend(
            statement
                .values
                .map(|Values(values)| values)
                .unwrap_or_default(),
        );
    };
    for (at, statement) in statements.into_iter().enumerate() {
        sql.push_str(if at == 0 { "WITH w" } else { ", w" });
        sql.push_str(&at.to_string());
        sql.push_str(" AS (");
        add(statement, &mut sql);
        sql.push(')');
    }
    sql.push(' ');
    add(last, &mut sql);
    let values: Vec<Value> = values;
    Some(Statement::from_sql_and_values(
        DatabaseBackend::Postgres,
        sql,
        values,
    ))
}

/// Appends `statement` to `sql` with `offset` added to the number of each parameter. Our statements have
/// no `$` but those of parameters, since all texts are parameters.
fn renumber(statement: &str, offset: usize, sql: &mut String) {
    let mut parts = statement.split('$');
    sql.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        sql.push('$');
        match number.parse::<usize>() {
            Ok(number) => sql.push_str(&(number + offset).to_string()),
            Err(_) => sql.push_str(number),
        }
        sql.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(sql: &str, values: &[i32]) -> Statement {
        let values = values.iter().map(|value| Value::from(*value));
        Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values)
    }

    #[test]
    fn writes_become_one_statement_whose_parameters_are_numbered_through() {
        let one = combined(vec![
            statement("INSERT INTO a VALUES ($1, $2::jsonb)", &[1, 2]),
            statement("DELETE FROM b WHERE c = ANY($1)", &[3]),
            statement("UPDATE d SET e = $2 WHERE f = $1", &[4, 5]),
        ])
        .unwrap();
        assert_eq!(
            one.sql,
            "WITH w0 AS (INSERT INTO a VALUES ($1, $2::jsonb)), \
             w1 AS (DELETE FROM b WHERE c = ANY($3)) UPDATE d SET e = $5 WHERE f = $4"
        );
        let values = one.values.unwrap().0;
        assert_eq!(values, [1, 2, 3, 4, 5].map(Value::from));
    }

    #[test]
    fn a_single_write_stays_as_it_is_and_none_is_none() {
        let alone = statement("DELETE FROM a WHERE b = $1", &[1]);
        assert_eq!(combined(vec![alone.clone()]), Some(alone));
        assert_eq!(combined(Vec::new()), None);
    }
}
