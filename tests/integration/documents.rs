//! Public documents: what anonymous visitors get from the cache, and what never comes from it.

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::{Actor, rate_limits::RateLimit},
    model::{
        CompetitionStatus, CompetitionView, Role,
        forms::{CompetitionInput, CompetitionPatch, LIST_PARAMETERS},
    },
};
use reqwest::{Method, StatusCode, header};

use crate::{
    harness::{App, Client, Reply, draft_of},
    on_both_backends, on_both_backends_rate_limited,
};

on_both_backends!(
    an_unchanged_document_is_sent_once_and_a_changed_one_again,
    a_document_is_compressed_as_the_client_accepts,
    a_registration_is_in_the_next_response_of_its_process,
    an_edit_is_in_the_next_response_of_its_process,
    a_document_ends_with_the_phase_that_it_shows,
    a_renamed_organizer_has_the_new_name_in_every_list,
    a_draft_is_never_public,
    a_logged_in_participant_gets_a_page_of_their_own_that_no_cache_keeps,
    a_personal_page_is_compressed_as_the_client_accepts,
    a_message_for_one_visitor_reaches_only_this_visitor,
    headers_and_unknown_parameters_of_one_visitor_do_not_reach_others,
    a_list_of_open_competitions_ends_with_the_first_deadline,
    a_list_that_is_too_large_to_be_kept_is_sent,
    the_api_tells_the_time_of_each_response_although_the_rest_of_it_is_kept,
);

on_both_backends_rate_limited!(an_anonymous_call_counts_although_its_response_is_kept);

async fn get_with(client: &Client, path: &str, name: header::HeaderName, value: &str) -> Reply {
    let request = client.request(Method::GET, path).header(name, value);
    client.send(request).await
}

/// Returns the paths of all public documents that show a competition.
fn public_paths(competition: &CompetitionView) -> [String; 4] {
    let id = competition.id;
    [
        "/".to_owned(),
        "/competitions".to_owned(),
        format!("/competitions/{id}"),
        "/api/v1/competitions".to_owned(),
    ]
}

async fn edit(app: &App, competition: &CompetitionView, patch: CompetitionPatch) {
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer, competition.id, patch, None)
        .await
        .unwrap();
}

fn new_title(title: &str) -> CompetitionPatch {
    CompetitionPatch {
        title: Some(title.to_owned()),
        ..CompetitionPatch::default()
    }
}

async fn an_unchanged_document_is_sent_once_and_a_changed_one_again(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    for path in public_paths(&competition) {
        let first = client.get(&path).await;
        assert_eq!(first.status, StatusCode::OK, "{path}");
        let cache_control = first.header("cache-control").unwrap();
        assert!(cache_control.contains("public"), "{path}: {cache_control}");
        assert!(first.header("vary").unwrap().contains("cookie"), "{path}");
        let etag = first.header("etag").unwrap().to_owned();
        assert!(!etag.starts_with("W/"), "{path}: {etag}");

        let again = get_with(&client, &path, header::IF_NONE_MATCH, &etag).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(
            (again.header("etag"), again.text.as_str()),
            (Some(&*etag), "")
        );

        let title = format!("Changed for {path}").replace('/', "-");
        edit(&app, &competition, new_title(&title)).await;
        let changed = get_with(&client, &path, header::IF_NONE_MATCH, &etag).await;
        assert_eq!(changed.status, StatusCode::OK, "{path}");
        assert!(changed.text.contains(&title), "{path}");
    }
}

async fn a_document_is_compressed_as_the_client_accepts(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    // Smaller responses are not worth it.
    for path in &public_paths(&competition)[..3] {
        let plain = client.get(path).await;
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        for encoding in ["br", "gzip"] {
            let reply = get_with(&client, path, header::ACCEPT_ENCODING, encoding).await;
            assert_eq!(reply.header("content-encoding"), Some(encoding), "{path}");
        }
    }
}

async fn a_registration_is_in_the_next_response_of_its_process(app: App) {
    let competition = app.competition(40, false).await;
    let anonymous = app.client();
    let participants = app.participants(30).await;
    for (taken, participant) in (1..).zip(participants) {
        let client = app.client().with_token(app.token(participant).await);
        let reply = client.register(competition.id, "key").await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let api = format!("/api/v1/competitions/{}", competition.id);
        // The clock of the test stands still, so that a document that is used for a while because of many
        // changes would be used for ever.
        app.clock.advance(TimeDelta::milliseconds(100));
        let seen = anonymous.get(&api).await.json();
        assert_eq!(seen["seatsLeft"], 40 - taken);
        let page = anonymous
            .get(&format!("/competitions/{}", competition.id))
            .await;
        let seats = page.find("[data-testid=seats-left]");
        assert_eq!(seats, Some((40 - taken).to_string()));
    }
}

async fn an_edit_is_in_the_next_response_of_its_process(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    for path in public_paths(&competition) {
        assert!(client.get(&path).await.text.contains(&competition.title));
    }
    edit(&app, &competition, new_title("Renamed Sprint")).await;
    for path in public_paths(&competition) {
        let text = client.get(&path).await.text;
        assert!(text.contains("Renamed Sprint"), "{path}");
        assert!(!text.contains(&competition.title), "{path}");
    }
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let competitions = &app.services.competitions;
    competitions
        .delete(organizer, competition.id, None)
        .await
        .unwrap();
    for path in public_paths(&competition) {
        let reply = client.get(&path).await;
        assert!(!reply.text.contains("Renamed Sprint"), "{path}");
    }
}

async fn a_document_ends_with_the_phase_that_it_shows(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    let path = format!("/competitions/{}", competition.id);
    let phase = async || client.get(&path).await.find("article[data-phase] .badge");
    assert_eq!(phase().await.as_deref(), Some("Open"));
    let deadline = competition.reg_deadline - app.clock.now();
    app.clock.advance(deadline - TimeDelta::milliseconds(1));
    assert_eq!(phase().await.as_deref(), Some("Open"));
    app.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(phase().await.as_deref(), Some("Registration closed"));
}

async fn a_list_of_open_competitions_ends_with_the_first_deadline(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    let open = async || client.get("/api/v1/competitions?open=true").await.json()["total"].clone();
    let deadline = competition.reg_deadline - app.clock.now();
    app.clock.advance(deadline - TimeDelta::milliseconds(1));
    assert_eq!(open().await, 1);
    app.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(open().await, 0);
}

async fn a_list_that_is_too_large_to_be_kept_is_sent(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let description = "漢".repeat(20_000);
    for _ in 0..100 {
        let input = CompetitionInput {
            description: description.clone(),
            ..app.competition_input(5, false)
        };
        let competitions = &app.services.competitions;
        competitions
            .create(Actor::from(&organizer), input)
            .await
            .unwrap();
    }
    let reply = app.client().get("/api/v1/competitions?perPage=100").await;
    assert_eq!(reply.status, StatusCode::OK, "{:.1000}", reply.text);
    assert_eq!(reply.json()["items"].as_array().unwrap().len(), 100);
}

async fn a_renamed_organizer_has_the_new_name_in_every_list(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await;
    let client = app.client();
    let owner = app
        .client()
        .with_token(app.token(Actor::from(&organizer)).await);
    // The cards of the first two don't show organizers.
    let [_, _, page, list] = public_paths(&competition);
    let paths = [page, list, format!("/organizers/{}", organizer.id)];
    for path in &paths {
        assert!(client.get(path).await.text.contains("Olga"), "{path}");
    }
    let api = format!("/api/v1/competitions/{}", competition.id);
    let etag = client.get(&api).await.header("etag").unwrap().to_owned();
    let rename = owner.request(Method::PATCH, "/api/v1/me");
    let name = serde_json::json!({ "name": "Marta" });
    assert_eq!(owner.send(rename.json(&name)).await.status, StatusCode::OK);
    for path in &paths {
        let text = client.get(path).await.text;
        assert!(text.contains("Marta") && !text.contains("Olga"), "{path}");
    }
    let known = get_with(&client, &api, header::IF_NONE_MATCH, &etag).await;
    assert_eq!(known.status, StatusCode::OK, "the client has the old name");
}

async fn a_draft_is_never_public(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let draft = draft_of(&app, &organizer).await;
    let owner = app
        .client()
        .with_token(app.token(Actor::from(&organizer)).await);
    let path = format!("/api/v1/competitions/{}", draft.id);
    let anonymous = app.client();
    for _ in 0..2 {
        assert_eq!(owner.get(&path).await.status, StatusCode::OK);
        assert_eq!(anonymous.get(&path).await.status, StatusCode::NOT_FOUND);
        let page = anonymous.get(&format!("/competitions/{}", draft.id)).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
    }
    let publish = CompetitionPatch {
        status: Some(CompetitionStatus::Published),
        ..CompetitionPatch::default()
    };
    edit(&app, &draft, publish).await;
    assert_eq!(anonymous.get(&path).await.status, StatusCode::OK);
}

async fn a_logged_in_participant_gets_a_page_of_their_own_that_no_cache_keeps(app: App) {
    let competition = app.competition(5, false).await;
    let [ada, grace] = ["Ada Example", "Grace Example"];
    let mut browsers = Vec::new();
    for name in [ada, grace] {
        let account = app.account(name, Role::Participant).await;
        let browser = app.client();
        browser.log_in(&account.email).await;
        browsers.push((name, browser));
    }
    let anonymous = app.client();
    let pages = &public_paths(&competition)[..3];
    for path in pages {
        for _ in 0..2 {
            for (name, browser) in &browsers {
                let page = browser.get(path).await;
                let other = if *name == ada { grace } else { ada };
                assert!(
                    page.text.contains(name) && !page.text.contains(other),
                    "{path}"
                );
                assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
                assert_eq!(page.header("etag"), None, "{path}");
            }
            let page = anonymous.get(path).await;
            assert!(
                !page.text.contains(ada) && !page.text.contains(grace),
                "{path}"
            );
        }
    }
}

async fn a_personal_page_is_compressed_as_the_client_accepts(app: App) {
    let account = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&account.email).await;
    for (accepted, encoding) in [
        ("br", Some("br")),
        // What is sent once is compressed in the shortest time.
        ("gzip, deflate, br, zstd", Some("gzip")),
        ("gzip, br;q=0", Some("gzip")),
        ("identity", None),
    ] {
        let page = "/me/registrations";
        let reply = get_with(&browser, page, header::ACCEPT_ENCODING, accepted).await;
        assert_eq!(reply.header("content-encoding"), encoding, "{accepted}");
        let vary = reply.headers.get_all(header::VARY).iter();
        assert!(
            vary.filter_map(|value| value.to_str().ok())
                .any(|value| value.contains("accept-encoding")),
            "{accepted}: a cache must keep the encodings apart"
        );
    }
    // A small response is sent as it is.
    let reply = get_with(&browser, "/api/v1/me", header::ACCEPT_ENCODING, "br").await;
    assert_eq!(reply.header("content-encoding"), None);
}

async fn a_message_for_one_visitor_reaches_only_this_visitor(app: App) {
    let competition = app.competition(5, false).await;
    let path = format!("/competitions/{}", competition.id);
    let visitor = app.client();
    let form = visitor.get(&path).await.form("[data-testid=register-form]");
    let login = visitor.submit(&form).await;
    assert!(login.url.contains("/login"), "{}", login.url);
    let anonymous = app.client();
    let (first, second) = (anonymous.get(&path).await, app.client().get(&path).await);
    assert_eq!(first.find("main .outcome"), None);
    assert_eq!(second.find("main .outcome"), None);
}

async fn headers_and_unknown_parameters_of_one_visitor_do_not_reach_others(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    let hostile = "https://evil.example/<script>";
    for path in public_paths(&competition) {
        let noisy = format!("{path}?utm_source={hostile}&next={hostile}&mode={hostile}");
        let request = client
            .request(Method::GET, &noisy)
            .header("x-forwarded-host", "evil.example")
            .header("x-original-url", hostile)
            .header("x-forwarded-for", "203.0.113.7")
            .header(header::REFERER, hostile)
            .header(header::ACCEPT_LANGUAGE, hostile)
            .header(header::COOKIE, "theme=evil.example");
        let poisoned = client.send(request).await;
        assert_eq!(poisoned.status, StatusCode::OK, "{path}");
        assert!(!poisoned.text.contains("evil"), "{path}");
        let next = app.client().get(&path).await;
        assert!(!next.text.contains("evil"), "{path}");
        assert_eq!(next.header("set-cookie"), None, "{path}");
    }
    // Every parameter that a list knows selects another document.
    let list = client.get("/competitions").await.text;
    for parameter in LIST_PARAMETERS {
        let other = client.get(&format!("/competitions?{parameter}=1")).await;
        assert_eq!(other.status, StatusCode::OK, "{parameter}");
        assert_eq!(client.get("/competitions").await.text, list, "{parameter}");
    }
}

async fn an_anonymous_call_counts_although_its_response_is_kept(app: App) {
    let client = app.client();
    let list = "/api/v1/competitions";
    assert_eq!(client.get(list).await.status, StatusCode::OK);
    app.exhaust(RateLimit::ANONYMOUS_CALLS, "127.0.0.1").await;
    let refused = client.get(list).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(client.get("/competitions").await.status, StatusCode::OK);
}

async fn the_api_tells_the_time_of_each_response_although_the_rest_of_it_is_kept(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    let path = format!("/api/v1/competitions/{}", competition.id);
    let mut etags = Vec::new();
    for _ in 0..3 {
        app.clock.advance(TimeDelta::seconds(7));
        let shown = client.get(&path).await;
        assert_eq!(shown.status, StatusCode::OK);
        let told: DateTime<Utc> =
            serde_json::from_value(shown.json()["serverTime"].clone()).unwrap();
        let now = app.clock.now();
        assert!(now - told < TimeDelta::seconds(5), "{told} at {now}");
        let cache_control = shown.header("cache-control").unwrap();
        assert!(!cache_control.contains("public"), "{cache_control}");
        etags.push(shown.header("etag").unwrap().to_owned());
    }
    assert!(etags.iter().all(|etag| *etag == etags[0]), "{etags:?}");
    let unchanged = get_with(&client, &path, header::IF_NONE_MATCH, &etags[0]).await;
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);

    edit(&app, &competition, new_title("A new title")).await;
    let changed = get_with(&client, &path, header::IF_NONE_MATCH, &etags[0]).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.json()["title"], "A new title");
    let left = competition.reg_deadline - app.clock.now();
    app.clock.advance(left + TimeDelta::seconds(1));
    let closed = client.get(&path).await;
    assert_eq!(closed.json()["phase"], "CLOSED");
}
