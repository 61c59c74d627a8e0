//! Registration is closed before its deadline, and opened again until another one.

use chrono::TimeDelta;
use mini_compete::{
    domain::Error,
    model::{CompetitionView, DomainError, Phase, Role, forms::CompetitionInput},
};

use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    registration_is_closed_now_and_reopened_until_a_new_deadline,
    a_deadline_that_has_passed_meanwhile_is_not_offered,
    a_deadline_that_was_chosen_since_replaces_the_one_of_before,
    a_new_deadline_lies_ahead_and_before_the_start,
    registration_that_has_not_opened_is_not_closed,
);

/// The selector of the form that opens registration again.
const REOPENING: &str = "form[action='/act/reopen-registration-of-competition']";

/// Creates an organizer with a competition, and logs the organizer in.
async fn organizer(app: &App) -> (Client, CompetitionView) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 5, true).await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    (browser, competition)
}

/// Closes registration by the question and its form.
async fn close(browser: &Client, competition: &CompetitionView) {
    let question = browser
        .get(&format!("/organize/{}/close", competition.id))
        .await;
    let form = question.form("form[action='/act/close-registration-of-competition']");
    let page = browser.submit(&form).await;
    assert!(page.find("[role=status]").is_some(), "{}", page.text);
}

async fn registration_is_closed_now_and_reopened_until_a_new_deadline(app: App) {
    let (browser, competition) = organizer(&app).await;
    let phase = async || {
        let competitions = &app.services.competitions;
        competitions.get(competition.id, None).await.unwrap().phase
    };
    let participants = app.participants(2).await;
    app.register_all(&participants[..1], competition.id).await;
    let overview = format!("/organize/{}", competition.id);
    let page = browser.get(&overview).await;
    let (to_close, to_reopen) = (
        format!("a[href='{overview}/close']"),
        format!("a[href='{overview}/reopen']"),
    );
    assert!(page.find(&to_close).is_some());
    assert_eq!(page.find(&to_reopen), None);

    close(&browser, &competition).await;
    assert_eq!(phase().await, Phase::Closed);
    let client = app.client().with_token(app.token(participants[1]).await);
    let reply = client.register(competition.id, "key").await;
    assert_eq!(reply.problem(), "registration-closed");
    let page = browser.get(&overview).await;
    assert_eq!(page.find(&to_close), None);
    assert!(page.find(&to_reopen).is_some());

    let page = browser.get(&format!("{overview}/reopen")).await;
    let until = competition
        .reg_deadline
        .format("%Y-%m-%dT%H:%M")
        .to_string();
    let form = page.form(REOPENING);
    assert_eq!(
        form.value("regDeadline"),
        Some(&*until),
        "the deadline of before"
    );
    assert!(
        page.text.contains("Before, the deadline was"),
        "{}",
        page.text
    );
    let page = browser.submit(&form).await;
    assert!(page.find("[role=status]").is_some(), "{}", page.text);
    assert_eq!(phase().await, Phase::Open);
    let reply = client.register(competition.id, "another").await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn a_deadline_that_has_passed_meanwhile_is_not_offered(app: App) {
    let (browser, competition) = organizer(&app).await;
    let question = browser
        .get(&format!("/organize/{}/close", competition.id))
        .await;
    let numbers = "Free seats: 5. Waiting: 0.";
    assert!(question.text.contains(numbers), "{}", question.text);
    close(&browser, &competition).await;
    // A form that was open all the while closes nothing again, and forgets nothing.
    let form = question.form("form[action='/act/close-registration-of-competition']");
    browser.submit(&form).await;
    let reopening = format!("/organize/{}/reopen", competition.id);
    let offered = async |browser: &Client| {
        let page = browser.get(&reopening).await;
        page.form(REOPENING).value("regDeadline").map(str::to_owned)
    };
    let written = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M").to_string();
    assert_eq!(
        offered(&browser).await,
        Some(written(competition.reg_deadline))
    );
    let passed = competition.reg_deadline + TimeDelta::hours(1);
    app.clock.advance(passed - app.clock.now());
    assert_eq!(
        offered(&browser).await,
        Some(written(competition.starts_at)),
        "the latest possible"
    );
}

async fn a_deadline_that_was_chosen_since_replaces_the_one_of_before(app: App) {
    let (browser, competition) = organizer(&app).await;
    let actor = mini_compete::domain::Actor::new(competition.organizer_id, Role::Organizer);
    let competitions = &app.services.competitions;
    let before = async || {
        let before = competitions.deadline_before_closing(actor, competition.id);
        before.await.unwrap()
    };
    close(&browser, &competition).await;
    // The form sends each field, whichever was changed.
    let stored = competitions.get(competition.id, None).await.unwrap();
    let mut input = CompetitionInput::from(&stored);
    input.description = "Changed".to_owned();
    competitions
        .edit(actor, competition.id, input, None)
        .await
        .unwrap();
    assert_eq!(before().await, Some(competition.reg_deadline));

    let until = app.clock.now() + TimeDelta::minutes(30);
    competitions
        .reopen_registration(actor, competition.id, until)
        .await
        .unwrap();
    app.clock.advance(TimeDelta::hours(1));
    let stored = competitions.get(competition.id, None).await.unwrap();
    assert_eq!(stored.phase, Phase::Closed);
    assert_eq!(before().await, None);
}

async fn a_new_deadline_lies_ahead_and_before_the_start(app: App) {
    let (browser, competition) = organizer(&app).await;
    close(&browser, &competition).await;
    let reopening = format!("/organize/{}/reopen", competition.id);
    let past = app.clock.now() - TimeDelta::minutes(1);
    let late = competition.starts_at + TimeDelta::minutes(1);
    let typed = [past, late].map(|at| at.format("%Y-%m-%dT%H:%M").to_string());
    for wrong in [&*typed[0], &*typed[1], "soon", ""] {
        let form = browser.get(&reopening).await.form(REOPENING);
        let page = browser.submit(&form.fill("regDeadline", wrong)).await;
        assert!(page.url.ends_with("/reopen"), "{wrong}: {}", page.url);
        assert!(page.find("#regDeadline-error").is_some(), "{wrong}");
    }
    let competitions = &app.services.competitions;
    let stored = competitions.get(competition.id, None).await.unwrap();
    assert_eq!(stored.phase, Phase::Closed);
}

async fn registration_that_has_not_opened_is_not_closed(app: App) {
    let (browser, competition) = organizer(&app).await;
    let opening = app.clock.now() + TimeDelta::hours(1);
    let patch = mini_compete::model::forms::CompetitionPatch {
        opens_at: Some(Some(opening)),
        ..Default::default()
    };
    let actor = mini_compete::domain::Actor::new(competition.organizer_id, Role::Organizer);
    let competitions = &app.services.competitions;
    competitions
        .edit(actor, competition.id, patch, None)
        .await
        .unwrap();
    let page = browser
        .get(&format!("/organize/{}/close", competition.id))
        .await;
    assert!(!page.url.ends_with("/close"), "leads back: {}", page.url);
    let fields = [("competitionId", &*competition.id.to_string())];
    browser
        .submit_in_background("/act/close-registration-of-competition", &fields)
        .await;
    let stored = competitions.get(competition.id, None).await.unwrap();
    assert_eq!(stored.phase, Phase::OpensSoon);

    // A pause before the opening is none of registration that is open.
    competitions.pause(actor, competition.id).await.unwrap();
    let overview = format!("/organize/{}", competition.id);
    let page = browser.get(&overview).await;
    assert_eq!(page.find(&format!("a[href='{overview}/close']")), None);
    let closed = competitions.close_registration(actor, competition.id);
    assert!(matches!(
        closed.await,
        Err(Error::Domain(DomainError::RegistrationClosed))
    ));
}
