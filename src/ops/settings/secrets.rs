//! The settings that hold a secret: each is a value, or the name of a file that holds the value (as
//! container platforms mount secrets).
//!
//! None of them is ever shown: not in `--help`, not in logs, not in the error of a failed start.

use std::str::FromStr;

use clap::Args;
use url::Url;

use super::{
    DatabaseUrl, transport,
    values::{Secret, in_file, jwt_secret, redis_url, smtp_url},
};

/// The length of the shortest part of a secret that is removed from texts: shorter ones occur in ordinary
/// words.
const SHORTEST_HIDDEN: usize = 4;

/// The settings that are secret.
#[derive(Debug, Clone, Args)]
pub struct Secrets {
    /// The database: `sqlite://FILE?mode=rwc` or `postgres://…`
    /// [default: sqlite://data/mini-compete.db?mode=rwc]
    #[arg(long, env = "DATABASE_URL", value_name = "DATABASE_URL", hide_env_values = true,
          global = true, value_parser = DatabaseUrl::from_str)]
    database_url: Option<DatabaseUrl>,

    /// A file that holds DATABASE_URL
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "DATABASE_URL_FILE", global = true,
          value_parser = in_file(DatabaseUrl::from_str))]
    database_url_file: Option<DatabaseUrl>,

    /// Redis, which several processes need: `redis://…` or `rediss://…`; without it, locks, cache,
    /// queues and rate limits are kept in the memory of this process
    #[arg(long, env = "REDIS_URL", value_name = "REDIS_URL", hide_env_values = true, global = true,
          value_parser = redis_url)]
    redis_url: Option<Secret>,

    /// A file that holds REDIS_URL
    #[arg(long, env = "REDIS_URL_FILE", value_name = "REDIS_URL_FILE", global = true,
          value_parser = in_file(redis_url))]
    redis_url_file: Option<Secret>,

    /// The secret that signs access tokens, at least 32 bytes; required with PostgreSQL, and generated
    /// and stored beside an SQLite file if it is not set
    #[arg(long, env = "JWT_SECRET", value_name = "JWT_SECRET", hide_env_values = true,
          global = true, value_parser = jwt_secret)]
    jwt_secret: Option<Secret>,

    /// A file that holds JWT_SECRET
    #[arg(long, env = "JWT_SECRET_FILE", value_name = "JWT_SECRET_FILE", global = true,
          value_parser = in_file(jwt_secret))]
    jwt_secret_file: Option<Secret>,

    /// The former JWT_SECRET, while it is being replaced: signatures made with it are accepted, and no
    /// new ones are made
    #[arg(long, env = "JWT_SECRET_PREVIOUS", value_name = "JWT_SECRET_PREVIOUS",
          hide_env_values = true, global = true, value_parser = jwt_secret)]
    jwt_secret_previous: Option<Secret>,

    /// A file that holds JWT_SECRET_PREVIOUS
    #[arg(long, env = "JWT_SECRET_PREVIOUS_FILE", value_name = "JWT_SECRET_PREVIOUS_FILE",
          global = true, value_parser = in_file(jwt_secret))]
    jwt_secret_previous_file: Option<Secret>,

    /// The SMTP server that receives each message as mail: `smtp://…` or `smtps://…`
    #[arg(long, env = "SMTP_URL", value_name = "SMTP_URL", hide_env_values = true, global = true,
          value_parser = smtp_url)]
    smtp_url: Option<Secret>,

    /// A file that holds SMTP_URL
    #[arg(long, env = "SMTP_URL_FILE", value_name = "SMTP_URL_FILE", global = true,
          value_parser = in_file(smtp_url))]
    smtp_url_file: Option<Secret>,
}

impl Secrets {
    /// Returns the database's URL, or the default: a SQLite file.
    #[must_use]
    pub fn database_url(&self) -> DatabaseUrl {
        let given = self.database_url.as_ref();
        given
            .or(self.database_url_file.as_ref())
            .cloned()
            .unwrap_or_default()
    }

    /// Returns the URL of Redis, if one is set.
    #[must_use]
    pub fn redis_url(&self) -> Option<&str> {
        let given = self.redis_url.as_ref();
        given.or(self.redis_url_file.as_ref()).map(Secret::expose)
    }

    /// Returns the secret that signs access tokens; `None` if it is stored beside the SQLite file.
    #[must_use]
    pub fn jwt_secret(&self) -> Option<&Secret> {
        self.jwt_secret.as_ref().or(self.jwt_secret_file.as_ref())
    }

    /// Returns the secret that signed access tokens before, while it is being replaced.
    #[must_use]
    pub fn jwt_secret_previous(&self) -> Option<&Secret> {
        let given = self.jwt_secret_previous.as_ref();
        given.or(self.jwt_secret_previous_file.as_ref())
    }

    /// Returns the URL of the SMTP server, if one is set.
    #[must_use]
    pub fn smtp_url(&self) -> Option<&str> {
        let given = self.smtp_url.as_ref();
        given.or(self.smtp_url_file.as_ref()).map(Secret::expose)
    }

    /// Returns whether the database is an SQLite file.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.database_url().sqlite_file().is_some()
    }

    /// Checks the rules that concern several secrets.
    ///
    /// # Errors
    /// Returns one line that names the variable.
    pub(super) fn check(&self) -> Result<(), String> {
        let database = (
            "DATABASE_URL",
            self.database_url.is_some() && self.database_url_file.is_some(),
        );
        let others = self
            .other_secrets()
            .map(|(name, value, file)| (name, value.is_some() && file.is_some()));
        for (name, set_twice) in std::iter::once(database).chain(others) {
            if set_twice {
                return Err(format!("{name}: set, and {name}_FILE too; only one may be"));
            }
        }
        if !self.is_sqlite() && self.jwt_secret().is_none() {
            return Err("JWT_SECRET: required with PostgreSQL, at least 32 bytes".to_owned());
        }
        if self.jwt_secret().is_some() && self.jwt_secret() == self.jwt_secret_previous() {
            return Err("JWT_SECRET_PREVIOUS: the same as JWT_SECRET".to_owned());
        }
        Ok(())
    }

    /// Returns a sentence about each connection that may be unencrypted, for the log at start.
    #[must_use]
    pub fn unencrypted(&self) -> Vec<String> {
        let database = matches!(
            self.database_url(),
            DatabaseUrl::Postgres(url) if url.may_be_unencrypted()
        )
        .then_some(
            "DATABASE_URL: the connection to PostgreSQL may be unencrypted; \
             add ?sslmode=verify-full",
        );
        let redis = self
            .redis_url()
            .filter(|url| transport::redis_in_the_clear(url))
            .map(|_| "REDIS_URL: the connection to Redis is unencrypted; use rediss://");
        let found = database.into_iter().chain(redis);
        found.map(str::to_owned).collect()
    }

    /// Removes all secrets from a text. Errors of drivers should not repeat secrets; this makes sure.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let databases = [&self.database_url, &self.database_url_file];
        let databases = databases.into_iter().flatten().filter_map(|url| match url {
            DatabaseUrl::Postgres(url) => Some(url.secret()),
            DatabaseUrl::Sqlite(_) => None,
        });
        let others = self
            .other_secrets()
            .into_iter()
            .flat_map(|(_, value, file)| [value, file])
            .flatten();
        let mut hidden: Vec<String> = databases
            .chain(others)
            .map(Secret::expose)
            .flat_map(|secret| [Some(secret.to_owned()), password(secret)])
            .flatten()
            .filter(|part| part.len() >= SHORTEST_HIDDEN)
            .collect();
        // Whole secrets before their parts.
        hidden.sort_by_key(|part| std::cmp::Reverse(part.len()));
        hidden
            .iter()
            .fold(text.to_owned(), |text, part| text.replace(part, "…"))
    }

    /// The secrets besides the database's URL: name, value, and value from a file.
    fn other_secrets(&self) -> [(&'static str, Option<&Secret>, Option<&Secret>); 4] {
        [
            (
                "REDIS_URL",
                self.redis_url.as_ref(),
                self.redis_url_file.as_ref(),
            ),
            (
                "JWT_SECRET",
                self.jwt_secret.as_ref(),
                self.jwt_secret_file.as_ref(),
            ),
            (
                "JWT_SECRET_PREVIOUS",
                self.jwt_secret_previous.as_ref(),
                self.jwt_secret_previous_file.as_ref(),
            ),
            (
                "SMTP_URL",
                self.smtp_url.as_ref(),
                self.smtp_url_file.as_ref(),
            ),
        ]
    }
}

/// Returns the password in a URL, decoded.
fn password(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    // A query's values are decoded by the same rules, once these two mean nothing special.
    let password = url.password()?.replace('+', "%2B").replace('&', "%26");
    let encoded = format!("p={password}");
    let (_, decoded) = url::form_urlencoded::parse(encoded.as_bytes()).next()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        secrets: Secrets,
    }

    fn secrets(arguments: &[&str]) -> Secrets {
        let line = ["test"].iter().chain(arguments);
        Line::try_parse_from(line).unwrap().secrets
    }

    #[test]
    fn a_secret_is_a_value_or_the_content_of_a_file_without_its_last_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, "redis://:hidden@cache\r\n").unwrap();
        let given = secrets(&["--redis-url-file", file.to_str().unwrap()]);
        assert_eq!(given.redis_url(), Some("redis://:hidden@cache"));
        assert!(!format!("{given:?}").contains("hidden"));
        assert!(given.check().is_ok());
        let both = secrets(&[
            "--redis-url-file",
            file.to_str().unwrap(),
            "--redis-url=redis://other",
        ]);
        assert!(both.check().unwrap_err().starts_with("REDIS_URL: "));
    }

    #[test]
    fn secrets_are_removed_from_a_text() {
        let given = secrets(&["--database-url=postgres://app:se%20cret@db/app"]);
        let text = "at postgres://app:se%20cret@db/app: no role app with se cret";
        assert_eq!(given.hide(text), "at …: no role app with …");
    }

    #[test]
    fn unencrypted_connections_to_other_machines_are_named() {
        let named = |arguments: &[&str]| secrets(arguments).unencrypted().len();
        assert_eq!(named(&[]), 0);
        assert_eq!(
            named(&[
                "--database-url=postgres://u:p@db.example/x",
                "--redis-url=redis://cache.example",
            ]),
            2
        );
        assert_eq!(
            named(&[
                "--database-url=postgres://u:p@db.example/x?sslmode=require",
                "--redis-url=rediss://cache.example",
            ]),
            0
        );
    }
}
