//! Issues certificates to many participants.
//!
//! A run is a row. Its jobs look at the participants page by page, in the order of registration: each issues the
//! certificates of one page, writes the letters, counts, and enqueues the job of the next page, all in one transaction.
//! So a crash loses nothing and issues nothing twice. Who has a certificate gets no other one, also if it was revoked:
//! that is decided for a person, not for a list.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{CertificateLetters, Certificates};
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        mailbox::{
            NewMessage,
            message_texts::{self, CompetitionDetails},
        },
        registration::{in_audience, in_registration_order, read_recipients},
    },
    jobs::{
        JobKind, Queues, StepHandler,
        outbox::{self, NewJob},
    },
    model::{
        AuditAction, AuditOutcome, CertificateId, CertificateKind, CertificateRunId,
        CertificateRunView, CertificateSerial, CompetitionId, CompetitionStatus,
        DELETED_ACCOUNT_NAME, MessageKind, RegistrationId, UserId,
        forms::{CertificateForm, FieldErrors, FieldProblem},
    },
    store::{
        InfrastructureError, Transaction, advisory_lock, audit, bulk,
        entity::{certificate, certificate_run, competition, registration, user},
    },
};

/// Issues the certificates of one page of participants.
pub const CERTIFICATES: JobKind = JobKind::new("certificates", Queues::REMINDER);

/// The number of participants who are looked at in one transaction.
const PAGE_SIZE: u64 = 200;
/// A run that has not finished after this time keeps no other one from starting: its job failed for good.
const STALE_AFTER: TimeDelta = TimeDelta::hours(1);

/// The payload of a page's job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificatePage {
    run_id: CertificateRunId,
    competition_id: CompetitionId,
    /// The last registration of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<RegistrationId>,
}

impl CertificatePage {
    fn job(&self) -> Result<NewJob, InfrastructureError> {
        let payload = serde_json::to_value(self).map_err(InfrastructureError::internal)?;
        let after = self.after.map(|id| id.to_string()).unwrap_or_default();
        let key = format!("{}:{after}", self.run_id);
        Ok(NewJob::once(
            CERTIFICATES,
            self.competition_id,
            payload,
            &key,
        ))
    }
}

impl Certificates {
    /// Begins to issue certificates to those with a seat or those who are checked in, in the background. While that
    /// goes on, another press changes nothing, and returns the run that goes on.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound),
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden), or
    /// [`DomainError::Invalid`](crate::model::DomainError::Invalid) if a field is out of bounds or the competition has
    /// not begun.
    pub async fn issue(
        &self,
        actor: Actor,
        id: CompetitionId,
        form: &CertificateForm,
    ) -> Result<CertificateRunView> {
        let competition = self.permitted(actor, id).await?;
        let input = form.parse()?;
        let now = self.clock.now();
        if competition.status != CompetitionStatus::Published || competition.starts_at > now {
            let problem = FieldProblem::CertificatesBeforeStart;
            return Err(FieldErrors::one("audience", problem).into());
        }
        let event = AuditEvent::by(actor, AuditAction::CertificatesIssue, AuditOutcome::Done)
            .on(Some(id))
            .with(json!({ "audience": input.audience }));
        let record = self.audit.record(event);
        // Before the transaction, which would keep others waiting. The end of the run knows better.
        let total = registration::Entity::find()
            .filter(registration::Column::CompetitionId.eq(id))
            .filter(in_audience(input.audience))
            .count(self.database.read())
            .await?;
        let transaction = self.database.begin().await?;
        advisory_lock::of_competition(&transaction, id).await?;
        if let Some(run) = unfinished(&transaction, id, now).await? {
            transaction.rollback().await?;
            return Ok(view(&run));
        }
        let run = certificate_run::ActiveModel {
            id: Set(CertificateRunId::new()),
            competition_id: Set(id),
            audience: Set(input.audience),
            remark: Set(input.remark),
            started_at: Set(now),
            finished_at: Set(None),
            total: Set(i64::try_from(total).unwrap_or(i64::MAX)),
            done: Set(0),
            issued: Set(0),
        };
        let run = run.insert(&transaction).await?;
        let first = CertificatePage {
            run_id: run.id,
            competition_id: id,
            after: None,
        };
        let jobs = [first.job()?];
        outbox::write(&transaction, &jobs, now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.outbox.committed(&jobs).await;
        Ok(view(&run))
    }
}

/// Returns the run of a competition that goes on.
async fn unfinished(
    transaction: &Transaction,
    competition: CompetitionId,
    now: DateTime<Utc>,
) -> Result<Option<certificate_run::Model>, InfrastructureError> {
    use certificate_run::Column;
    Ok(certificate_run::Entity::find()
        .filter(Column::CompetitionId.eq(competition))
        .filter(Column::FinishedAt.is_null())
        .filter(Column::StartedAt.gt(now - STALE_AFTER))
        .order_by_desc(Column::Id)
        .limit(1)
        .one(transaction)
        .await?)
}

/// Returns a run as its organizer sees it.
pub(super) fn view(run: &certificate_run::Model) -> CertificateRunView {
    CertificateRunView {
        audience: run.audience,
        started_at: run.started_at,
        finished_at: run.finished_at,
        total: Ord::max(run.total, run.done).unsigned_abs(),
        done: run.done.unsigned_abs(),
        issued: run.issued.unsigned_abs(),
    }
}

/// Issues certificates, one page of participants in a job.
#[derive(Debug, Clone)]
pub struct CertificateIssue(CertificateLetters);

impl CertificateIssue {
    /// Creates the handler, which writes these letters.
    #[must_use]
    pub const fn new(letters: CertificateLetters) -> Self {
        Self(letters)
    }

    /// Issues one page's certificates and returns the jobs that follow.
    async fn issue_page(
        &self,
        transaction: &Transaction,
        page: CertificatePage,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        advisory_lock::of_competition(transaction, page.competition_id).await?;
        let run = certificate_run::Entity::find_by_id(page.run_id)
            .one(transaction)
            .await?;
        let competition = competition::Entity::existing_by_id(page.competition_id)
            .one(transaction)
            .await?;
        let (Some(run), Some(competition)) = (run, competition) else {
            return Ok(Vec::new());
        };
        // It may have been called off since the run began.
        if competition.status != CompetitionStatus::Published {
            count(transaction, run.id, 0, 0, Some(now)).await?;
            return Ok(Vec::new());
        }
        let query = registration::Entity::find()
            .select_only()
            .column(registration::Column::Id)
            .filter(registration::Column::CompetitionId.eq(competition.id))
            .filter(in_audience(run.audience))
            .limit(PAGE_SIZE);
        let ids: Vec<RegistrationId> = in_registration_order(query, page.after)
            .into_tuple()
            .all(transaction)
            .await?;
        let issued = without_certificate(transaction, &ids).await?;
        let issued = issue_to(transaction, &competition, run.remark, &issued, now).await?;
        let messages = issued
            .iter()
            .map(|certificate| letter(&self.0.public_url, competition.id, certificate));
        let messages = messages.collect();
        let mut jobs = self.0.writer.write(transaction, messages, now).await?;
        let is_last = (ids.len() as u64) < PAGE_SIZE;
        if !is_last {
            let after = ids.last().copied();
            jobs.push(CertificatePage { after, ..page }.job()?);
        }
        let finished_at = is_last.then_some(now);
        count(transaction, run.id, ids.len(), issued.len(), finished_at).await?;
        Ok(jobs)
    }
}

/// Returns those of the registrations that never had a certificate of participation, in their order.
async fn without_certificate(
    transaction: &Transaction,
    ids: &[RegistrationId],
) -> Result<Vec<RegistrationId>, InfrastructureError> {
    use certificate::Column;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let of_them = (certificate::Entity, Column::RegistrationId);
    let had: Vec<RegistrationId> = certificate::Entity::find()
        .select_only()
        .column(Column::RegistrationId)
        .filter(bulk::among(
            transaction.get_database_backend(),
            of_them,
            ids,
        ))
        .filter(Column::Kind.eq(CertificateKind::Participation))
        .into_tuple()
        .all(transaction)
        .await?;
    let had: HashSet<_> = had.into_iter().collect();
    Ok(ids.iter().copied().filter(|id| !had.contains(id)).collect())
}

/// A certificate that was issued just now.
#[derive(Debug, Clone)]
pub(super) struct NewCertificate {
    pub(super) registration: RegistrationId,
    pub(super) user: UserId,
    pub(super) serial: CertificateSerial,
    pub(super) about: CompetitionDetails,
}

/// Issues certificates of participation with the names that participants have now. Deleted accounts get none.
pub(super) async fn issue_to(
    transaction: &Transaction,
    competition: &competition::Model,
    remark: Option<String>,
    ids: &[RegistrationId],
    now: DateTime<Utc>,
) -> Result<Vec<NewCertificate>, InfrastructureError> {
    lock_participants(transaction, ids).await?;
    let mut recipients = read_recipients(transaction, ids, "").await?;
    let mut issued = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(recipient) = recipients.remove(id) else {
            continue;
        };
        if recipient.about.name == DELETED_ACCOUNT_NAME || recipient.about.name.is_empty() {
            continue;
        }
        issued.push(NewCertificate {
            registration: *id,
            user: recipient.user,
            serial: CertificateSerial::of(rand::random()),
            about: recipient.about,
        });
    }
    if issued.is_empty() {
        return Ok(issued);
    }
    let rows = issued.iter().map(|certificate| certificate::ActiveModel {
        id: Set(CertificateId::new()),
        serial: Set(certificate.serial.to_string()),
        registration_id: Set(certificate.registration),
        competition_id: Set(competition.id),
        kind: Set(CertificateKind::Participation),
        name: Set(certificate.about.name.clone()),
        competition_title: Set(competition.title.clone()),
        starts_at: Set(competition.starts_at),
        ends_at: Set(competition.ends_at),
        time_zone: Set(competition.time_zone.clone()),
        remark: Set(remark.clone()),
        issued_at: Set(now),
        revoked_at: Set(None),
    });
    certificate::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    Ok(issued)
}

/// Locks the accounts of participants until the transaction ends, so that none is deleted after its name was read.
async fn lock_participants(
    transaction: &Transaction,
    ids: &[RegistrationId],
) -> Result<(), InfrastructureError> {
    let backend = transaction.get_database_backend();
    // On SQLite, writers wait for each other anyway.
    if ids.is_empty() || backend != DatabaseBackend::Postgres {
        return Ok(());
    }
    let registrations = (registration::Entity, registration::Column::Id);
    let participants = Query::select()
        .column(registration::Column::UserId)
        .from(registration::Entity)
        .and_where(bulk::among(backend, registrations, ids))
        .to_owned();
    user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Id.in_subquery(participants))
        .order_by_asc(user::Column::Id)
        .lock(LockType::KeyShare)
        .into_tuple::<UserId>()
        .all(transaction)
        .await?;
    Ok(())
}

/// Returns the letter that says that a certificate is there.
pub(super) fn letter(
    public_url: &str,
    competition: CompetitionId,
    certificate: &NewCertificate,
) -> NewMessage {
    let id = certificate.registration;
    let link = format!("{public_url}/me/registrations/{id}");
    let (subject, body) = message_texts::certificate(&certificate.about, &link);
    NewMessage {
        user: certificate.user,
        registration: Some(id),
        competition: Some(competition),
        announcement: None,
        kind: MessageKind::Announcement,
        dedupe_key: format!("certificate:{}", certificate.serial),
        subject,
        body,
        follows: None,
    }
}

/// Counts what a page has done, in the transaction that does it.
async fn count(
    transaction: &Transaction,
    run: CertificateRunId,
    done: usize,
    issued: usize,
    finished_at: Option<DateTime<Utc>>,
) -> Result<(), InfrastructureError> {
    use certificate_run::Column;
    let more = |column: Column, number: usize| {
        Expr::col(column).add(i64::try_from(number).unwrap_or(i64::MAX))
    };
    let mut update = certificate_run::Entity::update_many()
        .col_expr(Column::Done, more(Column::Done, done))
        .col_expr(Column::Issued, more(Column::Issued, issued))
        .filter(Column::Id.eq(run));
    if let Some(at) = finished_at {
        // People are checked in meanwhile: in the end the total is what was looked at.
        update = update
            .col_expr(Column::FinishedAt, Expr::value(at))
            .col_expr(Column::Total, more(Column::Done, done));
    }
    update.exec(transaction).await?;
    Ok(())
}

#[async_trait]
impl StepHandler for CertificateIssue {
    type Payload = CertificatePage;

    async fn step(
        &self,
        transaction: &Transaction,
        page: CertificatePage,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        self.issue_page(transaction, page, now).await
    }

    async fn step_committed(&self, page: CertificatePage) {
        let competition = page.competition_id;
        self.0.news.changed_for_participants(competition).await;
    }
}
