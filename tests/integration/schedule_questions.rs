//! The form of a competition asks whether people are told of another time or place, and shows a preview.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionView, MessageKind, Role, forms::CompetitionPatch},
};

use crate::{
    harness::{App, Client},
    on_both_backends,
};

on_both_backends!(
    another_place_asks_whether_those_who_are_registered_are_told,
    nobody_is_asked_about_a_change_that_concerns_nobody,
    a_conflict_is_resolved_before_anybody_is_asked,
    the_question_has_times_as_the_site_writes_them,
    saving_a_title_moves_no_time_by_what_the_form_does_not_show,
    a_preview_shows_the_description_and_saves_nothing,
);

/// The selector of the form that edits a competition.
const FORM: &str = "form[action='/act/edit-competition']";
/// The selector of the question.
const QUESTION: &str = "[data-testid=notify-question]";

/// Creates an organizer with a competition for which people are registered, and logs the organizer in.
async fn organizer(app: &App, people: usize) -> (Client, CompetitionView) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, 5, true).await;
    app.register_all(&app.participants(people).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    (browser, competition)
}

async fn another_place_asks_whether_those_who_are_registered_are_told(app: App) {
    let (browser, competition) = organizer(&app, 2).await;
    let page = format!("/organize/{}/edit", competition.id);
    let form = browser.get(&page).await.form(FORM);
    assert_eq!(form.value("notify"), None);
    let form = form
        .fill("location", "Gym <b>")
        .fill("title", "Autumn Sprint");
    let asked = browser.submit(&form).await;
    let question = asked.find(QUESTION).unwrap();
    for part in ["Tell 2 people?", "Gym <b>", "before: Town hall"] {
        assert!(question.contains(part), "{part} in {question}");
    }
    let location = async || {
        let competitions = &app.services.competitions;
        competitions
            .get(competition.id, None)
            .await
            .unwrap()
            .location
    };
    assert_eq!(location().await, "Town hall", "nothing is saved yet");

    // Nothing that was typed is lost.
    let form = asked.form(FORM);
    assert_eq!(form.value("title"), Some("Autumn Sprint"));
    let saved = browser.submit(&form.fill("notify", "no")).await;
    assert!(saved.find("[role=status]").is_some(), "{}", saved.text);
    assert_eq!(location().await, "Gym <b>");
    app.run_jobs_with_retries().await;
    assert!(app.messages(MessageKind::Change).await.is_empty());

    let form = browser.get(&page).await.form(FORM);
    let asked = browser.submit(&form.fill("location", "Pool")).await;
    browser
        .submit(&asked.form(FORM).fill("notify", "yes"))
        .await;
    app.run_jobs_with_retries().await;
    let messages = app.messages(MessageKind::Change).await;
    assert_eq!(messages.len(), 2);
    for message in messages {
        let line = "Where: Pool (before: Town hall)";
        assert!(message.body.contains(line), "{}", message.body);
    }
}

async fn nobody_is_asked_about_a_change_that_concerns_nobody(app: App) {
    let (browser, competition) = organizer(&app, 0).await;
    let page = format!("/organize/{}/edit", competition.id);
    let form = browser.get(&page).await.form(FORM);
    let saved = browser.submit(&form.fill("location", "Gym")).await;
    assert_eq!(saved.find(QUESTION), None, "nobody is registered");
    assert!(saved.find("[role=status]").is_some());

    app.register_all(&app.participants(1).await, competition.id)
        .await;
    let form = browser.get(&page).await.form(FORM);
    let saved = browser.submit(&form.fill("title", "Autumn Sprint")).await;
    assert_eq!(saved.find(QUESTION), None, "time and place stay");
    // A competition that is over can't be missed.
    let form = browser.get(&page).await.form(FORM);
    app.clock.advance(TimeDelta::days(400));
    browser.log_in("olga@example.test").await;
    let saved = browser.submit(&form.fill("location", "Pool")).await;
    assert_eq!(saved.find(QUESTION), None, "{}", saved.url);
}

/// Changes a competition as another organizer does meanwhile.
async fn change(app: &App, competition: &CompetitionView, patch: CompetitionPatch) {
    let actor = Actor::new(competition.organizer_id, Role::Organizer);
    let competitions = &app.services.competitions;
    let changed = competitions.edit(actor, competition.id, patch, None).await;
    changed.unwrap();
}

async fn a_conflict_is_resolved_before_anybody_is_asked(app: App) {
    let (browser, competition) = organizer(&app, 2).await;
    let page = format!("/organize/{}/edit", competition.id);
    let moved = |location: &str| CompetitionPatch {
        location: Some(location.to_owned()),
        ..CompetitionPatch::default()
    };
    let form = browser.get(&page).await.form(FORM);
    change(&app, &competition, moved("Pool")).await;
    let merged = browser.submit(&form.fill("title", "Autumn Sprint")).await;
    assert_eq!(
        merged.find(QUESTION),
        None,
        "the place is that of the other one"
    );
    let changed = merged.find("[data-testid=changed-by-others]").unwrap();
    for part in ["Place", "Pool", "now in this form"] {
        assert!(changed.contains(part), "{part} in {changed}");
    }
    let saved = browser.submit(&merged.form(FORM)).await;
    assert!(saved.find("[role=status]").is_some(), "{}", saved.text);
    assert_eq!(saved.find(QUESTION), None, "the form moves nothing");

    // What both have changed is asked about once it is decided.
    let form = browser.get(&page).await.form(FORM);
    change(&app, &competition, moved("Beach")).await;
    let merged = browser.submit(&form.fill("location", "Gym")).await;
    assert_eq!(merged.find(QUESTION), None);
    let changed = merged.find("[data-testid=changed-by-others]").unwrap();
    assert!(changed.contains("you changed it as well"), "{changed}");
    let summary = merged.find("form [role=alert]").unwrap();
    assert!(
        summary.contains("Place: Saved by somebody else: Beach"),
        "{summary}"
    );
    let asked = browser.submit(&merged.form(FORM)).await;
    let question = asked.find(QUESTION).unwrap();
    assert!(question.contains("before: Beach"), "{question}");
}

async fn the_question_has_times_as_the_site_writes_them(app: App) {
    let (browser, competition) = organizer(&app, 1).await;
    let page = format!("/organize/{}/edit", competition.id);
    let form = browser.get(&page).await.form(FORM);
    let form = form
        .fill("timeZone", "Asia/Tokyo")
        .fill("startsAt", "2031-02-01T09:00")
        .fill("regDeadline", "2030-12-01T09:00");
    let asked = browser.submit(&form).await;
    let question = asked.find(QUESTION).unwrap();
    let before = competition.starts_at.format("%-d %b %Y, %H:%M UTC");
    for part in [
        "Sat, 1 Feb 2031, 09:00 JST",
        &*before.to_string(),
        "Asia/Tokyo",
    ] {
        assert!(question.contains(part), "{part} in {question}");
    }
}

async fn saving_a_title_moves_no_time_by_what_the_form_does_not_show(app: App) {
    let (browser, competition) = organizer(&app, 2).await;
    let competitions = &app.services.competitions;
    let actor = Actor::new(competition.organizer_id, Role::Organizer);
    let starts_at = competition.starts_at + TimeDelta::milliseconds(30_500);
    let patch = CompetitionPatch {
        starts_at: Some(starts_at),
        ..CompetitionPatch::default()
    };
    competitions
        .edit(actor, competition.id, patch, None)
        .await
        .unwrap();
    // A deadline with seconds.
    competitions
        .close_registration(actor, competition.id)
        .await
        .unwrap();
    let before = competitions.get(competition.id, None).await.unwrap();
    let page = format!("/organize/{}/edit", competition.id);
    let form = browser.get(&page).await.form(FORM);
    let saved = browser.submit(&form.fill("title", "Autumn Sprint")).await;
    assert_eq!(saved.find(QUESTION), None, "nothing is moved");
    let after = competitions.get(competition.id, None).await.unwrap();
    assert_eq!(after.title, "Autumn Sprint");
    assert_eq!(
        (after.starts_at, after.reg_deadline),
        (starts_at, before.reg_deadline)
    );
}

async fn a_preview_shows_the_description_and_saves_nothing(app: App) {
    let (browser, competition) = organizer(&app, 0).await;
    for (page, form) in [
        (format!("/organize/{}/edit", competition.id), FORM),
        (
            "/organize/new".to_owned(),
            "form[action='/act/create-competition']",
        ),
    ] {
        let typed = browser.get(&page).await.form(form);
        let typed = typed
            .fill("description", "**Bring** water <script>alert(1)</script>")
            .fill("capacity", "none")
            .fill("preview", "on");
        let shown = browser.submit(&typed).await;
        let preview = shown.find("#preview").unwrap();
        assert!(preview.contains("Bring water"), "{preview}");
        assert!(shown.text.contains("<strong>Bring</strong>"), "{page}");
        assert!(!shown.text.contains("<script>alert"), "{page}");
        let again = shown.form(form);
        assert_eq!(
            again.value("capacity"),
            Some("none"),
            "what was typed stays"
        );
        assert_eq!(again.value("preview"), None);
        assert_eq!(
            shown.find("#capacity-error"),
            None,
            "a preview checks nothing"
        );
    }
    let competitions = &app.services.competitions;
    let stored = competitions.get(competition.id, None).await.unwrap();
    assert_eq!(stored.version, competition.version);
}
