//! Webhooks: what organizers' programs are told, with a receiver in the test process. The library `standardwebhooks`
//! verifies what it receives, since it shares no code with the application.

mod addresses;
mod crashes;
mod failures;
mod secrets;

use std::collections::HashSet;

use chrono::{TimeDelta, Utc};
use mini_compete::{
    domain::{Actor, accounts::Origin},
    model::{
        CompetitionId, CompetitionStatus, Role, UserView,
        forms::{CompetitionInput, CompetitionPatch, ConfirmPasswordForm, DivisionInput},
    },
    ops::Clock,
    store::{
        TimeLimits,
        entity::{webhook, webhook_delivery},
    },
};
use reqwest::Method;
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::{
    harness::{
        App, Backend, Client, FakePushService, PASSWORD, PushMode, Storage, set_role,
        spawn_app_with_clock, wait_for_lock_waiter,
    },
    on_both_backends_with,
};

/// A server that receives what is sent to webhooks. What is posted to it is of no matter to it.
type Receiver = FakePushService;
/// A request that it has received.
type Received = crate::harness::ReceivedPush;

on_both_backends_with!(
    app_with_receiver:
    each_event_is_delivered_once_with_a_valid_signature,
    a_webhook_gets_the_events_that_it_wants_of_its_owner_alone,
    edits_pauses_divisions_and_a_deletion_are_told_and_a_new_draft_is_not,
    nothing_is_sent_for_a_disabled_or_demoted_organizer,
    a_deleted_webhook_gets_nothing_that_waits,
    deliveries_are_listed_in_parts_and_kept_for_two_weeks,
    webhooks_are_of_one_account_and_bounded_in_number,
    the_webhooks_of_a_deleted_account_are_deleted,
);

/// The settings of an installation that sends to the machine of the test, and retries soon.
const ARGUMENTS: [&str; 3] = [
    "--webhook-allow-private=on",
    "--mail-retry-base-ms=1000",
    "--mail-max-retries=3",
];

/// Starts a receiver, and an application that may send to it. Its clock starts with the present time, since receivers
/// refuse old requests.
async fn app_with_receiver(backend: Backend) -> (App, Receiver) {
    let clock = Clock::manual(Utc::now());
    let app = spawn_app_with_clock(clock, Storage::create(backend).await, &ARGUMENTS).await;
    (app, Receiver::start().await)
}

/// An organizer with a program that calls the API.
struct Organizer {
    account: UserView,
    api: Client,
}

/// A webhook, as its creation has returned it.
struct Hook {
    id: String,
    secret: String,
}

impl Organizer {
    async fn new(app: &App, name: &str) -> Self {
        let account = app.account(name, Role::Organizer).await;
        let token = app.token(Actor::from(&account)).await;
        let api = app.client().with_token(token);
        Self { account, api }
    }

    /// Returns the organizer with a new access token: one is valid for 15 minutes.
    async fn logged_in(&self, app: &App) -> Self {
        let account = self.account.clone();
        let token = app.token(Actor::from(&account)).await;
        let api = app.client().with_token(token);
        Self { account, api }
    }

    fn actor(&self) -> Actor {
        Actor::from(&self.account)
    }

    /// Creates a webhook at the receiver; without events it gets all of them.
    async fn webhook(&self, receiver: &Receiver, events: Option<&[&str]>) -> Hook {
        let url = format!("{}/hook", receiver.origin());
        let body = match events {
            Some(events) => json!({ "url": url, "events": events }),
            None => json!({ "url": url }),
        };
        let reply = self.api.post_json("/api/v1/webhooks", &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let created = reply.json();
        Hook {
            id: text(&created["id"]),
            secret: text(&created["secret"]),
        }
    }

    async fn webhooks(&self) -> Vec<Value> {
        let listed = self.api.get("/api/v1/webhooks").await.json();
        listed["items"].as_array().unwrap().clone()
    }

    async fn deliveries(&self, hook: &Hook) -> Vec<Value> {
        let path = format!("/api/v1/webhooks/{}/deliveries", hook.id);
        let reply = self.api.get(&path).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["items"].as_array().unwrap().clone()
    }

    async fn replay(&self, hook: &Hook, delivery: &Value) {
        let id = text(&delivery["id"]);
        let path = format!("/api/v1/webhooks/{}/deliveries/{id}/replay", hook.id);
        let reply = self.api.send(self.api.request(Method::POST, &path)).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn body(received: &Received) -> Value {
    serde_json::from_slice(&received.body).unwrap()
}

/// Returns what a request says to have happened, and to which status.
fn told(received: &Received) -> String {
    let body = body(received);
    format!("{} {}", text(&body["type"]), text(&body["data"]["status"]))
}

/// Verifies every request, and returns what they tell, in the order of the alphabet.
fn verified(receiver: &Receiver, hook: &Hook) -> Vec<String> {
    let webhook = Webhook::new(&hook.secret).unwrap();
    let received = receiver.received();
    for request in &received {
        webhook.verify(&request.body, &request.headers).unwrap();
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.path, "/hook");
    }
    let mut told: Vec<_> = received.iter().map(told).collect();
    told.sort();
    told
}

async fn cancel(app: &App, actor: Actor, competition: CompetitionId) {
    let registrations = &app.services.registrations;
    let live = registrations.live(actor, competition).await.unwrap();
    let id = live.unwrap().registration_id;
    registrations.cancel(actor, id).await.unwrap();
}

/// Lets one participant register for a new competition.
async fn register_one(app: &App, organizer: &Organizer) -> CompetitionId {
    let competition = app.competition_of(&organizer.account, 5, false).await.id;
    app.register_all(&app.participants(1).await, competition)
        .await;
    competition
}

async fn stored(app: &App) -> u64 {
    let rows = webhook_delivery::Entity::find().count(app.database().read());
    rows.await.unwrap()
}

async fn each_event_is_delivered_once_with_a_valid_signature(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, None).await;
    let competition = app.competition_of(&olga.account, 1, true).await;
    let people = app.participants(2).await;
    app.register_all(&people[..1], competition.id).await;
    app.register_all(&people[1..], competition.id).await;
    app.run_jobs_with_retries().await;
    cancel(&app, people[0], competition.id).await;
    app.run_jobs_with_retries().await;

    let expected = [
        "registration.cancelled CANCELLED",
        "registration.confirmed CONFIRMED",
        "registration.confirmed CONFIRMED",
        "registration.created PENDING",
        "registration.created WAITLISTED",
        "registration.promoted PENDING",
    ];
    assert_eq!(verified(&receiver, &hook), expected);
    let received = receiver.received();
    let ids: HashSet<_> = received.iter().map(|it| it.header("webhook-id")).collect();
    assert_eq!(ids.len(), expected.len(), "each event has an id of its own");
    let waiting = received
        .iter()
        .map(body)
        .find(|body| body["data"]["status"] == "WAITLISTED")
        .unwrap();
    let live = app.services.registrations.live(people[1], competition.id);
    let live = live.await.unwrap().unwrap();
    assert_eq!(
        waiting["data"]["registrationId"],
        live.registration_id.to_string()
    );
    assert_eq!(waiting["data"]["userId"], people[1].id.to_string());
    assert_eq!(waiting["data"]["competitionId"], competition.id.to_string());
    assert_eq!(waiting["data"]["waitlistPosition"], 1);
    assert_eq!(waiting["timestamp"], waiting["data"]["registeredAt"]);
    // Nothing about people but their ids.
    let all: String = received.iter().map(|it| body(it).to_string()).collect();
    assert!(
        !all.contains("example.test") && !all.contains("Person"),
        "{all}"
    );

    let deliveries = olga.deliveries(&hook).await;
    assert_eq!(deliveries.len(), expected.len());
    for delivery in &deliveries {
        assert_eq!(delivery["status"], "DELIVERED", "{delivery}");
        assert_eq!(delivery["attempts"], 1);
        assert_eq!(delivery["responseStatus"], 201);
        let sent = received
            .iter()
            .find(|it| it.header("webhook-id") == delivery["eventId"]);
        assert_eq!(delivery["payload"], body(sent.unwrap()));
    }
    app.lose_queues().await;
    app.run_jobs_with_retries().await;
    assert_eq!(receiver.received().len(), expected.len(), "once");
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_webhook_gets_the_events_that_it_wants_of_its_owner_alone(app: App, receiver: Receiver) {
    let (olga, otto) = (
        Organizer::new(&app, "Olga").await,
        Organizer::new(&app, "Otto").await,
    );
    let hook = olga
        .webhook(&receiver, Some(&["registration.cancelled"]))
        .await;
    let foreign = register_one(&app, &otto).await;
    app.run_jobs_with_retries().await;
    let edit = CompetitionPatch::status(CompetitionStatus::Cancelled);
    let competitions = &app.services.competitions;
    competitions
        .edit(otto.actor(), foreign, edit, None)
        .await
        .unwrap();
    let own = app.competition_of(&olga.account, 5, false).await.id;
    let people = app.participants(1).await;
    app.register_all(&people, own).await;
    app.run_jobs_with_retries().await;
    assert_eq!(stored(&app).await, 0, "nobody wants to know it");
    cancel(&app, people[0], own).await;
    app.run_jobs_with_retries().await;
    assert_eq!(
        verified(&receiver, &hook),
        ["registration.cancelled CANCELLED"]
    );
    assert_eq!(stored(&app).await, 1);
}

async fn edits_pauses_divisions_and_a_deletion_are_told_and_a_new_draft_is_not(
    app: App,
    receiver: Receiver,
) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, None).await;
    let competitions = &app.services.competitions;
    let draft = CompetitionInput {
        status: CompetitionStatus::Draft,
        ..app.competition_input(5, false)
    };
    let actor = olga.actor();
    let id = competitions.create(actor, draft).await.unwrap().id;
    app.run_jobs_with_retries().await;
    assert_eq!(stored(&app).await, 0);

    let publish = CompetitionPatch::status(CompetitionStatus::Published);
    competitions.edit(actor, id, publish, None).await.unwrap();
    competitions.pause(actor, id).await.unwrap();
    let division = DivisionInput {
        name: "A".to_owned(),
        ..DivisionInput::default()
    };
    competitions
        .add_division(actor, id, division)
        .await
        .unwrap();
    competitions.delete(actor, id, None).await.unwrap();
    app.run_jobs_with_retries().await;
    assert_eq!(
        verified(&receiver, &hook),
        ["competition.changed PUBLISHED"; 4]
    );
    let received = receiver.received();
    let mut told: Vec<_> = received
        .iter()
        .map(body)
        .map(|body| {
            let data = &body["data"];
            assert_eq!(data["competitionId"], id.to_string());
            (
                data["version"].as_i64().unwrap(),
                data["paused"] == true,
                data["deleted"] == true,
            )
        })
        .collect();
    told.sort();
    let flags: Vec<_> = told
        .iter()
        .map(|(_, paused, deleted)| (*paused, *deleted))
        .collect();
    assert_eq!(
        flags,
        [(false, false), (true, false), (true, false), (true, true)]
    );
}

async fn nothing_is_sent_for_a_disabled_or_demoted_organizer(app: App, receiver: Receiver) {
    use mini_compete::domain::accounts::Initiator;
    let olga = Organizer::new(&app, "Olga").await;
    olga.webhook(&receiver, None).await;
    let competition = app.competition_of(&olga.account, 9, false).await.id;
    let register = async || {
        app.register_all(&app.participants(1).await, competition)
            .await;
    };
    set_role(&app, &olga.account, Role::Participant).await;
    register().await;
    app.run_jobs_with_retries().await;
    assert_eq!(stored(&app).await, 0, "demoted");

    set_role(&app, &olga.account, Role::Organizer).await;
    receiver.set_mode(PushMode::Answers(500));
    register().await;
    // The deliveries wait for their next attempt, and the account is disabled meanwhile.
    app.run_ready_jobs().await;
    assert_eq!(stored(&app).await, 2);
    app.services
        .accounts
        .set_disabled(&olga.account.email, true, Initiator::Operator("cli:test"))
        .await
        .unwrap();
    let before = receiver.received().len();
    app.run_jobs_with_retries().await;
    assert_eq!(receiver.received().len(), before);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_deleted_webhook_gets_nothing_that_waits(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, None).await;
    let competition = register_one(&app, &olga).await;
    let edit = CompetitionPatch::status(CompetitionStatus::Cancelled);
    let competitions = &app.services.competitions;
    competitions
        .edit(olga.actor(), competition, edit, None)
        .await
        .unwrap();
    assert_eq!(stored(&app).await, 1, "the edit waits");
    let path = format!("/api/v1/webhooks/{}", hook.id);
    let delete = || olga.api.request(Method::DELETE, &path);
    assert_eq!(olga.api.send(delete()).await.status, 204);
    assert_eq!(olga.api.send(delete()).await.status, 404);
    app.run_jobs_with_retries().await;
    assert!(receiver.received().is_empty());
    assert!(app.failed_jobs().await.is_empty());
    assert!(olga.webhooks().await.is_empty());
}

async fn deliveries_are_listed_in_parts_and_kept_for_two_weeks(app: App, receiver: Receiver) {
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga
        .webhook(&receiver, Some(&["registration.created"]))
        .await;
    let competition = app.competition_of(&olga.account, 60, false).await.id;
    app.register_all(&app.participants(60).await, competition)
        .await;
    app.run_jobs_with_retries().await;
    let path = format!("/api/v1/webhooks/{}/deliveries", hook.id);
    let first = olga.api.get(&path).await.json();
    let next = text(&first["next"]);
    let second = olga.api.get(&format!("{path}?after={next}")).await.json();
    assert_eq!(second["next"], Value::Null);
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|it| text(&it["id"])).collect()
    };
    let all = [ids(&first), ids(&second)].concat();
    assert_eq!((ids(&first).len(), all.len()), (50, 60));
    assert!(all.is_sorted_by(|a, b| a > b), "the newest first");
    let wrong = olga.api.get(&format!("{path}?after=last")).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);

    app.clock.advance(TimeDelta::days(13));
    app.run_scheduled_tasks().await;
    assert_eq!(stored(&app).await, 60);
    app.clock.advance(TimeDelta::days(2));
    app.run_scheduled_tasks().await;
    assert_eq!(stored(&app).await, 0);
}

async fn webhooks_are_of_one_account_and_bounded_in_number(app: App, receiver: Receiver) {
    let (olga, otto) = (
        Organizer::new(&app, "Olga").await,
        Organizer::new(&app, "Otto").await,
    );
    let hook = olga.webhook(&receiver, None).await;
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    let delivery = text(&olga.deliveries(&hook).await[0]["id"]);
    let base = format!("/api/v1/webhooks/{}", hook.id);
    for (method, path) in [
        (Method::DELETE, base.clone()),
        (Method::GET, format!("{base}/deliveries")),
        (Method::POST, format!("{base}/secret")),
        (Method::POST, format!("{base}/deliveries/{delivery}/replay")),
    ] {
        let reply = otto.api.send(otto.api.request(method, &path)).await;
        assert_eq!(reply.status, 404, "{path}");
    }
    let other = otto.webhook(&receiver, None).await;
    let path = format!("/api/v1/webhooks/{}/deliveries/{delivery}/replay", other.id);
    let reply = otto.api.send(otto.api.request(Method::POST, &path)).await;
    assert_eq!(reply.status, 404, "a delivery of another webhook");

    for _ in 1..10 {
        olga.webhook(&receiver, None).await;
    }
    let input = json!({ "url": format!("{}/hook", receiver.origin()) });
    let refused = olga.api.post_json("/api/v1/webhooks", &input).await;
    assert_eq!(
        (refused.status.as_u16(), olga.webhooks().await.len()),
        (422, 10)
    );
    let none = json!({ "url": "https://example.org/", "events": [] });
    let refused = olga.api.post_json("/api/v1/webhooks", &none).await;
    assert_eq!(refused.json()["errors"][0]["field"], "events");
    let unknown = json!({ "url": "https://example.org/", "events": ["everything"] });
    let refused = olga.api.post_json("/api/v1/webhooks", &unknown).await;
    assert_eq!(refused.status, 422);
}

async fn the_webhooks_of_a_deleted_account_are_deleted(app: App, receiver: Receiver) {
    let (olga, otto) = (
        Organizer::new(&app, "Olga").await,
        Organizer::new(&app, "Otto").await,
    );
    olga.webhook(&receiver, None).await;
    otto.webhook(&receiver, None).await;
    let form = ConfirmPasswordForm {
        password: PASSWORD.to_owned(),
    };
    let deletion = &app.services.account_deletion;
    deletion
        .delete(olga.actor(), &form, &Origin::default())
        .await
        .unwrap();
    let left = webhook::Entity::find().all(app.database().read());
    let left = left.await.unwrap();
    let owners: Vec<_> = left.iter().map(|row| row.user_id).collect();
    assert_eq!(owners, [otto.account.id]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_is_told_although_an_edit_came_in_between() {
    let (app, receiver) = app_with_receiver(Backend::Postgres).await;
    let olga = Organizer::new(&app, "Olga").await;
    let hook = olga.webhook(&receiver, None).await;
    let id = app.competition_of(&olga.account, 5, false).await.id;
    let database = app.database();
    // An edit that has read the row and is about to be committed, with the event of its version.
    let editing = database.begin_within(TimeLimits::LONG).await.unwrap();
    let sql = format!("UPDATE competitions SET version = version + 1 WHERE id = '{id}'");
    editing.execute_unprepared(&sql).await.unwrap();
    let edited = async {
        wait_for_lock_waiter(database).await;
        editing.commit().await.unwrap();
    };
    let deleting = app.services.competitions.delete(olga.actor(), id, None);
    let (deleted, ()) = tokio::join!(deleting, edited);
    deleted.unwrap();
    let told = &olga.deliveries(&hook).await[0]["payload"]["data"];
    assert_eq!(
        (&told["deleted"], &told["version"]),
        (&json!(true), &json!(2))
    );
}
