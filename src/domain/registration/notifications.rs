//! The handler of notifications about single registrations.
//!
//! Each job writes its message once. With the message of a confirmation or a promotion, the registration
//! changes from `PENDING` to `CONFIRMED` in the same transaction, and the webhooks of the organizer get their deliveries.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, EntityTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use super::{
    message_order::{self, Predecessors},
    notification_message::{
        CANCELLATION, CONFIRMATION, NotificationPayload, PROMOTION, REMINDER, REMOVAL, RESEND,
        WAITLIST, message, message_kind,
    },
    recipients::{Recipient, read_recipients},
    webhook_events,
};
use crate::{
    domain::{
        mailbox::{MessageWriter, message_texts::LaterChange},
        news::News,
    },
    jobs::{Failure, Handler, HandlerOutput, Job, JobKind},
    model::{RegistrationId, RegistrationStatus},
    store::{InfrastructureError, Transaction, Writes, bulk, entity::registration},
};

/// Writes the messages of notifications of one kind.
#[derive(Debug, Clone)]
pub struct NotificationHandler {
    kind: JobKind,
    public_url: String,
    writer: MessageWriter,
    news: News,
}

impl NotificationHandler {
    /// The kinds of jobs that the handler can do.
    pub const KINDS: &'static [JobKind] = &[
        CONFIRMATION,
        WAITLIST,
        PROMOTION,
        CANCELLATION,
        REMOVAL,
        RESEND,
        REMINDER,
    ];

    /// Creates a handler for one of [`NotificationHandler::KINDS`]. Links in messages begin with
    /// `public_url`; open pages learn of messages through `news`.
    #[must_use]
    pub fn new(kind: JobKind, public_url: &str, writer: MessageWriter, news: News) -> Self {
        Self {
            kind,
            public_url: public_url.to_owned(),
            writer,
            news,
        }
    }

    /// Returns the kinds of jobs whose messages come before those of this kind.
    fn predecessors(&self) -> Predecessors {
        match self.kind {
            PROMOTION => message_order::BEFORE_PROMOTION,
            CANCELLATION | REMOVAL => message_order::BEFORE_CANCELLATION,
            _ => message_order::NONE,
        }
    }

    /// Returns those of `recipients` that have a message which the one of this kind may not follow.
    async fn overtaken(
        &self,
        transaction: &Transaction,
        recipients: &HashMap<RegistrationId, Recipient>,
    ) -> Result<HashSet<RegistrationId>, InfrastructureError> {
        let changed = recipients.iter().filter(|(_, recipient)| match self.kind {
            WAITLIST => recipient.status != RegistrationStatus::Waitlisted,
            _ => recipient.later_change() != LaterChange::None,
        });
        let ids: Vec<_> = changed.map(|(id, _)| *id).collect();
        message_order::registrations_with_successor(transaction, message_kind(self.kind), &ids)
            .await
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
        let predecessors = self.predecessors();
        let mut messages =
            message_order::earlier_messages(transaction, predecessors, &recipients, now).await?;

        let (mut results, mut confirmed) = (Vec::new(), Vec::new());
        let mut writes = Writes::default();
        let known: Vec<_> = payloads.iter().flatten().collect();
        // A job whose registration was deleted may have an event, too.
        let is_told = known.iter().any(|payload| {
            let recipient = recipients.get(&payload.registration_id);
            recipient.is_none_or(|recipient| recipient.may_have_webhooks)
        });
        let mut new_jobs = match is_told {
            true => webhook_events::add(&mut writes, transaction, self.kind, &known, now).await?,
            false => Vec::new(),
        };
        for payload in payloads {
            results.push(payload.map(|payload| {
                let id = payload.registration_id;
                // A registration that was deleted with its competition or account gets no message.
                if let Some(recipient) = recipients.get(&id) {
                    if !overtaken.contains(&id) {
                        messages.extend(message(self.kind, &payload, recipient, now));
                    }
                    confirmed.push(id);
                }
            }));
        }
        if !predecessors.is_empty() {
            message_order::date_after_earlier(transaction, &mut messages).await?;
        }
        if matches!(self.kind, CONFIRMATION | PROMOTION) && !confirmed.is_empty() {
            let backend = transaction.get_database_backend();
            let confirmation = registration::Entity::update_many()
                .col_expr(
                    registration::Column::Status,
                    Expr::value(RegistrationStatus::Confirmed),
                )
                .filter(bulk::among(
                    backend,
                    (registration::Entity, registration::Column::Id),
                    &confirmed,
                ))
                // Not the bare column: before PostgreSQL has analysed the table, it takes the index of
                // PENDING registrations for small, and would read all of it for each batch.
                .filter(Expr::cust("(status || '')").eq(RegistrationStatus::Pending))
                .build(backend);
            writes.push(confirmation);
        }
        let letters = self
            .writer
            .add(&mut writes, transaction, messages, now)
            .await?;
        new_jobs.extend(letters);
        Ok(HandlerOutput {
            results,
            new_jobs,
            writes,
        })
    }

    async fn committed(&self, jobs: &[Job]) {
        let payloads = jobs.iter().map(Job::read::<NotificationPayload>);
        let users = payloads.flatten().map(|payload| payload.user_id);
        self.news.changed(users.collect()).await;
    }
}
