//! The way to Redis that all four ports share: a pool, a time limit on everything, a breaker.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use deadpool_redis::{Manager, Pool, PoolError, Runtime, TimeoutType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError,
    RetryMethod, ScriptInvocation, aio::MultiplexedConnection,
};

use super::{InvalidRedisUrl, breaker::Breaker};
use crate::store::ports::PortError;

/// How many connections the pool keeps at most.
const CONNECTIONS: usize = 16;

/// How long a caller queues for a connection. Longer than that says that *we* are busy, not that
/// Redis is away, and must not open the breaker; so it is shorter than any budget.
const QUEUEING: Duration = Duration::from_millis(150);

/// A port's way to Redis. Cheap to clone.
#[derive(Clone)]
pub(super) struct Link {
    shared: Arc<Shared>,
    port: &'static str,
    budget: Duration,
}

struct Shared {
    client: Client,
    pool: Pool,
    breaker: Breaker,
    prefix: String,
}

impl Link {
    /// Prepares the way; connections are made when they are needed.
    pub(super) fn new(url: &str, prefix: &str) -> Result<Self, InvalidRedisUrl> {
        let invalid = |e: RedisError| InvalidRedisUrl(e.to_string());
        // The budgets limit a whole exchange, so the connections need no time limit of their own.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let manager = Manager::new_with_config(url, config).map_err(invalid)?;
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .wait_timeout(Some(QUEUEING))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|e| InvalidRedisUrl(e.to_string()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                client: Client::open(url).map_err(invalid)?,
                pool,
                breaker: Breaker::new(),
                prefix: prefix.to_owned(),
            }),
            port: "redis",
            budget: Duration::from_millis(250),
        })
    }

    /// The same way for `port`, each exchange limited to `budget`.
    pub(super) fn of(&self, port: &'static str, budget: Duration) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            port,
            budget,
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
            let mut connection = self.shared.pool.get().await?;
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
            let mut connection = self.shared.pool.get().await?;
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
            let mut connection = self.shared.pool.get().await?;
            Ok(script.invoke_async(&mut connection).await?)
        })
        .await
    }

    /// A connection outside the pool, for commands that block.
    pub(super) async fn dedicated(&self) -> Result<MultiplexedConnection, PortError> {
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        self.limited(self.budget, async {
            let client = &self.shared.client;
            Ok(client
                .get_multiplexed_async_connection_with_config(&config)
                .await?)
        })
        .await
    }

    /// Sends a command that Redis answers within `wait` on a connection of the caller's.
    pub(super) async fn blocking<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
        cmd: &Cmd,
        wait: Duration,
    ) -> Result<T, PortError> {
        self.limited(wait + self.budget, async {
            Ok(cmd.query_async(connection).await?)
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
        match tokio::time::timeout(limit, exchange).await {
            Ok(Ok(answer)) => {
                self.is_here();
                Ok(answer)
            }
            Ok(Err(error)) => {
                if is_outage(&error) {
                    self.is_away(&error);
                }
                Err(self.unavailable(error))
            }
            Err(elapsed) => {
                self.is_away(&elapsed);
                Err(self.unavailable(format_args!("no answer within {limit:?}")))
            }
        }
    }

    fn is_here(&self) {
        if self.shared.breaker.close() {
            tracing::info!("Redis answers again");
        }
    }

    fn is_away(&self, reason: &dyn fmt::Display) {
        if self.shared.breaker.open() {
            tracing::warn!(port = self.port, %reason, "Redis is away; going on without it");
        }
        // Whatever broke one connection has likely broken the others.
        self.shared.pool.retain(|_, _| false);
    }

    fn unavailable(&self, detail: impl fmt::Display) -> PortError {
        PortError::unavailable(self.port, detail)
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
