//! Telling everyone in a competition the same thing: page by page, each page a job that gives birth
//! to the next one's. No transaction is open for longer than a page takes, and who dies in between
//! loses nothing.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};

use super::{
    job_kinds, keyset_pagination, message_order,
    recipients::{Recipient, read_recipients},
};
use crate::{
    domain::mailbox::{MessageWriter, NewMessage, message_texts},
    jobs::{JobKind, StepHandler, outbox::NewJob},
    model::{AnnouncementId, CompetitionId, MessageKind, RegistrationId, RegistrationStatus},
    store::{
        InfrastructureError, Transaction,
        entity::{announcement, competition, registration},
    },
};

/// People told in one transaction.
const PAGE: u64 = 500;

/// What a page's job carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FanOutPage {
    /// To everyone in there.
    pub competition_id: CompetitionId,
    /// What is said; the competition is called off if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement_id: Option<AnnouncementId>,
    /// The last one who was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RegistrationId>,
}

impl FanOutPage {
    fn kind(&self) -> JobKind {
        match self.announcement_id {
            Some(_) => job_kinds::ANNOUNCEMENT,
            None => job_kinds::COMPETITION_CANCELLED,
        }
    }

    /// What tells one occasion from another.
    fn occasion(&self) -> String {
        match self.announcement_id {
            Some(id) => id.to_string(),
            None => self.competition_id.to_string(),
        }
    }

    /// The job that tells this page's people.
    ///
    /// # Errors
    /// Never in practice: ids always serialise.
    pub(in crate::domain) fn job(&self) -> Result<NewJob, InfrastructureError> {
        let payload = serde_json::to_value(self).map_err(InfrastructureError::internal)?;
        let after = self.after.map(|id| id.to_string()).unwrap_or_default();
        let key = format!("{}:{after}", self.occasion());
        Ok(NewJob::once(
            self.kind(),
            self.competition_id,
            payload,
            &key,
        ))
    }
}

/// The job that begins to tell everyone in a competition that it is called off.
pub(super) fn called_off(competition_id: CompetitionId) -> Result<NewJob, InfrastructureError> {
    FanOutPage {
        competition_id,
        announcement_id: None,
        after: None,
    }
    .job()
}

/// Tells everyone, a page a job.
#[derive(Debug, Clone)]
pub struct FanOut {
    public_url: String,
    writer: MessageWriter,
}

/// What everyone is told.
enum Words {
    CalledOff,
    Announcement { subject: String, body: String },
}

impl FanOut {
    /// The kinds it does.
    pub const KINDS: &'static [JobKind] =
        &[job_kinds::COMPETITION_CANCELLED, job_kinds::ANNOUNCEMENT];

    /// Links begin with `public_url`.
    #[must_use]
    pub fn new(public_url: &str, writer: MessageWriter) -> Self {
        Self {
            public_url: public_url.to_owned(),
            writer,
        }
    }

    async fn page(
        &self,
        transaction: &Transaction,
        page: FanOutPage,
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let Some(words) = words(transaction, &page).await? else {
            return Ok(Vec::new());
        };
        let query = registration::Entity::find()
            .select_only()
            .column(registration::Column::Id)
            .filter(registration::Column::CompetitionId.eq(page.competition_id))
            .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
            .limit(PAGE);
        let ids: Vec<RegistrationId> = keyset_pagination::in_registration_order(query, page.after)
            .into_tuple()
            .all(transaction)
            .await?;
        let recipients = read_recipients(transaction, &ids, &self.public_url).await?;
        let mut letters =
            message_order::earlier(transaction, page.kind(), &recipients, now).await?;
        let news = recipients.iter();
        letters.extend(news.map(|(id, subject)| letter(&page, &words, *id, subject)));
        message_order::date(transaction, page.kind(), &mut letters).await?;
        let mut born = self.writer.write(transaction, letters, now).await?;
        if ids.len() as u64 == PAGE {
            let after = ids.last().copied();
            born.push(FanOutPage { after, ..page }.job()?);
        }
        Ok(born)
    }
}

/// What there is to say; `None` if what it is about is gone.
async fn words(
    transaction: &Transaction,
    page: &FanOutPage,
) -> Result<Option<Words>, InfrastructureError> {
    let competition = competition::Entity::existing_by_id(page.competition_id)
        .one(transaction)
        .await?;
    let (Some(_), Some(id)) = (&competition, page.announcement_id) else {
        return Ok(competition.map(|_| Words::CalledOff));
    };
    let announcement = announcement::Entity::find_by_id(id)
        .one(transaction)
        .await?;
    Ok(announcement.map(|row| Words::Announcement {
        subject: row.subject,
        body: row.body,
    }))
}

fn letter(page: &FanOutPage, words: &Words, id: RegistrationId, subject: &Recipient) -> NewMessage {
    let (kind, (title, body)) = match words {
        Words::CalledOff => (
            MessageKind::Cancellation,
            message_texts::called_off(&subject.about),
        ),
        Words::Announcement {
            subject: line,
            body,
        } => (
            MessageKind::Announcement,
            message_texts::announcement(&subject.about, line, body),
        ),
    };
    let dedupe_key = match page.announcement_id {
        Some(announcement) => format!("{}:{announcement}:{id}", page.kind()),
        None => format!("{}:{id}", page.kind()),
    };
    NewMessage {
        user: subject.user,
        registration: Some(id),
        competition: Some(page.competition_id),
        kind,
        dedupe_key,
        subject: title,
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
        self.page(transaction, page, now).await
    }
}
