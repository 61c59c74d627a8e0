//! The letters that invite people to work on a competition.
//!
//! A job sends the letter, and creates the token in it when it does, so that the token is in that letter only. A letter
//! that is tried again contains another token, with which the one before is worth nothing. An account that has the
//! address also gets a message, whose link needs no token: the account is logged in to read it.
//!
//! The request only writes the job, whether or not there is an account, so that its duration reveals nothing.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use crate::{
    domain::{
        mailbox::{MessageWriter, NewMessage, mail_of_text, message_texts::letter},
        news::News,
    },
    external::mailer::{Mailer, OutgoingMail},
    jobs::{Effect, Failure, Job, JobKind, Queues, outbox::NewJob},
    model::{JobId, Language, MessageKind, StaffId, UserId},
    store::{
        Database,
        entity::{
            competition,
            staff::{Column, Entity, Model},
            user,
        },
    },
    text::{StaffText, catalogue},
};

/// The kind of the jobs that send these letters.
pub const KIND: JobKind = JobKind::new("staff-invitation", Queues::MAIL);
/// How long an invitation can be accepted, in days.
pub const INVITATION_DAYS: i64 = 14;
/// The number of random bytes in a token.
const TOKEN_BYTES: usize = 32;

/// The payload of a job.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InvitationPayload {
    staff: StaffId,
    /// The language of the letter, unless the address has an account, which has its own.
    language: Language,
}

/// Returns the job that sends the letter of an invitation.
pub(super) fn job(staff: StaffId, language: Language) -> NewJob {
    NewJob {
        id: JobId::new(),
        kind: KIND,
        payload: serde_json::json!({ "staff": staff, "language": language }),
        subject: Some(staff.0),
    }
}

/// Returns the hash of a token, as it is stored.
pub(super) fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Returns the query for the invitations that can be answered at a moment.
pub(super) fn open(now: DateTime<Utc>) -> sea_orm::Select<Entity> {
    Entity::find()
        .filter(Column::UserId.is_null())
        .filter(Column::ExpiresAt.gt(now))
}

/// The effect that sends these letters, as messages and over SMTP.
#[derive(Debug, Clone)]
pub struct InvitationLetters {
    database: Database,
    news: Arc<News>,
    mailer: Option<Mailer>,
    public_url: Url,
}

/// What a letter says.
struct Invitation<'a> {
    row: &'a Model,
    title: &'a str,
    organizer: &'a str,
    language: Language,
}

impl Invitation<'_> {
    fn words(&self) -> &'static StaffText {
        &catalogue(self.language).staff
    }

    fn subject(&self) -> String {
        self.words().letter_subject(self.title)
    }

    fn text(&self, name: &str, link: &str) -> String {
        let t = self.words();
        let days = INVITATION_DAYS.unsigned_abs();
        let paragraphs = [
            &*t.letter_lead(self.organizer, self.title),
            t.role_lead(self.row.role),
            link,
            &t.letter_hint(days),
        ];
        letter(self.language, name, &paragraphs)
    }
}

impl InvitationLetters {
    /// Creates the effect. Without a mailer, only messages are written.
    #[must_use]
    pub fn new(database: Database, news: News, mailer: Option<Mailer>, public_url: Url) -> Self {
        Self {
            database,
            news: Arc::new(news),
            mailer,
            public_url,
        }
    }

    /// Stores the hash of a new token, and writes the message of an account that has the address. Returns the token;
    /// `None` if the invitation was answered meanwhile.
    async fn prepare(
        &self,
        job: &Job,
        invitation: &Invitation<'_>,
        reader: Option<&user::Model>,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, Failure> {
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; TOKEN_BYTES]>());
        let id = invitation.row.id;
        let transaction = self.database.begin().await.map_err(Failure::transient)?;
        let stored = Entity::update_many()
            .col_expr(Column::TokenHash, Expr::value(hash(&token)))
            .filter(Column::Id.eq(id))
            .filter(Column::UserId.is_null())
            .exec(&transaction)
            .await
            .map_err(Failure::transient)?;
        if stored.rows_affected == 0 {
            return Ok(None);
        }
        if let Some(reader) = reader {
            let link = self.link(id, None)?;
            let message = NewMessage {
                user: reader.id,
                registration: None,
                competition: None,
                announcement: None,
                kind: MessageKind::Account,
                dedupe_key: format!("staff-invitation:{id}:{}", job.id),
                subject: invitation.subject(),
                body: invitation.text(&reader.name, link.as_str()),
                follows: None,
            };
            // The letter goes to the address by itself.
            MessageWriter::default()
                .write(&transaction, vec![message], now)
                .await
                .map_err(Failure::transient)?;
        }
        transaction.commit().await.map_err(Failure::transient)?;
        let told: Vec<UserId> = reader.iter().map(|reader| reader.id).collect();
        if !told.is_empty() {
            self.news.changed(told).await;
        }
        Ok(Some(token))
    }

    fn link(&self, id: StaffId, token: Option<&str>) -> Result<Url, Failure> {
        let path = format!("/invitations/{id}");
        let link = self.public_url.join(&path);
        let mut link = link.map_err(|error| Failure::Permanent(error.to_string()))?;
        if let Some(token) = token {
            link.query_pairs_mut().append_pair("token", token);
        }
        Ok(link)
    }

    async fn send(
        &self,
        mailer: &Mailer,
        invitation: &Invitation<'_>,
        (name, address): (&str, &str),
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let host = self.public_url.host_str().unwrap_or("localhost");
        let link = self.link(invitation.row.id, Some(token))?;
        let mail = OutgoingMail {
            message_id: format!("<{}@{host}>", Uuid::new_v4().simple()),
            ..mail_of_text(
                invitation.language,
                (name, address),
                &invitation.subject(),
                invitation.text(name, link.as_str()),
                now,
            )
        };
        Ok(mailer.send(mail).await?)
    }
}

#[async_trait]
impl Effect for InvitationLetters {
    async fn perform(&self, job: &Job, now: DateTime<Utc>) -> Result<bool, Failure> {
        let payload: InvitationPayload = job.read()?;
        let read = self.database.read();
        let row = open(now).filter(Column::Id.eq(payload.staff)).one(read);
        let row = row.await.map_err(Failure::transient)?;
        // It may have been answered or withdrawn meanwhile.
        let Some((row, email)) = row.and_then(|row| Some((row.clone(), row.invited_email?))) else {
            return Ok(false);
        };
        let found = competition::Entity::existing_by_id(row.competition_id)
            .find_also_related(user::Entity)
            .one(read)
            .await
            .map_err(Failure::transient)?;
        let Some((competition, owner)) = found else {
            return Ok(false);
        };
        let reader = user::Entity::find()
            .filter(user::has_email(&email))
            .filter(user::Column::DisabledAt.is_null())
            .one(read)
            .await
            .map_err(Failure::transient)?;
        // Where mail can be sent, an address that is not confirmed may be somebody else's.
        let reader = reader.filter(|reader| reader.email_confirmed || self.mailer.is_none());
        let invitation = Invitation {
            row: &row,
            title: &competition.title,
            organizer: owner.as_ref().map_or("", |owner| &owner.name),
            language: reader.as_ref().map_or(payload.language, user::Model::reads),
        };
        let token = self.prepare(job, &invitation, reader.as_ref(), now).await?;
        let (Some(mailer), Some(token)) = (&self.mailer, token) else {
            return Ok(reader.is_some());
        };
        let name = reader.as_ref().map_or("", |reader| &reader.name);
        self.send(mailer, &invitation, (name, &email), &token, now)
            .await?;
        Ok(true)
    }
}
