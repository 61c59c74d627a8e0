//! The ports and their two implementations. The tests in `lock`, `cache`, `counters`, `queue` and `bus` run
//! with both, in memory and on Redis. `redis_only` and `redis_outage` test properties of the implementation
//! on Redis.
//!
//! `TEST_REDIS_URL` is the address of a Redis server for tests. Each test uses a prefix of its own.

use std::time::Duration;

use chrono::Utc;
use mini_compete::{
    ops::Clock,
    store::{memory, ports::Ports, redis},
};

mod bus;
mod cache;
mod counters;
mod lock;
mod queue;
mod queue_concurrency;
mod redis_commands;
mod redis_only;
mod redis_outage;
mod redis_server;

/// Runs async tests with both implementations, as `name::on_memory` and `name::on_redis`.
macro_rules! on_both_implementations {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_memory() {
                super::$name(crate::ports::on_memory().into()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_redis() {
                super::$name(crate::ports::on_redis().await.into()).await;
            }
        }
    )+};
}
use on_both_implementations;

/// A waiting time or lifetime that does not end within a test.
const LONG: Duration = Duration::from_secs(30);

/// The ports, and the clock that their queue uses. Only the test moves the clock.
struct PortsWithClock {
    ports: Ports,
    clock: Clock,
}

impl std::ops::Deref for PortsWithClock {
    type Target = Ports;

    fn deref(&self) -> &Ports {
        &self.ports
    }
}

impl From<PortsWithClock> for Ports {
    fn from(with_clock: PortsWithClock) -> Self {
        with_clock.ports
    }
}

fn on_memory() -> PortsWithClock {
    let clock = Clock::manual(Utc::now());
    let ports = memory::ports(&clock);
    PortsWithClock { ports, clock }
}

async fn on_redis() -> PortsWithClock {
    let clock = Clock::manual(Utc::now());
    let ports = connect_with_clock(&clock, &new_prefix()).await;
    PortsWithClock { ports, clock }
}

/// Connects with the clock of the machine.
async fn connect(prefix: &str) -> Ports {
    connect_with_clock(&Clock::system(), prefix).await
}

/// Connects with long time limits, because the tests are not about speed and the machine may be busy.
async fn connect_with_clock(clock: &Clock, prefix: &str) -> Ports {
    let ports = redis::connect_within(&redis_url(), prefix, clock, LONG).await;
    ports.unwrap()
}

/// Returns the address of the Redis server for tests.
fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL").expect(
        "TEST_REDIS_URL is not set: run `cargo xtask test`, which starts a Redis for the tests",
    )
}

/// Returns a prefix for the keys of one test.
fn new_prefix() -> String {
    format!("test-{:016x}", rand::random::<u64>())
}

/// Polls until the function returns a value, and returns it.
async fn eventually<T>(mut poll: impl AsyncFnMut() -> Option<T>) -> T {
    let polling = async {
        let mut interval = tokio::time::interval(Duration::from_millis(2));
        loop {
            interval.tick().await;
            if let Some(value) = poll().await {
                return value;
            }
        }
    };
    tokio::time::timeout(LONG, polling)
        .await
        .expect("the condition within the time limit")
}
