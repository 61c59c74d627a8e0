//! Announcements that wait for their time, and the beginning of each.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        Actor,
        audit::{Audit, AuditEvent},
        permissions,
        registration::{FanOutPage, ViewAudience, in_audience},
    },
    jobs::{
        outbox::{self, NewJob, Outbox},
        scheduler::{RunOutcome, ScheduledTask},
    },
    model::{AnnouncementId, Audience, AuditAction, AuditOutcome, CompetitionId, Permission},
    store::{
        Database, InfrastructureError, Transaction, audit,
        entity::{announcement, competition, registration, user},
    },
};

/// The name of the scheduled task.
pub const TASK_NAME: &str = "announcements";
/// The number of announcements that are read at once.
const PAGE: u64 = 50;

/// To whom an announcement goes that is about to begin.
#[derive(Debug, Clone)]
pub(super) struct Recipients {
    competition: CompetitionId,
    audience: Audience,
    /// What the saved view shows that is the audience, and the number of participants whom it shows.
    view: Option<(ViewAudience, u64)>,
}

impl Recipients {
    /// Reads what must be known before the transaction in which the announcement begins.
    pub(super) async fn read(
        database: &Database,
        competition: CompetitionId,
        audience: Audience,
        view: Option<ViewAudience>,
    ) -> Result<Self, InfrastructureError> {
        let view = match view {
            Some(view) => {
                let view = view.resolved(database, competition).await?;
                let count = view.count(database, competition, None).await?;
                Some((view, count.number))
            }
            None => None,
        };
        Ok(Self {
            competition,
            audience,
            view,
        })
    }

    /// Reads the recipients of an announcement that was scheduled.
    async fn of(
        database: &Database,
        row: &announcement::Model,
    ) -> Result<Self, InfrastructureError> {
        let view = row.view_filter.as_deref().map(ViewAudience::read);
        let view = view.transpose()?;
        Self::read(database, row.competition_id, row.audience, view).await
    }
}

/// Marks an announcement as begun, counts its recipients, and returns the job that writes its first messages; `None` if
/// it was withdrawn or began before.
pub(super) async fn start(
    transaction: &Transaction,
    id: AnnouncementId,
    recipients: Recipients,
    now: DateTime<Utc>,
) -> Result<Option<NewJob>, InfrastructureError> {
    use announcement::Column;
    let Recipients {
        competition: competition_id,
        audience,
        view,
    } = recipients;
    let (view, total) = match view {
        Some((view, total)) => (Some(view.write()?), total),
        None => {
            let total = registration::Entity::find()
                .filter(registration::Column::CompetitionId.eq(competition_id))
                .filter(in_audience(audience))
                .count(transaction)
                .await?;
            (None, total)
        }
    };
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    let started = announcement::Entity::update_many()
        .col_expr(Column::StartedAt, Expr::value(now))
        .col_expr(Column::Total, Expr::value(total))
        .col_expr(Column::ViewFilter, Expr::value(view))
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

/// Withdraws an announcement that waits for its time. Returns whether it did.
pub(super) async fn withdraw<C: ConnectionTrait>(
    connection: &C,
    id: AnnouncementId,
    now: DateTime<Utc>,
) -> Result<bool, InfrastructureError> {
    use announcement::Column;
    let withdrawn = announcement::Entity::update_many()
        .col_expr(Column::WithdrawnAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::StartedAt.is_null())
        .filter(Column::WithdrawnAt.is_null())
        .exec(connection)
        .await?;
    Ok(withdrawn.rows_affected == 1)
}

/// The scheduled task that begins announcements when their time has come. It runs every minute in one process.
#[derive(Debug, Clone)]
pub struct ScheduledAnnouncements {
    /// The database of the installation.
    pub database: Database,
    /// Pushes the jobs that write messages.
    pub outbox: Outbox,
    /// Records announcements that are withdrawn.
    pub audit: Audit,
}

impl ScheduledAnnouncements {
    /// Returns whether the author of an announcement may still write to the participants: the account exists, is not
    /// disabled, and has a role in the competition that permits it.
    async fn may_begin(
        &self,
        transaction: &Transaction,
        row: &announcement::Model,
    ) -> Result<bool, InfrastructureError> {
        let Some(author) = row.author_id else {
            return Ok(false);
        };
        let author = user::Entity::find_by_id(author).one(transaction).await?;
        let Some(author) = author.filter(|author| author.disabled_at.is_none()) else {
            return Ok(false);
        };
        let competition = competition::Entity::existing_by_id(row.competition_id);
        let Some(competition) = competition.one(transaction).await? else {
            return Ok(false);
        };
        let actor = Actor::new(author.id, author.role);
        let owner = competition.organizer_id;
        let role = permissions::role_of(transaction, actor, competition.id, owner).await?;
        Ok(permissions::check(role, Permission::Edit).is_ok())
    }

    /// Withdraws an announcement whose author may not write to the participants any more.
    async fn give_up(
        &self,
        transaction: Transaction,
        row: &announcement::Model,
        now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        let action = AuditAction::AnnouncementWithdraw;
        let event = AuditEvent::from(None, action, AuditOutcome::Done);
        let event = event.on(Some(row.competition_id));
        let detail = json!({ "announcement": row.id, "cause": "the author may not announce" });
        let record = self.audit.record(event.with(detail));
        if !withdraw(&transaction, row.id, now).await? {
            return Ok(transaction.rollback().await?);
        }
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(())
    }

    /// Begins one announcement, unless it was withdrawn or another process was first.
    async fn begin(
        &self,
        row: &announcement::Model,
        now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        let recipients = Recipients::of(&self.database, row).await?;
        let transaction = self.database.begin().await?;
        if !self.may_begin(&transaction, row).await? {
            return self.give_up(transaction, row, now).await;
        }
        let Some(job) = start(&transaction, row.id, recipients, now).await? else {
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
