//! Those who work on competitions, and invitations to do so.

use chrono::{DateTime, Utc};
use sea_orm::{entity::prelude::*, sea_query::SimpleExpr};

use crate::model::{CompetitionId, StaffId, StaffRole, UserId};

/// A row of `staff`: an account has a role in a competition, or an e-mail address is invited to one.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StaffId,
    pub competition_id: CompetitionId,
    /// The account; none while the invitation waits for an answer.
    pub user_id: Option<UserId>,
    /// The address that is invited, in lower case; none once the invitation is accepted.
    pub invited_email: Option<String>,
    pub role: StaffRole,
    /// The SHA-256 of the token in the latest letter, in hexadecimal.
    pub token_hash: Option<String>,
    pub created_at: DateTime<Utc>,
    /// The time from which the invitation can't be accepted any more.
    pub expires_at: Option<DateTime<Utc>>,
    pub accepted_at: Option<DateTime<Utc>>,
}

impl Entity {
    /// Returns the condition that a row is the role of somebody who does not own the competition. The roles are listed, so
    /// that an index by account and role finds them also for an owner of very many competitions.
    #[must_use]
    pub fn is_member() -> SimpleExpr {
        let roles = StaffRole::INVITED.iter().map(|role| role.as_str());
        Column::Role.is_in(roles)
    }
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account that has the role.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
    /// The competition in which it has the role.
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

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Staff({}, {:?}, {})", self.id, self.user_id, self.role)
    }
}
