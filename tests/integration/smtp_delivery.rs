//! Mail through an independent SMTP server (aiosmtpd) that is encrypted, unavailable or killed, and mail of
//! workers that are killed.

use std::collections::HashSet;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{MessageKind, Role, forms::CompetitionInput},
    ops::Clock,
    store::entity::{message, outbox_job},
};
use sea_orm::EntityTrait;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    harness::{
        App, Backend, Program, ReceivedMail, SmtpProcess, Storage, Tls, spawn_app_with,
        spawn_app_with_clock, wait_until,
    },
    on_both_backends_with,
};

on_both_backends_with!(
    app_with_smtp_server:
    a_confirmation_is_a_valid_mail_with_text_html_and_calendar,
    each_mail_is_sent_once_when_the_smtp_server_becomes_available,
    no_mail_is_lost_when_the_smtp_server_is_killed,
);

/// Starts an application that sends through an SMTP server. The server is not started yet.
pub async fn app_with_smtp_server(backend: Backend) -> (App, SmtpProcess) {
    let server = SmtpProcess::new();
    let url = format!("--smtp-url={}", server.url("smtp", "", ""));
    let arguments = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--public-url=https://compete.test",
    ];
    let app = spawn_app_with(Storage::create(backend).await, &arguments).await;
    (app, server)
}

/// Registers participants for a new competition.
async fn register_participants(app: &App, count: usize) {
    let competition = app.competition(count as i64, false).await.id;
    let participants = app.participants(count).await;
    app.register_all(&participants, competition).await;
}

/// Asserts that each participant has one confirmation, which is marked as sent, and that no job is open or
/// dead.
async fn assert_all_sent(app: &App, count: usize) {
    assert_eq!(app.open_jobs().await, 0);
    assert!(app.failed_jobs().await.is_empty());
    let messages = app.messages(MessageKind::Confirmation).await;
    assert_eq!(messages.len(), count);
    assert!(messages.iter().all(|message| message.sent_at.is_some()));
}

async fn a_confirmation_is_a_valid_mail_with_text_html_and_calendar(
    app: App,
    mut server: SmtpProcess,
) {
    server.start().await;
    let organizer = Actor::from(&app.account("Org", Role::Organizer).await);
    let input = CompetitionInput {
        title: "Räder & <Sprints>".to_owned(),
        ..app.competition_input(5, false)
    };
    let competitions = &app.services.competitions;
    let competition = competitions.create(organizer, input).await.unwrap();
    let participants = app.participants(1).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;

    assert_all_sent(&app, 1).await;
    let mails = server.received();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.defects, [""; 0]);
    assert_eq!(mail.to, [format!("{}@example.test", participants[0].id)]);
    assert_eq!((mail.encrypted, mail.user.as_deref()), (false, None));
    let header = |name| mail.header(name).unwrap();
    assert_eq!(header("from"), "Mini Compete <post@compete.test>");
    assert_eq!(header("to"), format!("Person 0 <{}>", mail.to[0]));
    assert!(header("subject").contains("Räder & <Sprints>"));
    assert!(
        header("message-id").starts_with('<') && header("message-id").ends_with("@compete.test>")
    );
    assert_eq!(header("date"), "Tue, 01 Jan 2030 09:00:00 +0000");
    assert_eq!(header("auto-submitted"), "auto-generated");
    assert_eq!(header("mime-version"), "1.0");
    assert_eq!(mail.header("list-unsubscribe"), None, "only reminders");
    let nested = [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/calendar",
    ];
    assert_eq!(mail.structure, nested);
    let messages = app.messages(MessageKind::Confirmation).await;
    let plain = mail.part("text/plain").text.replace("\r\n", "\n");
    // The ticket follows.
    assert!(plain.starts_with(messages[0].body.trim_end()), "{plain}");
    assert!(plain.contains("Räder & <Sprints>"));
    let html = &mail.part("text/html").text;
    assert!(html.contains("Räder &amp; &lt;Sprints&gt;"), "{html}");
    let calendar = mail.part("text/calendar");
    assert_eq!(calendar.file.as_deref(), Some("räder-sprints.ics"));
    assert!(
        calendar.text.starts_with("BEGIN:VCALENDAR"),
        "{}",
        calendar.text
    );
    assert!(
        calendar.text.contains("SUMMARY:Räder & <Sprints>"),
        "{}",
        calendar.text
    );
}

async fn each_mail_is_sent_once_when_the_smtp_server_becomes_available(
    app: App,
    mut server: SmtpProcess,
) {
    register_participants(&app, 10).await;
    for _ in 0..60 {
        app.run_ready_jobs().await;
        app.clock.advance(TimeDelta::minutes(1));
        app.run_relay().await;
    }
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 10);
    assert_eq!(app.open_jobs().await, 10);
    assert!(
        app.failed_jobs().await.is_empty(),
        "mail is retried for longer than an hour"
    );

    server.start().await;
    for _ in 0..60 {
        app.clock.advance(TimeDelta::minutes(2));
        app.run_relay().await;
        app.run_ready_jobs().await;
    }
    assert_all_sent(&app, 10).await;
    assert_eq!(
        (server.received().len(), server.message_ids().len()),
        (10, 10)
    );
}

async fn no_mail_is_lost_when_the_smtp_server_is_killed(app: App, mut server: SmtpProcess) {
    server.start_silent_from(10).await;
    register_participants(&app, 30).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    app.worker().spawn(|_| 2, &tracker, &stop);
    wait_until("the server stores a mail and does not respond", || async {
        server.received().len() >= 10
    })
    .await;
    server.kill();
    server.start().await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    app.run_jobs_with_retries().await;

    assert_all_sent(&app, 30).await;
    let ids = server.message_ids();
    assert_eq!(ids.len(), 30);
    let different: HashSet<_> = ids.values().flatten().collect();
    assert_eq!(
        different.len(),
        30,
        "a repeated mail has the same Message-ID"
    );
    // Only mails that the server stored without a response are sent twice.
    let repeated = server.received().len() - 30;
    assert!((1..=8).contains(&repeated), "{repeated} are repeated");
}

/// Starts an application with the clock of the machine, whose jobs other processes do.
async fn app() -> App {
    let storage = Storage::create(Backend::Postgres).await;
    spawn_app_with_clock(Clock::system(), storage, &[]).await
}

/// Starts a worker that sends through `url` and retries soon, with further environment variables.
fn worker(app: &App, url: &str, variables: &[(&str, &str)]) -> Program {
    let mut all = vec![
        ("SMTP_URL", url),
        ("MAIL_RETRY_BASE_MS", "100"),
        ("MAIL_MAX_RETRIES", "20"),
    ];
    all.extend(variables);
    Program::worker_with(&app.storage, &all)
}

/// Waits until the confirmation is sent, and returns the only mail that the server has received.
async fn wait_for_one_mail(app: &App, server: &SmtpProcess) -> ReceivedMail {
    wait_until("the mail is sent", || async {
        let sent = app.messages(MessageKind::Confirmation).await;
        sent.iter().any(|message| message.sent_at.is_some())
    })
    .await;
    assert_all_sent(app, 1).await;
    let mails = server.received();
    assert_eq!(mails.len(), 1);
    mails[0].clone()
}

/// Waits until sending a mail has failed more than once, and returns the last error.
async fn wait_for_failed_attempts(app: &App) -> String {
    wait_until("the mail is retried", || async {
        let jobs = outbox_job::Entity::find().all(app.database().read()).await;
        jobs.unwrap().iter().any(|job| job.attempts > 1)
    })
    .await;
    assert!(app.failed_jobs().await.is_empty());
    let jobs = outbox_job::Entity::find().all(app.database().read()).await;
    jobs.unwrap().remove(0).last_error.unwrap()
}

/// A password with characters that are special in a URL, and its encoded form.
const PASSWORD: (&str, &str) = ("p@ss:w/rd?é", "p%40ss%3Aw%2Frd%3F%C3%A9");

/// Asserts that a mail is sent over an encrypted connection with a user name and a password.
async fn assert_sent_encrypted_with_password(tls: Tls, scheme: &str, query: &str) {
    let app = app().await;
    let mut server = SmtpProcess::new()
        .encrypted(tls, "127.0.0.1")
        .for_account("post@compete.test", PASSWORD.0);
    server.start().await;
    let account = format!("post%40compete.test:{}@", PASSWORD.1);
    let url = server.url(scheme, &account, query);
    let ca = server.ca_certificate();
    let ca = ("SSL_CERT_FILE", ca.to_str().unwrap());
    let sender = worker(&app, &url, &[ca]);
    register_participants(&app, 1).await;

    let mail = wait_for_one_mail(&app, &server).await;
    assert!(mail.encrypted);
    assert_eq!(mail.user.as_deref(), Some("post@compete.test"));
    assert!(sender.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_is_sent_with_starttls_and_a_password() {
    assert_sent_encrypted_with_password(Tls::Starttls, "smtp", "?tls=required").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_is_sent_with_implicit_tls_and_a_password() {
    assert_sent_encrypted_with_password(Tls::Implicit, "smtps", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_waits_while_the_certificate_authority_is_unknown() {
    let app = app().await;
    let mut server = SmtpProcess::new().encrypted(Tls::Implicit, "127.0.0.1");
    server.start().await;
    let url = server.url("smtps", "", "");
    let mut without_ca = worker(&app, &url, &[]);
    register_participants(&app, 1).await;
    let error = wait_for_failed_attempts(&app).await;
    assert!(error.contains("UnknownIssuer"), "{error}");
    without_ca.wait_for_log("SMTP_URL: mail waits").await;
    assert!(server.received().is_empty());
    assert!(without_ca.terminate().await);

    let ca = server.ca_certificate();
    let ca = ("SSL_CERT_FILE", ca.to_str().unwrap());
    let with_ca = worker(&app, &url, &[ca]);
    wait_for_one_mail(&app, &server).await;
    assert!(with_ca.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_waits_while_the_certificate_has_another_name() {
    let app = app().await;
    let mut server = SmtpProcess::new().encrypted(Tls::Starttls, "elsewhere.test");
    server.start().await;
    let url = server.url("smtp", "", "?tls=required");
    let ca = server.ca_certificate();
    let ca = ("SSL_CERT_FILE", ca.to_str().unwrap());
    let sender = worker(&app, &url, &[ca]);
    register_participants(&app, 1).await;
    let error = wait_for_failed_attempts(&app).await;
    assert!(error.contains("not valid for name"), "{error}");
    assert!(server.received().is_empty());
    assert!(sender.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_waits_while_the_smtp_password_is_wrong_and_the_log_does_not_show_it() {
    let app = app().await;
    let mut server = SmtpProcess::new()
        .encrypted(Tls::Implicit, "127.0.0.1")
        .for_account("post", PASSWORD.0);
    server.start().await;
    let ca = server.ca_certificate();
    let ca = ("SSL_CERT_FILE", ca.to_str().unwrap());
    let wrong = server.url("smtps", "post:hunter2@", "");
    let verbose = ("RUST_LOG", "debug,sqlx=info");
    let mut sender = worker(&app, &wrong, &[ca, verbose]);
    register_participants(&app, 1).await;
    let error = wait_for_failed_attempts(&app).await;
    let reason = "the SMTP server does not accept mail from us: permanent error (535)";
    assert!(error.contains(reason), "{error}");
    let log = sender.wait_for_log("SMTP_URL: mail waits").await;
    assert!(log.contains(reason), "{log}");
    for secret in ["hunter2", "aHVudGVyMg", "@example.test"] {
        assert!(!log.contains(secret) && !error.contains(secret), "{log}");
    }
    sender.kill().await;

    let right = server.url("smtps", &format!("post:{}@", PASSWORD.1), "");
    let sender = worker(&app, &right, &[ca]);
    wait_for_one_mail(&app, &server).await;
    assert!(sender.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_after_sending_a_mail_sends_it_again_with_the_same_message_id() {
    let app = app().await;
    let mut server = SmtpProcess::new();
    server.start().await;
    let url = server.url("smtp", "", "");
    // The time until other workers consider the job of the killed worker abandoned.
    let short_timeout = ("JOB_TIMEOUT_SECONDS", "1");
    let mut killed = worker(
        &app,
        &url,
        &[short_timeout, ("MC_FAILPOINT", "after-effect")],
    );
    register_participants(&app, 1).await;
    killed.wait_for_log("failpoint reached").await;
    killed.kill().await;
    assert_eq!(server.received().len(), 1, "the server has the mail");
    assert_eq!(app.open_jobs().await, 1, "the job is still open");

    let next = worker(&app, &url, &[short_timeout]);
    wait_until("no job is open", || async { app.open_jobs().await == 0 }).await;
    assert_all_sent(&app, 1).await;
    let rows = message::Entity::find().all(app.database().read()).await;
    assert_eq!(rows.unwrap().len(), 1, "one message in the mailbox");
    let ids = server.message_ids();
    let ids = ids.values().next().unwrap();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "mail programs recognize the duplicate");
    assert!(next.terminate().await);
}
