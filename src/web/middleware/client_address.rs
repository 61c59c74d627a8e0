//! Finds the address of the client that sent a request, and puts it into the request's extensions as
//! a [`ClientAddress`].
//!
//! Without `TRUSTED_PROXIES` that is the address of the peer. With it, the header of a request from a
//! trusted proxy is read from right to left, nearest proxy first. Each proxy appends the address from
//! which it received the request, so what a trusted proxy appended is true, and the first address that
//! belongs to no trusted proxy is the client's. Everything further left was sent by that client, who
//! can write anything there.
//!
//! | the header | the client's address is |
//! | --- | --- |
//! | says nothing | the peer |
//! | names an address that is no trusted proxy | the nearest such address |
//! | names only trusted proxies | the farthest of them |
//! | holds something unreadable, hidden or `unknown` | the last trusted proxy before it |
//! | is there in both forms, and they agree | what both say |
//! | is there in both forms, and they differ | the peer |
//!
//! A proxy sets one of the two headers and forwards what the client sent in the other, so neither can
//! be preferred: a client that adds the other header, to be taken for another client, is counted as
//! the proxy itself.

mod forwarded;
mod hop;

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, header},
};

use crate::{domain::ClientAddress, ops::settings::TrustedProxies};
use hop::{Hop, address};

/// The header that proxies set before RFC 7239: addresses, separated by commas.
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The largest number of proxies that are followed, so that a long header costs little.
const MAX_HOPS: usize = 32;

/// Inserts the [`ClientAddress`] if the peer's address is known.
pub(super) fn attach(trusted: &TrustedProxies, request: &mut Request) {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if let Some(peer) = peer.map(|peer| peer.0.ip()) {
        let address = client(peer, request.headers(), trusted);
        request.extensions_mut().insert(ClientAddress::new(address));
    }
}

/// Returns the address of the client behind `peer`.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted.contains(peer) {
        return peer;
    }
    let standard = headers.contains_key(header::FORWARDED).then(|| {
        walk(
            peer,
            trusted,
            lines(headers, &header::FORWARDED, forwarded::elements),
        )
    });
    let traditional = headers
        .contains_key(X_FORWARDED_FOR)
        .then(|| walk(peer, trusted, lines(headers, &X_FORWARDED_FOR, addresses)));
    match (standard, traditional) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(address), _) | (None, Some(address)) => address,
        (None, None) => peer,
    }
}

/// Reads the lines of a header from the last to the first, and each from right to left. A line that
/// can't be read is one hop that can't be read.
fn lines<'a, I: DoubleEndedIterator<Item = Hop> + 'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    read: impl Fn(&'a str) -> I + 'a,
) -> impl Iterator<Item = Hop> + 'a {
    let lines = headers.get_all(name).iter().rev();
    lines.flat_map(move |line| {
        let read = line.to_str().ok().map(|text| read(text).rev());
        let unreadable = read.is_none().then_some(None);
        read.into_iter().flatten().chain(unreadable)
    })
}

/// Goes from proxy to proxy, as far as they are trusted.
fn walk(peer: IpAddr, trusted: &TrustedProxies, hops: impl Iterator<Item = Hop>) -> IpAddr {
    let mut nearest = peer;
    for hop in hops.take(MAX_HOPS) {
        match hop {
            Some(address) if trusted.contains(address) => nearest = address,
            Some(address) => return address,
            None => return nearest,
        }
    }
    nearest
}

/// Reads a line of `X-Forwarded-For`.
fn addresses(line: &str) -> impl DoubleEndedIterator<Item = Hop> {
    line.split(',').map(|text| address(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "10.0.0.1";
    const CLIENT: &str = "203.0.113.7";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// The client of a request with these headers, whose peer and proxies are in `10.0.0.0/8`.
    fn found(lines: &[(&str, &str)]) -> IpAddr {
        behind(PEER, lines)
    }

    fn behind(peer: &str, lines: &[(&str, &str)]) -> IpAddr {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        client(ip(peer), &headers, &"10.0.0.0/8".parse().unwrap())
    }

    #[test]
    fn headers_of_an_untrusted_peer_are_ignored() {
        let claims = [
            ("x-forwarded-for", CLIENT),
            ("forwarded", "for=203.0.113.7"),
        ];
        assert_eq!(behind("192.0.2.1", &claims), ip("192.0.2.1"));
        assert_eq!(behind("::ffff:192.0.2.1", &claims), ip("192.0.2.1"));
        assert_eq!(found(&[]), ip(PEER));
    }

    #[test]
    fn the_nearest_address_that_is_no_proxy_counts_and_nothing_left_of_it() {
        for line in [
            "203.0.113.7",
            "198.51.100.9, 203.0.113.7",
            "198.51.100.9, 203.0.113.7, 10.0.0.2",
            "rubbish,203.0.113.7 , 10.0.0.3,10.0.0.2",
            "10.9.9.9, 203.0.113.7",
        ] {
            assert_eq!(found(&[("x-forwarded-for", line)]), ip(CLIENT), "{line}");
        }
        let two_lines = [
            ("x-forwarded-for", "198.51.100.9"),
            ("x-forwarded-for", "203.0.113.7, 10.0.0.2"),
        ];
        assert_eq!(found(&two_lines), ip(CLIENT));
    }

    #[test]
    fn addresses_are_read_with_and_without_ports_and_brackets() {
        for (text, expected) in [
            ("203.0.113.7:4711", CLIENT),
            ("::ffff:203.0.113.7", CLIENT),
            ("[::ffff:203.0.113.7]:80", CLIENT),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
        ] {
            assert_eq!(found(&[("x-forwarded-for", text)]), ip(expected), "{text}");
        }
    }

    #[test]
    fn an_unreadable_address_leaves_the_last_proxy_before_it() {
        for line in [
            "203.0.113.7, unknown",
            "203.0.113.7,",
            "203.0.113.7, 1.2.3",
            "_x",
            "",
        ] {
            assert_eq!(found(&[("x-forwarded-for", line)]), ip(PEER), "{line}");
        }
        let line = "203.0.113.7, unknown, 10.0.0.2";
        assert_eq!(found(&[("x-forwarded-for", line)]), ip("10.0.0.2"));
        let only_proxies = "10.0.0.3, 10.0.0.2";
        assert_eq!(found(&[("x-forwarded-for", only_proxies)]), ip("10.0.0.3"));
    }

    #[test]
    fn a_header_is_followed_through_a_bounded_number_of_proxies() {
        let line = format!("203.0.113.7{}", ", 10.0.0.2".repeat(MAX_HOPS));
        assert_eq!(found(&[("x-forwarded-for", &line)]), ip("10.0.0.2"));
    }

    #[test]
    fn the_standard_header_is_read_the_same_way() {
        for line in [
            "for=203.0.113.7",
            "For=\"203.0.113.7:4711\";proto=https;by=10.0.0.1",
            "for=198.51.100.9;host=\"a,b;c\", for=203.0.113.7, for=10.0.0.2",
            "for=unknown, proto=http;for=\"203.0.113.7\"",
        ] {
            assert_eq!(found(&[("forwarded", line)]), ip(CLIENT), "{line}");
        }
        let line = "for=\"[2001:db8::1]:4711\"";
        assert_eq!(found(&[("forwarded", line)]), ip("2001:db8::1"));
    }

    #[test]
    fn a_name_that_hides_the_client_leaves_the_proxy_that_gave_it() {
        for line in [
            "for=203.0.113.7, for=_hidden",
            "for=203.0.113.7, for=unknown",
            "for=203.0.113.7, proto=https",
            "for=203.0.113.7, for=",
        ] {
            assert_eq!(found(&[("forwarded", line)]), ip(PEER), "{line}");
        }
    }

    #[test]
    fn a_quotation_mark_that_a_client_leaves_open_swallows_no_proxy() {
        for line in [
            "for=\"198.51.100.9, for=203.0.113.7",
            "for=198.51.100.9;host=\", for=\"[2001:db8::1]:4711\"",
            "for=198.51.100.9 for=1.1.1.1, for=203.0.113.7;;;=",
        ] {
            assert_eq!(found(&[("forwarded", line)]), ip(PEER), "{line}");
        }
    }

    #[test]
    fn two_headers_count_only_if_they_agree() {
        let spoofed = [
            ("forwarded", "for=198.51.100.9"),
            ("x-forwarded-for", CLIENT),
        ];
        assert_eq!(found(&spoofed), ip(PEER));
        let agreed = [
            ("forwarded", "for=203.0.113.7"),
            ("x-forwarded-for", CLIENT),
        ];
        assert_eq!(found(&agreed), ip(CLIENT));
    }
}
