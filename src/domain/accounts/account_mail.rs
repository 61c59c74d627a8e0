//! Mail about an account itself: a link to set a new password, and a link to confirm an e-mail address.
//!
//! Such a mail is not in the mailbox, which its reader may be unable to open. A job sends it, and creates
//! the token in it when it does: the token is in that mail only, and never in a job, a queue or a dead
//! letter. A mail that is tried again contains another token.
//!
//! The request only writes the job, whether or not the account exists, so that its duration reveals
//! nothing.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::{
    account_tokens::{self, CONFIRMATION_DAYS, RESET_MINUTES},
    log_in_codes::{self, CODE_MINUTES},
};
use crate::{
    domain::{
        mailbox::{MessageWriter, mail_of_text, message_texts::letter},
        purpose_key::PurposeKey,
    },
    external::mailer::{Mailer, OutgoingMail},
    jobs::{
        Effect, Failure, Job, JobKind, Queues,
        outbox::{NewJob, Outbox},
    },
    model::{AccountTokenPurpose, JobId, UserId},
    ops::Clock,
    store::{Database, auth_epoch, entity::user},
    text::{AccountLetterText, catalogue},
};

/// The kind of the jobs that send these mails.
pub const KIND: JobKind = JobKind::new("account-mail", Queues::MAIL);

/// How the service of accounts writes messages and enqueues mail. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AccountMail {
    /// Writes messages to the mailbox, and knows whether an SMTP server is configured.
    pub writer: MessageWriter,
    /// Pushes jobs after the commit; without it the relay does.
    pub outbox: Option<Outbox>,
    /// Authenticates the codes that are sent by mail.
    pub code_key: PurposeKey,
}

impl Default for AccountMail {
    /// Returns the value for a service that sends nothing.
    fn default() -> Self {
        Self {
            writer: MessageWriter::default(),
            outbox: None,
            code_key: PurposeKey::random(),
        }
    }
}

impl AccountMail {
    /// Returns whether mail can be sent at all.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.writer.also_by_mail
    }

    /// Pushes committed jobs to their queue.
    pub(super) async fn committed(&self, jobs: &[NewJob]) {
        if let Some(outbox) = self.outbox.as_ref().filter(|_| !jobs.is_empty()) {
            outbox.committed(jobs).await;
        }
    }
}

/// The payload of a job. It has no account if somebody asked for a mail to an address that no account has.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountMailPayload {
    account: Option<UserId>,
    purpose: AccountTokenPurpose,
}

/// Returns the job that sends a mail of this purpose to an account.
pub(super) fn job(account: Option<UserId>, purpose: AccountTokenPurpose) -> NewJob {
    NewJob {
        id: JobId::new(),
        kind: KIND,
        payload: serde_json::json!({ "account": account, "purpose": purpose }),
        subject: account.map(|id| id.0),
    }
}

/// The effect that sends these mails over SMTP.
#[derive(Debug, Clone)]
pub struct AccountMailSender {
    database: Database,
    clock: Clock,
    mailer: Mailer,
    public_url: Url,
    code_key: PurposeKey,
}

impl AccountMailSender {
    /// Creates the effect; links in mail begin with `public_url`, and `code_key` authenticates codes.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        mailer: Mailer,
        public_url: Url,
        code_key: PurposeKey,
    ) -> Self {
        Self {
            database,
            clock,
            mailer,
            public_url,
            code_key,
        }
    }

    /// An address that is not confirmed gets the link that confirms it instead: with a code its reader
    /// would log in to an account whose password somebody else may know.
    async fn send_code(&self, row: &user::Model) -> Result<bool, Failure> {
        if !row.email_confirmed {
            return self.send_confirmation_link(row).await;
        }
        let now = self.clock.now();
        let transaction = self.database.begin().await.map_err(Failure::transient)?;
        auth_epoch::lock(&transaction, row.id)
            .await
            .map_err(Failure::transient)?;
        let code = log_in_codes::create(&transaction, &self.code_key, row.id, &row.email, now)
            .await
            .map_err(Failure::transient)?;
        transaction.commit().await.map_err(Failure::transient)?;
        let t = sentences(row);
        let paragraphs = [t.code, &code, &t.code_hint(count(CODE_MINUTES))];
        self.send(row, &row.email, t.code_subject, &paragraphs)
            .await
    }

    async fn send_reset_link(&self, row: &user::Model) -> Result<bool, Failure> {
        let purpose = AccountTokenPurpose::PasswordReset;
        let token = self.create(row, purpose, &row.email).await?;
        let link = self.link("/reset", &token)?;
        let t = sentences(row);
        let hint = t.reset_hint(count(RESET_MINUTES));
        let paragraphs = [t.reset, link.as_str(), &hint];
        self.send(row, &row.email, t.reset_subject, &paragraphs)
            .await
    }

    async fn send_confirmation_link(&self, row: &user::Model) -> Result<bool, Failure> {
        let address = match &row.pending_email {
            Some(pending) => {
                self.tell_present_address(row, pending).await?;
                pending
            }
            None if row.email_confirmed => return Ok(false),
            None => &row.email,
        };
        let purpose = AccountTokenPurpose::EmailConfirmation;
        let token = self.create(row, purpose, address).await?;
        let link = self.link("/verify-email", &token)?;
        let t = sentences(row);
        let hint = t.confirm_hint(count(CONFIRMATION_DAYS));
        let paragraphs = [t.confirm, link.as_str(), &hint];
        self.send(row, address, t.confirm_subject, &paragraphs)
            .await
    }

    /// Tells the address that an account has that another one is to replace it. The other one gets its
    /// link only after this, so that nobody takes an account over unnoticed. An address that does not exist
    /// any more can't be told.
    async fn tell_present_address(&self, row: &user::Model, pending: &str) -> Result<(), Failure> {
        if !row.email_confirmed {
            return Ok(());
        }
        let t = sentences(row);
        let link = self.address_of("/forgot")?;
        let paragraphs = [&*t.new_email(pending), t.new_email_hint, link.as_str()];
        let sent = self.send(row, &row.email, t.new_email_subject, &paragraphs);
        match sent.await {
            Ok(_) | Err(Failure::Permanent(_)) => Ok(()),
            Err(transient) => Err(transient),
        }
    }

    /// Creates a token in a transaction of its own. It locks the account, so that concurrent mails to one
    /// account count each other's tokens.
    async fn create(
        &self,
        row: &user::Model,
        purpose: AccountTokenPurpose,
        email: &str,
    ) -> Result<String, Failure> {
        let now = self.clock.now();
        let transaction = self.database.begin().await.map_err(Failure::transient)?;
        auth_epoch::lock(&transaction, row.id)
            .await
            .map_err(Failure::transient)?;
        let token = account_tokens::create(&transaction, row.id, purpose, email, now)
            .await
            .map_err(Failure::transient)?;
        transaction.commit().await.map_err(Failure::transient)?;
        Ok(token)
    }

    fn address_of(&self, path: &str) -> Result<Url, Failure> {
        self.public_url
            .join(path)
            .map_err(|error| Failure::Permanent(error.to_string()))
    }

    fn link(&self, path: &str, token: &str) -> Result<Url, Failure> {
        let mut link = self.address_of(path)?;
        link.query_pairs_mut().append_pair("token", token);
        Ok(link)
    }

    async fn send(
        &self,
        row: &user::Model,
        address: &str,
        subject: &str,
        paragraphs: &[&str],
    ) -> Result<bool, Failure> {
        let host = self.public_url.host_str().unwrap_or("localhost");
        let name = name_at(row, address);
        let mail = OutgoingMail {
            message_id: format!("<{}@{host}>", Uuid::new_v4().simple()),
            ..mail_of_text(
                row.reads(),
                (name, address),
                subject,
                letter(row.reads(), name, paragraphs),
                self.clock.now(),
            )
        };
        self.mailer.send(mail).await?;
        Ok(true)
    }
}

/// Returns the name with which a mail to an address names its reader. It is empty unless the account has
/// confirmed the address: otherwise anybody could send a text of their choice to others, as a name.
fn name_at<'a>(row: &'a user::Model, address: &str) -> &'a str {
    if row.email_confirmed && row.email == address {
        &row.name
    } else {
        ""
    }
}

/// Returns the sentences of letters about an account, in its language.
fn sentences(row: &user::Model) -> &'static AccountLetterText {
    &catalogue(row.reads()).account_letters
}

/// Returns how long something is valid, as sentences count it.
fn count(duration: i64) -> u64 {
    duration.unsigned_abs()
}

#[async_trait]
impl Effect for AccountMailSender {
    async fn perform(&self, job: &Job, _now: DateTime<Utc>) -> Result<bool, Failure> {
        let payload: AccountMailPayload = job.read()?;
        let Some(account) = payload.account else {
            return Ok(false);
        };
        let found = user::Entity::find_by_id(account)
            .one(self.database.read())
            .await;
        // The account may have been disabled or deleted meanwhile.
        let enabled = found
            .map_err(Failure::transient)?
            .filter(|row| row.disabled_at.is_none());
        let Some(row) = enabled else {
            return Ok(false);
        };
        match payload.purpose {
            AccountTokenPurpose::PasswordReset => self.send_reset_link(&row).await,
            AccountTokenPurpose::EmailConfirmation => self.send_confirmation_link(&row).await,
            AccountTokenPurpose::LogInCode => self.send_code(&row).await,
        }
    }
}
