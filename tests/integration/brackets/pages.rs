//! The pages about brackets, without JavaScript.

use mini_compete::{domain::Actor, model::Role};
use reqwest::Method;
use serde_json::json;

use super::{Arena, EIGHT};
use crate::{harness::App, on_both_backends, results::Setup};

on_both_backends!(
    an_organizer_makes_a_bracket_and_records_results_on_the_page,
    everybody_sees_a_bracket_as_a_drawing_and_as_lists,
    one_round_of_a_large_bracket_is_listed_at_a_time,
    a_bracket_follows_the_changes_of_its_own_competition,
    the_page_is_made_once_for_all_strangers_and_anew_after_each_change,
);

async fn an_organizer_makes_a_bracket_and_records_results_on_the_page(app: App) {
    let setup = Setup::new(&app, &EIGHT[..4]).await;
    let browser = &setup.owner.browser;
    let path = format!("/organize/{}/brackets", setup.competition.id);
    let page = browser.get(&path).await;
    let form = page.form("[data-testid=bracket-form]");
    let wrong = browser
        .submit(&form.clone().fill("limit", "1").fill("name", "Cup"))
        .await;
    assert!(wrong.find(".field-error").is_some(), "{}", wrong.text);
    let form = form.fill("name", "Spring cup").fill("published", "on");
    let page = browser.submit(&form).await;
    let preview = page.find("[data-testid=bracket-preview]").unwrap();
    assert!(preview.contains("Entrants: 4 · Matches: 3"), "{preview}");
    let (ada, dan) = (preview.find("Ada").unwrap(), preview.find("Dan").unwrap());
    assert!(ada < dan, "in the order of their seeds");
    let page = browser
        .submit(&page.form("[data-testid=add-bracket]"))
        .await;
    assert!(page.text.contains("Bracket created."), "{}", page.text);
    for (number, outcome) in [(1, "SECOND"), (2, "FIRST"), (3, "FIRST")] {
        let page = browser.get(&path).await;
        let href = match_link(&page.text, number);
        let page = browser.get(&href).await;
        let form = page
            .form("[data-testid=match-form]")
            .fill("outcome", outcome);
        let done = browser.submit(&form).await;
        assert!(done.text.contains("Result recorded."), "{}", done.text);
    }
    let public = format!("/competitions/{}/brackets", setup.competition.id);
    let shown = app.client().get(&public).await;
    let champion = shown.find("[data-testid=champion]").unwrap();
    assert!(champion.contains("Dan"), "{champion}");
    // A correction that voids a later result asks first.
    let page = browser.get(&path).await;
    let href = match_link(&page.text, 1);
    let page = browser.get(&href).await;
    let form = page.form("[data-testid=match-form]");
    assert_eq!(form.value("confirm"), None);
    let asked = browser.submit(&form.fill("outcome", "FIRST")).await;
    assert!(
        asked.text.contains("Later matches have results already"),
        "{}",
        asked.text
    );
    let form = asked.form("[data-testid=match-form]").fill("confirm", "on");
    let done = browser.submit(&form).await;
    assert!(done.text.contains("that are void now: 1"), "{}", done.text);
    let page = browser.get(&href).await;
    let undone = browser.submit(&page.form("[data-testid=undo-match]")).await;
    assert!(undone.text.contains("Result undone."), "{}", undone.text);
}

async fn everybody_sees_a_bracket_as_a_drawing_and_as_lists(app: App) {
    let arena = Arena::new(&app, &EIGHT, json!({})).await;
    arena.win(1, "FIRST").await;
    let id = arena.setup.competition.id;
    let page = app.client().get(&format!("/competitions/{id}")).await;
    let link = page.find("[data-testid=bracket-link]").unwrap();
    assert!(link.contains("Finals"), "{link}");
    let shown = app
        .client()
        .get(&format!("/competitions/{id}/brackets"))
        .await;
    let drawing = between(&shown.text, "class=\"bracket-drawing\"", "</svg>");
    assert!(
        drawing.contains("<title") && drawing.contains("<desc"),
        "{drawing}"
    );
    assert_eq!(drawing.matches("<rect").count(), 7);
    let lists = shown.find("[data-testid=matches]").unwrap();
    for name in EIGHT {
        assert!(drawing.contains(name) && lists.contains(name), "{name}");
    }
    assert!(lists.contains("Ada wins"), "{lists}");
    let arabic = app
        .client()
        .get(&format!("/competitions/{id}/brackets?lang=ar"))
        .await;
    let mirrored = between(&arabic.text, "class=\"bracket-drawing\"", "</svg>");
    let first = |drawing: &str| drawing.split("<rect").nth(1).unwrap().to_owned();
    assert!(first(drawing).contains("x=\"0\""), "{drawing}");
    assert!(!first(mirrored).contains("x=\"0\""), "{mirrored}");
    let unknown = uuid::Uuid::now_v7();
    let missing = format!("/competitions/{id}/brackets?bracket={unknown}");
    assert_eq!(app.client().get(&missing).await.status, 404);
}

async fn one_round_of_a_large_bracket_is_listed_at_a_time(app: App) {
    let names: Vec<String> = (1..=26).map(|number| format!("Name {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let arena = Arena::new(&app, &names, json!({ "format": "ROUND_ROBIN" })).await;
    let id = arena.setup.competition.id;
    let path = format!("/competitions/{id}/brackets");
    let rows = |page: &str| page.matches("<tr data-match").count();
    let page = app.client().get(&path).await;
    assert_eq!(rows(&page.text), 13, "{}", page.text);
    let other = app.client().get(&format!("{path}?round=ROUNDS-25")).await;
    let lists = other.find("[data-testid=matches]").unwrap();
    assert!(
        lists.contains("Round 25") && rows(&other.text) == 13,
        "{lists}"
    );
}

async fn a_bracket_follows_the_changes_of_its_own_competition(app: App) {
    let arena = Arena::new(&app, &EIGHT[..4], json!({})).await;
    let owner = app.account("Other", Role::Organizer).await;
    let client = app
        .client()
        .with_token(app.token(Actor::from(&owner)).await);
    // A competition with more changes than that of the bracket.
    let busy = app.competition_of(&owner, 50, true).await.id;
    let path = format!("/api/v1/competitions/{busy}/stages");
    for (number, participant) in (1..).zip(app.participants(12).await) {
        let name = format!("Stage {number}");
        let body = json!({ "name": name, "metric": "TIME", "state": "OPEN" });
        let added = client.post_json(&path, &body).await;
        assert_eq!(added.status, 201, "{}", added.text);
        app.register_all(&[participant], busy).await;
    }
    let id = arena.path.rsplit('/').next().unwrap();
    let elsewhere = format!("/competitions/{busy}/brackets?bracket={id}");
    assert_eq!(app.client().get(&elsewhere).await.status, 404);
    arena.win(1, "FIRST").await;
    assert_eq!(arena.matches().await[0]["outcome"], "FIRST");
}

async fn the_page_is_made_once_for_all_strangers_and_anew_after_each_change(app: App) {
    let arena = Arena::new(&app, &EIGHT[..4], json!({})).await;
    let path = format!("/competitions/{}/brackets", arena.setup.competition.id);
    let client = app.client();
    let first = client.get(&path).await;
    let cache_control = first.header("cache-control").unwrap();
    assert!(cache_control.contains("public"), "{cache_control}");
    let tag = first.header("etag").unwrap().to_owned();
    let conditional = async || {
        let request = client.request(Method::GET, &path);
        client.send(request.header("if-none-match", &tag)).await
    };
    assert_eq!(conditional().await.status, 304);
    arena.win(1, "FIRST").await;
    let played = conditional().await;
    assert_eq!(played.status, 200);
    assert!(played.text.contains("Ada wins"), "{}", played.text);
    arena.setup.cancel(1).await;
    let cancelled = client.get(&path).await;
    assert_ne!(
        cancelled.text, played.text,
        "an entrant has no seat any more"
    );
}

/// Returns what a page has between two texts.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let rest = page.split(start).nth(1).unwrap();
    rest.split(end).next().unwrap()
}

/// Returns the address of the form for a match on the organizer's page.
fn match_link(page: &str, number: usize) -> String {
    let row = between(page, &format!("data-match=\"{number}\""), "</tr>");
    between(row, "href=\"", "\"").replace("&amp;", "&")
}
