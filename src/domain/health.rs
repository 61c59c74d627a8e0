//! How the installation is, for administrators: its queues, its seat counters, the services that it uses, and its
//! processes.
//!
//! Every service is asked at the same time and has two seconds to answer, so the report is there when a service is
//! not, which is when it is needed most. The SMTP server is asked at most every ten seconds, however often the report
//! is read.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use tokio::{sync::Mutex, time::timeout};

use super::{Actor, Result, operations::Operations, processes::Processes, registration::SeatDrift};
use crate::{
    external::mailer::Mailer,
    jobs::throughput::{self, QueueMinutes},
    model::{HealthView, QueueHealthView, QueueView, ServiceName, ServiceState, ServiceView},
    ops::Clock,
    store::{Database, ports::Cache},
};

/// How long a service may take to answer.
const LIMIT: Duration = Duration::from_secs(2);
/// How long an answer of the SMTP server is used.
const MAIL_PROBE_TTL: Duration = Duration::from_secs(10);
/// The number of minutes of which completed jobs are counted.
pub const MINUTES: usize = 20;

/// What the report is made from.
#[derive(Clone)]
pub struct HealthParts {
    /// The database of the installation.
    pub database: Database,
    /// The cache, which is on Redis if there is one.
    pub cache: Arc<dyn Cache>,
    /// Whether the settings name a Redis.
    pub uses_redis: bool,
    /// The client of the SMTP server, if the settings name one.
    pub mailer: Option<Mailer>,
    /// The clock that heartbeats are compared with.
    pub clock: Clock,
    /// Reads the state of the queues.
    pub operations: Operations,
}

/// Reports how the installation is. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    parts: HealthParts,
    drift: SeatDrift,
    processes: Processes,
    mail: Arc<Mutex<Option<(Instant, ServiceView)>>>,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Health")
    }
}

impl Health {
    /// Creates the report from its parts.
    #[must_use]
    pub fn new(parts: HealthParts) -> Self {
        Self {
            drift: SeatDrift::new(parts.database.clone()),
            processes: Processes::new(parts.database.clone(), parts.clock.clone()),
            mail: Arc::default(),
            parts,
        }
    }

    /// Returns the state of the installation.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) unless `actor` is an administrator at
    /// this moment, and an infrastructure error if the database is unavailable.
    pub async fn report(&self, actor: Actor) -> Result<HealthView> {
        let now = self.parts.clock.now();
        let queues = self.parts.operations.queues(actor).await?;
        let minutes = throughput::recent(&self.parts.database, now, MINUTES).await?;
        let (database, redis, mail) = tokio::join!(self.database(), self.redis(), self.mail());
        Ok(HealthView {
            checked_at: now,
            queues: with_minutes(queues, minutes),
            seat_drift: self.drift.latest().await?,
            services: vec![database, redis, mail],
            processes: self.processes.list().await?,
        })
    }

    async fn database(&self) -> ServiceView {
        let (product, sql) = match self.parts.database.backend() {
            DatabaseBackend::Postgres => (
                "PostgreSQL",
                "SELECT current_setting('server_version') AS version",
            ),
            _ => ("SQLite", "SELECT sqlite_version() AS version"),
        };
        let statement = Statement::from_string(self.parts.database.backend(), sql);
        let version = async {
            let row = self.parts.database.read().query_one_raw(statement).await;
            let row = row.map_err(|error| error.to_string())?;
            let version: Option<String> = row.and_then(|row| row.try_get("", "version").ok());
            Ok(version)
        };
        probed(ServiceName::Database, product, version).await
    }

    async fn redis(&self) -> ServiceView {
        if !self.parts.uses_redis {
            return off(ServiceName::Redis, "Redis");
        }
        let version = async {
            let version = self.parts.cache.version().await;
            version.map_err(|error| error.to_string())
        };
        probed(ServiceName::Redis, "Redis", version).await
    }

    async fn mail(&self) -> ServiceView {
        let Some(mailer) = &self.parts.mailer else {
            return off(ServiceName::Mail, "SMTP");
        };
        // Others wait for the answer instead of asking too.
        let mut latest = self.mail.lock().await;
        if let Some((at, view)) = &*latest
            && at.elapsed() < MAIL_PROBE_TTL
        {
            return view.clone();
        }
        let answer = async {
            mailer
                .probe()
                .await
                .map(|()| None)
                .map_err(|e| e.to_string())
        };
        let view = probed(ServiceName::Mail, "SMTP", answer).await;
        *latest = Some((Instant::now(), view.clone()));
        view
    }
}

/// Returns the state of a service that tells its version.
async fn probed(
    name: ServiceName,
    product: &str,
    version: impl Future<Output = Result<Option<String>, String>>,
) -> ServiceView {
    let begun = Instant::now();
    let answer = match timeout(LIMIT, version).await {
        Ok(answer) => answer,
        Err(_elapsed) => Err("no response in time".to_owned()),
    };
    if let Err(error) = &answer {
        tracing::warn!(service = %name, error, "{product} does not answer");
    }
    let state = match answer {
        Ok(_) => ServiceState::Up,
        Err(_) => ServiceState::Down,
    };
    let milliseconds = begun.elapsed().as_secs_f64() * 1_000.0;
    ServiceView {
        name,
        state,
        product: product.to_owned(),
        latency_ms: answer
            .is_ok()
            .then_some((milliseconds * 10.0).round() / 10.0),
        version: answer.ok().flatten(),
    }
}

fn off(name: ServiceName, product: &str) -> ServiceView {
    ServiceView {
        name,
        state: ServiceState::Off,
        product: product.to_owned(),
        version: None,
        latency_ms: None,
    }
}

fn with_minutes(queues: Vec<QueueView>, minutes: Vec<QueueMinutes>) -> Vec<QueueHealthView> {
    let mut minutes = minutes.into_iter();
    let with_minutes = |queue: QueueView| {
        let of_queue = minutes.find(|minutes| minutes.queue == queue.name);
        let (done, dead) = of_queue.map(|it| (it.done, it.dead)).unwrap_or_default();
        QueueHealthView { queue, done, dead }
    };
    queues.into_iter().map(with_minutes).collect()
}
