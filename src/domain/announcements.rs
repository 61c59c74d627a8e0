//! Announcements: messages that an organizer writes to the participants of a competition, at once or at a time.
//!
//! An announcement is a row. Its messages are written page by page in the background (`registration/fan_out.rs`),
//! and each page counts what it has written in its own transaction, so that the numbers are right whatever
//! crashes. The id of an announcement follows from the idempotency key with which it was asked for: two presses
//! make one announcement.

mod failures;
mod progress;
mod schedule;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::OnConflict,
};
use sha2::{Digest, Sha256};

use self::schedule::Recipients;
pub use self::schedule::{ScheduledAnnouncements, TASK_NAME};
use super::{
    Actor, Result,
    audit::{Audit, AuditEvent},
    mailbox::{
        MessageWriter, NewMessage,
        mail::reply_address,
        message_texts::{self, CompetitionDetails},
    },
    news::News,
    permissions,
    registration::ViewAudience,
};
use crate::{
    jobs::outbox::{self, Outbox},
    model::{
        AnnouncementId, AnnouncementLetter, AnnouncementView, Audience, AuditAction, AuditOutcome,
        CompetitionId, CompetitionStatus, DomainError, IdempotencyKey, Language, MessageId,
        MessageKind, Permission, RecipientCount,
        forms::{AnnouncementInput, FieldErrors, FieldProblem},
    },
    ops::Clock,
    store::{
        Database, audit,
        entity::{announcement, competition, user},
    },
};

/// The largest number of announcements of one competition.
const MOST: u64 = 200;

/// Writes announcements. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Announcements {
    database: Database,
    outbox: Outbox,
    clock: Clock,
    audit: Audit,
    letters: Letters,
}

/// How messages to the organizer are written.
#[derive(Debug, Clone)]
pub struct Letters {
    /// Writes messages to mailboxes.
    pub writer: MessageWriter,
    /// Tells open pages that a message has arrived.
    pub news: News,
    /// What links in messages begin with.
    pub public_url: String,
}

impl Announcements {
    /// Creates the service over a database.
    #[must_use]
    pub const fn new(
        database: Database,
        outbox: Outbox,
        clock: Clock,
        audit: Audit,
        letters: Letters,
    ) -> Self {
        Self {
            database,
            outbox,
            clock,
            audit,
            letters,
        }
    }

    /// Announces something to participants with a live registration. The messages are written in the
    /// background, at once or at the chosen time. The same `key` with the same content gives the same
    /// announcement.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, [`DomainError::Forbidden`] if
    /// `actor` is not its organizer, [`DomainError::Invalid`] if a field is out of bounds or the competition
    /// is a draft, and [`DomainError::IdempotencyKeyReused`] if the key belongs to another announcement.
    pub async fn announce(
        &self,
        actor: Actor,
        competition_id: CompetitionId,
        key: Option<&IdempotencyKey>,
        input: AnnouncementInput,
    ) -> Result<AnnouncementView> {
        let competition = self.owned(actor, competition_id).await?;
        let id = match key {
            Some(key) => id_of(actor, competition_id, key),
            None => AnnouncementId::new(),
        };
        let now = self.clock.now();
        if let Some(before) = announcement::Entity::find_by_id(id)
            .one(self.database.write())
            .await?
        {
            return self.repeated(before, input).await;
        }
        let input = input.check(now)?;
        if competition.status == CompetitionStatus::Draft {
            return Err(FieldErrors::one("subject", FieldProblem::DraftHasNobody).into());
        }
        let count = announcement::Entity::find()
            .filter(announcement::Column::CompetitionId.eq(competition_id))
            .count(self.database.read())
            .await?;
        if count >= MOST {
            let problem = FieldProblem::TooManyAnnouncements(MOST);
            return Err(FieldErrors::one("subject", problem).into());
        }
        let view = self.view_of(competition_id, &input).await?;
        let (view_name, view) = view.unzip();
        let event = AuditEvent::by(actor, AuditAction::Announcement, AuditOutcome::Done);
        let record = self.audit.record(event.on(Some(competition_id)));
        let view_filter = view.as_ref().map(ViewAudience::write).transpose()?;
        let recipients = Recipients::read(
            &self.database,
            competition_id,
            input.audience,
            view.filter(|_| input.send_at.is_none()),
        )
        .await?;
        let transaction = self.database.begin().await?;
        let row = announcement::ActiveModel {
            id: Set(id),
            competition_id: Set(competition_id),
            author_id: Set(Some(actor.id)),
            subject: Set(input.subject.clone()),
            body: Set(input.body.clone()),
            created_at: Set(now),
            audience: Set(input.audience),
            view_id: Set(input.view_id),
            view_name: Set(view_name.flatten()),
            view_filter: Set(view_filter),
            send_at: Set(input.send_at),
            started_at: Set(None),
            finished_at: Set(None),
            withdrawn_at: Set(None),
            total: Set(0),
            written: Set(0),
        };
        let conflict = OnConflict::column(announcement::Column::Id)
            .do_nothing()
            .to_owned();
        let inserted = announcement::Entity::insert(row)
            .on_conflict(conflict)
            .exec_without_returning(&transaction)
            .await?;
        if inserted == 0 {
            // Another press with the same key came first.
            transaction.rollback().await?;
            let before = announcement::Entity::find_by_id(id)
                .one(self.database.write())
                .await?
                .ok_or(DomainError::NotFound)?;
            return self.repeated(before, input).await;
        }
        let jobs = match input.send_at {
            Some(_) => Vec::new(),
            None => {
                let job = schedule::start(&transaction, id, recipients, now).await?;
                job.into_iter().collect()
            }
        };
        outbox::write(&transaction, &jobs, now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.outbox.committed(&jobs).await;
        let row = announcement::Entity::find_by_id(id)
            .one(self.database.write())
            .await?
            .ok_or(DomainError::NotFound)?;
        self.view(row).await
    }

    /// Returns the announcement that a repeated request has made, if it has the same content.
    async fn repeated(
        &self,
        before: announcement::Model,
        input: AnnouncementInput,
    ) -> Result<AnnouncementView> {
        // The time must have been in the future when the request came for the first time.
        let input = input.check(before.created_at)?;
        let kept = before.view_filter.as_deref().map(ViewAudience::read);
        let kept = kept.transpose()?.unwrap_or_default();
        let same = before.audience == input.audience
            && before.view_id == input.view_id
            && kept.has_chosen(&input.chosen)
            && before.subject == input.subject
            && before.body == input.body
            && before.send_at == input.send_at;
        if !same {
            return Err(DomainError::IdempotencyKeyReused.into());
        }
        self.view(before).await
    }

    /// Withdraws an announcement that waits for its time. To withdraw it twice is no error.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such announcement of the competition,
    /// [`DomainError::Forbidden`] if `actor` is not the competition's organizer, and
    /// [`DomainError::AnnouncementSent`] if it is being sent.
    pub async fn withdraw(
        &self,
        actor: Actor,
        competition_id: CompetitionId,
        id: AnnouncementId,
    ) -> Result<()> {
        use announcement::Column;
        self.owned(actor, competition_id).await?;
        let event = AuditEvent::by(actor, AuditAction::AnnouncementWithdraw, AuditOutcome::Done);
        let record = self.audit.record(event.on(Some(competition_id)));
        let transaction = self.database.begin().await?;
        let row = announcement::Entity::find_by_id(id)
            .filter(Column::CompetitionId.eq(competition_id))
            .one(&transaction)
            .await?;
        if row.is_some() && schedule::withdraw(&transaction, id, self.clock.now()).await? {
            audit::write(&transaction, &record).await?;
            transaction.commit().await?;
            audit::log_records(&record);
            return Ok(());
        }
        transaction.rollback().await?;
        match row {
            None => Err(DomainError::NotFound.into()),
            Some(row) if row.withdrawn_at.is_some() => Ok(()),
            Some(_) => Err(DomainError::AnnouncementSent.into()),
        }
    }

    /// Returns an announcement as a recipient who reads `language` gets it.
    ///
    /// # Errors
    /// Returns the same errors as [`announce`](Self::announce), but for a draft.
    pub async fn preview(
        &self,
        actor: Actor,
        competition_id: CompetitionId,
        input: AnnouncementInput,
        language: Language,
    ) -> Result<AnnouncementLetter> {
        let competition = self.owned(actor, competition_id).await?;
        let input = input.check(self.clock.now())?;
        self.view_of(competition_id, &input).await?;
        let author = self.author(actor).await?;
        let about = self.details(&competition, &author, language);
        let (subject, body) = message_texts::announcement(&about, &input.subject, &input.body);
        Ok(AnnouncementLetter { subject, body })
    }

    /// Counts the participants whom a saved view shows, or who were chosen, and who would get an announcement to them
    /// at this moment; `None` for other audiences.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, [`DomainError::Forbidden`] if `actor` is not
    /// its organizer, and [`DomainError::Invalid`] if it has no such saved view.
    pub async fn recipients_of_view(
        &self,
        actor: Actor,
        competition_id: CompetitionId,
        input: &AnnouncementInput,
    ) -> Result<Option<RecipientCount>> {
        self.owned(actor, competition_id).await?;
        let database = &self.database;
        let Some((_, audience)) = self.view_of(competition_id, input).await? else {
            return Ok(None);
        };
        let audience = audience.resolved(database, competition_id).await?;
        Ok(Some(audience.estimate(database, competition_id).await?))
    }

    /// Returns the address to which replies to an announcement of the competition go, if there is one: the contact of
    /// its owner, whoever writes.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, and [`DomainError::Forbidden`] if `actor` may
    /// not write to its participants.
    pub async fn reply_address(
        &self,
        actor: Actor,
        competition_id: CompetitionId,
    ) -> Result<Option<String>> {
        let competition = self.owned(actor, competition_id).await?;
        let owner = user::Entity::find_by_id(competition.organizer_id)
            .one(self.database.read())
            .await?;
        Ok(owner.as_ref().and_then(reply_address))
    }

    /// Returns the saved view that is the audience of an announcement, if one is: its name, and what it shows. Those who
    /// were chosen in the list have no name.
    async fn view_of(
        &self,
        competition: CompetitionId,
        input: &AnnouncementInput,
    ) -> Result<Option<(Option<String>, ViewAudience)>> {
        if input.audience != Audience::View {
            return Ok(None);
        }
        if !input.chosen.is_empty() {
            return Ok(Some((None, ViewAudience::chosen(input.chosen.clone()))));
        }
        let (view, audience) = ViewAudience::of(&self.database, competition, input.view_id).await?;
        Ok(Some((Some(view.name), audience)))
    }

    /// Writes an announcement to the actor alone, as participants would get it.
    ///
    /// # Errors
    /// Returns the same errors as [`preview`](Self::preview).
    pub async fn send_test(
        &self,
        actor: Actor,
        competition_id: CompetitionId,
        input: AnnouncementInput,
    ) -> Result<()> {
        let competition = self.owned(actor, competition_id).await?;
        let now = self.clock.now();
        let input = input.check(now)?;
        let author = self.author(actor).await?;
        let about = self.details(&competition, &author, author.reads());
        let (subject, body) = message_texts::announcement(&about, &input.subject, &input.body);
        let message = NewMessage {
            user: actor.id,
            registration: None,
            competition: Some(competition_id),
            announcement: None,
            kind: MessageKind::Announcement,
            dedupe_key: format!("announcement-test:{}", MessageId::new()),
            subject,
            body,
            follows: None,
        };
        let transaction = self.database.begin().await?;
        let jobs = self
            .letters
            .writer
            .write(&transaction, vec![message], now)
            .await?;
        outbox::write(&transaction, &jobs, now).await?;
        transaction.commit().await?;
        self.outbox.committed(&jobs).await;
        self.letters.news.changed(vec![actor.id]).await;
        Ok(())
    }

    /// Returns the competition if the actor may announce something to its participants.
    async fn owned(&self, actor: Actor, id: CompetitionId) -> Result<competition::Model> {
        let (database, audit) = (&self.database, &self.audit);
        let needed = Permission::Edit;
        let (row, _) = permissions::permitted(database, audit, actor, id, needed).await?;
        Ok(row)
    }

    async fn author(&self, actor: Actor) -> Result<user::Model> {
        let row = user::Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?;
        Ok(row.ok_or(DomainError::Unauthenticated)?)
    }

    fn details(
        &self,
        competition: &competition::Model,
        reader: &user::Model,
        language: Language,
    ) -> CompetitionDetails {
        CompetitionDetails {
            language,
            name: reader.name.clone(),
            title: competition.title.clone(),
            location: competition.location.clone(),
            starts_at: competition.starts_at,
            venue_zone: competition.time_zone.clone(),
            own_zone: reader.time_zone.clone(),
            link: Some(format!(
                "{}/competitions/{}",
                self.letters.public_url, competition.id
            )),
        }
    }
}

/// Returns the id of the announcement that an account asks for with an idempotency key.
fn id_of(actor: Actor, competition: CompetitionId, key: &IdempotencyKey) -> AnnouncementId {
    let mut bytes = [0; 16];
    let text = format!("{}:{competition}:{key}", actor.id);
    bytes.copy_from_slice(&Sha256::digest(text)[..16]);
    // Version 8 (RFC 9562): made up by the application.
    AnnouncementId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
