//! What browsers are told about the connection, the cookie and who may embed what.

use mini_compete::model::Role;
use reqwest::{Client, Response, header, redirect::Policy};

use crate::harness::{App, Backend, PASSWORD, Place, spawn_app, spawn_app_with};

const HTTPS: &str = "--public-url=https://compete.example";

async fn https(more: &[&str]) -> App {
    let mut line = vec![HTTPS];
    line.extend(more);
    spawn_app_with(Place::fresh(Backend::Sqlite).await, &line).await
}

async fn get(app: &App, path: &str, cookie: &str) -> Response {
    Client::new()
        .get(format!("http://{}{path}", app.address))
        .header(header::COOKIE, cookie)
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_https_the_session_is_bound_to_the_host_and_no_other_cookie_counts() {
    let app = https(&[]).await;
    let person = app.account("Grace", Role::Participant).await;
    let browser = Client::builder().redirect(Policy::none()).build().unwrap();
    let answer = browser
        .post(format!("http://{}/act/login", app.address))
        .header(header::ORIGIN, "https://compete.example")
        .header("sec-fetch-site", "same-origin")
        .form(&[
            ("email", person.email.as_str()),
            ("password", PASSWORD),
            ("next", ""),
        ])
        .send()
        .await
        .unwrap();
    let cookies = answer.headers().get_all(header::SET_COOKIE);
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
    let planted = format!("mc_session={value}");
    let page = get(&app, "/", &planted).await.text().await.unwrap();
    assert!(!logged_in(page), "the name without the prefix");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers_are_bound_to_https_as_far_as_the_setting_says() {
    let two_years = 63_072_000;
    for (more, wanted) in [
        (vec![], Some(format!("max-age={two_years}"))),
        (
            vec!["--hsts=includeSubDomains"],
            Some(format!("max-age={two_years}; includeSubDomains")),
        ),
        (vec!["--hsts=off"], None),
    ] {
        let app = https(&more).await;
        let answer = app.client().get("/").await;
        let said = answer.header("strict-transport-security");
        assert_eq!(said, wanted.as_deref(), "{more:?}");
    }
    let app = spawn_app(Backend::Sqlite).await;
    let answer = app.client().get("/").await;
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_embed_nothing_of_ours() {
    let app = spawn_app(Backend::Sqlite).await;
    for path in ["/", "/api/v1/competitions", "/healthz", "/nothing/here"] {
        let answer = app.client().get(path).await;
        let policy = answer.header("cross-origin-resource-policy");
        assert_eq!(policy, Some("same-origin"), "{path}");
    }
}
