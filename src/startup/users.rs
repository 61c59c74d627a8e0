//! `mini-compete user …`: accounts, managed by the operator of the installation.

use std::{io::Read, sync::Arc};

use clap::Subcommand;

use super::{
    StartError, application,
    dead_letters::{operator_name, operators_audit},
    instance,
};
use crate::{
    domain::{
        Error,
        accounts::{Accounts, Initiator, Passwords},
        ended_log_ins::EndedLogIns,
    },
    model::{
        DomainError, Language, Role, UserId,
        forms::{FieldErrors, NewPasswordForm, SignupForm},
    },
    ops::{Clock, settings::Settings},
    store::sessions::Sessions,
    text::catalogue,
};

/// The longest text that is read as a password, in bytes; a valid password is shorter.
const MAX_PASSWORD_INPUT: u64 = 1_000;

/// The subcommands of `user`.
#[derive(Debug, Subcommand)]
pub(super) enum Users {
    /// Create an account with the password from standard input, and print its id
    Create {
        /// The name that others see
        #[arg(long)]
        name: String,
        /// The e-mail address to log in with
        #[arg(long)]
        email: String,
        /// `PARTICIPANT`, `ORGANIZER` or `ADMIN`
        #[arg(long)]
        role: Role,
        /// The language of letters to the account and of its pages: `en`, `de`, `es`, `fr`, `ja` or `ar`.
        /// Without it letters are in English, until the first log-in tells the language
        #[arg(long)]
        language: Option<Language>,
    },
    /// Change the role of an account, and print its id
    SetRole {
        /// The e-mail address to log in with
        #[arg(long)]
        email: String,
        /// `PARTICIPANT`, `ORGANIZER` or `ADMIN`
        #[arg(long)]
        role: Role,
    },
    /// Change the password of an account to the one from standard input, end all its sessions, and print
    /// its id
    SetPassword {
        /// The e-mail address to log in with
        #[arg(long)]
        email: String,
    },
    /// Remove the second factor of an account, end all its sessions, and print its id
    RemoveSecondFactor {
        /// The e-mail address to log in with
        #[arg(long)]
        email: String,
    },
    /// Disable an account, end all its sessions, and print its id
    Disable {
        /// The e-mail address to log in with
        #[arg(long)]
        email: String,
    },
    /// Enable a disabled account again, and print its id
    Enable {
        /// The e-mail address to log in with
        #[arg(long)]
        email: String,
    },
}

impl Users {
    /// Runs the subcommand and returns the account's id.
    pub(super) async fn run(self, settings: &Settings) -> Result<UserId, StartError> {
        let by = operator_name();
        let by = Initiator::Operator(&by);
        match self {
            Self::Create {
                name,
                email,
                role,
                language,
            } => {
                let form = SignupForm {
                    name,
                    email,
                    password: password()?,
                };
                let account = form.parse().map_err(|errors| invalid(&errors))?;
                let accounts = open(settings).await?;
                let user = accounts.create_by(account, role, language, by).await;
                Ok(user.map_err(failed)?.id)
            }
            Self::SetRole { email, role } => {
                let accounts = open(settings).await?;
                let user = accounts.set_role(&email, role, by).await;
                Ok(user.map_err(failed)?.id)
            }
            Self::RemoveSecondFactor { email } => {
                let accounts = open(settings).await?;
                let user = accounts.remove_second_factor_of(&email, by).await;
                Ok(user.map_err(failed)?.id)
            }
            Self::Disable { email } => {
                let accounts = open(settings).await?;
                let user = accounts.set_disabled(&email, true, by).await;
                Ok(user.map_err(failed)?.id)
            }
            Self::Enable { email } => {
                let accounts = open(settings).await?;
                let user = accounts.set_disabled(&email, false, by).await;
                Ok(user.map_err(failed)?.id)
            }
            Self::SetPassword { email } => {
                let form = NewPasswordForm {
                    email,
                    password: password()?,
                };
                form.parse().map_err(|errors| invalid(&errors))?;
                let accounts = open(settings).await?;
                let user = accounts.set_password(&form, by).await;
                Ok(user.map_err(failed)?.id)
            }
        }
    }
}

async fn open(settings: &Settings) -> Result<Accounts, StartError> {
    settings.check().map_err(StartError)?;
    let database = application::open(settings).await?;
    instance::migrate(&settings.secrets.database_url(), &database).await?;
    let passwords = Passwords::new(1).map_err(|error| StartError(error.to_string()))?;
    let clock = Clock::system();
    let ports = application::ports(settings, &clock).await?;
    let sessions = Sessions::new(database.clone(), Arc::clone(&ports.cache), clock.clone());
    let ended = EndedLogIns::announcer(Arc::clone(&ports.bus));
    let accounts = Accounts::new(database.clone(), clock, passwords).ending(sessions, ended);
    Ok(accounts.audited_by(operators_audit(&database)))
}

fn password() -> Result<String, StartError> {
    let mut password = String::new();
    std::io::stdin()
        .take(MAX_PASSWORD_INPUT)
        .read_to_string(&mut password)
        .map_err(|error| StartError(format!("the password, from standard input: {error}")))?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

fn failed(error: Error) -> StartError {
    match error {
        Error::Domain(DomainError::NotFound) => {
            StartError("--email: there is no account with this address".to_owned())
        }
        error => StartError(error.to_string()),
    }
}

fn invalid(errors: &FieldErrors) -> StartError {
    let t = catalogue(Language::English);
    let lines: Vec<_> = errors
        .iter()
        .map(|e| format!("--{}: {}", e.field, t.field_problem(&e.problem)))
        .collect();
    StartError(lines.join(" "))
}
