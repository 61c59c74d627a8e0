//! What the application does: accounts, competitions, registration, mailbox, reports.
//!
//! Knows no HTTP, no Leptos and no Redis command. Every function takes who asks and typed values,
//! and returns a value, a [`DomainError`](crate::model::DomainError) or a [`InfrastructureError`](crate::store::InfrastructureError).
//! REST handlers and server functions are two thin skins over what stands here.

mod actor;
mod client;
mod error;
mod viewer;

pub mod accounts;
pub mod announcements;
pub mod audit;
pub mod cleanup;
pub mod competitions;
pub mod mailbox;
pub mod operations;
pub mod purpose_key;
pub mod rate_limits;
pub mod registration;
pub mod reminders;
pub mod reports;
pub mod schedule;
pub mod seats;
pub mod signing;
pub mod tokens;

pub use actor::Actor;
pub use client::ClientAddress;
pub use error::{Error, Result};
pub use viewer::Viewer;

/// Everything the application does. The skins share one, behind an `Arc`: each layer of the web and
/// each handler holds it, and clones what it holds for each request.
#[derive(Debug)]
pub struct Services {
    /// How often one client or one account may do something.
    pub limits: rate_limits::RateLimiter,
    /// Who did what.
    pub audit: audit::Audit,
    /// Sign-up, login, profiles, roles.
    pub accounts: accounts::Accounts,
    /// Making, changing, finding competitions.
    pub competitions: competitions::Competitions,
    /// Taking and giving back seats.
    pub registrations: registration::Registrations,
    /// Messages.
    pub mailbox: mailbox::Mailbox,
    /// What organizers say to everyone.
    pub announcements: announcements::Announcements,
    /// Who wants no reminders by mail.
    pub preferences: mailbox::Preferences,
    /// Figures for organizers.
    pub reports: reports::Reports,
    /// Queues and dead letters, for administrators.
    pub operations: operations::Operations,
}
