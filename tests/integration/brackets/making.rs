//! Making brackets: seeds, bounds, drafts and removal.

use mini_compete::store::entity::{bracket_entrant, bracket_match};
use reqwest::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{Arena, EIGHT, add, changes, delete, pairs, patch};
use crate::{harness::App, on_both_backends, results::Setup};

on_both_backends!(
    seeds_follow_start_numbers_standings_or_a_list,
    a_division_that_the_competition_does_not_have_is_refused,
    settings_that_do_not_fit_are_named,
    a_draft_is_seen_only_by_those_who_work_on_the_competition,
    a_bracket_is_removed_only_before_anything_was_recorded,
    brackets_are_removed_with_their_competition,
);

async fn seeds_follow_start_numbers_standings_or_a_list(app: App) {
    let arena = Arena::new(&app, &EIGHT[..5], json!({})).await;
    let matches = arena.matches().await;
    assert_eq!(
        pairs(&matches)[..4],
        [("Ada", "-"), ("Dan", "Eve"), ("Bob", "-"), ("Cyd", "-")]
    );
    assert_eq!(matches[0]["state"], "BYE");
    assert_eq!(pairs(&matches)[4], ("Ada", "-"), "a bye lets advance");
    let setup = &arena.setup;
    let listed = add(
        setup,
        json!({ "seeding": "LIST", "entrants": ["3", "1", "2"] }),
    )
    .await;
    let path = format!("/api/v1/brackets/{}", listed.json()["id"].as_str().unwrap());
    let entrants = app.client().get(&path).await.json()["entrants"].clone();
    let names = |entrants: &Value| -> Vec<String> {
        let entrants = entrants.as_array().unwrap().iter();
        entrants
            .map(|it| it["userName"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&entrants), ["Cyd", "Ada", "Bob"]);
    let stage = setup.stage(json!({})).await;
    setup
        .values(&stage, &[("1", 300), ("2", 100), ("4", 200), ("5", 400)])
        .await;
    let by_standings = json!({ "seeding": "STANDINGS", "stageId": stage, "limit": 3 });
    let too_early = add(setup, by_standings.clone()).await;
    assert_eq!(too_early.status, StatusCode::UNPROCESSABLE_ENTITY);
    setup.publish(&stage, json!({ "official": true })).await;
    let added = add(setup, by_standings).await;
    let path = format!("/api/v1/brackets/{}", added.json()["id"].as_str().unwrap());
    let entrants = app.client().get(&path).await.json()["entrants"].clone();
    assert_eq!(names(&entrants), ["Bob", "Dan", "Ada"]);
}

async fn a_division_that_the_competition_does_not_have_is_refused(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob", "Cyd"]).await;
    let unknown = json!({ "divisionId": uuid::Uuid::now_v7() });
    let refused = add(&setup, unknown).await;
    assert_eq!(refused.json()["errors"][0]["field"], "divisionId");
}

async fn settings_that_do_not_fit_are_named(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob", "Cyd"]).await;
    for (settings, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "rounds": 2 }), "rounds"),
        (json!({ "format": "SWISS", "rounds": 3 }), "rounds"),
        (json!({ "winPoints": 1 }), "winPoints"),
        (json!({ "limit": 1 }), "limit"),
        (json!({ "seeding": "STANDINGS" }), "stageId"),
        (json!({ "entrants": ["1", "2"] }), "entrants"),
        (json!({ "seeding": "LIST" }), "entrants"),
        (json!({ "seeding": "LIST", "entrants": ["1"] }), "entrants"),
        (
            json!({ "seeding": "LIST", "entrants": ["1", "1"] }),
            "entrants",
        ),
        (
            json!({ "seeding": "LIST", "entrants": ["1", "9"] }),
            "entrants",
        ),
    ] {
        let refused = add(&setup, settings.clone()).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{settings}: {}",
            refused.text
        );
        assert_eq!(refused.json()["errors"][0]["field"], field, "{settings}");
    }
    for number in 0..20 {
        let added = add(&setup, json!({ "name": format!("No. {number}") })).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    }
    let one_more = add(&setup, json!({})).await;
    assert_eq!(one_more.json()["errors"][0]["field"], "name");
}

async fn a_draft_is_seen_only_by_those_who_work_on_the_competition(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let added = add(&setup, json!({ "state": "DRAFT" })).await;
    let path = format!("/api/v1/brackets/{}", added.json()["id"].as_str().unwrap());
    let list = setup.path("/brackets");
    let count = |reply: Value| reply["items"].as_array().unwrap().len();
    assert_eq!(count(app.client().get(&list).await.json()), 0);
    assert_eq!(count(setup.helper_now().await.get(&list).await.json()), 1);
    assert_eq!(app.client().get(&path).await.status, StatusCode::NOT_FOUND);
    let helper = setup.helper_now().await;
    assert_eq!(helper.get(&path).await.status, StatusCode::OK);
    let published = json!({ "state": "PUBLISHED", "name": "Cup" });
    let published = patch(&helper, &path, &published).await;
    assert_eq!(published.status, StatusCode::OK, "{}", published.text);
    let shown = app.client().get(&path).await;
    assert_eq!(shown.json()["bracket"]["name"], "Cup", "{}", shown.text);
    assert_eq!(count(app.client().get(&list).await.json()), 1);
    patch(&helper, &path, &json!({ "state": "DRAFT" })).await;
    assert_eq!(app.client().get(&path).await.status, StatusCode::NOT_FOUND);
}

async fn a_bracket_is_removed_only_before_anything_was_recorded(app: App) {
    let arena = Arena::new(&app, &["Ada", "Bob"], json!({})).await;
    arena.win(1, "FIRST").await;
    let game = arena.match_path(1).await;
    let helper = arena.setup.helper_now().await;
    assert_eq!(delete(&helper, &game).await.status, StatusCode::OK);
    let refused = delete(&helper, &arena.path).await;
    assert_eq!(refused.problem(), "bracket-has-results");
    let other = add(&arena.setup, json!({})).await;
    let other = format!("/api/v1/brackets/{}", other.json()["id"].as_str().unwrap());
    assert_eq!(delete(&helper, &other).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.client().get(&other).await.status, StatusCode::NOT_FOUND);
}

async fn brackets_are_removed_with_their_competition(app: App) {
    let arena = Arena::new(&app, &EIGHT, json!({})).await;
    arena.win(1, "FIRST").await;
    let owner = &arena.setup.owner.api;
    let deleted = delete(owner, &arena.setup.path("")).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    app.run_open_jobs().await;
    assert_eq!(
        app.client().get(&arena.path).await.status,
        StatusCode::NOT_FOUND
    );
    let database = app.database().read();
    let entrants = bracket_entrant::Entity::find().count(database);
    let matches = bracket_match::Entity::find().count(database);
    let left = (entrants.await.unwrap(), matches.await.unwrap());
    assert_eq!((left, changes(&app).await), ((0, 0), 0));
}
