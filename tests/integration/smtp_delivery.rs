//! Messages through a mail relay that we did not write: encrypted or not, away, killed; and workers
//! that are killed while they talk to it.

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
    both_with,
    harness::{
        App, Backend, MailRelay, Place, Program, ReceivedMail, Tls, spawn_app_by, spawn_app_with,
        until,
    },
};

both_with!(
    with_relay:
    a_confirmation_arrives_as_a_mail_program_wants_it,
    a_relay_that_is_not_there_gets_each_mail_once_when_it_is,
    a_relay_that_is_killed_in_the_middle_misses_no_mail,
);

/// An application that drives its worker by hand, and a relay that is not started yet.
async fn with_relay(backend: Backend) -> (App, MailRelay) {
    let relay = MailRelay::new();
    let url = format!("--smtp-url={}", relay.url("smtp", "", ""));
    let more = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--public-url=https://compete.test",
    ];
    let app = spawn_app_with(Place::fresh(backend).await, &more).await;
    (app, relay)
}

async fn registered(app: &App, count: usize) {
    let competition = app.competition(count as i64, false).await.id;
    let people = app.people(count).await;
    app.register_all(&people, competition).await;
}

/// Everyone's letter is written and marked as sent, once; nothing is open, nothing was given up.
async fn all_is_sent(app: &App, count: usize) {
    assert_eq!(app.open_jobs().await, 0);
    assert!(app.failed_jobs().await.is_empty());
    let letters = app.messages(MessageKind::Confirmation).await;
    assert_eq!(letters.len(), count);
    assert!(letters.iter().all(|letter| letter.sent_at.is_some()));
}

async fn a_confirmation_arrives_as_a_mail_program_wants_it(app: App, mut relay: MailRelay) {
    relay.start().await;
    let organizer = Actor::from(&app.account("Org", Role::Organizer).await);
    let input = CompetitionInput {
        title: "Räder & <Sprints>".to_owned(),
        ..app.input(5, false)
    };
    let competitions = &app.services.competitions;
    let competition = competitions.create(organizer, input).await.unwrap();
    let people = app.people(1).await;
    app.register_all(&people, competition.id).await;
    app.finish_off().await;

    all_is_sent(&app, 1).await;
    let letters = relay.received();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!(letter.flaws, [""; 0]);
    assert_eq!(letter.to, [format!("{}@example.test", people[0].id)]);
    assert_eq!((letter.encrypted, letter.user.as_deref()), (false, None));
    let header = |name| letter.header(name).unwrap();
    assert_eq!(header("from"), "Mini Compete <post@compete.test>");
    assert_eq!(header("to"), format!("Person 0 <{}>", letter.to[0]));
    assert!(header("subject").contains("Räder & <Sprints>"));
    assert!(
        header("message-id").starts_with('<') && header("message-id").ends_with("@compete.test>")
    );
    assert_eq!(header("date"), "Tue, 01 Jan 2030 09:00:00 +0000");
    assert_eq!(header("auto-submitted"), "auto-generated");
    assert_eq!(header("mime-version"), "1.0");
    assert_eq!(letter.header("list-unsubscribe"), None, "only reminders");
    let nested = [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ];
    assert_eq!(letter.structure, nested);
    let written = app.messages(MessageKind::Confirmation).await;
    let plain = letter.part("text/plain").text.replace("\r\n", "\n");
    assert_eq!(plain.trim_end(), written[0].body.trim_end());
    assert!(plain.contains("Räder & <Sprints>"));
    let html = &letter.part("text/html").text;
    assert!(html.contains("Räder &amp; &lt;Sprints&gt;"), "{html}");
    let calendar = letter.part("text/calendar");
    assert_eq!(calendar.file.as_deref(), Some("competition.ics"));
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

async fn a_relay_that_is_not_there_gets_each_mail_once_when_it_is(app: App, mut relay: MailRelay) {
    registered(&app, 10).await;
    for _ in 0..60 {
        app.work().await;
        app.clock.advance(TimeDelta::minutes(1));
        app.sweep().await;
    }
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 10);
    assert_eq!(app.open_jobs().await, 10);
    assert!(app.failed_jobs().await.is_empty(), "an hour is not the end");

    relay.start().await;
    for _ in 0..60 {
        app.clock.advance(TimeDelta::minutes(2));
        app.sweep().await;
        app.work().await;
    }
    all_is_sent(&app, 10).await;
    assert_eq!((relay.received().len(), relay.ids().len()), (10, 10));
}

async fn a_relay_that_is_killed_in_the_middle_misses_no_mail(app: App, mut relay: MailRelay) {
    relay.start_holding_from(10).await;
    registered(&app, 30).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    app.worker().spawn(|_| 2, &tracker, &stop);
    until("it keeps a mail, and does not say so", || async {
        relay.received().len() >= 10
    })
    .await;
    relay.kill();
    relay.start().await;
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    app.finish_off().await;

    all_is_sent(&app, 30).await;
    let ids = relay.ids();
    assert_eq!(ids.len(), 30);
    let different: HashSet<_> = ids.values().flatten().collect();
    assert_eq!(
        different.len(),
        30,
        "what came twice has its first Message-ID"
    );
    // Twice is what the relay had kept without saying so, and nothing else.
    let twice = relay.received().len() - 30;
    assert!((1..=8).contains(&twice), "{twice} came twice");
}

/// An application that others work for, by the machine's clock.
async fn app() -> App {
    let place = Place::fresh(Backend::Postgres).await;
    spawn_app_by(Clock::system(), place, &[]).await
}

/// A worker that sends through `url` and soon tries again, with more variables.
fn worker(app: &App, url: &str, more: &[(&str, &str)]) -> Program {
    let mut all = vec![
        ("SMTP_URL", url),
        ("MAIL_RETRY_BASE_MS", "100"),
        ("MAIL_MAX_RETRIES", "20"),
    ];
    all.extend(more);
    Program::worker_with(&app.place, &all)
}

async fn one_letter_comes(app: &App, relay: &MailRelay) -> ReceivedMail {
    until("it is sent", || async {
        let sent = app.messages(MessageKind::Confirmation).await;
        sent.iter().any(|letter| letter.sent_at.is_some())
    })
    .await;
    all_is_sent(app, 1).await;
    let letters = relay.received();
    assert_eq!(letters.len(), 1);
    letters[0].clone()
}

/// Waits until a mail was tried more than once; what went wrong the last time.
async fn waits_for_a_relay(app: &App) -> String {
    until("it was tried again", || async {
        let jobs = outbox_job::Entity::find().all(app.database().read()).await;
        jobs.unwrap().iter().any(|job| job.attempts > 1)
    })
    .await;
    assert!(app.failed_jobs().await.is_empty());
    let jobs = outbox_job::Entity::find().all(app.database().read()).await;
    jobs.unwrap().remove(0).last_error.unwrap()
}

/// As a password may look that was made up by a machine, and as it stands in a URL.
const PASSWORD: (&str, &str) = ("p@ss:w/rd?é", "p%40ss%3Aw%2Frd%3F%C3%A9");

async fn arrives_encrypted_and_signed_in(tls: Tls, scheme: &str, more: &str) {
    let app = app().await;
    let mut relay = MailRelay::new()
        .encrypted(tls, "127.0.0.1")
        .for_account("post@compete.test", PASSWORD.0);
    relay.start().await;
    let account = format!("post%40compete.test:{}@", PASSWORD.1);
    let url = relay.url(scheme, &account, more);
    let authority = relay.authority();
    let authority = ("SSL_CERT_FILE", authority.to_str().unwrap());
    let sender = worker(&app, &url, &[authority]);
    registered(&app, 1).await;

    let letter = one_letter_comes(&app, &relay).await;
    assert!(letter.encrypted);
    assert_eq!(letter.user.as_deref(), Some("post@compete.test"));
    assert!(sender.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_wants_starttls_and_a_password_gets_both() {
    arrives_encrypted_and_signed_in(Tls::Starttls, "smtp", "?tls=required").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_speaks_only_tls_and_wants_a_password_gets_both() {
    arrives_encrypted_and_signed_in(Tls::Wrapped, "smtps", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_waits_while_nobody_we_trust_vouches_for_the_relay() {
    let app = app().await;
    let mut relay = MailRelay::new().encrypted(Tls::Wrapped, "127.0.0.1");
    relay.start().await;
    let url = relay.url("smtps", "", "");
    let mut distrustful = worker(&app, &url, &[]);
    registered(&app, 1).await;
    let error = waits_for_a_relay(&app).await;
    assert!(error.contains("UnknownIssuer"), "{error}");
    distrustful.says("SMTP_URL: mail waits").await;
    assert!(relay.received().is_empty());
    assert!(distrustful.terminate().await);

    let authority = relay.authority();
    let authority = ("SSL_CERT_FILE", authority.to_str().unwrap());
    let trusting = worker(&app, &url, &[authority]);
    one_letter_comes(&app, &relay).await;
    assert!(trusting.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_waits_while_the_relay_shows_another_ones_certificate() {
    let app = app().await;
    let mut relay = MailRelay::new().encrypted(Tls::Starttls, "elsewhere.test");
    relay.start().await;
    let url = relay.url("smtp", "", "?tls=required");
    let authority = relay.authority();
    let authority = ("SSL_CERT_FILE", authority.to_str().unwrap());
    let sender = worker(&app, &url, &[authority]);
    registered(&app, 1).await;
    let error = waits_for_a_relay(&app).await;
    assert!(error.contains("not valid for name"), "{error}");
    assert!(relay.received().is_empty());
    assert!(sender.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_waits_while_our_password_is_wrong_and_nobody_reads_it_in_the_log() {
    let app = app().await;
    let mut relay = MailRelay::new()
        .encrypted(Tls::Wrapped, "127.0.0.1")
        .for_account("post", PASSWORD.0);
    relay.start().await;
    let authority = relay.authority();
    let authority = ("SSL_CERT_FILE", authority.to_str().unwrap());
    let wrong = relay.url("smtps", "post:hunter2@", "");
    let chatty = ("RUST_LOG", "debug,sqlx=info");
    let mut sender = worker(&app, &wrong, &[authority, chatty]);
    registered(&app, 1).await;
    let error = waits_for_a_relay(&app).await;
    let told = "the relay does not take mail from us: permanent error (535)";
    assert!(error.contains(told), "{error}");
    let log = sender.says("SMTP_URL: mail waits").await;
    assert!(log.contains(told), "{log}");
    for secret in ["hunter2", "aHVudGVyMg", "@example.test"] {
        assert!(!log.contains(secret) && !error.contains(secret), "{log}");
    }
    sender.kill().await;

    let right = relay.url("smtps", &format!("post:{}@", PASSWORD.1), "");
    let sender = worker(&app, &right, &[authority]);
    one_letter_comes(&app, &relay).await;
    assert!(sender.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_after_the_relay_took_it_sends_the_same_letter_again() {
    let app = app().await;
    let mut relay = MailRelay::new();
    relay.start().await;
    let url = relay.url("smtp", "", "");
    // Until then its colleagues believe that it is still at it.
    let soon = ("JOB_TIMEOUT_SECONDS", "1");
    let mut doomed = worker(&app, &url, &[soon, ("MC_FAILPOINT", "after-effect")]);
    registered(&app, 1).await;
    doomed.says("failpoint reached").await;
    doomed.kill().await;
    assert_eq!(relay.received().len(), 1, "the relay has it");
    assert_eq!(app.open_jobs().await, 1, "and nobody knows");

    let heir = worker(&app, &url, &[soon]);
    until("no job is open", || async { app.open_jobs().await == 0 }).await;
    all_is_sent(&app, 1).await;
    let rows = message::Entity::find().all(app.database().read()).await;
    assert_eq!(rows.unwrap().len(), 1, "one letter in the mailbox");
    let ids = relay.ids();
    let ids = ids.values().next().unwrap();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "a mail program sees that it is the same");
    assert!(heir.terminate().await);
}
