//! Accounts: sign-up, log-in, profiles, passwords and roles.

use sea_orm::{
    ActiveModelTrait, ActiveValue, EntityTrait, IntoActiveModel, QueryFilter, Set,
    sea_query::SimpleExpr,
};
use serde_json::json;

pub mod account_mail;
mod account_tokens;
mod added_accounts;
mod administration;
pub mod devices;
mod directory;
mod email_confirmation;
mod log_in;
mod log_in_attempt;
mod log_in_code_requests;
pub mod log_in_codes;
pub mod log_ins;
mod mail_requests;
mod organizer_requests;
mod origin;
mod password;
mod password_changes;
mod pending_log_in;
mod profile;
pub mod second_factor;
mod totp_secrets;
mod viewers;

pub use account_mail::AccountMail;
pub use directory::DELETED_DOMAIN;
pub use log_in_attempt::LogInGuard;
pub use origin::{DeviceToken, Origin};
pub use password::Passwords;
pub use pending_log_in::{LogInStep, PendingLogIn};
pub use totp_secrets::{SecondFactors, TotpSecrets};
pub use viewers::LoggedInViewer;

use super::{
    Actor, ClientAddress, Error, Result,
    audit::{Audit, AuditEvent},
    changes::Changes,
    competitions,
    ended_log_ins::EndedLogIns,
    purpose_key::PurposeKey,
    rate_limits::{RateLimit, RateLimiter},
};
use crate::{
    jobs::outbox,
    model::{
        AccountTokenPurpose, AuditAction, AuditOutcome, DomainError, Language, Role, UserId,
        UserView,
        forms::{NewAccount, NewPasswordForm, SignupForm},
    },
    ops::Clock,
    store::{
        Database, ErrorKind, InfrastructureError, audit,
        entity::user,
        sessions::Sessions,
        sign_out::{self, KeptLogIn},
    },
};

/// An account whose owner has just proved who they are, with a password or by creating it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedAccount {
    /// The account as it was when the proof was verified.
    pub user: UserView,
    /// Its authentication epoch then: a session or a refresh token is only created for this log-in
    /// while the account still has it (see [`auth_epoch`](crate::store::auth_epoch)).
    pub auth_epoch: i64,
}

impl From<user::Model> for VerifiedAccount {
    fn from(row: user::Model) -> Self {
        Self {
            auth_epoch: row.auth_epoch,
            user: view(row),
        }
    }
}

/// What a new account begins with, besides what its owner typed.
#[derive(Debug, Clone, Copy)]
struct InitialAccount {
    role: Role,
    email_confirmed: bool,
    language: Option<Language>,
}

/// Who a new account belongs to, and the hash of its password.
struct NewRow {
    name: String,
    email: String,
    password_hash: String,
}

/// Creates, authenticates and changes accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    database: Database,
    clock: Clock,
    passwords: Passwords,
    guard: LogInGuard,
    mail: AccountMail,
    second_factors: SecondFactors,
    /// The sessions whose cache forgets those that a change has ended.
    sessions: Option<Sessions>,
    /// Tells every process whose log-ins were ended.
    ended_log_ins: Option<EndedLogIns>,
    /// Counts changed names, which are shown with the competitions of an organizer. The command line has
    /// none.
    changes: Option<Changes>,
}

impl Accounts {
    /// Creates the service without rate limits and without an audit log, for the command line.
    #[must_use]
    pub fn new(database: Database, clock: Clock, passwords: Passwords) -> Self {
        let guard = LogInGuard {
            limits: RateLimiter::off(),
            devices: devices::Devices::new(PurposeKey::random(), clock.clone()),
            audit: Audit::off(),
        };
        Self {
            database,
            clock,
            passwords,
            guard,
            mail: AccountMail::default(),
            second_factors: SecondFactors::default(),
            sessions: None,
            ended_log_ins: None,
            changes: None,
        }
    }

    /// Returns the same service, which sends mail about accounts.
    #[must_use]
    pub fn mailing_by(self, mail: AccountMail) -> Self {
        Self { mail, ..self }
    }

    /// Returns the same service, which reads the secrets of second factors.
    #[must_use]
    pub fn with_second_factors(self, second_factors: SecondFactors) -> Self {
        Self {
            second_factors,
            ..self
        }
    }

    /// Returns the same service, which removes the sessions that it ends from their cache, and tells every process.
    #[must_use]
    pub fn ending(self, sessions: Sessions, ended_log_ins: EndedLogIns) -> Self {
        Self {
            sessions: Some(sessions),
            ended_log_ins: Some(ended_log_ins),
            ..self
        }
    }

    /// Returns the same service with rate limits and an audit log, for requests from the network.
    #[must_use]
    pub fn guarded_by(self, guard: LogInGuard) -> Self {
        Self { guard, ..self }
    }

    /// Returns the same service, which makes changed names appear in cached lists.
    #[must_use]
    pub fn published_by(self, changes: Changes) -> Self {
        Self {
            changes: Some(changes),
            ..self
        }
    }

    /// Returns the same service with an audit log, for the command line.
    #[must_use]
    pub fn audited_by(mut self, audit: Audit) -> Self {
        self.guard.audit = audit;
        self
    }

    /// Creates an account with the role of a participant; the device becomes a known device of it.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::EmailTaken`], or
    /// [`DomainError::TooManyRequests`] if too many accounts were created from the network.
    pub async fn sign_up(&self, form: &SignupForm, origin: &Origin) -> Result<VerifiedAccount> {
        let account = form.parse()?;
        let limits = &self.guard.limits;
        let counted = async |limit| limits.count_network(limit, origin.address).await;
        counted(RateLimit::PASSWORDS)
            .await
            .map_err(DomainError::from)?;
        self.passwords
            .must_resist_guessing(
                "password",
                account.password.clone(),
                [account.name.clone(), account.email.clone()],
            )
            .await?;
        counted(RateLimit::SIGN_UPS)
            .await
            .map_err(DomainError::from)?;
        let by = Initiator::Client(origin.address);
        let new = InitialAccount {
            role: Role::Participant,
            email_confirmed: false,
            language: origin.language,
        };
        let created = self.insert(account, new, by).await;
        if created.is_err() {
            limits
                .take_back_network(RateLimit::SIGN_UPS, origin.address)
                .await;
        }
        let row = created?;
        self.know_device(origin, devices::DeviceOwner::from(&row));
        Ok(row.into())
    }

    /// Creates an account with any role, for demo data and tests.
    ///
    /// # Errors
    /// Returns [`DomainError::EmailTaken`] if another account has the address.
    pub async fn create(&self, account: NewAccount, role: Role) -> Result<UserView> {
        self.create_by(account, role, None, Initiator::Client(None))
            .await
    }

    /// Creates an account with any role and records who created it. Without a language it takes that of its first
    /// log-in.
    ///
    /// # Errors
    /// Returns [`DomainError::EmailTaken`] if another account has the address.
    pub async fn create_by(
        &self,
        account: NewAccount,
        role: Role,
        language: Option<Language>,
        by: Initiator<'_>,
    ) -> Result<UserView> {
        let new = InitialAccount {
            role,
            email_confirmed: true,
            language,
        };
        self.insert(account, new, by).await.map(view)
    }

    /// Inserts an account. If its address is not confirmed, a mail asks for the confirmation.
    async fn insert(
        &self,
        account: NewAccount,
        new: InitialAccount,
        by: Initiator<'_>,
    ) -> Result<user::Model> {
        let row = NewRow {
            name: account.name,
            email: account.email,
            password_hash: self.passwords.hash(account.password).await?,
        };
        self.insert_row(row, new, by).await
    }

    async fn insert_row(
        &self,
        row: NewRow,
        new: InitialAccount,
        by: Initiator<'_>,
    ) -> Result<user::Model> {
        let InitialAccount {
            role,
            email_confirmed,
            language,
        } = new;
        let now = self.clock.now();
        let id = UserId::new();
        let row = user::ActiveModel {
            id: Set(id),
            name: Set(row.name),
            email: Set(row.email),
            password_hash: Set(row.password_hash),
            role: Set(role),
            reminders: Set(true),
            opening_reminders: Set(true),
            announcements: Set(true),
            push_promotions: Set(true),
            push_reminders: Set(true),
            push_opening_reminders: Set(true),
            time_zone: Set(None),
            auth_epoch: Set(0),
            email_confirmed: Set(email_confirmed),
            pending_email: Set(None),
            disabled_at: Set(None),
            second_factor_at: Set(None),
            contact: Set(None),
            language: Set(language),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let event = by.event(AuditAction::SignUp, Some(id)).on(Some(id));
        let record = self.guard.audit.record(event.with(json!({ "role": role })));
        let transaction = self.database.begin().await?;
        let row = row.insert(&transaction).await.map_err(email_taken)?;
        let mut jobs = Vec::new();
        if !email_confirmed && self.mail.is_configured() {
            let purpose = AccountTokenPurpose::EmailConfirmation;
            jobs.push(account_mail::job(Some(id), purpose));
        }
        outbox::write(&transaction, &jobs, now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.mail.committed(&jobs).await;
        Ok(row)
    }

    /// Changes an account's password, for the command line. Ends every session and token of the account;
    /// log-ins that were verified before get none.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], or [`DomainError::NotFound`] if no account has the address.
    pub async fn set_password(
        &self,
        form: &NewPasswordForm,
        by: Initiator<'_>,
    ) -> Result<UserView> {
        let (email, password) = form.parse()?;
        let row = self.by_email(&email).await?.ok_or(DomainError::NotFound)?;
        let event = by.event(AuditAction::PasswordChange, None).on(Some(row.id));
        let record = self.guard.audit.record(event);
        let mut row = row.into_active_model();
        row.password_hash = Set(self.passwords.hash(password).await?);
        row.pending_email = Set(None);
        row.updated_at = Set(self.clock.now());
        self.update(row, record).await
    }

    /// Returns the account with an e-mail address, which must be in lower case.
    async fn by_email(&self, email: &str) -> Result<Option<user::Model>> {
        Ok(user::Entity::find()
            .filter(by_email(email))
            .one(self.database.read())
            .await?)
    }

    /// Returns the row of an account.
    async fn row(&self, id: UserId) -> Result<Option<user::Model>> {
        Ok(user::Entity::find_by_id(id)
            .one(self.database.read())
            .await?)
    }

    /// Returns the account with an id; `None` if there is none.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn find(&self, id: UserId) -> Result<Option<UserView>> {
        Ok(self.row(id).await?.map(view))
    }

    /// Returns the account with an id and its present authentication epoch, which tells whether a log-in
    /// from before may have been ended; `None` also if the account is disabled.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn find_with_epoch(&self, id: UserId) -> Result<Option<VerifiedAccount>> {
        let row = self.row(id).await?;
        let enabled = row.filter(|row| row.disabled_at.is_none());
        Ok(enabled.map(VerifiedAccount::from))
    }

    /// Writes a changed account and its audit record in one transaction. A change of the password raises the
    /// authentication epoch.
    async fn update(
        &self,
        row: user::ActiveModel,
        record: Option<audit::Record>,
    ) -> Result<UserView> {
        let transaction = self.database.begin().await?;
        let id = *row.id.as_ref();
        let mut ended = None;
        if matches!(row.password_hash, ActiveValue::Set(_)) {
            let now = self.clock.now();
            ended = Some(sign_out::everywhere(&transaction, id, &KeptLogIn::None, now).await?);
        }
        let renames = matches!(row.name, ActiveValue::Set(_));
        let shows = renames || matches!(row.contact, ActiveValue::Set(_));
        let row = row.update(&transaction).await.map_err(email_taken)?;
        if renames {
            competitions::organizer_renamed(&transaction, row.id).await?;
        }
        audit::write(&transaction, &record).await?;
        // Public pages show both.
        match self.changes.as_ref().filter(|_| shows) {
            Some(changes) => changes.commit_everything(transaction).await?,
            None => transaction.commit().await?,
        }
        audit::log_records(&record);
        if let Some(ended) = ended {
            self.forget(id, ended).await?;
        }
        Ok(view(row))
    }
}

/// The originator of a change of an account, for the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initiator<'a> {
    /// An anonymous client with this address.
    Client(Option<ClientAddress>),
    /// An administrator, or an organizer who adds a participant, who is logged in.
    Admin(Actor),
    /// An operator at the command line, with a name for the audit log.
    Operator(&'a str),
}

impl Initiator<'_> {
    /// Returns the audit event of the change. For a client, `account` counts as the actor.
    fn event(self, action: AuditAction, account: Option<UserId>) -> AuditEvent {
        match self {
            Self::Client(address) => {
                AuditEvent::from(address, action, AuditOutcome::Done).acting_as(account)
            }
            Self::Admin(actor) => AuditEvent::by(actor, action, AuditOutcome::Done),
            Self::Operator(name) => AuditEvent::by_operator(name, action),
        }
    }
}

/// Returns the condition that an account has an e-mail address, which must be in lower case.
fn by_email(email: &str) -> SimpleExpr {
    user::has_email(email)
}

/// Turns a violation of a unique index into [`DomainError::EmailTaken`]: besides its id, only the e-mail
/// address of an account is unique.
fn email_taken(error: sea_orm::DbErr) -> Error {
    let error = InfrastructureError::from(error);
    if error.kind() == ErrorKind::Duplicate {
        DomainError::EmailTaken.into()
    } else {
        error.into()
    }
}

fn view(row: user::Model) -> UserView {
    UserView {
        id: row.id,
        name: row.name,
        email: row.email,
        role: row.role,
        created_at: row.created_at,
        email_confirmed: row.email_confirmed,
        time_zone: row.time_zone,
        contact: row.contact,
    }
}
