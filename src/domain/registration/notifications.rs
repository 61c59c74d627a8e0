//! The jobs that follow a change of seats: each writes its letter once, and a seat that was
//! confirmed to its holder becomes CONFIRMED in the same transaction. Reminders are of the same
//! shape.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{
    job_kinds, message_order,
    notification_message::{NotificationPayload, message, message_kind},
    recipients::{Recipient, read_recipients},
};
use crate::{
    domain::mailbox::{MessageWriter, message_texts::LaterChange},
    jobs::{Failure, Handler, HandlerOutput, Job, JobKind},
    model::{RegistrationId, RegistrationStatus},
    store::{InfrastructureError, Transaction, bulk, entity::registration},
};

/// Delivers notifications of one kind about single registrations.
#[derive(Debug, Clone)]
pub struct NotificationHandler {
    kind: JobKind,
    public_url: String,
    writer: MessageWriter,
}

impl NotificationHandler {
    /// The kinds it can deliver.
    pub const KINDS: &'static [JobKind] = &[
        job_kinds::CONFIRMATION,
        job_kinds::WAITLIST,
        job_kinds::PROMOTION,
        job_kinds::CANCELLATION,
        job_kinds::REMINDER,
    ];

    /// For one of [`NotificationHandler::KINDS`]; links begin with `public_url`.
    #[must_use]
    pub fn new(kind: JobKind, public_url: &str, writer: MessageWriter) -> Self {
        Self {
            kind,
            public_url: public_url.to_owned(),
            writer,
        }
    }

    /// Those of `recipients` about which something was written that this message may not follow.
    async fn overtaken(
        &self,
        transaction: &Transaction,
        recipients: &HashMap<RegistrationId, Recipient>,
    ) -> Result<HashSet<RegistrationId>, InfrastructureError> {
        let moved_on = recipients.iter().filter(|(_, recipient)| match self.kind {
            job_kinds::WAITLIST => recipient.status != RegistrationStatus::Waitlisted,
            _ => recipient.since() != LaterChange::None,
        });
        let ids: Vec<_> = moved_on.map(|(id, _)| *id).collect();
        message_order::overtaken(transaction, message_kind(self.kind), &ids).await
    }
}

#[async_trait]
impl Handler for NotificationHandler {
    async fn handle(
        &self,
        transaction: &Transaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<HandlerOutput, InfrastructureError> {
        let payloads: Vec<Result<NotificationPayload, Failure>> =
            jobs.iter().map(Job::read).collect();
        let ids: Vec<_> = payloads
            .iter()
            .flatten()
            .map(|p| p.registration_id)
            .collect();
        let recipients = read_recipients(transaction, &ids, &self.public_url).await?;

        let overtaken = self.overtaken(transaction, &recipients).await?;
        let mut letters = message_order::earlier(transaction, self.kind, &recipients, now).await?;

        let (mut results, mut confirmed) = (Vec::new(), Vec::new());
        for payload in payloads {
            results.push(payload.map(|payload| {
                let id = payload.registration_id;
                // What is gone, with its competition or its account, needs no message any more.
                if let Some(recipient) = recipients.get(&id) {
                    if !overtaken.contains(&id) {
                        letters.extend(message(self.kind, &payload, recipient, now));
                    }
                    confirmed.push(id);
                }
            }));
        }
        message_order::date(transaction, self.kind, &mut letters).await?;
        let new_jobs = self.writer.write(transaction, letters, now).await?;
        if matches!(self.kind, job_kinds::CONFIRMATION | job_kinds::PROMOTION) {
            registration::Entity::update_many()
                .col_expr(
                    registration::Column::Status,
                    Expr::value(RegistrationStatus::Confirmed),
                )
                .filter(bulk::among(
                    transaction.get_database_backend(),
                    (registration::Entity, registration::Column::Id),
                    &confirmed,
                ))
                // Not the bare column: an index of who is PENDING looks small to a PostgreSQL that
                // has not counted them yet, and would be read whole for each batch.
                .filter(Expr::cust("(status || '')").eq(RegistrationStatus::Pending))
                .exec(transaction)
                .await?;
        }
        Ok(HandlerOutput { results, new_jobs })
    }
}
