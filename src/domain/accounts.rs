//! Accounts: signing up, logging in, profiles, roles.

use sea_orm::{
    ActiveModelTrait, EntityTrait, IntoActiveModel, QueryFilter, Set,
    sea_query::{Expr, ExprTrait, Func},
};

pub mod devices;
mod log_in;
mod origin;
mod password;

pub use log_in::Guard;
pub use origin::{DeviceToken, Origin};
pub use password::Passwords;

use super::{
    Actor, ClientAddress, Error, Result,
    keys::Key,
    limits::{Limit, Limits},
};
use crate::{
    model::{
        Refusal, Role, UserId, UserView,
        forms::{NewAccount, NewPasswordForm, ProfileForm, SignupForm},
    },
    ops::Clock,
    store::{Database, Fault, Meaning, entity::user},
};

/// Accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    database: Database,
    clock: Clock,
    passwords: Passwords,
    guard: Guard,
}

impl Accounts {
    /// Over a database, without limits: for the command line.
    #[must_use]
    pub fn new(database: Database, clock: Clock, passwords: Passwords) -> Self {
        let guard = Guard {
            limits: Limits::off(),
            devices: devices::Devices::new(Key::random(), clock.clone()),
        };
        Self {
            database,
            clock,
            passwords,
            guard,
        }
    }

    /// The same with limits: for everybody who comes over the network.
    #[must_use]
    pub fn guarded_by(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// Makes a participant's account, which knows the device it was made on. Nobody chooses their
    /// own role.
    ///
    /// # Errors
    /// [`Refusal::Invalid`], [`Refusal::EmailTaken`]; [`Refusal::TooManyRequests`] when very many
    /// accounts are made from one network.
    pub async fn sign_up(&self, form: &SignupForm, origin: &Origin) -> Result<UserView> {
        let account = form.parse()?;
        let limits = &self.guard.limits;
        let counted = async |limit| limits.count_network(limit, origin.address).await;
        counted(Limit::PASSWORDS).await.map_err(Refusal::from)?;
        counted(Limit::SIGN_UPS).await.map_err(Refusal::from)?;
        let user = self.create(account, Role::Participant).await?;
        self.know_device(origin, user.id);
        Ok(user)
    }

    /// Makes an account of any role: for the command line and demo data.
    ///
    /// # Errors
    /// [`Refusal::EmailTaken`].
    pub async fn create(&self, account: NewAccount, role: Role) -> Result<UserView> {
        let password_hash = self.passwords.hash(account.password).await?;
        let now = self.clock.now();
        let row = user::ActiveModel {
            id: Set(UserId::new()),
            name: Set(account.name),
            email: Set(account.email),
            password_hash: Set(password_hash),
            role: Set(role),
            reminders: Set(true),
            created_at: Set(now),
            updated_at: Set(now),
        };
        match row.insert(self.database.write()).await {
            Ok(row) => Ok(view(row)),
            Err(error) => Err(taken(error)),
        }
    }

    /// Gives an account another password: for the command line. Its sessions and refresh tokens
    /// are the caller's to end.
    ///
    /// # Errors
    /// [`Refusal::Invalid`], or [`Refusal::NotFound`] if nobody has this address.
    pub async fn set_password(&self, form: &NewPasswordForm) -> Result<UserView> {
        let (email, password) = form.parse()?;
        let mut row = self
            .by_email(&email)
            .await?
            .ok_or(Refusal::NotFound)?
            .into_active_model();
        row.password_hash = Set(self.passwords.hash(password).await?);
        row.updated_at = Set(self.clock.now());
        Ok(view(row.update(self.database.write()).await?))
    }

    /// Gives an account another role: for the command line. It works at once, since whoever acts by
    /// a role is looked up.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if nobody has this address.
    pub async fn set_role(&self, email: &str, role: Role) -> Result<UserView> {
        let email = email.trim().to_lowercase();
        let mut row = self
            .by_email(&email)
            .await?
            .ok_or(Refusal::NotFound)?
            .into_active_model();
        row.role = Set(role);
        row.updated_at = Set(self.clock.now());
        Ok(view(row.update(self.database.write()).await?))
    }

    /// Returns the account with an e-mail address, which is in lower case.
    async fn by_email(&self, email: &str) -> Result<Option<user::Model>> {
        Ok(user::Entity::find()
            .filter(Expr::expr(Func::lower(Expr::col(user::Column::Email))).eq(email))
            .one(self.database.read())
            .await?)
    }

    /// The account, if it exists.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn find(&self, id: UserId) -> Result<Option<UserView>> {
        Ok(user::Entity::find_by_id(id)
            .one(self.database.read())
            .await?
            .map(view))
    }

    /// Changes one's name or address.
    ///
    /// # Errors
    /// [`Refusal::Invalid`], [`Refusal::EmailTaken`].
    pub async fn change_profile(&self, actor: Actor, form: &ProfileForm) -> Result<UserView> {
        let (name, email) = form.parse()?;
        let mut row = user::Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?
            .ok_or(Refusal::Unauthenticated)?
            .into_active_model();
        if let Some(name) = name {
            row.name = Set(name);
        }
        if let Some(email) = email {
            row.email = Set(email);
        }
        row.updated_at = Set(self.clock.now());
        match row.update(self.database.write()).await {
            Ok(row) => Ok(view(row)),
            Err(error) => Err(taken(error)),
        }
    }
}

/// The only unique thing about an account, besides its id, is its address.
fn taken(error: sea_orm::DbErr) -> Error {
    let fault = Fault::from(error);
    if fault.meaning() == Meaning::Duplicate {
        Refusal::EmailTaken.into()
    } else {
        fault.into()
    }
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
