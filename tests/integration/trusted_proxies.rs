//! Behind a trusted proxy, rate limits use the client address that the proxy states, and never one that the
//! client states.

use mini_compete::domain::rate_limits::RateLimit;
use reqwest::Method;

use crate::{
    harness::{App, Backend, Storage, spawn_app_with},
    on_both_backends_rate_limited,
};

on_both_backends_rate_limited!(
    two_clients_behind_one_proxy_have_separate_limits,
    a_client_that_sends_false_addresses_has_one_limit,
);

const LIST: &str = "/api/v1/competitions";

/// Calls the API with these header fields, and returns the status.
async fn call(app: &App, headers: &[(&str, &str)]) -> u16 {
    let client = app.client();
    let mut request = client.request(Method::GET, LIST);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await.status.as_u16()
}

async fn two_clients_behind_one_proxy_have_separate_limits(app: App) {
    app.exhaust(RateLimit::ANONYMOUS_CALLS, "203.0.113.1").await;
    assert_eq!(call(&app, &[("x-forwarded-for", "203.0.113.1")]).await, 429);
    let standard = ("forwarded", "proto=https;for=\"203.0.113.1:4711\"");
    assert_eq!(call(&app, &[standard]).await, 429);
    assert_eq!(call(&app, &[("x-forwarded-for", "203.0.113.2")]).await, 200);
    let standard = ("forwarded", "for=\"[2001:db8::2]:4711\"");
    assert_eq!(call(&app, &[standard]).await, 200);
}

async fn a_client_that_sends_false_addresses_has_one_limit(app: App) {
    app.exhaust(RateLimit::ANONYMOUS_CALLS, "203.0.113.1").await;
    // The proxy appends the address of the client to the header that the client has sent.
    for claimed in ["198.51.100.1", "127.0.0.1", "unknown", "rubbish, 10.0.0.1"] {
        let line = format!("{claimed}, 203.0.113.1");
        assert_eq!(
            call(&app, &[("x-forwarded-for", &line)]).await,
            429,
            "{line}"
        );
    }
    // The proxy forwards the other header unchanged. A request with both headers counts as one of the proxy.
    app.exhaust(RateLimit::ANONYMOUS_CALLS, "127.0.0.1").await;
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

async fn without_a_trusted_proxy_forwarded_addresses_are_ignored(backend: Backend) {
    let storage = Storage::create(backend).await;
    let app = spawn_app_with(storage, &["--rate-limit=on"]).await;
    app.exhaust(RateLimit::ANONYMOUS_CALLS, "127.0.0.1").await;
    assert_eq!(call(&app, &[("x-forwarded-for", "203.0.113.1")]).await, 429);
    assert_eq!(call(&app, &[("forwarded", "for=203.0.113.1")]).await, 429);
}

mod without_a_trusted_proxy_forwarded_addresses_are_ignored {
    use super::Backend;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        super::without_a_trusted_proxy_forwarded_addresses_are_ignored(Backend::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        super::without_a_trusted_proxy_forwarded_addresses_are_ignored(Backend::Postgres).await;
    }
}
