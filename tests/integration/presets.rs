//! Presets: a new competition of a kind has what competitions of that kind usually have.

use mini_compete::model::{Role, UserId};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    a_race_from_its_preset_needs_a_title_only_and_is_ready_to_be_opened,
    every_preset_makes_a_competition_with_what_its_page_says,
    an_error_and_a_preview_keep_the_preset,
    a_preset_that_does_not_exist_is_none,
);

const FORM: &str = "form[action='/act/create-competition']";

async fn organizer(app: &App) -> Client {
    let organizer = app.account("Olga", Role::Organizer).await;
    let client = app.client();
    client.log_in(&organizer.email).await;
    client
}

/// Fills in the title of a preset's form, submits it, and returns the path of the competition in the API.
async fn create(client: &Client, preset: &str, title: &str) -> String {
    let page = client.get(&format!("/organize/new?preset={preset}")).await;
    let page = client.submit(&page.form(FORM).fill("title", title)).await;
    assert!(page.url.contains("/organize/"), "{preset}: {}", page.text);
    let id = page.url.rsplit('/').next().unwrap().to_owned();
    assert!(id.parse::<UserId>().is_ok(), "{preset}: {}", page.url);
    format!("/api/v1/competitions/{id}")
}

async fn a_race_from_its_preset_needs_a_title_only_and_is_ready_to_be_opened(app: App) {
    let client = organizer(&app).await;
    let path = create(&client, "race", "Ring Road Run").await;
    let competition = client.get(&path).await.json();
    assert_eq!(competition["title"], "Ring Road Run");
    assert_eq!(competition["status"], "DRAFT");
    let divisions = client.get(&format!("{path}/divisions")).await.json();
    let names: Vec<_> = divisions["items"].as_array().unwrap().iter().collect();
    let children = names.last().unwrap();
    assert_eq!(children["ageMax"], 12);
    assert_eq!(children["numberFrom"], 1);
    let id = path.rsplit('/').next().unwrap();
    let page = client.get(&format!("/organize/{id}")).await;
    client
        .submit(&page.form("form[action='/act/publish-competition']"))
        .await;
    let published = app.client().get(&path).await.json();
    assert_eq!(published["status"], "PUBLISHED");
}

async fn every_preset_makes_a_competition_with_what_its_page_says(app: App) {
    let client = organizer(&app).await;
    for preset in ["hackathon", "race", "tournament", "exam", "workshop"] {
        let page = client.get(&format!("/organize/new?preset={preset}")).await;
        let said = page.find("[data-testid='preset']").unwrap();
        let path = create(&client, preset, preset).await;
        let mut parts = Vec::new();
        for (list, field) in [("divisions", "name"), ("questions", "label")] {
            let items = client.get(&format!("{path}/{list}")).await.json();
            let items = items["items"].as_array().unwrap().clone();
            parts.extend(items.into_iter().map(|item: Value| {
                let name = item[field].as_str().unwrap();
                name.to_owned()
            }));
        }
        assert!(parts.len() >= 2, "{preset}");
        for part in parts {
            assert!(said.contains(&part), "{preset}: {part} in {said}");
        }
    }
}

async fn an_error_and_a_preview_keep_the_preset(app: App) {
    let client = organizer(&app).await;
    let page = client.get("/organize/new?preset=exam").await;
    let page = client.submit(&page.form(FORM).fill("title", "x")).await;
    let form = page.form(FORM);
    assert_eq!(form.value("preset"), Some("exam"));
    assert_eq!(form.value("capacity"), Some("60"));
    let page = client
        .submit(&form.fill("title", "Finals").fill("preview", "on"))
        .await;
    assert!(page.find("#preview").is_some());
    let page = client.submit(&page.form(FORM)).await;
    let id = page.url.rsplit('/').next().unwrap();
    let rooms = client
        .get(&format!("/api/v1/competitions/{id}/divisions"))
        .await
        .json();
    assert_eq!(rooms["items"].as_array().unwrap().len(), 2);
}

async fn a_preset_that_does_not_exist_is_none(app: App) {
    let client = organizer(&app).await;
    let page = client.get("/organize/new?preset=regatta").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.find("[data-testid='preset']"), None);
    let form = page
        .form(FORM)
        .fill("title", "Regatta")
        .fill("preset", "regatta")
        .fill("capacity", "9")
        .fill("regDeadline", "2031-03-01T18:00")
        .fill("startsAt", "2031-03-02T09:00");
    let page = client.submit(&form).await;
    let id = page.url.rsplit('/').next().unwrap();
    let competition = format!("/api/v1/competitions/{id}");
    assert_eq!(client.get(&competition).await.json()["capacity"], 9);
    for list in ["divisions", "questions"] {
        let list = client.get(&format!("{competition}/{list}")).await.json();
        assert_eq!(list["items"], json!([]));
    }
}
