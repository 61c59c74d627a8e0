//! The proxies whose statements about a client's address are trusted.

use std::{net::IpAddr, str::FromStr, sync::Arc};

use ipnet::IpNet;

/// The networks of the proxies in front of this server. Only their statements about the address of a
/// client are trusted. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    /// Returns whether no proxy is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether `address` belongs to a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl std::fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, network) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{network}")?;
        }
        Ok(())
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    /// Parses networks (`10.0.0.0/8`) and addresses (`2001:db8::7`), separated by commas. An empty text
    /// means that no proxy is trusted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        text.split(',')
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => text.parse::<IpNet>().map_err(|_| {
            "must be networks and addresses, like 10.0.0.0/8,2001:db8::7".to_owned()
        })?,
    };
    if network.prefix_len() == 0 {
        return Err(
            "must not contain all addresses: a trusted proxy can claim any client address"
                .to_owned(),
        );
    }
    Ok(network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(text: &str, address: &str) -> bool {
        let proxies: TrustedProxies = text.parse().unwrap();
        proxies.contains(address.parse().unwrap())
    }

    #[test]
    fn networks_and_single_addresses_are_trusted() {
        let text = "10.1.2.3/8, 192.0.2.7,2001:db8::/32,::ffff:198.51.100.1";
        for address in ["10.200.0.1", "192.0.2.7", "2001:db8:9::1", "198.51.100.1"] {
            assert!(trusted(text, address), "{address}");
        }
        for address in ["11.0.0.1", "192.0.2.8", "2001:db9::1", "::1"] {
            assert!(!trusted(text, address), "{address}");
        }
    }

    #[test]
    fn without_a_proxy_no_address_is_trusted() {
        assert!(!trusted("", "127.0.0.1"));
    }

    #[test]
    fn malformed_networks_and_networks_of_all_addresses_are_rejected() {
        for bad in [
            "proxy",
            "10.0.0.0/33",
            "10.0.0.1,",
            ",",
            "10.0.0.0/8;::1",
            "0.0.0.0/0",
            "::/0",
        ] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
    }
}
