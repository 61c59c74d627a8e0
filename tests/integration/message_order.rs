//! Messages about a registration are in the order of what happened to it.

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
    both, both_with,
    harness::{App, Backend, Mode, Place, SmtpServer, spawn_app_with, until},
};

both!(
    a_late_confirmation_comes_before_the_cancellation,
    a_late_waitlist_message_comes_before_the_promotion,
    a_late_confirmation_comes_before_the_cancellation_of_the_competition,
    a_dead_confirmation_is_not_written_after_the_cancellation,
    a_cancellation_is_dated_after_the_confirmation_whatever_the_clocks_say,
);
both_with!(with_relay: a_mail_that_is_tried_again_does_not_follow_the_one_that_cancels,);

/// Claims the jobs of a kind, like a worker that is slow.
async fn claimed_by_a_slow_worker(app: &App, kind: JobKind, count: usize) -> Vec<Envelope> {
    let queue = &app.ports.queue;
    until("they are pushed", || async {
        queue.depth(Queues::REGISTRATION).await.unwrap().ready >= count as u64
    })
    .await;
    let all = queue
        .take(Queues::REGISTRATION, "slow", 1_000, Duration::ZERO)
        .await
        .unwrap();
    let name = format!("\"kind\":\"{kind}\"");
    let is_one = |envelope: &Envelope| String::from_utf8_lossy(&envelope.raw).contains(&name);
    let (these, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_one);
    assert_eq!(these.len(), count);
    queue
        .give_back(Queues::REGISTRATION, "slow", &others)
        .await
        .unwrap();
    these
}

async fn give_back(app: &App, jobs: &[Envelope]) {
    let queue = &app.ports.queue;
    queue
        .give_back(Queues::REGISTRATION, "slow", jobs)
        .await
        .unwrap();
}

async fn registered(app: &App, person: Actor, competition: CompetitionId) -> RegistrationId {
    app.register_all(&[person], competition).await;
    let registrations = &app.services.registrations;
    let live = registrations.live(person, competition).await.unwrap();
    live.unwrap().registration_id
}

/// Returns a participant's mailbox, the oldest message first.
async fn mailbox(app: &App, person: Actor) -> Vec<MessageKind> {
    let paging = Paging {
        page: 1,
        per_page: 50,
    };
    let page = app
        .services
        .mailbox
        .list(person, false, paging)
        .await
        .unwrap();
    page.items
        .iter()
        .rev()
        .map(|message| message.kind)
        .collect()
}

async fn call_off(app: &App, competition: &CompetitionView) {
    let organizer = Actor {
        id: competition.organizer_id,
        role: Role::Organizer,
        address: None,
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
    let person = app.people(1).await[0];
    let id = registered(&app, person, competition.id).await;
    let late = claimed_by_a_slow_worker(&app, job_kinds::CONFIRMATION, 1).await;
    app.clock.advance(TimeDelta::seconds(1));
    app.services.registrations.cancel(person, id).await.unwrap();
    app.work().await;
    let both = [MessageKind::Confirmation, MessageKind::Cancellation];
    assert_eq!(
        mailbox(&app, person).await,
        both,
        "at the cancellation at the latest"
    );
    app.clock.advance(TimeDelta::seconds(1));
    give_back(&app, &late).await;
    app.finish_off().await;
    assert_eq!(
        mailbox(&app, person).await,
        both,
        "exactly one confirmation"
    );
    let letter = &app.messages(MessageKind::Confirmation).await[0];
    assert!(
        letter.body.contains("cancelled this registration since"),
        "{}",
        letter.body
    );
}

async fn a_late_waitlist_message_comes_before_the_promotion(app: App) {
    let competition = app.competition(1, true).await;
    let people = app.people(3).await;
    let first = registered(&app, people[0], competition.id).await;
    app.finish_off().await;
    registered(&app, people[1], competition.id).await;
    let last = registered(&app, people[2], competition.id).await;
    let late = claimed_by_a_slow_worker(&app, job_kinds::WAITLIST, 2).await;
    app.clock.advance(TimeDelta::seconds(1));
    let registrations = &app.services.registrations;
    registrations.cancel(people[0], first).await.unwrap();
    registrations.cancel(people[2], last).await.unwrap();
    app.work().await;
    app.clock.advance(TimeDelta::seconds(1));
    give_back(&app, &late).await;
    app.finish_off().await;
    let promoted = [MessageKind::Waitlist, MessageKind::Promotion];
    assert_eq!(mailbox(&app, people[1]).await, promoted);
    let cancelled = [MessageKind::Waitlist, MessageKind::Cancellation];
    assert_eq!(mailbox(&app, people[2]).await, cancelled);
    let letters = app.messages(MessageKind::Waitlist).await;
    let hers = letters
        .iter()
        .find(|letter| letter.user_id == people[2].id)
        .unwrap();
    assert!(hers.body.contains("1 person ahead of you"), "{}", hers.body);
}

async fn a_late_confirmation_comes_before_the_cancellation_of_the_competition(app: App) {
    let competition = app.competition(5, false).await;
    let person = app.people(1).await[0];
    registered(&app, person, competition.id).await;
    let late = claimed_by_a_slow_worker(&app, job_kinds::CONFIRMATION, 1).await;
    app.clock.advance(TimeDelta::seconds(1));
    call_off(&app, &competition).await;
    app.work().await;
    app.clock.advance(TimeDelta::seconds(1));
    give_back(&app, &late).await;
    app.finish_off().await;
    let both = [MessageKind::Confirmation, MessageKind::Cancellation];
    assert_eq!(mailbox(&app, person).await, both);
    let live = app
        .services
        .registrations
        .live(person, competition.id)
        .await
        .unwrap();
    assert_ne!(
        live.unwrap().status.to_string(),
        "PENDING",
        "its job was done all the same"
    );
}

async fn a_dead_confirmation_is_not_written_after_the_cancellation(app: App) {
    use sea_orm::ConnectionTrait;
    let competition = app.competition(5, false).await;
    let person = app.people(1).await[0];
    let id = registered(&app, person, competition.id).await;
    let connection = app.database().write();
    let spoil = "UPDATE outbox_jobs SET payload = '{}'";
    connection.execute_unprepared(spoil).await.unwrap();
    app.finish_off().await;
    assert_eq!(app.failed_jobs().await.len(), 1);
    app.services.registrations.cancel(person, id).await.unwrap();
    app.finish_off().await;

    let payload = serde_json::json!({
        "registrationId": id, "userId": person.id, "competitionId": competition.id,
    });
    let mend = format!("UPDATE failed_jobs SET payload = '{payload}'");
    connection.execute_unprepared(&mend).await.unwrap();
    let admin = Actor::from(&app.account("Root", Role::Admin).await);
    let dead = app.failed_jobs().await[0].id;
    app.services
        .operations
        .retry(admin, &Selection::One(dead))
        .await
        .unwrap();
    app.finish_off().await;
    assert!(app.failed_jobs().await.is_empty());
    assert_eq!(mailbox(&app, person).await, [MessageKind::Cancellation]);
}

async fn a_cancellation_is_dated_after_the_confirmation_whatever_the_clocks_say(app: App) {
    let competition = app.competition(5, false).await;
    let person = app.people(1).await[0];
    let id = registered(&app, person, competition.id).await;
    app.finish_off().await;
    // The clock of the second process is behind that of the first, which confirmed.
    app.clock.advance(TimeDelta::seconds(-20));
    app.services.registrations.cancel(person, id).await.unwrap();
    app.finish_off().await;
    let both = [MessageKind::Confirmation, MessageKind::Cancellation];
    assert_eq!(mailbox(&app, person).await, both);
}

async fn with_relay(backend: Backend) -> (App, SmtpServer) {
    let relay = SmtpServer::start().await;
    let url = format!("--smtp-url={}", relay.url());
    let more = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--public-url=https://compete.test",
    ];
    (
        spawn_app_with(Place::fresh(backend).await, &more).await,
        relay,
    )
}

async fn a_mail_that_is_tried_again_does_not_follow_the_one_that_cancels(
    app: App,
    relay: SmtpServer,
) {
    let competition = app.competition(5, false).await;
    let person = app.people(1).await[0];
    let id = registered(&app, person, competition.id).await;
    relay.set(Mode::Busy);
    until("the confirmation was tried", || async {
        app.work().await;
        !app.messages(MessageKind::Confirmation).await.is_empty()
    })
    .await;
    relay.set(Mode::Normal);
    app.services.registrations.cancel(person, id).await.unwrap();
    app.work().await;
    app.finish_off().await;
    let subjects: Vec<_> = relay
        .received()
        .iter()
        .map(|mail| mail.header("subject").unwrap())
        .collect();
    assert_eq!(subjects, ["Cancelled: Spring Sprint".to_owned()]);
}
