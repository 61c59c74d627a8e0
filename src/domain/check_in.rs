//! Check-in: who of those with a seat is there.
//!
//! | module | what it does |
//! | --- | --- |
//! | `merge` | decides what a scan changes: a pure function |
//! | `named` | finds the participants whom helpers name |
//! | `scans` | reads codes, and writes what scans change |
//! | `lists` | reads who is expected and who is there, for the pages |
//! | `recent_counts` | keeps the numbers of those who are there for a second |
//! | `offline` | reads what a device needs that checks tickets without a network |
//!
//! A check-in moves no seat, so it neither waits for registrations nor keeps them waiting: it locks only the other
//! check-ins of its competition. Of several scans of one ticket the earliest counts, in whichever order they arrive.

mod lists;
mod merge;
mod named;
mod offline;
mod recent_counts;
mod scans;

use std::{sync::Arc, time::Duration};

pub use self::named::NamedParticipants;
pub(in crate::domain) use self::named::{NamedRow, ScannedCode};
use super::{
    Actor, Result, audit::Audit, blocking_work::BlockingWork, permissions,
    tickets::codes::TicketCodes,
};
use crate::{
    model::{CompetitionId, DomainError, Permission},
    ops::Clock,
    store::{Database, entity::competition},
};

/// How many lists for devices are made at the same time in one process: each may have 50,000 people.
const OFFLINE_LISTS: usize = 2;
/// How long others wait for them.
const OFFLINE_WAIT: Duration = Duration::from_secs(5);

/// Checks participants in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CheckIns(Arc<CheckInParts>);

#[derive(Debug)]
struct CheckInParts {
    database: Database,
    clock: Clock,
    audit: Audit,
    codes: TicketCodes,
    named: NamedParticipants,
    offline: BlockingWork,
    counts: recent_counts::RecentCounts,
}

impl CheckIns {
    /// Creates the service over a database.
    #[must_use]
    pub fn new(database: Database, clock: Clock, audit: Audit, codes: TicketCodes) -> Self {
        Self(Arc::new(CheckInParts {
            named: NamedParticipants::new(database.clone(), codes.clone()),
            database,
            clock,
            audit,
            codes,
            offline: BlockingWork::new(OFFLINE_LISTS, OFFLINE_WAIT),
            counts: recent_counts::RecentCounts::default(),
        }))
    }

    /// Returns a competition in which `actor` may check participants in. Writes an access that is refused to the audit
    /// log.
    async fn permitted(&self, actor: Actor, id: CompetitionId) -> Result<competition::Model> {
        let database = self.0.database.read();
        let row = competition::Entity::existing_by_id(id)
            .one(database)
            .await?
            .ok_or(DomainError::NotFound)?;
        permissions::require(database, &self.0.audit, actor, &row, Permission::CheckIn).await?;
        Ok(row)
    }
}
