//! What organizers change, and when: also while people register, and while others change it too.

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
    both,
    harness::{App, Client, Reply, until},
};

both!(
    an_organizer_saves_a_form_in_the_middle_of_a_rush,
    an_organizer_cancels_in_the_middle_of_a_rush,
    over_the_api_an_edit_with_if_match_passes_in_a_rush_and_fails_after_another_edit,
    two_organizers_edits_collide_and_nothing_that_was_typed_is_lost,
    a_form_that_comes_back_with_errors_still_does_not_overwrite_an_edit_made_meanwhile,
    a_form_that_is_sent_twice_is_saved_once,
    edits_of_different_fields_at_the_same_time_both_hold,
    of_edits_based_on_the_same_version_one_holds,
);

/// Somebody registers, and somebody else, and so on: batch after batch, until told to stop.
struct Rush {
    over: Arc<AtomicBool>,
    people: JoinHandle<Vec<u16>>,
}

impl Rush {
    /// Begins, and waits until the first seats are taken.
    async fn begin(app: &App, competition: CompetitionId) -> Self {
        let people = app.people(3_000).await;
        let over = Arc::new(AtomicBool::new(false));
        let (registrations, ended) = (app.services.registrations.clone(), Arc::clone(&over));
        let people = tokio::spawn(async move {
            let mut statuses = Vec::new();
            for few in people.chunks(3) {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let asked = few
                    .iter()
                    .map(|person| register(&registrations, *person, competition));
                statuses.extend(futures::future::join_all(asked).await);
            }
            statuses
        });
        let rush = Self { over, people };
        rush.goes_on(app, competition).await;
        rush
    }

    /// Waits until more seats are taken than now.
    async fn goes_on(&self, app: &App, competition: CompetitionId) {
        let now = version(app, competition).await;
        until("the rush goes on", || async {
            version(app, competition).await > now + 3
        })
        .await;
        assert!(!self.people.is_finished(), "the rush is over too early");
    }

    /// Ends it; how everybody was answered.
    async fn end(self) -> Vec<u16> {
        self.over.store(true, Ordering::Relaxed);
        self.people.await.unwrap()
    }
}

async fn register(registrations: &Registrations, person: Actor, at: CompetitionId) -> u16 {
    let key = IdempotencyKey::mint();
    let answer = registrations.register(person, at, &key).await;
    answer.expect("an answer").response().status
}

async fn version(app: &App, competition: CompetitionId) -> i64 {
    view(app, competition).await.version
}

async fn view(app: &App, competition: CompetitionId) -> CompetitionView {
    let competitions = &app.services.competitions;
    competitions.get(competition, None).await.unwrap()
}

/// A browser in which an organizer is logged in, and a competition of theirs.
async fn organizer(app: &App, capacity: i64) -> (Client, UserView, CompetitionView) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&olga, capacity, true).await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    (browser, olga, competition)
}

const FORM: &str = "form[action='/act/edit-competition']";

fn edit_page(competition: &CompetitionView) -> String {
    format!("/organize/{}/edit", competition.id)
}

fn is_saved(page: &Reply) -> bool {
    page.find("[role=status]").is_some() && !page.url.ends_with("/edit")
}

async fn an_organizer_saves_a_form_in_the_middle_of_a_rush(app: App) {
    let (browser, _, competition) = organizer(&app, 5_000).await;
    let form = browser.get(&edit_page(&competition)).await.form(FORM);
    let rush = Rush::begin(&app, competition.id).await;
    let page = browser.submit(&form.fill("title", "Autumn Sprint")).await;
    assert!(is_saved(&page), "{} {}", page.url, page.text);
    rush.goes_on(&app, competition.id).await;
    let page = browser.get(&edit_page(&competition)).await;
    rush.goes_on(&app, competition.id).await;
    let page = browser
        .submit(&page.form(FORM).fill("capacity", "6000"))
        .await;
    assert!(is_saved(&page), "{} {}", page.url, page.text);
    let answers = rush.end().await;
    assert!(answers.iter().all(|status| *status == 201));
    let saved = view(&app, competition.id).await;
    assert_eq!((&*saved.title, saved.capacity), ("Autumn Sprint", 6_000));
    let taken = app.assert_seat_invariant().await;
    assert_eq!(usize::try_from(taken).unwrap(), answers.len());
}

async fn an_organizer_cancels_in_the_middle_of_a_rush(app: App) {
    let (browser, olga, competition) = organizer(&app, 5_000).await;
    let rush = Rush::begin(&app, competition.id).await;
    let question = format!("/organize/{}/call-off", competition.id);
    let form = browser.get(&question).await;
    let form = form.form("form[action='/act/call-off-competition']");
    rush.goes_on(&app, competition.id).await;
    let page = browser.submit(&form).await;
    assert!(page.find("[role=status]").is_some(), "{}", page.text);
    let answers = rush.end().await;
    let turned_away = answers.iter().skip_while(|status| **status == 201);
    assert!(turned_away.clone().all(|status| *status == 409));
    let cancelled = view(&app, competition.id).await;
    assert_eq!(cancelled.status, CompetitionStatus::Cancelled);

    let other = app.competition_of(&olga, 5_000, true).await;
    let rush = Rush::begin(&app, other.id).await;
    let client = app.client().with_token(app.token(Actor::from(&olga)).await);
    let path = format!("/api/v1/competitions/{}", other.id);
    let cancel = client
        .request(Method::PATCH, &path)
        .json(&json!({ "status": "CANCELLED" }));
    let reply = client.send(cancel).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    rush.end().await;
    assert_eq!(
        view(&app, other.id).await.status,
        CompetitionStatus::Cancelled
    );
    app.assert_seat_invariant().await;
}

async fn over_the_api_an_edit_with_if_match_passes_in_a_rush_and_fails_after_another_edit(
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
    let rush = Rush::begin(&app, competition.id).await;
    let reply = edit(&before, "First").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let made = reply.header("etag").unwrap().to_owned();
    rush.goes_on(&app, competition.id).await;

    let stale = edit(&before, "Second").await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    assert_eq!(stale.problem(), "precondition-failed");
    let either = edit(&format!("{before}, {made}"), "Third").await;
    assert_eq!(either.status, 200, "{}", either.text);
    let future = format!("\"{}\"", version(&app, competition.id).await + 1_000_000);
    for none in [&*future, &format!("W/{}", tag().await), "\"none\""] {
        assert_eq!(edit(none, "Fourth").await.status, 412, "{none}");
    }
    // The tag of the representation is another one after each seat.
    let seen = tag().await;
    rush.goes_on(&app, competition.id).await;
    let look = client
        .request(Method::GET, &path)
        .header("if-none-match", &seen);
    assert_eq!(client.send(look).await.status, 200);
    rush.end().await;
    let look = client
        .request(Method::GET, &path)
        .header("if-none-match", tag().await);
    assert_eq!(client.send(look).await.status, 304);

    let delete = client
        .request(Method::DELETE, &path)
        .header("if-match", &made);
    assert_eq!(client.send(delete).await.status, 412);
    let seen = tag().await;
    let person = app.people(1).await[0];
    app.register_all(&[person], competition.id).await;
    let delete = client
        .request(Method::DELETE, &path)
        .header("if-match", &seen);
    assert_eq!(client.send(delete).await.status, 204);
}

async fn two_organizers_edits_collide_and_nothing_that_was_typed_is_lost(app: App) {
    let (browser, _, competition) = organizer(&app, 40).await;
    let admin = app.account("Ada", Role::Admin).await;
    let other = app.client();
    other.log_in(&admin.email).await;
    let mine = browser.get(&edit_page(&competition)).await.form(FORM);
    let theirs = other.get(&edit_page(&competition)).await.form(FORM);

    let theirs = theirs
        .fill("location", "Harbour <b>")
        .fill("capacity", "50");
    assert!(is_saved(&other.submit(&theirs).await));
    // As long as it may be: this is what must not be typed again.
    let words = "Läufe über 10 km. ".repeat(2_000);
    let words: String = words.trim().chars().take(20_000).collect();
    let words = words.trim();
    let page = browser
        .submit(&mine.fill("title", "Mine").fill("description", words))
        .await;
    assert!(page.url.ends_with("/edit"), "{}", page.url);
    assert!(page.find("[role=alert]").is_some());
    for (field, saved) in [("location", "Harbour <b>"), ("capacity", "50")] {
        let said = page.find(&format!("#{field}-error")).unwrap_or_default();
        assert!(said.contains(saved), "{field}: {said}");
    }
    assert_eq!(page.find("#regDeadline-error"), None);
    let kept = view(&app, competition.id).await;
    assert_eq!((&*kept.title, kept.capacity), ("Spring Sprint", 50));

    let again = page.form(FORM);
    assert_eq!(again.value("title"), Some("Mine"));
    assert_eq!(again.value("description").map(str::trim), Some(words));
    assert_eq!(again.value("location"), Some("Town hall"));
    let page = browser.submit(&again.fill("location", "Harbour <b>")).await;
    assert!(is_saved(&page), "{} {}", page.url, page.text);
    let saved = view(&app, competition.id).await;
    assert_eq!((&*saved.title, &*saved.location), ("Mine", "Harbour <b>"));
}

async fn a_form_that_comes_back_with_errors_still_does_not_overwrite_an_edit_made_meanwhile(
    app: App,
) {
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
    let said = page.find("#title-error").unwrap_or_default();
    assert!(said.contains("Theirs"), "{} {said}", page.url);
    assert_eq!(view(&app, competition.id).await.title, "Theirs");
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

async fn edits_of_different_fields_at_the_same_time_both_hold(app: App) {
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

async fn of_edits_based_on_the_same_version_one_holds(app: App) {
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
        let done = futures::future::join_all(edits).await;
        let held: Vec<_> = done
            .into_iter()
            .filter_map(|edit| edit.unwrap().ok())
            .collect();
        let [held] = &held[..] else {
            panic!("{} hold", held.len());
        };
        assert_eq!(view(&app, competition.id).await.title, held.title);
        base = held.version;
    }
}
