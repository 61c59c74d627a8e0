//! Applications that limit how often somebody may do something.

use futures::StreamExt;
use mini_compete::domain::rate_limits::RateLimit;
use reqwest::{Method, RequestBuilder};

use super::{App, Backend, Client, Place, spawn_app_with};

/// An application with limits, for a test that is a proxy at 127.0.0.1.
pub async fn spawn_limited(backend: Backend) -> App {
    spawn_limited_at(Place::fresh(backend).await).await
}

/// The same at a given place.
pub async fn spawn_limited_at(place: Place) -> App {
    let settings = ["--rate-limit=on", "--trusted-proxies=127.0.0.1"];
    spawn_app_with(place, &settings).await
}

/// Runs one async test on both backends with limits, like [`both!`](crate::both).
#[macro_export]
macro_rules! both_limited {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let app = $crate::harness::spawn_limited($crate::harness::Backend::Sqlite).await;
                super::$name(app).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let app = $crate::harness::spawn_limited($crate::harness::Backend::Postgres).await;
                super::$name(app).await;
            }
        }
    )+};
}

impl App {
    /// Does at least what a limit allows `whom` in this window: the next time is too often.
    pub async fn exhaust(&self, limit: RateLimit, whom: &str) {
        self.use_up(limit, whom, limit.most()).await;
    }

    /// Does so much of what a limit allows.
    pub async fn use_up(&self, limit: RateLimit, whom: &str, times: u64) {
        futures::stream::iter(0..times)
            .for_each_concurrent(64, |_| async {
                self.services.limits.count(limit, whom).await.ok();
            })
            .await;
    }
}

impl Client {
    /// A request that came through a proxy, which says where it came from.
    pub fn sent_from(&self, address: &str, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path)
            .header("x-forwarded-for", address)
    }
}
