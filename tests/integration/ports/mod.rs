//! One contract, two implementations: every test in `lock`, `cache`, `counters`, `queue` and `bus` runs
//! against both; `redis_only` holds what only a Redis can show.
//!
//! `TEST_REDIS_URL` names a Redis that the tests may fill; each test keeps to its own prefix.

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
mod redis_only;
mod redis_outage;
mod redis_server;

/// Runs each test of the contract against both implementations: `name::on_memory`,
/// `name::on_redis`.
macro_rules! contract {
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
use contract;

/// Longer than anything in a test should take, for waits that end by themselves.
const LONG: Duration = Duration::from_secs(30);

/// The ports, and the clock by which their queue goes: it stands still until a test moves it.
struct On {
    ports: Ports,
    clock: Clock,
}

impl std::ops::Deref for On {
    type Target = Ports;

    fn deref(&self) -> &Ports {
        &self.ports
    }
}

impl From<On> for Ports {
    fn from(on: On) -> Self {
        on.ports
    }
}

fn on_memory() -> On {
    let clock = Clock::manual(Utc::now());
    let ports = memory::ports(&clock);
    On { ports, clock }
}

async fn on_redis() -> On {
    let clock = Clock::manual(Utc::now());
    let ports = connect_by(&clock, &fresh_prefix()).await;
    On { ports, clock }
}

async fn connect(prefix: &str) -> Ports {
    connect_by(&Clock::system(), prefix).await
}

/// With patience: the contract is not about speed, and the machine may be busy.
async fn connect_by(clock: &Clock, prefix: &str) -> Ports {
    let ports = redis::connect_within(&redis_url(), prefix, clock, LONG).await;
    ports.unwrap()
}

fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL").expect(
        "TEST_REDIS_URL is not set: run `cargo xtask test`, which starts a Redis for the tests",
    )
}

fn fresh_prefix() -> String {
    format!("test-{:016x}", rand::random::<u64>())
}

/// Asks again and again until the answer is `Some`.
async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        let mut again = tokio::time::interval(Duration::from_millis(2));
        loop {
            again.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    tokio::time::timeout(LONG, asking)
        .await
        .expect("it never came to pass")
}
