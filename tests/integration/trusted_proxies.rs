//! Behind a proxy people are told apart by what the proxy says, and by nothing that they say.

use mini_compete::domain::rate_limits::RateLimit;
use reqwest::Method;

use crate::{
    both_limited,
    harness::{App, Backend, Place, spawn_app_with},
};

both_limited!(
    two_people_behind_one_proxy_are_two,
    who_makes_up_addresses_is_still_one,
);

const LIST: &str = "/api/v1/competitions";

/// The status of a call of the API through the test's proxy with these headers.
async fn call(app: &App, headers: &[(&str, &str)]) -> u16 {
    let client = app.client();
    let mut request = client.request(Method::GET, LIST);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await.status.as_u16()
}

async fn two_people_behind_one_proxy_are_two(app: App) {
    app.exhaust(RateLimit::STRANGERS_CALLS, "203.0.113.1").await;
    assert_eq!(call(&app, &[("x-forwarded-for", "203.0.113.1")]).await, 429);
    let standard = ("forwarded", "proto=https;for=\"203.0.113.1:4711\"");
    assert_eq!(call(&app, &[standard]).await, 429);
    assert_eq!(call(&app, &[("x-forwarded-for", "203.0.113.2")]).await, 200);
    let standard = ("forwarded", "for=\"[2001:db8::2]:4711\"");
    assert_eq!(call(&app, &[standard]).await, 200);
}

async fn who_makes_up_addresses_is_still_one(app: App) {
    app.exhaust(RateLimit::STRANGERS_CALLS, "203.0.113.1").await;
    // The proxy appends what it knows to what it was sent.
    for claimed in ["198.51.100.1", "127.0.0.1", "unknown", "rubbish, 10.0.0.1"] {
        let line = format!("{claimed}, 203.0.113.1");
        assert_eq!(
            call(&app, &[("x-forwarded-for", &line)]).await,
            429,
            "{line}"
        );
    }
    // And it passes on the header that it does not know: whoever sends that is counted as the proxy.
    app.exhaust(RateLimit::STRANGERS_CALLS, "127.0.0.1").await;
    let known = ("x-forwarded-for", "203.0.113.9");
    assert_eq!(call(&app, &[known]).await, 200);
    for claimed in ["for=198.51.100.1", "for=unknown", "rubbish"] {
        assert_eq!(
            call(&app, &[known, ("forwarded", claimed)]).await,
            429,
            "{claimed}"
        );
    }
}

async fn without_a_trusted_proxy_nobody_is_believed(backend: Backend) {
    let place = Place::fresh(backend).await;
    let app = spawn_app_with(place, &["--rate-limit=on"]).await;
    app.exhaust(RateLimit::STRANGERS_CALLS, "127.0.0.1").await;
    assert_eq!(call(&app, &[("x-forwarded-for", "203.0.113.1")]).await, 429);
    assert_eq!(call(&app, &[("forwarded", "for=203.0.113.1")]).await, 429);
}

mod without_a_trusted_proxy_nobody_is_believed {
    use super::Backend;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        super::without_a_trusted_proxy_nobody_is_believed(Backend::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::without_a_trusted_proxy_nobody_is_believed(Backend::Postgres).await;
    }
}
