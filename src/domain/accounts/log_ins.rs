//! The log-ins of an account: sessions of browsers, and token families of API clients. Their owner sees
//! them, ends one of them, or ends all others.
//!
//! | | browser | API client |
//! | --- | --- | --- |
//! | is a row of | `sessions` | `refresh_tokens` (the family's last) |
//! | ends without use | after 30 days | |
//! | ends in any case | [`lifetime`] after the log-in | the same |
//!
//! What is dangerous needs a log-in of the last [`RECENT_MINUTES`] minutes, so that a browser which was left
//! open does not hand over the account.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{Accounts, Origin};
use crate::{
    domain::{Actor, Result, audit::AuditEvent},
    model::{
        AuditAction, AuditOutcome, DomainError, LogInKind, LogInView, Role,
        forms::ConfirmPasswordForm,
    },
    store::{
        audit, auth_epoch,
        entity::refresh_token,
        sessions::of_account::{self, StoredSession},
        sign_out::{self, EndedSessions, KeptLogIn},
    },
};

/// How old a log-in may be for what is dangerous, in minutes.
pub const RECENT_MINUTES: i64 = 15;
/// How long a log-in lasts at most, in days.
pub const LIFETIME_DAYS: i64 = 30;
/// The same for administrators, in hours.
pub const ADMIN_LIFETIME_HOURS: i64 = 12;
/// The largest number of API clients that are listed: the newest.
const LISTED: u64 = 100;

/// Returns how long a log-in lasts at most, however often it is used.
#[must_use]
pub const fn lifetime(role: Role) -> TimeDelta {
    match role {
        Role::Admin => TimeDelta::hours(ADMIN_LIFETIME_HOURS),
        Role::Participant | Role::Organizer => TimeDelta::days(LIFETIME_DAYS),
    }
}

/// Checks that the log-in of a request happened within the last [`RECENT_MINUTES`] minutes.
///
/// # Errors
/// Returns [`DomainError::RecentLoginRequired`] if it did not, or if it is not known when it happened.
pub fn must_be_recent(
    authenticated_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), DomainError> {
    let recent = TimeDelta::minutes(RECENT_MINUTES);
    match authenticated_at {
        Some(at) if now - at < recent => Ok(()),
        _ => Err(DomainError::RecentLoginRequired),
    }
}

impl Accounts {
    /// Returns the log-ins of the actor, the newest first. `current` is the one that the request comes
    /// from.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn log_ins(&self, actor: Actor, current: &KeptLogIn) -> Result<Vec<LogInView>> {
        let now = self.clock.now();
        let sessions = of_account::list(self.database.read(), actor.id, now).await?;
        let families = refresh_token::Entity::find()
            .filter(refresh_token::Column::UserId.eq(actor.id))
            .filter(refresh_token::Column::RotatedAt.is_null())
            .filter(refresh_token::Column::RevokedAt.is_null())
            .filter(refresh_token::Column::ExpiresAt.gt(now))
            .order_by_desc(refresh_token::Column::CreatedAt)
            .limit(LISTED)
            .all(self.database.read())
            .await?;
        let mut views: Vec<_> = sessions
            .into_iter()
            .map(|session| LogInView {
                current: *current == KeptLogIn::Session(session.name.clone()),
                ..view_of_session(session)
            })
            .chain(families.into_iter().map(|row| LogInView {
                id: row.family_id,
                kind: LogInKind::ApiClient,
                device: None,
                created_at: row.authenticated_at.unwrap_or(row.created_at),
                last_seen_at: Some(row.created_at),
                expires_at: row.expires_at,
                current: *current == KeptLogIn::Family(row.family_id),
            }))
            .collect();
        views.sort_by_key(|view| std::cmp::Reverse((view.current, view.created_at)));
        Ok(views)
    }

    /// Ends one log-in of the actor.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the actor has no such log-in.
    pub async fn end_log_in(&self, actor: Actor, id: Uuid) -> Result<()> {
        let now = self.clock.now();
        let sessions = of_account::list(self.database.read(), actor.id, now).await?;
        let session = sessions
            .into_iter()
            .find(|session| id_of_session(&session.name) == id);
        let event = AuditEvent::by(actor, AuditAction::LogOut, AuditOutcome::Done);
        let record = self.guard.audit.record(event.on(Some(actor.id)));
        let transaction = self.database.begin().await?;
        // Access tokens of the log-in are looked up from now on.
        auth_epoch::raise(&transaction, actor.id).await?;
        let ended = match session {
            Some(session) => of_account::end(&transaction, actor.id, &session.name).await?,
            None => {
                let revoked = refresh_token::Entity::update_many()
                    .col_expr(refresh_token::Column::RevokedAt, Expr::value(now))
                    .filter(refresh_token::Column::UserId.eq(actor.id))
                    .filter(refresh_token::Column::FamilyId.eq(id))
                    .filter(refresh_token::Column::RevokedAt.is_null())
                    .exec(&transaction)
                    .await?;
                (revoked.rows_affected > 0).then(EndedSessions::default)
            }
        };
        let ended = ended.ok_or(DomainError::NotFound)?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(self.forget(actor.id, ended).await?)
    }

    /// Ends all log-ins of the actor but the current one.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn end_other_log_ins(&self, actor: Actor, current: &KeptLogIn) -> Result<()> {
        let event = AuditEvent::by(actor, AuditAction::LogOut, AuditOutcome::Done);
        let event = event
            .on(Some(actor.id))
            .with(serde_json::json!({ "which": "all others" }));
        let record = self.guard.audit.record(event);
        let transaction = self.database.begin().await?;
        let now = self.clock.now();
        let ended = sign_out::everywhere(&transaction, actor.id, current, now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(self.forget(actor.id, ended).await?)
    }

    /// Checks the actor's password, so that the log-in counts as recent. Wrong passwords count as failed
    /// log-ins.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidCredentials`] or
    /// [`DomainError::TooManyRequests`].
    pub async fn confirm_password(
        &self,
        actor: Actor,
        form: &ConfirmPasswordForm,
        origin: &Origin,
    ) -> Result<()> {
        let password = form.parse()?;
        self.prove_password(actor, password, AuditAction::LogIn, origin)
            .await
            .map(|_| ())
    }
}

fn view_of_session(session: StoredSession) -> LogInView {
    LogInView {
        id: id_of_session(&session.name),
        kind: LogInKind::Browser,
        device: session.device,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        expires_at: session.expires_at,
        current: false,
    }
}

/// Returns the id of a session for its owner: the first half of the name under which it is stored, which is
/// a hash of what is in the cookie.
fn id_of_session(name: &str) -> Uuid {
    let half = name.get(..32).and_then(|half| Uuid::try_parse(half).ok());
    half.unwrap_or_default()
}
