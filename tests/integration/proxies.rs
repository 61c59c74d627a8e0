//! Behind a proxy people are told apart by what the proxy says, and by nothing that they say.

use reqwest::Method;
use serde_json::json;

use crate::harness::{App, Backend, Place, spawn_app_with};

/// More log-ins that fail than anybody may try in a minute.
const MANY: usize = 40;

/// An application that limits rates, as seen by a test that is a proxy at 127.0.0.1.
async fn spawn(backend: Backend, more: &[&str]) -> App {
    let mut settings = vec!["--rate-limit=on"];
    settings.extend(more);
    spawn_app_with(Place::fresh(backend).await, &settings).await
}

/// The status of a failed log-in that came through the test's proxy with these headers.
async fn fails(app: &App, headers: &[(&str, String)]) -> u16 {
    let client = app.client();
    let credentials = json!({ "email": format!("{}@example.test", uuid::Uuid::now_v7()),
        "password": "a wrong password" });
    let mut request = client
        .request(Method::POST, "/api/v1/auth/login")
        .json(&credentials);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    client.send(request).await.status.as_u16()
}

fn forwarded_for(address: &str) -> [(&'static str, String); 1] {
    [("x-forwarded-for", address.to_owned())]
}

async fn two_people_behind_one_proxy_are_two(app: App) {
    let mut refused = false;
    for _ in 0..MANY {
        refused |= fails(&app, &forwarded_for("203.0.113.1")).await == 429;
    }
    assert!(refused);
    assert_eq!(fails(&app, &forwarded_for("203.0.113.2")).await, 401);
    let standard = [("forwarded", "for=\"[2001:db8::2]:4711\"".to_owned())];
    assert_eq!(fails(&app, &standard).await, 401);
}

async fn who_makes_up_addresses_is_still_one(app: App) {
    let mut refused = false;
    for number in 0..MANY {
        // The proxy appends what it knows to what it was sent.
        let claimed = format!("198.51.100.{number}, 203.0.113.1");
        refused |= fails(&app, &forwarded_for(&claimed)).await == 429;
    }
    assert!(refused);
    let mut refused = false;
    for number in 0..MANY {
        // And it may pass on the header that it does not know.
        let [known] = forwarded_for("203.0.113.9");
        let claimed = ("forwarded", format!("for=198.51.100.{number}"));
        refused |= fails(&app, &[known, claimed]).await == 429;
    }
    assert!(refused);
    assert_eq!(fails(&app, &forwarded_for("203.0.113.9")).await, 401);
}

async fn without_a_trusted_proxy_nobody_is_believed(app: App) {
    let mut refused = false;
    for number in 0..MANY {
        refused |= fails(&app, &forwarded_for(&format!("203.0.113.{number}"))).await == 429;
    }
    assert!(refused);
}

macro_rules! behind {
    ($($name:ident ($($setting:literal),*)),+ $(,)?) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$name(spawn(Backend::Sqlite, &[$($setting),*]).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$name(spawn(Backend::Postgres, &[$($setting),*]).await).await;
            }
        }
    )+};
}

behind!(
    two_people_behind_one_proxy_are_two("--trusted-proxies=127.0.0.0/8"),
    who_makes_up_addresses_is_still_one("--trusted-proxies=127.0.0.1"),
    without_a_trusted_proxy_nobody_is_believed(),
);
