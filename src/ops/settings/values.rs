//! The types of settings, and their validation at start. A rejected value ends the start with one line,
//! which never repeats the value of a secret.

use std::{borrow::Cow, collections::BTreeMap, io::Read, net::SocketAddr, str::FromStr};

use cron::Schedule;
use lettre::message::Mailbox;
use url::Url;

use super::transport;

/// The length of the shortest secret that signs tokens, in bytes (RFC 7518, section 3.2: HS256 requires
/// 256 bits).
const SECRET_MIN: usize = 32;
/// The size of the largest file that is read as a secret, in bytes.
const SECRET_FILE_MAX: u64 = 64 * 1024;

/// A text that `Debug` output, and so the log, never shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the secret text.
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

/// A setting that is `on` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch(pub bool);

impl std::fmt::Display for Switch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0 { "on" } else { "off" })
    }
}

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

/// How far browsers are bound to HTTPS (RFC 6797), if `PUBLIC_URL` uses it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hsts {
    /// Browsers are not bound to HTTPS.
    Off,
    /// Only this host is bound, since other services may run on its subdomains.
    #[default]
    On,
    /// This host and all its subdomains are bound.
    IncludeSubDomains,
}

impl std::fmt::Display for Hsts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::On => "on",
            Self::IncludeSubDomains => "includeSubDomains",
        })
    }
}

impl FromStr for Hsts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "on" => Ok(Self::On),
            "includeSubDomains" => Ok(Self::IncludeSubDomains),
            _ => Err("must be on, includeSubDomains or off".to_owned()),
        }
    }
}

/// The address at which Prometheus reads metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsBind {
    /// Metrics are not exposed.
    Off,
    /// Metrics are exposed at this address.
    At(SocketAddr),
}

impl std::fmt::Display for MetricsBind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(address) => address.fmt(f),
        }
    }
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

/// Returns a parser that reads a value from a file, without the line break at its end, and parses it
/// with `check`.
pub(super) fn in_file<T: 'static>(
    check: fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |path| {
        let mut text = String::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(SECRET_FILE_MAX).read_to_string(&mut text))
            .map_err(|error| error.to_string())?;
        check(text.trim_end_matches(['\r', '\n'])).map_err(|why| format!("its content {why}"))
    }
}

/// The most frequent mistake with a password in a URL.
pub(super) const RESERVED_CHARACTERS: &str =
    "reserved characters of user and password are percent-encoded";

pub(super) fn not_a_url(why: impl std::fmt::Display) -> String {
    format!("is no URL: {why}")
}

pub(super) fn redis_url(text: &str) -> Result<Secret, String> {
    if !text.starts_with("redis://") && !text.starts_with("rediss://") {
        return Err("must begin with redis:// or rediss://".to_owned());
    }
    let url = Url::parse(text).map_err(not_a_url)?;
    if url.path().contains('@') {
        return Err(not_a_url(RESERVED_CHARACTERS));
    }
    Ok(Secret(text.to_owned()))
}

pub(super) fn redis_prefix(text: &str) -> Result<String, String> {
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

pub(super) fn jwt_secret(text: &str) -> Result<Secret, String> {
    if text.len() < SECRET_MIN {
        Err(format!("must have at least {SECRET_MIN} bytes"))
    } else {
        Ok(Secret(text.to_owned()))
    }
}

pub(super) fn web_origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(not_a_url)?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("must be like https://compete.example.org".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user and no password".to_owned());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("must have no path: the application is at the root of its host".to_owned());
    }
    Ok(url)
}

pub(super) fn storage_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(not_a_url)?;
    if !matches!(url.scheme(), "file" | "s3") {
        return Err("must be like file:///var/lib/mini-compete or s3://bucket".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user and no password: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY hold them".to_owned());
    }
    Ok(url)
}

pub(super) fn vapid_subject(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(not_a_url)?;
    let known = match url.scheme() {
        "mailto" => url.path().contains('@'),
        "https" => url.host().is_some(),
        _ => false,
    };
    if !known {
        return Err(
            "must be like mailto:ops@example.org or https://example.org/contact".to_owned(),
        );
    }
    Ok(url)
}

pub(super) fn schedule(text: &str) -> Result<Schedule, String> {
    if text.split_whitespace().count() != 6 {
        return Err("must have six fields, like 0 0 0 * * * (seconds first)".to_owned());
    }
    text.parse().map_err(|_| {
        "is no valid schedule; it must have six fields, like 0 0 0 * * * (seconds first)".to_owned()
    })
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}

pub(super) fn smtp_url(text: &str) -> Result<Secret, String> {
    let url = Url::parse(text).map_err(not_a_url)?;
    if !matches!(url.scheme(), "smtp" | "smtps") || url.host_str().is_none_or(str::is_empty) {
        return Err("must be like smtps://user:password@mail.example.org".to_owned());
    }
    if url.path().contains('@') {
        return Err(not_a_url(RESERVED_CHARACTERS));
    }
    let known = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
        name == "tls" && matches!(value.as_ref(), "required" | "opportunistic")
    };
    if !url.query_pairs().all(known) {
        return Err("has a parameter other than tls=required or tls=opportunistic".to_owned());
    }
    if transport::smtp_password_in_the_clear(&url) {
        return Err(
            "must not send a password in the clear: add ?tls=required, or use smtps://".to_owned(),
        );
    }
    Ok(Secret(text.to_owned()))
}

pub(super) fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse()
        .map_err(|_| "must be like Mini Compete <no-reply@example.org>".to_owned())
}

/// The number of workers: for every queue, or queue by queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobWorkers {
    /// The number for queues that are not named.
    each: usize,
    /// The number for each named queue.
    named: BTreeMap<String, usize>,
}

impl JobWorkers {
    /// Returns the number of workers of a queue.
    #[must_use]
    pub fn of(&self, queue: &str) -> usize {
        self.named.get(queue).copied().unwrap_or(self.each)
    }

    /// Returns the names of the queues that have a number of their own.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }
}

/// The default number of workers for each queue.
const WORKERS: usize = 2;
/// The highest number of workers of a queue.
const WORKERS_MAX: usize = 64;

impl std::fmt::Display for JobWorkers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.each)?;
        for (queue, count) in &self.named {
            write!(f, ",{queue}={count}")?;
        }
        Ok(())
    }
}

impl FromStr for JobWorkers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| {
            text.trim()
                .parse()
                .ok()
                .filter(|n| (1..=WORKERS_MAX).contains(n))
                .ok_or(format!(
                    "must be 1 to {WORKERS_MAX}, or like registration=4,mail=8"
                ))
        };
        let mut workers = Self {
            each: WORKERS,
            named: BTreeMap::new(),
        };
        for part in text.split(',') {
            match part.split_once('=') {
                Some((queue, count)) => {
                    let queue = queue.trim().to_owned();
                    workers.named.insert(queue, number(count)?);
                }
                None => workers.each = number(part)?,
            }
        }
        Ok(workers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        for bad in [
            "ftp://x",
            "https://x/app",
            "https://x/?q",
            "https://user:password@x",
            "compete.example.org",
        ] {
            assert!(web_origin(bad).is_err(), "{bad}");
        }
        assert!(web_origin("https://compete.example.org").is_ok());
    }

    #[test]
    fn a_secret_is_hidden_in_debug_output() {
        let secret = jwt_secret(&"s".repeat(32)).unwrap();
        assert!(!format!("{secret:?}").contains("sss"));
        assert!(jwt_secret("short").is_err());
    }

    #[test]
    fn workers_are_counted_for_all_queues_or_queue_by_queue() {
        let workers: JobWorkers = "3,mail=8".parse().unwrap();
        assert_eq!((workers.of("registration"), workers.of("mail")), (3, 8));
        assert_eq!("4".parse::<JobWorkers>().unwrap().of("mail"), 4);
        for bad in ["", "0", "65", "mail=", "mail=x", "-1"] {
            assert!(bad.parse::<JobWorkers>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_url_of_an_smtp_server_is_validated_and_hidden_in_debug_output() {
        let url = smtp_url("smtps://user:hidden@mail.example.org").unwrap();
        assert!(!format!("{url:?}").contains("hidden"));
        for bad in [
            "mail.example.org",
            "http://x",
            "smtp://",
            "smtp://user:hidden@mail.example.org",
            "smtps://mail.example.org?tls=maybe",
        ] {
            assert!(smtp_url(bad).is_err(), "{bad}");
        }
        assert!(mailbox("Mini Compete <no-reply@example.org>").is_ok());
        assert!(mailbox("nobody").is_err());
    }
}
