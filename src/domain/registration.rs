//! The registration path: what the project exists for.
//!
//! Many people, few seats, unreliable networks, crashing machines. Nobody gets a seat that isn't
//! there, nobody is charged two seats for two clicks, nobody is told *no* while seats are left.
//!
//! A request walks through the rooms in this order:
//!
//! | room | step |
//! | --- | --- |
//! | [`register`] | is the answer known? then queue at the desk, and wait, but not for ever |
//! | [`desk`] | batches form by themselves; the distributed lock |
//! | [`carrier`] | batches that are ready share a transaction; one at a time |
//! | [`batch`] | that transaction: SERIALIZABLE, repeated whole if it loses |
//! | [`load`] | rows under lock, people, live registrations, answers, the queue's head |
//! | [`decide`] | who gets what: a pure function |
//! | [`write`], [`books`] | bulk inserts, the jobs; the conditional update |
//! | [`notifications`] | later, in a worker: letters, PENDING → CONFIRMED |
//! | [`order`] | the order in which one is told |
//! | [`schedule_changes`] | everyone, when time or place change |
//! | [`fan_out`] | the same for what everyone is told, page by page ([`keyset`]) |
//!
//! Beside the path: [`list`], [`export`] and [`timeline`] look at what came of it, [`drift`] checks
//! the books, [`deletion`] removes what belonged to a deleted competition.

mod batch_runner;
mod command;
mod competition_deletion;
pub mod decide;
mod export;
mod fan_out;
mod group_commit;
mod keyset_pagination;
mod message_order;
mod notification_message;
mod notifications;
mod outcome;
mod pending_reply;
mod promotions;
mod queries;
mod queue;
mod read_snapshots;
mod recipients;
mod register;
mod schedule_changes;
mod seat_drift;
mod service;
mod timeline;
mod update_competition;
mod watermark;
mod write_plan;

pub use command::{Command, Reply, Revision, fingerprint};
pub use competition_deletion::CompetitionDeletion;
pub(in crate::domain) use competition_deletion::job as deletion;
pub use export::Export;
pub use fan_out::FanOut;
pub(in crate::domain) use fan_out::FanOutPage;
pub(in crate::domain) use keyset_pagination::in_registration_order;
pub(in crate::domain) use notification_message::NotificationPayload;
pub use notifications::NotificationHandler;
pub use outcome::{Answer, Stored};
pub use promotions::Promotions;
pub use queries::RegistrationWithCompetition;
pub use queue::{Dependencies, MAX_BATCH_SIZE, RegistrationQueues};
pub use schedule_changes::ScheduleChanges;
pub use seat_drift::{SeatDrift, SeatDriftGauge, TASK_NAME as SEAT_DRIFT};
pub use service::Registrations;
pub(in crate::domain) use watermark::Watermark;
