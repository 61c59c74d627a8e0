//! Malformed requests and unknown paths get a client error or a page, never status 500.

use std::time::Duration;

use reqwest::{Method, StatusCode, redirect::Policy};

use crate::harness::{App, Backend, RawConnection, Storage, spawn_app, spawn_app_with};

/// Sends the bytes of a request, and returns the status of the response.
async fn status(app: &App, request: &str) -> u16 {
    let mut connection = RawConnection::connect(app.address).await;
    connection.send(request).await;
    connection.read_head().await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_without_exactly_one_valid_host_gets_400() {
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
async fn unusual_methods_and_targets_cause_no_panic() {
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
async fn paths_that_cannot_be_file_names_get_the_404_page() {
    // The operating system reports a name that is too long only if the folder exists.
    let site = tempfile::tempdir().unwrap();
    let storage = Storage::create(Backend::Sqlite).await;
    let root = format!("--site-root={}", site.path().display());
    let app = spawn_app_with(storage, &[&root]).await;
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
async fn a_trailing_slash_redirects_to_the_page() {
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
        let same_site = to.is_none_or(|to| to.starts_with("/%5C"));
        assert!(same_site, "{path} redirects to {to:?}");
    }
    assert_eq!(
        app.client().get("/competitions/").await.status,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsafe_or_too_long_next_parameter_is_dropped() {
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
    // The redirect to the log-in page drops the path of the page if it is too long.
    let long_path = format!("/me/registrations?{}", "x".repeat(20_000));
    let reply = http
        .get(format!("http://{}{long_path}", app.address))
        .send();
    let reply = reply.await.unwrap();
    assert_eq!(reply.headers()["location"], "/login");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_too_large_request_head_gets_431() {
    let app = spawn_app(Backend::Sqlite).await;
    let mut connection = RawConnection::connect(app.address).await;
    let large = "x".repeat(100_000);
    // The server may close the connection before everything is sent.
    let _result = connection
        .try_send(format!(
            "GET / HTTP/1.1\r\nhost: a\r\ncookie: {large}\r\n\r\n"
        ))
        .await;
    assert_eq!(connection.read_head().await.status, 431);
    assert!(connection.closes_within(Duration::from_secs(5)).await);
}
