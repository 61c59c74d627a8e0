//! Control characters and other characters that no text contains: on every route and both databases they are
//! refused or removed, and never cause an internal error. Also how texts and times are normalized.

use mini_compete::{domain::Actor, model::Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, PASSWORD, Reply},
    on_both_backends,
};

on_both_backends!(
    control_characters_are_refused_with_the_field_name,
    control_characters_are_removed_from_search_terms,
    control_characters_cause_no_server_error_on_pages_and_forms,
    texts_and_times_are_returned_as_they_are_stored,
    an_unreadable_form_gets_an_error_page,
);

/// Control characters in the encoding of URLs and forms. The last one is not UTF-8.
const ENCODED: [&str; 6] = ["%00", "a%00b", "%01", "%C2%85", "%E2%80%AE", "%FF"];

/// Creates an account, and returns its e-mail address and API client.
async fn account(app: &App, role: Role) -> (String, Client) {
    let name = format!("A {role} {}", uuid::Uuid::now_v7());
    let account = app.account(&name, role).await;
    let token = app.token(Actor::from(&account)).await;
    (account.email, app.client().with_token(token))
}

/// Returns a browser in which the account is logged in.
async fn logged_in_browser(app: &App, email: &str) -> Client {
    let browser = app.client();
    let form = browser.get("/login").await.form("[data-testid=login-form]");
    let form = form.fill("email", email).fill("password", PASSWORD);
    assert_eq!(browser.submit(&form).await.status, 200);
    browser
}

/// Sends a request with a JSON body.
async fn send(client: &Client, method: Method, path: &str, body: &Value) -> Reply {
    client.send(client.request(method, path).json(body)).await
}

async fn control_characters_are_refused_with_the_field_name(app: App) {
    let (_, organizer) = account(&app, Role::Organizer).await;
    let competition = serde_json::to_value(app.competition_input(5, false)).unwrap();
    let created = organizer
        .post_json("/api/v1/competitions", &competition)
        .await;
    let path_of_one = format!(
        "/api/v1/competitions/{}",
        created.json()["id"].as_str().unwrap()
    );
    let sign_up = json!({ "name": "Ada", "email": "ada@example.test", "password": PASSWORD });
    let with = |body: &Value, field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    let anonymous = app.client();
    for bad in [
        "\0",
        "a\0b",
        "a\u{1}b",
        "a\u{85}b",
        "a\u{7f}bc",
        "a\u{1b}[31mb",
    ] {
        let mut cases = Vec::new();
        for field in ["name", "email", "password"] {
            let long = format!("{bad}long enough for all");
            let body = with(&sign_up, field, long.into());
            cases.push((Method::POST, "/api/v1/auth/signup".to_owned(), field, body));
        }
        for field in ["name", "email", "contact"] {
            let body = with(&json!({}), field, bad.into());
            cases.push((Method::PATCH, "/api/v1/me".to_owned(), field, body));
        }
        for field in ["title", "description", "location"] {
            let body = with(&competition, field, bad.into());
            cases.push((Method::POST, "/api/v1/competitions".to_owned(), field, body));
            let body = with(&json!({}), field, bad.into());
            cases.push((Method::PATCH, path_of_one.clone(), field, body));
        }
        let body = with(&competition, "tags", json!([bad]));
        cases.push((
            Method::POST,
            "/api/v1/competitions".to_owned(),
            "tags",
            body,
        ));
        for (method, path, field, body) in cases {
            let what = format!("{method} {path} {field} {bad:?}");
            let reply = send(&organizer, method, &path, &body).await;
            assert_eq!(reply.status, 422, "{what}: {}", reply.text);
            assert_eq!(reply.json()["errors"][0]["field"], field, "{what}");
        }
        let login = json!({ "email": bad, "password": bad });
        let reply = anonymous.post_json("/api/v1/auth/login", &login).await;
        assert_eq!(reply.status, 422, "{bad:?}: {}", reply.text);
        for act in ["refresh", "logout"] {
            let body = json!({ "refreshToken": bad });
            let path = format!("/api/v1/auth/{act}");
            let status = anonymous.post_json(&path, &body).await.status.as_u16();
            assert!([204, 401, 422].contains(&status), "{act} {bad:?}: {status}");
        }
    }
    // Invisible characters and characters that change the direction of text are refused in titles.
    for bad in ["\u{200b}\u{200b}\u{200b}", "abc\u{202e}def"] {
        let body = with(&competition, "title", bad.into());
        let reply = organizer.post_json("/api/v1/competitions", &body).await;
        assert_eq!(reply.status, 422, "{bad:?}: {}", reply.text);
    }
}

async fn control_characters_are_removed_from_search_terms(app: App) {
    let (_, admin) = account(&app, Role::Admin).await;
    let competition = app.competition(5, false).await;
    let registrations_path = format!("/api/v1/competitions/{}/registrations", competition.id);
    for bad in ENCODED {
        for (method, path) in [
            (Method::GET, format!("/api/v1/competitions?search={bad}")),
            (Method::GET, format!("/api/v1/competitions?tag={bad}")),
            (
                Method::GET,
                format!("/api/v1/competitions?search=x&tag={bad}&open=true"),
            ),
            (Method::GET, format!("{registrations_path}?search={bad}")),
            (
                Method::GET,
                format!("/api/v1/admin/failed-jobs?group={bad}"),
            ),
        ] {
            let reply = admin.send(admin.request(method, &path)).await;
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        }
        for (method, path) in [
            (Method::GET, format!("/api/v1/competitions?status={bad}")),
            (
                Method::GET,
                format!("/api/v1/competitions?sort={bad}&open={bad}"),
            ),
            (
                Method::GET,
                format!("/api/v1/competitions?page={bad}&perPage={bad}"),
            ),
            (
                Method::GET,
                format!("{registrations_path}?status={bad}&page={bad}"),
            ),
            (
                Method::GET,
                format!("/api/v1/me/mailbox?unread={bad}&page={bad}"),
            ),
            (Method::GET, format!("/api/v1/me/registrations?page={bad}")),
            (
                Method::DELETE,
                format!("/api/v1/admin/failed-jobs?group={bad}"),
            ),
            (
                Method::POST,
                format!("/api/v1/admin/failed-jobs/retry?group={bad}&all={bad}"),
            ),
            (Method::GET, format!("/api/v1/competitions/{bad}")),
        ] {
            let reply = admin.send(admin.request(method, &path)).await;
            assert!(!reply.status.is_server_error(), "{path}: {}", reply.text);
        }
    }
    // The remaining text is searched for.
    let found = admin
        .get("/api/v1/competitions?search=%00Spring%01Sprint")
        .await;
    assert_eq!(found.json()["total"], 1);
    let found = admin.get("/api/v1/competitions?tag=running%00").await;
    assert_eq!(found.json()["total"], 1);
    // An empty group counts as no group.
    let path = "/api/v1/admin/failed-jobs?group=&all=true";
    let deleted = admin.send(admin.request(Method::DELETE, path)).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text);
    let path = "/api/v1/admin/failed-jobs?group=&all=";
    let deleted = admin.send(admin.request(Method::DELETE, path)).await;
    assert_eq!(deleted.status, 422, "{}", deleted.text);
}

async fn control_characters_cause_no_server_error_on_pages_and_forms(app: App) {
    let (email, organizer) = account(&app, Role::Organizer).await;
    let competition = serde_json::to_value(app.competition_input(5, false)).unwrap();
    let created = organizer
        .post_json("/api/v1/competitions", &competition)
        .await;
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let browser = logged_in_browser(&app, &email).await;
    for bad in ENCODED {
        for path in [
            format!("/competitions?search={bad}&tag={bad}&status={bad}&sort={bad}&page={bad}"),
            format!("/competitions?search={bad}"),
            format!("/competitions?tag={bad}"),
            format!("/competitions/{bad}"),
            format!("/organize/{id}/registrations?search={bad}"),
            format!("/organize/{id}/registrations?status={bad}&page={bad}"),
            format!("/organize/{bad}/edit"),
            format!("/me/mailbox?message={bad}&page={bad}"),
            format!("/me/registrations?page={bad}"),
            format!("/login?next={bad}"),
            format!("/signup?next={bad}"),
            format!("/unsubscribe?token={bad}"),
            format!("/{bad}"),
        ] {
            let page = browser.get(&path).await;
            assert!(!page.status.is_server_error(), "{path}: {}", page.status);
        }
        for (act, fields) in [
            ("signup", &["name", "email", "password", "next"][..]),
            ("login", &["email", "password", "next"]),
            ("profile", &["name", "email"]),
            (
                "create-competition",
                &[
                    "title",
                    "description",
                    "location",
                    "tags",
                    "capacity",
                    "startsAt",
                    "status",
                ],
            ),
            ("edit-competition", &["competitionId", "version", "title"]),
            ("publish-competition", &["competitionId"]),
            ("register", &["competitionId", "idempotencyKey"]),
            ("cancel-registration", &["registrationId"]),
            ("mark-read", &["messageId"]),
        ] {
            for field in fields {
                let ids = match *field {
                    "competitionId" => String::new(),
                    _ => format!("&competitionId={id}"),
                };
                let client = if act == "signup" || act == "login" {
                    app.client()
                } else {
                    browser.clone()
                };
                let request = client
                    .request(Method::POST, &format!("/act/{act}"))
                    .header("sec-fetch-site", "same-origin")
                    .header("accept", "text/html")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(format!("{field}={bad}{ids}"));
                let page = client.send(request).await;
                let status = page.status;
                assert!(
                    !status.is_server_error(),
                    "/act/{act} {field}={bad}: {status}"
                );
            }
        }
        let request = browser
            .request(Method::POST, "/unsubscribe")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("token={bad}"));
        assert!(!browser.send(request).await.status.is_server_error());
    }
}

async fn texts_and_times_are_returned_as_they_are_stored(app: App) {
    let (_, organizer) = account(&app, Role::Organizer).await;
    let mut body = serde_json::to_value(app.competition_input(5, false)).unwrap();
    body["description"] = "one\r\ntwo\rthree\n".into();
    body["regDeadline"] = "2030-06-30T23:59:59.1234567Z".into();
    body["startsAt"] = "2030-06-30T23:59:60Z".into();
    body["endsAt"] = "2030-07-01T09:00:00.000000999+02:00".into();
    let reply = organizer.post_json("/api/v1/competitions", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let created = reply.json();
    assert_eq!(created["description"], "one\ntwo\nthree\n");
    assert_eq!(created["regDeadline"], "2030-06-30T23:59:59.123456Z");
    assert_eq!(created["startsAt"], "2030-07-01T00:00:00Z");
    assert_eq!(created["endsAt"], "2030-07-01T07:00:00Z");
    let path = format!("/api/v1/competitions/{}", created["id"].as_str().unwrap());
    assert_eq!(organizer.get(&path).await.json(), created);
    let change = json!({ "endsAt": "2030-07-02T23:59:60.9999999Z" });
    let changed = send(&organizer, Method::PATCH, &path, &change).await.json();
    assert_eq!(changed["endsAt"], "2030-07-03T00:00:00.999999Z");
    assert_eq!(organizer.get(&path).await.json(), changed);
}

async fn an_unreadable_form_gets_an_error_page(app: App) {
    let (email, _) = account(&app, Role::Participant).await;
    let browser = logged_in_browser(&app, &email).await;
    for (what, body) in [
        ("a repeated field", &b"name=a&name=b"[..]),
        ("a nested field", b"name[first]=a"),
        ("not UTF-8", b"name=\xff"),
    ] {
        let request = |accept: &str| {
            browser
                .request(Method::POST, "/act/profile")
                .header("sec-fetch-site", "same-origin")
                .header("accept", accept)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body)
        };
        let page = browser.send(request("text/html,*/*;q=0.8")).await;
        assert!(page.status.is_client_error(), "{what}: {}", page.status);
        let kind = page.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("text/html"), "{what}: {kind}");
        let alert = page.find("main [role=alert]").unwrap_or_default();
        assert!(alert.contains("form"), "{what}: {alert:?}");
        assert!(
            page.find("h1").is_some_and(|title| !title.is_empty()),
            "{what}"
        );
        // The page has the usual navigation, and shows that the account is logged in.
        assert!(page.find("header nav").is_some(), "{what}");
        assert!(page.text.contains("/act/logout"), "{what}");
        let problem = browser.send(request("application/json")).await;
        assert!(
            problem.status.is_client_error(),
            "{what}: {}",
            problem.status
        );
        assert_eq!(problem.problem(), "unreadable-form", "{what}");
    }
}
