//! Messages that are sent as mail, over SMTP to a server in the test process.

use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    jobs::Queues,
    model::{CompetitionView, MessageKind, Role, forms::CompetitionInput},
    store::entity::{message, outbox_job},
};
use reqwest::Method;
use sea_orm::EntityTrait;

use crate::{
    harness::{App, Backend, FakeSmtpServer, SmtpMode, Storage, spawn_app_with},
    on_both_backends_with,
};

on_both_backends_with!(
    app_with_smtp_server:
    every_message_is_sent_as_mail_once,
    a_mail_has_the_expected_headers_and_parts,
    a_confirmation_and_a_promotion_contain_the_ticket,
    a_seat_that_was_cancelled_meanwhile_has_no_ticket_in_its_mail,
    a_confirmation_that_is_late_has_no_ticket_of_a_seat_that_was_given_back,
    a_rejected_recipient_does_not_stop_the_others,
    mail_is_sent_later_when_the_smtp_server_is_busy,
    a_server_that_takes_five_mails_a_second_gets_each_mail_once,
    mail_waits_for_a_day_while_the_server_takes_none,
    a_slow_smtp_server_blocks_neither_confirmations_nor_the_database,
    the_link_in_a_reminder_unsubscribes_from_reminders,
);

/// Starts an SMTP server, and an application that sends through it.
async fn app_with_smtp_server(backend: Backend) -> (App, FakeSmtpServer) {
    let server = FakeSmtpServer::start().await;
    let url = format!("--smtp-url={}", server.url());
    let storage = Storage::create(backend).await;
    let arguments = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--public-url=https://compete.test",
    ];
    (spawn_app_with(storage, &arguments).await, server)
}

/// Counts the messages that are marked as sent.
async fn sent(app: &App) -> usize {
    let rows = message::Entity::find().all(app.database().read()).await;
    rows.unwrap().iter().filter(|m| m.sent_at.is_some()).count()
}

async fn every_message_is_sent_as_mail_once(app: App, server: FakeSmtpServer) {
    let competition = app.competition(60, true).await;
    let participants = app.participants(70).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;

    let counts = server.counts_by_recipient();
    assert_eq!(counts.len(), 70);
    assert!(counts.values().all(|n| *n == 1), "{counts:?}");
    assert_eq!(sent(&app).await, 70);
    assert!(
        server.connections() <= 8,
        "{} connections",
        server.connections()
    );
    let ids: HashSet<_> = server
        .received()
        .iter()
        .map(|mail| mail.header("message-id").unwrap())
        .collect();
    assert_eq!(ids.len(), 70);
}

async fn a_mail_has_the_expected_headers_and_parts(app: App, server: FakeSmtpServer) {
    let organizer = Actor::from(&app.account("Org", Role::Organizer).await);
    let input = CompetitionInput {
        title: "Räder & <Sprints>".to_owned(),
        ..app.competition_input(5, false)
    };
    let competition = app
        .services
        .competitions
        .create(organizer, input)
        .await
        .unwrap();
    app.register_all(&app.participants(1).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;

    let mail = server.received().remove(0);
    assert_eq!(
        mail.header("from").unwrap(),
        "\"Mini Compete\" <post@compete.test>"
    );
    assert!(
        mail.header("message-id")
            .unwrap()
            .ends_with("@compete.test>")
    );
    // The time at which the message was written, which may be long before the mail is sent.
    let message = message::Entity::find().one(app.database().read()).await;
    let written = message.unwrap().unwrap().created_at;
    assert_eq!(
        mail.header("date").unwrap(),
        written.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
    );
    assert_eq!(mail.header("auto-submitted").unwrap(), "auto-generated");
    assert!(mail.header("list-unsubscribe").is_none(), "only reminders");
    assert!(mail.data.contains("Subject: =?utf-8?"));
    let subject = mail.header("subject").unwrap();
    assert_eq!(subject, "You’re in: Räder & <Sprints>");
    for part in ["text/plain", "text/html", "text/calendar", "filename"] {
        assert!(mail.data.contains(part), "{part} in {}", mail.data);
    }
    let unwrapped = mail.data.replace("=\r\n", "");
    assert!(unwrapped.contains("&amp; &lt;Sprints&gt;"), "{unwrapped}");
    assert!(!app.messages(MessageKind::Confirmation).await.is_empty());
}

/// Returns the body of a mail without its soft line breaks.
fn unwrapped(data: &str) -> String {
    data.replace("=\r\n", "").replace("=3D", "=")
}

async fn a_confirmation_and_a_promotion_contain_the_ticket(app: App, server: FakeSmtpServer) {
    let competition = app.competition(1, true).await;
    let participants = app.participants(2).await;
    // One after the other, so that the first one has the seat.
    for participant in &participants {
        app.register_all(&[*participant], competition.id).await;
    }
    app.run_jobs_with_retries().await;
    let registrations = &app.services.registrations;
    let mut seated = Vec::new();
    for participant in &participants {
        let live = registrations.live(*participant, competition.id).await;
        seated.push(live.unwrap().unwrap().registration_id);
    }
    registrations
        .cancel(participants[0], seated[0])
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    let mails = server.received();
    let with = |subject: &str| {
        let found = mails.iter().find(|mail| {
            let line = mail.header("subject").unwrap();
            line.starts_with(subject)
        });
        unwrapped(&found.unwrap().data)
    };
    for (subject, id) in [("You’re in", seated[0]), ("A seat for you", seated[1])] {
        let mail = with(subject);
        let number = mini_compete::model::ticket_number(id);
        let link = format!("https://compete.test/me/registrations/{id}");
        for part in [
            "multipart/alternative",
            "multipart/related",
            &format!("Ticket {number}: {link}"),
            &format!("href=\"{link}\""),
            "src=\"cid:ticket.",
            "Content-ID: <ticket.",
            "Content-Type: image/png",
            "Content-Disposition: inline",
        ] {
            assert!(mail.contains(part), "{subject}: {part} in {mail}");
        }
        assert!(!mail.contains("src=\"http"), "nothing is loaded");
        // The picture is the PNG that the card shows (base64).
        assert!(mail.contains("iVBORw0KGgo"), "{mail}");
    }
    let waitlist = with("On the waitlist");
    assert!(!waitlist.contains("cid:ticket"), "no seat, no ticket");
}

async fn a_seat_that_was_cancelled_meanwhile_has_no_ticket_in_its_mail(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(1, false).await;
    let participants = app.participants(1).await;
    server.set_mode(SmtpMode::Busy);
    app.register_all(&participants, competition.id).await;
    app.run_ready_jobs().await;
    let registrations = &app.services.registrations;
    let live = registrations.live(participants[0], competition.id).await;
    let id = live.unwrap().unwrap().registration_id;
    registrations.cancel(participants[0], id).await.unwrap();
    server.set_mode(SmtpMode::Normal);
    app.run_jobs_with_retries().await;
    for mail in server.received() {
        assert!(!mail.data.contains("cid:ticket"), "{}", mail.data);
    }
    assert!(!server.received().is_empty());
}

async fn a_confirmation_that_is_late_has_no_ticket_of_a_seat_that_was_given_back(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(2, false).await;
    let participants = app.participants(2).await;
    server.set_mode(SmtpMode::Busy);
    for participant in &participants {
        app.register_all(&[*participant], competition.id).await;
    }
    app.run_ready_jobs().await;
    // The message about the cancellation waits, so that the mail of the confirmation is not overtaken by its mail.
    let root = app.account("Root", Role::Admin).await;
    let client = app.client().with_token(app.token(Actor::from(&root)).await);
    let path = format!("/api/v1/admin/queues/{}/pause", Queues::REGISTRATION);
    let paused = client.send(client.request(Method::POST, &path)).await;
    assert_eq!(paused.status, 204, "{}", paused.text);
    let registrations = &app.services.registrations;
    let live = registrations.live(participants[0], competition.id).await;
    let id = live.unwrap().unwrap().registration_id;
    registrations.cancel(participants[0], id).await.unwrap();
    server.set_mode(SmtpMode::Normal);
    for _ in 0..3 {
        app.clock.advance(TimeDelta::minutes(1));
        app.run_relay().await;
        app.run_ready_jobs().await;
    }
    let has_ticket: Vec<_> = participants
        .iter()
        .map(|participant| {
            let to = format!("{}@example.test", participant.id);
            let received = server.received();
            let mut mails = received.iter().filter(|mail| mail.to == to);
            let mail = mails.next().expect("the confirmation");
            assert!(mails.next().is_none(), "nothing else");
            mail.data.contains("cid:ticket")
        })
        .collect();
    assert_eq!(has_ticket, [false, true]);
}

async fn a_rejected_recipient_does_not_stop_the_others(app: App, server: FakeSmtpServer) {
    let competition = app.competition(20, false).await;
    let participants = app.participants(20).await;
    let rejected = format!("{}@example.test", participants[7].id);
    server.set_mode(SmtpMode::Rejects(rejected.clone()));
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;

    assert_eq!(server.counts_by_recipient().len(), 19);
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].kind.as_str(), dead[0].attempts), ("mail", 1));
    assert!(dead[0].error.contains("550"), "{}", dead[0].error);
    assert!(!dead[0].error.contains(&rejected), "no addresses in errors");
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 20);
}

async fn mail_is_sent_later_when_the_smtp_server_is_busy(app: App, server: FakeSmtpServer) {
    server.set_mode(SmtpMode::Busy);
    let competition = app.competition(10, false).await;
    app.register_all(&app.participants(10).await, competition.id)
        .await;
    // The messages are written although the server is busy.
    for _ in 0..20 {
        app.run_ready_jobs().await;
        app.clock.advance(TimeDelta::seconds(3));
        app.run_relay().await;
    }
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 10);
    assert!(server.received().is_empty());
    assert_eq!(app.open_jobs().await, 10);
    assert!(
        app.failed_jobs().await.is_empty(),
        "mail is retried for longer than a minute"
    );

    server.set_mode(SmtpMode::Normal);
    for _ in 0..20 {
        app.clock.advance(TimeDelta::minutes(2));
        app.run_relay().await;
        app.run_ready_jobs().await;
    }
    assert_eq!(app.open_jobs().await, 0);
    assert_eq!(server.counts_by_recipient().len(), 10);
    assert!(server.counts_by_recipient().values().all(|n| *n == 1));
}

async fn a_server_that_takes_five_mails_a_second_gets_each_mail_once(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(200, false).await;
    let participants = app.participants(200).await;
    app.register_all(&participants, competition.id).await;
    let mut seconds = 0;
    while server.received().len() < 200 && seconds < 3_600 {
        server.set_mode(SmtpMode::Allows(5));
        app.run_ready_jobs().await;
        app.clock.advance(TimeDelta::seconds(1));
        app.run_relay().await;
        seconds += 1;
    }
    app.run_ready_jobs().await;
    let counts = server.counts_by_recipient();
    assert_eq!(counts.len(), 200, "after {seconds} s");
    assert!(counts.values().all(|n| *n == 1), "{counts:?}");
    assert_eq!((app.open_jobs().await, sent(&app).await), (0, 200));
    assert!(app.failed_jobs().await.is_empty());
    // At full speed, everything that waits would be refused every second.
    assert!(server.refusals() < 200, "{} refusals", server.refusals());
}

async fn mail_waits_for_a_day_while_the_server_takes_none(app: App, server: FakeSmtpServer) {
    server.set_mode(SmtpMode::Allows(0));
    let competition = app.competition(10, false).await;
    let participants = app.participants(10).await;
    app.register_all(&participants, competition.id).await;
    for _ in 0..(23 * 6) {
        app.run_ready_jobs().await;
        app.clock.advance(TimeDelta::minutes(10));
        app.run_relay().await;
    }
    let jobs = outbox_job::Entity::find().all(app.database().read()).await;
    let jobs = jobs.unwrap();
    assert_eq!(jobs.len(), 10);
    assert!(jobs.iter().all(|job| job.attempts == 0), "{jobs:?}");
    assert!(jobs.iter().any(|job| job.last_error.is_some()));
    assert!(server.refusals() > 100, "{}", server.refusals());
    server.set_mode(SmtpMode::Normal);
    for _ in 0..3 {
        app.clock.advance(TimeDelta::minutes(5));
        app.run_relay().await;
        app.run_ready_jobs().await;
    }
    assert!(app.failed_jobs().await.is_empty());
    assert_eq!((app.open_jobs().await, sent(&app).await), (0, 10));
    assert!(server.counts_by_recipient().values().all(|n| *n == 1));

    // After a day, one that is refused for ever becomes a dead letter.
    server.set_mode(SmtpMode::Allows(0));
    let competition = app.competition(1, false).await;
    app.register_all(&participants[..1], competition.id).await;
    app.run_ready_jobs().await;
    for _ in 0..40 {
        app.clock.advance(TimeDelta::hours(1));
        app.run_relay().await;
        app.run_ready_jobs().await;
    }
    let dead = app.failed_jobs().await;
    assert_eq!(dead.len(), 1);
    assert!(dead[0].error.contains("450"), "{}", dead[0].error);
}

async fn a_slow_smtp_server_blocks_neither_confirmations_nor_the_database(
    app: App,
    server: FakeSmtpServer,
) {
    use tokio_util::{sync::CancellationToken, task::TaskTracker};
    server.set_mode(SmtpMode::Slow(Duration::from_millis(300)));
    let competition = app.competition(60, false).await;
    let participants = app.participants(60).await;
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    app.worker().spawn(|_| 2, &tracker, &stop);
    let start = std::time::Instant::now();
    for group in participants.chunks(20) {
        app.register_all(group, competition.id).await;
        let so_far = app.messages(MessageKind::Confirmation).await.len() + 20;
        crate::harness::wait_until("confirmations are written meanwhile", || async {
            app.messages(MessageKind::Confirmation).await.len() >= so_far.min(20)
        })
        .await;
    }
    crate::harness::wait_until("all are confirmed", || async {
        app.messages(MessageKind::Confirmation).await.len() == 60
    })
    .await;
    // Sent one after the other, the mails would take 18 seconds.
    let confirmed = start.elapsed();
    assert!(
        server.received().len() < 60,
        "confirmed after {confirmed:?}"
    );
    crate::harness::wait_until("all are sent", || async { sent(&app).await == 60 }).await;
    assert!(start.elapsed() < Duration::from_secs(18));
    stop.cancel();
    tracker.close();
    tracker.wait().await;
    assert!(server.counts_by_recipient().values().all(|n| *n == 1));
}

async fn the_link_in_a_reminder_unsubscribes_from_reminders(app: App, server: FakeSmtpServer) {
    let participants = app.participants(2).await;
    let remind = async |expected: usize| {
        let competition = competition_that_starts_soon(&app).await;
        app.register_all(&participants, competition.id).await;
        app.run_jobs_with_retries().await;
        app.clock.advance(TimeDelta::hours(24));
        app.run_scheduled_tasks().await;
        app.run_jobs_with_retries().await;
        let reminders: Vec<_> = server
            .received()
            .into_iter()
            .filter(|mail| mail.header("list-unsubscribe").is_some())
            .collect();
        assert_eq!(reminders.len(), expected);
        reminders
    };
    let first = remind(2).await;
    let mail = first
        .iter()
        .find(|mail| mail.to.starts_with(&participants[0].id.to_string()))
        .unwrap();
    let post = mail.header("list-unsubscribe-post").unwrap();
    assert_eq!(post, "List-Unsubscribe=One-Click");
    let link = mail.header("list-unsubscribe").unwrap();
    let link = link.trim_matches(['<', '>']);
    let token = link.split("token=").nth(1).unwrap();

    let preferences = &app.services.preferences;
    assert!(preferences.unsubscribe("nonsense").await.is_err());
    let access = app.token(participants[0]).await;
    assert!(
        preferences.unsubscribe(&access).await.is_err(),
        "the link needs a token of its own"
    );
    preferences.unsubscribe(token).await.unwrap();
    preferences.unsubscribe(token).await.unwrap();
    let chosen = preferences.of(participants[0]).await.unwrap();
    assert!(!chosen.reminders && chosen.announcements);
    let second = remind(3).await;
    assert!(second[2].to.starts_with(&participants[1].id.to_string()));
    // The mailbox still gets reminders.
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 4);
    assert!(app.failed_jobs().await.is_empty());
}

/// Creates a competition that starts in 30 hours.
async fn competition_that_starts_soon(app: &App) -> CompetitionView {
    let name = format!("Organizer {}", uuid::Uuid::now_v7());
    let organizer = Actor::from(&app.account(&name, Role::Organizer).await);
    let start = app.clock.now() + TimeDelta::hours(30);
    let input = CompetitionInput {
        starts_at: start,
        reg_deadline: start - TimeDelta::hours(1),
        ..app.competition_input(10, false)
    };
    app.services
        .competitions
        .create(organizer, input)
        .await
        .unwrap()
}
