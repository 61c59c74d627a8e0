//! Accounts: credentials, role and preferences.

use chrono::{DateTime, Utc};
use sea_orm::{
    entity::prelude::*,
    sea_query::{ExprTrait, Func, SimpleExpr},
};

use crate::model::{Language, Role, UserId};

/// A row of `users`: one account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// The name that others see.
    pub name: String,
    /// The e-mail address in lower case; unique.
    pub email: String,
    /// An Argon2id hash in PHC string format.
    pub password_hash: String,
    pub role: Role,
    /// Whether reminders are also sent by mail.
    pub reminders: bool,
    /// Whether reminders of openings are also sent by mail.
    pub opening_reminders: bool,
    /// Whether announcements are also sent by mail.
    pub announcements: bool,
    /// Whether promotions are also sent to the browsers in which push messages are turned on.
    pub push_promotions: bool,
    /// Whether reminders are also sent to them.
    pub push_reminders: bool,
    /// Whether reminders of openings are also sent to them.
    pub push_opening_reminders: bool,
    /// The time zone in which times are shown, by its IANA name; none means that of the browser.
    pub time_zone: Option<String>,
    /// Raised whenever the password or the role changes or all tokens are revoked: see
    /// [`auth_epoch`](crate::store::auth_epoch).
    pub auth_epoch: i64,
    /// Whether the owner has confirmed the e-mail address. Without that, no mail is sent to it but the one
    /// that asks for the confirmation.
    pub email_confirmed: bool,
    /// The address, in lower case, that replaces the present one once it is confirmed.
    pub pending_email: Option<String>,
    /// Since when the account can neither log in nor register.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Since when a log-in needs the second factor.
    pub second_factor_at: Option<DateTime<Utc>>,
    /// How participants reach the organizer: an e-mail address, or an address on the web.
    pub contact: Option<String>,
    /// The language of letters, and of pages where no other one was chosen; `None` until the first log-in of an
    /// account that its owner has not created.
    pub language: Option<Language>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Returns the language in which letters to the account are written: English, as long as it has none.
    #[must_use]
    pub fn reads(&self) -> Language {
        self.language.unwrap_or_default()
    }
}

/// Returns the condition that an account has an e-mail address, which must be in lower case: that of the index.
#[must_use]
pub fn has_email(email: &str) -> SimpleExpr {
    Expr::expr(Func::lower(Expr::col((Entity, Column::Email)))).eq(email)
}
