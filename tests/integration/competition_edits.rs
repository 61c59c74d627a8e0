//! Edits of competitions, also during registrations and during other edits.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use mini_compete::{
    domain::{Actor, registration::Registrations},
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, IdempotencyKey, Role, UserView,
        forms::CompetitionPatch,
    },
};
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::{
    harness::{App, Client, Reply, wait_until},
    on_both_backends,
};

on_both_backends!(
    an_organizer_can_edit_a_competition_during_many_registrations,
    an_organizer_can_cancel_a_competition_during_many_registrations,
    an_edit_with_if_match_succeeds_during_registrations_and_fails_after_another_edit,
    conflicting_edits_are_reported_and_no_input_is_lost,
    a_form_that_is_corrected_after_errors_does_not_overwrite_a_concurrent_edit,
    a_form_that_is_sent_twice_is_saved_once,
    concurrent_edits_of_different_fields_are_all_saved,
    only_one_of_several_edits_of_the_same_version_is_saved,
);

/// Continuous registrations for a competition, batch after batch, until it is stopped.
struct RegistrationLoad {
    stopped: Arc<AtomicBool>,
    statuses: JoinHandle<Vec<u16>>,
}

impl RegistrationLoad {
    /// Starts the registrations, and waits until the first seats are taken.
    async fn start(app: &App, competition: CompetitionId) -> Self {
        let participants = app.participants(3_000).await;
        let stopped = Arc::new(AtomicBool::new(false));
        let (registrations, stop_requested) =
            (app.services.registrations.clone(), Arc::clone(&stopped));
        let statuses = tokio::spawn(async move {
            let mut statuses = Vec::new();
            for batch in participants.chunks(3) {
                if stop_requested.load(Ordering::Relaxed) {
                    break;
                }
                let replies = batch
                    .iter()
                    .map(|participant| register(&registrations, *participant, competition));
                statuses.extend(futures::future::join_all(replies).await);
            }
            statuses
        });
        let load = Self { stopped, statuses };
        load.wait_for_progress(app, competition).await;
        load
    }

    /// Waits until more seats are taken than now.
    async fn wait_for_progress(&self, app: &App, competition: CompetitionId) {
        let now = version(app, competition).await;
        wait_until("more registrations are committed", || async {
            version(app, competition).await > now + 3
        })
        .await;
        assert!(!self.statuses.is_finished(), "the load ended too early");
    }

    /// Stops the registrations, and returns the statuses of their responses.
    async fn stop(self) -> Vec<u16> {
        self.stopped.store(true, Ordering::Relaxed);
        self.statuses.await.unwrap()
    }
}

/// Registers a participant, and returns the status of the response.
async fn register(registrations: &Registrations, participant: Actor, at: CompetitionId) -> u16 {
    let key = IdempotencyKey::mint();
    let reply = registrations.register(participant, at, &key).await;
    reply.expect("a reply").response().status
}

/// Returns the version of a competition.
async fn version(app: &App, competition: CompetitionId) -> i64 {
    view(app, competition).await.version
}

/// Returns a competition as the public sees it.
async fn view(app: &App, competition: CompetitionId) -> CompetitionView {
    let competitions = &app.services.competitions;
    competitions.get(competition, None).await.unwrap()
}

/// Creates an organizer with a competition, and returns a browser in which the organizer is logged in.
async fn organizer(app: &App, capacity: i64) -> (Client, UserView, CompetitionView) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, capacity, true).await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    (browser, olga, competition)
}

/// The selector of the form that edits a competition.
const FORM: &str = "form[action='/act/edit-competition']";

/// Returns the path of the page with the form.
fn edit_page(competition: &CompetitionView) -> String {
    format!("/organize/{}/edit", competition.id)
}

/// Returns whether a page reports that an edit is saved.
fn is_saved(page: &Reply) -> bool {
    page.find("[role=status]").is_some() && !page.url.ends_with("/edit")
}

async fn an_organizer_can_edit_a_competition_during_many_registrations(app: App) {
    let (browser, _, competition) = organizer(&app, 5_000).await;
    let form = browser.get(&edit_page(&competition)).await.form(FORM);
    let load = RegistrationLoad::start(&app, competition.id).await;
    let page = browser.submit(&form.fill("title", "Autumn Sprint")).await;
    assert!(is_saved(&page), "{} {}", page.url, page.text);
    load.wait_for_progress(&app, competition.id).await;
    let page = browser.get(&edit_page(&competition)).await;
    load.wait_for_progress(&app, competition.id).await;
    let page = browser
        .submit(&page.form(FORM).fill("capacity", "6000"))
        .await;
    assert!(is_saved(&page), "{} {}", page.url, page.text);
    let answers = load.stop().await;
    assert!(answers.iter().all(|status| *status == 201));
    let saved = view(&app, competition.id).await;
    assert_eq!((&*saved.title, saved.capacity), ("Autumn Sprint", 6_000));
    let taken = app.assert_seat_invariant().await;
    assert_eq!(usize::try_from(taken).unwrap(), answers.len());
}

async fn an_organizer_can_cancel_a_competition_during_many_registrations(app: App) {
    let (browser, olga, competition) = organizer(&app, 5_000).await;
    let load = RegistrationLoad::start(&app, competition.id).await;
    let confirmation = format!("/organize/{}/call-off", competition.id);
    let form = browser.get(&confirmation).await;
    let form = form.form("form[action='/act/call-off-competition']");
    load.wait_for_progress(&app, competition.id).await;
    let page = browser.submit(&form).await;
    assert!(page.find("[role=status]").is_some(), "{}", page.text);
    let answers = load.stop().await;
    let refused = answers.iter().skip_while(|status| **status == 201);
    assert!(refused.clone().all(|status| *status == 409));
    let cancelled = view(&app, competition.id).await;
    assert_eq!(cancelled.status, CompetitionStatus::Cancelled);

    let other = app.competition_of(&olga, 5_000, true).await;
    let load = RegistrationLoad::start(&app, other.id).await;
    let client = app.client().with_token(app.token(Actor::from(&olga)).await);
    let path = format!("/api/v1/competitions/{}", other.id);
    let cancel = client
        .request(Method::PATCH, &path)
        .json(&json!({ "status": "CANCELLED" }));
    let reply = client.send(cancel).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    load.stop().await;
    assert_eq!(
        view(&app, other.id).await.status,
        CompetitionStatus::Cancelled
    );
    app.assert_seat_invariant().await;
}

async fn an_edit_with_if_match_succeeds_during_registrations_and_fails_after_another_edit(
    app: App,
) {
    let (_, olga, competition) = organizer(&app, 5_000).await;
    let client = app.client().with_token(app.token(Actor::from(&olga)).await);
    let path = format!("/api/v1/competitions/{}", competition.id);
    let tag = async || {
        let shown = client.get(&path).await;
        shown.header("etag").unwrap().to_owned()
    };
    let edit = async |tag: &str, title: &str| {
        let patch = client.request(Method::PATCH, &path).header("if-match", tag);
        client.send(patch.json(&json!({ "title": title }))).await
    };
    let before = tag().await;
    assert_eq!(before, format!("\"{}\"", competition.version));
    let load = RegistrationLoad::start(&app, competition.id).await;
    let reply = edit(&before, "First").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let edited = reply.header("etag").unwrap().to_owned();
    load.wait_for_progress(&app, competition.id).await;

    let stale = edit(&before, "Second").await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    assert_eq!(stale.problem(), "precondition-failed");
    let either = edit(&format!("{before}, {edited}"), "Third").await;
    assert_eq!(either.status, 200, "{}", either.text);
    let future = format!("\"{}\"", version(&app, competition.id).await + 1_000_000);
    for invalid in [&*future, &format!("W/{}", tag().await), "\"none\""] {
        assert_eq!(edit(invalid, "Fourth").await.status, 412, "{invalid}");
    }
    // Each registration changes the entity tag.
    let old_tag = tag().await;
    load.wait_for_progress(&app, competition.id).await;
    let conditional = client
        .request(Method::GET, &path)
        .header("if-none-match", &old_tag);
    assert_eq!(client.send(conditional).await.status, 200);
    load.stop().await;
    let conditional = client
        .request(Method::GET, &path)
        .header("if-none-match", tag().await);
    assert_eq!(client.send(conditional).await.status, 304);

    let delete = client
        .request(Method::DELETE, &path)
        .header("if-match", &edited);
    assert_eq!(client.send(delete).await.status, 412);
    let old_tag = tag().await;
    let participant = app.participants(1).await[0];
    app.register_all(&[participant], competition.id).await;
    let delete = client
        .request(Method::DELETE, &path)
        .header("if-match", &old_tag);
    assert_eq!(client.send(delete).await.status, 204);
}

async fn conflicting_edits_are_reported_and_no_input_is_lost(app: App) {
    let (browser, olga, competition) = organizer(&app, 40).await;
    let other = app.client();
    other.log_in(&olga.email).await;
    let mine = browser.get(&edit_page(&competition)).await.form(FORM);
    let theirs = other.get(&edit_page(&competition)).await.form(FORM);

    let theirs = theirs
        .fill("location", "Harbour <b>")
        .fill("capacity", "50");
    assert!(is_saved(&other.submit(&theirs).await));
    // The longest possible description, which the organizer must not have to type again.
    let description = "Läufe über 10 km. ".repeat(2_000);
    let description: String = description.trim().chars().take(20_000).collect();
    let description = description.trim();
    let mine = mine
        .fill("title", "Mine")
        .fill("description", description)
        .fill("capacity", "60");
    let page = browser.submit(&mine).await;
    assert!(page.url.ends_with("/edit"), "{}", page.url);
    assert!(page.find("[role=alert]").is_some());
    let error = page.find("#capacity-error").unwrap_or_default();
    assert!(error.contains("50"), "changed by both: {error}");
    for field in ["title", "location", "regDeadline"] {
        let error = page.find(&format!("#{field}-error"));
        assert_eq!(error, None, "changed by one of them: {field}");
    }
    let changed = page.find("[data-testid=changed-by-others]").unwrap();
    for part in ["Place", "Harbour <b>", "now in this form", "Seats", "50"] {
        assert!(changed.contains(part), "{part} in {changed}");
    }
    for part in ["Title", "Registration closes"] {
        assert!(!changed.contains(part), "{part} in {changed}");
    }
    let stored = view(&app, competition.id).await;
    assert_eq!((&*stored.title, stored.capacity), ("Spring Sprint", 50));

    let again = page.form(FORM);
    assert_eq!(again.value("title"), Some("Mine"));
    assert_eq!(again.value("description").map(str::trim), Some(description));
    assert_eq!(again.value("location"), Some("Harbour <b>"));
    assert_eq!(again.value("capacity"), Some("60"));
    let page = browser.submit(&again).await;
    assert!(is_saved(&page), "{} {}", page.url, page.text);
    let saved = view(&app, competition.id).await;
    assert_eq!((&*saved.title, &*saved.location), ("Mine", "Harbour <b>"));
    assert_eq!(saved.capacity, 60);
}

async fn a_form_that_is_corrected_after_errors_does_not_overwrite_a_concurrent_edit(app: App) {
    let (browser, olga, competition) = organizer(&app, 40).await;
    let form = browser.get(&edit_page(&competition)).await.form(FORM);
    let edit = CompetitionPatch {
        title: Some("Theirs".to_owned()),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(Actor::from(&olga), competition.id, edit, None)
        .await
        .unwrap();
    let page = browser.submit(&form.fill("capacity", "none")).await;
    assert!(page.find("#capacity-error").is_some(), "{}", page.url);
    let page = browser
        .submit(&page.form(FORM).fill("capacity", "41"))
        .await;
    let again = page.form(FORM);
    assert_eq!(again.value("title"), Some("Theirs"), "{}", page.url);
    assert_eq!(again.value("capacity"), Some("41"));
    assert!(is_saved(&browser.submit(&again).await));
    let saved = view(&app, competition.id).await;
    assert_eq!((&*saved.title, saved.capacity), ("Theirs", 41));
}

async fn a_form_that_is_sent_twice_is_saved_once(app: App) {
    let (browser, _, competition) = organizer(&app, 40).await;
    let form = browser.get(&edit_page(&competition)).await.form(FORM);
    let form = form.fill("title", "Autumn Sprint");
    let (first, second) = tokio::join!(browser.submit(&form), browser.submit(&form));
    for page in [first, second] {
        assert_eq!(page.status, 200);
        assert!(!page.url.ends_with("/edit"), "{}", page.text);
    }
    let saved = view(&app, competition.id).await;
    assert_eq!((&*saved.title, saved.version), ("Autumn Sprint", 1));
}

async fn concurrent_edits_of_different_fields_are_all_saved(app: App) {
    let (_, olga, competition) = organizer(&app, 40).await;
    let client = app.client().with_token(app.token(Actor::from(&olga)).await);
    let path = format!("/api/v1/competitions/{}", competition.id);
    let edit = async |change: serde_json::Value| {
        let reply = client
            .send(client.request(Method::PATCH, &path).json(&change))
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    };
    for round in 1..20 {
        let title = format!("Round {round}");
        tokio::join!(
            edit(json!({ "title": title })),
            edit(json!({ "location": title })),
            edit(json!({ "capacity": 40 + round })),
            edit(json!({ "tags": [title] })),
            edit(json!({ "endsAt": competition.starts_at })),
        );
        let saved = view(&app, competition.id).await;
        assert_eq!((&saved.title, &saved.location), (&title, &title));
        assert_eq!(saved.tags, [title.to_lowercase()]);
        assert_eq!(saved.capacity, 40 + round);
        assert_eq!(saved.ends_at, Some(competition.starts_at));
    }
}

async fn only_one_of_several_edits_of_the_same_version_is_saved(app: App) {
    let (_, olga, competition) = organizer(&app, 40).await;
    let actor = Actor::from(&olga);
    let mut base = competition.version;
    for _ in 0..10 {
        let edits = (0..8).map(|number| {
            let competitions = app.services.competitions.clone();
            let edit = CompetitionPatch {
                title: Some(format!("Number {number}")),
                ..CompetitionPatch::default()
            };
            tokio::spawn(async move {
                competitions
                    .edit(actor, competition.id, edit, Some(base))
                    .await
            })
        });
        let results = futures::future::join_all(edits).await;
        let saved: Vec<_> = results
            .into_iter()
            .filter_map(|edit| edit.unwrap().ok())
            .collect();
        let [saved] = &saved[..] else {
            panic!("{} are saved", saved.len());
        };
        assert_eq!(view(&app, competition.id).await.title, saved.title);
        base = saved.version;
    }
}
