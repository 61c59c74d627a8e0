//! Sends messages as mail, besides the row in the mailbox: one job for each message.
//!
//! Mail is sent at least once. If the process crashes after the SMTP server has accepted a mail and
//! before the commit that records it, the mail is sent again, with the same Message-ID and date.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::Expr};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Preferences,
    compose_mail::compose,
    mailed_ticket::MailedTicket,
    preferences::{topic, wants},
    successors::successors,
};
use crate::{
    domain::{
        Error, competitions::calendar_file::CalendarFile, rasterizer::Rasterizer,
        tickets::codes::TicketCodes,
    },
    external::mailer::{AttachedCalendar, Mailer, SendError},
    jobs::{Effect, Failure, Job, JobKind, Queues, outbox::NewJob},
    model::{
        CompetitionStatus, Contact, Language, MailTopic, MessageId, MessageKind, RegistrationId,
        qr_code::QrPath, ticket_number,
    },
    store::{
        Database, InfrastructureError, Transaction,
        entity::{competition, message, registration, user},
    },
};

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Permanent(why) => Self::Permanent(why),
            SendError::Transient(why) => Self::Transient(why),
            SendError::Throttled(why) => Self::Congested(why),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MailPayload {
    message_id: MessageId,
}

/// The width of a module of a QR code, in pixels.
const PIXELS: usize = 8;

/// The kind of the jobs that send messages as mail.
pub const KIND: JobKind = JobKind::new("mail", Queues::MAIL);

/// Returns the job that sends a message.
pub(super) fn job(id: MessageId) -> NewJob {
    let payload = serde_json::json!({ "messageId": id });
    NewJob::once(KIND, id, payload, &id.to_string())
}

/// The effect that sends messages over SMTP.
#[derive(Debug, Clone)]
pub struct MailSender {
    database: Database,
    mailer: Mailer,
    preferences: Preferences,
    public_url: Url,
    codes: TicketCodes,
    /// Of its own, so that mail does not wait for the pictures that people look at, nor they for mail.
    rasterizer: Rasterizer,
}

impl MailSender {
    /// Creates the effect; links in mail begin with `public_url`.
    #[must_use]
    pub fn new(
        database: Database,
        mailer: Mailer,
        preferences: Preferences,
        public_url: Url,
        codes: TicketCodes,
    ) -> Self {
        Self {
            database,
            mailer,
            preferences,
            public_url,
            codes,
            rasterizer: Rasterizer::default(),
        }
    }

    async fn send(&self, id: MessageId) -> Result<bool, Failure> {
        let read = self.database.read();
        let message = message::Entity::find_by_id(id).one(read).await;
        // A message is deleted with its account: then there is no recipient.
        let Some(message) = message.map_err(Failure::transient)? else {
            return Ok(false);
        };
        if message.sent_at.is_some() {
            return Ok(false);
        }
        let user = user::Entity::find_by_id(message.user_id).one(read).await;
        let Some(user) = user.map_err(Failure::transient)? else {
            return Ok(false);
        };
        // The message is in the mailbox; the address may be that of another person.
        if !user.email_confirmed {
            return Ok(false);
        }
        let topic = topic(&message);
        if topic.is_some_and(|topic| !wants(&user, topic)) {
            return Ok(false);
        }
        if self
            .is_overtaken(&message)
            .await
            .map_err(Failure::transient)?
        {
            tracing::debug!(message.id = %id, "Skipped the mail of message {id}: a later message was sent");
            return Ok(false);
        }
        let calendar = self
            .calendar(&message, user.reads())
            .await
            .map_err(Failure::transient)?;
        let host = self.public_url.host_str().unwrap_or("localhost");
        let link = topic.map(|topic| self.unsubscribe(&user, topic));
        let unsubscribe = link.transpose().map_err(Failure::transient)?;
        let mut outgoing = compose(&message, &user, host, unsubscribe, calendar);
        outgoing.reply_to = self.reply_to(&message).await.map_err(Failure::transient)?;
        if let Some(ticket) = self.ticket(&message).await? {
            outgoing = ticket.put_into(outgoing, user.reads());
        }
        self.mailer.send(outgoing).await?;
        Ok(true)
    }

    /// Returns the address to which replies to an announcement go: the one that the organizer shows to everyone.
    async fn reply_to(
        &self,
        message: &message::Model,
    ) -> Result<Option<String>, InfrastructureError> {
        let (MessageKind::Announcement, Some(id)) = (message.kind, message.competition_id) else {
            return Ok(None);
        };
        let found = competition::Entity::find_by_id(id)
            .find_also_related(user::Entity)
            .one(self.database.read())
            .await?;
        let organizer = found.and_then(|(_, organizer)| organizer);
        Ok(organizer.as_ref().and_then(reply_address))
    }

    /// Returns whether a later message was sent, while this one was tried again, that this one may not
    /// follow.
    async fn is_overtaken(&self, message: &message::Model) -> Result<bool, InfrastructureError> {
        let Some(registration) = message.registration_id else {
            return Ok(false);
        };
        use message::Column;
        // A later change of the schedule makes the time and location in this message untrue.
        let newer_schedule = Condition::all()
            .add(Column::Kind.eq(MessageKind::Change))
            .add(Column::CreatedAt.gt(message.created_at));
        let mut later = Condition::any().add(Column::Kind.is_in(successors(message.kind).to_vec()));
        if matches!(message.kind, MessageKind::Change | MessageKind::Reminder) {
            later = later.add(newer_schedule);
        }
        let sent = message::Entity::find()
            .filter(Column::RegistrationId.eq(registration))
            .filter(later)
            .filter(Column::SentAt.is_not_null())
            .one(self.database.read())
            .await?;
        Ok(sent.is_some())
    }

    /// Returns the calendar entry to be attached, for participants with a seat, as the competition is
    /// now. Its sequence number grows with each change, so that calendars replace earlier entries.
    async fn calendar(
        &self,
        message: &message::Model,
        language: Language,
    ) -> Result<Option<AttachedCalendar>, InfrastructureError> {
        let Some(id) = message.competition_id else {
            return Ok(None);
        };
        let has_entry = match message.kind {
            MessageKind::Confirmation | MessageKind::Promotion => true,
            MessageKind::Change => self.holds_seat(message.registration_id).await?,
            _ => false,
        };
        if !has_entry {
            return Ok(None);
        }
        let row = competition::Entity::existing_by_id(id)
            .one(self.database.read())
            .await?;
        Ok(row.map(|row| {
            let file = CalendarFile::from(row);
            AttachedCalendar {
                name: format!("{}.ics", file.name()),
                text: file.text(&self.public_url, language),
            }
        }))
    }

    /// Returns the ticket that the mail contains: with the news of a seat, if the participant still has it.
    async fn ticket(&self, message: &message::Model) -> Result<Option<MailedTicket>, Failure> {
        let (Some(id), MessageKind::Confirmation | MessageKind::Promotion) =
            (message.registration_id, message.kind)
        else {
            return Ok(None);
        };
        let found = registration::Entity::find_by_id(id)
            .find_also_related(competition::Entity)
            .one(self.database.read())
            .await;
        let Some((registration, Some(competition))) = found.map_err(Failure::transient)? else {
            return Ok(None);
        };
        let takes_place =
            competition.status == CompetitionStatus::Published && competition.deleted_at.is_none();
        if !takes_place || !registration.status.holds_seat() {
            return Ok(None);
        }
        let code = self.codes.code(id, registration.user_id);
        let Some(code) = QrPath::of(&code) else {
            return Ok(None);
        };
        let picture = self.rasterizer.png(code.document(PIXELS)).await;
        let qr_code = picture.map_err(|error| match error {
            Error::Domain(error) => Failure::Transient(error.to_string()),
            Error::Infrastructure(error) => Failure::transient(error),
        })?;
        let site = self.public_url.as_str().trim_end_matches('/');
        Ok(Some(MailedTicket {
            link: format!("{site}/me/registrations/{id}"),
            number: ticket_number(id),
            qr_code: qr_code.to_vec(),
        }))
    }

    async fn holds_seat(&self, id: Option<RegistrationId>) -> Result<bool, InfrastructureError> {
        let Some(id) = id else { return Ok(false) };
        let row = registration::Entity::find_by_id(id)
            .one(self.database.read())
            .await?;
        Ok(row.is_some_and(|row| row.status.holds_seat()))
    }

    fn unsubscribe(
        &self,
        user: &user::Model,
        topic: MailTopic,
    ) -> Result<Url, InfrastructureError> {
        let mut link = self
            .public_url
            .join("/unsubscribe")
            .map_err(InfrastructureError::internal)?;
        link.query_pairs_mut()
            .append_pair("token", &self.preferences.token(user.id, topic)?);
        Ok(link)
    }
}

/// Returns the address to which replies to announcements of an organizer go: the one that is shown to everyone.
pub(in crate::domain) fn reply_address(organizer: &user::Model) -> Option<String> {
    let contact = organizer.contact.clone().map(Contact::stored);
    let contact = contact.filter(Contact::is_mail)?;
    Some(contact.as_str().to_owned())
}

#[async_trait]
impl Effect for MailSender {
    async fn perform(&self, job: &Job, _now: DateTime<Utc>) -> Result<bool, Failure> {
        let payload: MailPayload = job.read()?;
        self.send(payload.message_id).await
    }

    async fn record(
        &self,
        transaction: &Transaction,
        job: &Job,
        now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        let payload: MailPayload = job.read().map_err(InfrastructureError::internal)?;
        message::Entity::update_many()
            .col_expr(message::Column::SentAt, Expr::value(now))
            .filter(message::Column::Id.eq(payload.message_id))
            .exec(transaction)
            .await?;
        Ok(())
    }
}
