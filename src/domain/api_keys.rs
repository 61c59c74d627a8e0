//! The keys with which programs of organizers call the API.
//!
//! A key is `mck_` and 40 random letters and digits. The first eight of them are no secret: they find the row, and show
//! the owner which key it is. The others have 190 random bits, so that the hash of a key needs neither a salt nor a slow
//! function. Each request reads the key and the account of its owner from the database; nothing is kept in memory, so a
//! key that was deleted is refused at once by every process, and so are the keys of an account that is disabled or is
//! no organizer any more.
//!
//! A key acts as its owner in the role of an organizer, also if the owner is an administrator, and within its scopes.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    Actor, Result,
    accounts::VerifiedAccount,
    audit::{Audit, AuditEvent},
    rate_limits::{RateLimit, RateLimiter},
};
use crate::{
    model::{
        ApiKeyId, ApiKeyScope, ApiKeyView, AuditAction, AuditOutcome, DomainError, Role, UserView,
        forms::{ApiKeyInput, FieldErrors, FieldProblem},
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, audit, auth_epoch,
        entity::{
            api_key::{ActiveModel, Column, Entity, Model},
            user,
        },
    },
};

/// Begins every key, so that people and scanners for leaked secrets recognise it.
const PREFIX: &str = "mck_";
/// The number of random characters of a key.
const RANDOM: usize = 40;
/// The number of those that are no secret.
const PUBLIC: usize = 8;
/// The number of last characters that lists show.
const LAST: usize = 4;
/// The largest number of keys of one account.
pub const MOST: u64 = 20;
/// How often the use of a key is noted at most.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How long an expired key is listed, so that its owner sees why a program stopped.
pub const LISTED_DAYS: i64 = 30;

/// A key that a request was sent with, and its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedApiKey {
    /// The owner as it is now, with the role of an organizer.
    pub user: UserView,
    /// What the key may do.
    pub scopes: Vec<ApiKeyScope>,
}

impl VerifiedApiKey {
    /// Returns the owner as the domain's actor.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::from(&self.user)
    }
}

/// Creates, lists, deletes and verifies API keys. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ApiKeys {
    database: Database,
    clock: Clock,
    audit: Audit,
    limits: RateLimiter,
}

impl ApiKeys {
    /// Creates the service over a database.
    #[must_use]
    pub const fn new(database: Database, clock: Clock, audit: Audit, limits: RateLimiter) -> Self {
        Self {
            database,
            clock,
            audit,
            limits,
        }
    }

    /// Returns the keys of the actor, the newest first.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] if the actor is no organizer.
    pub async fn list(&self, actor: Actor) -> Result<Vec<ApiKeyView>> {
        self.require_organizer(actor).await?;
        let rows = Entity::find()
            .filter(Column::UserId.eq(actor.id))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(MOST)
            .all(self.database.read())
            .await?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// Creates a key of the actor. The view that is returned is the only place where the whole key ever is.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] if the actor is no organizer, [`DomainError::Invalid`] also if the account
    /// has [`MOST`] keys, or [`DomainError::TooManyRequests`].
    pub async fn create(&self, actor: Actor, input: ApiKeyInput) -> Result<ApiKeyView> {
        self.require_organizer(actor).await?;
        let now = self.clock.now();
        let input = input.check(now)?;
        let account = actor.id.to_string();
        let counted = self.limits.count(RateLimit::API_KEYS, &account).await;
        counted.map_err(DomainError::from)?;
        let key = generate();
        let row = Model {
            id: ApiKeyId::new(),
            user_id: actor.id,
            name: input.name,
            start: key.chars().take(PREFIX.len() + PUBLIC).collect(),
            last_four: key.chars().skip(PREFIX.len() + RANDOM - LAST).collect(),
            hash: hash(&key),
            scopes: written(&input.scopes),
            created_at: now,
            expires_at: input.expires_at,
            last_used_at: None,
        };
        let event = AuditEvent::by(actor, AuditAction::ApiKeyCreate, AuditOutcome::Done);
        let detail = json!({ "key": row.id, "scopes": input.scopes, "expiresAt": row.expires_at });
        let record = self.audit.record(event.on(Some(actor.id)).with(detail));
        let transaction = self.database.begin().await?;
        // Keys of one account are created in turns, so that their number is right.
        if !auth_epoch::lock(&transaction, actor.id).await? {
            return Err(DomainError::Unauthenticated.into());
        }
        let of_account = Entity::find().filter(Column::UserId.eq(actor.id));
        if of_account.count(&transaction).await? >= MOST {
            let problem = FieldProblem::TooManyApiKeys(MOST);
            return Err(FieldErrors::one("name", problem).into());
        }
        Entity::insert(ActiveModel {
            id: Set(row.id),
            user_id: Set(row.user_id),
            name: Set(row.name.clone()),
            start: Set(row.start.clone()),
            last_four: Set(row.last_four.clone()),
            hash: Set(row.hash.clone()),
            scopes: Set(row.scopes.clone()),
            created_at: Set(row.created_at),
            expires_at: Set(row.expires_at),
            last_used_at: Set(None),
        })
        .exec_without_returning(&transaction)
        .await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(ApiKeyView {
            key: Some(key),
            ..view(row)
        })
    }

    /// Deletes a key of the actor. Requests with it are refused from now on.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] if the actor is no organizer, and [`DomainError::NotFound`] if the actor has
    /// no such key.
    pub async fn delete(&self, actor: Actor, id: ApiKeyId) -> Result<()> {
        self.require_organizer(actor).await?;
        let event = AuditEvent::by(actor, AuditAction::ApiKeyDelete, AuditOutcome::Done);
        let event = event.on(Some(actor.id)).with(json!({ "key": id }));
        let record = self.audit.record(event);
        let transaction = self.database.begin().await?;
        let deleted = Entity::delete_by_id(id)
            .filter(Column::UserId.eq(actor.id))
            .exec(&transaction)
            .await?;
        if deleted.rows_affected == 0 {
            return Err(DomainError::NotFound.into());
        }
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(())
    }

    /// Returns the key that a request was sent with, and its owner as it is now.
    ///
    /// # Errors
    /// Returns [`DomainError::Unauthenticated`] if there is no such key, it has expired, or its owner is disabled or no
    /// organizer.
    pub async fn verify(&self, key: &str) -> Result<VerifiedApiKey> {
        let start = start_of(key).ok_or(DomainError::Unauthenticated)?;
        let found = Entity::find()
            .filter(Column::Start.eq(start))
            .find_also_related(user::Entity)
            .one(self.database.read())
            .await?;
        let Some((row, Some(owner))) = found else {
            return Err(DomainError::Unauthenticated.into());
        };
        let now = self.clock.now();
        let is_key = verify_slices_are_equal(hash(key).as_bytes(), row.hash.as_bytes()).is_ok();
        let is_valid = row.expires_at.is_none_or(|at| now < at);
        let may_use = owner.disabled_at.is_none() && owner.role >= Role::Organizer;
        if !is_key || !is_valid || !may_use {
            return Err(DomainError::Unauthenticated.into());
        }
        self.note_use(&row, now).await;
        let VerifiedAccount { user, .. } = owner.into();
        Ok(VerifiedApiKey {
            user: UserView {
                role: Role::Organizer,
                ..user
            },
            scopes: read_scopes(&row.scopes),
        })
    }

    /// Notes that a key was used, at most once a minute. The request goes on if that fails.
    async fn note_use(&self, row: &Model, now: DateTime<Utc>) {
        let before = now - NOTED_EVERY;
        if row.last_used_at.is_some_and(|at| at > before) {
            return;
        }
        let stale = Column::LastUsedAt
            .is_null()
            .or(Column::LastUsedAt.lte(before));
        let noted = Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(now))
            .filter(Column::Id.eq(row.id))
            .filter(stale)
            .exec(self.database.write())
            .await
            .map_err(InfrastructureError::from);
        if let Err(error) = noted {
            tracing::warn!(%error, api_key.id = %row.id, "Could not note the use of API key {}", row.id);
        }
    }

    async fn require_organizer(&self, actor: Actor) -> Result<()> {
        let allowed = actor.must_be(Role::Organizer);
        self.audit.access(actor, None, allowed).await
    }
}

/// Returns whether a bearer token is meant as an API key.
#[must_use]
pub fn is_api_key(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Returns a new key.
fn generate() -> String {
    let random = rand::rng().sample_iter(rand::distr::Alphanumeric);
    let random: String = random.take(RANDOM).map(char::from).collect();
    format!("{PREFIX}{random}")
}

/// Returns the beginning of a key; `None` if the text does not have the form of a key.
fn start_of(key: &str) -> Option<&str> {
    let random = key.strip_prefix(PREFIX)?;
    let is_form = random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric());
    is_form.then(|| key.get(..PREFIX.len() + PUBLIC)).flatten()
}

fn hash(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

fn written(scopes: &[ApiKeyScope]) -> String {
    let names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    names.join(" ")
}

/// Reads stored scopes. One that this release does not know allows nothing.
pub(in crate::domain) fn read_scopes(scopes: &str) -> Vec<ApiKeyScope> {
    scopes
        .split(' ')
        .filter_map(|name| name.parse().ok())
        .collect()
}

fn view(row: Model) -> ApiKeyView {
    ApiKeyView {
        id: row.id,
        name: row.name,
        start: row.start,
        last_four: row.last_four,
        scopes: read_scopes(&row.scopes),
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        key: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_form_and_its_beginning_is_no_secret() {
        let (one, other) = (generate(), generate());
        assert_ne!(one, other);
        assert!(is_api_key(&one) && one.len() == 44);
        assert_eq!(start_of(&one), Some(&one[..12]));
        for bad in [
            "mck_",
            &one[..43],
            &format!("{one}x"),
            &one.replace("mck_", "mcx_"),
            &format!("{}é", &one[..42]),
            &format!("{}-", &one[..43]),
        ] {
            assert_eq!(start_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn scopes_are_read_back_and_unknown_ones_allow_nothing() {
        assert_eq!(read_scopes(&written(ApiKeyScope::ALL)), ApiKeyScope::ALL);
        assert_eq!(read_scopes("EVERYTHING"), []);
        assert_eq!(read_scopes(""), []);
    }
}
