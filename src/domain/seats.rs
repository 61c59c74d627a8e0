//! Live seat numbers: told once after each commit, spread over the bus, handed to everyone who
//! watches. A watcher sees the newest numbers, not every change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast::error::RecvError, watch};
use tokio_util::sync::CancellationToken;

use super::{Result, registration::decide::Book};
use crate::{
    model::{CompetitionId, Refusal, SeatsView},
    store::{
        Database, bulk,
        entity::competition,
        ports::{Bus, News},
    },
};

/// The topic on the bus.
const TOPIC: &str = "seats";
/// Changes within this time reach watchers as one: a rush makes a hundred batches a second, and no
/// eye follows that.
const PACE: Duration = Duration::from_millis(200);
/// News can get lost; this often the numbers that somebody watches are read anew.
const REREAD: Duration = Duration::from_secs(10);

/// Numbers with the version they belong to, so that late news does not undo newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Dated {
    version: i64,
    seats: SeatsView,
}

#[derive(Debug, Serialize, Deserialize)]
struct Told {
    competition: CompetitionId,
    #[serde(flatten)]
    dated: Dated,
}

/// The numbers of a book, as they are told.
#[derive(Debug, Clone, Copy)]
pub struct Numbers(Dated);

impl From<&Book> for Numbers {
    fn from(book: &Book) -> Self {
        Self(Dated {
            version: book.version,
            seats: seats(book.seats_left, book.capacity, book.waitlisted),
        })
    }
}

struct Watched {
    newest: Dated,
    out: watch::Sender<SeatsView>,
}

type Board = Arc<Mutex<HashMap<CompetitionId, Watched>>>;

/// The board of live numbers of this process. Cheap to clone.
#[derive(Clone)]
pub struct Seats {
    database: Database,
    bus: Arc<dyn Bus>,
    board: Board,
}

impl std::fmt::Debug for Seats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seats")
    }
}

impl Seats {
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
    pub(super) async fn tell(&self, competition: CompetitionId, numbers: Numbers) {
        let told = Told {
            competition,
            dated: numbers.0,
        };
        let Ok(payload) = serde_json::to_vec(&told) else {
            return;
        };
        if let Err(error) = self.bus.publish(TOPIC, payload.into()).await {
            tracing::debug!(%error, "other processes read the numbers later");
            // This process needs no bus to know.
            self.note(&told);
        }
    }

    /// Watches a competition: the current numbers, and each change.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if there is none.
    pub async fn watch(&self, id: CompetitionId) -> Result<watch::Receiver<SeatsView>> {
        if let Some(watched) = self.lock().get(&id) {
            return Ok(watched.out.subscribe());
        }
        let row = competition::Entity::existing_by_id(id)
            .one(self.database.read())
            .await?
            .ok_or(Refusal::NotFound)?;
        let newest = dated(&row);
        let mut board = self.lock();
        let watched = board.entry(id).or_insert_with(|| Watched {
            newest,
            out: watch::Sender::new(newest.seats),
        });
        Ok(watched.out.subscribe())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CompetitionId, Watched>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, told: &Told) {
        if let Some(watched) = self.lock().get_mut(&told.competition)
            && watched.newest.version < told.dated.version
        {
            watched.newest = told.dated;
        }
    }

    async fn listen(&self) {
        let mut news = self.bus.subscribe();
        let mut pace = tokio::time::interval(PACE);
        let mut reread = tokio::time::interval(REREAD);
        loop {
            tokio::select! {
                heard = news.recv() => match heard {
                    Ok(News { topic, payload }) if topic == TOPIC => {
                        match serde_json::from_slice(&payload) {
                            Ok(told) => self.note(&told),
                            Err(error) => tracing::warn!(%error, "unreadable news of seats"),
                        }
                    }
                    // The bus was away, or spoke faster than we heard: look for ourselves.
                    Ok(News { topic, .. }) if topic == "resync" => self.reread().await,
                    Err(RecvError::Lagged(_)) => self.reread().await,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = pace.tick() => self.show(),
                _ = reread.tick() => self.reread().await,
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

    async fn reread(&self) {
        let ids: Vec<_> = self.lock().keys().copied().collect();
        if ids.is_empty() {
            return;
        }
        use sea_orm::QueryFilter;
        let rows = competition::Entity::existing()
            .filter(bulk::among(
                self.database.backend(),
                (competition::Entity, competition::Column::Id),
                &ids,
            ))
            .all(self.database.read())
            .await;
        match rows {
            Ok(rows) => {
                for row in rows {
                    self.note(&Told {
                        competition: row.id,
                        dated: dated(&row),
                    });
                }
            }
            Err(error) => tracing::debug!(%error, "live numbers are not read this time"),
        }
    }
}

fn dated(row: &competition::Model) -> Dated {
    Dated {
        version: row.version,
        seats: seats(row.seats_left, row.capacity, row.waitlisted),
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
