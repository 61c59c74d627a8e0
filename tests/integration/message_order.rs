//! The messages about a registration are in the order of its changes, even if jobs are done late.

use std::time::Duration;

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, registration::job_kinds},
    jobs::{JobKind, Queues, dead_letters::management::Selection},
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, MessageKind, RegistrationId, Role,
        forms::{CompetitionInput, Paging},
    },
    store::ports::Envelope,
};

use crate::{
    harness::{App, Backend, FakeSmtpServer, SmtpMode, Storage, spawn_app_with, wait_until},
    on_both_backends, on_both_backends_with,
};

on_both_backends!(
    a_late_confirmation_comes_before_the_cancellation,
    a_late_waitlist_message_comes_before_the_promotion,
    a_late_confirmation_comes_before_the_cancellation_of_the_competition,
    a_failed_confirmation_is_not_written_after_the_cancellation,
    a_cancellation_is_dated_after_the_confirmation_even_if_the_clock_is_behind,
);
on_both_backends_with!(app_with_smtp_server: a_retried_confirmation_mail_is_not_sent_after_the_cancellation,);

/// Claims the jobs of a kind as a slow worker, and returns the others to the queue.
async fn claim_as_slow_worker(app: &App, kind: JobKind, count: usize) -> Vec<Envelope> {
    let queue = &app.ports.queue;
    wait_until("the jobs are pushed", || async {
        queue.depth(Queues::REGISTRATION).await.unwrap().ready >= count as u64
    })
    .await;
    let all = queue
        .take(Queues::REGISTRATION, "slow", 1_000, Duration::ZERO)
        .await
        .unwrap();
    let name = format!("\"kind\":\"{kind}\"");
    let is_of_kind = |envelope: &Envelope| String::from_utf8_lossy(&envelope.raw).contains(&name);
    let (claimed, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_of_kind);
    assert_eq!(claimed.len(), count);
    queue
        .give_back(Queues::REGISTRATION, "slow", &others)
        .await
        .unwrap();
    claimed
}

/// Returns the jobs of the slow worker to the queue.
async fn give_back(app: &App, jobs: &[Envelope]) {
    let queue = &app.ports.queue;
    queue
        .give_back(Queues::REGISTRATION, "slow", jobs)
        .await
        .unwrap();
}

/// Registers a participant, and returns the id of the registration.
async fn register(app: &App, participant: Actor, competition: CompetitionId) -> RegistrationId {
    app.register_all(&[participant], competition).await;
    let registrations = &app.services.registrations;
    let live = registrations.live(participant, competition).await.unwrap();
    live.unwrap().registration_id
}

/// Returns the kinds of the messages in a mailbox, the oldest first.
async fn mailbox(app: &App, participant: Actor) -> Vec<MessageKind> {
    let paging = Paging {
        page: 1,
        per_page: 50,
    };
    let page = app
        .services
        .mailbox
        .list(participant, false, paging)
        .await
        .unwrap();
    page.items
        .iter()
        .rev()
        .map(|message| message.kind)
        .collect()
}

/// Cancels a competition as its organizer.
async fn cancel_competition(app: &App, competition: &CompetitionView) {
    let organizer = Actor {
        email_confirmed: true,
        ..Actor::new(competition.organizer_id, Role::Organizer)
    };
    let input = CompetitionInput {
        status: CompetitionStatus::Cancelled,
        ..CompetitionInput::from(competition)
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer, competition.id, input, None)
        .await
        .unwrap();
}

async fn a_late_confirmation_comes_before_the_cancellation(app: App) {
    let competition = app.competition(5, false).await;
    let participant = app.participants(1).await[0];
    let id = register(&app, participant, competition.id).await;
    let late = claim_as_slow_worker(&app, job_kinds::CONFIRMATION, 1).await;
    app.clock.advance(TimeDelta::seconds(1));
    app.services
        .registrations
        .cancel(participant, id)
        .await
        .unwrap();
    app.run_ready_jobs().await;
    let expected = [MessageKind::Confirmation, MessageKind::Cancellation];
    assert_eq!(
        mailbox(&app, participant).await,
        expected,
        "the confirmation is written with the cancellation at the latest"
    );
    app.clock.advance(TimeDelta::seconds(1));
    give_back(&app, &late).await;
    app.run_jobs_with_retries().await;
    assert_eq!(
        mailbox(&app, participant).await,
        expected,
        "exactly one confirmation"
    );
    let message = &app.messages(MessageKind::Confirmation).await[0];
    assert!(
        message.body.contains("registration was cancelled since"),
        "{}",
        message.body
    );
}

async fn a_late_waitlist_message_comes_before_the_promotion(app: App) {
    let competition = app.competition(1, true).await;
    let participants = app.participants(3).await;
    let first = register(&app, participants[0], competition.id).await;
    app.run_jobs_with_retries().await;
    register(&app, participants[1], competition.id).await;
    let last = register(&app, participants[2], competition.id).await;
    let late = claim_as_slow_worker(&app, job_kinds::WAITLIST, 2).await;
    app.clock.advance(TimeDelta::seconds(1));
    let registrations = &app.services.registrations;
    registrations.cancel(participants[0], first).await.unwrap();
    registrations.cancel(participants[2], last).await.unwrap();
    app.run_ready_jobs().await;
    app.clock.advance(TimeDelta::seconds(1));
    give_back(&app, &late).await;
    app.run_jobs_with_retries().await;
    let promoted = [MessageKind::Waitlist, MessageKind::Promotion];
    assert_eq!(mailbox(&app, participants[1]).await, promoted);
    let cancelled = [MessageKind::Waitlist, MessageKind::Cancellation];
    assert_eq!(mailbox(&app, participants[2]).await, cancelled);
    let messages = app.messages(MessageKind::Waitlist).await;
    let message = messages
        .iter()
        .find(|message| message.user_id == participants[2].id)
        .unwrap();
    assert!(
        message.body.contains("1 person ahead of you"),
        "{}",
        message.body
    );
}

async fn a_late_confirmation_comes_before_the_cancellation_of_the_competition(app: App) {
    let competition = app.competition(5, false).await;
    let participant = app.participants(1).await[0];
    register(&app, participant, competition.id).await;
    let late = claim_as_slow_worker(&app, job_kinds::CONFIRMATION, 1).await;
    app.clock.advance(TimeDelta::seconds(1));
    cancel_competition(&app, &competition).await;
    app.run_ready_jobs().await;
    app.clock.advance(TimeDelta::seconds(1));
    give_back(&app, &late).await;
    app.run_jobs_with_retries().await;
    let expected = [MessageKind::Confirmation, MessageKind::Cancellation];
    assert_eq!(mailbox(&app, participant).await, expected);
    let live = app
        .services
        .registrations
        .live(participant, competition.id)
        .await
        .unwrap();
    assert_ne!(
        live.unwrap().status.to_string(),
        "PENDING",
        "the confirmation job is done nevertheless"
    );
}

async fn a_failed_confirmation_is_not_written_after_the_cancellation(app: App) {
    use sea_orm::ConnectionTrait;
    let competition = app.competition(5, false).await;
    let participant = app.participants(1).await[0];
    let id = register(&app, participant, competition.id).await;
    let connection = app.database().write();
    let make_unreadable = "UPDATE outbox_jobs SET payload = '{}'";
    connection
        .execute_unprepared(make_unreadable)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    assert_eq!(app.failed_jobs().await.len(), 1);
    app.services
        .registrations
        .cancel(participant, id)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;

    let payload = serde_json::json!({
        "registrationId": id, "userId": participant.id, "competitionId": competition.id,
    });
    let correct = format!("UPDATE failed_jobs SET payload = '{payload}'");
    connection.execute_unprepared(&correct).await.unwrap();
    let admin = Actor::from(&app.account("Root", Role::Admin).await);
    let dead_letter = app.failed_jobs().await[0].id;
    app.services
        .operations
        .retry(admin, &Selection::One(dead_letter))
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    assert!(app.failed_jobs().await.is_empty());
    assert_eq!(
        mailbox(&app, participant).await,
        [MessageKind::Cancellation]
    );
}

async fn a_cancellation_is_dated_after_the_confirmation_even_if_the_clock_is_behind(app: App) {
    let competition = app.competition(5, false).await;
    let participant = app.participants(1).await[0];
    let id = register(&app, participant, competition.id).await;
    app.run_jobs_with_retries().await;
    // The process that cancels has a clock behind that of the process that wrote the confirmation.
    app.clock.advance(TimeDelta::seconds(-20));
    app.services
        .registrations
        .cancel(participant, id)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    let expected = [MessageKind::Confirmation, MessageKind::Cancellation];
    assert_eq!(mailbox(&app, participant).await, expected);
}

/// Starts an SMTP server, and an application that sends through it.
async fn app_with_smtp_server(backend: Backend) -> (App, FakeSmtpServer) {
    let server = FakeSmtpServer::start().await;
    let url = format!("--smtp-url={}", server.url());
    let arguments = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--public-url=https://compete.test",
    ];
    (
        spawn_app_with(Storage::create(backend).await, &arguments).await,
        server,
    )
}

async fn a_retried_confirmation_mail_is_not_sent_after_the_cancellation(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(5, false).await;
    let participant = app.participants(1).await[0];
    let id = register(&app, participant, competition.id).await;
    server.set_mode(SmtpMode::Busy);
    wait_until("the confirmation mail was tried", || async {
        app.run_ready_jobs().await;
        !app.messages(MessageKind::Confirmation).await.is_empty()
    })
    .await;
    server.set_mode(SmtpMode::Normal);
    app.services
        .registrations
        .cancel(participant, id)
        .await
        .unwrap();
    app.run_ready_jobs().await;
    app.run_jobs_with_retries().await;
    let subjects: Vec<_> = server
        .received()
        .iter()
        .map(|mail| mail.header("subject").unwrap())
        .collect();
    assert_eq!(
        subjects,
        ["Registration cancelled: Spring Sprint".to_owned()]
    );
}
