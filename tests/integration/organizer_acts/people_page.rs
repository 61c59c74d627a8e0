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
    everybody_whom_the_list_shows_can_be_chosen_on_all_pages,
    a_message_goes_to_those_who_were_chosen_and_nobody_else,
    a_page_that_is_loaded_again_leads_back_to_the_list,
);

/// Returns a competition, its organizer, and a browser in which the organizer is logged in.
pub(super) async fn organizer_with_browser(
    app: &App,
    capacity: i64,
) -> (CompetitionView, UserView, Client) {
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
    // The history says what was done, to whom, and why.
    let history = browser
        .get(&format!("/organize/{}/audit", competition.id))
        .await;
    let event = history.find("tbody tr").unwrap();
    for words in ["2 registrations", "Twice"] {
        assert!(event.contains(words), "{words} in {event}");
    }
    assert!(history.text.contains(&ids[0].to_string()), "a link");
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

async fn everybody_whom_the_list_shows_can_be_chosen_on_all_pages(app: App) {
    let (competition, _, browser) = organizer_with_browser(&app, 55).await;
    let people: Vec<Actor> = app.participants(115).await;
    app.register_all(&people, competition.id).await;
    app.run_open_jobs().await;
    let list = format!("/organize/{}/registrations", competition.id);
    let checked = |text: &str| text.matches("name=\"ids[]\"").count();
    let page = browser.get(&list).await;
    assert_eq!(checked(&page.text), 50);
    let selected = |page: &crate::harness::Reply| {
        let form = page.form("form[data-testid=people-form]");
        let ids = form.fields.iter().filter(|(name, _)| name == "ids[]");
        ids.count()
    };
    assert_eq!(selected(&page), 0);
    let link = page
        .text
        .split("href=\"")
        .find(|part| part.contains("select=page"));
    let link = link
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    assert_eq!(selected(&browser.get(&link).await), 50, "{link}");

    let waiting = browser.get(&format!("{list}?status=WAITLISTED")).await;
    assert!(
        waiting.text.contains("on all pages: 60 registrations"),
        "{}",
        waiting.text
    );
    let mut form = waiting.form("form[data-testid=people-form]");
    form.fields.retain(|(name, _)| name != "action");
    form.fields.push(("action".to_owned(), "CANCEL".to_owned()));
    form.fields.push(("everybody".to_owned(), "on".to_owned()));
    let review = browser.submit(&form).await;
    assert_eq!(review.find("h1").unwrap(), "Cancel 60 registrations?");
    // Whoever comes after the question is not acted on.
    let late = app.participants(1).await[0];
    app.register_all(&[late], competition.id).await;
    browser
        .submit(&review.form("form[data-testid=review-form]"))
        .await;
    let live = app.services.registrations.live(late, competition.id).await;
    assert_eq!(
        live.unwrap().unwrap().status,
        RegistrationStatus::Waitlisted
    );
    assert_eq!(app.assert_seat_invariant().await, 55);
    let again = browser.get(&format!("{list}?status=WAITLISTED")).await;
    assert!(again.find("#result-count").unwrap().starts_with('1'));
}

async fn a_message_goes_to_those_who_were_chosen_and_nobody_else(app: App) {
    let (competition, _, browser) = organizer_with_browser(&app, 2).await;
    let people: Vec<Actor> = app.participants(4).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    app.run_jobs_with_retries().await;
    let path = format!("/organize/{}/registrations", competition.id);
    let page = browser.get(&path).await;
    let mut form = page.form("form[data-testid=people-form]");
    form.fields.retain(|(name, _)| name == "competitionId");
    form.fields
        .push(("action".to_owned(), "MESSAGE".to_owned()));
    let nobody = browser.submit(&form).await;
    assert!(nobody.text.contains("Choose at least one person."));
    // Who has cancelled gets nothing.
    let registrations = &app.services.registrations;
    registrations.cancel(people[0], ids[0]).await.unwrap();
    for id in [ids[0], ids[1], ids[3]] {
        form.fields.push(("ids[]".to_owned(), id.to_string()));
    }
    let written = browser.submit(&form).await;
    assert!(written.url.ends_with("/announce"), "{}", written.url);
    let typed = written.form("[data-testid=announcement-form]");
    assert_eq!(typed.value("audience"), Some("CHOSEN"));
    let number = written.find("[data-testid=announcement-form] .audience");
    assert!(number.unwrap().contains("2 people"), "{}", written.text);
    let typed = typed.fill("subject", "Shirts").fill("body", "Which size?");
    let review = browser.submit(&typed).await;
    let shown = review.find("[data-testid=announcement-review]").unwrap();
    assert!(shown.contains("Send to 2 people"), "{shown}");
    let send = review.form("[data-testid=announcement-review] form");
    let sent = browser.submit(&send).await;
    let listed = sent.find("[data-testid=announcements]").unwrap();
    assert!(listed.contains("People chosen in the list"), "{listed}");
    app.run_jobs_with_retries().await;
    let messages = app
        .messages(mini_compete::model::MessageKind::Announcement)
        .await;
    let mut readers: Vec<_> = messages.iter().map(|message| message.user_id).collect();
    readers.sort();
    let mut expected = [people[1].id, people[3].id];
    expected.sort();
    assert_eq!(readers, expected);
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
