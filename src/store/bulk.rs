//! Many rows in one statement, whose text does not depend on their number.
//!
//! On PostgreSQL each column is sent as one array (`INSERT … SELECT … FROM UNNEST($1, $2, …)`), so
//! a batch of 3 and a batch of 256 share one prepared statement. A single row is sent as plain values:
//! PostgreSQL plans a statement with arrays again for each execution, because the plan depends on their
//! lengths, and keeps the plan of one without. SQLite has no arrays and no round trips to save, so it gets
//! a multi-row `VALUES`.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr, ExprTrait, Statement, Value,
    sea_query::{ArrayType, Expr, SimpleExpr, extension::postgres::PgFunc},
};
use uuid::Uuid;

/// The most parameters in one SQLite statement (SQLite's limit is 32,766).
const SQLITE_PARAMETERS: usize = 30_000;

/// The values of one column, one for each row.
#[derive(Debug, Clone)]
pub enum Cells {
    Uuid(Vec<Uuid>),
    /// UUIDs, of which some may be NULL.
    MaybeUuid(Vec<Option<Uuid>>),
    Text(Vec<String>),
    Json(Vec<serde_json::Value>),
    /// JSON that is serialized already.
    JsonText(Vec<String>),
    /// Serialized JSON, of which some may be NULL.
    MaybeJsonText(Vec<Option<String>>),
    Int(Vec<i32>),
    BigInt(Vec<i64>),
    /// 64-bit numbers, of which some may be NULL.
    MaybeBigInt(Vec<Option<i64>>),
    Moment(Vec<DateTime<Utc>>),
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Uuid(cells) => cells.len(),
            Self::MaybeUuid(cells) => cells.len(),
            Self::Text(cells) | Self::JsonText(cells) => cells.len(),
            Self::Json(cells) => cells.len(),
            Self::MaybeJsonText(cells) => cells.len(),
            Self::Int(cells) => cells.len(),
            Self::BigInt(cells) => cells.len(),
            Self::MaybeBigInt(cells) => cells.len(),
            Self::Moment(cells) => cells.len(),
        }
    }

    /// Returns the array's element type, and the expression that converts an element `c` to the column's
    /// value. The driver's arrays cannot hold NULL, so an impossible value stands for it.
    fn postgres(&self) -> (&'static str, fn(&str) -> String) {
        match self {
            Self::Uuid(_) => ("uuid", str::to_owned),
            Self::MaybeUuid(_) => ("text", |c| format!("NULLIF({c}, '')::uuid")),
            Self::Text(_) => ("text", str::to_owned),
            Self::Json(_) | Self::JsonText(_) => ("text", |c| format!("{c}::jsonb")),
            Self::MaybeJsonText(_) => ("text", |c| format!("NULLIF({c}, '')::jsonb")),
            Self::Int(_) => ("int4", str::to_owned),
            Self::BigInt(_) => ("int8", str::to_owned),
            Self::MaybeBigInt(_) => ("int8", |c| format!("NULLIF({c}, {})", i64::MIN + 1)),
            Self::Moment(_) => ("timestamptz", str::to_owned),
        }
    }

    fn into_array(self) -> Value {
        fn array<T: Into<Value>>(kind: ArrayType, cells: impl IntoIterator<Item = T>) -> Value {
            Value::Array(
                kind,
                Some(Box::new(cells.into_iter().map(Into::into).collect())),
            )
        }
        match self {
            Self::Uuid(cells) => array(ArrayType::Uuid, cells),
            Self::MaybeUuid(cells) => array(
                ArrayType::String,
                cells
                    .into_iter()
                    .map(|c| c.map(|c| c.to_string()).unwrap_or_default()),
            ),
            Self::Text(cells) | Self::JsonText(cells) => array(ArrayType::String, cells),
            Self::MaybeJsonText(cells) => array(
                ArrayType::String,
                cells.into_iter().map(Option::unwrap_or_default),
            ),
            Self::Json(cells) => array(
                ArrayType::String,
                cells.into_iter().map(|json| json.to_string()),
            ),
            Self::Int(cells) => array(ArrayType::Int, cells),
            Self::BigInt(cells) => array(ArrayType::BigInt, cells),
            Self::MaybeBigInt(cells) => array(
                ArrayType::BigInt,
                cells.into_iter().map(|c| c.unwrap_or(i64::MIN + 1)),
            ),
            Self::Moment(cells) => array(ArrayType::ChronoDateTimeUtc, cells),
        }
    }

    fn value(&self, row: usize) -> Value {
        match self {
            Self::Uuid(cells) => cells[row].into(),
            Self::MaybeUuid(cells) => cells[row].into(),
            Self::Text(cells) | Self::JsonText(cells) => cells[row].clone().into(),
            Self::Json(cells) => cells[row].clone().into(),
            Self::MaybeJsonText(cells) => cells[row].clone().into(),
            Self::Int(cells) => cells[row].into(),
            Self::BigInt(cells) => cells[row].into(),
            Self::MaybeBigInt(cells) => cells[row].into(),
            Self::Moment(cells) => cells[row].into(),
        }
    }
}

/// Inserts rows that are given by column. `conflict` is an `ON CONFLICT …` clause or empty. Returns the
/// number of inserted rows.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable or refuses a row, and [`DbErr::Custom`] if the
/// columns differ in length.
pub async fn insert<C: ConnectionTrait>(
    connection: &C,
    table: &str,
    columns: Vec<(&'static str, Cells)>,
    conflict: &str,
) -> Result<u64, DbErr> {
    let backend = connection.get_database_backend();
    let mut inserted = 0;
    for statement in inserts(backend, table, columns, conflict)? {
        inserted += connection.execute_raw(statement).await?.rows_affected();
    }
    Ok(inserted)
}

/// Returns the statements that insert the rows: none without rows, and one on PostgreSQL.
///
/// # Errors
/// Returns [`DbErr::Custom`] if the columns differ in length.
pub(super) fn inserts(
    backend: DatabaseBackend,
    table: &str,
    columns: Vec<(&'static str, Cells)>,
    conflict: &str,
) -> Result<Vec<Statement>, DbErr> {
    let rows = columns.first().map_or(0, |(_, cells)| cells.len());
    if rows == 0 {
        return Ok(Vec::new());
    }
    if columns.iter().any(|(_, cells)| cells.len() != rows) {
        return Err(DbErr::Custom(format!(
            "columns of {table} differ in length"
        )));
    }
    Ok(match (backend, rows) {
        (DatabaseBackend::Postgres, 1) => vec![postgres_row(table, &columns, conflict)],
        (DatabaseBackend::Postgres, _) => vec![postgres(table, columns, conflict)],
        _ => {
            let step = (SQLITE_PARAMETERS / columns.len()).max(1);
            let chunks = (0..rows).step_by(step);
            let statement =
                |from: usize| sqlite(table, &columns, from..rows.min(from + step), conflict);
            chunks.map(statement).collect()
        }
    })
}

fn names(columns: &[(&'static str, Cells)]) -> String {
    let names: Vec<_> = columns
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    names.join(", ")
}

fn postgres(table: &str, columns: Vec<(&'static str, Cells)>, conflict: &str) -> Statement {
    let names = names(&columns);
    let select: Vec<_> = columns
        .iter()
        .map(|(name, cells)| (cells.postgres().1)(&format!("r.\"{name}\"")))
        .collect();
    let sql = format!(
        "INSERT INTO {table} ({names}) SELECT {} FROM {{rows}} {conflict}",
        select.join(", "),
    );
    with_rows(&sql, columns)
}

/// Returns the statement that inserts the only row.
fn postgres_row(table: &str, columns: &[(&'static str, Cells)], conflict: &str) -> Statement {
    let row: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(at, (_, cells))| match cells {
            Cells::Json(_) | Cells::JsonText(_) | Cells::MaybeJsonText(_) => {
                format!("${}::jsonb", at + 1)
            }
            _ => format!("${}", at + 1),
        })
        .collect();
    let sql = format!(
        "INSERT INTO {table} ({}) VALUES ({}) {conflict}",
        names(columns),
        row.join(", "),
    );
    // JSON is sent as text, like in an array.
    let values = columns.iter().map(|(_, cells)| match cells {
        Cells::Json(cells) => cells[0].to_string().into(),
        cells => cells.value(0),
    });
    Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values)
}

/// Returns a statement for PostgreSQL in which `{rows}` is replaced by the rows, with the alias `r`.
pub fn with_rows(sql: &str, columns: Vec<(&'static str, Cells)>) -> Statement {
    let arrays: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(at, (_, cells))| format!("${}::{}[]", at + 1, cells.postgres().0))
        .collect();
    let rows = format!("UNNEST({}) AS r ({})", arrays.join(", "), names(&columns));
    Statement::from_sql_and_values(
        DatabaseBackend::Postgres,
        sql.replace("{rows}", &rows),
        columns.into_iter().map(|(_, cells)| cells.into_array()),
    )
}

fn sqlite(
    table: &str,
    columns: &[(&'static str, Cells)],
    rows: std::ops::Range<usize>,
    conflict: &str,
) -> Statement {
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let mut sql = format!("INSERT INTO {table} ({}) VALUES {row}", names(columns));
    for _ in 1..rows.len() {
        // Writing to a String can't fail.
        let _infallible = write!(sql, ", {row}");
    }
    let _infallible = write!(sql, " {conflict}");
    let values = rows.flat_map(|row| columns.iter().map(move |(_, cells)| cells.value(row)));
    Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values)
}

/// Returns the condition `column IN (ids)`; on PostgreSQL as `column = ANY(array)`, so that the
/// statement's text is the same for any number of ids, and as `column = id` for a single one.
pub fn among<I: Into<Uuid> + Copy>(
    backend: DatabaseBackend,
    column: impl sea_orm::sea_query::IntoColumnRef,
    ids: &[I],
) -> SimpleExpr {
    let ids: Vec<Uuid> = ids.iter().map(|id| (*id).into()).collect();
    let column = Expr::col(column);
    match (backend, &ids[..]) {
        (DatabaseBackend::Postgres, [id]) => column.eq(*id),
        (DatabaseBackend::Postgres, _) => {
            let array = Value::Array(
                ArrayType::Uuid,
                Some(Box::new(ids.into_iter().map(Into::into).collect())),
            );
            column.eq(PgFunc::any(Expr::val(array)))
        }
        _ => column.is_in(ids),
    }
}

/// Returns the condition `(id_column, text_column) IN (pairs)`, where each pair is an id and the text at
/// the same index. Two separate conditions would probe the index for every id with every text.
pub fn among_pairs<I: Into<Uuid> + Copy>(
    backend: DatabaseBackend,
    (id_column, text_column): (&str, &str),
    ids: &[I],
    texts: &[&str],
) -> SimpleExpr {
    let ids = ids.iter().map(|id| Value::from((*id).into()));
    let texts = texts.iter().map(|text| Value::from(*text));
    match backend {
        DatabaseBackend::Postgres if ids.len() == 1 => Expr::cust_with_values(
            format!("({id_column}, {text_column}) = ($1, $2)"),
            ids.chain(texts),
        ),
        DatabaseBackend::Postgres => {
            let array = |kind, cells: Vec<Value>| Value::Array(kind, Some(Box::new(cells)));
            Expr::cust_with_values(
                format!(
                    "({id_column}, {text_column}) IN (SELECT * FROM UNNEST($1::uuid[], $2::text[]))"
                ),
                [
                    array(ArrayType::Uuid, ids.collect()),
                    array(ArrayType::String, texts.collect()),
                ],
            )
        }
        _ => {
            let pairs: Vec<Value> = ids.zip(texts).flat_map(|(id, text)| [id, text]).collect();
            let placeholders = vec!["(?, ?)"; pairs.len() / 2].join(", ");
            Expr::cust_with_values(
                format!("({id_column}, {text_column}) IN (VALUES {placeholders})"),
                pairs,
            )
        }
    }
}

/// Returns the condition `column IN (texts)`, built like [`among`].
pub fn among_texts(
    backend: DatabaseBackend,
    column: impl sea_orm::sea_query::IntoColumnRef,
    texts: &[&str],
) -> SimpleExpr {
    let column = Expr::col(column);
    match backend {
        DatabaseBackend::Postgres => {
            let texts = texts.iter().map(|text| Value::from(*text)).collect();
            let array = Value::Array(ArrayType::String, Some(Box::new(texts)));
            column.eq(PgFunc::any(Expr::val(array)))
        }
        _ => column.is_in(texts.iter().copied()),
    }
}
