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
//! | [`notices`] | later, in a worker: letters, PENDING → CONFIRMED |
//! | [`order`] | the order in which one is told |
//! | [`schedule_changes`] | everyone, when time or place change |
//! | [`fan_out`] | the same for what everyone is told, page by page ([`keyset`]) |
//!
//! Beside the path: [`list`], [`export`] and [`timeline`] look at what came of it, [`drift`] checks
//! the books, [`deletion`] removes what belonged to a deleted competition.

mod answer;
mod batch;
mod books;
mod carrier;
mod command;
pub mod decide;
mod deletion;
mod desk;
mod drift;
mod export;
mod fan_out;
mod keyset;
mod list;
mod load;
mod message;
mod notices;
mod order;
mod pending;
mod promotions;
mod recent;
mod register;
mod schedule_changes;
mod service;
mod subjects;
mod timeline;
mod write;

pub use answer::{Answer, Stored};
pub use command::{Command, Reply, Revision, fingerprint};
pub use deletion::Deletion;
pub(in crate::domain) use deletion::job as deletion;
pub use desk::{BATCH, Desks, Parts};
pub use drift::{CHORE as SEAT_DRIFT, SeatDrift, SeatDriftGauge};
pub use export::Export;
pub use fan_out::FanOut;
pub(in crate::domain) use fan_out::Page as FanOutPage;
pub(in crate::domain) use keyset::in_order;
pub use list::Entry;
pub(in crate::domain) use message::Payload as ReminderPayload;
pub use notices::Notices;
pub use promotions::Promotions;
pub(in crate::domain) use recent::Watermark;
pub use schedule_changes::ScheduleChanges;
pub use service::Registrations;
