//! How far announcements are: what has been written, what was mailed and what failed.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, Iterable, JoinType, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select, sea_query::Expr,
};

use super::Announcements;
use crate::{
    domain::{Actor, Result, mailbox::mail},
    model::{
        AnnouncementId, AnnouncementView, CompetitionId, MailFailureView, Page, forms::Paging,
    },
    store::entity::{announcement, failed_job, message},
};

/// The number of messages of one announcement.
#[derive(Debug, FromQueryResult)]
struct MailCount {
    announcement_id: AnnouncementId,
    number: i64,
}

impl Announcements {
    /// Returns the announcements of a competition, the newest first.
    ///
    /// # Errors
    /// Returns [`NotFound`](crate::model::DomainError::NotFound) if there is no such competition, and
    /// [`Forbidden`](crate::model::DomainError::Forbidden) if `actor` is not its organizer.
    pub async fn list(
        &self,
        actor: Actor,
        competition_id: CompetitionId,
        paging: Paging,
    ) -> Result<Page<AnnouncementView>> {
        self.owned(actor, competition_id).await?;
        let of_competition = announcement::Entity::find()
            .filter(announcement::Column::CompetitionId.eq(competition_id));
        let total = of_competition.clone().count(self.database.read()).await?;
        // What a view shows may be thousands of ids, of which the list needs none.
        let shown = announcement::Column::iter();
        let shown = shown.filter(|column| !matches!(column, announcement::Column::ViewFilter));
        let rows = of_competition
            .select_only()
            .columns(shown)
            .expr_as(Expr::cust("NULL"), "view_filter")
            .order_by_desc(announcement::Column::CreatedAt)
            .order_by_desc(announcement::Column::Id)
            .offset(paging.offset())
            .limit(paging.per_page)
            .all(self.database.read())
            .await?;
        Ok(Page {
            items: self.views(rows).await?,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns one announcement as its organizer sees it.
    pub(super) async fn view(&self, row: announcement::Model) -> Result<AnnouncementView> {
        let unsent = self.unsent(&[row.id]).await?;
        let failed = self.failed(&[row.id]).await?;
        let mut reasons = self.reasons(&failed).await?;
        let failures = reasons.remove(&row.id).unwrap_or_default();
        Ok(self.shown(row, &unsent, &failed, failures))
    }

    async fn views(&self, rows: Vec<announcement::Model>) -> Result<Vec<AnnouncementView>> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let unsent = self.unsent(&ids).await?;
        let failed = self.failed(&ids).await?;
        let mut reasons = self.reasons(&failed).await?;
        let shown = rows.into_iter().map(|row| {
            let failures = reasons.remove(&row.id).unwrap_or_default();
            self.shown(row, &unsent, &failed, failures)
        });
        Ok(shown.collect())
    }

    fn shown(
        &self,
        row: announcement::Model,
        unsent: &HashMap<AnnouncementId, u64>,
        failed: &HashMap<AnnouncementId, u64>,
        failures: Vec<MailFailureView>,
    ) -> AnnouncementView {
        let number = |counts: &HashMap<_, _>| counts.get(&row.id).copied().unwrap_or_default();
        let written = row.written.unsigned_abs();
        let mailed = match self.letters.writer.also_by_mail {
            true => written.saturating_sub(number(unsent)),
            false => 0,
        };
        AnnouncementView {
            id: row.id,
            competition_id: row.competition_id,
            audience: row.audience,
            view_id: row.view_id,
            view_name: row.view_name,
            total: row.total.unsigned_abs().max(written),
            written,
            mailed,
            failed: number(failed),
            failures,
            subject: row.subject,
            body: row.body,
            created_at: row.created_at,
            send_at: row.send_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            withdrawn_at: row.withdrawn_at,
        }
    }

    /// Counts the messages whose mail was not sent: a range of an index that has no others.
    async fn unsent(&self, ids: &[AnnouncementId]) -> Result<HashMap<AnnouncementId, u64>> {
        use message::Column;
        if ids.is_empty() || !self.letters.writer.also_by_mail {
            return Ok(HashMap::new());
        }
        let counts = message::Entity::find()
            .select_only()
            .column(Column::AnnouncementId)
            .column_as(Column::Id.count(), "number")
            .filter(Column::AnnouncementId.is_in(ids.iter().copied()))
            .filter(Column::AnnouncementId.is_not_null())
            .filter(Column::SentAt.is_null())
            .group_by(Column::AnnouncementId)
            .into_model::<MailCount>()
            .all(self.database.read())
            .await?;
        Ok(by_id(counts))
    }

    /// Counts the mail that failed finally.
    async fn failed(&self, ids: &[AnnouncementId]) -> Result<HashMap<AnnouncementId, u64>> {
        if ids.is_empty() || !self.letters.writer.also_by_mail {
            return Ok(HashMap::new());
        }
        let counts = failed_mail(ids)
            .into_model::<MailCount>()
            .all(self.database.read())
            .await?;
        Ok(by_id(counts))
    }
}

/// Selects the number of messages of each of these announcements whose mail failed finally.
pub(super) fn failed_mail(ids: &[AnnouncementId]) -> Select<message::Entity> {
    use message::Column;
    message::Entity::find()
        .select_only()
        .column(Column::AnnouncementId)
        .column_as(Column::Id.count(), "number")
        .join(
            JoinType::InnerJoin,
            message::Entity::belongs_to(failed_job::Entity)
                .from(Column::Id)
                .to(failed_job::Column::SubjectId)
                .into(),
        )
        .filter(failed_job::Column::Kind.eq(mail::KIND.name))
        .filter(Column::AnnouncementId.is_in(ids.iter().copied()))
        .filter(Column::SentAt.is_null())
        .group_by(Column::AnnouncementId)
}

fn by_id(counts: Vec<MailCount>) -> HashMap<AnnouncementId, u64> {
    let pairs = counts.into_iter();
    pairs
        .map(|count| (count.announcement_id, count.number.unsigned_abs()))
        .collect()
}
