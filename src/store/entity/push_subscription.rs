//! Subscriptions of browsers to push messages.

use chrono::{DateTime, Utc};
use sea_orm::{
    Condition,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{refresh_token, session};
use crate::model::{PushSubscriptionId, UserId};

/// A row of `push_subscriptions`: one browser, in which an account is logged in.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "push_subscriptions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PushSubscriptionId,
    pub user_id: UserId,
    /// The session of the browser, by the name under which it is stored. The row is deleted with it.
    pub session_id: Option<String>,
    /// The token family of the API client, if there is no session.
    pub family_id: Option<Uuid>,
    /// The address at the push service; unique. Who knows it can send to it with our key only.
    #[sea_orm(column_type = "Text")]
    pub endpoint: String,
    /// The public key of the browser, in Base64url.
    pub p256dh: String,
    /// The secret that the browser shares with us, in Base64url.
    pub auth: String,
    /// The public key of the installation with which the browser subscribed, in Base64url.
    pub server_key: String,
    pub created_at: DateTime<Utc>,
    /// When the push service last accepted a message.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PushSubscription({})", self.id)
    }
}

/// Returns the condition that the log-in to which a subscription belongs has not ended at `now`.
pub fn is_logged_in(now: DateTime<Utc>) -> Condition {
    let session = Query::select()
        .expr(Expr::value(1))
        .from(session::Entity)
        .and_where(
            Expr::col((session::Entity, session::Column::Id)).equals((Entity, Column::SessionId)),
        )
        .and_where(session::Column::ExpiresAt.gt(now))
        .to_owned();
    Condition::any()
        .add(Expr::exists(session))
        .add(Expr::exists(family(now)))
}

/// Selects the newest token of a subscription's family, while it is valid at `now`.
pub fn family(now: DateTime<Utc>) -> sea_orm::sea_query::SelectStatement {
    use refresh_token::Column as Token;
    let family = Expr::col((refresh_token::Entity, Token::FamilyId));
    Query::select()
        .expr(Expr::value(1))
        .from(refresh_token::Entity)
        .and_where(family.equals((Entity, Column::FamilyId)))
        .and_where(Token::RotatedAt.is_null())
        .and_where(Token::RevokedAt.is_null())
        .and_where(Token::ExpiresAt.gt(now))
        .to_owned()
}
