//! Headers that protect browsers: the session cookie, HSTS, and the policy against embedding by other sites.

use mini_compete::model::Role;
use reqwest::{Client, Response, header, redirect::Policy};

use crate::harness::{App, Backend, PASSWORD, Storage, spawn_app, spawn_app_with};

const HTTPS: &str = "--public-url=https://compete.example";

/// Starts an application whose public URL has the scheme `https`.
async fn https_app(arguments: &[&str]) -> App {
    let mut all = vec![HTTPS];
    all.extend(arguments);
    spawn_app_with(Storage::create(Backend::Sqlite).await, &all).await
}

/// Requests a page with a cookie.
async fn get(app: &App, path: &str, cookie: &str) -> Response {
    Client::new()
        .get(format!("http://{}{path}", app.address))
        .header(header::COOKIE, cookie)
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_https_only_the_session_cookie_with_host_prefix_is_accepted() {
    let app = https_app(&[]).await;
    let participant = app.account("Grace", Role::Participant).await;
    let browser = Client::builder().redirect(Policy::none()).build().unwrap();
    let response = browser
        .post(format!("http://{}/act/login", app.address))
        .header(header::ORIGIN, "https://compete.example")
        .header("sec-fetch-site", "same-origin")
        .form(&[
            ("email", participant.email.as_str()),
            ("password", PASSWORD),
            ("next", ""),
        ])
        .send()
        .await
        .unwrap();
    let cookies = response.headers().get_all(header::SET_COOKIE);
    let cookies: Vec<_> = cookies.iter().map(|c| c.to_str().unwrap()).collect();
    let of_session = |cookie: &&&str| cookie.starts_with("__Host-mc_session=");
    let cookie = *cookies.iter().find(of_session).unwrap();
    let (name_and_value, attributes) = cookie.split_once(';').unwrap();
    let value = name_and_value.strip_prefix("__Host-mc_session=").unwrap();
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(attributes.contains(attribute), "{cookie}");
    }
    assert!(!attributes.contains("Domain"), "{cookie}");

    let logged_in = |page: String| page.contains("/me/registrations");
    let page = get(&app, "/", name_and_value).await.text().await.unwrap();
    assert!(logged_in(page));
    let without_prefix = format!("mc_session={value}");
    let page = get(&app, "/", &without_prefix).await.text().await.unwrap();
    assert!(!logged_in(page), "a cookie without the prefix is ignored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hsts_header_follows_the_setting() {
    let two_years = 63_072_000;
    for (arguments, expected) in [
        (vec![], Some(format!("max-age={two_years}"))),
        (
            vec!["--hsts=includeSubDomains"],
            Some(format!("max-age={two_years}; includeSubDomains")),
        ),
        (vec!["--hsts=off"], None),
    ] {
        let app = https_app(&arguments).await;
        let response = app.client().get("/").await;
        let header = response.header("strict-transport-security");
        assert_eq!(header, expected.as_deref(), "{arguments:?}");
    }
    let app = spawn_app(Backend::Sqlite).await;
    let response = app.client().get("/").await;
    assert_eq!(response.header("strict-transport-security"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_response_forbids_embedding_by_other_sites() {
    let app = spawn_app(Backend::Sqlite).await;
    for path in ["/", "/api/v1/competitions", "/healthz", "/nothing/here"] {
        let response = app.client().get(path).await;
        let policy = response.header("cross-origin-resource-policy");
        assert_eq!(policy, Some("same-origin"), "{path}");
    }
}
