//! Keyset pagination of a competition's registrations, in the order of registration.
//!
//! The order is that of the index `(competition_id, registered_at, id, status)`, so that each page reads
//! only its own rows, however many come before. The order is stable: a cancellation moves no registration.

use sea_orm::{
    QueryFilter, QueryOrder, Select,
    sea_query::{Expr, ExprTrait, Query, SimpleExpr},
};

use crate::{
    model::RegistrationId,
    store::entity::registration::{Column, Entity},
};

/// Orders `query` by registration and leaves out everything up to and including `after`.
///
/// If `after` does not exist any more, the result is empty: the competition was deleted.
pub(in crate::domain) fn in_registration_order(
    query: Select<Entity>,
    after: Option<RegistrationId>,
) -> Select<Entity> {
    let column = |column: Column| Expr::col((Entity, column));
    let ordered = query
        .order_by_asc(column(Column::RegisteredAt))
        .order_by_asc(column(Column::Id));
    match after {
        None => ordered,
        Some(after) => {
            let key = [column(Column::RegisteredAt), column(Column::Id)];
            ordered.filter(Expr::tuple(key).gt(Expr::tuple([registered_at(after), after.into()])))
        }
    }
}

/// Returns a scalar subquery, which both databases evaluate once and use to seek in the index. (They would
/// compare a subquery of two columns with each row.)
fn registered_at(registration: RegistrationId) -> SimpleExpr {
    let query = Query::select()
        .column(Column::RegisteredAt)
        .from(Entity)
        .and_where(Expr::col((Entity, Column::Id)).eq(registration))
        .to_owned();
    SimpleExpr::SubQuery(None, Box::new(query.into()))
}
