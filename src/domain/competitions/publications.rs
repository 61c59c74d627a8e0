//! Publishing drafts at the time that their organizers chose.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use tokio_util::sync::CancellationToken;

use super::Competitions;
use crate::{
    domain::{Actor, Error, Result},
    jobs::scheduler::{RunOutcome, ScheduledTask},
    model::{CompetitionStatus, DomainError, forms::CompetitionPatch},
    store::{
        InfrastructureError,
        entity::{
            competition::{self, Column},
            user,
        },
    },
};

/// The number of drafts that are read at a time.
const PAGE_SIZE: u64 = 100;

/// The scheduled task that publishes the drafts whose time has come.
#[derive(Debug, Clone)]
pub struct Publications(pub Competitions);

impl Publications {
    /// The name of the scheduled task.
    pub const TASK_NAME: &str = "publications";

    /// Publishes a draft on behalf of its organizer, unless it was edited since it was read. If the organizer may not
    /// publish it any more, it stays a draft and is not tried again. Returns whether it was read for the last time.
    async fn publish(
        &self,
        draft: &competition::Model,
        organizer: Option<user::Model>,
    ) -> Result<bool, InfrastructureError> {
        let Some(organizer) = organizer.filter(|organizer| organizer.disabled_at.is_none()) else {
            return self.give_up(draft).await;
        };
        let actor = Actor::new(organizer.id, organizer.role);
        let publication = CompetitionPatch::status(CompetitionStatus::Published);
        let published = self
            .0
            .edit(actor, draft.id, publication, Some(draft.version));
        match published.await {
            Ok(_) => Ok(true),
            // An edit came first, or the server is busy: whether the draft is still due is read again.
            Err(Error::Domain(
                DomainError::PreconditionFailed
                | DomainError::NotFound
                | DomainError::Overloaded { .. },
            )) => Ok(false),
            Err(Error::Domain(error)) => {
                tracing::warn!(id = %draft.id, %error, "A draft is not published by itself");
                self.give_up(draft).await
            }
            Err(Error::Infrastructure(error)) => Err(error),
        }
    }

    /// Leaves a draft without a time.
    async fn give_up(&self, draft: &competition::Model) -> Result<bool, InfrastructureError> {
        let transaction = self.0.database.begin().await?;
        competition::Entity::update_many()
            .col_expr(Column::PublishAt, Expr::value(None::<DateTime<Utc>>))
            .filter(Column::Id.eq(draft.id))
            .filter(Column::Version.eq(draft.version))
            .exec(&transaction)
            .await?;
        self.0.changes.commit_edit(transaction, draft.id).await?;
        Ok(true)
    }
}

#[async_trait]
impl ScheduledTask for Publications {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        loop {
            let due = competition::Entity::existing()
                .filter(Column::PublishAt.lte(now))
                .filter(Column::Status.eq(CompetitionStatus::Draft))
                .order_by_asc(Column::PublishAt)
                .limit(PAGE_SIZE);
            let due = due.find_also_related(user::Entity);
            let drafts = due.all(self.0.database.read()).await?;
            let is_full = drafts.len() as u64 == PAGE_SIZE;
            let mut done = 0;
            for (draft, organizer) in drafts {
                if stop.is_cancelled() {
                    return Ok(RunOutcome::unless_stopped(stop));
                }
                done += u64::from(self.publish(&draft, organizer).await?);
            }
            // What is left is tried again at the next run.
            if !is_full || done == 0 {
                return Ok(RunOutcome::unless_stopped(stop));
            }
        }
    }
}
