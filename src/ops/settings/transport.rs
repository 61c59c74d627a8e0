//! Which connections go over a network unencrypted. Connections within the machine (loopback, a socket
//! file) cannot be intercepted by others.

use std::net::IpAddr;

use url::Url;

/// Returns whether a connection to this Redis leaves the machine unencrypted.
pub(super) fn redis_in_the_clear(url: &str) -> bool {
    Url::parse(url)
        .is_ok_and(|url| url.scheme() == "redis" && url.host_str().is_some_and(|h| !is_local(h)))
}

/// Returns whether this SMTP server would get a password unencrypted. Opportunistic STARTTLS
/// (`tls=opportunistic`) does not count as encryption, since an attacker in the network can suppress it.
pub(super) fn smtp_password_in_the_clear(url: &Url) -> bool {
    // The first parameter counts, as for the mailer.
    let tls = url.query_pairs().find(|(name, _)| name == "tls");
    let required = tls.is_some_and(|(_, value)| value == "required");
    url.scheme() == "smtp"
        && url.password().is_some()
        && !required
        && url.host_str().is_none_or(|host| !is_local(host))
}

/// Returns whether a host name or address always means this machine.
pub(super) fn is_local(host: &str) -> bool {
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
    fn a_password_for_another_host_needs_encryption_that_no_attacker_can_suppress() {
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
