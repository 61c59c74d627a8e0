//! The form of a competition and the control room say who gets a seat before the capacity is raised.

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, DivisionId, Role, forms::DivisionInput},
};
use serde_json::json;

use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    more_seats_ask_before_they_promote_anybody,
    a_question_is_asked_again_if_more_wait_by_then,
    seats_for_which_nobody_waits_are_saved_at_once,
    fewer_seats_than_are_taken_are_refused_with_the_number,
    a_question_counts_those_whose_division_has_a_seat,
);

/// The selector of the form that edits a competition.
const FORM: &str = "form[action='/act/edit-competition']";
/// The selector of the question.
const QUESTION: &str = "[data-testid=capacity-question]";

/// Creates an organizer with a competition that has a waitlist, and logs the organizer in.
async fn organizer(app: &App, capacity: i64) -> (Client, CompetitionView) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, capacity, true).await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    (browser, competition)
}

/// Returns the capacity and the length of the waitlist.
async fn stored(app: &App, competition: &CompetitionView) -> (u32, u32) {
    let competitions = &app.services.competitions;
    let view = competitions.get(competition.id, None).await.unwrap();
    (view.capacity, view.waitlisted)
}

async fn more_seats_ask_before_they_promote_anybody(app: App) {
    let (browser, competition) = organizer(&app, 2).await;
    app.register_all(&app.participants(5).await, competition.id)
        .await;
    let page = format!("/organize/{}/edit", competition.id);
    let form = browser.get(&page).await.form(FORM);
    let asked = browser.submit(&form.fill("capacity", "4")).await;
    let question = asked.find(QUESTION).unwrap();
    for part in [
        "Promote 2 people from the waitlist?",
        "from 2 to 4",
        "2 of 3 waiting",
    ] {
        assert!(question.contains(part), "{part} in {question}");
    }
    assert_eq!(stored(&app, &competition).await, (2, 3), "nothing is saved");

    // An answer is one about the capacity that was asked about.
    let form = asked.form(FORM);
    let asked = browser.submit(&form.fill("capacity", "6")).await;
    let question = asked.find(QUESTION).unwrap();
    assert!(question.contains("3 of 3 waiting"), "{question}");
    assert_eq!(stored(&app, &competition).await, (2, 3));
    // A new place is asked about at the same time, and one answer is enough.
    let form = asked.form(FORM).fill("capacity", "4");
    let asked = browser.submit(&form.fill("location", "Gym")).await;
    assert!(asked.find(QUESTION).is_some());
    assert!(asked.find("[data-testid=notify-question]").is_some());
    let saved = browser.submit(&asked.form(FORM).fill("notify", "no")).await;
    assert!(saved.find("[role=status]").is_some(), "{}", saved.text);
    assert_eq!(stored(&app, &competition).await, (4, 1));
    app.assert_seat_invariant().await;
}

async fn a_question_is_asked_again_if_more_wait_by_then(app: App) {
    let (browser, competition) = organizer(&app, 2).await;
    let participants = app.participants(4).await;
    app.register_all(&participants[..3], competition.id).await;
    let page = format!("/organize/{}/edit", competition.id);
    let form = browser.get(&page).await.form(FORM);
    let asked = browser.submit(&form.fill("capacity", "4")).await;
    let question = asked.find(QUESTION).unwrap();
    assert!(question.contains("Promote 1 person"), "{question}");

    app.register_all(&participants[3..], competition.id).await;
    let asked = browser.submit(&asked.form(FORM)).await;
    let question = asked.find(QUESTION).unwrap();
    assert!(question.contains("Promote 2 people"), "{question}");
    assert_eq!(stored(&app, &competition).await, (2, 2), "nothing is saved");
    browser.submit(&asked.form(FORM)).await;
    assert_eq!(stored(&app, &competition).await, (4, 0));
    app.assert_seat_invariant().await;
}

async fn seats_for_which_nobody_waits_are_saved_at_once(app: App) {
    let (browser, competition) = organizer(&app, 2).await;
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    let page = format!("/organize/{}/edit", competition.id);
    let form = browser.get(&page).await.form(FORM);
    let saved = browser.submit(&form.fill("capacity", "4")).await;
    assert_eq!(saved.find(QUESTION), None);
    assert_eq!(stored(&app, &competition).await, (4, 0));
}

async fn fewer_seats_than_are_taken_are_refused_with_the_number(app: App) {
    let (browser, competition) = organizer(&app, 3).await;
    app.register_all(&app.participants(4).await, competition.id)
        .await;
    let page = format!("/organize/{}/edit", competition.id);
    let shown = browser.get(&page).await;
    let now = shown.find("[data-testid=seats-now]").unwrap();
    assert!(now.contains("Seats taken: 3. Waiting: 1."), "{now}");
    let form = shown.form(FORM).fill("capacity", "2");
    let refused = browser.submit(&form).await;
    assert!(refused.find("#capacity-error").is_some());
    assert!(refused.find("[data-testid=seats-now]").is_some());
    assert_eq!(stored(&app, &competition).await, (3, 1));
}

async fn a_question_counts_those_whose_division_has_a_seat(app: App) {
    let (browser, competition) = organizer(&app, 2).await;
    let actor = Actor::new(competition.organizer_id, Role::Organizer);
    let mut divisions: Vec<DivisionId> = Vec::new();
    for (name, capacity) in [("A", Some(1)), ("B", None)] {
        let input = DivisionInput {
            name: name.to_owned(),
            capacity,
            age_min: None,
            age_max: None,
            starts_at: None,
            number_from: None,
            number_to: None,
        };
        let competitions = &app.services.competitions;
        let added = competitions.add_division(actor, competition.id, input);
        divisions.push(added.await.unwrap().id);
    }
    let [a, b] = divisions[..] else {
        panic!("two divisions")
    };
    let participants = app.participants(5).await;
    for (participant, division) in participants.into_iter().zip([a, b, a, a, b]) {
        let client = app.client().with_token(app.token(participant).await);
        let request = client.registration_request(competition.id, "key");
        let reply = client
            .send(request.json(&json!({ "divisionId": division })))
            .await;
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
    assert_eq!(stored(&app, &competition).await, (2, 3));
    // Two of those who wait are in a division that is full.
    let room = format!("/organize/{}/add-seats?seats=3", competition.id);
    let question = browser.get(&room).await.text;
    assert!(
        question.contains("It promotes 1 of 3 waiting"),
        "{question}"
    );
    let page = format!("/organize/{}/edit", competition.id);
    let form = browser.get(&page).await.form(FORM);
    let asked = browser.submit(&form.fill("capacity", "5")).await;
    let words = asked.find(QUESTION).unwrap();
    assert!(words.contains("Promote 1 person"), "{words}");
    browser.submit(&asked.form(FORM)).await;
    assert_eq!(
        stored(&app, &competition).await,
        (5, 2),
        "as many as it said"
    );
    app.assert_seat_invariant().await;
}
