//! What every test shares.

mod app;
mod background;
mod client;
mod eventually;
mod fake_smtp_server;
mod heartbeat_recorder;
pub mod log_check;
mod openapi;
pub mod process;
mod program;
mod rate_limited;
mod raw_connection;
pub mod seat_invariant;
mod smtp_process;
mod storage;
mod tcp_proxy;

pub use app::{App, PASSWORD, spawn_app, spawn_app_by, spawn_app_with};
pub use background::any_job;
pub use client::{Client, Reply};
pub use eventually::{eventually, hold, somebody_waits_for_a_lock, until, wait_for_a_lock};
pub use fake_smtp_server::{Mode, SmtpServer};
pub use heartbeat_recorder::Heartbeats;
pub use program::Program;
pub use rate_limited::{spawn_limited, spawn_limited_at};
pub use raw_connection::Wire;
pub use seat_invariant::TableSnapshot;
pub use smtp_process::{MailRelay, ReceivedMail, Tls};
pub use storage::{Backend, Place, service};
pub use tcp_proxy::TcpProxy;

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

/// The same for tests beside something that `prepare` makes with the app, say a mail relay:
/// `both_with!(prepare: a_sentence_about_behaviour);`.
#[macro_export]
macro_rules! both_with {
    ($prepare:ident: $($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let (app, beside) = super::$prepare($crate::harness::Backend::Sqlite).await;
                super::$name(app, beside).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let (app, beside) = super::$prepare($crate::harness::Backend::Postgres).await;
                super::$name(app, beside).await;
            }
        }
    )+};
}
