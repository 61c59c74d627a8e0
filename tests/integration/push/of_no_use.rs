//! Messages that are of no use any more when they could be sent, and subscriptions of which the same is true.

use std::sync::Arc;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionId, CompetitionStatus, Role,
        forms::{CompetitionInput, CompetitionPatch},
    },
};
use serde_json::json;
use tokio::sync::Semaphore;

use super::{
    Person, app_with_push_service, arguments, cancel, full_competition, promote, subscribed,
    subscriptions,
};
use crate::{
    harness::{
        App, FakePushService, PushDevice, PushMode, process::SECRET, spawn_app_with_clock,
        wait_until,
    },
    on_both_backends_with,
};

on_both_backends_with!(
    app_with_push_service:
    a_seat_in_a_cancelled_competition_and_a_paused_opening_are_not_pushed,
    a_seat_in_a_competition_that_has_started_and_an_opening_of_the_past_are_not_pushed,
    a_subscription_of_the_previous_secret_is_served_with_its_key_until_that_is_forgotten,
    a_subscription_that_is_renewed_while_the_push_service_ends_it_stays,
);

/// Two people with a message that the push service does not take yet: one has a seat, the other waits for an opening.
struct Waiting {
    organizer: Actor,
    seat: CompetitionId,
    opening: CompetitionId,
    devices: [PushDevice; 2],
}

async fn waiting(app: &App, service: &FakePushService) -> Waiting {
    let organizer = Actor::from(&app.account("Org", Role::Organizer).await);
    let input = CompetitionInput {
        opens_at: Some(app.clock.now() + TimeDelta::hours(2)),
        ..app.competition_input(5, false)
    };
    let competitions = &app.services.competitions;
    let opening = competitions.create(organizer, input).await.unwrap().id;
    let seat = app.competition_input(1, true);
    let seat = competitions.create(organizer, seat).await.unwrap().id;
    let (ada, bob) = (Person::new(app, "Ada").await, Person::new(app, "Bob").await);
    let devices = [
        subscribed(&ada.browser, service).await,
        subscribed(&bob.browser, service).await,
    ];
    let wishes = &app.services.opening_reminders;
    wishes.want(bob.actor(), opening, true).await.unwrap();
    let seated = app.participants(1).await;
    app.register_all(&seated, seat).await;
    app.register_all(&[ada.actor()], seat).await;
    app.run_jobs_with_retries().await;
    app.clock.advance(TimeDelta::minutes(110));
    service.set_mode(PushMode::Answers(503));
    cancel(app, seated[0], seat).await;
    app.run_scheduled_tasks().await;
    app.run_ready_jobs().await;
    let waiting = Waiting {
        organizer,
        seat,
        opening,
        devices,
    };
    waiting.assert_counts(service);
    service.set_mode(PushMode::Accepts);
    waiting
}

impl Waiting {
    /// Asserts that the first attempts were the only ones.
    fn assert_counts(&self, service: &FakePushService) {
        let [ada, bob] = &self.devices;
        assert_eq!(service.counts(&[ada, bob]), [1, 1]);
    }
}

async fn a_seat_in_a_cancelled_competition_and_a_paused_opening_are_not_pushed(
    app: App,
    service: FakePushService,
) {
    let waiting = waiting(&app, &service).await;
    let competitions = &app.services.competitions;
    let (organizer, patch) = (
        waiting.organizer,
        CompetitionPatch {
            status: Some(CompetitionStatus::Cancelled),
            ..CompetitionPatch::default()
        },
    );
    let edited = competitions.edit(organizer, waiting.seat, patch, None);
    edited.await.unwrap();
    let paused = competitions.pause(organizer, waiting.opening).await;
    paused.unwrap();
    app.run_jobs_with_retries().await;
    waiting.assert_counts(&service);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_seat_in_a_competition_that_has_started_and_an_opening_of_the_past_are_not_pushed(
    app: App,
    service: FakePushService,
) {
    let waiting = waiting(&app, &service).await;
    app.clock.advance(TimeDelta::days(9));
    app.run_relay().await;
    app.run_jobs_with_retries().await;
    waiting.assert_counts(&service);
    assert!(app.failed_jobs().await.is_empty());
}

async fn a_subscription_of_the_previous_secret_is_served_with_its_key_until_that_is_forgotten(
    app: App,
    service: FakePushService,
) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    let key = ada.browser.get("/api/v1/me/push").await.json()["publicKey"].clone();
    let new = "the secret from now on, 32 bytes";
    let (clock, mut storage) = (app.clock.clone(), app.shut_down().await);
    for (previous, sent) in [(Some(SECRET), 1), (None, 1)] {
        let arguments = arguments();
        let arguments = arguments.iter().map(String::as_str);
        let secrets = ["--jwt-secret", new].into_iter();
        let previous = previous.map(|secret| ["--jwt-secret-previous", secret]);
        let arguments = arguments
            .chain(secrets)
            .chain(previous.into_iter().flatten());
        let arguments: Vec<_> = arguments.collect();
        let app = spawn_app_with_clock(clock.clone(), storage, &arguments).await;
        promote(&app, &ada).await;
        app.run_jobs_with_retries().await;
        assert_eq!(service.counts(&[&device]), [sent], "{previous:?}");
        assert!(app.failed_jobs().await.is_empty());
        let of_ada = app.services.push_subscriptions.of(ada.actor()).await;
        let of_ada = of_ada.unwrap();
        assert_eq!(of_ada.subscriptions.len(), usize::from(previous.is_some()));
        assert_ne!(json!(of_ada.public_key), key, "browsers subscribe anew");
        storage = app.shut_down().await;
    }
    let opened = device.open(&service.received()[0]).await;
    assert_eq!(opened["key"], key);
}

async fn a_subscription_that_is_renewed_while_the_push_service_ends_it_stays(
    app: App,
    service: FakePushService,
) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    let (competition, seated) = full_competition(&app, &[ada.actor()]).await;
    let answer = Arc::new(Semaphore::new(0));
    service.set_mode(PushMode::AnswersLater(410, Arc::clone(&answer)));
    cancel(&app, seated, competition.id).await;
    let renewed = device.renewed().await;
    let renewing = async {
        wait_until("the push service is asked", || async {
            !service.received().is_empty()
        })
        .await;
        let reply = renewed.subscribe(&ada.browser).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        answer.add_permits(1);
    };
    tokio::join!(app.run_jobs_with_retries(), renewing);
    assert_eq!(subscriptions(&ada.browser).await.len(), 1);
    service.set_mode(PushMode::Accepts);
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    let received = service.received();
    let content = renewed.open(&received[received.len() - 1]).await["content"].clone();
    assert_eq!(content["title"], "A seat for you: Spring Sprint");
}
