//! The application: what `serve` and `worker` run, and what tests start.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    background, connections,
    instance::{self, Instance},
    own_process, private_files, secret, services,
    site::Site,
    start_error::StartError,
    storage, web_push, webhooks,
};
use crate::{
    domain::{
        accounts::{SecondFactors, TotpSecrets},
        competitions::SearchUpdates,
        mailbox::Preferences,
        processes::Processes,
        tokens::Tokens,
        webhooks::secrets::WebhookSecrets,
    },
    jobs::{
        dead_letters,
        outbox::{Outbox, RelayWaker},
        relay::Relay,
        scheduler::Scheduler,
        worker::Worker,
    },
    model::ProcessPart,
    ops::{
        Clock,
        metrics::{self, Metrics},
        settings::{DatabaseUrl, JobWorkers, MetricsBind, PostgresUrl, Settings, SqliteUrl},
    },
    store::{Database, memory, ports::Ports, redis},
    ui::{BrowserBundle, fragments::Fragments},
    web::{self, AppState, server},
};

/// How long requests and jobs that have begun may take after the shutdown signal.
const GRACE: Duration = Duration::from_secs(25);
/// How long the first connection to the database may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How many transactions write search documents before the first request.
const FIRST_SEARCH_UPDATES: usize = 5;
/// The default of `METRICS_BIND`, used if the port is free.
const METRICS_DEFAULT: &str = "127.0.0.1:9100";

/// The components that run in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Components {
    /// Whether the web server runs: pages and API.
    pub web: bool,
    /// Whether workers and the relay run.
    pub worker: bool,
    /// Whether scheduled tasks run.
    pub scheduler: bool,
    /// Whether the schema is migrated first.
    pub migrate: bool,
    /// Whether this is a demo: its administrator has a published password and needs no second factor.
    pub demo: bool,
}

/// The application, built and bound to its addresses, but not running.
#[derive(Debug)]
pub struct Application {
    components: Components,
    listener: Option<TcpListener>,
    metrics: Option<(TcpListener, Metrics)>,
    state: AppState,
    worker: Worker,
    scheduler: Scheduler,
    wake: RelayWaker,
    workers: JobWorkers,
    connections: server::ConnectionLimits,
    _instance: Instance,
    _site: Site,
}

impl Application {
    /// Binds addresses, opens and migrates the database, and creates the services.
    ///
    /// # Errors
    /// Returns a [`StartError`] that names the wrong setting.
    pub async fn build(
        settings: &Settings,
        components: Components,
        clock: Clock,
    ) -> Result<Self, StartError> {
        settings.check().map_err(StartError)?;
        install_tls();
        let listener = match components.web {
            true => Some(bind("BIND", settings.bind).await?),
            false => None,
        };
        let metrics = bind_metrics(settings.metrics_bind).await?;
        let bound = match &listener {
            Some(listener) => listener.local_addr().unwrap_or(settings.bind),
            None => settings.bind,
        };
        let database = open(settings).await?;
        let secrets = &settings.secrets;
        let url = secrets.database_url();
        let instance = Instance::take(&url, secrets.redis_url().is_none()).await?;
        if components.migrate {
            instance::migrate(&url, &database).await?;
        }
        warn_of_exposure(settings);
        let ports = ports(settings, &clock).await?;
        let stop = CancellationToken::new();
        let public_url = settings
            .public_url(bound)
            .map_err(|error| StartError(format!("PUBLIC_URL: {error}")))?;
        let wake = RelayWaker::default();
        let keys = secret::signing_keys(settings)?;
        let shared_parts = background::SharedParts {
            database: &database,
            ports: &ports,
            clock: &clock,
            outbox: Outbox::new(Arc::clone(&ports.queue), wake.clone()),
            preferences: Preferences::new(database.clone(), &keys),
            public_url: &public_url,
            keys: &keys,
            second_factors: SecondFactors {
                secrets: TotpSecrets::new(keys.for_encryption("totp")),
                required_of_admins: !components.demo,
            },
            storage: storage::open(settings)?,
            push: web_push::open(settings, &public_url, &keys)?,
            webhooks: webhooks::open(settings),
            webhook_secrets: WebhookSecrets::new(keys.for_encryption("webhooks")),
        };
        let services = Arc::new(services::services(settings, &shared_parts, &wake, &stop)?);
        let worker = background::worker(settings, &shared_parts, &services.registrations)?;
        let search_updates = SearchUpdates::new(database.clone(), services.changes.clone());
        if components.migrate {
            // What a small installation has is found at once; of a large one, the scheduled task writes
            // the rest.
            let first = search_updates.apply(FIRST_SEARCH_UPDATES, &stop).await;
            first.map_err(|error| StartError(format!("DATABASE_URL: {}", one_line(&error))))?;
        }
        let scheduler = background::scheduler(settings, &shared_parts, &services, search_updates)?;
        let cookie_key = keys.for_codes("cookies");
        let tokens = Tokens::new(database.clone(), clock.clone(), keys)
            .announcing(services.ended_log_ins.clone());
        let site = Site::find(settings, components.web)?;
        let mut config = web::Config::new(public_url, cookie_key);
        config.frontend_url = settings.frontend_url.clone();
        config.rate_limit = settings.rate_limit.0;
        config.trusted_proxies = settings.trusted_proxies.clone();
        config.hsts = settings.hsts;
        let connections = connections::total(settings);
        config.streams = connections::streams(settings, connections);
        let config = Arc::new(config);
        let leptos = site.leptos_options(bound);
        Ok(Self {
            components,
            listener,
            metrics,
            state: AppState {
                ports,
                database,
                tokens,
                config: Arc::clone(&config),
                fragments: Fragments::new(services.changes.clone(), clock.clone()),
                bundle: BrowserBundle::load(&leptos),
                leptos,
                services,
                clock,
                stop,
            },
            worker,
            scheduler,
            wake,
            workers: settings.job_workers.clone(),
            connections: connections::limits(settings, connections, &config),
            _instance: instance,
            _site: site,
        })
    }

    /// Returns the address on which the web server listens, if it does.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().and_then(|l| l.local_addr().ok())
    }

    /// Returns the state of the web server, for tests and demo data.
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Returns the task pool, for tests that drive it step by step.
    #[must_use]
    pub fn worker(&self) -> &Worker {
        &self.worker
    }

    /// Returns the scheduler, for tests that drive it step by step.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Returns a relay for the same outbox and queues, for tests that drive it step by step.
    #[must_use]
    pub fn relay(&self) -> Relay {
        Relay::new(
            self.state.database.clone(),
            Arc::clone(&self.state.ports.queue),
            self.state.clock.clone(),
            self.wake.clone(),
        )
    }

    /// Runs until `stop`; then accepts no new work, finishes requests and jobs that have begun, and
    /// returns.
    ///
    /// # Errors
    /// Returns a [`StartError`] if that takes longer than 25 s.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), StartError> {
        let tracker = TaskTracker::new();
        let stopping = self.state.stop.clone();
        if self.components.worker {
            let workers = self.workers.clone();
            self.worker
                .spawn(|queue| workers.of(queue), &tracker, &stopping);
            tracker.spawn(self.relay().run(stopping.clone()));
        }
        if self.components.scheduler {
            tracker.spawn(self.scheduler.clone().run(stopping.clone()));
        }
        let (database, clock) = (self.state.database.clone(), self.state.clock.clone());
        let Components {
            web,
            worker,
            scheduler,
            ..
        } = self.components;
        let parts = [
            (ProcessPart::Web, web),
            (ProcessPart::Worker, worker),
            (ProcessPart::Scheduler, scheduler),
        ];
        let own = own_process::describe(parts, clock.now());
        let tallies = self.state.services.tallies.clone();
        tracker.spawn(Processes::new(database, clock).run(own, stopping.clone()));
        let finished = CancellationToken::new();
        tracker.spawn(tallies.run(self.state.database.clone(), finished.clone()));
        if let Some((listener, metrics)) = self.metrics.take() {
            let upkeep = metrics.clone().upkeep();
            tokio::spawn(stopping.clone().run_until_cancelled_owned(upkeep));
            let few = server::ConnectionLimits::total(connections::METRICS);
            let router = metrics::router(metrics);
            tracker.spawn(server::serve(listener, router, few, stopping.clone()));
        }
        let served = self.listener.take().map(|listener| {
            let router = web::router(self.state.clone());
            let limits = self.connections.clone();
            tokio::spawn(server::serve(listener, router, limits, stopping.clone()))
        });
        stop.cancelled().await;
        tracing::info!(
            "The server is shutting down; it finishes the requests and jobs that have begun"
        );
        stopping.cancel();
        let finish = async {
            if let Some(served) = served {
                served.await.map_err(|e| StartError(e.to_string()))?;
            }
            self.state.services.registrations.drain().await;
            // Nothing is counted any more, so the last numbers can be written.
            finished.cancel();
            tracker.close();
            tracker.wait().await;
            if let Err(error) = self.state.database.close().await {
                tracing::debug!(%error, "Could not close a database connection cleanly");
            }
            Ok(())
        };
        match tokio::time::timeout(GRACE, finish).await {
            Ok(result) => result,
            Err(_elapsed) => Err(StartError(format!(
                "the shutdown took longer than {} s; jobs that were not finished are run again",
                GRACE.as_secs()
            ))),
        }
    }
}

/// Opens the database; creates the SQLite file and its folder if they do not exist.
///
/// # Errors
/// Returns a [`StartError`] that names `DATABASE_URL`.
pub async fn open(settings: &Settings) -> Result<Database, StartError> {
    let url = settings.secrets.database_url();
    match &url {
        DatabaseUrl::Sqlite(url) => create_sqlite_file(url)?,
        DatabaseUrl::Postgres(url) => reach(url).await?,
    }
    Database::connect(&url, settings.database_connections)
        .await
        .map_err(|error| StartError(format!("DATABASE_URL: {}", one_line(&error))))
}

/// Creates the SQLite file and its folder, readable by their owner alone. SQLite itself would create the
/// file with the mode that the umask allows; it gives the files beside it (`-wal`, `-shm`) the mode of the
/// database.
fn create_sqlite_file(url: &SqliteUrl) -> Result<(), StartError> {
    let file = url.file();
    let failed = |path: &Path, error: std::io::Error| {
        StartError(format!("DATABASE_URL: {}: {error}", path.display()))
    };
    let parent = file.parent();
    if let Some(folder) = parent.filter(|folder| !folder.as_os_str().is_empty()) {
        private_files::folder(folder).map_err(|error| failed(folder, error))?;
    }
    if url.creates_file() {
        private_files::touch(file).map_err(|error| failed(file, error))?;
    }
    Ok(())
}

/// Warns at start about settings that expose data to others.
fn warn_of_exposure(settings: &Settings) {
    for sentence in settings.secrets.unencrypted() {
        tracing::warn!("{sentence}");
    }
    if settings.lacks_trusted_proxies() {
        tracing::warn!(
            "TRUSTED_PROXIES is not set, although an https PUBLIC_URL needs a proxy: all clients behind \
             the proxy count as one"
        );
    }
    if let Some(file) = settings.secrets.database_url().sqlite_file()
        && private_files::is_exposed(file)
    {
        tracing::warn!(
            "DATABASE_URL: every account of this machine can read or replace {0}; run chmod 600 {0}",
            file.display()
        );
    }
}

/// Connects once: a pool only reports that it waited, a single connection reports the cause.
async fn reach(url: &PostgresUrl) -> Result<(), StartError> {
    use sea_orm::sqlx::{Connection, PgConnection};
    let failed = |why: String| StartError(format!("DATABASE_URL: {why}"));
    let options = url.options().map_err(|error| failed(one_line(&error)))?;
    let connection = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options))
        .await
        .map_err(|_elapsed| {
            failed(format!(
                "no response within {} s",
                CONNECT_TIMEOUT.as_secs()
            ))
        })?
        .map_err(|error| failed(one_line(&error)))?;
    connection
        .close()
        .await
        .map_err(|error| failed(one_line(&error)))
}

/// Chooses the cryptography for TLS to Redis and to the SMTP server. The database driver is compiled with
/// the same implementation, so no other is in the program.
fn install_tls() {
    // It is an error to choose twice; tests build many applications in one process.
    let _already_chosen = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

async fn bind(name: &str, address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| StartError(format!("{name}: {address}: {error}")))
}

async fn bind_metrics(
    setting: Option<MetricsBind>,
) -> Result<Option<(TcpListener, Metrics)>, StartError> {
    let listener = match setting {
        Some(MetricsBind::Off) => return Ok(None),
        Some(MetricsBind::At(address)) => bind("METRICS_BIND", address).await?,
        // The port was not chosen: a second process on the machine runs without metrics.
        None => match TcpListener::bind(METRICS_DEFAULT).await {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!(%error, "METRICS_BIND: cannot listen on {METRICS_DEFAULT}; this process serves no metrics");
                return Ok(None);
            }
        },
    };
    let metrics = Metrics::start().map_err(|error| StartError(format!("METRICS_BIND: {error}")))?;
    dead_letters::count_from_zero();
    Ok(Some((listener, metrics)))
}

/// Creates the ports on Redis, or in memory without `REDIS_URL`. No other function makes this choice.
pub(super) async fn ports(settings: &Settings, clock: &Clock) -> Result<Ports, StartError> {
    let Some(url) = settings.secrets.redis_url() else {
        return Ok(memory::ports(clock));
    };
    let ports = redis::connect(url, &settings.redis_prefix, clock)
        .await
        .map_err(|error| StartError(format!("REDIS_URL: {error}")))?;
    if let Err(error) = ports.cache.ping().await {
        tracing::warn!(%error, "REDIS_URL: Redis does not respond yet; the server starts without it");
    }
    Ok(ports)
}

/// Returns the first line of an error, for a terminal.
fn one_line(error: &dyn std::fmt::Display) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}
