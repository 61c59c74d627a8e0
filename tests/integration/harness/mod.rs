//! Applications, processes, clients and servers for the tests, and assertions that hold after any test.

mod account_mail;
mod app;
mod background;
mod bucket;
mod client;
mod eventually;
mod fake_push_service;
mod fake_smtp_server;
mod heartbeat_recorder;
pub mod log_check;
mod lost_replies;
mod openapi;
mod organizers;
mod page_form;
pub mod process;
mod program;
mod rate_limited;
mod raw_connection;
mod routes;
pub mod seat_invariant;
mod smtp_process;
mod storage;
mod tcp_proxy;

pub use account_mail::spawn_mailing_app;
pub use app::{App, PASSWORD, spawn_app, spawn_app_with, spawn_app_with_clock};
pub use background::confirmation_job;
pub use bucket::Bucket;
pub use client::{Client, Form, Reply};
pub use eventually::{
    eventually, lock_competition_row, wait_for_lock_waiter, wait_for_lock_waiters, wait_until,
};
pub use fake_push_service::{
    FakePushService, PushDevice, PushMode, ReceivedPush, send_subscription,
};
pub use fake_smtp_server::{FakeSmtpServer, SmtpMode};
pub use heartbeat_recorder::HeartbeatRecorder;
pub use lost_replies::ReplyLosingProxy;
pub use organizers::{Clients, add_staff, confirm_second_factor, draft_of, set_role};
pub use page_form::{Control, PageForm};
pub use program::Program;
pub use rate_limited::{spawn_rate_limited_app, spawn_rate_limited_app_on};
pub use raw_connection::RawConnection;
pub use routes::page_templates;
pub use seat_invariant::TableSnapshot;
pub use smtp_process::{ReceivedMail, SmtpProcess, Tls};
pub use storage::{Backend, Storage, service};
pub use tcp_proxy::TcpProxy;

/// Runs async tests on both backends: `on_both_backends!(a_sentence_about_behaviour);` makes
/// `a_sentence_about_behaviour::on_sqlite` and `::on_postgres` of
/// `async fn a_sentence_about_behaviour(app: App)`.
#[macro_export]
macro_rules! on_both_backends {
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

/// Runs async tests on both backends with an application and a companion that `prepare` starts, for example an
/// SMTP server: `on_both_backends_with!(prepare: a_sentence_about_behaviour);`.
#[macro_export]
macro_rules! on_both_backends_with {
    ($prepare:ident: $($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let (app, companion) = super::$prepare($crate::harness::Backend::Sqlite).await;
                super::$name(app, companion).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let (app, companion) = super::$prepare($crate::harness::Backend::Postgres).await;
                super::$name(app, companion).await;
            }
        }
    )+};
}
