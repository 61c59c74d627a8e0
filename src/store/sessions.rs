//! Browser sessions: the table `sessions` holds the truth, the cache in front of it saves most
//! reads.
//!
//! Both know a session by the SHA-256 of the id in the cookie, so that who reads them can't log
//! in. Writes go to both, reads ask the cache first; a cache that is away costs a query. Entries
//! live in the cache for [`FRESH`] only: that bounds how long a session that ended here could still
//! be read there, if the cache could not be told.

pub mod account;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QuerySelect,
    prelude::*,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower_sessions::{
    SessionStore,
    cookie::time::{self, OffsetDateTime},
    session::{Id, Record},
    session_store::{Error, Result},
};

use account::{ACCOUNT_KEY, AUTH_EPOCH_KEY, OUTDATED};

use super::{Database, ErrorKind, InfrastructureError, auth_epoch, entity::session, ports::Cache};
use crate::{model::UserId, ops::Clock};

/// How long the cache keeps an entry.
const FRESH: Duration = Duration::from_secs(60);
/// Ids are 128 random bits: a second attempt is generous.
const ATTEMPTS: usize = 2;

/// The sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    database: Database,
    cache: Arc<dyn Cache>,
    clock: Clock,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// A session as the cache keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Cached {
    data: HashMap<String, Value>,
    expires_at: DateTime<Utc>,
}

impl Sessions {
    /// Sessions in `database`, with `cache` in front.
    #[must_use]
    pub fn new(database: Database, cache: Arc<dyn Cache>, clock: Clock) -> Self {
        Self {
            database,
            cache,
            clock,
        }
    }

    /// Ends all sessions of an account, e.g. after a new password was set.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn forget_user(&self, user: UserId) -> std::result::Result<(), InfrastructureError> {
        let ids: Vec<String> = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .filter(session::Column::UserId.eq(user))
            .into_tuple()
            .all(self.database.write())
            .await?;
        session::Entity::delete_many()
            .filter(session::Column::UserId.eq(user))
            .exec(self.database.write())
            .await?;
        for id in ids {
            self.forget_cached(&id).await;
        }
        Ok(())
    }

    /// Deletes rows that are void; how many.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn sweep(&self) -> std::result::Result<u64, InfrastructureError> {
        let swept = session::Entity::delete_many()
            .filter(session::Column::ExpiresAt.lte(self.clock.now()))
            .exec(self.database.write())
            .await?;
        Ok(swept.rows_affected)
    }

    async fn cached(&self, id: &str) -> Option<Cached> {
        match self.cache.get(&key(id)).await {
            Ok(bytes) => bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()),
            Err(error) => {
                tracing::debug!(%error, "session cache is away: reading the table");
                None
            }
        }
    }

    async fn remember(&self, id: &str, data: &HashMap<String, Value>, expires_at: DateTime<Utc>) {
        let remaining = (expires_at - self.clock.now()).to_std().unwrap_or_default();
        if remaining.is_zero() {
            return;
        }
        let entry = Cached {
            data: data.clone(),
            expires_at,
        };
        let result = match serde_json::to_vec(&entry) {
            Ok(json) => {
                self.cache
                    .set(&key(id), Bytes::from(json), remaining.min(FRESH))
                    .await
            }
            Err(error) => return tracing::error!(%error, "a session does not write as JSON"),
        };
        if let Err(error) = result {
            tracing::debug!(%error, "session cache is away: only the table was written");
        }
    }

    async fn forget_cached(&self, id: &str) {
        if let Err(error) = self.cache.delete(&key(id)).await {
            tracing::warn!(%error, "a session that ended may be read from the cache for a minute");
        }
    }

    /// The session layer counts from the machine's clock; we keep the time by our own, so that a
    /// test that moves it moves sessions too.
    fn expires_at(&self, record: &Record) -> DateTime<Utc> {
        let left = record.expiry_date - OffsetDateTime::now_utc();
        self.clock.now() + TimeDelta::seconds(left.whole_seconds())
    }

    /// And back.
    fn expiry_date(&self, expires_at: DateTime<Utc>) -> OffsetDateTime {
        let left = expires_at - self.clock.now();
        OffsetDateTime::now_utc().saturating_add(time::Duration::seconds(left.num_seconds()))
    }

    /// Inserts the row of a session. A session of an account is only inserted if the account still has
    /// the authentication epoch that it had when the log-in was verified; returns whether it was.
    async fn insert(
        &self,
        record: &Record,
    ) -> Result<std::result::Result<bool, InfrastructureError>> {
        let (row, database) = (self.row(record)?, self.database.write());
        Ok(match user(&record.data) {
            Some(account) => {
                // Sessions from before there were epochs are of the first one.
                let epoch = record.data.get(AUTH_EPOCH_KEY).and_then(Value::as_i64);
                auth_epoch::insert_if_current(database, row, account, epoch.unwrap_or(0)).await
            }
            None => session::Entity::insert(row)
                .exec_without_returning(database)
                .await
                .map(|_| true)
                .map_err(InfrastructureError::from),
        })
    }

    fn row(&self, record: &Record) -> Result<session::ActiveModel> {
        Ok(session::ActiveModel {
            id: Set(name(&record.id)),
            user_id: Set(user(&record.data)),
            data: Set(
                serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?
            ),
            created_at: Set(self.clock.now()),
            expires_at: Set(self.expires_at(record)),
        })
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        for attempt in 1.. {
            match self.insert(record).await? {
                Ok(true) => break,
                Ok(false) => return Err(Error::Backend(OUTDATED.to_owned())),
                Err(fault) if fault.kind() == ErrorKind::Duplicate && attempt < ATTEMPTS => {
                    record.id = Id::default();
                }
                Err(fault) => return Err(backend(&fault)),
            }
        }
        self.remember(&name(&record.id), &record.data, self.expires_at(record))
            .await;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        // A session from which everything was taken out (a flash message that was shown) is none.
        if record.data.is_empty() {
            return self.delete(&record.id).await;
        }
        // Only what is there is changed: a logout that another request of the same browser
        // overlaps stays a logout.
        let mut row = self.row(record)?;
        row.created_at = NotSet;
        let saved = session::Entity::update_many()
            .set(row)
            .filter(session::Column::Id.eq(name(&record.id)))
            .exec(self.database.write())
            .await
            .map_err(|error| backend(&error.into()))?;
        if saved.rows_affected > 0 {
            self.remember(&name(&record.id), &record.data, self.expires_at(record))
                .await;
        }
        Ok(())
    }

    async fn load(&self, session_id: &Id) -> Result<Option<Record>> {
        let id = name(session_id);
        let now = self.clock.now();
        let found = match self.cached(&id).await {
            Some(cached) => Some(cached),
            None => {
                let row = session::Entity::find_by_id(id.clone())
                    .filter(session::Column::ExpiresAt.gt(now))
                    .one(self.database.read())
                    .await
                    .map_err(|error| backend(&error.into()))?;
                match row {
                    Some(row) => {
                        let data: HashMap<String, Value> = serde_json::from_str(&row.data)
                            .map_err(|e| Error::Decode(e.to_string()))?;
                        self.remember(&id, &data, row.expires_at).await;
                        Some(Cached {
                            data,
                            expires_at: row.expires_at,
                        })
                    }
                    None => None,
                }
            }
        };
        Ok(found
            .filter(|found| found.expires_at > now)
            .map(|found| Record {
                id: *session_id,
                data: found.data,
                expiry_date: self.expiry_date(found.expires_at),
            }))
    }

    async fn delete(&self, session_id: &Id) -> Result<()> {
        let id = name(session_id);
        session::Entity::delete_by_id(id.clone())
            .exec(self.database.write())
            .await
            .map_err(|error| backend(&error.into()))?;
        self.forget_cached(&id).await;
        Ok(())
    }
}

/// The name under which a session is stored.
fn name(id: &Id) -> String {
    hex::encode(Sha256::digest(id.0.to_le_bytes()))
}

fn key(name: &str) -> String {
    format!("session:{name}")
}

/// Whose session it is, if somebody's.
fn user(data: &HashMap<String, Value>) -> Option<UserId> {
    data.get(ACCOUNT_KEY)?.as_str()?.parse().ok()
}

fn backend(fault: &InfrastructureError) -> Error {
    Error::Backend(fault.to_string())
}

#[cfg(test)]
mod tests {
    use migration::MigratorTrait;

    use super::*;
    use crate::store::memory;

    struct Place {
        sessions: Sessions,
        clock: Clock,
        _folder: tempfile::TempDir,
    }

    async fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/s.db?mode=rwc", folder.path().display());
        let database = Database::connect(&url.parse().unwrap(), 1).await.unwrap();
        migration::Migrator::up(&database.for_migrations().await.unwrap(), None)
            .await
            .unwrap();
        let clock = Clock::manual("2030-01-01T00:00:00Z".parse().unwrap());
        Place {
            sessions: Sessions::new(
                database,
                memory::ports(&Clock::system()).cache,
                clock.clone(),
            ),
            clock,
            _folder: folder,
        }
    }

    fn record(key: &str, value: &str) -> Record {
        Record {
            id: Id::default(),
            data: HashMap::from([(key.to_owned(), value.into())]),
            expiry_date: OffsetDateTime::now_utc() + time::Duration::hours(1),
        }
    }

    impl Place {
        /// The same sessions behind a cache that knows nothing.
        fn forgetful(&self) -> Sessions {
            Sessions {
                cache: memory::ports(&Clock::system()).cache,
                ..self.sessions.clone()
            }
        }
    }

    #[test]
    fn the_stored_name_does_not_contain_the_id() {
        let id = Id(42);
        let name = name(&id);
        assert_eq!(name.len(), 64);
        assert!(!name.contains(&id.to_string()));
    }

    #[test]
    fn a_session_belongs_to_somebody_only_with_a_readable_id_in_it() {
        let someone = UserId::new();
        let with = |value: Value| HashMap::from([(ACCOUNT_KEY.to_owned(), value)]);
        assert_eq!(user(&with(someone.to_string().into())), Some(someone));
        assert_eq!(user(&with("nobody".into())), None);
        assert_eq!(user(&HashMap::new()), None);
    }

    #[tokio::test]
    async fn a_session_outlives_the_cache_but_not_its_time() {
        let place = place().await;
        let mut record = record("flash", "hello");
        place.sessions.create(&mut record).await.unwrap();
        for sessions in [place.sessions.clone(), place.forgetful()] {
            let found = sessions.load(&record.id).await.unwrap().unwrap();
            assert_eq!(found.data, record.data);
        }
        place.clock.advance(TimeDelta::hours(2));
        for sessions in [place.sessions.clone(), place.forgetful()] {
            assert!(sessions.load(&record.id).await.unwrap().is_none());
        }
        assert_eq!(place.sessions.sweep().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_logout_stays_one_though_another_request_still_saves() {
        let place = place().await;
        let mut record = record("flash", "hello");
        place.sessions.create(&mut record).await.unwrap();
        place.sessions.delete(&record.id).await.unwrap();
        place.sessions.save(&record).await.unwrap();
        assert!(place.sessions.load(&record.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_session_with_nothing_left_in_it_is_none() {
        let place = place().await;
        let mut record = record("flash", "hello");
        place.sessions.create(&mut record).await.unwrap();
        record.data.clear();
        place.sessions.save(&record).await.unwrap();
        assert!(place.sessions.load(&record.id).await.unwrap().is_none());
        assert!(place.forgetful().load(&record.id).await.unwrap().is_none());
    }
}
