//! For those who run the installation: how full the queues are, and what was given up.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::*};
use serde_json::json;

use super::{
    Actor, Result,
    audit::{Audit, AuditEvent, EventSubject},
};
use crate::{
    jobs::{JobKinds, Queues, dead_letters::management, outbox::Outbox},
    model::{
        AuditAction, AuditOutcome, DomainError, FailedGroupView, FailedJobView, Page, QueueView,
        RetriedView, Role,
        forms::{FieldErrors, Paging},
    },
    ops::Clock,
    store::{
        Database,
        entity::{failed_job, outbox_job, user},
        ports::Queue,
    },
};

pub use crate::jobs::dead_letters::management::{OperatorAction, Selection};

/// Queues and dead letters. Cheap to clone.
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
    /// Over a database and its queue.
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

    /// Every queue.
    ///
    /// # Errors
    /// [`DomainError::Forbidden`] unless `actor` runs the installation, now.
    pub async fn queues(&self, actor: Actor) -> Result<Vec<QueueView>> {
        self.must_run_it(actor).await?;
        let mut views = Vec::new();
        for name in Queues::ALL {
            // While Redis is away the database still says what matters.
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
            });
        }
        Ok(views)
    }

    /// Failed jobs, newest first; of one group, if one is named.
    ///
    /// # Errors
    /// [`DomainError::Forbidden`] unless `actor` runs the installation, now.
    pub async fn failed_jobs(
        &self,
        actor: Actor,
        group: Option<&str>,
        paging: Paging,
    ) -> Result<Page<FailedJobView>> {
        self.must_run_it(actor).await?;
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

    /// The causes of failure, the most frequent first.
    ///
    /// # Errors
    /// [`DomainError::Forbidden`] unless `actor` runs the installation, now.
    pub async fn failed_groups(&self, actor: Actor) -> Result<Vec<FailedGroupView>> {
        self.must_run_it(actor).await?;
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

    /// Has failed jobs tried again.
    ///
    /// # Errors
    /// [`DomainError::Forbidden`] unless `actor` runs the installation, now; [`DomainError::NotFound`] if
    /// one is named that is not there; [`DomainError::Invalid`] if the one that is named is no job that
    /// this release can do.
    pub async fn retry(&self, actor: Actor, which: &Selection) -> Result<RetriedView> {
        let by = self.must_run_it(actor).await?;
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
            return Err(match retried.why {
                Some(why) => {
                    FieldErrors::one("id", format!("It can't be tried again: {why}")).into()
                }
                None => DomainError::NotFound.into(),
            });
        }
        Ok(RetriedView {
            retried: retried.jobs,
            refused: retried.refused,
        })
    }

    /// Deletes failed jobs for good; how many.
    ///
    /// # Errors
    /// [`DomainError::Forbidden`] unless `actor` runs the installation, now; [`DomainError::NotFound`] if
    /// one is named that is not there.
    pub async fn delete(&self, actor: Actor, which: &Selection) -> Result<u64> {
        let by = self.must_run_it(actor).await?;
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

    /// The role in the database counts, not the one a token remembers. Returns who acts, for the
    /// record.
    async fn must_run_it(&self, actor: Actor) -> Result<String> {
        let allowed = self.runs_it(actor).await?;
        self.audit.access(actor, None, allowed).await?;
        Ok(format!("user:{}", actor.id))
    }

    async fn runs_it(&self, actor: Actor) -> Result<Result<(), DomainError>> {
        if let Err(refusal) = actor.must_be(Role::Admin) {
            return Ok(Err(refusal));
        }
        let role: Option<Role> = user::Entity::find_by_id(actor.id)
            .select_only()
            .column(user::Column::Role)
            .into_tuple()
            .one(self.database.read())
            .await?;
        Ok(if role == Some(Role::Admin) {
            Ok(())
        } else {
            Err(DomainError::Forbidden)
        })
    }
}

/// An event about so many failed jobs of those that were named.
#[must_use]
pub fn about_jobs(event: AuditEvent, which: &Selection, count: u64) -> AuditEvent {
    match which {
        Selection::One(id) => event.on(Some(EventSubject::failed_job(*id))),
        Selection::Group(group) => event.with(json!({ "group": group, "count": count })),
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
