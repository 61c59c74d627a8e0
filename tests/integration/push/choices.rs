//! What an account chooses to get on its devices.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{MessageKind, Role, forms::CompetitionInput},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Person, app_with_push_service, promote, subscribed};
use crate::{
    harness::{App, Client, FakePushService, PushDevice, PushMode},
    on_both_backends, on_both_backends_with,
};

on_both_backends_with!(
    app_with_push_service:
    each_choice_about_devices_concerns_its_own_messages,
    a_choice_counts_when_the_message_is_sent,
    choices_about_devices_are_changed_on_the_profile_page,
);
on_both_backends!(a_form_without_choices_about_devices_changes_none);

async fn choose(client: &Client, choices: &Value) {
    let request = client.request(Method::PATCH, "/api/v1/me");
    let request = request.header("sec-fetch-site", "same-origin");
    let reply = client.send(request.json(choices)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// Returns the beginnings of the titles that a device was sent, in order.
async fn titles(service: &FakePushService, device: &PushDevice) -> Vec<String> {
    let mut titles = Vec::new();
    for push in service.received() {
        if device.endpoint.ends_with(&push.path) {
            let content = device.open(&push).await["content"].clone();
            let title = content["title"].as_str().unwrap();
            titles.push(title.split(':').next().unwrap().to_owned());
        }
    }
    titles
}

async fn each_choice_about_devices_concerns_its_own_messages(app: App, service: FakePushService) {
    let (promotion, opening, reminder) = ("A seat for you", "Registration opens soon", "Soon");
    let organizer = Actor::from(&app.account("Org", Role::Organizer).await);
    let input = CompetitionInput {
        opens_at: Some(app.clock.now() + TimeDelta::hours(2)),
        ..app.competition_input(5, false)
    };
    let competitions = &app.services.competitions;
    let soon = competitions.create(organizer, input).await.unwrap().id;
    let mut people = Vec::new();
    for (name, choices, expected) in [
        ("Ada", json!({}), vec![promotion, opening, reminder]),
        (
            "Bob",
            json!({ "pushPromotions": false }),
            vec![opening, reminder],
        ),
        (
            "Cleo",
            json!({ "pushOpeningReminders": false }),
            vec![promotion, reminder],
        ),
        (
            "Dan",
            json!({ "pushReminders": false, "reminders": true }),
            vec![promotion, opening],
        ),
        (
            "Eve",
            json!({ "reminders": false, "openingReminders": false }),
            vec![promotion, opening, reminder],
        ),
    ] {
        let person = Person::new(&app, name).await;
        let device = subscribed(&person.browser, &service).await;
        choose(&person.browser, &choices).await;
        let wishes = &app.services.opening_reminders;
        wishes.want(person.actor(), soon, true).await.unwrap();
        promote(&app, &person).await;
        people.push((name, device, expected));
    }
    app.run_jobs_with_retries().await;
    for time in [TimeDelta::minutes(110), TimeDelta::days(7)] {
        app.clock.advance(time);
        for _ in 0..2 {
            app.run_scheduled_tasks().await;
            app.run_jobs_with_retries().await;
        }
    }
    for (name, device, expected) in people {
        assert_eq!(titles(&service, &device).await, expected, "{name}");
    }
    // The mailbox has all of them.
    assert_eq!(app.messages(MessageKind::Promotion).await.len(), 5);
    assert_eq!(app.messages(MessageKind::Reminder).await.len(), 10);
}

async fn a_choice_counts_when_the_message_is_sent(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    service.set_mode(PushMode::Answers(503));
    promote(&app, &ada).await;
    app.run_ready_jobs().await;
    choose(&ada.browser, &json!({ "pushPromotions": false })).await;
    service.set_mode(PushMode::Accepts);
    app.run_jobs_with_retries().await;
    assert_eq!(service.counts(&[&device]), [1], "only the first attempt");
    assert!(app.failed_jobs().await.is_empty());
}

const FIELDS: [&str; 3] = ["pushPromotions", "pushReminders", "pushOpeningReminders"];

async fn choices_about_devices_are_changed_on_the_profile_page(
    app: App,
    _service: FakePushService,
) {
    let ada = Person::new(&app, "Ada").await;
    let page = ada.browser.get("/me/profile").await;
    let mut form = page.form("[data-testid=profile-form]");
    for field in FIELDS {
        assert_eq!(form.value(field), Some("on"), "{field}");
    }
    form.fields.retain(|(name, _)| name != "pushReminders");
    // A mistake elsewhere loses no choice.
    let refused = ada.browser.submit(&form.clone().fill("name", "")).await;
    let kept = refused.form("[data-testid=profile-form]");
    assert_eq!(kept.value("pushReminders"), None);
    assert_eq!(kept.value("pushPromotions"), Some("on"));
    let saved = ada.browser.submit(&kept.fill("name", "Ada")).await;
    assert!(saved.find("[role=status]").unwrap().contains("saved"));
    let export = ada.browser.get("/api/v1/me/export").await.json();
    let chosen = FIELDS.map(|field| export[field].as_bool().unwrap());
    assert_eq!(chosen, [true, false, true]);
}

async fn a_form_without_choices_about_devices_changes_none(app: App) {
    let ada = Person::new(&app, "Ada").await;
    choose(&ada.browser, &json!({ "pushReminders": false })).await;
    let page = ada.browser.get("/me/profile").await;
    let form = page.form("[data-testid=profile-form]");
    assert!(FIELDS.iter().all(|field| form.value(field).is_none()));
    ada.browser.submit(&form).await;
    let export = ada.browser.get("/api/v1/me/export").await.json();
    let chosen = FIELDS.map(|field| export[field].as_bool().unwrap());
    assert_eq!(chosen, [true, false, true]);
}
