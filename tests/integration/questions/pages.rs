//! The pages about questions and answers, without JavaScript.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionView, Role, forms::CompetitionInput},
};
use reqwest::StatusCode;

use crate::{
    harness::{App, Client, PASSWORD},
    lost_sessions::submit,
    on_both_backends,
};

on_both_backends!(
    an_organizer_decides_on_a_page_what_is_asked,
    a_visitor_answers_and_changes_the_answers,
    what_was_typed_outlasts_the_log_in,
    the_ready_check_counts_the_questions_that_are_still_to_be_answered,
);

/// Returns a competition, and a browser in which its organizer is logged in.
async fn organizer(app: &App) -> (CompetitionView, Client) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 9, true).await;
    let browser = app.client();
    browser.log_in(&organizer.email).await;
    (competition, browser)
}

/// Adds a question on the page.
async fn add(browser: &Client, competition: &CompetitionView, kind: &str, label: &str) {
    let path = format!("/organize/{}/questions", competition.id);
    let form = browser.get(&path).await.form("[data-testid=question-form]");
    let form = form
        .fill("kind", kind)
        .fill("label", label)
        .fill("options", "S\nM\nL")
        .fill("required", "on");
    let added = browser.submit(&form).await;
    assert!(
        added.text.contains("The question is added."),
        "{}",
        added.text
    );
}

/// Returns the id of a question.
async fn id_of(app: &App, competition: &CompetitionView, label: &str) -> String {
    let path = format!("/api/v1/competitions/{}/questions", competition.id);
    let list = app.client().get(&path).await.json();
    let items = list["items"].as_array().unwrap();
    let found = items.iter().find(|question| question["label"] == label);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn an_organizer_decides_on_a_page_what_is_asked(app: App) {
    let (competition, browser) = organizer(&app).await;
    let path = format!("/organize/{}/questions", competition.id);
    let empty = browser.get(&path).await;
    assert!(empty.text.contains("No questions yet"));
    let common = empty.form("[data-testid=common-questions]");
    let added = browser.submit(&common.fill("question", "shirt")).await;
    let listed = added.find("[data-testid=questions]").unwrap();
    assert!(
        listed.contains("T-shirt size") && listed.contains("XS · S · M"),
        "{listed}"
    );
    let form = added.form("[data-testid=question-form]");
    let wrong = form.fill("kind", "CHOICE").fill("label", "Meal");
    let refused = browser.submit(&wrong).await;
    assert!(
        refused.text.contains("Write at least one option."),
        "{}",
        refused.text
    );
    let kept = refused.form("[data-testid=question-form]");
    assert_eq!(kept.value("label"), Some("Meal"), "what was typed is kept");
    let added = browser.submit(&kept.fill("options", "Pizza\nPasta")).await;
    let place = |listed: &str, label: &str| listed.find(label).unwrap();
    let listed = added.find("[data-testid=questions]").unwrap();
    assert!(
        place(&listed, "T-shirt") < place(&listed, "Meal"),
        "{listed}"
    );
    let meal = id_of(&app, &competition, "Meal").await;
    let up = added.form("form[action='/act/move-question']");
    let up = up.fill("questionId", &meal).fill("position", "1");
    let moved = browser.submit(&up).await;
    let listed = moved.find("[data-testid=questions]").unwrap();
    assert!(
        place(&listed, "Meal") < place(&listed, "T-shirt"),
        "{listed}"
    );
    let edit = browser.get(&format!("{path}?edit={meal}")).await;
    let edit = edit.form("[data-testid=question-form]");
    assert_eq!(edit.value("label"), Some("Meal"));
    let saved = browser.submit(&edit.fill("label", "Dinner")).await;
    assert!(
        saved.text.contains("The question is saved."),
        "{}",
        saved.text
    );
    // Somebody answers, so that it is kept when it is not asked any more.
    let participant = app.participants(1).await[0];
    let client = app.client().with_token(app.token(participant).await);
    let body = serde_json::json!({ "answers": { &meal: "Pizza" } });
    let request = client.registration_request(competition.id, "k").json(&body);
    let registered = client.send(request).await;
    assert_eq!(
        registered.status,
        StatusCode::CREATED,
        "{}",
        registered.text
    );
    let id = registered.json()["registrationId"]
        .as_str()
        .unwrap()
        .to_owned();
    let archive = saved.form("form[action='/act/archive-question']");
    let archived = browser.submit(&archive.fill("questionId", &meal)).await;
    let old = archived.find("[data-testid=archived-questions]").unwrap();
    assert!(old.contains("Dinner"), "{old}");
    let person = format!("/organize/{}/registrations/{id}", competition.id);
    let person = browser.get(&person).await;
    let answers = person.find("[data-testid=answers]").unwrap();
    assert!(
        answers.contains("Dinner") && answers.contains("Pizza"),
        "{answers}"
    );
    let restore = archived.form("form[action='/act/restore-question']");
    let restored = browser.submit(&restore).await;
    assert!(restored.find("[data-testid=archived-questions]").is_none());
    let history = format!("/organize/{}/audit", competition.id);
    let history = browser.get(&history).await;
    assert!(
        history.text.contains("Dinner"),
        "each change is in the history"
    );
}

async fn a_visitor_answers_and_changes_the_answers(app: App) {
    let (competition, browser) = organizer(&app).await;
    for (kind, label) in [
        ("SHORT_TEXT", "Nickname"),
        ("LONG_TEXT", "About you"),
        ("NUMBER", "Age"),
        ("DATE", "Birthday"),
        ("CHOICE", "Shirt"),
        ("CHOICES", "Days"),
        ("CHECKBOX", "First time"),
        ("CONSENT", "I agree."),
        ("COUNTRY", "Country"),
        ("PHONE", "Phone"),
    ] {
        add(&browser, &competition, kind, label).await;
    }
    let visitor = app.account("Ada", Role::Participant).await;
    let own = app.client();
    own.log_in(&visitor.email).await;
    let path = format!("/competitions/{}", competition.id);
    let page = own.get(&path).await;
    // The inputs belong to the register form, in which they are not.
    let outside = page.text.matches("form=\"register-form\"").count();
    assert_eq!(outside, 12, "ten questions, one of them with three boxes");
    let mut form = page.form("[data-testid=register-form]");
    let mut ids = std::collections::HashMap::new();
    for (label, answer) in [
        ("Nickname", "<b>Ada</b>"),
        ("About you", "one\r\ntwo"),
        ("Age", "30"),
        ("Birthday", "2001-12-31"),
        ("Shirt", "M"),
        ("First time", "on"),
        ("I agree.", "I agree."),
        ("Country", "JP"),
        ("Phone", "call me"),
    ] {
        let id = id_of(&app, &competition, label).await;
        form = form.fill(&format!("answers[q{id}]"), answer);
        ids.insert(label, id);
    }
    let days = id_of(&app, &competition, "Days").await;
    let form = form.fill(&format!("chosen[q{days}][]"), "S");
    let refused = own.submit(&form).await;
    assert!(
        refused.text.contains("Enter a telephone number"),
        "{}",
        refused.text
    );
    // What was typed is still there.
    assert!(
        refused.text.contains("value=\"&lt;b&gt;Ada&lt;/b&gt;\""),
        "{}",
        refused.text
    );
    for selector in [
        "option[value=M][selected]",
        "option[value=JP][selected]",
        "input[value=S][checked]",
        "input[value='2001-12-31']",
    ] {
        assert!(refused.find(selector).is_some(), "{selector}");
    }
    let mut again = refused.form("[data-testid=register-form]");
    for (name, value) in &form.fields {
        if name.starts_with("answers") || name.starts_with("chosen") {
            again = again.fill(name, value);
        }
    }
    let phone = format!("answers[q{}]", ids["Phone"]);
    let ticket = own.submit(&again.fill(&phone, "+45 12 34 56 78")).await;
    let answers = ticket.find("[data-testid=answers]").unwrap_or_default();
    assert!(answers.contains("2001-12-31"), "{}", ticket.text);
    assert!(ticket.text.contains("&lt;b&gt;Ada"), "it is text");
    assert!(answers.contains("Agreed on"), "{answers}");
    let edit = format!("{}/answers", path_of(&ticket.url));
    let edit = own.get(&edit).await;
    let mut form = edit.form("[data-testid=answers-form]");
    let nickname = format!("answers[q{}]", ids["Nickname"]);
    assert_eq!(form.value(&nickname), Some("<b>Ada</b>"));
    form = form.fill(&nickname, "Countess").fill(&phone, "1");
    let refused = own.submit(&form).await;
    assert!(
        refused.text.contains("Enter a telephone number"),
        "{}",
        refused.text
    );
    let form = refused.form("[data-testid=answers-form]");
    assert_eq!(form.value(&nickname), Some("Countess"), "it is kept");
    let saved = own.submit(&form.fill(&phone, "12345")).await;
    assert!(
        saved.text.contains("Your answers are saved."),
        "{}",
        saved.text
    );
    let answers = saved.find("[data-testid=answers]").unwrap();
    assert!(answers.contains("Countess"), "{answers}");
    // Nobody else opens that page.
    let other = browser.get(&path_of(&edit.url)).await;
    assert!(other.status.is_client_error(), "{}", other.status);
    app.assert_seat_invariant().await;
}

/// Returns the path of an address.
fn path_of(address: &str) -> String {
    let address: url::Url = address.parse().unwrap();
    address.path().to_owned()
}

async fn what_was_typed_outlasts_the_log_in(app: App) {
    let (competition, browser) = organizer(&app).await;
    add(&browser, &competition, "LONG_TEXT", "About you").await;
    let visitor = app.account("Ada", Role::Participant).await;
    let own = app.client();
    let page = own.get(&format!("/competitions/{}", competition.id)).await;
    let id = id_of(&app, &competition, "About you").await;
    let field = format!("answers[q{id}]");
    let long = "I swim. ".repeat(200);
    let form = page.form("[data-testid=register-form]").fill(&field, &long);
    let log_in = submit(&own, &form).await;
    let form = log_in.form("[data-testid=login-form]");
    let form = form
        .fill("email", &visitor.email)
        .fill("password", PASSWORD);
    // The log-in goes on to the registration, with the answers.
    let ticket = submit(&own, &form).await;
    let answers = ticket.find("[data-testid=answers]").unwrap_or_default();
    assert!(answers.contains("I swim."), "{}", ticket.text);
}

async fn the_ready_check_counts_the_questions_that_are_still_to_be_answered(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let input = CompetitionInput {
        opens_at: Some(app.clock.now() + TimeDelta::hours(1)),
        ..app.competition_input(9, false)
    };
    let competitions = &app.services.competitions;
    let created = competitions.create(Actor::from(&olga), input).await;
    let competition = created.unwrap();
    let organizer = app.client();
    organizer.log_in(&olga.email).await;
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let check = async || {
        let path = format!("/competitions/{}", competition.id);
        let page = browser.get(&path).await;
        page.find("[data-testid=ready-check]").unwrap()
    };
    assert!(!check().await.contains("to answer"), "nothing is asked");
    add(&organizer, &competition, "SHORT_TEXT", "Team").await;
    let one = check().await;
    assert!(one.contains("1 question to answer"), "{one}");
    add(&organizer, &competition, "CHOICES", "Days").await;
    let two = check().await;
    assert!(two.contains("2 questions to answer"), "{two}");
}
