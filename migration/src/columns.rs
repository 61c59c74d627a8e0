//! Column shapes that recur, so that one kind of thing looks the same in every table.

use sea_orm_migration::prelude::*;

/// A UUID column that must be filled.
pub(crate) fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().to_owned()
}

/// The primary key: a UUID made by the application (version 7).
pub(crate) fn id() -> ColumnDef {
    uuid("id").primary_key().to_owned()
}

/// A text that must be there, possibly empty.
pub(crate) fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().to_owned()
}

/// A moment, in UTC.
pub(crate) fn moment(name: &'static str) -> ColumnDef {
    ColumnDef::new(name)
        .timestamp_with_time_zone()
        .not_null()
        .to_owned()
}

/// A moment that may not have come.
pub(crate) fn moment_or_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name)
        .timestamp_with_time_zone()
        .null()
        .to_owned()
}

/// A 32-bit whole number.
pub(crate) fn int(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().to_owned()
}

/// A 64-bit whole number that starts at 0.
pub(crate) fn counter(name: &'static str) -> ColumnDef {
    ColumnDef::new(name)
        .big_integer()
        .not_null()
        .default(0)
        .to_owned()
}

/// JSON (`jsonb` on PostgreSQL).
pub(crate) fn json(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json_binary().not_null().to_owned()
}

/// `column IN ('A', 'B')`.
pub(crate) fn one_of(column: &'static str, names: &[&'static str]) -> SimpleExpr {
    Expr::col(column).is_in(names.iter().copied())
}

/// A foreign key from `table.column` to `parent.id`.
pub(crate) fn references(
    table: &'static str,
    column: &'static str,
    parent: &'static str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(table, column)
        .to(parent, "id")
        .on_delete(on_delete)
        .to_owned()
}

/// A plain index named after what it covers.
pub(crate) fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .name(format!("ix_{table}_{}", columns.join("_")))
        .table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

/// Adds a column to a table (SQLite takes one at a time).
pub(crate) async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    let mut alter = Table::alter();
    manager
        .alter_table(alter.table(table).add_column(column).to_owned())
        .await
}

/// Takes a column away from a table.
pub(crate) async fn drop(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    let mut alter = Table::alter();
    manager
        .alter_table(alter.table(table).drop_column(column).to_owned())
        .await
}
