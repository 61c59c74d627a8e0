//! Push messages to browsers, through a push service in the test process.

mod choices;
mod of_no_use;
mod subscriptions;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionId, CompetitionView, Language, MessageKind, Role, UserView,
        forms::CompetitionInput,
    },
    ops::Clock,
    store::entity::push_subscription,
};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use crate::{
    harness::{
        App, Backend, Client, FakePushService, Program, PushDevice, PushMode, Storage,
        spawn_app_with, spawn_app_with_clock, wait_until,
    },
    on_both_backends, on_both_backends_with,
};

on_both_backends_with!(
    app_with_push_service:
    a_promotion_is_pushed_once_and_the_browser_can_read_it,
    a_reminder_is_pushed_in_the_language_of_the_account,
    a_reminder_of_an_opening_is_pushed,
    a_confirmation_is_not_pushed,
    what_has_become_untrue_is_not_pushed,
    a_subscription_that_has_ended_at_the_push_service_is_removed,
    a_busy_push_service_gets_the_message_later_and_once,
    a_push_service_that_says_when_is_not_asked_before,
    a_message_that_is_too_large_is_sent_without_its_body,
    a_redirect_of_a_push_service_is_not_followed,
    a_stored_address_that_is_not_public_gets_nothing,
);

on_both_backends!(without_settings_nothing_is_pushed_or_offered,);

/// The settings of an installation that sends push messages to the machine of the test.
const SETTINGS: [(&str, &str); 3] = [
    ("WEB_PUSH", "on"),
    ("VAPID_SUBJECT", "mailto:ops@club.test"),
    ("WEBHOOK_ALLOW_PRIVATE", "on"),
];

fn arguments() -> Vec<String> {
    let flag = |name: &str| name.to_lowercase().replace('_', "-");
    let argument = |(name, value): &(&str, &str)| format!("--{}={value}", flag(name));
    SETTINGS.iter().map(argument).collect()
}

/// Starts a push service, and an application that may send to it.
async fn app_with_push_service(backend: Backend) -> (App, FakePushService) {
    let arguments = arguments();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let app = spawn_app_with(Storage::create(backend).await, &arguments).await;
    (app, FakePushService::start().await)
}

/// A person who is logged in in a browser.
struct Person {
    account: UserView,
    browser: Client,
}

impl Person {
    async fn new(app: &App, name: &str) -> Self {
        let account = app.account(name, Role::Participant).await;
        let browser = log_in(app, &account).await;
        Self { account, browser }
    }

    fn actor(&self) -> Actor {
        Actor::from(&self.account)
    }
}

async fn log_in(app: &App, account: &UserView) -> Client {
    let browser = app.client();
    browser.log_in(&account.email).await;
    browser
}

async fn subscribed(client: &Client, service: &FakePushService) -> PushDevice {
    let device = service.device().await;
    let reply = device.subscribe(client).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.json()["endpoint"], device.endpoint.as_str());
    device
}

async fn subscriptions(client: &Client) -> Vec<Value> {
    let reply = client.get("/api/v1/me/push").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["subscriptions"].as_array().unwrap().clone()
}

/// Fills a competition with one seat, and puts people on its waitlist. Returns it with the participant in the seat.
async fn full_competition(app: &App, waiting: &[Actor]) -> (CompetitionView, Actor) {
    let competition = app.competition(1, true).await;
    let seated = app.participants(1).await;
    app.register_all(&seated, competition.id).await;
    for actor in waiting {
        app.register_all(&[*actor], competition.id).await;
    }
    app.run_jobs_with_retries().await;
    (competition, seated[0])
}

async fn cancel(app: &App, actor: Actor, competition: CompetitionId) {
    let registrations = &app.services.registrations;
    let live = registrations.live(actor, competition).await.unwrap();
    registrations
        .cancel(actor, live.unwrap().registration_id)
        .await
        .unwrap();
}

/// Lets a person move up from the waitlist of a new competition.
async fn promote(app: &App, person: &Person) -> CompetitionView {
    let (competition, seated) = full_competition(app, &[person.actor()]).await;
    cancel(app, seated, competition.id).await;
    competition
}

async fn a_promotion_is_pushed_once_and_the_browser_can_read_it(
    app: App,
    service: FakePushService,
) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    let key = ada.browser.get("/api/v1/me/push").await.json()["publicKey"].clone();
    let competition = promote(&app, &ada).await;
    app.run_jobs_with_retries().await;

    let received = service.received();
    assert_eq!(received.len(), 1);
    let push = &received[0];
    let opened = device.open(push).await;
    assert_eq!(
        opened["key"], key,
        "the key with which the browser subscribed"
    );
    assert_eq!(opened["header"]["alg"], "ES256");
    assert_eq!(opened["claims"]["aud"], service.origin());
    assert_eq!(opened["claims"]["sub"], "mailto:ops@club.test");
    let valid = opened["claims"]["exp"].as_i64().unwrap() - app.clock.now().timestamp();
    assert!((1..=24 * 60 * 60).contains(&valid), "{valid}");
    let content = &opened["content"];
    assert_eq!(content["title"], "A seat for you: Spring Sprint");
    let body = content["body"].as_str().unwrap();
    assert!(
        body.starts_with("A seat in Spring Sprint opened") && body.contains("9 January 2030"),
        "{body}"
    );
    assert_eq!(
        (&content["lang"], &content["dir"]),
        (&json!("en"), &json!("ltr"))
    );
    let live = app
        .services
        .registrations
        .live(ada.actor(), competition.id)
        .await;
    let path = format!(
        "/me/registrations/{}",
        live.unwrap().unwrap().registration_id
    );
    assert_eq!(content["path"], path.as_str());
    let message = app.messages(MessageKind::Promotion).await.remove(0);
    assert_eq!(content["tag"], message.id.to_string());
    assert_eq!(push.header("content-encoding"), "aes128gcm");
    assert_eq!(push.header("urgency"), "high");
    assert_eq!(push.header("topic").len(), 32);
    let until_start = (competition.starts_at - app.clock.now()).num_seconds();
    let ttl: i64 = push.header("ttl").parse().unwrap();
    assert!(
        (until_start..until_start + 120).contains(&ttl),
        "{ttl} of {until_start}"
    );
    assert!(subscriptions(&ada.browser).await[0]["lastUsedAt"].is_string());

    app.lose_queues().await;
    app.run_jobs_with_retries().await;
    assert_eq!(service.received().len(), 1, "once");
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_reminder_is_pushed_in_the_language_of_the_account(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    let preferences = &app.services.preferences;
    preferences
        .set_language(ada.actor(), Language::German)
        .await
        .unwrap();
    let competition = app.competition(3, false).await;
    app.register_all(&[ada.actor()], competition.id).await;
    app.run_jobs_with_retries().await;
    app.clock.advance(TimeDelta::days(7));
    for _ in 0..2 {
        app.run_scheduled_tasks().await;
        app.run_jobs_with_retries().await;
    }
    let received = service.received();
    assert_eq!(received.len(), 1, "one reminder");
    let content = device.open(&received[0]).await["content"].clone();
    let message = app.messages(MessageKind::Reminder).await.remove(0);
    assert_eq!(content["title"], message.subject.as_str());
    assert_eq!(content["title"], "Bald: Spring Sprint");
    assert!(
        content["body"].as_str().unwrap().contains("9. Januar 2030"),
        "{content}"
    );
    assert_eq!(
        (&content["lang"], received[0].header("urgency")),
        (&json!("de"), "normal")
    );
}

async fn a_reminder_of_an_opening_is_pushed(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    let organizer = Actor::from(&app.account("Org", Role::Organizer).await);
    let input = CompetitionInput {
        opens_at: Some(app.clock.now() + TimeDelta::hours(2)),
        ..app.competition_input(5, false)
    };
    let competition = app
        .services
        .competitions
        .create(organizer, input)
        .await
        .unwrap();
    let reminders = &app.services.opening_reminders;
    reminders
        .want(ada.actor(), competition.id, true)
        .await
        .unwrap();
    app.clock.advance(TimeDelta::minutes(110));
    app.run_scheduled_tasks().await;
    app.run_jobs_with_retries().await;
    let received = service.received();
    assert_eq!(received.len(), 1);
    let content = device.open(&received[0]).await["content"].clone();
    assert_eq!(content["path"], format!("/competitions/{}", competition.id));
    assert_eq!(content["title"], "Registration opens soon: Spring Sprint");
    let ttl: u64 = received[0].header("ttl").parse().unwrap();
    assert!(ttl <= 600, "of no use after the opening: {ttl}");
}

async fn a_confirmation_is_not_pushed(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    subscribed(&ada.browser, &service).await;
    full_competition(&app, &[ada.actor()]).await;
    let competition = app.competition(1, false).await;
    app.register_all(&[ada.actor()], competition.id).await;
    app.run_jobs_with_retries().await;
    assert!(service.received().is_empty(), "the page says so already");
}

async fn what_has_become_untrue_is_not_pushed(app: App, service: FakePushService) {
    let mut waiting = Vec::new();
    for name in ["Ada", "Bob", "Cleo"] {
        let person = Person::new(&app, name).await;
        let device = subscribed(&person.browser, &service).await;
        let (competition, seated) = full_competition(&app, &[person.actor()]).await;
        waiting.push((person, device, competition.id, seated));
    }
    service.set_mode(PushMode::Answers(503));
    for (_, _, competition, seated) in &waiting {
        cancel(&app, *seated, *competition).await;
    }
    app.run_ready_jobs().await;
    let devices: Vec<_> = waiting.iter().map(|(_, device, ..)| device).collect();
    assert_eq!(service.counts(&devices), [1, 1, 1], "tried");
    // Each message waits for its next attempt: Ada cancels, Bob reads it on the page, and Cleo's stays true.
    let [(ada, _, competition, _), (bob, ..), _] = waiting.as_slice() else {
        unreachable!("three people");
    };
    cancel(&app, ada.actor(), *competition).await;
    let messages = app.messages(MessageKind::Promotion).await;
    let of_bob = messages.iter().find(|it| it.user_id == bob.account.id);
    let mailbox = &app.services.mailbox;
    mailbox
        .mark_read(bob.actor(), of_bob.unwrap().id)
        .await
        .unwrap();
    service.set_mode(PushMode::Accepts);
    app.run_jobs_with_retries().await;
    assert_eq!(service.counts(&devices), [1, 1, 2]);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_subscription_that_has_ended_at_the_push_service_is_removed(
    app: App,
    service: FakePushService,
) {
    let ada = Person::new(&app, "Ada").await;
    for status in [404, 410] {
        service.set_mode(PushMode::Answers(status));
        let device = subscribed(&ada.browser, &service).await;
        promote(&app, &ada).await;
        app.run_jobs_with_retries().await;
        assert_eq!(service.counts(&[&device]), [1]);
        assert!(subscriptions(&ada.browser).await.is_empty(), "{status}");
    }
    service.set_mode(PushMode::Accepts);
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    assert_eq!(service.received().len(), 2, "nothing more is sent");
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_busy_push_service_gets_the_message_later_and_once(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    for status in [429, 500, 503] {
        service.set_mode(PushMode::Answers(status));
        let before = service.received().len();
        promote(&app, &ada).await;
        app.run_ready_jobs().await;
        assert_eq!(service.received().len(), before + 1, "{status}");
        assert_eq!(app.open_jobs().await, 1, "it waits");
        app.run_ready_jobs().await;
        assert_eq!(service.received().len(), before + 1, "not at once");
        service.set_mode(PushMode::Accepts);
        app.run_jobs_with_retries().await;
        assert_eq!(service.received().len(), before + 2);
    }
    assert_eq!(subscriptions(&ada.browser).await.len(), 1);
    assert_eq!(service.counts(&[&device]), [6]);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_push_service_that_says_when_is_not_asked_before(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    let tries = async || {
        app.run_relay().await;
        app.run_ready_jobs().await;
        service.received().len()
    };
    // The last one would put the message off until it is of no use: an hour is the longest.
    for (status, asked, minutes) in [(429, "600", 10), (503, "", 10), (503, "31536000", 60)] {
        let before = service.received().len();
        let date = (app.clock.now() + TimeDelta::minutes(minutes)).to_rfc2822();
        let retry_after = match asked {
            "" => date.replace("+0000", "GMT"),
            seconds => seconds.to_owned(),
        };
        service.set_mode(PushMode::Busy(status, retry_after.clone()));
        promote(&app, &ada).await;
        assert_eq!(tries().await, before + 1, "{retry_after}");
        service.set_mode(PushMode::Accepts);
        app.clock.advance(TimeDelta::minutes(minutes - 2));
        for _ in 0..3 {
            app.lose_queues().await;
            assert_eq!(tries().await, before + 1, "not before: {retry_after}");
        }
        app.clock.advance(TimeDelta::minutes(5));
        assert_eq!(tries().await, before + 2, "{retry_after}");
        assert_eq!(app.open_jobs().await, 0);
    }
    assert_eq!(service.counts(&[&device]), [6]);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_message_that_is_too_large_is_sent_without_its_body(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    service.set_mode(PushMode::AcceptsUpTo(340));
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    let received = service.received();
    assert_eq!(received.len(), 2);
    let content = device.open(&received[1]).await["content"].clone();
    assert_eq!(
        (&content["title"], &content["body"]),
        (&json!("A seat for you: Spring Sprint"), &json!(""))
    );
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_redirect_of_a_push_service_is_not_followed(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    subscribed(&ada.browser, &service).await;
    let elsewhere = FakePushService::start().await;
    service.set_mode(PushMode::Redirects(format!(
        "{}/secret",
        elsewhere.origin()
    )));
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    assert_eq!(
        (service.received().len(), elsewhere.received().len()),
        (1, 0)
    );
    let dead = app.failed_jobs().await;
    assert_eq!((dead.len(), dead[0].kind.as_str()), (1, "push"));
    assert!(
        dead[0].error.contains("answered 307") && !dead[0].error.contains("/send/"),
        "{}",
        dead[0].error
    );
}

async fn a_stored_address_that_is_not_public_gets_nothing(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    subscribed(&ada.browser, &service).await;
    let clock = app.clock.clone();
    let storage = app.shut_down().await;
    // The same installation without the setting for tests.
    let arguments = ["--web-push=on", "--vapid-subject=mailto:ops@club.test"];
    let app = spawn_app_with_clock(clock, storage, &arguments).await;
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    assert!(service.received().is_empty());
    let rows = push_subscription::Entity::find()
        .count(app.database().read())
        .await;
    assert_eq!(rows.unwrap(), 0, "nothing can be sent to it");
    assert!(app.failed_jobs().await.is_empty());
}

async fn without_settings_nothing_is_pushed_or_offered(app: App) {
    let ada = Person::new(&app, "Ada").await;
    let service = FakePushService::start().await;
    let push = ada.browser.get("/api/v1/me/push").await.json();
    assert_eq!(push, json!({ "publicKey": null, "subscriptions": [] }));
    let reply = service.device().await.subscribe(&ada.browser).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem()),
        (404, "not-found".to_owned())
    );
    let profile = ada.browser.get("/me/profile").await;
    assert!(!profile.text.contains("push.js"));
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    assert_eq!(app.messages(MessageKind::Promotion).await.len(), 1);
    let clock = app.clock.clone();
    let storage = app.shut_down().await;
    let arguments = ["--public-url=https://compete.test"];
    let app = spawn_app_with_clock(clock, storage, &arguments).await;
    let key = app
        .services
        .push_subscriptions
        .of(ada.actor())
        .await
        .unwrap();
    assert!(key.public_key.is_some(), "on by itself with https");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_after_a_push_message_sends_it_again_for_the_same_notification() {
    let storage = Storage::create(Backend::Postgres).await;
    let arguments = arguments();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let app = spawn_app_with_clock(Clock::system(), storage, &arguments).await;
    let service = FakePushService::start().await;
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    promote(&app, &ada).await;
    // The time until other workers consider the job of the killed worker abandoned.
    let short_timeout = ("JOB_TIMEOUT_SECONDS", "1");
    let worker = |more: &[(&str, &str)]| {
        Program::worker_with(
            &app.storage,
            &[&SETTINGS[..], &[short_timeout], more].concat(),
        )
    };
    let mut killed = worker(&[("MC_FAILPOINT", "after-effect")]);
    killed.wait_for_log("failpoint reached").await;
    killed.kill().await;
    assert_eq!(
        service.received().len(),
        1,
        "the push service has the message"
    );
    let next = worker(&[]);
    wait_until("no job is open", || async { app.open_jobs().await == 0 }).await;
    let received = service.received();
    assert_eq!(received.len(), 2, "at least once, as mail is");
    assert_eq!(received[0].header("topic"), received[1].header("topic"));
    let (first, second) = (
        device.open(&received[0]).await,
        device.open(&received[1]).await,
    );
    assert_eq!(
        first["content"], second["content"],
        "browsers show the same notification"
    );
    assert!(next.terminate().await);
}
