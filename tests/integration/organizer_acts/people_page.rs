//! The page of an organizer with the participants of a competition, without JavaScript.

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, RegistrationStatus, Role, UserView},
};
use reqwest::StatusCode;

use super::{register_in_order, status};
use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    an_organizer_cancels_those_who_are_chosen_after_reading_what_happens,
    an_organizer_adds_a_participant_on_the_page,
    a_page_that_is_loaded_again_leads_back_to_the_list,
);

/// Returns a competition, its organizer, and a browser in which the organizer is logged in.
async fn organizer_with_browser(app: &App, capacity: i64) -> (CompetitionView, UserView, Client) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, capacity, true).await;
    let browser = app.client();
    browser.log_in(&organizer.email).await;
    (competition, organizer, browser)
}

async fn an_organizer_cancels_those_who_are_chosen_after_reading_what_happens(app: App) {
    let (competition, _, browser) = organizer_with_browser(&app, 2).await;
    let people: Vec<Actor> = app.participants(3).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    app.run_open_jobs().await;
    let path = format!("/organize/{}/registrations", competition.id);
    let page = browser.get(&format!("{path}?sort=-registeredAt")).await;
    assert_eq!(page.status, StatusCode::OK);
    let mut form = page.form("form[data-testid=people-form]");
    form.fields.retain(|(name, _)| name == "competitionId");
    form.fields.push(("action".to_owned(), "CANCEL".to_owned()));
    let nobody = browser.submit(&form).await;
    assert!(nobody.text.contains("Choose at least one person."));
    for id in &ids[..2] {
        form.fields.push(("ids[]".to_owned(), id.to_string()));
    }
    let review = browser.submit(&form).await;
    assert!(
        review.url.ends_with("/registrations/review"),
        "{}",
        review.url
    );
    assert_eq!(review.find("h1").unwrap(), "Cancel 2 registrations?");
    let effects = review.find("[data-testid=effects]").unwrap();
    assert!(
        effects.contains("1 person from the waitlist gets a seat."),
        "{effects}"
    );
    assert!(
        status(&app, ids[0]).await.holds_seat(),
        "nothing happened yet"
    );
    let form = review
        .form("form[data-testid=review-form]")
        .fill("reason", "Twice");
    let done = browser.submit(&form).await;
    assert!(done.text.contains("Cancelled by mistake?"), "{}", done.url);
    assert_eq!(status(&app, ids[1]).await, RegistrationStatus::Cancelled);
    app.run_open_jobs().await;
    assert_eq!(status(&app, ids[2]).await, RegistrationStatus::Confirmed);
    // A second press of the same form changes nothing.
    let again = browser.submit(&form).await;
    assert_eq!(again.status, StatusCode::OK);
    app.assert_seat_invariant().await;
}

async fn an_organizer_adds_a_participant_on_the_page(app: App) {
    let (competition, _, browser) = organizer_with_browser(&app, 2).await;
    let path = format!("/organize/{}/registrations", competition.id);
    let form = browser
        .get(&path)
        .await
        .form("form[data-testid=participant-form]");
    let wrong = form
        .clone()
        .fill("name", "Ada Lovelace")
        .fill("email", "ada");
    let refused = browser.submit(&wrong).await;
    assert!(refused.find(".field-error").is_some());
    let kept = refused.form("form[data-testid=participant-form]");
    assert_eq!(
        kept.value("name"),
        Some("Ada Lovelace"),
        "what was typed is kept"
    );
    let added = browser.submit(&kept.fill("email", "ada@example.org")).await;
    assert!(
        added.text.contains("Ada Lovelace has a seat."),
        "{}",
        added.url
    );
    assert!(added.text.contains("ada@example.org"), "the list shows it");
}

async fn a_page_that_is_loaded_again_leads_back_to_the_list(app: App) {
    let (competition, _, browser) = organizer_with_browser(&app, 2).await;
    let path = format!("/organize/{}/registrations", competition.id);
    let page = browser.get(&format!("{path}/review")).await;
    assert!(page.url.ends_with("/registrations"), "{}", page.url);
    let stranger = app.account("Stranger", Role::Organizer).await;
    let other = app.client();
    other.log_in(&stranger.email).await;
    assert_eq!(
        other.get(&format!("{path}/review")).await.status,
        StatusCode::FORBIDDEN
    );
}
