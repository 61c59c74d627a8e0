//! Walks through a competition's registrations page by page, in the order in which people registered.
//!
//! The order is that of the index `(competition_id, registered_at, id, status)`, so that each page
//! reads only its own rows, however many came before. It does not change: neither an account nor a
//! cancellation moves a registration.

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
/// If `after` does not exist any more, nothing is left: its competition was deleted.
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

/// A scalar subquery, which both databases evaluate once and then seek with. (A subquery of two
/// columns would be compared row by row.)
fn registered_at(registration: RegistrationId) -> SimpleExpr {
    let query = Query::select()
        .column(Column::RegisteredAt)
        .from(Entity)
        .and_where(Expr::col((Entity, Column::Id)).eq(registration))
        .to_owned();
    SimpleExpr::SubQuery(None, Box::new(query.into()))
}
