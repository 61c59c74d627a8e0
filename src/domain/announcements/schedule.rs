//! Announcements that wait for their time, and the beginning of each.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::registration::{FanOutPage, in_audience},
    jobs::{
        outbox::{self, NewJob, Outbox},
        scheduler::{RunOutcome, ScheduledTask},
    },
    model::{AnnouncementId, Audience, CompetitionId},
    store::{
        Database, InfrastructureError, Transaction,
        entity::{announcement, registration},
    },
};

/// The name of the scheduled task.
pub const TASK_NAME: &str = "announcements";
/// The number of announcements that are read at once.
const PAGE: u64 = 50;

/// Marks an announcement as begun, counts its recipients, and returns the job that writes its first messages; `None` if
/// it was withdrawn or began before.
pub(super) async fn start(
    transaction: &Transaction,
    id: AnnouncementId,
    (competition_id, audience): (CompetitionId, Audience),
    now: DateTime<Utc>,
) -> Result<Option<NewJob>, InfrastructureError> {
    use announcement::Column;
    let recipients = registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(competition_id))
        .filter(in_audience(audience))
        .count(transaction)
        .await?;
    let total = i64::try_from(recipients).unwrap_or(i64::MAX);
    let started = announcement::Entity::update_many()
        .col_expr(Column::StartedAt, Expr::value(now))
        .col_expr(Column::Total, Expr::value(total))
        .filter(Column::Id.eq(id))
        .filter(Column::StartedAt.is_null())
        .filter(Column::WithdrawnAt.is_null())
        .exec(transaction)
        .await?;
    if started.rows_affected == 0 {
        return Ok(None);
    }
    let first = FanOutPage {
        competition_id,
        announcement_id: Some(id),
        after: None,
    };
    first.job().map(Some)
}

/// The scheduled task that begins announcements when their time has come. It runs every minute in one process.
#[derive(Debug, Clone)]
pub struct ScheduledAnnouncements {
    /// The database of the installation.
    pub database: Database,
    /// Pushes the jobs that write messages.
    pub outbox: Outbox,
}

impl ScheduledAnnouncements {
    /// Begins one announcement, unless it was withdrawn or another process was first.
    async fn begin(
        &self,
        row: &announcement::Model,
        now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        let transaction = self.database.begin().await?;
        let audience = (row.competition_id, row.audience);
        let Some(job) = start(&transaction, row.id, audience, now).await? else {
            transaction.rollback().await?;
            return Ok(());
        };
        let jobs = [job];
        outbox::write(&transaction, &jobs, now).await?;
        transaction.commit().await?;
        self.outbox.committed(&jobs).await;
        Ok(())
    }
}

#[async_trait]
impl ScheduledTask for ScheduledAnnouncements {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        use announcement::Column;
        loop {
            let due = announcement::Entity::find()
                .filter(Column::SendAt.lte(now))
                .filter(Column::StartedAt.is_null())
                .filter(Column::WithdrawnAt.is_null())
                .order_by_asc(Column::SendAt)
                .limit(PAGE)
                .all(self.database.write())
                .await?;
            for row in &due {
                if stop.is_cancelled() {
                    return Ok(RunOutcome::Interrupted);
                }
                self.begin(row, now).await?;
            }
            if (due.len() as u64) < PAGE {
                return Ok(RunOutcome::unless_stopped(stop));
            }
        }
    }
}
