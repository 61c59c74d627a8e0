//! News about a person's own registrations and messages, for their open pages.
//!
//! What changes something about an account says so on the `Bus` port, with nothing but the account's id. Each
//! process reads what is new for the accounts that have an open page, many at once, a few times a second, and
//! gives it to them. A listener gets the newest state, compares it with the one before ([`OwnState::since`]),
//! and so learns of every change that is still true.
//!
//! When log-ins of an account were ended, its channel is closed, and with it all its streams. Clients whose log-in
//! goes on open them again.
//!
//! A lost message of the bus costs a delay: all listeners are read again when the bus says that messages may
//! be lost, and every minute.

mod listeners;
mod state;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::{broadcast::error::RecvError, watch};
use tokio_util::sync::CancellationToken;

use self::listeners::Listeners;
pub use self::state::{OwnNews, OwnState};
use super::{
    ended_log_ins,
    mailbox::message_view,
    news::TOPIC,
    registration::{WaitlistEntry, division_names, to_view, waitlist_positions},
};
use crate::{
    model::{CompetitionId, RegistrationView, UserId},
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
/// How old messages and cancellations may be that are still news.
const NEWS_AGE: TimeDelta = TimeDelta::minutes(10);
/// The most registrations and the most messages that are read for one account on average.
const ROWS_PER_ACCOUNT: usize = 50;

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
        let receiver = self.lock().subscribe(user);
        self.read(&[user]).await?;
        Ok(receiver)
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
                            Ok(audience) => self.lock().accept(&audience),
                            Err(error) => tracing::warn!(%error, "Could not decode news of accounts from the bus"),
                        }
                    }
                    Ok(message) if message.topic == ended_log_ins::TOPIC => {
                        if let Some(account) = ended_log_ins::account_of(&message) {
                            self.lock().end(account);
                        }
                    }
                    Ok(BusMessage { topic, .. }) if topic == BusMessage::RESYNC => self.lock().accept_all(),
                    Err(RecvError::Lagged(_)) => self.lock().accept_all(),
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = read.tick() => self.read_pending().await,
                _ = reread.tick() => self.lock().accept_all(),
            }
        }
    }

    /// Reads a chunk of the accounts that are marked.
    async fn read_pending(&self) {
        let users = self.lock().take_pending();
        if let Err(error) = self.read(&users).await {
            tracing::debug!(%error, "Could not read the news of accounts; they are read again later");
            self.lock().retry(users);
        }
    }

    /// Reads the state of accounts, and gives it to their listeners if it is another one.
    async fn read(&self, users: &[UserId]) -> Result<(), InfrastructureError> {
        if users.is_empty() {
            return Ok(());
        }
        let read = self.lock().begin_read();
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
        self.lock().accept_read(read, states);
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
            .add(registration::is_live())
            .add(Column::CancelledAt.gt(since));
        let rows = registration::Entity::find()
            .filter(self.of((registration::Entity, Column::UserId), users))
            .filter(recent)
            .order_by_desc(Column::RegisteredAt)
            .limit(rows_of(users))
            .all(self.database.read())
            .await?;
        let mut waiting: HashMap<CompetitionId, Vec<WaitlistEntry>> = HashMap::new();
        for row in &rows {
            if let Some(entry) = WaitlistEntry::of(row) {
                waiting.entry(row.competition_id).or_default().push(entry);
            }
        }
        let mut positions = HashMap::new();
        for (competition, own) in waiting {
            positions.extend(waitlist_positions(&self.database, competition, &own).await?);
        }
        let divisions = rows.iter().filter_map(|row| row.division_id);
        let names = division_names(self.database.read(), divisions).await?;
        let view = |row: registration::Model| {
            let position = positions.get(&row.id).copied();
            to_view(row, &names, position)
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
