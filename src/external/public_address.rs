//! Requests to addresses that a stranger has named: the endpoint of a push subscription, or a webhook.
//!
//! Such an address must not lead into the network of this installation (server-side request forgery, OWASP). So it
//! begins with `https`, has the default port or one that is allowed, and its host has public addresses. The host is looked up again for each
//! connection and only addresses that were checked are connected to, so a name that points elsewhere meanwhile (DNS
//! rebinding) gains nothing. Redirects are not followed, and no proxy of the environment is used.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::LazyLock,
    time::Duration,
};

use ipnet::IpNet;
use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::{Host, Url};

/// The time limit for the look-up of a name.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(2);
/// The time limit for a connection, its look-up and its TLS handshake included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The networks that are not reached over the internet (IANA's registries of special-purpose addresses). IPv6
/// networks outside of `2000::/3` are not listed, since none of them is public.
const NOT_PUBLIC: [&str; 21] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "2001::/23",
    "2001:db8::/32",
    "2620:4f:8000::/48",
    "3fff::/20",
];

static NOT_PUBLIC_NETWORKS: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| NOT_PUBLIC.iter().flat_map(|text| text.parse()).collect());

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRule {
    /// Only `https` on its default port or on others that are allowed, at public addresses.
    PublicOnly,
    /// Every address, also with `http`: for tests, whose servers are on the same machine.
    Any,
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedAddress {
    /// The text is no URL with a host.
    #[error("is no web address")]
    NotAnAddress,
    /// The address does not begin with `https`, or has another port, a user, a password or a fragment.
    #[error("must begin with https:// and have neither another port nor a password")]
    NotPlainHttps,
    /// The host is not on the internet.
    #[error("does not lead to a public address")]
    NotPublic,
}

impl AddressRule {
    /// Parses an address with the default port, and checks all that can be checked without looking its host up.
    ///
    /// # Errors
    /// Returns a [`RefusedAddress`].
    pub fn parse(self, text: &str) -> Result<Url, RefusedAddress> {
        self.parse_with_ports(text, &[])
    }

    /// Parses an address with the default port or one of `ports`, and checks all that can be checked without looking
    /// its host up.
    ///
    /// # Errors
    /// Returns a [`RefusedAddress`].
    pub fn parse_with_ports(self, text: &str, ports: &[u16]) -> Result<Url, RefusedAddress> {
        let url = Url::parse(text).map_err(|_| RefusedAddress::NotAnAddress)?;
        let Some(host) = url.host() else {
            return Err(RefusedAddress::NotAnAddress);
        };
        let bare = url.username().is_empty() && url.password().is_none();
        let bare = bare && url.fragment().is_none();
        if self == Self::Any {
            let known = matches!(url.scheme(), "http" | "https");
            return if known && bare {
                Ok(url)
            } else {
                Err(RefusedAddress::NotPlainHttps)
            };
        }
        // The default port is none to the parser.
        let usual_port = url.port().is_none_or(|port| ports.contains(&port));
        if url.scheme() != "https" || !usual_port || !bare {
            return Err(RefusedAddress::NotPlainHttps);
        }
        let public = match host {
            Host::Ipv4(address) => is_public(address.into()),
            Host::Ipv6(address) => is_public(address.into()),
            Host::Domain(name) => !is_local_name(name),
        };
        if public {
            Ok(url)
        } else {
            Err(RefusedAddress::NotPublic)
        }
    }

    /// Looks the host of an address up, and checks that it has a public address. A name that can't be looked up now
    /// passes: each connection looks it up again.
    ///
    /// # Errors
    /// Returns [`RefusedAddress::NotPublic`] if all of its addresses are refused.
    pub async fn look_up(self, url: &Url) -> Result<(), RefusedAddress> {
        let Some(Host::Domain(name)) = url.host() else {
            return Ok(());
        };
        match self.addresses(name).await {
            Err(LookUpError::NotPublic) => Err(RefusedAddress::NotPublic),
            Ok(_) | Err(LookUpError::Failed(_)) => Ok(()),
        }
    }

    /// Returns a client for such addresses. Its requests take no longer than `timeout`.
    ///
    /// # Errors
    /// Returns one line about what this machine lacks, for example certificate authorities.
    pub fn client(self, timeout: Duration) -> Result<Client, String> {
        Client::builder()
            .https_only(self == Self::PublicOnly)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .dns_resolver(CheckedResolver(self))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("mini-compete/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| error.to_string())
    }

    async fn addresses(self, name: &str) -> Result<Vec<SocketAddr>, LookUpError> {
        let look_up = tokio::time::timeout(LOOK_UP_TIMEOUT, tokio::net::lookup_host((name, 0)));
        let found = match look_up.await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return Err(LookUpError::Failed(error.to_string())),
            Err(_elapsed) => return Err(LookUpError::Failed("no response in time".to_owned())),
        };
        let allowed = |address: &SocketAddr| self == Self::Any || is_public(address.ip());
        let addresses: Vec<_> = found.filter(allowed).collect();
        if addresses.is_empty() {
            return Err(LookUpError::NotPublic);
        }
        Ok(addresses)
    }
}

/// Why a name has no address to connect to.
#[derive(Debug, thiserror::Error)]
enum LookUpError {
    #[error("the host has no public address")]
    NotPublic,
    #[error("the look-up of the host failed: {0}")]
    Failed(String),
}

/// Returns whether an error of a request means that the host has no public address.
#[must_use]
pub fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if matches!(error.downcast_ref(), Some(LookUpError::NotPublic)) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Looks names up for the client, and returns allowed addresses only.
#[derive(Debug, Clone, Copy)]
struct CheckedResolver(AddressRule);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rule = self.0;
        Box::pin(async move {
            let addresses = rule.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Returns whether a name can't be that of a host on the internet (RFC 6761, RFC 6762, RFC 8375, RFC 9476).
fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    // A name of one label is completed by the search list of this machine.
    !name.contains('.')
        || [
            "localhost",
            "local",
            "internal",
            "lan",
            "alt",
            "invalid",
            "onion",
        ]
        .contains(&last)
        || name == "home.arpa"
        || name.ends_with(".home.arpa")
}

/// Returns whether an address is reached over the internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    let address = match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => IpAddr::V4(v4),
            None => address,
        },
    };
    let global = match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000,
    };
    global
        && !NOT_PUBLIC_NETWORKS
            .iter()
            .any(|network| network.contains(&address))
}

/// Returns the IPv4 address to which packets for this IPv6 address are sent: a mapped one (RFC 4291), one behind
/// NAT64 (RFC 6052) or a relay of 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bytes = address.octets();
    let at = |from: usize| {
        let four = bytes.get(from..from + 4)?;
        <[u8; 4]>::try_from(four).ok().map(Ipv4Addr::from)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => at(12),
        [0x2002, ..] => at(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_of_the_list_is_read() {
        assert_eq!(NOT_PUBLIC_NETWORKS.len(), NOT_PUBLIC.len());
    }

    #[test]
    fn addresses_that_are_not_on_the_internet_are_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "fec0::1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.169.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn an_address_is_plain_https_at_a_public_host() {
        let refused = |text: &str| AddressRule::PublicOnly.parse(text).err();
        for (text, why) in [
            ("", RefusedAddress::NotAnAddress),
            ("/relative", RefusedAddress::NotAnAddress),
            ("data:text/plain,x", RefusedAddress::NotAnAddress),
            ("http://push.example.com/", RefusedAddress::NotPlainHttps),
            ("ftp://push.example.com/", RefusedAddress::NotPlainHttps),
            (
                "https://push.example.com:8443/",
                RefusedAddress::NotPlainHttps,
            ),
            (
                "https://me@push.example.com/",
                RefusedAddress::NotPlainHttps,
            ),
            ("https://push.example.com/#x", RefusedAddress::NotPlainHttps),
            ("https://127.0.0.1/", RefusedAddress::NotPublic),
            ("https://0x7f.1/", RefusedAddress::NotPublic),
            ("https://2130706433/", RefusedAddress::NotPublic),
            ("https://[::1]/", RefusedAddress::NotPublic),
            (
                "https://[::ffff:169.254.169.254]/",
                RefusedAddress::NotPublic,
            ),
            (
                "https://169.254.169.254/latest/meta-data/",
                RefusedAddress::NotPublic,
            ),
            ("https://localhost/", RefusedAddress::NotPublic),
            ("https://LOCALHOST./", RefusedAddress::NotPublic),
            ("https://redis/", RefusedAddress::NotPublic),
            ("https://printer.local/", RefusedAddress::NotPublic),
            (
                "https://metadata.google.internal/",
                RefusedAddress::NotPublic,
            ),
        ] {
            assert_eq!(refused(text), Some(why), "{text}");
        }
        for text in [
            "https://push.example.com/send/abc?x=1",
            "https://push.example.com:443/",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
        ] {
            assert_eq!(refused(text), None, "{text}");
        }
        assert!(AddressRule::Any.parse("http://127.0.0.1:1234/x").is_ok());
    }

    #[test]
    fn other_ports_are_allowed_where_they_are_named() {
        let parsed = |text: &str| AddressRule::PublicOnly.parse_with_ports(text, &[8443]);
        assert!(parsed("https://example.com:8443/").is_ok());
        assert!(parsed("https://example.com/").is_ok());
        for text in [
            "https://example.com:8080/",
            "https://example.com:80/",
            "http://example.com:8443/",
        ] {
            assert_eq!(parsed(text), Err(RefusedAddress::NotPlainHttps), "{text}");
        }
        assert_eq!(
            parsed("https://127.0.0.1:8443/"),
            Err(RefusedAddress::NotPublic)
        );
    }

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_resolves_to_when_a_connection_is_made() {
        // The parser refuses the name; here it stands for any name that points to this machine.
        let found = AddressRule::PublicOnly.addresses("localhost").await;
        assert!(matches!(found, Err(LookUpError::NotPublic)), "{found:?}");
        assert!(AddressRule::Any.addresses("localhost").await.is_ok());
        let _chosen_already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = AddressRule::PublicOnly
            .client(Duration::from_secs(5))
            .unwrap();
        let refused = client.get("https://localhost/").send().await.unwrap_err();
        assert!(is_refused(&refused), "{refused:?}");
    }
}
