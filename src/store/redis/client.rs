//! The client that all five ports share: few connections, a time limit on every exchange, a circuit
//! breaker.
//!
//! Ordinary exchanges share [`SHARED_CONNECTIONS`] multiplexed connections, so that many small commands
//! go out in one packet. (One connection per exchange, from a pool, had a tenth of the throughput.) Only
//! a blocking command needs a connection of its own, which comes from a pool.

use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime, TimeoutType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError,
    RedisResult, RetryMethod, ScriptInvocation, aio::MultiplexedConnection,
};
use tokio::{
    sync::Mutex,
    time::{Instant, error::Elapsed, timeout},
};

use super::circuit_breaker::CircuitBreaker;
use crate::store::ports::PortError;

/// The time limit of an exchange on which only a worker waits.
pub const WORKER_TIMEOUT: Duration = Duration::from_secs(5);

/// The error of a URL that cannot be used, whether or not Redis is available.
#[derive(Debug, thiserror::Error)]
#[error("not a usable Redis URL: {0}")]
pub struct InvalidRedisUrl(String);

/// The number of connections that ordinary exchanges share. There is more than one, so that a long
/// response does not delay all other exchanges.
const SHARED_CONNECTIONS: usize = 2;

/// The idle time up to which a shared connection is used without a ping. After a longer idle time the
/// first exchange could fail on a broken connection.
const TRUSTED_IDLE_TIME: Duration = Duration::from_secs(1);

/// The most connections in the pool, which is the number of workers of one process that can wait for
/// jobs at the same time.
const POOL_SIZE: usize = 32;

/// How long a response that has arrived may still take within this process after the limit.
const GRACE: Duration = Duration::from_millis(20);

/// A port's client. Cheap to clone; all clones share their connections and the circuit breaker.
#[derive(Clone)]
pub(super) struct RedisClient {
    shared: Arc<ClientState>,
    port: &'static str,
    time_limit: Duration,
}

/// What all clones of a client share.
struct ClientState {
    client: Client,
    config: AsyncConnectionConfig,
    pool: Pool,
    connections: [Mutex<Option<SharedConnection>>; SHARED_CONNECTIONS],
    next: AtomicUsize,
    breaker: CircuitBreaker,
    prefix: String,
}

impl RedisClient {
    /// Creates a client whose exchanges are limited to `time_limit`. It connects when it is first used.
    pub(super) fn new(
        url: &str,
        prefix: &str,
        time_limit: Duration,
    ) -> Result<Self, InvalidRedisUrl> {
        let invalid = |e: RedisError| InvalidRedisUrl(e.to_string());
        // The limits apply to a whole exchange, so connections need no limit of their own.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let manager = Manager::new_with_config(url, config.clone()).map_err(invalid)?;
        let pool = Pool::builder(manager)
            .max_size(POOL_SIZE)
            // A wait for the pool means that this process is busy and not that Redis is unavailable, and
            // must not open the circuit breaker; so it ends before the exchange's limit.
            .wait_timeout(Some(time_limit / 2))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| InvalidRedisUrl(e.to_string()))?;
        Ok(Self {
            shared: Arc::new(ClientState {
                client: Client::open(url).map_err(invalid)?,
                config,
                pool,
                connections: Default::default(),
                next: AtomicUsize::new(0),
                breaker: CircuitBreaker::new(),
                prefix: prefix.to_owned(),
            }),
            port: "redis",
            time_limit,
        })
    }

    /// Returns the same client for another port, which is named in errors and logs.
    pub(super) fn for_port(&self, port: &'static str) -> Self {
        Self {
            port,
            ..self.clone()
        }
    }

    /// Returns the same client with another limit on each exchange.
    pub(super) fn within(&self, time_limit: Duration) -> Self {
        Self {
            time_limit,
            ..self.clone()
        }
    }

    /// Returns the limit on each exchange.
    pub(super) fn time_limit(&self) -> Duration {
        self.time_limit
    }

    /// Returns the name of a key or channel of this installation.
    pub(super) fn key(&self, rest: impl fmt::Display) -> String {
        format!("{}:{rest}", self.shared.prefix)
    }

    /// Returns the driver's client, for connections outside the pool.
    pub(super) fn client(&self) -> &Client {
        &self.shared.client
    }

    /// Sends one command and returns its reply.
    pub(super) async fn query<T: FromRedisValue>(&self, cmd: &Cmd) -> Result<T, PortError> {
        self.limited(self.time_limit, async {
            let mut connection = self.shared.connection().await?;
            Ok(cmd.query_async(&mut connection).await?)
        })
        .await
    }

    /// Sends several commands in one round trip.
    pub(super) async fn pipeline<T: FromRedisValue>(
        &self,
        commands: &Pipeline,
    ) -> Result<T, PortError> {
        self.limited(self.time_limit, async {
            let mut connection = self.shared.connection().await?;
            Ok(commands.query_async(&mut connection).await?)
        })
        .await
    }

    /// Runs a Lua script.
    pub(super) async fn script<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, PortError> {
        self.limited(self.time_limit, async {
            let mut connection = self.shared.connection().await?;
            Ok(script.invoke_async(&mut connection).await?)
        })
        .await
    }

    /// Sends a blocking command, to which Redis responds within `wait`, on a connection of its own.
    pub(super) async fn blocking<T: FromRedisValue>(
        &self,
        cmd: &Cmd,
        wait: Duration,
    ) -> Result<T, PortError> {
        self.limited(wait + self.time_limit, async {
            let connection = Exclusive(Some(self.shared.pool.get().await?));
            connection.query(cmd).await
        })
        .await
    }

    /// Runs an exchange: every one is preceded by the circuit breaker, bounded by `limit`, and its outcome
    /// is recorded.
    async fn limited<T>(
        &self,
        limit: Duration,
        exchange: impl Future<Output = Result<T, PoolError>>,
    ) -> Result<T, PortError> {
        if !self.shared.breaker.admits() {
            return Err(self.unavailable("Redis was unavailable a moment ago"));
        }
        match within(limit, exchange).await {
            Ok(Ok(answer)) => {
                self.record_success();
                Ok(answer)
            }
            Ok(Err(error)) => {
                let outage = is_outage(&error);
                let reason = match error {
                    PoolError::Backend(error) => error.to_string(),
                    pool_error => pool_error.to_string(),
                };
                if outage {
                    self.record_outage(&reason);
                }
                Err(self.unavailable(reason))
            }
            Err(_elapsed) => {
                let reason = format!("no response within {limit:?}");
                self.record_outage(&reason);
                Err(self.unavailable(reason))
            }
        }
    }

    fn record_success(&self) {
        if self.shared.breaker.close() {
            tracing::info!("Redis is available again");
        }
    }

    fn record_outage(&self, reason: &str) {
        if self.shared.breaker.open() {
            tracing::warn!(
                port = self.port,
                error = reason,
                "Redis is unavailable; the server continues without it"
            );
        }
        self.shared.forget_connections();
    }

    fn unavailable(&self, detail: impl fmt::Display) -> PortError {
        PortError::unavailable(self.port, detail)
    }
}

/// A connection that several exchanges use at once.
struct SharedConnection {
    connection: MultiplexedConnection,
    last_success: Instant,
}

impl SharedConnection {
    async fn open(client: &Client, config: &AsyncConnectionConfig) -> RedisResult<Self> {
        let connection = client.get_multiplexed_async_connection_with_config(config);
        Ok(Self {
            connection: connection.await?,
            last_success: Instant::now(),
        })
    }

    /// Returns whether the connection works: it was used a moment ago, or it responds to a ping.
    async fn works(&mut self) -> bool {
        if self.last_success.elapsed() < TRUSTED_IDLE_TIME {
            return true;
        }
        let ping = redis::cmd("PING");
        let works = ping.query_async::<()>(&mut self.connection).await.is_ok();
        self.last_success = Instant::now();
        works
    }
}

impl ClientState {
    /// Returns one of the shared connections in turn, and opens it if necessary.
    async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let mut lane = self.connections[next % SHARED_CONNECTIONS].lock().await;
        if let Some(lane) = lane.as_mut()
            && lane.works().await
        {
            return Ok(lane.connection.clone());
        }
        *lane = None;
        let opened = SharedConnection::open(&self.client, &self.config).await?;
        Ok(lane.insert(opened).connection.clone())
    }

    /// Closes all connections for new exchanges, since one cause has probably broken all. Exchanges that
    /// have begun may still end.
    fn forget_connections(&self) {
        for lane in &self.connections {
            // A connection that is taken at this moment stays; if it is broken, the next failure comes
            // here again.
            if let Ok(mut lane) = lane.try_lock() {
                *lane = None;
            }
        }
        self.pool.retain(|_, _| false);
    }
}

/// A connection of the pool that returns to it only after the response: otherwise the next user would
/// have to wait for that response too.
struct Exclusive(Option<Connection>);

impl Exclusive {
    async fn query<T: FromRedisValue>(mut self, cmd: &Cmd) -> Result<T, PoolError> {
        let connection = self.0.as_mut().ok_or(PoolError::Closed)?;
        let answer = cmd.query_async(connection).await?;
        drop(self.0.take());
        Ok(answer)
    }
}

impl Drop for Exclusive {
    fn drop(&mut self) {
        drop(self.0.take().map(Connection::take));
    }
}

/// Limits an exchange. If this process was too busy to read a response that has arrived in time, it is
/// read within [`GRACE`].
async fn within<T>(limit: Duration, exchange: impl Future<Output = T>) -> Result<T, Elapsed> {
    let mut exchange = pin!(exchange);
    match timeout(limit, exchange.as_mut()).await {
        Err(_elapsed) => timeout(GRACE, exchange).await,
        answer => answer,
    }
}

/// Returns whether an error means that Redis is unavailable, and not that it rejects this command (for
/// example because the key has another type).
fn is_outage(error: &PoolError) -> bool {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => false,
        PoolError::Backend(error) => {
            let answered = matches!(
                error.kind(),
                ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::UnexpectedReturnType
            );
            !(answered && matches!(error.retry_method(), RetryMethod::NoRetry))
        }
        _ => true,
    }
}
