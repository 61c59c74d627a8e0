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
    message::{Payload, message, message_kind},
    order,
    subjects::{Subject, subjects},
};
use crate::{
    domain::mailbox::{Post, letters::Since},
    jobs::{Done, Failure, Handler, Job, JobKind},
    model::{RegistrationId, RegistrationStatus},
    store::{InfrastructureError, Transaction, bulk, entity::registration},
};

/// Delivers notices of one kind about single registrations.
#[derive(Debug, Clone)]
pub struct Notices {
    kind: JobKind,
    public_url: String,
    post: Post,
}

impl Notices {
    /// The kinds it can deliver.
    pub const KINDS: &'static [JobKind] = &[
        JobKind::Confirmation,
        JobKind::Waitlist,
        JobKind::Promotion,
        JobKind::Cancellation,
        JobKind::Reminder,
    ];

    /// For one of [`Notices::KINDS`]; links begin with `public_url`.
    #[must_use]
    pub fn new(kind: JobKind, public_url: &str, post: Post) -> Self {
        Self {
            kind,
            public_url: public_url.to_owned(),
            post,
        }
    }

    /// Those of `subjects` about which something was written that this message may not follow.
    async fn overtaken(
        &self,
        transaction: &Transaction,
        subjects: &HashMap<RegistrationId, Subject>,
    ) -> Result<HashSet<RegistrationId>, InfrastructureError> {
        let moved_on = subjects.iter().filter(|(_, subject)| match self.kind {
            JobKind::Waitlist => subject.status != RegistrationStatus::Waitlisted,
            _ => subject.since() != Since::Holds,
        });
        let ids: Vec<_> = moved_on.map(|(id, _)| *id).collect();
        order::overtaken(transaction, message_kind(self.kind), &ids).await
    }
}

#[async_trait]
impl Handler for Notices {
    async fn handle(
        &self,
        transaction: &Transaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<Done, InfrastructureError> {
        let payloads: Vec<Result<Payload, Failure>> = jobs.iter().map(Job::read).collect();
        let ids: Vec<_> = payloads
            .iter()
            .flatten()
            .map(|p| p.registration_id)
            .collect();
        let subjects = subjects(transaction, &ids, &self.public_url).await?;

        let overtaken = self.overtaken(transaction, &subjects).await?;
        let mut letters = order::earlier(transaction, self.kind, &subjects, now).await?;

        let (mut ends, mut confirmed) = (Vec::new(), Vec::new());
        for payload in payloads {
            ends.push(payload.map(|payload| {
                let id = payload.registration_id;
                // What is gone, with its competition or its account, needs no message any more.
                if let Some(subject) = subjects.get(&id) {
                    if !overtaken.contains(&id) {
                        letters.extend(message(self.kind, &payload, subject, now));
                    }
                    confirmed.push(id);
                }
            }));
        }
        order::date(transaction, self.kind, &mut letters).await?;
        let born = self.post.deliver(transaction, letters, now).await?;
        if matches!(self.kind, JobKind::Confirmation | JobKind::Promotion) {
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
        Ok(Done { ends, born })
    }
}
