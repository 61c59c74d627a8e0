//! The limits on connections and event streams.

use clap::{Args, value_parser};

/// The limits on connections and event streams. Those of one address or account apply while `RATE_LIMIT`
/// is on; an address in `TRUSTED_PROXIES` has no limit of its own.
#[derive(Debug, Clone, Args)]
pub struct ConnectionSettings {
    /// The number of connections at the same time; three quarters of them may be event streams
    #[arg(long, env = "MAX_CONNECTIONS", value_name = "MAX_CONNECTIONS", global = true,
          default_value_t = 16_384, value_parser = value_parser!(u32).range(16..=1_000_000))]
    pub max_connections: u32,

    /// The number of connections from one address at the same time
    #[arg(long, env = "MAX_CONNECTIONS_PER_ADDRESS", value_name = "MAX_CONNECTIONS_PER_ADDRESS",
          global = true, default_value_t = 6_000,
          value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub max_connections_per_address: u32,

    /// The number of event streams to one address at the same time
    #[arg(long, env = "MAX_STREAMS_PER_ADDRESS", value_name = "MAX_STREAMS_PER_ADDRESS",
          global = true, default_value_t = 5_000,
          value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub max_streams_per_address: u32,

    /// The number of event streams to one account at the same time
    #[arg(long, env = "MAX_STREAMS_PER_ACCOUNT", value_name = "MAX_STREAMS_PER_ACCOUNT",
          global = true, default_value_t = 50,
          value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub max_streams_per_account: u32,
}
