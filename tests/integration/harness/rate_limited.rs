//! Applications with rate limits.

use futures::StreamExt;
use mini_compete::domain::rate_limits::RateLimit;
use reqwest::{Method, RequestBuilder};

use super::{App, Backend, Client, Storage, spawn_app_with};

/// Starts an application with rate limits. It trusts the test as a proxy at 127.0.0.1, so the test decides
/// from which address a request comes.
pub async fn spawn_rate_limited_app(backend: Backend) -> App {
    spawn_rate_limited_app_on(Storage::create(backend).await).await
}

/// Starts an application with rate limits on an existing storage.
pub async fn spawn_rate_limited_app_on(storage: Storage) -> App {
    let settings = ["--rate-limit=on", "--trusted-proxies=127.0.0.1"];
    spawn_app_with(storage, &settings).await
}

/// Runs an async test on both backends with rate limits, like [`on_both_backends!`](crate::on_both_backends).
#[macro_export]
macro_rules! on_both_backends_rate_limited {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let app = $crate::harness::spawn_rate_limited_app($crate::harness::Backend::Sqlite).await;
                super::$name(app).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let app = $crate::harness::spawn_rate_limited_app($crate::harness::Backend::Postgres).await;
                super::$name(app).await;
            }
        }
    )+};
}

impl App {
    /// Uses up a limit of one subject in the current window: its next request is refused.
    pub async fn exhaust(&self, limit: RateLimit, subject: &str) {
        self.use_up(limit, subject, limit.most()).await;
    }

    /// Counts `times` requests of one subject against a limit.
    pub async fn use_up(&self, limit: RateLimit, subject: &str, times: u64) {
        futures::stream::iter(0..times)
            .for_each_concurrent(64, |_| async {
                self.services.limits.count(limit, subject).await.ok();
            })
            .await;
    }
}

impl Client {
    /// Returns a request as the proxy forwards it from a client with this address.
    pub fn request_from(&self, address: &str, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path)
            .header("x-forwarded-for", address)
    }
}
