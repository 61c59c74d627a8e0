//! Live seat numbers: published once after each commit, spread over the bus, handed to everyone who
//! watches. A watcher sees the newest numbers, not every change, and the end of the competition.
//!
//! No change is missed: what is published while a competition begins to be watched is covered by a
//! second look at its row, and what the bus loses, by looking again every ten seconds.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sea_orm::{QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast::error::RecvError, watch};
use tokio_util::sync::CancellationToken;

use super::Result;
use crate::{
    model::{CompetitionId, DomainError, SeatsView},
    store::{
        Database, InfrastructureError, bulk,
        entity::competition,
        ports::{Bus, BusMessage},
    },
};

#[cfg(test)]
mod tests;

/// The topic of numbers on the bus.
const TOPIC: &str = "seats";
/// The topic of competitions that were deleted; the payload is the id.
const ENDED: &str = "seats-ended";
/// Changes within this time reach watchers as one: a rush makes a hundred batches a second, and no
/// eye follows that.
const PACE: Duration = Duration::from_millis(200);
/// BusMessage can get lost; this often the numbers that somebody watches are read anew.
const REREAD: Duration = Duration::from_secs(10);
/// Competitions that are read anew in one statement.
const REREAD_AT_ONCE: usize = 1_000;

/// SeatCounts with the version they belong to, so that late news does not undo newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct VersionedSeats {
    version: i64,
    seats: SeatsView,
}

#[derive(Debug, Serialize, Deserialize)]
struct SeatUpdate {
    competition: CompetitionId,
    #[serde(flatten)]
    dated: VersionedSeats,
}

/// The numbers of a book, as they are told.
#[derive(Debug, Clone, Copy)]
pub struct SeatCounts(VersionedSeats);

impl SeatCounts {
    /// Creates the numbers that belong to a version of a competition's row.
    pub(super) fn new(version: i64, seats_left: i32, capacity: i32, waitlisted: i32) -> Self {
        Self(VersionedSeats {
            version,
            seats: seats(seats_left, capacity, waitlisted),
        })
    }
}

struct Watched {
    newest: VersionedSeats,
    out: watch::Sender<SeatsView>,
}

type Board = Arc<Mutex<HashMap<CompetitionId, Watched>>>;

/// The board of live numbers of this process. Cheap to clone.
#[derive(Clone)]
pub struct SeatUpdates {
    database: Database,
    bus: Arc<dyn Bus>,
    board: Board,
}

impl std::fmt::Debug for SeatUpdates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SeatUpdates")
    }
}

impl SeatUpdates {
    /// A board that listens to the bus until `stop`.
    #[must_use]
    pub fn new(database: Database, bus: Arc<dyn Bus>, stop: CancellationToken) -> Self {
        let seats = Self {
            database,
            bus,
            board: Board::default(),
        };
        let listener = seats.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move { listener.listen().await }));
        seats
    }

    /// Tells everyone, in every process.
    pub(super) async fn publish(&self, competition: CompetitionId, numbers: SeatCounts) {
        let update = SeatUpdate {
            competition,
            dated: numbers.0,
        };
        let Ok(payload) = serde_json::to_vec(&update) else {
            return;
        };
        if let Err(error) = self.bus.publish(TOPIC, payload.into()).await {
            tracing::debug!(%error, "other processes read the numbers later");
            // This process needs no bus to know.
            self.note(&update);
        }
    }

    /// Says that a competition was deleted: in every process its watchers see the end.
    pub(super) async fn end(&self, competition: CompetitionId) {
        let payload = competition.to_string().into_bytes();
        if let Err(error) = self.bus.publish(ENDED, payload.into()).await {
            tracing::debug!(%error, "other processes notice the end later");
        }
        self.forget(competition);
    }

    /// Watches a competition: the current numbers, and each change. The channel closes when the
    /// competition is deleted.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if there is none.
    pub async fn watch(&self, id: CompetitionId) -> Result<watch::Receiver<SeatsView>> {
        self.watch_with(id, std::future::ready(())).await
    }

    /// The same. `meanwhile` happens after the numbers were read, and before those that are published
    /// are noted: nothing but time, outside tests.
    async fn watch_with(
        &self,
        id: CompetitionId,
        meanwhile: impl Future<Output = ()>,
    ) -> Result<watch::Receiver<SeatsView>> {
        if let Some(watched) = self.lock().get(&id) {
            return Ok(watched.out.subscribe());
        }
        let newest = self.read(&[id]).await?;
        let (_, newest) = newest.first().ok_or(DomainError::NotFound)?;
        meanwhile.await;
        let receiver = {
            let mut board = self.lock();
            let watched = board.entry(id).or_insert_with(|| Watched {
                newest: *newest,
                out: watch::Sender::new(newest.seats),
            });
            watched.out.subscribe()
        };
        // What was published between the first look and now was noted by nobody; from here on it is.
        self.reread(&[id]).await?;
        if self.lock().contains_key(&id) {
            Ok(receiver)
        } else {
            Err(DomainError::NotFound.into())
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CompetitionId, Watched>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, update: &SeatUpdate) {
        if let Some(watched) = self.lock().get_mut(&update.competition)
            && watched.newest.version < update.dated.version
        {
            watched.newest = update.dated;
        }
    }

    /// Closes the channels of a competition that is no more.
    fn forget(&self, competition: CompetitionId) {
        self.lock().remove(&competition);
    }

    async fn listen(&self) {
        let mut news = self.bus.subscribe();
        let mut pace = tokio::time::interval(PACE);
        let mut reread = tokio::time::interval(REREAD);
        loop {
            tokio::select! {
                heard = news.recv() => match heard {
                    Ok(BusMessage { topic, payload }) if topic == TOPIC => {
                        match serde_json::from_slice(&payload) {
                            Ok(update) => self.note(&update),
                            Err(error) => tracing::warn!(%error, "unreadable news of seats"),
                        }
                    }
                    Ok(BusMessage { topic, payload }) if topic == ENDED => {
                        let id = std::str::from_utf8(&payload).ok().and_then(|id| id.parse().ok());
                        match id {
                            Some(id) => self.forget(id),
                            None => tracing::warn!("unreadable news of the end of a competition"),
                        }
                    }
                    // The bus was away, or spoke faster than we heard: look for ourselves.
                    Ok(BusMessage { topic, .. }) if topic == BusMessage::RESYNC => self.reread_all().await,
                    Err(RecvError::Lagged(_)) => self.reread_all().await,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = pace.tick() => self.show(),
                _ = reread.tick() => self.reread_all().await,
            }
        }
    }

    /// Hands changed numbers to watchers, and forgets competitions that nobody watches.
    fn show(&self) {
        self.lock().retain(|_, watched| {
            let newest = watched.newest.seats;
            watched.out.send_if_modified(|shown| {
                let changed = *shown != newest;
                *shown = newest;
                changed
            });
            watched.out.receiver_count() > 0
        });
    }

    async fn reread_all(&self) {
        let ids: Vec<_> = self.lock().keys().copied().collect();
        for some in ids.chunks(REREAD_AT_ONCE) {
            if let Err(fault) = self.reread(some).await {
                tracing::debug!(%fault, "live numbers are not read this time");
            }
        }
    }

    /// Reads the numbers of competitions that are watched. Those that are not there any more end.
    async fn reread(&self, ids: &[CompetitionId]) -> Result<(), InfrastructureError> {
        let found: HashMap<_, _> = self.read(ids).await?.into_iter().collect();
        for id in ids {
            match found.get(id) {
                Some(dated) => self.note(&SeatUpdate {
                    competition: *id,
                    dated: *dated,
                }),
                None => self.forget(*id),
            }
        }
        Ok(())
    }

    async fn read(
        &self,
        ids: &[CompetitionId],
    ) -> Result<Vec<(CompetitionId, VersionedSeats)>, InfrastructureError> {
        use competition::Column;
        let rows: Vec<(CompetitionId, i64, i32, i32, i32)> = competition::Entity::existing()
            .select_only()
            .columns([
                Column::Id,
                Column::Version,
                Column::SeatsLeft,
                Column::Capacity,
                Column::Waitlisted,
            ])
            .filter(bulk::among(
                self.database.backend(),
                (competition::Entity, Column::Id),
                ids,
            ))
            .into_tuple()
            .all(self.database.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|(id, version, seats_left, capacity, waitlisted)| {
                let seats = seats(seats_left, capacity, waitlisted);
                (id, VersionedSeats { version, seats })
            })
            .collect())
    }
}

/// Columns to numbers: the CHECKs keep them from being negative.
pub(super) fn seats(seats_left: i32, capacity: i32, waitlisted: i32) -> SeatsView {
    SeatsView {
        seats_left: u32::try_from(seats_left).unwrap_or(0),
        capacity: u32::try_from(capacity).unwrap_or(0),
        waitlisted: u32::try_from(waitlisted).unwrap_or(0),
    }
}
