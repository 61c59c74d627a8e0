//! The page that deletes a competition asks for its title, and for a cancellation first where people await it.

use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, CompetitionView, Role, forms::CompetitionPatch},
};

use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    a_competition_is_deleted_with_its_title_only,
    a_competition_that_people_await_is_cancelled_first,
);

/// The selector of the form that deletes a competition.
const FORM: &str = "form[action='/act/delete-competition']";

/// Creates an organizer with a competition, and logs the organizer in.
async fn organizer(app: &App) -> (Client, CompetitionView) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 5, true).await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    (browser, competition)
}

/// Returns whether a competition exists.
async fn exists(app: &App, competition: &CompetitionView) -> bool {
    let competitions = &app.services.competitions;
    competitions.get(competition.id, None).await.is_ok()
}

async fn a_competition_is_deleted_with_its_title_only(app: App) {
    let (browser, competition) = organizer(&app).await;
    let question = format!("/organize/{}/delete", competition.id);
    for wrong in ["", "Spring", "Spring Sprint 2"] {
        let form = browser.get(&question).await.form(FORM);
        let page = browser.submit(&form.fill("title", wrong)).await;
        assert!(page.url.ends_with("/delete"), "{wrong}: {}", page.url);
        assert!(page.find("[role=alert]").is_some(), "{wrong}");
        assert!(exists(&app, &competition).await, "{wrong}");
    }
    let form = browser.get(&question).await.form(FORM);
    browser
        .submit(&form.fill("title", " spring  sprint "))
        .await;
    assert!(!exists(&app, &competition).await);
}

async fn a_competition_that_people_await_is_cancelled_first(app: App) {
    let (browser, competition) = organizer(&app).await;
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    let question = format!("/organize/{}/delete", competition.id);
    let page = browser.get(&question).await;
    assert!(
        page.text.contains("2 people are registered"),
        "{}",
        page.text
    );
    assert!(page.find(FORM).is_none(), "there is no form");
    // A form that was opened before they registered.
    let id = competition.id.to_string();
    let fields = [("competitionId", &*id), ("title", "Spring Sprint")];
    browser
        .submit_in_background("/act/delete-competition", &fields)
        .await;
    assert!(exists(&app, &competition).await);

    let cancel = CompetitionPatch::status(CompetitionStatus::Cancelled);
    let actor = Actor::new(competition.organizer_id, Role::Organizer);
    let competitions = &app.services.competitions;
    competitions
        .edit(actor, competition.id, cancel, None)
        .await
        .unwrap();
    let form = browser.get(&question).await.form(FORM);
    browser.submit(&form.fill("title", "Spring Sprint")).await;
    assert!(!exists(&app, &competition).await);
}
