//! Addresses that lead into the network of the installation: refused when a webhook is created, and again at each
//! attempt. `src/external/public_address.rs` tests names that resolve to such addresses.

use chrono::Utc;
use mini_compete::{ops::Clock, store::entity::webhook};
use sea_orm::{EntityTrait, sea_query::Expr};
use serde_json::json;

use super::{Organizer, Receiver, app_with_receiver, register_one};
use crate::{
    harness::{App, Storage, spawn_app_with_clock},
    on_both_backends, on_both_backends_with,
};

on_both_backends!(
    a_webhook_has_a_public_https_address,
    a_stored_address_that_is_not_public_gets_nothing,
);

on_both_backends_with!(
    app_with_receiver:
    an_installation_without_the_setting_for_tests_sends_nothing_to_private_addresses,
);

async fn a_webhook_has_a_public_https_address(app: App) {
    let olga = Organizer::new(&app, "Olga").await;
    for url in [
        "",
        "hook",
        "http://1.1.1.1/hook",
        "ftp://1.1.1.1/hook",
        "https://1.1.1.1:80/hook",
        "https://1.1.1.1:6379/hook",
        "https://me:secret@1.1.1.1/hook",
        "https://127.0.0.1/hook",
        "https://127.0.0.1:8443/hook",
        "https://0x7f000001/hook",
        "https://2130706433/hook",
        "https://[::1]/hook",
        "https://[::ffff:127.0.0.1]/hook",
        "https://[::ffff:a9fe:a9fe]/hook",
        "https://[64:ff9b::7f00:1]/hook",
        "https://[fd00::1]/hook",
        "https://0.0.0.0/hook",
        "https://10.0.0.1/hook",
        "https://192.168.1.1/hook",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/hook",
        "https://LOCALHOST.:8443/hook",
        "https://metadata.google.internal/hook",
        "https://redis/hook",
    ] {
        let reply = olga
            .api
            .post_json("/api/v1/webhooks", &json!({ "url": url }))
            .await;
        assert_eq!(reply.status, 422, "{url} {}", reply.text);
        assert_eq!(reply.json()["errors"][0]["field"], "url", "{url}");
    }
    let long = format!("https://1.1.1.1/{}", "x".repeat(2_048));
    let reply = olga
        .api
        .post_json("/api/v1/webhooks", &json!({ "url": long }))
        .await;
    assert_eq!(reply.status, 422);
    assert!(olga.webhooks().await.is_empty());
    for url in [
        "https://1.1.1.1/hook",
        "https://[2606:4700::1111]:8443/hook?a=b",
    ] {
        let reply = olga
            .api
            .post_json("/api/v1/webhooks", &json!({ "url": url }))
            .await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json()["url"]),
            (201, &url.into())
        );
    }
}

async fn a_stored_address_that_is_not_public_gets_nothing(app: App) {
    let olga = Organizer::new(&app, "Olga").await;
    let url = json!({ "url": "https://1.1.1.1/hook", "events": ["registration.created"] });
    let created = olga.api.post_json("/api/v1/webhooks", &url).await;
    assert_eq!(created.status, 201);
    for address in [
        "https://127.0.0.1:8443/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://localhost/",
        "http://1.1.1.1/",
    ] {
        let database = app.database();
        webhook::Entity::update_many()
            .col_expr(webhook::Column::Url, Expr::value(address))
            .col_expr(
                webhook::Column::QuietUntil,
                Expr::value(None::<chrono::DateTime<Utc>>),
            )
            .exec(database.write())
            .await
            .unwrap();
        register_one(&app, &olga).await;
        app.run_jobs_with_retries().await;
        let path = format!(
            "/api/v1/webhooks/{}/deliveries",
            created.json()["id"].as_str().unwrap()
        );
        let listed = olga.api.get(&path).await.json();
        let newest = &listed["items"][0];
        assert_eq!(newest["problem"], "NOT_PUBLIC", "{address}");
        assert_eq!(
            (&newest["status"], &newest["attempts"]),
            (&"FAILED".into(), &1.into()),
            "{address}"
        );
    }
}

async fn an_installation_without_the_setting_for_tests_sends_nothing_to_private_addresses(
    app: App,
    receiver: Receiver,
) {
    let olga = Organizer::new(&app, "Olga").await;
    olga.webhook(&receiver, None).await;
    let storage: Storage = app.shut_down().await;
    let app = spawn_app_with_clock(Clock::manual(Utc::now()), storage, &[]).await;
    register_one(&app, &olga).await;
    app.run_jobs_with_retries().await;
    assert!(receiver.received().is_empty());
}
