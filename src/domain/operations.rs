//! Operations for administrators: the depth of the queues and their pauses, and jobs that failed finally.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::*};
use serde_json::json;

use super::{
    Actor, Result, administrators,
    audit::{Audit, AuditEvent, EventSubject},
};
use crate::{
    jobs::{JobKinds, Queues, dead_letters::management, outbox::Outbox, queue_pauses},
    model::{
        AuditAction, AuditOutcome, DomainError, FailedGroupView, FailedJobView, Page, QueueView,
        RetriedView,
        forms::{FieldErrors, Paging, RequestProblem},
    },
    ops::Clock,
    store::{
        Database, audit as store_audit,
        entity::{failed_job, outbox_job},
        ports::Queue,
    },
};

pub use crate::jobs::dead_letters::management::{OperatorAction, Selection};

/// Shows queues and handles failed jobs for administrators. Cheap to clone.
#[derive(Clone)]
pub struct Operations {
    database: Database,
    queue: Arc<dyn Queue>,
    outbox: Outbox,
    job_kinds: JobKinds,
    clock: Clock,
    audit: Audit,
}

impl Operations {
    /// Creates the service over a database.
    #[must_use]
    pub fn new(
        database: Database,
        queue: Arc<dyn Queue>,
        outbox: Outbox,
        job_kinds: JobKinds,
        clock: Clock,
        audit: Audit,
    ) -> Self {
        Self {
            database,
            queue,
            outbox,
            job_kinds,
            clock,
            audit,
        }
    }

    /// Returns the state of every queue.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment.
    pub async fn queues(&self, actor: Actor) -> Result<Vec<QueueView>> {
        self.require_administrator(actor).await?;
        let paused = queue_pauses::list(&self.database).await?;
        let mut views = Vec::new();
        for name in Queues::ALL {
            let pause = paused.iter().find(|row| row.queue == *name);
            // While Redis is unavailable the database still has the important numbers.
            let depth = self.queue.depth(name).await.ok();
            let open = outbox_job::Entity::find().filter(outbox_job::Column::Queue.eq(*name));
            let oldest: Option<DateTime<Utc>> = open
                .clone()
                .select_only()
                .column(outbox_job::Column::CreatedAt)
                .order_by_asc(outbox_job::Column::CreatedAt)
                .limit(1)
                .into_tuple()
                .one(self.database.read())
                .await?;
            views.push(QueueView {
                name: (*name).to_owned(),
                ready: depth.map(|d| d.ready),
                in_hand: depth.map(|d| d.in_hand),
                delayed: depth.map(|d| d.delayed),
                open: open.count(self.database.read()).await?,
                oldest,
                failed: failed_job::Entity::find()
                    .filter(failed_job::Column::Queue.eq(*name))
                    .count(self.database.read())
                    .await?,
                paused_at: pause.map(|row| row.paused_at),
            });
        }
        Ok(views)
    }

    /// Pauses a queue: within two seconds no process takes jobs of it any more.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment, and
    /// [`DomainError::NotFound`] if there is no such queue.
    pub async fn pause_queue(&self, actor: Actor, queue: &str) -> Result<()> {
        self.require_administrator(actor).await?;
        let event = AuditEvent::by(actor, AuditAction::QueuePause, AuditOutcome::Done);
        set_paused(
            &self.database,
            &self.audit,
            queue,
            event,
            Some(self.clock.now()),
        )
        .await
    }

    /// Ends the pause of a queue.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment, and
    /// [`DomainError::NotFound`] if there is no such queue.
    pub async fn resume_queue(&self, actor: Actor, queue: &str) -> Result<()> {
        self.require_administrator(actor).await?;
        let event = AuditEvent::by(actor, AuditAction::QueueResume, AuditOutcome::Done);
        set_paused(&self.database, &self.audit, queue, event, None).await
    }

    /// Returns a page of failed jobs, newest first; of one group, if `group` is given.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment.
    pub async fn failed_jobs(
        &self,
        actor: Actor,
        group: Option<&str>,
        paging: Paging,
    ) -> Result<Page<FailedJobView>> {
        self.require_administrator(actor).await?;
        let which = group.map_or(Selection::All, |key| Selection::Group(key.to_owned()));
        let (letters, total) =
            management::list(&self.database, &which, paging.offset(), paging.per_page).await?;
        Ok(Page {
            items: letters.into_iter().map(view).collect(),
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns the groups of failed jobs with one cause, the largest first.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment.
    pub async fn failed_groups(&self, actor: Actor) -> Result<Vec<FailedGroupView>> {
        self.require_administrator(actor).await?;
        let groups = management::groups(&self.database).await?;
        Ok(groups
            .into_iter()
            .map(|group| FailedGroupView {
                group: group.key,
                queue: group.queue,
                kind: group.kind,
                error: group.error,
                count: u64::try_from(group.count).unwrap_or(0),
                first: group.first,
                last: group.last,
            })
            .collect())
    }

    /// Makes failed jobs ready again.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment,
    /// [`DomainError::NotFound`] if the selected job does not exist, and [`DomainError::Invalid`] if this
    /// release does not know its kind.
    pub async fn retry(&self, actor: Actor, which: &Selection) -> Result<RetriedView> {
        let by = self.require_administrator(actor).await?;
        let act = |count| {
            let event = AuditEvent::by(actor, AuditAction::FailedJobRetry, AuditOutcome::Done);
            self.audit.record(about_jobs(event, which, count))
        };
        let decision = OperatorAction {
            by: &by,
            record: &act,
        };
        let retried = management::retry(
            &self.database,
            &self.job_kinds,
            which,
            &decision,
            self.clock.now(),
        )
        .await?;
        if retried.jobs > 0 {
            self.outbox.wake();
        }
        if let Selection::One(_) = which
            && retried.jobs == 0
        {
            return Err(match retried.refusal_reason {
                Some(why) => {
                    let problem = RequestProblem::NotRetryable(why.to_string());
                    FieldErrors::one("id", problem).into()
                }
                None => DomainError::NotFound.into(),
            });
        }
        Ok(RetriedView {
            retried: retried.jobs,
            refused: retried.refused,
        })
    }

    /// Deletes failed jobs and returns their number.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment, and
    /// [`DomainError::NotFound`] if the selected job does not exist.
    pub async fn delete(&self, actor: Actor, which: &Selection) -> Result<u64> {
        let by = self.require_administrator(actor).await?;
        let act = |count| {
            let event = AuditEvent::by(actor, AuditAction::FailedJobDelete, AuditOutcome::Done);
            self.audit.record(about_jobs(event, which, count))
        };
        let decision = OperatorAction {
            by: &by,
            record: &act,
        };
        let deleted = management::delete(&self.database, which, &decision).await?;
        if deleted == 0 && matches!(which, Selection::One(_)) {
            return Err(DomainError::NotFound.into());
        }
        Ok(deleted)
    }

    /// Checks that the actor is an administrator. Returns the name of the actor for the history of dead letters.
    async fn require_administrator(&self, actor: Actor) -> Result<String> {
        administrators::require(&self.database, &self.audit, actor).await?;
        Ok(format!("user:{}", actor.id))
    }
}

/// Pauses a queue since a moment, or ends its pause, and writes the event to the audit log if this changed anything.
///
/// # Errors
/// Returns [`DomainError::NotFound`] if there is no such queue.
pub async fn set_paused(
    database: &Database,
    audit: &Audit,
    queue: &str,
    event: AuditEvent,
    since: Option<DateTime<Utc>>,
) -> Result<()> {
    if !Queues::ALL.contains(&queue) {
        return Err(DomainError::NotFound.into());
    }
    let record = audit.record(event.with(json!({ "queue": queue })));
    let transaction = database.begin().await?;
    let changed = match since {
        Some(now) => queue_pauses::pause(&transaction, queue, now).await?,
        None => queue_pauses::resume(&transaction, queue).await?,
    };
    if !changed {
        transaction.rollback().await?;
        return Ok(());
    }
    store_audit::write(&transaction, &record).await?;
    transaction.commit().await?;
    store_audit::log_records(&record);
    Ok(())
}

/// Adds the selection of failed jobs and their number to an audit event.
#[must_use]
pub fn about_jobs(event: AuditEvent, which: &Selection, count: u64) -> AuditEvent {
    match which {
        Selection::One(id) => event.on(Some(EventSubject::failed_job(*id))),
        Selection::Group(group) => event.with(json!({ "group": group, "count": count })),
        Selection::Queue(queue) => event.with(json!({ "queue": queue, "count": count })),
        Selection::All => event.with(json!({ "count": count })),
    }
}

fn view(row: failed_job::Model) -> FailedJobView {
    FailedJobView {
        id: row.id,
        job_id: row.job_id,
        queue: row.queue,
        kind: row.kind,
        payload: row.payload,
        error: row.error,
        attempts: row.attempts,
        failed_at: row.failed_at,
        group: row.group_key,
        history: row.history,
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Operations")
    }
}
