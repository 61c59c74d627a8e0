//! Registrations of accounts for competitions.

use chrono::{DateTime, Utc};
use sea_orm::{
    entity::prelude::*,
    sea_query::{ExprTrait, SimpleExpr},
};

use crate::model::{CodeId, CompetitionId, DivisionId, RegistrationId, RegistrationStatus, UserId};

/// A row of `registrations`: the claim of one account on one competition.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registrations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegistrationId,
    pub user_id: UserId,
    pub competition_id: CompetitionId,
    /// The idempotency key of the request that created it.
    pub idempotency_key: Option<String>,
    pub status: RegistrationStatus,
    /// The order within the waitlist, if the registration was ever waitlisted. It only grows; the
    /// waitlist position is the rank among those that still wait.
    pub waitlist_seq: Option<i64>,
    pub registered_at: DateTime<Utc>,
    /// When it was promoted from the waitlist to a seat.
    pub promoted_at: Option<DateTime<Utc>>,
    /// The number of the schedule of which the participant was notified last.
    pub schedule_revision: i32,
    pub cancelled_at: Option<DateTime<Utc>>,
    /// The division that the participant has chosen, if the competition had any.
    pub division_id: Option<DivisionId>,
    /// The answers by the ids of their questions ([`Answers`](crate::model::Answers)), if there are any.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub answers: Option<Json>,
    /// The code with which the participant has registered.
    pub code_id: Option<CodeId>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account that registered.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
    /// The competition that it is for.
    #[sea_orm(
        belongs_to = "super::competition::Entity",
        from = "Column::CompetitionId",
        to = "super::competition::Column::Id"
    )]
    Competition,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl Related<super::competition::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Competition.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// Returns the condition that a registration is not cancelled, which is also that of its unique index.
///
/// The status is a part of the statement and no parameter of it. With a parameter PostgreSQL could not use the index
/// in a plan that it keeps, and SQLite would prepare the statement anew whenever a value is bound, in order to find out
/// whether the index can be used for this value.
#[must_use]
pub fn is_live() -> SimpleExpr {
    Expr::col((Entity, Column::Status)).ne(Expr::cust("'CANCELLED'"))
}

#[cfg(test)]
mod tests {
    use sea_orm::{DatabaseBackend, QueryFilter, QuerySelect, QueryTrait};

    use super::*;

    #[test]
    fn live_registrations_are_those_that_are_not_cancelled_without_a_parameter() {
        let query = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(is_live());
        let cancelled = RegistrationStatus::Cancelled;
        for backend in [DatabaseBackend::Postgres, DatabaseBackend::Sqlite] {
            let statement = query.build(backend);
            let condition = format!(r#"WHERE "registrations"."status" <> ('{cancelled}')"#);
            assert!(statement.sql.ends_with(&condition), "{}", statement.sql);
            assert!(statement.values.is_none_or(|values| values.0.is_empty()));
        }
    }
}
