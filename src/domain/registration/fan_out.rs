//! Fan-out: one message to every participant of a competition, or to those whom an announcement is for.
//!
//! A job writes the messages of one page of registrations and enqueues the job of the next page in the same
//! transaction. So no transaction is open for longer than a page takes, and a crash in between loses
//! nothing.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, SimpleExpr},
};
use serde::{Deserialize, Serialize};

use super::{
    keyset_pagination,
    message_order::{self, Predecessors},
    recipients::{Recipient, read_recipients},
    view_audience::ViewAudience,
};
use crate::{
    domain::{
        mailbox::{MessageWriter, NewMessage, message_texts},
        news::News,
    },
    jobs::{JobKind, Queues, StepHandler, outbox::NewJob},
    model::{
        AnnouncementId, Audience, CompetitionId, MessageKind, RegistrationId, RegistrationStatus,
    },
    store::{
        InfrastructureError, Transaction, check_ins,
        entity::{announcement, competition, registration},
    },
};

/// Tells all participants, page by page, that the competition is cancelled.
pub const COMPETITION_CANCELLED: JobKind = JobKind::new("called-off", Queues::REMINDER);
/// Tells all participants, page by page, what the organizer announces.
pub const ANNOUNCEMENT: JobKind = JobKind::new("announcement", Queues::REMINDER);

/// The number of messages that are written in one transaction.
const PAGE_SIZE: u64 = 500;

/// The payload of a page's job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FanOutPage {
    /// The competition whose participants get the message.
    pub competition_id: CompetitionId,
    /// The announcement to send; without one, the message is that the competition was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement_id: Option<AnnouncementId>,
    /// The last registration of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RegistrationId>,
}

impl FanOutPage {
    fn kind(&self) -> JobKind {
        match self.announcement_id {
            Some(_) => ANNOUNCEMENT,
            None => COMPETITION_CANCELLED,
        }
    }

    /// Returns the kinds of jobs whose messages come before those of this page.
    fn predecessors(&self) -> Predecessors {
        match self.announcement_id {
            Some(_) => message_order::NONE,
            None => message_order::BEFORE_CANCELLATION,
        }
    }

    /// Returns the id of what the messages are about, for the job's deduplication key.
    fn cause(&self) -> String {
        match self.announcement_id {
            Some(id) => id.to_string(),
            None => self.competition_id.to_string(),
        }
    }

    /// Returns the job that writes this page's messages. It is enqueued once.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the payload can't be serialised, which is a bug.
    pub(in crate::domain) fn job(&self) -> Result<NewJob, InfrastructureError> {
        let payload = serde_json::to_value(self).map_err(InfrastructureError::internal)?;
        let after = self.after.map(|id| id.to_string()).unwrap_or_default();
        let key = format!("{}:{after}", self.cause());
        Ok(NewJob::once(
            self.kind(),
            self.competition_id,
            payload,
            &key,
        ))
    }
}

/// Returns the first job that tells every participant that the competition was cancelled.
pub(super) fn competition_cancelled(
    competition_id: CompetitionId,
) -> Result<NewJob, InfrastructureError> {
    FanOutPage {
        competition_id,
        announcement_id: None,
        after: None,
    }
    .job()
}

/// Writes a message to every participant, one page of them in a job.
#[derive(Debug, Clone)]
pub struct FanOut {
    public_url: String,
    writer: MessageWriter,
    news: News,
}

/// What the messages say.
enum Content {
    CompetitionCancelled,
    Announcement {
        audience: Audience,
        /// What the saved view shows that is the audience, if one is.
        view: Option<ViewAudience>,
        subject: String,
        body: String,
    },
}

impl Content {
    /// Returns the condition that a registration belongs to the audience, as far as that depends on its row.
    fn audience(&self, backend: DatabaseBackend) -> SimpleExpr {
        match self {
            Self::CompetitionCancelled => in_audience(Audience::All),
            Self::Announcement {
                view: Some(view), ..
            } => view.statuses(backend),
            Self::Announcement { audience, .. } => in_audience(*audience),
        }
    }

    /// Returns those of the registrations that belong to the audience, in their order.
    async fn recipients_among(
        &self,
        transaction: &Transaction,
        competition: CompetitionId,
        ids: &[RegistrationId],
    ) -> Result<Vec<RegistrationId>, InfrastructureError> {
        match self {
            Self::Announcement {
                view: Some(view), ..
            } => view.among(transaction, competition, ids).await,
            _ => Ok(ids.to_vec()),
        }
    }
}

/// Returns the condition that a registration belongs to an audience.
pub(in crate::domain) fn in_audience(audience: Audience) -> SimpleExpr {
    use registration::Column;
    match audience {
        // The rows alone do not say whom a view shows.
        Audience::All | Audience::View => registration::is_live(),
        Audience::Seated => {
            Column::Status.is_in([RegistrationStatus::Pending, RegistrationStatus::Confirmed])
        }
        Audience::Waitlisted => Column::Status.eq(RegistrationStatus::Waitlisted),
        Audience::CheckedIn => in_audience(Audience::Seated)
            .and(check_ins::is_checked_in((registration::Entity, Column::Id))),
    }
}

impl FanOut {
    /// The kinds of jobs that the handler can do.
    pub const KINDS: &'static [JobKind] = &[COMPETITION_CANCELLED, ANNOUNCEMENT];

    /// Creates the handler. Links in messages begin with `public_url`; open pages learn of
    /// messages through `news`.
    #[must_use]
    pub fn new(public_url: &str, writer: MessageWriter, news: News) -> Self {
        Self {
            public_url: public_url.to_owned(),
            writer,
            news,
        }
    }

    /// Writes one page's messages and returns the jobs that follow.
    async fn write_page(
        &self,
        transaction: &Transaction,
        page: FanOutPage,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let Some(content) = read_content(transaction, &page).await? else {
            return Ok(Vec::new());
        };
        let query = registration::Entity::find()
            .select_only()
            .column(registration::Column::Id)
            .filter(registration::Column::CompetitionId.eq(page.competition_id))
            .filter(content.audience(transaction.get_database_backend()))
            .limit(PAGE_SIZE);
        let read: Vec<RegistrationId> = keyset_pagination::in_registration_order(query, page.after)
            .into_tuple()
            .all(transaction)
            .await?;
        let ids = content
            .recipients_among(transaction, page.competition_id, &read)
            .await?;
        let recipients = read_recipients(transaction, &ids, &self.public_url).await?;
        let predecessors = page.predecessors();
        let mut messages =
            message_order::earlier_messages(transaction, predecessors, &recipients, now).await?;
        let new_messages = recipients.iter();
        messages
            .extend(new_messages.map(|(id, recipient)| message(&page, &content, *id, recipient)));
        if !predecessors.is_empty() {
            message_order::date_after_earlier(transaction, &mut messages).await?;
        }
        let mut jobs = self.writer.write(transaction, messages, now).await?;
        let is_last = (read.len() as u64) < PAGE_SIZE;
        if !is_last {
            let after = read.last().copied();
            jobs.push(FanOutPage { after, ..page }.job()?);
        }
        if let Some(id) = page.announcement_id {
            count_written(transaction, id, ids.len(), is_last.then_some(now)).await?;
        }
        Ok(jobs)
    }
}

/// Counts the messages of an announcement that were written, in the transaction that writes them.
async fn count_written(
    transaction: &Transaction,
    id: AnnouncementId,
    messages: usize,
    finished_at: Option<DateTime<Utc>>,
) -> Result<(), InfrastructureError> {
    use announcement::Column;
    let messages = i64::try_from(messages).unwrap_or(i64::MAX);
    let written = || Expr::col(Column::Written).add(messages);
    let mut update = announcement::Entity::update_many()
        .col_expr(Column::Written, written())
        .filter(Column::Id.eq(id));
    if let Some(at) = finished_at {
        // People register and cancel meanwhile: in the end the total is what was written.
        update = update
            .col_expr(Column::FinishedAt, Expr::value(at))
            .col_expr(Column::Total, written());
    }
    update.exec(transaction).await?;
    Ok(())
}

/// Reads what the messages say; `None` if the competition or announcement was deleted.
async fn read_content(
    transaction: &Transaction,
    page: &FanOutPage,
) -> Result<Option<Content>, InfrastructureError> {
    let competition = competition::Entity::existing_by_id(page.competition_id)
        .one(transaction)
        .await?;
    let (Some(_), Some(id)) = (&competition, page.announcement_id) else {
        return Ok(competition.map(|_| Content::CompetitionCancelled));
    };
    let announcement = announcement::Entity::find_by_id(id)
        .one(transaction)
        .await?;
    let Some(row) = announcement else {
        return Ok(None);
    };
    let view = row.view_filter.as_deref().map(ViewAudience::read);
    Ok(Some(Content::Announcement {
        audience: row.audience,
        view: view.transpose()?,
        subject: row.subject,
        body: row.body,
    }))
}

fn message(
    page: &FanOutPage,
    content: &Content,
    id: RegistrationId,
    recipient: &Recipient,
) -> NewMessage {
    let (kind, (subject, body)) = match content {
        Content::CompetitionCancelled => (
            MessageKind::Cancellation,
            message_texts::called_off(&recipient.about),
        ),
        Content::Announcement {
            subject: line,
            body,
            ..
        } => (
            MessageKind::Announcement,
            message_texts::announcement(&recipient.about, line, body),
        ),
    };
    let dedupe_key = match page.announcement_id {
        Some(announcement) => format!("{}:{announcement}:{id}", page.kind()),
        None => format!("{}:{id}", page.kind()),
    };
    NewMessage {
        user: recipient.user,
        registration: Some(id),
        competition: Some(page.competition_id),
        announcement: page.announcement_id,
        kind,
        dedupe_key,
        subject,
        body,
        follows: None,
    }
}

#[async_trait]
impl StepHandler for FanOut {
    type Payload = FanOutPage;

    async fn step(
        &self,
        transaction: &Transaction,
        page: FanOutPage,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        self.write_page(transaction, page, now).await
    }

    async fn step_committed(&self, page: FanOutPage) {
        let competition = page.competition_id;
        self.news.changed_for_participants(competition).await;
    }
}
