//! What organizers can do, and that it ends with their role.

use mini_compete::{
    domain::Actor,
    model::{CompetitionId, Role},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, Clients, Reply, TableSnapshot, draft_of, page_templates, set_role},
    on_both_backends,
};

on_both_backends!(
    a_former_organizer_has_the_access_of_a_stranger_on_every_route,
    a_former_organizer_keeps_their_own_registrations,
    organizers_list_only_their_own_drafts,
);

/// Returns the paths of the pages of organizers, from the routes of the application, and the public ones.
fn organizer_pages() -> Vec<String> {
    let mut pages = page_templates();
    pages.retain(|path| path.starts_with("/organize"));
    assert!(pages.len() >= 7, "{pages:?}");
    pages.push("/organize/{id}/registrations.csv".to_owned());
    pages.push("/organize/{id}/registrations.xlsx".to_owned());
    pages.push("/competitions/{id}".to_owned());
    pages.push("/competitions/{id}/calendar.ics".to_owned());
    pages
}

/// Returns the paths of the server functions for organizers, from the functions of the application.
fn organizer_functions() -> Vec<&'static str> {
    let functions: Vec<_> = leptos::server_fn::axum::server_fn_paths()
        .filter(|(path, method)| path.ends_with("-competition") && *method == Method::POST)
        .map(|(path, _)| path)
        .collect();
    assert!(functions.len() >= 6, "{functions:?}");
    functions
}

/// Returns every operation of the API on competitions and on a registration, except the registration itself.
fn operations(document: &Value) -> Vec<(Method, String)> {
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let relevant = path.contains("/competitions") || path.contains("/registrations/");
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let registers = method == Method::POST && path.ends_with("/{id}/registrations");
            if relevant && !registers {
                all.push((method.clone(), path.clone()));
            }
        }
    }
    assert!(all.len() >= 9, "{all:?}");
    all
}

/// Sends a request, and returns the status and what distinguishes the response. It does not read the body,
/// because an event stream has no end.
async fn send_and_read_head(
    client: &Client,
    method: Method,
    path: &str,
    accept: &str,
) -> (u16, String) {
    let request = client
        .request(method.clone(), path)
        .header("accept", accept);
    let request = match method {
        Method::POST | Method::PATCH | Method::PUT => request.json(&json!({})),
        _ => request,
    };
    let response = request.send().await.unwrap();
    let is_download = response.headers().get("content-disposition").is_some();
    (
        response.status().as_u16(),
        format!("{}{is_download}", response.url().path()),
    )
}

async fn a_former_organizer_has_the_access_of_a_stranger_on_every_route(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let stranger = app.account("Grace", Role::Participant).await;
    let published = app.competition_of(&olga, 10, false).await;
    let draft = draft_of(&app, &olga).await;
    let participant = app.participants(1).await[0];
    app.register_all(&[participant], published.id).await;
    let registrations = &app.services.registrations;
    let registration = registrations
        .live(participant, published.id)
        .await
        .unwrap()
        .unwrap();
    let (organizer_clients, stranger_clients) = (
        Clients::log_in(&app, &olga).await,
        Clients::log_in(&app, &stranger).await,
    );
    let document = app.client().get("/api/openapi.json").await.json();

    let mut differences = 0;
    for role in [Role::Organizer, Role::Participant] {
        set_role(&app, &olga, role).await;
        for competition in [published.id, draft.id] {
            for page in organizer_pages() {
                let path = page.replace("{id}", &competition.to_string());
                let [organizer_head, stranger_head] =
                    [&organizer_clients, &stranger_clients].map(|clients| {
                        send_and_read_head(&clients.browser, Method::GET, &path, "text/html")
                    });
                let (organizer_head, stranger_head) = (organizer_head.await, stranger_head.await);
                if role == Role::Participant {
                    assert_eq!(organizer_head, stranger_head, "{path}");
                } else {
                    differences += usize::from(organizer_head != stranger_head);
                }
            }
            for (method, template) in operations(&document) {
                let id = if template.contains("/registrations/{id}") {
                    registration.registration_id.to_string()
                } else {
                    competition.to_string()
                };
                let path = template.replace("{id}", &id);
                if method != Method::GET && role == Role::Organizer {
                    continue;
                }
                for (accept, query) in [("*/*", ""), ("text/csv", ""), ("*/*", "?mine=true")] {
                    let path = format!("{path}{query}");
                    let clients = [
                        (&organizer_clients.api, &stranger_clients.api),
                        (&organizer_clients.browser, &stranger_clients.browser),
                    ];
                    for (organizer_client, stranger_client) in clients {
                        let organizer_head =
                            send_and_read_head(organizer_client, method.clone(), &path, accept)
                                .await;
                        let stranger_head =
                            send_and_read_head(stranger_client, method.clone(), &path, accept)
                                .await;
                        if role == Role::Participant {
                            assert_eq!(organizer_head, stranger_head, "{method} {path}");
                        } else {
                            differences += usize::from(organizer_head != stranger_head);
                        }
                    }
                }
            }
        }
    }
    assert!(
        differences > 20,
        "{differences} responses differ for organizers"
    );

    // Requests of a former organizer change nothing.
    let before = versions_and_count(&app, [published.id, draft.id]).await;
    for competition in [published.id, draft.id] {
        for path in organizer_functions() {
            let fields = [
                ("competitionId", competition.to_string()),
                ("title", "Taken over".to_owned()),
                ("capacity", "5".to_owned()),
                ("regDeadline", "2030-03-01T18:00".to_owned()),
                ("startsAt", "2030-03-02T09:00".to_owned()),
                ("status", "PUBLISHED".to_owned()),
            ];
            let request = organizer_clients
                .browser
                .request(Method::POST, path)
                .header("sec-fetch-site", "same-origin")
                .form(&fields);
            organizer_clients.browser.send(request).await;
        }
        let path = format!("/api/v1/competitions/{competition}");
        for (method, path, body) in [
            (Method::PATCH, &path, json!({ "title": "Taken over" })),
            (Method::PATCH, &path, json!({ "status": "CANCELLED" })),
            (Method::DELETE, &path, json!({})),
            (
                Method::POST,
                &"/api/v1/competitions".to_owned(),
                full_body(),
            ),
        ] {
            let request = organizer_clients
                .api
                .request(method.clone(), path)
                .json(&body);
            let reply = organizer_clients.api.send(request).await;
            assert_eq!(reply.status, 403, "{method} {path} {}", reply.text);
        }
    }
    assert_eq!(
        versions_and_count(&app, [published.id, draft.id]).await,
        before
    );
    let mine = organizer_clients
        .api
        .get("/api/v1/competitions?mine=true")
        .await;
    assert_eq!(mine.json()["total"], 0, "{}", mine.text);
}

/// Returns valid input for a competition.
fn full_body() -> Value {
    json!({
        "title": "Taken over", "description": "", "capacity": 5, "status": "PUBLISHED",
        "regDeadline": "2030-03-01T18:00:00Z", "startsAt": "2030-03-02T09:00:00Z",
    })
}

/// Returns the versions of two competitions, and the number of all competitions.
async fn versions_and_count(app: &App, ids: [CompetitionId; 2]) -> (Vec<Option<i64>>, usize) {
    let tables = TableSnapshot::read(&app.database).await;
    let versions = ids.map(|id| tables.competitions.get(&id).map(|row| row.version));
    (versions.to_vec(), tables.competitions.len())
}

async fn a_former_organizer_keeps_their_own_registrations(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let elsewhere = app.competition(5, false).await;
    let mut actor = Actor::from(&olga);
    app.register_all(&[actor], elsewhere.id).await;
    set_role(&app, &olga, Role::Participant).await;
    actor.role = Role::Participant;
    let client = app.client().with_token(app.token(actor).await);
    let registrations = client.get("/api/v1/me/registrations").await.json();
    let id = registrations["items"][0]["registrationId"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = client.get(&format!("/api/v1/registrations/{id}")).await;
    assert_eq!(shown.status, 200);
    assert_eq!(client.cancel(&id).await.status, 204);
}

async fn organizers_list_only_their_own_drafts(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let oleg = app.account("Oleg", Role::Organizer).await;
    let (published, draft) = (
        app.competition_of(&olga, 10, false).await,
        draft_of(&app, &olga).await,
    );
    draft_of(&app, &oleg).await;
    app.competition_of(&oleg, 10, false).await;
    let client = app.client().with_token(app.token(Actor::from(&olga)).await);
    let ids = |reply: &Reply| -> Vec<String> {
        let json = reply.json();
        let items = json["items"].as_array().unwrap().iter();
        let mut ids: Vec<_> = items
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    let mine = client.get("/api/v1/competitions?mine=true").await;
    let mut both = vec![published.id.to_string(), draft.id.to_string()];
    both.sort();
    assert_eq!(ids(&mine), both);
    let drafts = client
        .get("/api/v1/competitions?mine=true&status=DRAFT")
        .await;
    assert_eq!(ids(&drafts), [draft.id.to_string()]);
    let found = client
        .get("/api/v1/competitions?mine=true&search=draft")
        .await;
    assert_eq!(ids(&found), [draft.id.to_string()]);
    let paged = client
        .get("/api/v1/competitions?mine=true&perPage=1&page=2")
        .await;
    assert_eq!((ids(&paged).len(), &paged.json()["total"]), (1, &json!(2)));

    let published_by_all = client.get("/api/v1/competitions?mine=false").await;
    assert_eq!(published_by_all.json()["total"], 2);
    let drafts = client.get("/api/v1/competitions?status=DRAFT").await;
    assert_eq!(drafts.json()["total"], 0);
    let anonymous = app.client().get("/api/v1/competitions?mine=true").await;
    assert_eq!(anonymous.status, 401);
    let invalid = client.get("/api/v1/competitions?mine=maybe").await;
    assert_eq!(invalid.status, 422);
    let participant = app.participants(1).await[0];
    let participants_client = app.client().with_token(app.token(participant).await);
    let none = participants_client
        .get("/api/v1/competitions?mine=true")
        .await;
    assert_eq!(
        (none.status.as_u16(), &none.json()["total"]),
        (200, &json!(0))
    );
}
