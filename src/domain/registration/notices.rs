//! The jobs that follow a change of seats: each writes its letter once, and a seat that was
//! confirmed to its holder becomes CONFIRMED in the same transaction.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, JoinType, QueryFilter,
    QuerySelect, RelationTrait, sea_query::Expr,
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::mailbox::{
        Letter, deliver,
        letters::{self, About},
    },
    jobs::{Failure, Handler, Job, JobKind, outbox::NewJob},
    model::{CompetitionId, MessageKind, RegistrationId, RegistrationStatus, UserId},
    store::{
        Fault, bulk,
        entity::{competition, registration, user},
    },
};

/// What a notice's job carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payload {
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
}

/// The job that tells everyone in a competition that it is called off.
#[must_use]
pub(super) fn called_off(competition: CompetitionId) -> NewJob {
    NewJob::new(
        JobKind::CalledOff,
        competition,
        serde_json::json!({ "competitionId": competition }),
    )
}

/// Delivers notices of one kind about single registrations.
#[derive(Debug, Clone)]
pub struct Notices {
    kind: JobKind,
    public_url: String,
}

/// A registration with what its letters say.
struct Subject {
    user: UserId,
    competition: CompetitionId,
    status: RegistrationStatus,
    about: About,
}

impl Notices {
    /// The kinds it can deliver.
    pub const KINDS: &'static [JobKind] = &[
        JobKind::Confirmation,
        JobKind::Waitlist,
        JobKind::Promotion,
        JobKind::Cancellation,
    ];

    /// For one of [`Notices::KINDS`]; links begin with `public_url`.
    #[must_use]
    pub fn new(kind: JobKind, public_url: &str) -> Self {
        Self {
            kind,
            public_url: public_url.to_owned(),
        }
    }

    fn letter(&self, payload: &Payload, subject: &Subject) -> Letter {
        let about = &subject.about;
        let (kind, (title, body)) = match self.kind {
            JobKind::Waitlist => (
                MessageKind::Waitlist,
                letters::waitlist(about, payload.waitlist_position.unwrap_or(1)),
            ),
            JobKind::Promotion => (MessageKind::Promotion, letters::promotion(about)),
            JobKind::Cancellation => (MessageKind::Cancellation, letters::cancellation(about)),
            _ => (
                MessageKind::Confirmation,
                letters::confirmation(about, !subject.status.is_live()),
            ),
        };
        Letter {
            user: subject.user,
            registration: Some(payload.registration_id),
            competition: Some(subject.competition),
            kind,
            dedupe_key: format!("{}:{}", self.kind, payload.registration_id),
            subject: title,
            body,
        }
    }
}

#[async_trait]
impl Handler for Notices {
    async fn handle(
        &self,
        transaction: &DatabaseTransaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<Vec<Result<Vec<NewJob>, Failure>>, Fault> {
        let payloads: Vec<Result<Payload, Failure>> = jobs
            .iter()
            .map(|job| {
                serde_json::from_value(job.payload.clone())
                    .map_err(|e| Failure::Permanent(format!("payload: {e}")))
            })
            .collect();
        let ids: Vec<_> = payloads
            .iter()
            .flatten()
            .map(|p| p.registration_id)
            .collect();
        let subjects = subjects(transaction, &ids, &self.public_url).await?;

        let (mut outcomes, mut letters, mut confirmed) = (Vec::new(), Vec::new(), Vec::new());
        for payload in payloads {
            outcomes.push(payload.and_then(|payload| {
                let id = payload.registration_id;
                let subject = subjects.get(&id).ok_or_else(|| {
                    Failure::Permanent(format!("registration {id} no longer exists"))
                })?;
                letters.push(self.letter(&payload, subject));
                confirmed.push(id);
                Ok(Vec::new())
            }));
        }
        deliver(transaction, letters, now).await?;
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
                .filter(registration::Column::Status.eq(RegistrationStatus::Pending))
                .exec(transaction)
                .await?;
        }
        Ok(outcomes)
    }
}

async fn subjects(
    transaction: &DatabaseTransaction,
    ids: &[RegistrationId],
    public_url: &str,
) -> Result<HashMap<RegistrationId, Subject>, Fault> {
    type Row = (
        RegistrationId,
        UserId,
        CompetitionId,
        RegistrationStatus,
        String,
        String,
        String,
        DateTime<Utc>,
    );
    let rows: Vec<Row> = registration::Entity::find()
        .select_only()
        .columns([
            registration::Column::Id,
            registration::Column::UserId,
            registration::Column::CompetitionId,
            registration::Column::Status,
        ])
        .column(user::Column::Name)
        .columns([
            competition::Column::Title,
            competition::Column::Location,
            competition::Column::StartsAt,
        ])
        .join(JoinType::InnerJoin, registration::Relation::User.def())
        .join(
            JoinType::InnerJoin,
            registration::Relation::Competition.def(),
        )
        .filter(bulk::among(
            transaction.get_database_backend(),
            (registration::Entity, registration::Column::Id),
            ids,
        ))
        .into_tuple()
        .all(transaction)
        .await?;
    Ok(rows
        .into_iter()
        .map(
            |(id, user, competition, status, name, title, location, starts_at)| {
                let about = About {
                    name,
                    title,
                    location,
                    starts_at,
                    link: format!("{public_url}/competitions/{competition}"),
                };
                let subject = Subject {
                    user,
                    competition,
                    status,
                    about,
                };
                (id, subject)
            },
        )
        .collect())
}

/// Tells everyone in a competition that it is called off: in one transaction, page by page, so that
/// memory stays bounded.
#[derive(Debug, Clone)]
pub struct CalledOff {
    public_url: String,
}

impl CalledOff {
    /// Links begin with `public_url`.
    #[must_use]
    pub fn new(public_url: &str) -> Self {
        Self {
            public_url: public_url.to_owned(),
        }
    }

    async fn tell_everyone(
        &self,
        transaction: &DatabaseTransaction,
        competition: CompetitionId,
        now: DateTime<Utc>,
    ) -> Result<(), Fault> {
        use sea_orm::QueryOrder;
        let mut after: Option<RegistrationId> = None;
        loop {
            let mut query = registration::Entity::find()
                .select_only()
                .column(registration::Column::Id)
                .filter(registration::Column::CompetitionId.eq(competition))
                .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
                .order_by_asc(registration::Column::Id)
                .limit(1_000);
            if let Some(after) = after {
                query = query.filter(registration::Column::Id.gt(after));
            }
            let ids: Vec<RegistrationId> = query.into_tuple().all(transaction).await?;
            let Some(last) = ids.last() else {
                return Ok(());
            };
            after = Some(*last);
            let letters = subjects(transaction, &ids, &self.public_url)
                .await?
                .into_iter()
                .map(|(id, subject)| {
                    let (title, body) = letters::called_off(&subject.about);
                    Letter {
                        user: subject.user,
                        registration: Some(id),
                        competition: Some(competition),
                        kind: MessageKind::Cancellation,
                        dedupe_key: format!("{}:{id}", JobKind::CalledOff),
                        subject: title,
                        body,
                    }
                })
                .collect();
            deliver(transaction, letters, now).await?;
        }
    }
}

#[async_trait]
impl Handler for CalledOff {
    async fn handle(
        &self,
        transaction: &DatabaseTransaction,
        jobs: &[Job],
        now: DateTime<Utc>,
    ) -> Result<Vec<Result<Vec<NewJob>, Failure>>, Fault> {
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            let competition = job
                .payload
                .get("competitionId")
                .and_then(|id| id.as_str())
                .and_then(|id| id.parse().ok());
            outcomes.push(match competition {
                Some(competition) => {
                    self.tell_everyone(transaction, competition, now).await?;
                    Ok(Vec::new())
                }
                None => Err(Failure::Permanent("payload: no competitionId".to_owned())),
            });
        }
        Ok(outcomes)
    }
}
