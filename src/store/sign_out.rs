//! Ends everything that an account was given at its log-ins, in the transaction of the change that makes
//! it necessary: sessions of browsers, refresh tokens of API clients, and tokens that were sent by mail. If no log-in is
//! kept (a forgotten password, an administrator's decision), the API keys end, too: whoever had the account may have made
//! some.
//!
//! It raises the [authentication epoch](super::auth_epoch) first, which locks the account's row. So a
//! log-in that was verified before gets nothing after it, and a rotation of a refresh token takes its turn.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    InfrastructureError, auth_epoch,
    entity::{account_token, api_key, refresh_token, session},
};
use crate::model::UserId;

/// The log-in that is kept, because the change comes from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeptLogIn {
    /// No log-in is kept.
    #[default]
    None,
    /// The session of a browser, by the name under which it is stored.
    Session(String),
    /// The token family of an API client.
    Family(Uuid),
}

/// The sessions that were ended, to be removed from the cache after the commit.
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use = "the cache still has these sessions"]
pub struct EndedSessions(pub(super) Vec<String>);

/// Ends all log-ins of an account but the kept one, and withdraws all tokens that were sent by mail.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn everywhere<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
    kept: &KeptLogIn,
    now: DateTime<Utc>,
) -> Result<EndedSessions, InfrastructureError> {
    auth_epoch::raise(transaction, account).await?;
    let mut of_account = Condition::all().add(session::Column::UserId.eq(account));
    if let KeptLogIn::Session(name) = kept {
        of_account = of_account.add(session::Column::Id.ne(name));
    }
    let ended: Vec<String> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(of_account.clone())
        .into_tuple()
        .all(transaction)
        .await?;
    session::Entity::delete_many()
        .filter(of_account)
        .exec(transaction)
        .await?;
    let mut live = Condition::all()
        .add(refresh_token::Column::UserId.eq(account))
        .add(refresh_token::Column::RevokedAt.is_null());
    if let KeptLogIn::Family(family) = kept {
        live = live.add(refresh_token::Column::FamilyId.ne(*family));
    }
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::RevokedAt, Expr::value(now))
        .filter(live)
        .exec(transaction)
        .await?;
    account_token::Entity::delete_many()
        .filter(account_token::Column::UserId.eq(account))
        .exec(transaction)
        .await?;
    if *kept == KeptLogIn::None {
        api_key::Entity::delete_many()
            .filter(api_key::Column::UserId.eq(account))
            .exec(transaction)
            .await?;
    }
    Ok(EndedSessions(ended))
}
