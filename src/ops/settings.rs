//! All settings, by flag or environment variable, with their defaults: one struct, from which `--help`,
//! parsing and error messages are derived.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use chrono::TimeDelta;
use clap::Args;
use cron::Schedule;
use lettre::message::Mailbox;
use url::Url;

mod connections;
mod database_url;
mod in_force;
mod proxies;
mod secrets;
mod transport;
mod values;
mod web_push;

pub use connections::ConnectionSettings;
pub use database_url::{DatabaseUrl, PostgresUrl, SqliteUrl};
pub use in_force::ValueInForce;
pub use proxies::TrustedProxies;
pub use secrets::Secrets;
pub use values::{Hsts, JobWorkers, MetricsBind, Secret, Switch};
pub use web_push::WebPushSettings;

use super::telemetry::LogFormat;
use values::{log_filter, mailbox, redis_prefix, schedule, storage_url, web_origin};

/// All settings of the application.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The settings that are secret.
    #[command(flatten)]
    pub secrets: Secrets,

    /// The largest number of connections to PostgreSQL
    #[arg(long, env = "DATABASE_CONNECTIONS", value_name = "DATABASE_CONNECTIONS", global = true,
          default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub database_connections: u32,

    /// The prefix of all keys in Redis
    #[arg(long, env = "REDIS_PREFIX", value_name = "REDIS_PREFIX", global = true,
          default_value = "mc", value_parser = redis_prefix)]
    pub redis_prefix: String,

    /// The address to listen on
    #[arg(
        long,
        env = "BIND",
        value_name = "BIND",
        global = true,
        default_value = "127.0.0.1:3000"
    )]
    pub bind: SocketAddr,

    /// The URL at which visitors reach the server; for links in mail, `Secure` cookies and `Origin` checks
    /// [default: http://BIND]
    #[arg(long, env = "PUBLIC_URL", value_name = "PUBLIC_URL", global = true,
          value_parser = web_origin)]
    pub public_url: Option<Url>,

    /// Another origin whose pages may call the API from a browser
    #[arg(long, env = "FRONTEND_URL", value_name = "FRONTEND_URL", global = true,
          value_parser = web_origin)]
    pub frontend_url: Option<Url>,

    /// Where uploaded pictures are stored: `file:///FOLDER`, or `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`
    /// with the credentials in the environment variables of AWS [default: a folder beside the SQLite file; with
    /// PostgreSQL, no pictures are accepted]
    #[arg(long, env = "STORAGE_URL", value_name = "STORAGE_URL", global = true, value_parser = storage_url)]
    pub storage_url: Option<Url>,

    /// Proxies whose `Forwarded` or `X-Forwarded-For` header states the address of the client: networks
    /// and addresses, like `10.0.0.0/8,2001:db8::7` [default: none]
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        value_name = "TRUSTED_PROXIES",
        global = true,
        default_value = "",
        hide_default_value = true
    )]
    pub trusted_proxies: TrustedProxies,

    /// Strict-Transport-Security, if PUBLIC_URL is https: `on` (for this host), `includeSubDomains`, or
    /// `off`
    #[arg(
        long,
        env = "HSTS",
        value_name = "HSTS",
        global = true,
        default_value = "on"
    )]
    pub hsts: Hsts,

    /// The address at which Prometheus reads metrics, or `off` [default: 127.0.0.1:9100, if it is free]
    #[arg(long, env = "METRICS_BIND", value_name = "METRICS_BIND", global = true)]
    pub metrics_bind: Option<MetricsBind>,

    /// Rate limits: `on`, or `off` for load tests
    #[arg(
        long,
        env = "RATE_LIMIT",
        value_name = "RATE_LIMIT",
        global = true,
        default_value = "on"
    )]
    pub rate_limit: Switch,

    /// Bounds on connections and event streams
    #[command(flatten)]
    pub connections: ConnectionSettings,

    /// The pause before the first retry of a job, in milliseconds; it doubles with each retry
    #[arg(long, env = "JOB_RETRY_BASE_MS", value_name = "JOB_RETRY_BASE_MS", global = true,
          default_value_t = 2_000, value_parser = clap::value_parser!(i64).range(1..=3_600_000))]
    pub job_retry_base_ms: i64,

    /// The number of retries of a job before it becomes a dead letter
    #[arg(long, env = "JOB_MAX_RETRIES", value_name = "JOB_MAX_RETRIES", global = true,
          default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=20))]
    pub job_max_retries: u32,

    /// The number of workers of each queue, or of named queues, like `registration=4,mail=8`
    #[arg(
        long,
        env = "JOB_WORKERS",
        value_name = "JOB_WORKERS",
        global = true,
        default_value = "2"
    )]
    pub job_workers: JobWorkers,

    /// The time limit of a job, or of jobs that run in one transaction, in seconds
    #[arg(long, env = "JOB_TIMEOUT_SECONDS", value_name = "JOB_TIMEOUT_SECONDS", global = true,
          default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub job_timeout_seconds: u64,

    /// The sender of mail [default: no-reply at the host of PUBLIC_URL]
    #[arg(long, env = "SMTP_FROM", value_name = "SMTP_FROM", global = true,
          value_parser = mailbox)]
    pub smtp_from: Option<Mailbox>,

    /// The pause before the first retry of a mail, in milliseconds; it doubles with each retry
    #[arg(long, env = "MAIL_RETRY_BASE_MS", value_name = "MAIL_RETRY_BASE_MS", global = true,
          default_value_t = 30_000, value_parser = clap::value_parser!(i64).range(1..=3_600_000))]
    pub mail_retry_base_ms: i64,

    /// The number of retries of a mail before its job becomes a dead letter
    #[arg(long, env = "MAIL_MAX_RETRIES", value_name = "MAIL_MAX_RETRIES", global = true,
          default_value_t = 8, value_parser = clap::value_parser!(u32).range(0..=20))]
    pub mail_max_retries: u32,

    /// The settings of push messages to browsers
    #[command(flatten)]
    pub web_push: WebPushSettings,

    /// How long responses are stored for repeated requests, in hours
    #[arg(long, env = "IDEMPOTENCY_TTL_HOURS", value_name = "IDEMPOTENCY_TTL_HOURS",
          global = true, default_value_t = 24,
          value_parser = clap::value_parser!(i64).range(1..=8_760))]
    pub idempotency_ttl_hours: i64,

    /// When reminders are sent: six-field cron expression, UTC
    #[arg(
        long,
        env = "REMINDER_CRON",
        value_name = "REMINDER_CRON",
        global = true,
        default_value = "0 0 0 * * *",
        value_parser = schedule
    )]
    pub reminder_cron: Schedule,

    /// When expired rows are deleted: six-field cron expression, UTC
    #[arg(
        long,
        env = "CLEANUP_CRON",
        value_name = "CLEANUP_CRON",
        global = true,
        default_value = "0 0 * * * *",
        value_parser = schedule
    )]
    pub cleanup_cron: Schedule,

    /// The folder of the browser bundle [default: `site` beside the program]
    #[arg(long, env = "SITE_ROOT", value_name = "SITE_ROOT", global = true)]
    pub site_root: Option<PathBuf>,

    /// The format of log lines: `text` or `json`
    #[arg(
        long,
        env = "LOG_FORMAT",
        value_name = "LOG_FORMAT",
        global = true,
        default_value = "text"
    )]
    pub log_format: LogFormat,

    /// The filter of log lines, like `info` or `mini_compete=debug`
    #[arg(long, env = "RUST_LOG", value_name = "RUST_LOG", global = true,
          default_value = "info,sea_orm_migration=warn,sqlx=warn", value_parser = log_filter)]
    pub log: String,
}

impl Settings {
    /// Returns `PUBLIC_URL`, or the URL of the address that the server is bound to.
    ///
    /// # Errors
    /// Never returns an error, since every address makes a valid URL.
    pub fn public_url(&self, bound: SocketAddr) -> Result<Url, url::ParseError> {
        match &self.public_url {
            Some(url) => Ok(url.clone()),
            None => Url::parse(&format!("http://{bound}")),
        }
    }

    /// Returns how long stored responses are kept.
    #[must_use]
    pub fn idempotency_ttl(&self) -> TimeDelta {
        TimeDelta::hours(self.idempotency_ttl_hours)
    }

    /// Returns the time limit of a job.
    #[must_use]
    pub fn job_timeout(&self) -> Duration {
        Duration::from_secs(self.job_timeout_seconds)
    }

    fn is_https(&self) -> bool {
        let scheme = |url: &Url| url.scheme() == "https";
        self.public_url.as_ref().is_some_and(scheme)
    }

    /// Returns whether, according to the settings, only this machine can reach the server: neither by its
    /// address nor through a proxy.
    #[must_use]
    pub fn is_reached_by_loopback_only(&self) -> bool {
        let loopback = |url: &Url| match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        };
        self.bind.ip().to_canonical().is_loopback()
            && self.trusted_proxies.is_empty()
            && self.public_url.as_ref().is_none_or(loopback)
    }

    /// Returns whether a proxy must exist, since this server does not do TLS, but none is named.
    #[must_use]
    pub fn lacks_trusted_proxies(&self) -> bool {
        self.is_https() && self.trusted_proxies.is_empty()
    }

    /// Checks the rules that concern several settings.
    ///
    /// # Errors
    /// Returns one line that names the variable.
    pub fn check(&self) -> Result<(), String> {
        self.secrets.check()?;
        if self.smtp_from.is_some() && self.secrets.smtp_url().is_none() {
            return Err("SMTP_FROM: set, but SMTP_URL is not".to_owned());
        }
        if self.hsts == Hsts::IncludeSubDomains && !self.is_https() {
            return Err("HSTS: includeSubDomains needs a PUBLIC_URL with https".to_owned());
        }
        self.web_push.check(self.is_https())?;
        Ok(())
    }
}
