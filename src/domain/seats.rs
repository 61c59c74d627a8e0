//! Seat updates: live seat numbers for open pages.
//!
//! After each commit, the new numbers are published on the `Bus` port, with what the phase depends on. After an edit and
//! after standings are published, the row is read again. Each
//! process keeps the numbers of the competitions that are watched and sends changes to the watchers five
//! times a second at most. A watcher gets the newest numbers, not every change, and learns when the
//! competition is deleted. A phase that begins at a point in time, such as the opening, is sent then.
//!
//! No change is missed for long: numbers that are published while the first watcher arrives are covered by
//! reading the row a second time, and messages that the bus loses by reading the rows every ten seconds.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sea_orm::{FromQueryResult, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast::error::RecvError, watch};
use tokio_util::sync::CancellationToken;

use super::{Result, bus_topics::EDITS_TOPIC};
use crate::{
    model::{CompetitionId, DomainError, LiveView, PhaseRules, SeatsView},
    ops::Clock,
    store::{
        Database, InfrastructureError, bulk,
        entity::competition,
        ports::{Bus, BusMessage},
    },
};

#[cfg(test)]
mod tests;

/// The topic of seat updates on the bus.
const UPDATES_TOPIC: &str = "seats";
/// The topic of deleted competitions on the bus; the payload is the id.
const DELETED_TOPIC: &str = "seats-ended";
/// Changes within this time reach watchers as one. A busy competition commits a hundred batches a second,
/// more than a person can follow.
const SEND_INTERVAL: Duration = Duration::from_millis(200);
/// How often the numbers of watched competitions are read again, since messages of the bus can get lost.
const REREAD_INTERVAL: Duration = Duration::from_secs(10);
/// The number of competitions that one statement reads again.
const REREAD_CHUNK: usize = 1_000;

/// Returns the competition whose seats a message of the bus is about; `None` if it is about something else.
pub(super) fn changed_competition(topic: &str, payload: &[u8]) -> Option<CompetitionId> {
    match topic {
        UPDATES_TOPIC => {
            let update: SeatUpdate = serde_json::from_slice(payload).ok()?;
            Some(update.competition)
        }
        DELETED_TOPIC => std::str::from_utf8(payload).ok()?.parse().ok(),
        _ => None,
    }
}

/// Returns the message that publishes a competition's numbers.
pub(super) fn update_message(
    competition: CompetitionId,
    numbers: SeatCounts,
) -> Option<BusMessage> {
    let update = SeatUpdate::new(competition, numbers.0);
    let payload = serde_json::to_vec(&update).ok()?;
    Some(BusMessage {
        topic: UPDATES_TOPIC.to_owned(),
        payload: payload.into(),
    })
}

/// What an organizer decides about a competition's phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct RevisedRules {
    /// The version of the row that the organizer's latest edit produced.
    revision: i64,
    rules: PhaseRules,
}

/// Seat counts with the version of the row that they belong to, so that a late update does not replace a
/// newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct VersionedSeats {
    version: i64,
    seats: SeatsView,
    revised: RevisedRules,
}

impl VersionedSeats {
    fn live(&self, results_revision: i32, clock: &Clock) -> LiveView {
        let RevisedRules { revision, rules } = self.revised;
        rules.live(self.seats, revision, results_revision, clock.now())
    }
}

/// A message on the bus: a competition's new numbers.
#[derive(Debug, Serialize, Deserialize)]
struct SeatUpdate {
    competition: CompetitionId,
    version: i64,
    seats: SeatsView,
    /// It is missing in messages of earlier releases.
    #[serde(default)]
    revised: Option<RevisedRules>,
}

impl SeatUpdate {
    const fn new(competition: CompetitionId, numbers: VersionedSeats) -> Self {
        Self {
            competition,
            version: numbers.version,
            seats: numbers.seats,
            revised: Some(numbers.revised),
        }
    }
}

/// A competition's seat numbers after a commit.
#[derive(Debug, Clone, Copy)]
pub struct SeatCounts(VersionedSeats);

impl SeatCounts {
    /// Creates the numbers that belong to a version of a competition's row, whose latest edit produced the
    /// version `revision`.
    pub(super) const fn new(
        version: i64,
        seats: SeatsView,
        revision: i64,
        rules: PhaseRules,
    ) -> Self {
        Self(VersionedSeats {
            version,
            seats,
            revised: RevisedRules { revision, rules },
        })
    }
}

/// A competition that is watched in this process.
struct WatchedCompetition {
    newest: VersionedSeats,
    /// The number of changes of its stages and standings. Commits of registrations don't read it.
    results_revision: i32,
    sender: watch::Sender<LiveView>,
}

type WatchedCompetitions = Arc<Mutex<HashMap<CompetitionId, WatchedCompetition>>>;

/// The seat numbers of the competitions that are watched in this process. Cheap to clone.
#[derive(Clone)]
pub struct SeatUpdates {
    database: Database,
    clock: Clock,
    bus: Arc<dyn Bus>,
    watched_competitions: WatchedCompetitions,
}

impl std::fmt::Debug for SeatUpdates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SeatUpdates")
    }
}

impl SeatUpdates {
    /// Creates an empty set that listens to the bus until `stop`.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        bus: Arc<dyn Bus>,
        stop: CancellationToken,
    ) -> Self {
        let seats = Self {
            database,
            clock,
            bus,
            watched_competitions: WatchedCompetitions::default(),
        };
        let listening = seats.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move { listening.listen().await }));
        seats
    }

    /// Publishes a competition's numbers to the watchers in every process.
    pub(super) async fn publish(&self, competition: CompetitionId, numbers: SeatCounts) {
        let Some(BusMessage { topic, payload }) = update_message(competition, numbers) else {
            return;
        };
        if let Err(error) = self.bus.publish(&topic, payload).await {
            tracing::debug!(competition.id = %competition, %error, "Could not publish the seat update of competition {competition}; other processes read it later");
            // This process needs no bus for its own watchers.
            self.accept(&SeatUpdate::new(competition, numbers.0));
        }
    }

    /// Ends the updates of a deleted competition for the watchers in every process.
    pub(super) async fn end(&self, competition: CompetitionId) {
        let payload = competition.to_string().into_bytes();
        if let Err(error) = self.bus.publish(DELETED_TOPIC, payload.into()).await {
            tracing::debug!(competition.id = %competition, %error, "Could not publish the deletion of competition {competition}; other processes notice it later");
        }
        self.remove(competition);
    }

    /// Watches a competition: the channel has its current numbers, then each change, and closes when the
    /// competition is deleted.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition.
    pub async fn watch(&self, id: CompetitionId) -> Result<watch::Receiver<LiveView>> {
        self.watch_with(id, std::future::ready(())).await
    }

    /// Does the same, and awaits `meanwhile` between reading the numbers and accepting published ones. Tests
    /// change the competition there; otherwise nothing happens.
    async fn watch_with(
        &self,
        id: CompetitionId,
        meanwhile: impl Future<Output = ()>,
    ) -> Result<watch::Receiver<LiveView>> {
        if let Some(watched) = self.lock().get(&id) {
            return Ok(watched.sender.subscribe());
        }
        let newest = self.read(&[id]).await?;
        let (_, newest, results_revision) = *newest.first().ok_or(DomainError::NotFound)?;
        meanwhile.await;
        let receiver = {
            let mut watched_competitions = self.lock();
            let watched = watched_competitions
                .entry(id)
                .or_insert_with(|| WatchedCompetition {
                    newest,
                    results_revision,
                    sender: watch::Sender::new(newest.live(results_revision, &self.clock)),
                });
            watched.sender.subscribe()
        };
        // Numbers that were published between the first read and now were not accepted.
        self.reread(&[id]).await?;
        if self.lock().contains_key(&id) {
            Ok(receiver)
        } else {
            Err(DomainError::NotFound.into())
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CompetitionId, WatchedCompetition>> {
        self.watched_competitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts numbers that are newer than the present ones.
    fn accept(&self, update: &SeatUpdate) {
        if let Some(watched) = self.lock().get_mut(&update.competition)
            && watched.newest.version < update.version
        {
            watched.newest = VersionedSeats {
                version: update.version,
                seats: update.seats,
                revised: update.revised.unwrap_or(watched.newest.revised),
            };
        }
    }

    /// Accepts the number of changes of stages and standings, unless it is an old one.
    fn accept_results(&self, competition: CompetitionId, revision: i32) {
        if let Some(watched) = self.lock().get_mut(&competition) {
            watched.results_revision = watched.results_revision.max(revision);
        }
    }

    /// Closes the channels of a deleted competition.
    fn remove(&self, competition: CompetitionId) {
        self.lock().remove(&competition);
    }

    async fn listen(&self) {
        let mut messages = self.bus.subscribe();
        let mut send = tokio::time::interval(SEND_INTERVAL);
        let mut reread = tokio::time::interval(REREAD_INTERVAL);
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Ok(BusMessage { topic, payload }) if topic == UPDATES_TOPIC => {
                        match serde_json::from_slice(&payload) {
                            Ok(update) => self.accept(&update),
                            Err(error) => tracing::warn!(%error, "Could not decode a seat update from the bus"),
                        }
                    }
                    Ok(BusMessage { topic, payload }) if topic == DELETED_TOPIC => {
                        let id = std::str::from_utf8(&payload).ok().and_then(|id| id.parse().ok());
                        match id {
                            Some(id) => self.remove(id),
                            None => tracing::warn!("Could not decode the deletion of a competition from the bus"),
                        }
                    }
                    Ok(BusMessage { topic, payload }) if topic == EDITS_TOPIC => {
                        // An edit of everything, such as another name of an account, moves nothing that is watched.
                        if let Some(id) = std::str::from_utf8(&payload).ok().and_then(|id| id.parse().ok()) {
                            self.reread_edited(id).await;
                        }
                    }
                    // Messages were lost, as the bus was unavailable or this process too slow.
                    Ok(BusMessage { topic, .. }) if topic == BusMessage::RESYNC => self.reread_all().await,
                    Err(RecvError::Lagged(_)) => self.reread_all().await,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = send.tick() => self.send_changes(),
                _ = reread.tick() => self.reread_all().await,
            }
        }
    }

    /// Sends changed numbers and phases to watchers, and removes competitions without watchers.
    fn send_changes(&self) {
        self.lock().retain(|_, watched| {
            let newest = watched.newest.live(watched.results_revision, &self.clock);
            watched.sender.send_if_modified(|shown| {
                let changed = *shown != newest;
                *shown = newest;
                changed
            });
            watched.sender.receiver_count() > 0
        });
    }

    /// Reads a competition again after an edit, if it is watched.
    async fn reread_edited(&self, id: CompetitionId) {
        if !self.lock().contains_key(&id) {
            return;
        }
        if let Err(error) = self.reread(&[id]).await {
            tracing::debug!(competition.id = %id, %error, "Could not read competition {id} after an edit; it is read again later");
        }
    }

    async fn reread_all(&self) {
        let ids: Vec<_> = self.lock().keys().copied().collect();
        for chunk in ids.chunks(REREAD_CHUNK) {
            if let Err(error) = self.reread(chunk).await {
                tracing::debug!(%error, "Could not read the seats of watched competitions; they are read again later");
            }
        }
    }

    /// Reads the numbers of watched competitions again, and removes those that were deleted.
    async fn reread(&self, ids: &[CompetitionId]) -> Result<(), InfrastructureError> {
        let found: HashMap<_, _> = self
            .read(ids)
            .await?
            .into_iter()
            .map(|(id, versioned, results_revision)| (id, (versioned, results_revision)))
            .collect();
        for id in ids {
            match found.get(id) {
                Some((versioned, results_revision)) => {
                    self.accept(&SeatUpdate::new(*id, *versioned));
                    self.accept_results(*id, *results_revision);
                }
                None => self.remove(*id),
            }
        }
        Ok(())
    }

    async fn read(
        &self,
        ids: &[CompetitionId],
    ) -> Result<Vec<(CompetitionId, VersionedSeats, i32)>, InfrastructureError> {
        use competition::Column;
        let rows: Vec<SeatsRow> = competition::Entity::existing()
            .select_only()
            .columns([
                Column::Id,
                Column::Version,
                Column::EditedAtVersion,
                Column::ResultsRevision,
                Column::SeatsLeft,
                Column::SeatsReserved,
                Column::Capacity,
                Column::Waitlisted,
                Column::Status,
                Column::WaitlistEnabled,
                Column::OpensAt,
                Column::Paused,
                Column::RegDeadline,
                Column::StartsAt,
                Column::EndsAt,
            ])
            .filter(bulk::among(
                self.database.backend(),
                (competition::Entity, Column::Id),
                ids,
            ))
            .into_model()
            .all(self.database.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.id, row.numbers(), row.results_revision))
            .collect())
    }
}

/// The columns of a competition's row that watchers depend on.
#[derive(Debug, FromQueryResult)]
struct SeatsRow {
    id: CompetitionId,
    version: i64,
    edited_at_version: i64,
    results_revision: i32,
    seats_left: i32,
    seats_reserved: i32,
    capacity: i32,
    waitlisted: i32,
    #[sea_orm(nested)]
    rules: PhaseRules,
}

impl SeatsRow {
    fn numbers(&self) -> VersionedSeats {
        VersionedSeats {
            version: self.version,
            seats: seats(
                self.seats_left - self.seats_reserved,
                self.capacity,
                self.waitlisted,
            ),
            revised: RevisedRules {
                revision: self.edited_at_version,
                rules: self.rules,
            },
        }
    }
}

/// Returns the view of a competition's counters, of which `seats_left` is the number of open seats. CHECK constraints keep them from being negative.
pub(super) fn seats(seats_left: i32, capacity: i32, waitlisted: i32) -> SeatsView {
    SeatsView {
        seats_left: u32::try_from(seats_left).unwrap_or(0),
        capacity: u32::try_from(capacity).unwrap_or(0),
        waitlisted: u32::try_from(waitlisted).unwrap_or(0),
    }
}
