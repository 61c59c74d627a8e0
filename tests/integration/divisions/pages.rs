//! The pages about divisions, without JavaScript.

use mini_compete::model::{CompetitionView, Role};
use reqwest::StatusCode;

use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    an_organizer_adds_changes_and_removes_divisions_on_their_page,
    a_visitor_chooses_a_division_and_finds_it_on_the_ticket,
    a_choice_outlasts_the_log_in,
    a_full_division_is_offered_only_with_a_waitlist,
);

/// Returns a competition, and a browser in which its organizer is logged in.
async fn organizer(app: &App, waitlist: bool) -> (CompetitionView, Client) {
    let name = format!("Olga {waitlist}");
    let organizer = app.account(&name, Role::Organizer).await;
    let competition = app.competition_of(&organizer, 9, waitlist).await;
    let browser = app.client();
    browser.log_in(&organizer.email).await;
    (competition, browser)
}

/// Adds a division on the page.
async fn add(browser: &Client, competition: &CompetitionView, name: &str, capacity: &str) {
    let path = format!("/organize/{}/divisions", competition.id);
    let form = browser.get(&path).await.form("[data-testid=division-form]");
    let form = form.fill("name", name).fill("capacity", capacity);
    let added = browser.submit(&form).await;
    assert!(
        added.text.contains("The division is added."),
        "{}",
        added.url
    );
}

/// Returns the id of a division, from the choice on the page of the competition.
async fn id_of(app: &App, competition: &CompetitionView, name: &str) -> String {
    let view = app
        .client()
        .get(&format!("/api/v1/competitions/{}", competition.id))
        .await
        .json();
    let divisions = view["divisions"].as_array().unwrap();
    let found = divisions.iter().find(|division| division["name"] == name);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn an_organizer_adds_changes_and_removes_divisions_on_their_page(app: App) {
    let (competition, browser) = organizer(&app, true).await;
    let path = format!("/organize/{}/divisions", competition.id);
    let empty = browser.get(&path).await;
    assert!(empty.text.contains("No divisions yet"));
    let form = empty.form("[data-testid=division-form]");
    let wrong = form
        .clone()
        .fill("name", "10 km")
        .fill("ageMin", "18")
        .fill("ageMax", "12");
    let refused = browser.submit(&wrong).await;
    assert!(refused.find(".field-error").is_some(), "{}", refused.text);
    let kept = refused.form("[data-testid=division-form]");
    assert_eq!(kept.value("name"), Some("10 km"), "what was typed is kept");
    let added = browser
        .submit(&kept.fill("ageMin", "").fill("capacity", "5"))
        .await;
    let listed = added.find("[data-testid=divisions]").unwrap();
    assert!(
        listed.contains("10 km") && listed.contains("5 of 5 free"),
        "{listed}"
    );
    assert!(listed.contains("up to 12 years"), "{listed}");
    let id = id_of(&app, &competition, "10 km").await;
    let edit = browser
        .get(&format!("{path}?edit={id}"))
        .await
        .form("[data-testid=division-form]");
    assert_eq!(
        (edit.value("name"), edit.value("ageMax")),
        (Some("10 km"), Some("12"))
    );
    let saved = browser
        .submit(
            &edit
                .fill("name", "5 km")
                .fill("capacity", "")
                .fill("ageMax", ""),
        )
        .await;
    let listed = saved.find("[data-testid=divisions]").unwrap();
    assert!(
        listed.contains("5 km") && listed.contains("No limit of its own"),
        "{listed}"
    );
    let removed = browser
        .submit(&saved.form("form[action='/act/remove-division']"))
        .await;
    assert!(
        removed.text.contains("No divisions yet"),
        "{}",
        removed.text
    );
    let history = browser
        .get(&format!("/organize/{}/audit", competition.id))
        .await;
    assert!(
        history.text.contains("5 km"),
        "each change is in the history"
    );
}

async fn a_visitor_chooses_a_division_and_finds_it_on_the_ticket(app: App) {
    let (competition, browser) = organizer(&app, true).await;
    add(&browser, &competition, "10 km", "5").await;
    add(&browser, &competition, "Marathon", "").await;
    let visitor = app.account("Ada", Role::Participant).await;
    let own = app.client();
    own.log_in(&visitor.email).await;
    let page = own.get(&format!("/competitions/{}", competition.id)).await;
    let choice = page.find("fieldset.divisions").unwrap();
    assert!(
        choice.contains("10 km") && choice.contains("Marathon"),
        "{choice}"
    );
    // The radio buttons belong to the register form, in which they are not.
    assert_eq!(page.text.matches("form=\"register-form\"").count(), 2);
    let form = page.form("[data-testid=register-form]");
    let without = own.submit(&form).await;
    assert!(
        without.text.contains("Choose a division."),
        "{}",
        without.url
    );
    let marathon = id_of(&app, &competition, "Marathon").await;
    let form = without.form("[data-testid=register-form]");
    let ticket = own.submit(&form.fill("divisionId", &marathon)).await;
    assert_eq!(
        ticket.find("[data-testid=division] dd").as_deref(),
        Some("Marathon"),
        "{}",
        ticket.url
    );
    let list = own.get("/me/registrations").await;
    assert!(list.text.contains("Marathon"));
    let people = browser
        .get(&format!("/organize/{}/registrations", competition.id))
        .await;
    assert!(people.text.contains("Marathon"));
    // The page for adding people asks for the division, too.
    let form = people.form("[data-testid=participant-form]");
    let form = form.fill("name", "Ben").fill("email", "ben@example.org");
    let refused = browser.submit(&form).await;
    assert_eq!(
        refused.find("#divisionId-error").as_deref(),
        Some("Choose a division.")
    );
    let form = refused.form("[data-testid=participant-form]");
    let added = browser.submit(&form.fill("divisionId", &marathon)).await;
    assert!(added.text.contains("Ben has a seat."), "{}", added.text);
    app.assert_seat_invariant().await;
}

async fn a_choice_outlasts_the_log_in(app: App) {
    let (competition, browser) = organizer(&app, true).await;
    add(&browser, &competition, "10 km", "5").await;
    let visitor = app.account("Ada", Role::Participant).await;
    let own = app.client();
    let page = own.get(&format!("/competitions/{}", competition.id)).await;
    let form = page.form("[data-testid=register-form]");
    let id = id_of(&app, &competition, "10 km").await;
    let log_in = own.submit(&form.fill("divisionId", &id)).await;
    assert!(log_in.url.contains("/login"), "{}", log_in.url);
    let form = log_in.form("[data-testid=login-form]");
    let form = form
        .fill("email", &visitor.email)
        .fill("password", crate::harness::PASSWORD);
    let ticket = own.submit(&form).await;
    assert_eq!(ticket.status, StatusCode::OK);
    assert_eq!(
        ticket.find("[data-testid=division] dd").as_deref(),
        Some("10 km"),
        "{}",
        ticket.url
    );
}

async fn a_full_division_is_offered_only_with_a_waitlist(app: App) {
    for (waitlist, words) in [(false, "full"), (true, "full: joins the waitlist")] {
        let (competition, browser) = organizer(&app, waitlist).await;
        add(&browser, &competition, "10 km", "1").await;
        let first = app.participants(1).await[0];
        let client = app.client().with_token(app.token(first).await);
        let id = id_of(&app, &competition, "10 km").await;
        let body = serde_json::json!({ "divisionId": id });
        let request = client.registration_request(competition.id, "k").json(&body);
        assert_eq!(client.send(request).await.status, StatusCode::CREATED);
        let page = app
            .client()
            .get(&format!("/competitions/{}", competition.id))
            .await;
        assert_eq!(page.find("[data-division-full]").as_deref(), Some(words));
        let disabled = page.find("fieldset.divisions input[disabled]").is_some();
        assert_eq!(disabled, !waitlist, "{}", page.text);
    }
}
