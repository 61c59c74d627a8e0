//! The browsers that get push messages.
//!
//! A subscription belongs to a log-in. It ends with it, so that nothing is shown on a device whose owner has logged
//! out, here or from elsewhere; and a browser in which another account logs in changes its owner.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use tokio_util::sync::CancellationToken;

use super::{
    Actor, Result,
    rate_limits::{RateLimit, RateLimiter},
};
use crate::{
    external::web_push::{PushServices, encryption::SubscriptionKeys},
    model::{
        DomainError, PushSubscriptionId, PushSubscriptionView, PushView,
        forms::{
            EndPushForm, FieldErrors, PUSH_ENDPOINT_LENGTH, PushSubscriptionForm, RequestProblem,
        },
    },
    ops::Clock,
    store::{
        Database, ErrorKind, InfrastructureError, auth_epoch,
        entity::push_subscription::{self, Column, Entity},
        sign_out::KeptLogIn,
    },
};

/// The largest number of subscriptions of one account: a new one ends the oldest.
pub const MOST: u64 = 10;
/// How often a subscription is stored again, if two requests store it at the same time.
const ATTEMPTS: usize = 2;
/// The number of rows that one statement of the clean-up deletes.
const CHUNK: u64 = 1_000;

/// Stores the subscriptions of accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PushSubscriptions {
    database: Database,
    clock: Clock,
    services: Option<PushServices>,
    limits: RateLimiter,
}

impl PushSubscriptions {
    /// Creates the service over a database. Without `services` the installation sends no push messages.
    #[must_use]
    pub const fn new(
        database: Database,
        clock: Clock,
        services: Option<PushServices>,
        limits: RateLimiter,
    ) -> Self {
        Self {
            database,
            clock,
            services,
            limits,
        }
    }

    /// Returns whether the installation sends push messages.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.services.is_some()
    }

    /// Returns the key with which browsers subscribe, and the subscriptions of the actor.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn of(&self, actor: Actor) -> Result<PushView> {
        let Some(services) = &self.services else {
            return Ok(PushView {
                public_key: None,
                subscriptions: Vec::new(),
            });
        };
        let rows = Entity::find()
            .filter(Column::UserId.eq(actor.id))
            .filter(push_subscription::is_logged_in(self.clock.now()))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(MOST)
            .all(self.database.read())
            .await?;
        Ok(PushView {
            public_key: Some(services.public_key().to_owned()),
            subscriptions: rows.into_iter().map(view).collect(),
        })
    }

    /// Stores the subscription of a browser or client, which ends with the log-in `log_in`. A repeat is harmless. An
    /// account has [`MOST`] subscriptions: a further one ends the oldest.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the installation sends no push messages, [`DomainError::Invalid`] if the
    /// subscription can't be sent to, [`DomainError::Unauthenticated`] if the log-in has ended, or
    /// [`DomainError::TooManyRequests`].
    pub async fn subscribe(
        &self,
        actor: Actor,
        form: PushSubscriptionForm,
        log_in: &KeptLogIn,
    ) -> Result<PushSubscriptionView> {
        let services = self.services.as_ref().ok_or(DomainError::NotFound)?;
        let account = actor.id.to_string();
        let counted = self.limits.count(RateLimit::PUSH_SUBSCRIPTIONS, &account);
        counted.await.map_err(DomainError::from)?;
        check(services, &form).await?;
        let (session_id, family_id) = match log_in {
            KeptLogIn::Session(name) => (Some(name.clone()), None),
            KeptLogIn::Family(family) => (None, Some(*family)),
            KeptLogIn::None => return Err(DomainError::Unauthenticated.into()),
        };
        let row = push_subscription::Model {
            id: PushSubscriptionId::new(),
            user_id: actor.id,
            session_id,
            family_id,
            endpoint: form.endpoint,
            p256dh: form.keys.p256dh,
            auth: form.keys.auth,
            server_key: services.public_key().to_owned(),
            created_at: self.clock.now(),
            last_used_at: None,
        };
        let mut attempt = 1;
        loop {
            match self.store(row.clone()).await {
                Err(super::Error::Infrastructure(error)) => match error.kind() {
                    ErrorKind::Duplicate if attempt < ATTEMPTS => attempt += 1,
                    // The session ended while the request was on its way.
                    ErrorKind::MissingReference => return Err(DomainError::Unauthenticated.into()),
                    _ => return Err(error.into()),
                },
                stored => return stored,
            }
        }
    }

    async fn store(&self, mut row: push_subscription::Model) -> Result<PushSubscriptionView> {
        let transaction = self.database.begin().await?;
        // Subscriptions of one account take turns, so that their number is right.
        if !auth_epoch::lock(&transaction, row.user_id).await? {
            return Err(DomainError::Unauthenticated.into());
        }
        let known = Entity::find()
            .filter(Column::Endpoint.eq(&row.endpoint))
            .one(&transaction)
            .await?;
        if let Some(known) = known {
            // Who has the address alone is not the browser, and must not end the subscription of its owner.
            let same_browser = known.p256dh == row.p256dh && known.auth == row.auth;
            if known.user_id != row.user_id && !same_browser {
                let problem = RequestProblem::NotAPushEndpoint;
                return Err(DomainError::Invalid(FieldErrors::one("endpoint", problem)).into());
            }
            if known.user_id == row.user_id {
                (row.id, row.created_at) = (known.id, known.created_at);
                row.last_used_at = known.last_used_at;
            }
            Entity::delete_by_id(known.id).exec(&transaction).await?;
        }
        Entity::insert(push_subscription::ActiveModel {
            id: Set(row.id),
            user_id: Set(row.user_id),
            session_id: Set(row.session_id.clone()),
            family_id: Set(row.family_id),
            endpoint: Set(row.endpoint.clone()),
            p256dh: Set(row.p256dh.clone()),
            auth: Set(row.auth.clone()),
            server_key: Set(row.server_key.clone()),
            created_at: Set(row.created_at),
            last_used_at: Set(row.last_used_at),
        })
        .exec_without_returning(&transaction)
        .await?;
        self.end_oldest(&transaction, &row).await?;
        transaction.commit().await?;
        Ok(view(row))
    }

    /// Deletes the subscriptions of an account above the limit: those whose log-in has ended first, then the oldest.
    async fn end_oldest<C: ConnectionTrait>(
        &self,
        transaction: &C,
        row: &push_subscription::Model,
    ) -> Result<(), InfrastructureError> {
        let of_account = || {
            Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(Column::UserId.eq(row.user_id))
        };
        let all: Vec<PushSubscriptionId> = of_account().into_tuple().all(transaction).await?;
        let most = usize::try_from(MOST).unwrap_or(usize::MAX);
        if all.len() <= most {
            return Ok(());
        }
        let newest: Vec<PushSubscriptionId> = of_account()
            .filter(Column::Id.ne(row.id))
            .filter(push_subscription::is_logged_in(self.clock.now()))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(MOST - 1)
            .into_tuple()
            .all(transaction)
            .await?;
        let kept: HashSet<_> = newest.into_iter().chain([row.id]).collect();
        let ended = all.into_iter().filter(|id| !kept.contains(id));
        Entity::delete_many()
            .filter(Column::Id.is_in(ended))
            .exec(transaction)
            .await?;
        Ok(())
    }

    /// Ends a subscription of the actor.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the actor has no subscription with this address.
    pub async fn end(&self, actor: Actor, form: &EndPushForm) -> Result<()> {
        let ended = Entity::delete_many()
            .filter(Column::UserId.eq(actor.id))
            .filter(Column::Endpoint.eq(&form.endpoint))
            .exec(self.database.write())
            .await?;
        match ended.rows_affected {
            0 => Err(DomainError::NotFound.into()),
            _ => Ok(()),
        }
    }
}

/// Deletes the subscriptions of API clients whose token family has ended; those of browsers are deleted with their
/// session. Returns their number.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn sweep(
    database: &Database,
    now: DateTime<Utc>,
    stop: &CancellationToken,
) -> Result<u64, InfrastructureError> {
    let mut deleted = 0;
    loop {
        let ended: Vec<PushSubscriptionId> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::FamilyId.is_not_null())
            .filter(Expr::exists(push_subscription::family(now)).not())
            .limit(CHUNK)
            .into_tuple()
            .all(database.read())
            .await?;
        let count = ended.len() as u64;
        if count > 0 {
            Entity::delete_many()
                .filter(Column::Id.is_in(ended))
                .exec(database.write())
                .await?;
        }
        deleted += count;
        if count < CHUNK || stop.is_cancelled() {
            return Ok(deleted);
        }
    }
}

/// Checks that messages can be encrypted for a subscription and sent to it.
async fn check(services: &PushServices, form: &PushSubscriptionForm) -> Result<(), DomainError> {
    let mut errors = FieldErrors::default();
    let short = form.endpoint.len() <= PUSH_ENDPOINT_LENGTH;
    if !short || services.check_endpoint(&form.endpoint).await.is_err() {
        errors.add("endpoint", RequestProblem::NotAPushEndpoint);
    }
    if SubscriptionKeys::parse_public(&form.keys.p256dh).is_none() {
        errors.add("keys.p256dh", RequestProblem::NotAPushKey);
    }
    if SubscriptionKeys::parse_auth(&form.keys.auth).is_none() {
        errors.add("keys.auth", RequestProblem::NotAPushKey);
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(DomainError::Invalid(errors)),
    }
}

fn view(row: push_subscription::Model) -> PushSubscriptionView {
    PushSubscriptionView {
        id: row.id,
        endpoint: row.endpoint,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    }
}
