//! Webhooks: an organizer's programs are told when something happens in the organizer's competitions, as the Standard
//! Webhooks specification describes it.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`events`] | what webhooks are told |
//! | [`fan_out`] | writes a delivery and its job for each webhook that wants an event |
//! | [`delivery`] | sends it, and leaves receivers alone that fail |
//! | [`delivery_log`] | lists deliveries, and has them sent again |
//! | [`secrets`] | encrypts the secrets that sign |
//!
//! An event of a registration is noted by the job that writes the message about it, in the same transaction
//! (`registration/notifications.rs`): the transactions in which people register cost nothing more. An edit notes its
//! event itself. Either way a delivery exists exactly if the event is committed.

mod delivery;
mod delivery_log;
pub(in crate::domain) mod events;
pub(in crate::domain) mod fan_out;
pub mod secrets;

use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use serde_json::json;

pub use self::delivery::{KIND, WebhookDelivery};
use self::secrets::{NewSecret, WebhookSecrets};
use super::{
    Actor, Result,
    audit::{Audit, AuditEvent},
    rate_limits::{RateLimit, RateLimiter},
};
use crate::{
    external::{
        public_address::{AddressRule, RefusedAddress},
        webhook_sender,
    },
    jobs::outbox::Outbox,
    model::{
        AuditAction, AuditOutcome, DomainError, Role, UserId, WebhookEvent, WebhookId, WebhookView,
        forms::{FieldErrors, FieldProblem, WebhookInput},
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, audit, auth_epoch,
        entity::webhook::{ActiveModel, Column, Entity, Model},
    },
};

/// The largest number of webhooks of one account.
pub const MOST: u64 = 10;
/// How long the former secret signs, too.
const BOTH_SIGN: TimeDelta = TimeDelta::hours(24);
/// How long deliveries are kept.
pub const KEPT_DAYS: i64 = 14;

/// What the service of webhooks is made of.
#[derive(Debug, Clone)]
pub struct WebhookParts {
    pub database: Database,
    pub clock: Clock,
    pub outbox: Outbox,
    pub audit: Audit,
    pub limits: RateLimiter,
    pub secrets: WebhookSecrets,
    /// Which addresses webhooks may have.
    pub addresses: AddressRule,
}

/// Creates, lists and deletes webhooks, and shows and replays their deliveries. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhooks(WebhookParts);

impl Webhooks {
    /// Creates the service from its parts.
    #[must_use]
    pub const fn new(parts: WebhookParts) -> Self {
        Self(parts)
    }

    /// Returns the webhooks of the actor, the newest first.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] if the actor is no organizer.
    pub async fn list(&self, actor: Actor) -> Result<Vec<WebhookView>> {
        self.require_organizer(actor).await?;
        let rows = Entity::find()
            .filter(Column::UserId.eq(actor.id))
            .order_by_desc(Column::Id)
            .limit(MOST)
            .all(self.0.database.read())
            .await?;
        Ok(rows.into_iter().map(|row| self.view(row)).collect())
    }

    /// Creates a webhook of the actor. The view that is returned is the only one with the secret.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] if the actor is no organizer, [`DomainError::Invalid`] also if the address
    /// does not lead to a public one or the account has [`MOST`] webhooks, or [`DomainError::TooManyRequests`].
    pub async fn create(&self, actor: Actor, input: WebhookInput) -> Result<WebhookView> {
        self.require_organizer(actor).await?;
        let (url, events) = input.check()?;
        self.count(RateLimit::WEBHOOKS, actor).await?;
        self.check_address(&url).await?;
        let now = self.0.clock.now();
        let (id, secret) = (WebhookId::new(), NewSecret::generate());
        let row = Model {
            id,
            user_id: actor.id,
            url,
            events: written(&events),
            secrets: self.0.secrets.seal(id, &secret, None)?,
            key_name: self.0.secrets.key_name().to_owned(),
            previous_secret_until: None,
            created_at: now,
            failures: 0,
            failing_since: None,
            quiet_until: None,
            off_at: None,
        };
        let detail = json!({ "webhook": id, "events": events });
        let event = AuditEvent::by(actor, AuditAction::WebhookCreate, AuditOutcome::Done);
        let record = self.0.audit.record(event.on(Some(actor.id)).with(detail));
        let transaction = self.0.database.begin().await?;
        // Webhooks of one account are created in turns, so that their number is right.
        if !auth_epoch::lock(&transaction, actor.id).await? {
            return Err(DomainError::Unauthenticated.into());
        }
        let of_account = Entity::find().filter(Column::UserId.eq(actor.id));
        if of_account.count(&transaction).await? >= MOST {
            let problem = FieldProblem::TooManyWebhooks(MOST);
            return Err(FieldErrors::one("url", problem).into());
        }
        Entity::insert(ActiveModel {
            id: Set(row.id),
            user_id: Set(row.user_id),
            url: Set(row.url.clone()),
            events: Set(row.events.clone()),
            secrets: Set(row.secrets.clone()),
            key_name: Set(row.key_name.clone()),
            created_at: Set(row.created_at),
            ..ActiveModel::default()
        })
        .exec_without_returning(&transaction)
        .await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(WebhookView {
            secret: Some(secret.into_text()),
            ..self.view(row)
        })
    }

    /// Deletes a webhook of the actor. Nothing is sent to it from now on, also no event that waits.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] if the actor is no organizer, and [`DomainError::NotFound`] if the actor has
    /// no such webhook.
    pub async fn delete(&self, actor: Actor, id: WebhookId) -> Result<()> {
        self.require_organizer(actor).await?;
        let event = AuditEvent::by(actor, AuditAction::WebhookDelete, AuditOutcome::Done);
        let event = event.on(Some(actor.id)).with(json!({ "webhook": id }));
        let record = self.0.audit.record(event);
        let transaction = self.0.database.begin().await?;
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

    /// Gives a webhook a new secret. For a day, requests are signed with the former one, too.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`], [`DomainError::NotFound`], or [`DomainError::TooManyRequests`].
    pub async fn replace_secret(&self, actor: Actor, id: WebhookId) -> Result<WebhookView> {
        self.require_organizer(actor).await?;
        self.count(RateLimit::WEBHOOKS, actor).await?;
        let now = self.0.clock.now();
        let event = AuditEvent::by(actor, AuditAction::WebhookSecretReplace, AuditOutcome::Done);
        let event = event.on(Some(actor.id)).with(json!({ "webhook": id }));
        let record = self.0.audit.record(event);
        let transaction = self.0.database.begin().await?;
        // Replacements take turns, so that the former secret is the one that was in force.
        if !auth_epoch::lock(&transaction, actor.id).await? {
            return Err(DomainError::Unauthenticated.into());
        }
        let found = Entity::find_by_id(id)
            .filter(Column::UserId.eq(actor.id))
            .one(&transaction)
            .await?;
        let mut row = found.ok_or(DomainError::NotFound)?;
        let secret = NewSecret::generate();
        let former = self.0.secrets.newest(&row);
        row.secrets = self.0.secrets.seal(id, &secret, former.as_deref())?;
        row.previous_secret_until = former.map(|_| now + BOTH_SIGN);
        Entity::update_many()
            .col_expr(Column::Secrets, Expr::value(row.secrets.clone()))
            .col_expr(Column::KeyName, Expr::value(self.0.secrets.key_name()))
            .col_expr(
                Column::PreviousSecretUntil,
                Expr::value(row.previous_secret_until),
            )
            .filter(Column::Id.eq(id))
            .exec(&transaction)
            .await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(WebhookView {
            secret: Some(secret.into_text()),
            ..self.view(row)
        })
    }

    /// Checks that the actor has this webhook.
    async fn own(&self, actor: Actor, id: WebhookId) -> Result<()> {
        self.require_organizer(actor).await?;
        let found = Entity::find_by_id(id)
            .filter(Column::UserId.eq(actor.id))
            .count(self.0.database.read())
            .await?;
        match found {
            0 => Err(DomainError::NotFound.into()),
            _ => Ok(()),
        }
    }

    async fn check_address(&self, url: &str) -> Result<()> {
        let problem = match webhook_sender::check_address(self.0.addresses, url).await {
            Ok(()) => return Ok(()),
            Err(RefusedAddress::NotPublic) => FieldProblem::NotAPublicAddress,
            Err(_) => FieldProblem::NotAWebhookAddress,
        };
        Err(FieldErrors::one("url", problem).into())
    }

    async fn count(&self, limit: RateLimit, actor: Actor) -> Result<()> {
        let counted = self.0.limits.count(limit, &actor.id.to_string()).await;
        Ok(counted.map_err(DomainError::from)?)
    }

    async fn require_organizer(&self, actor: Actor) -> Result<()> {
        let allowed = actor.must_be(Role::Organizer);
        self.0.audit.access(actor, None, allowed).await
    }

    fn view(&self, row: Model) -> WebhookView {
        let now = self.0.clock.now();
        WebhookView {
            id: row.id,
            url: row.url,
            events: read_events(&row.events),
            created_at: row.created_at,
            failing_since: row.failing_since,
            off_at: row.off_at,
            previous_secret_until: row.previous_secret_until.filter(|until| now < *until),
            secret: None,
        }
    }
}

/// Deletes the webhooks of an account that is deleted. What was sent to them expires like all other deliveries.
pub(super) async fn delete_of<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
) -> Result<(), InfrastructureError> {
    Entity::delete_many()
        .filter(Column::UserId.eq(account))
        .exec(transaction)
        .await?;
    Ok(())
}

fn written(events: &[WebhookEvent]) -> String {
    let names: Vec<_> = events.iter().map(|event| event.as_str()).collect();
    names.join(" ")
}

/// Reads stored events. One that this release does not know is left out.
pub(in crate::domain) fn read_events(events: &str) -> Vec<WebhookEvent> {
    events
        .split(' ')
        .filter_map(|name| name.parse().ok())
        .collect()
}
