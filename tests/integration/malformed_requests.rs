//! Requests that are none, and addresses that nothing stands at: a typed answer, never a 500.

use std::time::Duration;

use reqwest::{Method, StatusCode, redirect::Policy};

use crate::harness::{App, Backend, Place, Wire, spawn_app, spawn_app_with};

async fn status(app: &App, request: &str) -> u16 {
    let mut wire = Wire::to(app.address).await;
    wire.send(request).await;
    wire.head().await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_names_exactly_one_host() {
    let app = spawn_app(Backend::Sqlite).await;
    for (hosts, expected) in [
        ("host: a.example\r\n", 200),
        ("", 400),
        ("host: a.example\r\nhost: b.example\r\n", 400),
        ("host: a.example\r\nhost: a.example\r\n", 400),
        ("host: a.example/b\r\n", 400),
        ("host: \r\n", 400),
    ] {
        for path in ["/", "/healthz", "/api/v1/competitions"] {
            let request = format!("GET {path} HTTP/1.1\r\n{hosts}\r\n");
            assert_eq!(status(&app, &request).await, expected, "{request:?}");
        }
    }
    assert_eq!(status(&app, "GET /healthz HTTP/1.0\r\n\r\n").await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn targets_that_are_no_paths_are_refused_and_panic_nobody() {
    let app = spawn_app(Backend::Sqlite).await;
    for (line, expected) in [
        ("CONNECT example.org:443", 405),
        ("CONNECT /", 405),
        ("OPTIONS *", 204),
        ("GET *", 400),
        ("GET http://example.org/competitions", 200),
        ("TRACE /", 405),
        ("BREW /", 405),
    ] {
        let request = format!("{line} HTTP/1.1\r\nhost: example.org\r\n\r\n");
        assert_eq!(status(&app, &request).await, expected, "{line}");
    }
    assert_eq!(app.client().get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_no_file_could_have_are_pages_that_say_so() {
    // The system says whether a name is too long only where it looks for one.
    let site = tempfile::tempdir().unwrap();
    let place = Place::fresh(Backend::Sqlite).await;
    let root = format!("--site-root={}", site.path().display());
    let app = spawn_app_with(place, &[&root]).await;
    let client = app.client();
    let long = "x".repeat(256);
    for path in [
        format!("/{long}"),
        format!("/pkg/{long}.css"),
        format!("/competitions/{long}/{long}"),
        format!("/{}", "a/".repeat(3_000) + "b"),
        "/%00".to_owned(),
        "/%ff".to_owned(),
        "/%".to_owned(),
        "/%zz%".to_owned(),
        "/..%2f..%2fetc%2fpasswd".to_owned(),
        "/pkg/%2e%2e/%2e%2e/etc/passwd".to_owned(),
    ] {
        let page = client.get(&path).await;
        assert_eq!(page.status, 404, "{path:.60}");
        assert_eq!(
            page.find("h1").as_deref(),
            Some("Nothing here"),
            "{path:.60}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slash_too_many_leads_to_the_page() {
    let app = spawn_app(Backend::Sqlite).await;
    let http = reqwest::Client::builder().redirect(Policy::none());
    let http = http.build().unwrap();
    let get = |path: &str| http.get(format!("http://{}{path}", app.address)).send();
    for (path, to) in [
        ("/competitions/", "/competitions"),
        ("/competitions/?search=a/", "/competitions?search=a/"),
        ("/login/", "/login"),
    ] {
        let reply = get(path).await.unwrap();
        assert_eq!(reply.status(), 308, "{path}");
        assert_eq!(reply.headers()["location"], to, "{path}");
    }
    for path in ["//evil.example/", "///evil.example/", "/%5Cevil.example/"] {
        let reply = get(path).await.unwrap();
        let to = reply
            .headers()
            .get("location")
            .map(|to| to.to_str().unwrap());
        let stays = to.is_none_or(|to| to.starts_with("/%5C"));
        assert!(stays, "{path} leads to {to:?}");
    }
    assert_eq!(
        app.client().get("/competitions/").await.status,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_next_that_nobody_could_follow_is_not_carried_along() {
    let app = spawn_app(Backend::Sqlite).await;
    let http = reqwest::Client::builder().redirect(Policy::none());
    let http = http.cookie_store(true).build().unwrap();
    let long = format!("/competitions?search={}", "x".repeat(100_000));
    for next in [
        &long,
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/a\r\nb",
    ] {
        for act in ["login", "signup"] {
            let form = [
                ("email", "ada@example.test"),
                ("password", "x"),
                ("next", next),
            ];
            let reply = http
                .request(Method::POST, format!("http://{}/act/{act}", app.address))
                .header("origin", format!("http://{}", app.address))
                .form(&form)
                .send()
                .await
                .unwrap();
            assert_eq!(reply.status(), StatusCode::SEE_OTHER, "{next:.40}");
            let to = reply.headers()["location"].to_str().unwrap();
            assert_eq!(to, format!("/{act}"), "{next:.40}");
        }
    }
    // A page that asks to log in first names itself, however it was asked for.
    let asked = format!("/me/registrations?{}", "x".repeat(20_000));
    let reply = http.get(format!("http://{}{asked}", app.address)).send();
    let reply = reply.await.unwrap();
    assert_eq!(reply.headers()["location"], "/login");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_is_larger_than_any_is_refused_while_it_comes() {
    let app = spawn_app(Backend::Sqlite).await;
    let mut wire = Wire::to(app.address).await;
    let large = "x".repeat(100_000);
    // It may be cut off before all of it is sent.
    let _sent = wire
        .try_send(format!(
            "GET / HTTP/1.1\r\nhost: a\r\ncookie: {large}\r\n\r\n"
        ))
        .await;
    assert_eq!(wire.head().await.status, 431);
    assert!(wire.ends(Duration::from_secs(5)).await);
}
