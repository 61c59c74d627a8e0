//! Sessions of browsers, stored under a hash of the cookie's value.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::UserId;

/// A row of `sessions`: the state of one browser.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// The SHA-256 of the id in the cookie, in hexadecimal, so that reading the table does not allow
    /// anyone to log in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The account that is logged in, if any.
    pub user_id: Option<UserId>,
    /// The session's data as a JSON object.
    pub data: String,
    pub created_at: DateTime<Utc>,
    /// The time from which the session is invalid.
    pub expires_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
