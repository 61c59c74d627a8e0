//! What can be set, by flag or variable, with its default: one struct, from which `--help`, parsing
//! and error messages all come.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use chrono::TimeDelta;
use clap::Args;
use cron::Schedule;
use url::Url;

use super::telemetry::LogFormat;

/// Shortest secret that signs tokens, in bytes (RFC 7518, section 3.2: HS256 wants 256 bits).
const SECRET_MIN: usize = 32;

/// Everything that can be set.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// The database: `sqlite://FILE?mode=rwc` or `postgres://…`
    #[arg(long, env = "DATABASE_URL", value_name = "DATABASE_URL", hide_env_values = true,
          global = true, value_parser = database_url,
          default_value = "sqlite://data/mini-compete.db?mode=rwc")]
    pub database_url: String,

    /// Connections to PostgreSQL
    #[arg(long, env = "DATABASE_CONNECTIONS", value_name = "DATABASE_CONNECTIONS", global = true,
          default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub database_connections: u32,

    /// Redis for several processes: `redis://…` or `rediss://…`; without it lock, cache, queue and
    /// rate limits live in this process
    #[arg(long, env = "REDIS_URL", value_name = "REDIS_URL", hide_env_values = true, global = true,
          value_parser = redis_url)]
    pub redis_url: Option<String>,

    /// What Redis keys begin with
    #[arg(long, env = "REDIS_PREFIX", value_name = "REDIS_PREFIX", global = true,
          default_value = "mc", value_parser = redis_prefix)]
    pub redis_prefix: String,

    /// Signs access tokens, at least 32 bytes; made and kept beside a SQLite file, required with
    /// PostgreSQL
    #[arg(long, env = "JWT_SECRET", value_name = "JWT_SECRET", hide_env_values = true,
          global = true, value_parser = jwt_secret)]
    pub jwt_secret: Option<Secret>,

    /// Where to listen
    #[arg(
        long,
        env = "BIND",
        value_name = "BIND",
        global = true,
        default_value = "127.0.0.1:3000"
    )]
    pub bind: SocketAddr,

    /// Where people reach it: links in mail, `Secure` cookies, Origin checks [default: http://BIND]
    #[arg(long, env = "PUBLIC_URL", value_name = "PUBLIC_URL", global = true,
          value_parser = web_origin)]
    pub public_url: Option<Url>,

    /// The one extra origin that may call the API from a browser
    #[arg(long, env = "FRONTEND_URL", value_name = "FRONTEND_URL", global = true,
          value_parser = web_origin)]
    pub frontend_url: Option<Url>,

    /// Where Prometheus reads, or `off` [default: 127.0.0.1:9100, if that is free]
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

    /// The first retry of a job comes after so many milliseconds, each next one after twice that
    #[arg(long, env = "JOB_RETRY_BASE_MS", value_name = "JOB_RETRY_BASE_MS", global = true,
          default_value_t = 2_000, value_parser = clap::value_parser!(i64).range(1..=3_600_000))]
    pub job_retry_base_ms: i64,

    /// Retries of a job before it is a dead letter
    #[arg(long, env = "JOB_MAX_RETRIES", value_name = "JOB_MAX_RETRIES", global = true,
          default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=20))]
    pub job_max_retries: u32,

    /// Workers for each queue
    #[arg(long, env = "JOB_WORKERS", value_name = "JOB_WORKERS", global = true,
          default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub job_workers: u16,

    /// How long answers are kept for repeats, in hours
    #[arg(long, env = "IDEMPOTENCY_TTL_HOURS", value_name = "IDEMPOTENCY_TTL_HOURS",
          global = true, default_value_t = 24,
          value_parser = clap::value_parser!(i64).range(1..=8_760))]
    pub idempotency_ttl_hours: i64,

    /// When reminders go out: six-field cron, UTC
    #[arg(
        long,
        env = "REMINDER_CRON",
        value_name = "REMINDER_CRON",
        global = true,
        default_value = "0 0 0 * * *",
        value_parser = schedule
    )]
    pub reminder_cron: Schedule,

    /// When expired rows are removed: six-field cron, UTC
    #[arg(
        long,
        env = "CLEANUP_CRON",
        value_name = "CLEANUP_CRON",
        global = true,
        default_value = "0 0 * * * *",
        value_parser = schedule
    )]
    pub cleanup_cron: Schedule,

    /// Where the browser bundle is [default: `site` beside the program]
    #[arg(long, env = "SITE_ROOT", value_name = "SITE_ROOT", global = true)]
    pub site_root: Option<PathBuf>,

    /// Log lines as `text` or `json`
    #[arg(
        long,
        env = "LOG_FORMAT",
        value_name = "LOG_FORMAT",
        global = true,
        default_value = "text"
    )]
    pub log_format: LogFormat,

    /// What is logged, e.g. `info` or `mini_compete=debug`
    #[arg(long, env = "RUST_LOG", value_name = "RUST_LOG", global = true,
          default_value = "info,sea_orm_migration=warn,sqlx=warn", value_parser = log_filter)]
    pub log: String,
}

impl Settings {
    /// Where people reach it.
    ///
    /// # Errors
    /// Never: an address always makes a URL.
    pub fn public_url(&self, bound: SocketAddr) -> Result<Url, url::ParseError> {
        match &self.public_url {
            Some(url) => Ok(url.clone()),
            None => Url::parse(&format!("http://{bound}")),
        }
    }

    /// How long answers are kept.
    #[must_use]
    pub fn idempotency_ttl(&self) -> TimeDelta {
        TimeDelta::hours(self.idempotency_ttl_hours)
    }

    /// Whether the database is one file.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.database_url.starts_with("sqlite:")
    }

    /// What single fields can't know.
    ///
    /// # Errors
    /// One line that names the variable.
    pub fn check(&self) -> Result<(), String> {
        if !self.is_sqlite() && self.jwt_secret.is_none() {
            return Err("JWT_SECRET: required with PostgreSQL, at least 32 bytes".to_owned());
        }
        Ok(())
    }
}

/// A text that never shows in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch(pub bool);

impl FromStr for Switch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self(true)),
            "off" => Ok(Self(false)),
            _ => Err("must be on or off".to_owned()),
        }
    }
}

/// Where Prometheus reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsBind {
    /// Nowhere.
    Off,
    /// There.
    At(SocketAddr),
}

impl FromStr for MetricsBind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            text => text
                .parse()
                .map(Self::At)
                .map_err(|_| "must be an address like 127.0.0.1:9100, or off".to_owned()),
        }
    }
}

fn database_url(text: &str) -> Result<String, String> {
    if let Some(rest) = text.strip_prefix("sqlite:") {
        let file = rest.strip_prefix("//").unwrap_or(rest);
        if file.split('?').next().is_none_or(str::is_empty) || file.contains(":memory:") {
            return Err("must name a file, like sqlite://data/mini-compete.db?mode=rwc".to_owned());
        }
        return Ok(text.to_owned());
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        if url.path().trim_matches('/').is_empty() {
            return Err("must name a database, like postgres://host/mini_compete".to_owned());
        }
        return Ok(text.to_owned());
    }
    Err("must begin with sqlite: or postgres:".to_owned())
}

fn redis_url(text: &str) -> Result<String, String> {
    if !text.starts_with("redis://") && !text.starts_with("rediss://") {
        return Err("must begin with redis:// or rediss://".to_owned());
    }
    Url::parse(text)
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}

fn redis_prefix(text: &str) -> Result<String, String> {
    let fine = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    if fine {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 64 letters, digits or -_.:".to_owned())
    }
}

fn jwt_secret(text: &str) -> Result<Secret, String> {
    if text.len() < SECRET_MIN {
        Err(format!("must have at least {SECRET_MIN} bytes"))
    } else {
        Ok(Secret(text.to_owned()))
    }
}

fn web_origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("must be like https://compete.example.org".to_owned());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("must have no path: the app lives at the root of its host".to_owned());
    }
    Ok(url)
}

fn schedule(text: &str) -> Result<Schedule, String> {
    if text.split_whitespace().count() != 6 {
        return Err("must have six fields, like 0 0 0 * * * (second first)".to_owned());
    }
    text.parse()
        .map_err(|_| "is no schedule; six fields, like 0 0 0 * * * (second first)".to_owned())
}

fn log_filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_databases_that_cannot_work_are_refused_at_start() {
        for bad in [
            "mysql://x/y",
            "sqlite:",
            "sqlite::memory:",
            "postgres://host",
            "x",
        ] {
            assert!(database_url(bad).is_err(), "{bad}");
        }
        for good in ["sqlite://a.db?mode=rwc", "sqlite:a.db", "postgres://h/db"] {
            assert!(database_url(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin() {
        for bad in [
            "ftp://x",
            "https://x/app",
            "https://x/?q",
            "compete.example.org",
        ] {
            assert!(web_origin(bad).is_err(), "{bad}");
        }
        assert!(web_origin("https://compete.example.org").is_ok());
    }

    #[test]
    fn a_secret_does_not_show() {
        let secret = jwt_secret(&"s".repeat(32)).unwrap();
        assert!(!format!("{secret:?}").contains("sss"));
        assert!(jwt_secret("short").is_err());
    }
}
