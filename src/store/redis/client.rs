//! The way to Redis that all five ports share: few connections, a time limit on everything, a
//! breaker.
//!
//! Ordinary exchanges share [`LANES`] connections: each carries as many at once as there are, so
//! that many small commands travel in one packet. (A connection for each, as a pool hands them
//! out, was measured at a tenth of the throughput.) Only a command that blocks needs a connection
//! of its own for as long; those come from a pool.

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

use super::{InvalidRedisUrl, breaker::Breaker};
use crate::store::ports::PortError;

/// How many connections the ordinary exchanges share. More than one, so that a long answer does
/// not hold up everybody.
const LANES: usize = 2;

/// How long a shared connection is trusted without asking whether it still is one. Longer, and
/// after a quiet time the first exchange would find out the hard way.
const TRUST: Duration = Duration::from_secs(1);

/// How many connections the pool keeps at most: how many workers of one process can wait for jobs.
const POOL: usize = 32;

/// How long the answer may still be on its way through this process when the time is over.
const GRACE: Duration = Duration::from_millis(20);

/// A port's way to Redis. Cheap to clone.
#[derive(Clone)]
pub(super) struct Link {
    shared: Arc<Shared>,
    port: &'static str,
    budget: Duration,
}

struct Shared {
    client: Client,
    config: AsyncConnectionConfig,
    pool: Pool,
    lanes: [Mutex<Option<Lane>>; LANES],
    turn: AtomicUsize,
    breaker: Breaker,
    prefix: String,
}

impl Link {
    /// Prepares the way, for exchanges limited to `budget`; connections are made when needed.
    pub(super) fn new(url: &str, prefix: &str, budget: Duration) -> Result<Self, InvalidRedisUrl> {
        let invalid = |e: RedisError| InvalidRedisUrl(e.to_string());
        // The budgets limit a whole exchange, so the connections need no time limit of their own.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let manager = Manager::new_with_config(url, config.clone()).map_err(invalid)?;
        let pool = Pool::builder(manager)
            .max_size(POOL)
            // Waiting longer says that *we* are busy, not that Redis is away, and must not open the
            // breaker; so it comes before the end of the budget.
            .wait_timeout(Some(budget / 2))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| InvalidRedisUrl(e.to_string()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                client: Client::open(url).map_err(invalid)?,
                config,
                pool,
                lanes: Default::default(),
                turn: AtomicUsize::new(0),
                breaker: Breaker::new(),
                prefix: prefix.to_owned(),
            }),
            port: "redis",
            budget,
        })
    }

    /// The same way, for `port`.
    pub(super) fn of(&self, port: &'static str) -> Self {
        Self {
            port,
            ..self.clone()
        }
    }

    /// The same way, with another limit on each exchange.
    pub(super) fn within(&self, budget: Duration) -> Self {
        Self {
            budget,
            ..self.clone()
        }
    }

    /// A key (or channel) of this installation.
    pub(super) fn key(&self, rest: impl fmt::Display) -> String {
        format!("{}:{rest}", self.shared.prefix)
    }

    /// For connections that are not the pool's.
    pub(super) fn client(&self) -> &Client {
        &self.shared.client
    }

    /// Sends one command.
    pub(super) async fn query<T: FromRedisValue>(&self, cmd: &Cmd) -> Result<T, PortError> {
        self.limited(self.budget, async {
            let mut connection = self.shared.lane().await?;
            Ok(cmd.query_async(&mut connection).await?)
        })
        .await
    }

    /// Sends several commands in one round trip.
    pub(super) async fn pipeline<T: FromRedisValue>(
        &self,
        commands: &Pipeline,
    ) -> Result<T, PortError> {
        self.limited(self.budget, async {
            let mut connection = self.shared.lane().await?;
            Ok(commands.query_async(&mut connection).await?)
        })
        .await
    }

    /// Runs a script.
    pub(super) async fn script<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, PortError> {
        self.limited(self.budget, async {
            let mut connection = self.shared.lane().await?;
            Ok(script.invoke_async(&mut connection).await?)
        })
        .await
    }

    /// Sends a command that Redis answers within `wait`, on a connection of its own.
    pub(super) async fn blocking<T: FromRedisValue>(
        &self,
        cmd: &Cmd,
        wait: Duration,
    ) -> Result<T, PortError> {
        self.limited(wait + self.budget, async {
            let connection = Exclusive(Some(self.shared.pool.get().await?));
            connection.query(cmd).await
        })
        .await
    }

    /// Every exchange with Redis passes here: the breaker before, the time limit around, and
    /// what was learnt about Redis after.
    async fn limited<T>(
        &self,
        limit: Duration,
        exchange: impl Future<Output = Result<T, PoolError>>,
    ) -> Result<T, PortError> {
        if !self.shared.breaker.admits() {
            return Err(self.unavailable("Redis was away a moment ago"));
        }
        match within(limit, exchange).await {
            Ok(Ok(answer)) => {
                self.is_here();
                Ok(answer)
            }
            Ok(Err(error)) => {
                let outage = is_outage(&error);
                let reason = match error {
                    PoolError::Backend(error) => error.to_string(),
                    of_the_pool => of_the_pool.to_string(),
                };
                if outage {
                    self.is_away(&reason);
                }
                Err(self.unavailable(reason))
            }
            Err(_elapsed) => {
                let reason = format!("no answer within {limit:?}");
                self.is_away(&reason);
                Err(self.unavailable(reason))
            }
        }
    }

    fn is_here(&self) {
        if self.shared.breaker.close() {
            tracing::info!("Redis answers again");
        }
    }

    fn is_away(&self, reason: &str) {
        if self.shared.breaker.open() {
            tracing::warn!(
                port = self.port,
                reason,
                "Redis is away; going on without it"
            );
        }
        self.shared.hang_up();
    }

    fn unavailable(&self, detail: impl fmt::Display) -> PortError {
        PortError::unavailable(self.port, detail)
    }
}

/// A shared connection, and when it was last seen to work.
struct Lane {
    connection: MultiplexedConnection,
    seen: Instant,
}

impl Lane {
    async fn open(client: &Client, config: &AsyncConnectionConfig) -> RedisResult<Self> {
        let connection = client.get_multiplexed_async_connection_with_config(config);
        Ok(Self {
            connection: connection.await?,
            seen: Instant::now(),
        })
    }

    /// Whether it still works: known from a moment ago, or asked.
    async fn works(&mut self) -> bool {
        if self.seen.elapsed() < TRUST {
            return true;
        }
        let ping = redis::cmd("PING");
        let works = ping.query_async::<()>(&mut self.connection).await.is_ok();
        self.seen = Instant::now();
        works
    }
}

impl Shared {
    /// One of the shared connections, made if need be.
    async fn lane(&self) -> RedisResult<MultiplexedConnection> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut lane = self.lanes[turn % LANES].lock().await;
        if let Some(lane) = lane.as_mut()
            && lane.works().await
        {
            return Ok(lane.connection.clone());
        }
        *lane = None;
        let opened = Lane::open(&self.client, &self.config).await?;
        Ok(lane.insert(opened).connection.clone())
    }

    /// Forgets all connections: whatever broke one has likely broken the others. Exchanges on
    /// their way may still come to an end.
    fn hang_up(&self) {
        for lane in &self.lanes {
            // One that is being used at this very moment stays; if it is broken, it comes here
            // again.
            if let Ok(mut lane) = lane.try_lock() {
                *lane = None;
            }
        }
        self.pool.retain(|_, _| false);
    }
}

/// A connection that goes back to the pool only after an answer: before, the next user would have
/// to wait for that answer too.
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

/// Limits an exchange; if it was this process that had no time, the answer lies here already and
/// is taken all the same.
async fn within<T>(limit: Duration, exchange: impl Future<Output = T>) -> Result<T, Elapsed> {
    let mut exchange = pin!(exchange);
    match timeout(limit, exchange.as_mut()).await {
        Err(_elapsed) => timeout(GRACE, exchange).await,
        answer => answer,
    }
}

/// Whether an error says that Redis cannot serve anybody, rather than that it refuses this one
/// command (say, because somebody put another type at that key).
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
