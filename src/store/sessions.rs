//! Sessions of browsers: the table `sessions` is authoritative, and a cache in front of it saves most
//! reads.
//!
//! Both store a session under the SHA-256 of the id in the cookie, so that reading them does not allow
//! anyone to log in. Writes go to both and reads ask the cache first; while the cache is unavailable, a
//! read costs a query. Entries stay in the cache for [`CACHE_TTL`](cache::CACHE_TTL) at most: for so long a
//! session that ended could still be read, if the cache was unavailable at that moment.

pub mod account;
mod cache;
pub mod of_account;
mod stored_name;

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryFilter, QuerySelect,
    prelude::*,
};
use serde_json::Value;
use tower_sessions::{
    SessionStore,
    cookie::time::{self, OffsetDateTime},
    session::{Id, Record},
    session_store::{Error, Result},
};

use account::{ACCOUNT_KEY, AUTH_EPOCH_KEY, OUTDATED};
use cache::{CachedSession, SessionCache};
use stored_name::name;

use super::{
    Database, ErrorKind, InfrastructureError, auth_epoch, entity::session, ports::Cache,
    sign_out::EndedSessions,
};
use crate::{model::UserId, ops::Clock};

/// How often a new id is tried. Ids are 128 random bits, so a second attempt is practically never
/// needed.
const ATTEMPTS: usize = 2;

/// The store of sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    database: Database,
    cache: SessionCache,
    clock: Clock,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

impl Sessions {
    /// Creates the store of sessions in `database`, with `cache` in front.
    #[must_use]
    pub fn new(database: Database, cache: Arc<dyn Cache>, clock: Clock) -> Self {
        Self {
            database,
            cache: SessionCache::new(cache, clock.clone()),
            clock,
        }
    }

    /// Removes sessions that were ended from the cache, after the commit that ended them.
    pub async fn forget(&self, EndedSessions(ended): EndedSessions) {
        for name in ended {
            self.cache.remove(&name).await;
        }
    }

    /// Returns whether the table still has a session. The cache may keep one that was ended while it was
    /// being read for up to [`CACHE_TTL`](cache::CACHE_TTL).
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn is_live(&self, id: &Id) -> std::result::Result<bool, InfrastructureError> {
        let found: Option<String> = session::Entity::find_by_id(name(id))
            .select_only()
            .column(session::Column::Id)
            .filter(session::Column::ExpiresAt.gt(self.clock.now()))
            .into_tuple()
            .one(self.database.write())
            .await?;
        Ok(found.is_some())
    }

    /// Deletes the sessions that have expired. Returns their number.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn sweep(&self) -> std::result::Result<u64, InfrastructureError> {
        let swept = session::Entity::delete_many()
            .filter(session::Column::ExpiresAt.lte(self.clock.now()))
            .exec(self.database.write())
            .await?;
        Ok(swept.rows_affected)
    }

    /// Converts an expiry from the machine's clock, which the session layer uses, to the application's
    /// clock, which a test can move.
    fn expires_at(&self, record: &Record) -> DateTime<Utc> {
        let left = record.expiry_date - OffsetDateTime::now_utc();
        self.clock.now() + TimeDelta::seconds(left.whole_seconds())
    }

    /// Converts an expiry from the application's clock to the machine's clock.
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
                Err(error) if error.kind() == ErrorKind::Duplicate && attempt < ATTEMPTS => {
                    record.id = Id::default();
                }
                Err(error) => return Err(backend(&error)),
            }
        }
        self.cache
            .insert(&name(&record.id), &record.data, self.expires_at(record))
            .await;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        // A session without data (its flash message was shown) is deleted.
        if record.data.is_empty() {
            return self.delete(&record.id).await;
        }
        // Only an existing row is updated: if a concurrent request of the same browser logged out, the
        // session stays deleted.
        let mut row = self.row(record)?;
        row.created_at = NotSet;
        let saved = session::Entity::update_many()
            .set(row)
            .filter(session::Column::Id.eq(name(&record.id)))
            .exec(self.database.write())
            .await
            .map_err(|error| backend(&error.into()))?;
        if saved.rows_affected > 0 {
            self.cache
                .insert(&name(&record.id), &record.data, self.expires_at(record))
                .await;
        }
        Ok(())
    }

    async fn load(&self, session_id: &Id) -> Result<Option<Record>> {
        let id = name(session_id);
        let now = self.clock.now();
        let found = match self.cache.get(&id).await {
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
                        self.cache.insert(&id, &data, row.expires_at).await;
                        Some(CachedSession {
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
        self.cache.remove(&id).await;
        Ok(())
    }
}

/// Returns the account that is logged in to the session, if any.
fn user(data: &HashMap<String, Value>) -> Option<UserId> {
    data.get(ACCOUNT_KEY)?.as_str()?.parse().ok()
}

/// Converts an infrastructure error to an error of the session layer.
fn backend(error: &InfrastructureError) -> Error {
    Error::Backend(error.to_string())
}

#[cfg(test)]
mod tests {
    use migration::MigratorTrait;

    use super::*;
    use crate::store::memory;

    /// A store of sessions on a database of its own.
    struct TestSessions {
        sessions: Sessions,
        clock: Clock,
        _folder: tempfile::TempDir,
    }

    async fn test_sessions() -> TestSessions {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/s.db?mode=rwc", folder.path().display());
        let database = Database::connect(&url.parse().unwrap(), 1).await.unwrap();
        migration::Migrator::up(&database.for_migrations().await.unwrap(), None)
            .await
            .unwrap();
        let clock = Clock::manual("2030-01-01T00:00:00Z".parse().unwrap());
        TestSessions {
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

    impl TestSessions {
        /// The same sessions behind an empty cache.
        fn with_empty_cache(&self) -> Sessions {
            Sessions {
                cache: SessionCache::new(memory::ports(&Clock::system()).cache, self.clock.clone()),
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
    fn a_session_belongs_to_an_account_only_if_it_holds_a_valid_id() {
        let account = UserId::new();
        let with = |value: Value| HashMap::from([(ACCOUNT_KEY.to_owned(), value)]);
        assert_eq!(user(&with(account.to_string().into())), Some(account));
        assert_eq!(user(&with("nobody".into())), None);
        assert_eq!(user(&HashMap::new()), None);
    }

    #[tokio::test]
    async fn a_session_outlives_the_cache_but_not_its_time() {
        let test = test_sessions().await;
        let mut record = record("flash", "hello");
        test.sessions.create(&mut record).await.unwrap();
        for sessions in [test.sessions.clone(), test.with_empty_cache()] {
            let found = sessions.load(&record.id).await.unwrap().unwrap();
            assert_eq!(found.data, record.data);
        }
        test.clock.advance(TimeDelta::hours(2));
        for sessions in [test.sessions.clone(), test.with_empty_cache()] {
            assert!(sessions.load(&record.id).await.unwrap().is_none());
        }
        assert_eq!(test.sessions.sweep().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_log_out_is_final_even_if_another_request_saves_the_session() {
        let test = test_sessions().await;
        let mut record = record("flash", "hello");
        test.sessions.create(&mut record).await.unwrap();
        test.sessions.delete(&record.id).await.unwrap();
        test.sessions.save(&record).await.unwrap();
        assert!(test.sessions.load(&record.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_session_without_data_is_deleted() {
        let test = test_sessions().await;
        let mut record = record("flash", "hello");
        test.sessions.create(&mut record).await.unwrap();
        record.data.clear();
        test.sessions.save(&record).await.unwrap();
        assert!(test.sessions.load(&record.id).await.unwrap().is_none());
        assert!(
            test.with_empty_cache()
                .load(&record.id)
                .await
                .unwrap()
                .is_none()
        );
    }
}
