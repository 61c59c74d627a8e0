//! What organizers may do, and that it ends with the role.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, Role, UserView, forms::CompetitionPatch,
    },
    store::entity::user,
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};

use crate::{
    both,
    harness::{App, Client, Reply},
};

both!(
    with_the_role_goes_everything_that_was_organized_over_every_route,
    who_lost_the_role_keeps_what_they_have_as_a_participant,
    organizers_list_their_own_drafts_and_nobody_elses,
    a_drafts_events_are_for_its_organizer,
    a_stream_of_a_draft_ends_with_the_role,
    the_stream_of_a_competition_that_is_deleted_says_so_and_ends,
    an_overview_adds_up_the_counters,
);

async fn set_role(app: &App, account: &UserView, role: Role) {
    user::Entity::update_many()
        .col_expr(user::Column::Role, Expr::value(role))
        .filter(user::Column::Id.eq(account.id))
        .exec(app.database.write())
        .await
        .unwrap();
}

async fn draft_of(app: &App, organizer: &UserView) -> CompetitionView {
    let mut input = app.input(10, false);
    input.status = CompetitionStatus::Draft;
    input.title = format!("Draft of {}", organizer.name);
    let competitions = &app.services.competitions;
    competitions
        .create(Actor::from(organizer), input)
        .await
        .unwrap()
}

/// A person with a browser and a token, both from before anything happens.
struct Person {
    browser: Client,
    api: Client,
}

impl Person {
    async fn new(app: &App, account: &UserView) -> Self {
        let browser = app.client();
        browser.log_in(&account.email).await;
        let token = app.token(Actor::from(account)).await;
        Self {
            browser,
            api: app.client().with_token(token),
        }
    }
}

/// The pages that organizers have, as the application itself lists them.
fn organizers_pages() -> Vec<String> {
    let mut pages: Vec<String> = leptos_axum::generate_route_list(mini_compete::ui::App)
        .iter()
        .map(|route| route.path().to_owned())
        .filter(|path| path.starts_with("/organize"))
        .collect();
    assert!(pages.len() >= 7, "{pages:?}");
    pages.push("/organize/{id}/registrations.csv".to_owned());
    pages.push("/competitions/{id}".to_owned());
    pages.push("/competitions/{id}/calendar.ics".to_owned());
    pages
}

/// What organizers can post, as the application itself lists it.
fn organizers_acts() -> Vec<&'static str> {
    let acts: Vec<_> = leptos::server_fn::axum::server_fn_paths()
        .filter(|(path, method)| path.ends_with("-competition") && *method == Method::POST)
        .map(|(path, _)| path)
        .collect();
    assert!(acts.len() >= 6, "{acts:?}");
    acts
}

/// Every operation of the API on one competition or one registration, but registering itself.
fn operations(document: &Value) -> Vec<(Method, String)> {
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let organized = path.contains("/competitions") || path.contains("/registrations/");
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let registers = method == Method::POST && path.ends_with("/{id}/registrations");
            if organized && !registers {
                all.push((method.clone(), path.clone()));
            }
        }
    }
    assert!(all.len() >= 9, "{all:?}");
    all
}

/// Reads no further than the head: a stream has no end.
async fn head(client: &Client, method: Method, path: &str, accept: &str) -> (u16, String) {
    let request = client
        .request(method.clone(), path)
        .header("accept", accept);
    let request = match method {
        Method::POST | Method::PATCH | Method::PUT => request.json(&json!({})),
        _ => request,
    };
    let response = request.send().await.unwrap();
    let place = response.headers().get("content-disposition").is_some();
    (
        response.status().as_u16(),
        format!("{}{place}", response.url().path()),
    )
}

async fn with_the_role_goes_everything_that_was_organized_over_every_route(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let stranger = app.account("Grace", Role::Participant).await;
    let published = app.competition_of(&olga, 10, false).await;
    let draft = draft_of(&app, &olga).await;
    let participant = app.people(1).await[0];
    app.register_all(&[participant], published.id).await;
    let registrations = &app.services.registrations;
    let registration = registrations
        .live(participant, published.id)
        .await
        .unwrap()
        .unwrap();
    let (olga_is, stranger_is) = (
        Person::new(&app, &olga).await,
        Person::new(&app, &stranger).await,
    );
    let document = app.client().get("/api/openapi.json").await.json();

    let mut differed = 0;
    for role in [Role::Organizer, Role::Participant] {
        set_role(&app, &olga, role).await;
        for competition in [published.id, draft.id] {
            for page in organizers_pages() {
                let path = page
                    .replace("{id}", &competition.to_string())
                    .replace(":id", &competition.to_string());
                let [hers, theirs] = [&olga_is, &stranger_is]
                    .map(|person| head(&person.browser, Method::GET, &path, "text/html"));
                let (hers, theirs) = (hers.await, theirs.await);
                if role == Role::Participant {
                    assert_eq!(hers, theirs, "{path}");
                } else {
                    differed += usize::from(hers != theirs);
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
                        (&olga_is.api, &stranger_is.api),
                        (&olga_is.browser, &stranger_is.browser),
                    ];
                    for (olgas, strangers) in clients {
                        let hers = head(olgas, method.clone(), &path, accept).await;
                        let theirs = head(strangers, method.clone(), &path, accept).await;
                        if role == Role::Participant {
                            assert_eq!(hers, theirs, "{method} {path}");
                        } else {
                            differed += usize::from(hers != theirs);
                        }
                    }
                }
            }
        }
    }
    assert!(differed > 20, "{differed} routes are organizers' own");

    // What she can post changes nothing.
    let before = snapshot(&app, [published.id, draft.id]).await;
    for competition in [published.id, draft.id] {
        for act in organizers_acts() {
            let fields = [
                ("competitionId", competition.to_string()),
                ("title", "Taken over".to_owned()),
                ("capacity", "5".to_owned()),
                ("regDeadline", "2030-03-01T18:00".to_owned()),
                ("startsAt", "2030-03-02T09:00".to_owned()),
                ("status", "PUBLISHED".to_owned()),
            ];
            let request = olga_is
                .browser
                .request(Method::POST, act)
                .header("sec-fetch-site", "same-origin")
                .form(&fields);
            olga_is.browser.send(request).await;
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
            let request = olga_is.api.request(method.clone(), path).json(&body);
            let reply = olga_is.api.send(request).await;
            assert_eq!(reply.status, 403, "{method} {path} {}", reply.text);
        }
    }
    assert_eq!(snapshot(&app, [published.id, draft.id]).await, before);
    let mine = olga_is.api.get("/api/v1/competitions?mine=true").await;
    assert_eq!(mine.json()["total"], 0, "{}", mine.text);
}

fn full_body() -> Value {
    json!({
        "title": "Taken over", "description": "", "capacity": 5, "status": "PUBLISHED",
        "regDeadline": "2030-03-01T18:00:00Z", "startsAt": "2030-03-02T09:00:00Z",
    })
}

/// What stands in the tables about competitions, and how many there are.
async fn snapshot(app: &App, ids: [CompetitionId; 2]) -> (Vec<Option<i64>>, usize) {
    let tables = crate::harness::TableSnapshot::read(&app.database).await;
    let versions = ids.map(|id| tables.competitions.get(&id).map(|row| row.version));
    (versions.to_vec(), tables.competitions.len())
}

async fn who_lost_the_role_keeps_what_they_have_as_a_participant(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let elsewhere = app.competition(5, false).await;
    let mut actor = Actor::from(&olga);
    app.register_all(&[actor], elsewhere.id).await;
    set_role(&app, &olga, Role::Participant).await;
    actor.role = Role::Participant;
    let client = app.client().with_token(app.token(actor).await);
    let mine = client.get("/api/v1/me/registrations").await.json();
    let id = mine["items"][0]["registrationId"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = client.get(&format!("/api/v1/registrations/{id}")).await;
    assert_eq!(shown.status, 200);
    assert_eq!(client.cancel(&id).await.status, 204);
}

async fn organizers_list_their_own_drafts_and_nobody_elses(app: App) {
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

    let everyones = client.get("/api/v1/competitions?mine=false").await;
    assert_eq!(everyones.json()["total"], 2);
    let drafts = client.get("/api/v1/competitions?status=DRAFT").await;
    assert_eq!(drafts.json()["total"], 0);
    let nobody = app.client().get("/api/v1/competitions?mine=true").await;
    assert_eq!(nobody.status, 401);
    let wrong = client.get("/api/v1/competitions?mine=maybe").await;
    assert_eq!(wrong.status, 422);
    let person = app.people(1).await[0];
    let participant = app.client().with_token(app.token(person).await);
    let none = participant.get("/api/v1/competitions?mine=true").await;
    assert_eq!(
        (none.status.as_u16(), &none.json()["total"]),
        (200, &json!(0))
    );
}

/// The event stream of a competition, or the status with which it is refused.
struct Stream(reqwest::Response);

impl Stream {
    async fn open(client: &Client, competition: CompetitionId) -> Result<Self, u16> {
        let path = format!("/api/v1/competitions/{competition}/events");
        let response = client.request(Method::GET, &path).send().await.unwrap();
        match response.status().as_u16() {
            200 => Ok(Self(response)),
            status => Err(status),
        }
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<String> {
        loop {
            let chunk = tokio::time::timeout(std::time::Duration::from_secs(40), self.0.chunk());
            let chunk = chunk.await.expect("an event in time").unwrap()?;
            let text = String::from_utf8(chunk.to_vec()).unwrap();
            if !text.starts_with(':') {
                return Some(text);
            }
        }
    }
}

async fn a_drafts_events_are_for_its_organizer(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let admin = app.account("Ada", Role::Admin).await;
    let others = [
        app.account("Oleg", Role::Organizer).await,
        app.account("Grace", Role::Participant).await,
    ];
    let draft = draft_of(&app, &olga).await;
    for account in [&olga, &admin] {
        let person = Person::new(&app, account).await;
        for client in [&person.api, &person.browser] {
            let mut stream = Stream::open(client, draft.id)
                .await
                .unwrap_or_else(|s| panic!("{s}"));
            assert!(stream.next().await.unwrap().contains("\"seatsLeft\":10"));
        }
    }
    // Also while its organizer listens.
    let person = Person::new(&app, &olga).await;
    let mut hers = Stream::open(&person.browser, draft.id)
        .await
        .unwrap_or_else(|s| panic!("{s}"));
    hers.next().await.unwrap();
    assert_eq!(Stream::open(&app.client(), draft.id).await.err(), Some(404));
    for account in &others {
        let person = Person::new(&app, account).await;
        for client in [&person.api, &person.browser] {
            assert_eq!(Stream::open(client, draft.id).await.err(), Some(404));
        }
    }
    // She hears what changes, and everybody may listen once it is published.
    let edit = async |patch: CompetitionPatch| {
        let competitions = &app.services.competitions;
        competitions
            .edit(Actor::from(&olga), draft.id, patch, None)
            .await
            .unwrap();
    };
    let capacity = CompetitionPatch {
        capacity: Some(12),
        ..CompetitionPatch::default()
    };
    edit(capacity).await;
    assert!(hers.next().await.unwrap().contains("\"capacity\":12"));
    edit(CompetitionPatch::status(CompetitionStatus::Published)).await;
    let mut anybodys = Stream::open(&app.client(), draft.id)
        .await
        .unwrap_or_else(|s| panic!("{s}"));
    assert!(anybodys.next().await.unwrap().contains("\"capacity\":12"));
    app.register_all(&app.people(1).await, draft.id).await;
    for stream in [&mut hers, &mut anybodys] {
        assert!(stream.next().await.unwrap().contains("\"seatsLeft\":11"));
    }
}

async fn a_stream_of_a_draft_ends_with_the_role(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let draft = draft_of(&app, &olga).await;
    let person = Person::new(&app, &olga).await;
    let mut stream = Stream::open(&person.api, draft.id)
        .await
        .unwrap_or_else(|s| panic!("{s}"));
    stream.next().await.unwrap();
    set_role(&app, &olga, Role::Participant).await;
    let admin = app.account("Ada", Role::Admin).await;
    let edit = CompetitionPatch {
        capacity: Some(99),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(Actor::from(&admin), draft.id, edit, None)
        .await
        .unwrap();
    assert_eq!(stream.next().await, None, "not the number, but the end");
    assert_eq!(Stream::open(&person.api, draft.id).await.err(), Some(404));
}

async fn the_stream_of_a_competition_that_is_deleted_says_so_and_ends(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let (published, draft) = (
        app.competition_of(&olga, 10, false).await,
        draft_of(&app, &olga).await,
    );
    let person = Person::new(&app, &olga).await;
    for competition in [published.id, draft.id] {
        let mut stream = Stream::open(&person.api, competition)
            .await
            .unwrap_or_else(|s| panic!("{s}"));
        stream.next().await.unwrap();
        let competitions = &app.services.competitions;
        competitions
            .delete(Actor::from(&olga), competition, None)
            .await
            .unwrap();
        let last = stream.next().await.unwrap();
        assert!(last.starts_with("event: deleted\n"), "{last}");
        assert_eq!(stream.next().await, None);
        assert_eq!(
            Stream::open(&person.api, competition).await.err(),
            Some(404)
        );
    }
}

async fn an_overview_adds_up_the_counters(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let actor = Actor::from(&olga);
    let first = app.competition_of(&olga, 4, true).await;
    app.register_all(&app.people(6).await, first.id).await;
    app.clock.advance(TimeDelta::days(1));
    let mut soon = app.input(10, false);
    soon.reg_deadline = app.clock.now() + TimeDelta::hours(2);
    let competitions = &app.services.competitions;
    let second = competitions.create(actor, soon).await.unwrap();
    let people = app.people(3).await;
    app.register_all(&people, second.id).await;
    let given_back = app
        .services
        .registrations
        .live(people[0], second.id)
        .await
        .unwrap()
        .unwrap();
    app.services
        .registrations
        .cancel(people[0], given_back.registration_id)
        .await
        .unwrap();
    draft_of(&app, &olga).await;
    app.competition(50, false).await;

    let overview = app.services.reports.overview(actor).await.unwrap();
    assert_eq!(overview.registrations_today, 2);
    assert!(!overview.registrations_today_and_more);
    assert_eq!((overview.seats_taken, overview.capacity), (6, 14));
    assert_eq!(overview.waitlisted, 2);
    assert_eq!(overview.next_deadline, Some(second.reg_deadline));
    // A deadline that has passed is not the next one.
    app.clock.advance(TimeDelta::hours(3));
    let overview = app.services.reports.overview(actor).await.unwrap();
    assert_eq!(overview.next_deadline, Some(first.reg_deadline));
}
