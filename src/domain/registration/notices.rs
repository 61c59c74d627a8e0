//! The jobs that follow a change of seats: each writes its letter once, and a seat that was
//! confirmed to its holder becomes CONFIRMED in the same transaction. Reminders are of the same
//! shape.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};

use super::subjects::{Subject, subjects};
use crate::{
    domain::mailbox::{Letter, Post, letters},
    jobs::{Done, Failure, Handler, Job, JobKind, outbox::NewJob},
    model::{CompetitionId, MessageKind, RegistrationId, RegistrationStatus, UserId},
    store::{Fault, Transaction, bulk, entity::registration},
};

/// What a notice's job carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::domain) struct Payload {
    /// About which registration.
    pub registration_id: RegistrationId,
    /// To whom.
    pub user_id: UserId,
    /// In which competition.
    pub competition_id: CompetitionId,
    /// Place in the queue at the time, if it is about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waitlist_position: Option<u32>,
}

impl Payload {
    /// The job that delivers the notice.
    ///
    /// # Errors
    /// Never in practice: ids and a number always serialise.
    pub(super) fn job(&self, kind: JobKind) -> Result<NewJob, Fault> {
        let payload = serde_json::to_value(self).map_err(Fault::internal)?;
        Ok(NewJob::new(kind, self.registration_id, payload))
    }

    /// The job that reminds: there is one a registration, however often it is asked for.
    ///
    /// # Errors
    /// Never in practice, as above.
    pub(in crate::domain) fn reminder(&self) -> Result<NewJob, Fault> {
        let payload = serde_json::to_value(self).map_err(Fault::internal)?;
        let id = self.registration_id;
        Ok(NewJob::once(
            JobKind::Reminder,
            id,
            payload,
            &id.to_string(),
        ))
    }
}

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

    /// Of the letter about a registration.
    fn key(&self, id: RegistrationId) -> String {
        format!("{}:{id}", self.kind)
    }

    /// What is to be said, if there still is anything.
    fn letter(&self, payload: &Payload, subject: &Subject, now: DateTime<Utc>) -> Option<Letter> {
        // Whoever held a seat is told when the competition's rows are removed. Only what people
        // asked for themselves is still confirmed.
        if subject.deleted && self.kind != JobKind::Cancellation {
            return None;
        }
        let about = &subject.about;
        let (kind, (title, body)) = match self.kind {
            JobKind::Waitlist => (
                MessageKind::Waitlist,
                letters::waitlist(about, payload.waitlist_position.unwrap_or(1)),
            ),
            JobKind::Promotion => (MessageKind::Promotion, letters::promotion(about)),
            JobKind::Cancellation => (MessageKind::Cancellation, letters::cancellation(about)),
            JobKind::Reminder if !subject.is_ahead(now) => return None,
            JobKind::Reminder => (MessageKind::Reminder, letters::reminder(about)),
            _ => (
                MessageKind::Confirmation,
                letters::confirmation(about, !subject.status.is_live()),
            ),
        };
        Some(Letter {
            user: subject.user,
            registration: Some(payload.registration_id),
            competition: Some(subject.competition),
            kind,
            dedupe_key: self.key(payload.registration_id),
            subject: title,
            body,
        })
    }
}

#[async_trait]
impl Handler for Notices {
    async fn handle(
        &self,
        transaction: &Transaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<Done, Fault> {
        let payloads: Vec<Result<Payload, Failure>> = jobs.iter().map(Job::read).collect();
        let ids: Vec<_> = payloads
            .iter()
            .flatten()
            .map(|p| p.registration_id)
            .collect();
        let subjects = subjects(transaction, &ids, &self.public_url).await?;

        let (mut ends, mut letters, mut confirmed) = (Vec::new(), Vec::new(), Vec::new());
        for payload in payloads {
            ends.push(payload.and_then(|payload| {
                let id = payload.registration_id;
                // What is gone, with its competition or its account, needs no message any more.
                if let Some(subject) = subjects.get(&id) {
                    letters.extend(self.letter(&payload, subject, now));
                    confirmed.push(id);
                }
                Ok(())
            }));
        }
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
