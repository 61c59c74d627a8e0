//! What every test shares.
#![allow(
    dead_code,
    unused_imports,
    reason = "a box of tools, not all of them in use at every moment"
)]

mod app;
mod backend;
mod client;
mod process;
mod smtp;

pub use app::{App, PASSWORD, spawn_app, spawn_app_by, spawn_app_with};
pub use backend::{Backend, Place};
pub use client::{Client, Form, Reply};
pub use process::{Process, Redis};
pub use smtp::{Mode, Received, SmtpServer};

/// Waits until something holds, as processes of their own take their time; fails after a minute.
pub async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Runs one async test on both backends: `both!(a_sentence_about_behaviour);` makes
/// `a_sentence_about_behaviour::on_sqlite` and `::on_postgres` of
/// `async fn a_sentence_about_behaviour(app: App)`.
#[macro_export]
macro_rules! both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let app = $crate::harness::spawn_app($crate::harness::Backend::Sqlite).await;
                super::$name(app).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let app = $crate::harness::spawn_app($crate::harness::Backend::Postgres).await;
                super::$name(app).await;
            }
        }
    )+};
}
