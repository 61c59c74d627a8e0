//! What the application does: accounts, competitions, registrations, mailbox, reports.
//!
//! Functions take an [`Actor`] and typed values. They return a value, or an [`Error`]: a
//! [`DomainError`](crate::model::DomainError), which the caller may show, or an
//! [`InfrastructureError`](crate::store::InfrastructureError), which is logged and never shown. REST
//! handlers and server functions are two thin adapters over these functions, so that each rule is written
//! once.
//!
//! Imports only from `jobs`, `store`, `external`, `model` and `ops`: nothing here handles an HTTP
//! request, renders a page or sends a Redis command.

mod actor;
mod administrators;
mod blocking_work;
mod bus_topics;
mod client;
mod error;
mod pdf_printer;
mod permissions;
mod stored_responses;
mod viewer;

pub mod account_deletion;
pub mod account_export;
pub mod accounts;
pub mod announcements;
pub mod api_keys;
pub mod audit;
pub mod badges;
pub mod brackets;
pub mod catalog;
pub mod certificates;
pub mod changes;
pub mod check_in;
pub mod cleanup;
pub mod competitions;
pub mod control_rooms;
pub mod covers;
pub mod encryption_keys;
pub mod ended_log_ins;
pub mod health;
pub mod mailbox;
pub mod news;
pub mod opening_reminders;
pub mod operations;
pub mod own_news;
pub mod participants;
pub mod picture_removal;
pub mod pictures;
pub mod processes;
pub mod purpose_key;
pub mod push_subscriptions;
pub mod questions;
pub mod rasterizer;
pub mod rate_limits;
pub mod registration;
pub mod reminders;
pub mod reports;
pub mod results;
pub mod schedule;
pub mod seats;
pub mod shown_once;
pub mod signing;
pub mod staff;
pub mod start_numbers;
pub mod stream_counts;
pub mod tallies;
pub mod tickets;
pub mod tokens;
pub mod webhooks;

pub use actor::Actor;
pub use client::ClientAddress;
pub use error::{Error, Result};
pub use pdf_printer::{PdfPrinter, PrintedFile};
pub use viewer::Viewer;

/// The services of the domain. All adapters share one value behind an `Arc`, since each layer and
/// handler of the web clones what it holds for every request.
#[derive(Debug)]
pub struct Services {
    /// Bounds how often a network, an account or a device may do something.
    pub limits: rate_limits::RateLimiter,
    /// Records who did what.
    pub audit: audit::Audit,
    /// Signs accounts up and in, and changes profiles, passwords and roles.
    pub accounts: accounts::Accounts,
    /// Creates and verifies the keys with which programs of organizers call the API.
    pub api_keys: api_keys::ApiKeys,
    /// Creates the webhooks of organizers, and shows what was sent to them.
    pub webhooks: webhooks::Webhooks,
    /// Encrypts secrets for the page that shows them once.
    pub shown_once: shown_once::ShownOnce,
    /// Deletes accounts at the wish of their owners.
    pub account_deletion: account_deletion::AccountDeletion,
    /// Collects what is known about an account, for its owner.
    pub account_export: account_export::AccountExport,
    /// Remembers whose log-ins were ended a short while ago.
    pub ended_log_ins: ended_log_ins::EndedLogIns,
    /// Counts changes of public data.
    pub changes: changes::Changes,
    /// Reads what everyone may see of the competitions, from memory while it is true.
    pub catalog: catalog::Catalog,
    /// Creates, edits, deletes and lists competitions.
    pub competitions: competitions::Competitions,
    /// Decides who works on competitions.
    pub staff: staff::Staff,
    /// Shows organizers what happens while registration opens.
    pub control_rooms: control_rooms::ControlRooms,
    /// Counts the open event streams of competitions.
    pub stream_counts: stream_counts::StreamCounts,
    /// Makes the pictures of competitions.
    pub covers: covers::Covers,
    /// Stores and serves the pictures that organizers upload.
    pub pictures: pictures::Pictures,
    /// Counts refusals and visitors of competitions.
    pub tallies: tallies::Tallies,
    /// Reads what competitions ask.
    pub questions: questions::Questions,
    /// Registers participants and cancels registrations.
    pub registrations: registration::Registrations,
    /// Adds participants for organizers.
    pub participants: participants::Participants,
    /// Shows participants their tickets, as a page and as pictures.
    pub tickets: tickets::Tickets,
    /// Checks participants in by their tickets.
    pub check_ins: check_in::CheckIns,
    /// Records what participants have achieved, and publishes standings.
    pub results: results::Results,
    /// Makes brackets, and records who has won.
    pub brackets: brackets::Brackets,
    /// Prints the badges of participants.
    pub badges: badges::Badges,
    /// Issues, shows and verifies certificates.
    pub certificates: certificates::Certificates,
    /// Gives start numbers to participants.
    pub start_numbers: start_numbers::StartNumbers,
    /// Lists an account's messages and marks them as read.
    pub mailbox: mailbox::Mailbox,
    /// Tells an account's open pages what is new.
    pub own_news: own_news::OwnNewsFeed,
    /// Notes who wants to be reminded before registration opens.
    pub opening_reminders: opening_reminders::OpeningReminders,
    /// Writes an organizer's announcements to participants.
    pub announcements: announcements::Announcements,
    /// Keeps which accounts want no reminders by mail.
    pub preferences: mailbox::Preferences,
    /// Stores which browsers get push messages.
    pub push_subscriptions: push_subscriptions::PushSubscriptions,
    /// Counts registrations and seats for an organizer's dashboard.
    pub reports: reports::Reports,
    /// Shows and pauses queues, and retries dead letters, for administrators.
    pub operations: operations::Operations,
    /// Shows administrators how the installation is.
    pub health: health::Health,
    /// The settings of this process, as administrators may see them.
    pub settings: Vec<crate::model::SettingView>,
    /// Corrects seat counters that are wrong.
    pub seat_repair: registration::SeatRepair,
}
