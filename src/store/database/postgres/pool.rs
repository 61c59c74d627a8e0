//! The connections to one server that wait for use, and the right to open more.

use std::{
    cmp, io, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use sea_orm::{
    ConnAcquireErr, DbErr, SqlxError,
    sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout, timeout_at},
};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

use super::server::{PostgresServer, RETURN_TIMEOUT, connect, connection_error};
use crate::store::database::time_limits::TimeLimits;

/// The idle time up to which a connection is used without a ping.
const TRUSTED_IDLE_TIME: Duration = Duration::from_secs(5);
/// The time limit for a ping of an idle connection.
const PING_TIMEOUT: Duration = Duration::from_millis(500);
/// The idle time after which a connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);
/// The age after which a connection is closed, since the server's caches for it grow.
const MAX_AGE: Duration = Duration::from_secs(30 * 60);
/// How often idle connections are looked at.
const REAP_INTERVAL: Duration = Duration::from_secs(30);
/// The pause before connecting is tried again while the server starts; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// A connection, with its age.
#[derive(Debug)]
pub(super) struct PooledConnection {
    pub(super) connection: PgConnection,
    opened: Instant,
    idle_since: Instant,
}

/// A pool of connections to one server. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::store::database) struct PostgresPool(Arc<Connections>);

#[derive(Debug)]
struct Connections {
    options: PgConnectOptions,
    /// How long a caller waits for a connection.
    max_wait: Duration,
    /// A permit for each connection that may be in use.
    permits: Arc<Semaphore>,
    /// The connection that was used last is used first, so that the others can be closed.
    idle: Mutex<Vec<PooledConnection>>,
    server: Arc<PostgresServer>,
    in_use: TaskTracker,
}

/// The slot of a connection in use. When it is dropped, the pool may open another connection instead.
#[derive(Debug)]
pub(super) struct PoolSlot {
    pool: Arc<Connections>,
    permit: Option<(OwnedSemaphorePermit, TaskTrackerToken)>,
}

impl PostgresPool {
    /// Opens the pool and its first connection, so that a wrong address fails here.
    pub(in crate::store::database) async fn open(
        options: &PgConnectOptions,
        connections: u32,
        max_wait: Duration,
        server: &Arc<PostgresServer>,
    ) -> Result<Self, DbErr> {
        let connections = usize::try_from(connections).unwrap_or(1).max(1);
        let shared = Arc::new(Connections {
            options: options.clone(),
            max_wait,
            permits: Arc::new(Semaphore::new(connections)),
            idle: Mutex::default(),
            server: Arc::clone(server),
            in_use: TaskTracker::new(),
        });
        tokio::spawn(reap(Arc::downgrade(&shared)));
        let pool = Self(shared);
        let (first, mut slot) = pool.take().await?;
        slot.put_back(first);
        Ok(pool)
    }

    /// Takes a connection, and the slot through which it is given back.
    pub(super) async fn take(&self) -> Result<(PooledConnection, PoolSlot), DbErr> {
        let permits = &self.0.permits;
        // Usually a connection is there: then nothing is awaited.
        let free = Arc::clone(permits).try_acquire_owned().ok();
        if free.is_some()
            && let Some(pooled) = self.0.pop_trusted()
        {
            return Ok(self.with_slot(pooled, free));
        }
        let deadline = tokio::time::Instant::now() + self.0.max_wait;
        let permit = match free {
            Some(permit) => permit,
            None => match timeout_at(deadline, Arc::clone(permits).acquire_owned()).await {
                Ok(Ok(permit)) => permit,
                Ok(Err(_closed)) => {
                    return Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed));
                }
                Err(_elapsed) => return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
            },
        };
        match timeout_at(deadline, self.0.idle_or_new()).await {
            Ok(Ok(pooled)) => Ok(self.with_slot(pooled, Some(permit))),
            Ok(Err(error)) => Err(connection_error(error)),
            Err(_elapsed) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }

    fn with_slot(
        &self,
        pooled: PooledConnection,
        permit: Option<OwnedSemaphorePermit>,
    ) -> (PooledConnection, PoolSlot) {
        let slot = PoolSlot {
            permit: permit.map(|permit| (permit, self.0.in_use.token())),
            pool: Arc::clone(&self.0),
        };
        (pooled, slot)
    }

    /// Closes all connections, those in use after their current statements.
    pub(in crate::store::database) async fn close(&self) {
        self.0.permits.close();
        self.0.in_use.close();
        self.0.in_use.wait().await;
        let idle = mem::take(&mut *self.0.idle());
        close_all(idle).await;
    }
}

impl Connections {
    fn idle(&self) -> MutexGuard<'_, Vec<PooledConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an idle connection that can be used at once. Those that can't be used any more are closed.
    fn pop_trusted(&self) -> Option<PooledConnection> {
        let mut idle = self.idle();
        while let Some(pooled) = idle.pop() {
            if !self.trusts(&pooled) {
                continue;
            }
            if pooled.idle_since.elapsed() < TRUSTED_IDLE_TIME {
                return Some(pooled);
            }
            idle.push(pooled);
            break;
        }
        None
    }

    fn trusts(&self, pooled: &PooledConnection) -> bool {
        self.server
            .trusts_connection_of_age(pooled.opened.elapsed())
    }

    /// Returns an idle connection that answers, or a new one.
    async fn idle_or_new(&self) -> Result<PooledConnection, SqlxError> {
        loop {
            // A separate statement, so that the lock is not held while the connection is tested.
            let pooled = self.idle().pop();
            let Some(mut pooled) = pooled else { break };
            // No ping at every use: a broken connection causes an error that callers retry.
            if self.trusts(&pooled)
                && (pooled.idle_since.elapsed() < TRUSTED_IDLE_TIME
                    || matches!(
                        timeout(PING_TIMEOUT, pooled.connection.ping()).await,
                        Ok(Ok(()))
                    ))
            {
                return Ok(pooled);
            }
        }
        let mut pause = FIRST_PAUSE;
        loop {
            match connect(&self.options, TimeLimits::ORDINARY).await {
                Ok(connection) => {
                    let now = Instant::now();
                    return Ok(PooledConnection {
                        connection,
                        opened: now,
                        idle_since: now,
                    });
                }
                Err(error) if is_starting(&error) => {}
                Err(error) => return Err(error),
            }
            // The caller's limit ends this.
            sleep(pause).await;
            pause = cmp::min(pause * 2, self.max_wait / 5);
        }
    }
}

/// Returns whether an error means that the server may accept connections in a moment.
fn is_starting(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        SqlxError::Database(error) => error.is_transient_in_connect_phase(),
        _ => false,
    }
}

impl PoolSlot {
    /// Marks all open connections to the server as unusable.
    pub(super) fn distrust_open_connections(&self) {
        self.pool.server.distrust_open_connections();
    }

    /// Returns the slot, and leaves one behind that holds nothing.
    pub(super) fn take(&mut self) -> Self {
        Self {
            pool: Arc::clone(&self.pool),
            permit: self.permit.take(),
        }
    }

    /// Puts a connection that is ready for the next statement back into the pool.
    pub(super) fn put_back(&mut self, mut pooled: PooledConnection) {
        if pooled.opened.elapsed() < MAX_AGE {
            pooled.idle_since = Instant::now();
            // A pool that is being closed closes it: it waits for the token.
            self.pool.idle().push(pooled);
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(close_all(vec![pooled]));
        }
        drop(self.permit.take());
    }
}

/// Closes connections that were idle for too long, as long as the pool exists.
async fn reap(pool: Weak<Connections>) {
    loop {
        sleep(REAP_INTERVAL).await;
        let Some(pool) = pool.upgrade() else { return };
        if pool.permits.is_closed() {
            return;
        }
        let is_stale = |it: &mut PooledConnection| {
            it.idle_since.elapsed() > IDLE_TIMEOUT || it.opened.elapsed() > MAX_AGE
        };
        let stale: Vec<_> = pool.idle().extract_if(.., is_stale).collect();
        close_all(stale).await;
    }
}

/// Tells the server of each connection that it is closed, so that it logs no lost one.
async fn close_all(connections: Vec<PooledConnection>) {
    for pooled in connections {
        // A server that does not respond notices by itself.
        drop(timeout(RETURN_TIMEOUT, pooled.connection.close()).await);
    }
}
