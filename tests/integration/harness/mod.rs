//! What every test shares.

mod app;
mod backend;
mod background;
mod client;
mod contract;
mod eventually;
mod heartbeats;
mod limited;
pub mod log_check;
mod mail_relay;
pub mod process;
mod program;
pub mod seat_invariant;
mod smtp;
mod tcp_proxy;
mod wire;

pub use app::{App, PASSWORD, spawn_app, spawn_app_by, spawn_app_with};
pub use backend::{Backend, Place, service};
pub use background::any_job;
pub use client::{Client, Reply};
pub use eventually::{eventually, hold, somebody_waits_for_a_lock, until, wait_for_a_lock};
pub use heartbeats::Heartbeats;
pub use limited::{spawn_limited, spawn_limited_at};
pub use mail_relay::{MailRelay, ReceivedMail, Tls};
pub use program::Program;
pub use seat_invariant::TableSnapshot;
pub use smtp::{Mode, SmtpServer};
pub use tcp_proxy::TcpProxy;
pub use wire::Wire;

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
