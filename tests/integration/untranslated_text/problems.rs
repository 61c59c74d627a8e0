//! The sentences of the API's problems, and of calendar files, in Japanese.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{Role, forms::CompetitionInput},
};
use reqwest::{Method, header};
use serde_json::json;

use super::{Reader, competitions};
use crate::{
    harness::{App, Client, Reply},
    on_both_backends,
};

on_both_backends!(
    no_problem_of_the_api_has_a_word_from_outside_of_the_catalogue,
    no_calendar_file_has_a_word_from_outside_of_the_catalogue,
);

async fn send(client: &Client, method: Method, path: &str, body: Option<&str>) -> Reply {
    let request = client
        .request(method, path)
        .header(header::ACCEPT_LANGUAGE, "ja")
        .header("idempotency-key", "key");
    let request = match body {
        Some(body) => request
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_owned()),
        None => request,
    };
    client.send(request).await
}

async fn no_problem_of_the_api_has_a_word_from_outside_of_the_catalogue(app: App) {
    let organizer = app.account("Ada", Role::Organizer).await;
    let created = competitions(&app, Actor::from(&organizer)).await;
    let [open, soon] = [created[0].id, created[1].id];
    let participants = app.participants(2).await;
    app.register_all(&participants[..1], open).await;
    let visitor = app.client();
    let organizes = app
        .client()
        .with_token(app.token(Actor::from(&organizer)).await);
    let registers = app.client().with_token(app.token(participants[0]).await);
    let mut reader = Reader::new(&[]);
    let register = |id| format!("/api/v1/competitions/{id}/registrations");
    let long = "x".repeat(10_000);
    let bodies = [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        json!({ "name": 1 }).to_string(),
        json!({ "name": "", "email": "x", "password": "x", "more": 1 }).to_string(),
        json!({ "name": "", "email": "x", "password": "x" }).to_string(),
        json!({ "name": long, "email": long, "password": long }).to_string(),
        json!({ "name": "\u{7}", "email": "a@b", "password": "password12" }).to_string(),
        json!({ "title": "", "capacity": 0, "regDeadline": "x", "startsAt": "x" }).to_string(),
        json!({ "title": long, "capacity": -1, "regDeadline": "2031-01-01T00:00:00Z", "startsAt": "2030-01-01T00:00:00Z", "endsAt": "2029-01-01T00:00:00Z", "opensAt": "2032-01-01T00:00:00Z", "timeZone": "Mars", "location": long, "description": "x".repeat(30_000), "tags": vec!["x".repeat(99); 30] }).to_string(),
        json!({ "title": "x", "capacity": 1.5, "regDeadline": 1, "startsAt": null }).to_string(),
    ];
    let paths = [
        "/api/v1/auth/signup",
        "/api/v1/auth/login",
        "/api/v1/auth/refresh",
        "/api/v1/auth/forgot",
        "/api/v1/auth/reset",
        "/api/v1/auth/verify-email",
        "/api/v1/competitions",
        "/api/v1/me/email",
        "/api/v1/me/password",
        "/api/v1/me/totp/confirm",
        &register(open),
    ];
    for path in paths {
        for body in &bodies {
            for client in [&visitor, &registers, &organizes] {
                let reply = send(client, Method::POST, path, Some(body)).await;
                if reply.status.is_client_error() {
                    reader.read_problem(&reply);
                }
            }
        }
    }
    for (client, method, path) in [
        (&visitor, Method::GET, "/api/v1/nothing".to_owned()),
        (&visitor, Method::GET, "/api/v1/me".to_owned()),
        (&visitor, Method::PUT, "/api/v1/competitions".to_owned()),
        (&visitor, Method::GET, "/api/v1/competitions/x".to_owned()),
        (
            &visitor,
            Method::GET,
            "/api/v1/competitions?page=x&perPage=1000&from=x&sort=x".to_owned(),
        ),
        (&registers, Method::POST, register(soon)),
        (&registers, Method::POST, register(open)),
        (&registers, Method::GET, register(open)),
        (&registers, Method::GET, "/api/v1/admin/queues".to_owned()),
        (
            &registers,
            Method::DELETE,
            format!("/api/v1/competitions/{open}"),
        ),
        (
            &registers,
            Method::GET,
            format!("/api/v1/registrations/{open}"),
        ),
    ] {
        let reply = send(client, method, &path, None).await;
        assert!(reply.status.is_client_error(), "{path}: {}", reply.status);
        reader.read_problem(&reply);
    }
    reader.assert_nothing_found();
}

async fn no_calendar_file_has_a_word_from_outside_of_the_catalogue(app: App) {
    let organizer = Actor::from(&app.account("Ada", Role::Organizer).await);
    let input = CompetitionInput {
        title: "東京スプリント大会".to_owned(),
        description: "説明".to_owned(),
        location: "会場".to_owned(),
        opens_at: Some(app.clock.now() + TimeDelta::hours(1)),
        ..app.competition_input(1, true)
    };
    let competition = app.services.competitions.create(organizer, input).await;
    let id = competition.unwrap().id;
    let mut reader = Reader::new(&["ada"]);
    for file in ["calendar", "opening"] {
        let path = format!("/competitions/{id}/{file}.ics");
        let reply = send(&app.client(), Method::GET, &path, None).await;
        read_calendar(&mut reader, &reply.text);
    }
    reader.assert_nothing_found();
}

/// Reads the texts of a calendar file.
pub(super) fn read_calendar(reader: &mut Reader, file: &str) {
    let unfolded = file.replace("\r\n", "\n").replace("\n ", "");
    let texts = ["SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT"];
    let lines = unfolded.lines().filter_map(|line| line.split_once(':'));
    let mut count = 0;
    for (name, text) in lines {
        if texts.contains(&name.split(';').next().unwrap_or_default()) {
            reader.read_text("calendar", &text.replace("\\n", "\n").replace('\\', ""));
            count += 1;
        }
    }
    assert!(count > 1, "{file}");
}
