//! Accounts: sign-up, log-in, profiles, passwords and roles.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QuerySelect, Set,
    sea_query::{Asterisk, Expr, ExprTrait, Func, Query, SelectStatement},
};
use serde_json::json;

pub mod devices;
mod log_in;
mod origin;
mod password;

pub use log_in::LogInGuard;
pub use origin::{DeviceToken, Origin};
pub use password::Passwords;

use super::{
    Actor, ClientAddress, Error, Result, Viewer,
    audit::{Audit, AuditEvent},
    changes::Changes,
    competitions,
    purpose_key::PurposeKey,
    rate_limits::{RateLimit, RateLimiter},
};
use crate::{
    model::{
        AuditAction, AuditOutcome, DomainError, Role, UserId, UserView,
        forms::{NewAccount, NewPasswordForm, ProfileForm, SignupForm},
    },
    ops::Clock,
    store::{
        Database, ErrorKind, InfrastructureError, audit, auth_epoch,
        entity::{message, user},
    },
};

/// An account whose owner has just proved who they are, with a password or by creating it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedAccount {
    /// The account as it was when the proof was verified.
    pub user: UserView,
    /// Its authentication epoch then: a session or a refresh token is only created for this log-in
    /// while the account still has it (see [`auth_epoch`]).
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

/// Creates, authenticates and changes accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    database: Database,
    clock: Clock,
    passwords: Passwords,
    guard: LogInGuard,
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
            changes: None,
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
        counted(RateLimit::SIGN_UPS)
            .await
            .map_err(DomainError::from)?;
        let by = Initiator::Client(origin.address);
        let created = self.insert(account, Role::Participant, by).await;
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
        self.create_by(account, role, Initiator::Client(None)).await
    }

    /// Creates an account with any role and records who created it.
    ///
    /// # Errors
    /// Returns [`DomainError::EmailTaken`] if another account has the address.
    pub async fn create_by(
        &self,
        account: NewAccount,
        role: Role,
        by: Initiator<'_>,
    ) -> Result<UserView> {
        self.insert(account, role, by).await.map(view)
    }

    async fn insert(
        &self,
        account: NewAccount,
        role: Role,
        by: Initiator<'_>,
    ) -> Result<user::Model> {
        let password_hash = self.passwords.hash(account.password).await?;
        let now = self.clock.now();
        let id = UserId::new();
        let row = user::ActiveModel {
            id: Set(id),
            name: Set(account.name),
            email: Set(account.email),
            password_hash: Set(password_hash),
            role: Set(role),
            reminders: Set(true),
            auth_epoch: Set(0),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let event = by.event(AuditAction::SignUp, Some(id)).on(Some(id));
        let record = self.guard.audit.record(event.with(json!({ "role": role })));
        let transaction = self.database.begin().await?;
        let row = row.insert(&transaction).await.map_err(email_taken)?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(row)
    }

    /// Changes an account's password, for the command line. The caller ends the account's sessions and
    /// revokes its refresh tokens; log-ins that were verified before get neither.
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
        row.updated_at = Set(self.clock.now());
        self.update(row, record).await
    }

    /// Changes an account's role, for the command line. It takes effect at once, since the account is
    /// read from the database for everything that needs a role.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if no account has the address.
    pub async fn set_role(&self, email: &str, role: Role, by: Initiator<'_>) -> Result<UserView> {
        let email = email.trim().to_lowercase();
        let row = self.by_email(&email).await?.ok_or(DomainError::NotFound)?;
        let event = by.event(AuditAction::RoleChange, None).on(Some(row.id));
        let detail = json!({ "from": row.role, "to": role });
        let record = self.guard.audit.record(event.with(detail));
        let mut row = row.into_active_model();
        row.role = Set(role);
        row.updated_at = Set(self.clock.now());
        self.update(row, record).await
    }

    /// Returns the account with an e-mail address, which must be in lower case.
    async fn by_email(&self, email: &str) -> Result<Option<user::Model>> {
        Ok(user::Entity::find()
            .filter(Expr::expr(Func::lower(Expr::col(user::Column::Email))).eq(email))
            .one(self.database.read())
            .await?)
    }

    /// Returns the account with an id; `None` if there is none.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn find(&self, id: UserId) -> Result<Option<UserView>> {
        Ok(user::Entity::find_by_id(id)
            .one(self.database.read())
            .await?
            .map(view))
    }

    /// Returns the viewer of a request whose session belongs to an account. Both are read in one statement,
    /// since every page of a person who is logged in needs them.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn viewer(&self, id: UserId) -> Result<Viewer> {
        let row = user::Entity::find_by_id(id)
            .expr_as(
                Expr::SubQuery(None, Box::new(unread_messages().into())),
                "unread",
            )
            .into_model::<ViewerRow>()
            .one(self.database.read())
            .await?;
        Ok(row.map_or_else(Viewer::default, |row| Viewer {
            user: Some(view(row.user)),
            unread: u64::try_from(row.unread).unwrap_or(0),
        }))
    }

    /// Changes the actor's name or e-mail address.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::EmailTaken`], or
    /// [`DomainError::TooManyRequests`] if the address was changed too often within an hour.
    pub async fn change_profile(&self, actor: Actor, form: &ProfileForm) -> Result<UserView> {
        let (name, email) = form.parse()?;
        let row = user::Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?
            .ok_or(DomainError::Unauthenticated)?;
        let moves = email.as_ref().is_some_and(|email| *email != row.email);
        if moves {
            let account = actor.id.to_string();
            let counted = self.guard.limits.count(RateLimit::EMAIL_CHANGES, &account);
            counted.await.map_err(DomainError::from)?;
        }
        let mut row = row.into_active_model();
        if let Some(name) = name {
            row.name = Set(name);
        }
        if let Some(email) = email {
            row.email = Set(email);
        }
        row.updated_at = Set(self.clock.now());
        let event = AuditEvent::by(actor, AuditAction::EmailChange, AuditOutcome::Done);
        let record = moves.then(|| self.guard.audit.record(event.on(Some(actor.id))));
        self.update(row, record.flatten()).await
    }

    /// Writes a changed account and its audit record in one transaction. A change of the password or the
    /// role raises the authentication epoch.
    async fn update(
        &self,
        row: user::ActiveModel,
        record: Option<audit::Record>,
    ) -> Result<UserView> {
        let transaction = self.database.begin().await?;
        if matches!(row.password_hash, ActiveValue::Set(_))
            || matches!(row.role, ActiveValue::Set(_))
        {
            auth_epoch::raise(&transaction, *row.id.as_ref()).await?;
        }
        let renames = matches!(row.name, ActiveValue::Set(_));
        let row = row.update(&transaction).await.map_err(email_taken)?;
        if renames {
            competitions::organizer_renamed(&transaction, row.id).await?;
        }
        audit::write(&transaction, &record).await?;
        match self.changes.as_ref().filter(|_| renames) {
            Some(changes) => changes.commit_everything(transaction).await?,
            None => transaction.commit().await?,
        }
        audit::log_records(&record);
        Ok(view(row))
    }
}

/// The originator of a change of an account, for the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initiator<'a> {
    /// An anonymous client with this address.
    Client(Option<ClientAddress>),
    /// An administrator who is logged in.
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

/// An account with the number of its unread messages.
#[derive(Debug, FromQueryResult)]
struct ViewerRow {
    #[sea_orm(nested)]
    user: user::Model,
    unread: i64,
}

/// Returns the query that counts the unread messages of the account of the query around it.
fn unread_messages() -> SelectStatement {
    Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from(message::Entity)
        .and_where(
            message::Column::UserId
                .into_expr()
                .eq(user::Column::Id.into_expr()),
        )
        .and_where(message::Column::ReadAt.is_null())
        .to_owned()
}

fn view(row: user::Model) -> UserView {
    UserView {
        id: row.id,
        name: row.name,
        email: row.email,
        role: row.role,
        created_at: row.created_at,
    }
}
