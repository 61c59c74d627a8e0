//! The database's URL, parsed once: code after this asks for the variant and never reads the text.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use sea_orm::sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgSslMode},
};
use url::Url;

use super::{
    transport::is_local,
    values::{RESERVED_CHARACTERS, Secret, not_a_url},
};

/// The parameters that may follow the `?` of a PostgreSQL URL. The driver logs the value of any other
/// parameter, which may be a misspelt `password`.
const POSTGRES_PARAMETERS: &[&str] = &[
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Where the database is. Its `Debug` output never shows user names, passwords or hosts.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// An SQLite file, for one process.
    Sqlite(SqliteUrl),
    /// A PostgreSQL server, for any number of processes.
    Postgres(PostgresUrl),
}

/// A `sqlite:` URL that names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteUrl {
    url: String,
    file: PathBuf,
    creates_file: bool,
}

/// A `postgres:` URL that names a database and has known parameters only.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(Secret);

impl SqliteUrl {
    /// The URL for the driver.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Returns the path of the database's file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whether a missing file is created (`mode=rwc`).
    #[must_use]
    pub fn creates_file(&self) -> bool {
        self.creates_file
    }

    fn parse(url: &str, rest: &str) -> Result<Self, String> {
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (file, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        if file.is_empty() || rest.contains(":memory:") {
            return Err("must name a file, like sqlite://data/mini-compete.db?mode=rwc".to_owned());
        }
        Ok(Self {
            url: url.to_owned(),
            file: PathBuf::from(file),
            creates_file: parameters.split('&').any(|it| it == "mode=rwc"),
        })
    }
}

impl PostgresUrl {
    /// Parses the URL and the parameters in it, and turns off the driver's log of statements.
    ///
    /// # Errors
    /// Returns a driver's error if the URL is malformed, which [`DatabaseUrl::from_str`] rules out.
    pub fn options(&self) -> Result<PgConnectOptions, sea_orm::sqlx::Error> {
        let options: PgConnectOptions = self.0.expose().parse()?;
        Ok(options.disable_statement_logging())
    }

    /// The whole text, to be removed from messages.
    pub(super) fn secret(&self) -> &Secret {
        &self.0
    }

    /// Returns whether a connection leaves this machine and is not certain to be encrypted.
    pub(super) fn may_be_unencrypted(&self) -> bool {
        let Ok(options) = self.options() else {
            return false;
        };
        let local = options.get_socket().is_some() || is_local(options.get_host());
        let encrypted = matches!(
            options.get_ssl_mode(),
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull
        );
        !local && !encrypted
    }

    fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(not_a_url)?;
        let name = url.path().trim_matches('/');
        if name.is_empty() {
            return Err("must name a database, like postgres://host/mini_compete".to_owned());
        }
        // A `/` in a password ends the host. The rest of the password would then be part of the
        // database's name, which the server repeats in its errors.
        if name.contains(['@', '/']) {
            return Err(not_a_url(RESERVED_CHARACTERS));
        }
        let unknown = url.query_pairs().find(|(parameter, _)| {
            !POSTGRES_PARAMETERS.contains(&parameter.as_ref()) && !parameter.starts_with("options[")
        });
        if unknown.is_some() {
            let known = POSTGRES_PARAMETERS.join(", ");
            return Err(format!("has an unknown parameter; there are {known}"));
        }
        text.parse::<PgConnectOptions>()
            .map_err(|_| "has a parameter with a value that does not hold".to_owned())?;
        Ok(Self(text.to_owned().into()))
    }
}

impl DatabaseUrl {
    /// The SQLite file, if the database is one.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(url) => Some(url.file()),
            Self::Postgres(_) => None,
        }
    }
}

impl Default for DatabaseUrl {
    /// Returns the default, which is `sqlite://data/mini-compete.db?mode=rwc`.
    fn default() -> Self {
        Self::Sqlite(SqliteUrl {
            url: "sqlite://data/mini-compete.db?mode=rwc".to_owned(),
            file: PathBuf::from("data/mini-compete.db"),
            creates_file: true,
        })
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(rest) = text.strip_prefix("sqlite:") {
            return SqliteUrl::parse(text, rest).map(Self::Sqlite);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return PostgresUrl::parse(text).map(Self::Postgres);
        }
        Err("must begin with sqlite: or postgres:".to_owned())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresUrl(…)")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(url) => url.fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_cannot_work_are_rejected_at_start() {
        for bad in [
            "mysql://x/y",
            "sqlite:",
            "sqlite::memory:",
            "postgres://host",
            "postgres://u:pass/word@host/db",
            "postgres://u@host/db?pasword=x",
            "postgres://u@host/db?sslmode=maybe",
            "x",
        ] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
        for good in ["sqlite://a.db?mode=rwc", "sqlite:a.db", "postgres://h/db"] {
            assert!(good.parse::<DatabaseUrl>().is_ok(), "{good}");
        }
    }

    #[test]
    fn a_sqlite_url_names_a_file_and_says_whether_to_create_it() {
        let url = |text: &str| match text.parse() {
            Ok(DatabaseUrl::Sqlite(url)) => (url.file().to_owned(), url.creates_file()),
            other => panic!("{other:?}"),
        };
        assert_eq!(url("sqlite://a/b.db?mode=rwc"), ("a/b.db".into(), true));
        assert_eq!(url("sqlite:b.db?cache=shared"), ("b.db".into(), false));
    }

    #[test]
    fn the_default_is_what_its_own_text_parses_to() {
        let DatabaseUrl::Sqlite(default) = DatabaseUrl::default() else {
            panic!("not SQLite");
        };
        assert_eq!(default.as_str().parse(), Ok(DatabaseUrl::Sqlite(default)));
    }

    #[test]
    fn debug_output_never_shows_a_password() {
        let url: DatabaseUrl = "postgres://app:hidden@db/app".parse().unwrap();
        assert!(!format!("{url:?}").contains("hidden"));
    }

    #[test]
    fn a_connection_that_only_prefers_encryption_counts_as_unencrypted() {
        let unencrypted = |text: &str| match text.parse() {
            Ok(DatabaseUrl::Postgres(url)) => url.may_be_unencrypted(),
            other => panic!("{other:?}"),
        };
        for parameters in ["", "?sslmode=prefer", "?sslmode=disable", "?sslmode=allow"] {
            let url = format!("postgres://u:p@db.example/x{parameters}");
            assert!(unencrypted(&url), "{parameters}");
        }
        for url in [
            "postgres://u:p@127.0.0.1/x",
            "postgres://u:p@db.example/x?sslmode=verify-full",
            "postgres://u:p@db.example/x?host=/run/postgresql",
        ] {
            assert!(!unencrypted(url), "{url}");
        }
    }
}
