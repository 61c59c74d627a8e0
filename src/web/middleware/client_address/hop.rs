//! One step of a request on its way through proxies.

use std::net::{IpAddr, SocketAddr};

/// The address from which one proxy received the request; `None` if it can't be read.
pub(super) type Hop = Option<IpAddr>;

/// Reads an address, as proxies write it: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`,
/// `[2001:db8::1]` or `[2001:db8::1]:4711`.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let bracketed = |text: &str| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address: IpAddr = text
        .parse()
        .ok()
        .or_else(|| bracketed(text).map(IpAddr::V6))
        .or_else(|| text.parse::<SocketAddr>().ok().map(|both| both.ip()))?;
    Some(address.to_canonical())
}
