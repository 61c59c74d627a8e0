//! The look-up of the account that is logged in to a session, which every page of a person who is logged in
//! needs, together with the number of its unread messages and whether it works on competitions of others.

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::{Asterisk, CaseStatement, Expr, ExprTrait, Func, Query, SelectStatement},
};

use super::{Accounts, view};
use crate::{
    domain::{Result, Viewer},
    model::{Role, UserId},
    store::entity::{message, staff, user},
};

/// The viewer of a request whose session belongs to an account, and what decides whether the log-in is still
/// valid.
#[derive(Debug, Clone)]
pub struct LoggedInViewer {
    /// The account and the number of its unread messages.
    pub viewer: Viewer,
    /// The role of the account, on which the lifetime of its log-ins depends.
    pub role: Role,
    /// The account's present authentication epoch: a log-in from an earlier one may have been ended.
    pub auth_epoch: i64,
}

impl Accounts {
    /// Returns the viewer of a request whose session belongs to an account; `None` if the account does not
    /// exist any more, or is disabled. All of it is read in one statement.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn viewer(&self, id: UserId) -> Result<Option<LoggedInViewer>> {
        let row = user::Entity::find_by_id(id)
            .filter(user::Column::DisabledAt.is_null())
            .expr_as(
                Expr::SubQuery(None, Box::new(unread_messages().into())),
                "unread",
            )
            .expr_as(Expr::expr(works_for_others()), "works_for_others")
            .into_model::<ViewerRow>()
            .one(self.database.read())
            .await?;
        Ok(row.map(|row| LoggedInViewer {
            role: row.user.role,
            auth_epoch: row.user.auth_epoch,
            viewer: Viewer {
                lacks_second_factor: self.lacks_second_factor(&row.user),
                language: row.user.language,
                user: Some(view(row.user)),
                unread: u64::try_from(row.unread).unwrap_or(0),
                works_for_others: row.works_for_others,
            },
        }))
    }
}

/// An account with the number of its unread messages, and whether it works on competitions of others.
#[derive(Debug, FromQueryResult)]
struct ViewerRow {
    #[sea_orm(nested)]
    user: user::Model,
    unread: i64,
    works_for_others: bool,
}

/// Returns the query that counts the unread messages of the account of the query around it.
fn unread_messages() -> SelectStatement {
    Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from(message::Entity)
        .and_where(
            message::Column::UserId
                .into_expr()
                .eq(user::Column::Id.into_expr()),
        )
        .and_where(message::Column::ReadAt.is_null())
        .to_owned()
}

/// Returns whether the account of the query around it works on competitions of others. For organizers that is not looked
/// up, since they have pages of their own in any case.
fn works_for_others() -> CaseStatement {
    CaseStatement::new()
        .case(
            user::Column::Role.eq(Role::Participant),
            Expr::exists(roles_in_competitions()),
        )
        .finally(false)
}

/// Returns the query of the roles that the account of the query around it has in competitions of others.
fn roles_in_competitions() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(staff::Entity)
        .and_where(
            Expr::col((staff::Entity, staff::Column::UserId))
                .eq(Expr::col((user::Entity, user::Column::Id))),
        )
        .and_where(staff::Entity::is_member())
        .to_owned()
}
