//! Which browsers get push messages, and for how long.

use chrono::TimeDelta;
use mini_compete::{
    domain::push_subscriptions,
    model::{Role, UserView},
    store::entity::push_subscription,
};
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    Person, app_with_push_service, cancel, full_competition, log_in, promote, subscribed,
    subscriptions,
};
use crate::{
    harness::{
        App, Client, FakePushService, PASSWORD, PushMode, Reply, send_subscription,
        spawn_app_with_clock,
    },
    on_both_backends, on_both_backends_with,
};

on_both_backends_with!(
    app_with_push_service:
    a_log_out_ends_the_subscription_of_that_browser_only,
    a_subscription_of_an_api_client_ends_with_its_tokens,
    a_new_password_ends_the_subscriptions_of_other_browsers,
    an_account_has_ten_subscriptions_and_the_oldest_ends,
    a_browser_belongs_to_the_account_that_subscribed_last,
    a_message_on_its_way_does_not_reach_the_next_owner_of_the_browser,
    the_export_lists_subscriptions_and_the_deletion_ends_them,
    the_switch_is_hidden_until_its_script_shows_it,
);

on_both_backends!(addresses_and_keys_that_cannot_be_those_of_a_browser_are_refused);

async fn api_client(app: &App, account: &UserView) -> (Client, Value) {
    let body = json!({ "email": account.email, "password": PASSWORD });
    let tokens = app
        .client()
        .post_json("/api/v1/auth/login", &body)
        .await
        .json();
    let token = tokens["accessToken"].as_str().unwrap();
    (app.client().with_token(token), tokens)
}

async fn end(client: &Client, endpoint: &str) -> Reply {
    let request = client.request(Method::DELETE, "/api/v1/me/push-subscriptions");
    let request = request.header("sec-fetch-site", "same-origin");
    client
        .send(request.json(&json!({ "endpoint": endpoint })))
        .await
}

async fn a_log_out_ends_the_subscription_of_that_browser_only(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let (at_home, abroad) = (
        log_in(&app, &ada.account).await,
        log_in(&app, &ada.account).await,
    );
    let here = subscribed(&ada.browser, &service).await;
    let home = subscribed(&at_home, &service).await;
    let elsewhere = subscribed(&abroad, &service).await;
    let page = ada.browser.get("/").await;
    ada.browser
        .submit(&page.form("form[action='/act/logout']"))
        .await;
    assert_eq!(subscriptions(&at_home).await.len(), 2);
    // Ended from another browser.
    let sessions = at_home.get("/api/v1/me/sessions").await.json();
    let other = sessions["items"][1]["id"].as_str().unwrap().to_owned();
    let request = at_home.request(Method::DELETE, &format!("/api/v1/me/sessions/{other}"));
    at_home
        .send(request.header("sec-fetch-site", "same-origin"))
        .await;
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    assert_eq!(service.counts(&[&here, &home, &elsewhere]), [0, 1, 0]);
    let rows = push_subscription::Entity::find()
        .count(app.database().read())
        .await;
    assert_eq!(rows.unwrap(), 1, "the others are gone");
    assert_eq!(end(&at_home, &elsewhere.endpoint).await.status, 404);
    assert_eq!(end(&at_home, &home.endpoint).await.status, 204);
    assert!(subscriptions(&at_home).await.is_empty());
    assert_eq!(here.subscribe(&ada.browser).await.status, 401, "logged out");
}

async fn a_subscription_of_an_api_client_ends_with_its_tokens(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let (client, tokens) = api_client(&app, &ada.account).await;
    let device = subscribed(&client, &service).await;
    let refresh = json!({ "refreshToken": tokens["refreshToken"] });
    let tokens = app
        .client()
        .post_json("/api/v1/auth/refresh", &refresh)
        .await
        .json();
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    assert_eq!(service.counts(&[&device]), [1], "it outlives a refresh");
    let refresh = json!({ "refreshToken": tokens["refreshToken"] });
    let reply = client.post_json("/api/v1/auth/logout", &refresh).await;
    assert_eq!(reply.status, 204, "{}", reply.text);
    assert!(subscriptions(&ada.browser).await.is_empty());
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    assert_eq!(service.counts(&[&device]), [1], "logged out");
    let (now, stop) = (app.clock.now(), CancellationToken::new());
    let swept = push_subscriptions::sweep(app.database(), now, &stop).await;
    assert_eq!(swept.unwrap(), 1, "the clean-up deletes the row");
}

async fn a_new_password_ends_the_subscriptions_of_other_browsers(
    app: App,
    service: FakePushService,
) {
    let ada = Person::new(&app, "Ada").await;
    let other = log_in(&app, &ada.account).await;
    let (here, there) = (
        subscribed(&ada.browser, &service).await,
        subscribed(&other, &service).await,
    );
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another horse battery" });
    let request = ada.browser.request(Method::POST, "/api/v1/me/password");
    let request = request.header("sec-fetch-site", "same-origin");
    let reply = ada.browser.send(request.json(&body)).await;
    assert_eq!(reply.status, 204, "{}", reply.text);
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    assert_eq!(service.counts(&[&here, &there]), [1, 0]);
}

async fn an_account_has_ten_subscriptions_and_the_oldest_ends(app: App, service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let first = subscribed(&ada.browser, &service).await;
    let mut last = first.clone();
    for _ in 0..10 {
        app.clock.advance(TimeDelta::seconds(1));
        last = subscribed(&ada.browser, &service).await;
    }
    let listed = subscriptions(&ada.browser).await;
    assert_eq!(listed.len(), 10);
    assert_eq!(listed[0]["endpoint"], last.endpoint.as_str());
    assert!(
        listed
            .iter()
            .all(|it| it["endpoint"] != first.endpoint.as_str())
    );
    // A repeat changes nothing, also at the same time.
    let repeats = futures::future::join_all((0..4).map(|_| last.subscribe(&ada.browser))).await;
    assert!(repeats.iter().all(|reply| reply.status == 201));
    assert_eq!(subscriptions(&ada.browser).await, listed);
}

async fn a_browser_belongs_to_the_account_that_subscribed_last(app: App, service: FakePushService) {
    let (ada, bob) = (
        Person::new(&app, "Ada").await,
        Person::new(&app, "Bob").await,
    );
    let device = subscribed(&ada.browser, &service).await;
    // Bob knows the address only, so it is not his browser.
    let stranger = service.device().await;
    let mut forged = stranger.subscription();
    forged["endpoint"] = json!(device.endpoint);
    let refused = send_subscription(&bob.browser, &forged).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(end(&bob.browser, &device.endpoint).await.status, 404);
    assert_eq!(subscriptions(&ada.browser).await.len(), 1);

    assert_eq!(device.subscribe(&bob.browser).await.status, 201);
    assert!(subscriptions(&ada.browser).await.is_empty());
    promote(&app, &ada).await;
    app.run_jobs_with_retries().await;
    assert!(service.received().is_empty(), "Ada's news are not Bob's");
    promote(&app, &bob).await;
    app.run_jobs_with_retries().await;
    assert_eq!(service.counts(&[&device]), [1]);
}

async fn a_message_on_its_way_does_not_reach_the_next_owner_of_the_browser(
    app: App,
    service: FakePushService,
) {
    let (ada, bob) = (
        Person::new(&app, "Ada").await,
        Person::new(&app, "Bob").await,
    );
    let device = subscribed(&ada.browser, &service).await;
    service.set_mode(PushMode::Answers(503));
    promote(&app, &ada).await;
    app.run_ready_jobs().await;
    assert_eq!(device.subscribe(&bob.browser).await.status, 201);
    service.set_mode(PushMode::Accepts);
    app.run_jobs_with_retries().await;
    assert_eq!(service.counts(&[&device]), [1], "only the first attempt");
    assert!(app.failed_jobs().await.is_empty());
}

async fn the_export_lists_subscriptions_and_the_deletion_ends_them(
    app: App,
    service: FakePushService,
) {
    let ada = Person::new(&app, "Ada").await;
    let device = subscribed(&ada.browser, &service).await;
    let (client, _) = api_client(&app, &ada.account).await;
    subscribed(&client, &service).await;
    let export = ada.browser.get("/api/v1/me/export").await;
    let listed = export.json()["pushSubscriptions"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["service"], "127.0.0.1");
    let keys = &device.subscription()["keys"];
    for secret in ["auth", "p256dh"] {
        assert!(
            !export.text.contains(keys[secret].as_str().unwrap()),
            "{secret}"
        );
    }
    let request = ada.browser.request(Method::DELETE, "/api/v1/me");
    let request = request.header("sec-fetch-site", "same-origin");
    let reply = ada
        .browser
        .send(request.json(&json!({ "password": PASSWORD })))
        .await;
    assert_eq!(reply.status, 204, "{}", reply.text);
    let rows = push_subscription::Entity::find()
        .count(app.database().read())
        .await;
    assert_eq!(rows.unwrap(), 0);
}

async fn the_switch_is_hidden_until_its_script_shows_it(app: App, _service: FakePushService) {
    let ada = Person::new(&app, "Ada").await;
    let profile = ada.browser.get("/me/profile").await;
    assert!(
        profile
            .find("section[data-push=choice][hidden] button")
            .is_some()
    );
    let (competition, _) = full_competition(&app, &[ada.actor()]).await;
    let live = app
        .services
        .registrations
        .live(ada.actor(), competition.id)
        .await;
    let id = live.unwrap().unwrap().registration_id;
    let ticket = ada.browser.get(&format!("/me/registrations/{id}")).await;
    assert!(
        ticket
            .find("section[data-push=offer][hidden] button")
            .is_some()
    );
    cancel(&app, ada.actor(), competition.id).await;
    let cancelled = ada.browser.get(&format!("/me/registrations/{id}")).await;
    assert!(
        cancelled.find("section[data-push]").is_none(),
        "there is nothing to wait for"
    );
}

async fn addresses_and_keys_that_cannot_be_those_of_a_browser_are_refused(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let clock = app.clock.clone();
    let storage = app.shut_down().await;
    let arguments = ["--web-push=on", "--vapid-subject=mailto:ops@club.test"];
    let app = spawn_app_with_clock(clock, storage, &arguments).await;
    let browser = log_in(&app, &ada).await;
    let service = FakePushService::start().await;
    let valid = service.device().await.subscription();
    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut subscription = valid.clone();
        subscription["endpoint"] = json!("https://1.1.1.1/send/1");
        change(&mut subscription);
        let reply = send_subscription(&browser, &subscription).await;
        assert_eq!(reply.status, 422, "{subscription}: {}", reply.text);
        reply.json()["errors"][0]["field"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let too_long = format!("https://1.1.1.1/{}", "x".repeat(2_048));
    for endpoint in [
        service.origin().as_str(),
        "https://127.0.0.1/send",
        "https://[::1]/send",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/send",
        "https://0x7f000001/",
        "https://[::ffff:10.0.0.1]/",
        "https://1.1.1.1:8443/send",
        "http://1.1.1.1/send",
        "https://user@1.1.1.1/send",
        "javascript:alert(1)",
        "",
        &too_long,
    ] {
        let field = refused(&|it| it["endpoint"] = json!(endpoint)).await;
        assert_eq!(field, "endpoint", "{endpoint}");
    }
    for key in ["", "AAAA", "no base64!", &"A".repeat(87)] {
        assert_eq!(
            refused(&|it| it["keys"]["p256dh"] = json!(key)).await,
            "keys.p256dh"
        );
        assert_eq!(
            refused(&|it| it["keys"]["auth"] = json!(key)).await,
            "keys.auth"
        );
    }
    refused(&|it| it["more"] = json!(1)).await;
    refused(&|it| it["keys"] = json!([])).await;
    assert!(subscriptions(&browser).await.is_empty());
    assert!(service.received().is_empty());
    let anonymous = send_subscription(&app.client(), &valid).await;
    assert_eq!(anonymous.status, 401);
}
