//! Invalid input gets a problem response that names the mistake, never status 500.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use mini_compete::{
    domain::Actor,
    model::{CompetitionId, CompetitionStatus, RegistrationId, Role, forms::CompetitionInput},
};
use reqwest::{Method, RequestBuilder, header::HeaderValue};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    harness::{App, Client, process::SECRET},
    on_both_backends,
};

on_both_backends!(
    invalid_idempotency_keys_are_refused,
    invalid_and_unknown_ids_are_not_found,
    invalid_bodies_are_refused_with_the_reason,
    invalid_access_tokens_are_refused,
    registrations_for_a_competition_that_is_not_open_are_refused,
    a_capacity_out_of_bounds_is_refused_with_the_field_name,
    a_header_with_control_characters_is_refused,
);

/// A status and the code of a problem.
type Expected = (u16, &'static str);

/// Sends a request, and asserts that the response is the expected problem with all its members.
async fn assert_problem(what: &str, client: &Client, request: RequestBuilder, expected: Expected) {
    let reply = client.send(request).await;
    let text = &reply.text;
    let actual = (reply.status.as_u16(), &*reply.problem());
    assert_eq!(actual, expected, "{what}: {text}");
    let kind = reply.header("content-type");
    assert_eq!(kind, Some("application/problem+json"), "{what}");
    let problem = reply.json();
    for member in ["type", "title", "detail"] {
        let filled = problem[member]
            .as_str()
            .is_some_and(|text| !text.is_empty());
        assert!(filled, "{what}: {member} in {text}");
    }
    assert_eq!(problem["status"], expected.0, "{what}");
    if expected.1 == "invalid-fields" {
        let named = problem["errors"][0]["field"].is_string();
        assert!(
            named && problem["errors"][0]["message"].is_string(),
            "{what}: {text}"
        );
    }
}

/// Returns the API client of a new participant.
async fn client(app: &App) -> Client {
    let participant = app.participants(1).await[0];
    app.client().with_token(app.token(participant).await)
}

/// Creates an organizer, and returns its API client.
async fn organizer(app: &App) -> (Actor, Client) {
    let name = format!("Organizer {}", uuid::Uuid::now_v7());
    let organizer = Actor::from(&app.account(&name, Role::Organizer).await);
    let token = app.token(organizer).await;
    (organizer, app.client().with_token(token))
}

/// Returns the path of the registrations for a competition.
fn registrations(id: impl std::fmt::Display) -> String {
    format!("/api/v1/competitions/{id}/registrations")
}

async fn invalid_idempotency_keys_are_refused(app: App) {
    let path = registrations(app.competition(5, false).await.id);
    let client = client(&app).await;
    let post = || client.request(Method::POST, &path);
    let required = (400, "idempotency-key-required");
    let long = "k".repeat(256);
    let quoted = format!("\"{long}\"");
    for (what, key) in [
        ("empty", ""),
        ("blank", "   "),
        ("empty in quotes", "\"\""),
        ("a space within", "a b"),
        ("a tab within", "a\tb"),
        ("too long", &long),
        ("too long in quotes", &quoted),
    ] {
        let request = post().header("idempotency-key", key);
        assert_problem(what, &client, request, required).await;
    }
    let not_ascii = HeaderValue::from_bytes(b"schl\xc3\xbcssel").unwrap();
    let request = post().header("idempotency-key", not_ascii);
    assert_problem("not ASCII", &client, request, required).await;
    let request = post()
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    assert_problem("two keys", &client, request, required).await;
    assert_problem("no key", &client, post(), required).await;
    // The longest valid key.
    let request = post().header("idempotency-key", &long[..255]);
    assert_eq!(client.send(request).await.status, 201);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn invalid_and_unknown_ids_are_not_found(app: App) {
    let (_, client) = organizer(&app).await;
    let unknown = CompetitionId::new().to_string();
    for id in [
        "1",
        "not-a-uuid",
        "%00",
        "..%2f..%2fetc",
        "01890a5d-ac96-774b-bcce-b302099a805",
        "'%20OR%201=1--",
        &unknown,
    ] {
        for (method, path) in [
            (Method::POST, registrations(id)),
            (Method::GET, registrations(id)),
            (Method::GET, format!("/api/v1/competitions/{id}")),
            (Method::DELETE, format!("/api/v1/competitions/{id}")),
            (Method::GET, format!("/api/v1/registrations/{id}")),
            (Method::DELETE, format!("/api/v1/registrations/{id}")),
        ] {
            let what = format!("{method} {path}");
            let key = format!("k-{}", uuid::Uuid::now_v7());
            let request = client.request(method, &path).header("idempotency-key", key);
            assert_problem(&what, &client, request, (404, "not-found")).await;
        }
    }
    let what = "cancelling an unknown registration";
    let path = format!("/api/v1/registrations/{}", RegistrationId::new());
    let request = client.request(Method::DELETE, &path);
    assert_problem(what, &client, request, (404, "not-found")).await;
}

async fn invalid_bodies_are_refused_with_the_reason(app: App) {
    let id = app.competition(5, false).await.id;
    let client = client(&app).await;
    let (_, organizer) = organizer(&app).await;
    let json_body = |request: RequestBuilder, body: String| {
        request
            .header("content-type", "application/json")
            .body(body)
    };
    let valid = serde_json::to_value(app.competition_input(5, false)).unwrap();
    let with = |field: &str, value: Value| {
        let mut input = valid.clone();
        input[field] = value;
        input.to_string()
    };
    let without = |field: &str| {
        let mut input = valid.clone();
        input.as_object_mut().unwrap().remove(field);
        input.to_string()
    };
    let large = with("description", "x".repeat(1 << 20).into());
    let deep = "[".repeat(10_000);
    let (malformed, invalid) = ((400, "malformed-json"), (422, "invalid-fields"));
    for (what, body, expected) in [
        ("not JSON", "{".to_owned(), malformed),
        ("no body", String::new(), malformed),
        ("ten thousand brackets", deep, invalid),
        ("an array", "[]".to_owned(), invalid),
        ("text after the object", format!("{valid} x"), malformed),
        ("too large", large, (413, "too-large")),
        ("an extra field", with("seatsLeft", 3.into()), invalid),
        ("a field missing", without("title"), invalid),
        (
            "a string for a number",
            with("capacity", "five".into()),
            invalid,
        ),
        (
            "an invalid date",
            with("startsAt", "tomorrow".into()),
            invalid,
        ),
        ("an unknown status", with("status", "OPEN".into()), invalid),
        ("a NUL character", with("title", "a\u{0}bc".into()), invalid),
    ] {
        let request = json_body(
            organizer.request(Method::POST, "/api/v1/competitions"),
            body,
        );
        assert_problem(what, &organizer, request, expected).await;
    }
    let request = organizer
        .request(Method::POST, "/api/v1/competitions")
        .header("content-type", "text/plain")
        .body(valid.to_string());
    let expected = (415, "unsupported-media-type");
    assert_problem("another content type", &organizer, request, expected).await;

    // A registration has no body or an empty object. Another body with the same key is another request.
    let path = registrations(id);
    let register = |body: &str| {
        let request = client
            .request(Method::POST, &path)
            .header("idempotency-key", "k");
        json_body(request, body.to_owned())
    };
    for (what, body, expected) in [
        ("an extra field", "{\"seats\":2}", invalid),
        ("an array", "[]", invalid),
        ("not JSON", "seat, please", malformed),
        ("too large", &" ".repeat(1 << 20), (413, "too-large")),
    ] {
        assert_problem(what, &client, register(body), expected).await;
    }
    let first = client.send(register("{}")).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let request = register("{\"seats\":2}");
    assert_problem("the same key, another body", &client, request, invalid).await;
    let again = client.send(register("")).await;
    assert_eq!(
        again.text, first.text,
        "empty and {{}} are the same request"
    );
}

async fn invalid_access_tokens_are_refused(app: App) {
    let id = app.competition(5, false).await.id;
    let participant = app.participants(1).await[0];
    let valid = app.token(participant).await;
    let now = app.clock.now().timestamp();
    let claims = json!({
        "sub": participant.id, "role": "ADMIN", "iat": now, "exp": now + 900, "jti": uuid::Uuid::new_v4(),
    });
    let signed = |algorithm, secret: &str, claims: &Value| {
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
    };
    let parts: Vec<_> = valid.split('.').collect();
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = encoded(&json!({ "alg": "none", "typ": "JWT" }));
    let without = |field: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(field);
        signed(Algorithm::HS256, SECRET, &claims)
    };
    let with = |field: &str, value: Value| {
        let mut claims = claims.clone();
        claims[field] = value;
        signed(Algorithm::HS256, SECRET, &claims)
    };
    let cases = [
        ("empty", String::new()),
        ("not a JWT", "x".to_owned()),
        (
            "forged claims",
            format!("{}.{}.{}", parts[0], encoded(&claims), parts[2]),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("alg: none", format!("{none}.{}.", encoded(&claims))),
        (
            "alg: none with a signature",
            format!("{none}.{}.{}", parts[1], parts[2]),
        ),
        (
            "another secret",
            signed(
                Algorithm::HS256,
                "another secret, also 32 bytes long",
                &claims,
            ),
        ),
        (
            "another algorithm",
            signed(Algorithm::HS512, SECRET, &claims),
        ),
        ("expired", with("exp", (now - 10).into())),
        ("without time of issue", without("iat")),
        ("without expiry", without("exp")),
        ("without subject", without("sub")),
        ("a subject that is no UUID", with("sub", "admin".into())),
        ("an unknown role", with("role", "ROOT".into())),
        (
            "an unknown account",
            with("sub", json!(uuid::Uuid::now_v7())),
        ),
        ("very long", "x".repeat(6_000)),
    ];
    let unauthenticated = (401, "unauthenticated");
    for (what, token) in cases {
        let client = app.client().with_token(token);
        let key = format!("k-{}", uuid::Uuid::now_v7());
        let request = client.registration_request(id, &key);
        assert_problem(what, &client, request, unauthenticated).await;
        let request = client.request(Method::GET, "/api/v1/me");
        assert_problem(what, &client, request, unauthenticated).await;
    }
    let anonymous = app.client();
    let request = anonymous.registration_request(id, "k");
    assert_problem("no token", &anonymous, request, unauthenticated).await;
    app.clock.advance(TimeDelta::minutes(16));
    let client = app.client().with_token(valid);
    let request = client.registration_request(id, "k");
    assert_problem("after its expiry", &client, request, unauthenticated).await;
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn registrations_for_a_competition_that_is_not_open_are_refused(app: App) {
    let client = client(&app).await;
    let (owner, organizer) = organizer(&app).await;
    let create = |status| {
        let input = CompetitionInput {
            status,
            ..app.competition_input(5, false)
        };
        app.services.competitions.create(owner, input)
    };
    let draft = create(CompetitionStatus::Draft).await.unwrap().id;
    let cancelled = create(CompetitionStatus::Cancelled).await.unwrap().id;
    let request = client.registration_request(draft, "draft");
    assert_problem("a draft", &client, request, (404, "not-found")).await;
    let request = client.registration_request(cancelled, "cancelled");
    let closed = (409, "registration-closed");
    assert_problem("cancelled", &client, request, closed).await;
    let request = client.request(Method::GET, &format!("/api/v1/competitions/{draft}"));
    assert_problem(
        "the draft of another organizer",
        &client,
        request,
        (404, "not-found"),
    )
    .await;
    let request = client.request(Method::DELETE, &format!("/api/v1/competitions/{cancelled}"));
    assert_problem(
        "the competition of another organizer",
        &client,
        request,
        (403, "forbidden"),
    )
    .await;
    for status in ["DRAFT", "PUBLISHED"] {
        let path = format!("/api/v1/competitions/{cancelled}");
        let request = organizer
            .request(Method::PATCH, &path)
            .json(&json!({ "status": status }));
        assert_problem(
            "a cancelled competition",
            &organizer,
            request,
            (422, "invalid-fields"),
        )
        .await;
    }
}

async fn a_capacity_out_of_bounds_is_refused_with_the_field_name(app: App) {
    let (owner, organizer) = organizer(&app).await;
    let created = app
        .services
        .competitions
        .create(owner, app.competition_input(5, false));
    let path = format!("/api/v1/competitions/{}", created.await.unwrap().id);
    for capacity in [
        json!(0),
        json!(-1),
        json!(1_000_001),
        json!(i64::from(i32::MAX) + 1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(1.5),
        json!("5"),
        json!(null),
    ] {
        let what = format!("capacity {capacity}");
        let request = organizer
            .request(Method::PATCH, &path)
            .json(&json!({ "capacity": capacity }));
        assert_problem(&what, &organizer, request, (422, "invalid-fields")).await;
        let mut input = serde_json::to_value(app.competition_input(5, false)).unwrap();
        input["capacity"] = capacity;
        let request = organizer
            .request(Method::POST, "/api/v1/competitions")
            .json(&input);
        assert_problem(&what, &organizer, request, (422, "invalid-fields")).await;
    }
    let competition = organizer.get(&path).await.json();
    assert_eq!(competition["capacity"], 5);
}

/// HTTP libraries refuse to send such headers, so the test uses a plain TCP connection.
async fn a_header_with_control_characters_is_refused(app: App) {
    let id = app.competition(5, false).await.id;
    let participant = app.participants(1).await[0];
    let token = app.token(participant).await;
    for key in ["a\u{1}b", "a\u{0}b", "\u{7f}"] {
        let mut connection = tokio::net::TcpStream::connect(app.address).await.unwrap();
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\
             idempotency-key: {key}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            registrations(id),
            app.address,
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 400 "), "{key:?}: {response}");
    }
    assert_eq!(app.assert_seat_invariant().await, 0);
}
