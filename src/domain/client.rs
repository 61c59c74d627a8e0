//! The address that a request comes from.

use std::net::{IpAddr, Ipv6Addr};

/// The length of the prefix of an IPv6 address that counts as one client. Providers assign networks of
/// this size, so one person has all addresses of a network.
const IPV6_NETWORK_BITS: u32 = 64;

/// The address of the client that sent a request: the peer's, or the one that a trusted proxy reports.
/// It is personal data: logs and tables contain only a keyed hash of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// Wraps an address. An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) becomes the IPv4
    /// address.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// Returns the address itself.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// Returns what rate limits count as one client: an IPv4 address, or the first address of an IPv6
    /// network with a prefix of 64 bits.
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

/// Shows nothing of the address, so that no log contains it by mistake.
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
    fn an_ipv6_network_counts_as_one_client_and_so_does_an_ipv4_address() {
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
