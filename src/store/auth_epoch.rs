//! An account's authentication epoch: the number of times that its password, its role or all of its
//! tokens were changed or revoked.
//!
//! A log-in is verified against an account as it was read, and hashing its password takes some tens of
//! milliseconds. Whatever the log-in is then given (a session, a refresh token) is inserted only if the
//! account still has the epoch that was read. Both sides work on the account's row, so one of two
//! things happens:
//!
//! | first | then |
//! | --- | --- |
//! | the insert, which holds the row until it is committed | [`raise`] waits, and the revocation that follows finds what was inserted |
//! | [`raise`], which holds the row until it is committed | the insert waits, finds another epoch, and inserts nothing |
//!
//! SQLite has one writer at a time, so there the statements take turns in any case.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Iterable,
    QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType, Query},
};

use super::{InfrastructureError, entity::user};
use crate::model::UserId;

/// Raises the epoch of an account and locks its row until the transaction ends. Rows that merely refer
/// to the account, such as its registrations, can still be inserted meanwhile.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn raise<C: ConnectionTrait>(transaction: &C, account: UserId) -> Result<(), DbErr> {
    use user::Column::{AuthEpoch, Id};
    user::Entity::update_many()
        .col_expr(AuthEpoch, Expr::col(AuthEpoch).add(1))
        .filter(Id.eq(account))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Locks the row of an account until the transaction ends, and returns whether it exists. Rows that merely
/// refer to the account can still be inserted meanwhile.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn lock<C: ConnectionTrait>(transaction: &C, account: UserId) -> Result<bool, DbErr> {
    let row = user::Entity::find_by_id(account)
        .select_only()
        .column(user::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple::<UserId>()
        .one(transaction)
        .await?;
    Ok(row.is_some())
}

/// Inserts `row` in one statement if the account exists and has the epoch `epoch`. Returns whether the
/// row was inserted.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database refuses the row or is unavailable.
pub async fn insert_if_current<A: ActiveModelTrait, C: ConnectionTrait>(
    connection: &C,
    row: A,
    account: UserId,
    epoch: i64,
) -> Result<bool, InfrastructureError> {
    use user::Column::{AuthEpoch, Id};
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for column in <A::Entity as EntityTrait>::Column::iter() {
        if let ActiveValue::Set(value) | ActiveValue::Unchanged(value) = row.get(column) {
            columns.push(column);
            values.push(column.save_as(Expr::val(value)));
        }
    }
    let mut current = Query::select();
    current
        .exprs(values)
        .from(user::Entity)
        .and_where(Id.eq(account))
        .and_where(AuthEpoch.eq(epoch))
        .lock(LockType::Share);
    let mut insert = Query::insert();
    insert
        .into_table(A::Entity::default())
        .columns(columns)
        .select_from(current)
        .map_err(InfrastructureError::internal)?;
    let statement = connection.get_database_backend().build(&insert);
    let inserted = connection.execute_raw(statement).await?;
    Ok(inserted.rows_affected() > 0)
}
