//! What goes over a network unencrypted. On the machine itself (loopback, a socket file) nobody can
//! listen in; anywhere else somebody may.

use std::{net::IpAddr, str::FromStr};

use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// Whether a connection to this PostgreSQL leaves the machine and is not sure to be encrypted.
pub(super) fn postgres_in_the_clear(url: &str) -> bool {
    if url.starts_with("sqlite:") {
        return false;
    }
    let Ok(options) = PgConnectOptions::from_str(url) else {
        return false;
    };
    let local = options.get_socket().is_some() || is_local(options.get_host());
    let encrypted = matches!(
        options.get_ssl_mode(),
        PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull
    );
    !local && !encrypted
}

/// The same for Redis.
pub(super) fn redis_in_the_clear(url: &str) -> bool {
    Url::parse(url)
        .is_ok_and(|url| url.scheme() == "redis" && url.host_str().is_some_and(|h| !is_local(h)))
}

/// Whether this mail relay would be given a password that others can read: STARTTLS that is only
/// tried (`tls=opportunistic`) is none as soon as somebody in between says so.
pub(super) fn smtp_password_in_the_clear(url: &Url) -> bool {
    // The first one counts, as for the mailer.
    let tls = url.query_pairs().find(|(name, _)| name == "tls");
    let required = tls.is_some_and(|(_, value)| value == "required");
    url.scheme() == "smtp"
        && url.password().is_some()
        && !required
        && url.host_str().is_none_or(|host| !is_local(host))
}

/// Whether a host is this machine by definition.
fn is_local(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.starts_with('/')
        || name == "localhost"
        || name.ends_with(".localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names_and_addresses() {
        for here in [
            "localhost",
            "127.0.0.53",
            "[::1]",
            "::ffff:127.0.0.1",
            "/run/postgresql",
        ] {
            assert!(is_local(here), "{here}");
        }
        for there in ["db", "10.0.0.1", "localhost.example", "[2001:db8::1]", ""] {
            assert!(!is_local(there), "{there}");
        }
    }

    #[test]
    fn a_connection_that_only_prefers_encryption_counts_as_clear() {
        for clear in ["", "?sslmode=prefer", "?sslmode=disable", "?sslmode=allow"] {
            let url = format!("postgres://u:p@db.example/x{clear}");
            assert!(postgres_in_the_clear(&url), "{clear}");
        }
        for url in [
            "postgres://u:p@127.0.0.1/x",
            "postgres://u:p@db.example/x?sslmode=verify-full",
            "postgres://u:p@db.example/x?host=/run/postgresql",
            "sqlite://x.db",
        ] {
            assert!(!postgres_in_the_clear(url), "{url}");
        }
    }

    #[test]
    fn a_password_for_a_relay_elsewhere_needs_encryption_that_nobody_can_refuse() {
        let clear = |text: &str| smtp_password_in_the_clear(&Url::parse(text).unwrap());
        assert!(clear("smtp://u:p@mail.example"));
        assert!(clear("smtp://u:p@mail.example?tls=opportunistic"));
        assert!(clear(
            "smtp://u:p@mail.example?tls=opportunistic&tls=required"
        ));
        assert!(!clear("smtp://u:p@mail.example?tls=required"));
        assert!(!clear("smtps://u:p@mail.example"));
        assert!(!clear("smtp://u:p@127.0.0.1:2525"));
        assert!(!clear("smtp://mail.example"));
    }
}
