//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr};

/// The bits of an IPv6 address that name its owner: providers hand out whole networks of this size,
/// so one person has all addresses in it.
const IPV6_NETWORK_BITS: u32 = 64;

/// The address of the client that sent a request: the peer's, or the one that trusted proxies vouch
/// for. It is personal data, so it is written into no log and no table, only a keyed hash of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// Wraps an address; one of IPv4 that is mapped into IPv6 (RFC 4291, section 2.5.5.2) counts as
    /// the IPv4 address that it is.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// Returns the address itself.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// Returns what limits count as one client: an IPv4 address, or the first address of an IPv6
    /// network of 64 bits.
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let mask = u128::MAX << (u128::BITS - IPV6_NETWORK_BITS);
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
        }
    }
}

/// Shows nothing of the address, so that it gets into no log by mistake.
impl std::fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> IpAddr {
        ClientAddress::new(text.parse().unwrap()).network()
    }

    #[test]
    fn an_ipv6_network_is_one_client_and_so_is_an_ipv4_address() {
        assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:2:ffff::4"));
        assert_ne!(network("2001:db8:1:2::3"), network("2001:db8:1:3::3"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }

    #[test]
    fn an_address_does_not_show_in_logs() {
        let address = ClientAddress::new("192.0.2.1".parse().unwrap());
        assert!(!format!("{address:?}").contains("192"));
    }
}
