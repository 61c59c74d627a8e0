//! News about a person's own registrations and messages, for their open pages.
//!
//! What changes something about an account says so on the `Bus` port, with nothing but the account's id. Each
//! process reads what is new for the accounts that have an open page, many at once, a few times a second, and
//! gives it to them. A listener gets the newest state, compares it with the one before ([`OwnState::since`]),
//! and so learns of every change that is still true.
//!
//! A lost message of the bus costs a delay: all listeners are read again when the bus says that messages may
//! be lost, and every minute.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::{broadcast::error::RecvError, watch};
use tokio_util::sync::CancellationToken;

use super::{
    mailbox::message_view,
    news::{Announced, TOPIC},
    registration::{to_view, waitlist_positions},
};
use crate::{
    model::{
        CompetitionId, MessageView, RegistrationId, RegistrationStatus, RegistrationView, UserId,
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, bulk,
        entity::{message, registration},
        ports::{Bus, BusMessage},
    },
};

/// How often accounts with news are read. Changes within this time reach a page together.
const READ_INTERVAL: Duration = Duration::from_millis(250);
/// How often every listener is read again, since messages of the bus can get lost.
const REREAD_INTERVAL: Duration = Duration::from_secs(60);
/// The number of accounts that are read at once; in a rush the others wait for the next time.
const CHUNK: usize = 500;
/// How old messages and cancellations may be that are still news.
const NEWS_AGE: TimeDelta = TimeDelta::minutes(10);
/// The most registrations and the most messages that are read for one account on average.
const ROWS_PER_ACCOUNT: usize = 50;

/// What an account's open pages show about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnState {
    /// The number of unread messages.
    pub unread: u64,
    /// The messages of the last minutes, the newest first.
    pub messages: Vec<MessageView>,
    /// The live registrations, and those that were cancelled in the last minutes.
    pub registrations: Vec<RegistrationView>,
}

/// One thing that has changed for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnNews {
    /// A registration is new, or has another status or position.
    Registration(Box<RegistrationView>),
    /// A message has arrived.
    Message(Box<MessageView>),
    /// The number of unread messages has changed.
    Unread(u64),
}

impl OwnState {
    /// Returns what has changed since the state `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Vec<OwnNews> {
        let known: HashMap<_, _> = before
            .registrations
            .iter()
            .map(|view| (view.registration_id, view))
            .collect();
        let registrations = self.registrations.iter().filter(|view| {
            let was = known.get(&view.registration_id);
            // A cancelled registration that was never shown as live is no news.
            was.map_or(view.status.is_live(), |was| *was != *view)
        });
        let seen: HashSet<_> = before.messages.iter().map(|view| view.id).collect();
        let messages = self.messages.iter().rev();
        let messages = messages.filter(|view| !seen.contains(&view.id));
        let unread = (self.unread != before.unread).then_some(OwnNews::Unread(self.unread));
        registrations
            .map(|view| OwnNews::Registration(Box::new(view.clone())))
            .chain(messages.map(|view| OwnNews::Message(Box::new(view.clone()))))
            .chain(unread)
            .collect()
    }

    /// Returns the newest registration for a competition.
    #[must_use]
    pub fn registration_for(&self, competition: CompetitionId) -> Option<&RegistrationView> {
        let own = self.registrations.iter();
        own.filter(|view| view.competition_id == competition)
            .max_by_key(|view| (view.status.is_live(), view.registered_at))
    }
}

/// The accounts with open pages in this process.
#[derive(Debug, Default)]
struct Listeners {
    states: HashMap<UserId, watch::Sender<Arc<OwnState>>>,
    /// The accounts that are to be read.
    pending: HashSet<UserId>,
}

/// The news of this process. Cheap to clone.
#[derive(Clone)]
pub struct OwnNewsFeed {
    database: Database,
    clock: Clock,
    bus: Arc<dyn Bus>,
    listeners: Arc<Mutex<Listeners>>,
}

impl std::fmt::Debug for OwnNewsFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnNewsFeed")
    }
}

impl OwnNewsFeed {
    /// Creates a feed that listens to the bus until `stop`.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        bus: Arc<dyn Bus>,
        stop: CancellationToken,
    ) -> Self {
        let feed = Self {
            database,
            clock,
            bus,
            listeners: Arc::default(),
        };
        let listening = feed.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move { listening.listen().await }));
        feed
    }

    /// Follows the state of an account: the channel has the present one, then each that differs.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn follow(
        &self,
        user: UserId,
    ) -> Result<watch::Receiver<Arc<OwnState>>, InfrastructureError> {
        // Subscribed first, so that a change during the read is read afterwards.
        let receiver = match self.lock().states.entry(user) {
            Entry::Occupied(entry) => entry.get().subscribe(),
            Entry::Vacant(entry) => entry.insert(watch::Sender::default()).subscribe(),
        };
        self.read(&[user]).await?;
        Ok(receiver)
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the listeners that an announced is about.
    fn accept(&self, announced: &Announced) {
        let mut listeners = self.lock();
        let Listeners { states, pending } = &mut *listeners;
        let users = announced.users.iter().copied();
        pending.extend(users.filter(|user| states.contains_key(user)));
        for competition in &announced.waitlists {
            let waits = |state: &OwnState| {
                state.registrations.iter().any(|view| {
                    view.competition_id == *competition
                        && view.status == RegistrationStatus::Waitlisted
                })
            };
            let waiting = states.iter().filter(|(_, state)| waits(&state.borrow()));
            pending.extend(waiting.map(|(user, _)| *user));
        }
    }

    /// Marks every listener.
    fn accept_all(&self) {
        let mut listeners = self.lock();
        listeners
            .states
            .retain(|_, state| state.receiver_count() > 0);
        listeners.pending = listeners.states.keys().copied().collect();
    }

    async fn listen(&self) {
        let mut messages = self.bus.subscribe();
        let mut read = tokio::time::interval(READ_INTERVAL);
        let mut reread = tokio::time::interval(REREAD_INTERVAL);
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Ok(BusMessage { topic, payload }) if topic == TOPIC => {
                        match serde_json::from_slice(&payload) {
                            Ok(announced) => self.accept(&announced),
                            Err(error) => tracing::warn!(%error, "Could not decode news of accounts from the bus"),
                        }
                    }
                    Ok(BusMessage { topic, .. }) if topic == BusMessage::RESYNC => self.accept_all(),
                    Err(RecvError::Lagged(_)) => self.accept_all(),
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = read.tick() => self.read_pending().await,
                _ = reread.tick() => self.accept_all(),
            }
        }
    }

    /// Reads a chunk of the accounts that are marked.
    async fn read_pending(&self) {
        let users: Vec<UserId> = {
            let mut listeners = self.lock();
            let Listeners { states, pending } = &mut *listeners;
            let chunk: Vec<_> = pending.iter().copied().take(CHUNK).collect();
            for user in &chunk {
                pending.remove(user);
            }
            // The state of an account without an open page is dropped.
            chunk
                .into_iter()
                .filter(|user| match states.get(user) {
                    Some(state) if state.receiver_count() > 0 => true,
                    _ => {
                        states.remove(user);
                        false
                    }
                })
                .collect()
        };
        if let Err(error) = self.read(&users).await {
            tracing::debug!(%error, "Could not read the news of accounts; they are read again later");
            let mut listeners = self.lock();
            listeners.pending.extend(users);
        }
    }

    /// Reads the state of accounts, and gives it to their listeners if it is another one.
    async fn read(&self, users: &[UserId]) -> Result<(), InfrastructureError> {
        if users.is_empty() {
            return Ok(());
        }
        let since = self.clock.now() - NEWS_AGE;
        let mut states: HashMap<UserId, OwnState> = users
            .iter()
            .map(|user| (*user, OwnState::default()))
            .collect();
        for (user, unread) in self.unread(users).await? {
            states.entry(user).or_default().unread = u64::try_from(unread).unwrap_or(0);
        }
        for row in self.messages(users, since).await? {
            let messages = &mut states.entry(row.user_id).or_default().messages;
            messages.push(message_view(row));
        }
        for view in self.registrations(users, since).await? {
            states
                .entry(view.user_id)
                .or_default()
                .registrations
                .push(view);
        }
        let listeners = self.lock();
        for (user, state) in states {
            if let Some(sender) = listeners.states.get(&user) {
                sender.send_if_modified(|shown| {
                    let changed = **shown != state;
                    if changed {
                        *shown = Arc::new(state);
                    }
                    changed
                });
            }
        }
        Ok(())
    }

    async fn unread(&self, users: &[UserId]) -> Result<Vec<(UserId, i64)>, InfrastructureError> {
        use message::Column;
        Ok(message::Entity::find()
            .select_only()
            .column(Column::UserId)
            .column_as(Column::Id.count(), "unread")
            .filter(self.of((message::Entity, Column::UserId), users))
            .filter(Column::ReadAt.is_null())
            .group_by(Column::UserId)
            .into_tuple()
            .all(self.database.read())
            .await?)
    }

    async fn messages(
        &self,
        users: &[UserId],
        since: DateTime<Utc>,
    ) -> Result<Vec<message::Model>, InfrastructureError> {
        use message::Column;
        Ok(message::Entity::find()
            .filter(self.of((message::Entity, Column::UserId), users))
            .filter(Column::CreatedAt.gt(since))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(rows_of(users))
            .all(self.database.read())
            .await?)
    }

    async fn registrations(
        &self,
        users: &[UserId],
        since: DateTime<Utc>,
    ) -> Result<Vec<RegistrationView>, InfrastructureError> {
        use registration::Column;
        let recent = Condition::any()
            .add(Column::Status.ne(RegistrationStatus::Cancelled))
            .add(Column::CancelledAt.gt(since));
        let rows = registration::Entity::find()
            .filter(self.of((registration::Entity, Column::UserId), users))
            .filter(recent)
            .order_by_desc(Column::RegisteredAt)
            .limit(rows_of(users))
            .all(self.database.read())
            .await?;
        let mut waiting: HashMap<CompetitionId, Vec<(RegistrationId, i64)>> = HashMap::new();
        for row in &rows {
            if let (RegistrationStatus::Waitlisted, Some(seq)) = (row.status, row.waitlist_seq) {
                let own = waiting.entry(row.competition_id).or_default();
                own.push((row.id, seq));
            }
        }
        let mut positions = HashMap::new();
        for (competition, own) in waiting {
            positions.extend(waitlist_positions(&self.database, competition, &own).await?);
        }
        let view = |row: registration::Model| {
            let position = positions.get(&row.id).copied();
            to_view(row, position)
        };
        Ok(rows.into_iter().map(view).collect())
    }

    fn of<E: EntityTrait, C: ColumnTrait>(
        &self,
        column: (E, C),
        users: &[UserId],
    ) -> sea_orm::sea_query::SimpleExpr {
        bulk::among(self.database.backend(), column, users)
    }
}

fn rows_of(users: &[UserId]) -> u64 {
    (users.len() * ROWS_PER_ACCOUNT) as u64
}
