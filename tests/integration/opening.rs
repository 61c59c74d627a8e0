//! The opening time: nobody gets a seat before it, everyone can from the second on, and a key that was used
//! too early is as good as new.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::{Actor, Error},
    model::{
        CompetitionId, CompetitionView, DomainError, IdempotencyKey, Phase,
        forms::{CompetitionInput, CompetitionPatch},
    },
    ops::Clock,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    harness::{App, Backend, Client, Storage, spawn_app_with_clock},
    on_both_backends,
};

on_both_backends!(
    registering_before_the_opening_is_refused_with_the_time_until_then,
    the_same_key_gets_a_seat_once_registration_is_open,
    an_opening_that_is_moved_takes_no_seat_back,
    the_opening_is_checked_against_the_deadline_whichever_of_them_changes,
    the_phase_begins_at_its_second_in_the_view_the_list_and_the_entity_tag,
    a_page_without_javascript_shows_the_button_after_the_opening_only,
    a_script_whose_press_comes_a_moment_too_early_is_asked_to_send_it_again,
    an_organizer_types_times_in_the_zone_of_the_venue,
    only_competitions_that_have_opened_are_listed_as_open,
    two_hundred_presses_at_the_opening_second_get_exactly_ten_seats,
);

/// Creates a published competition that opens in `wait`.
async fn opening_in(app: &App, wait: TimeDelta, capacity: i64) -> CompetitionView {
    let organizer = app
        .account("Olga", mini_compete::model::Role::Organizer)
        .await;
    let input = CompetitionInput {
        opens_at: Some(app.clock.now() + wait),
        ..app.competition_input(capacity, false)
    };
    let competitions = &app.services.competitions;
    competitions
        .create(Actor::from(&organizer), input)
        .await
        .unwrap()
}

/// Edits a competition as its organizer.
async fn edit(
    app: &App,
    competition: &CompetitionView,
    patch: Value,
) -> Result<CompetitionView, Error> {
    let organizer = Actor::new(
        competition.organizer_id,
        mini_compete::model::Role::Organizer,
    );
    let patch: CompetitionPatch = serde_json::from_value(patch).unwrap();
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer, competition.id, patch, None)
        .await
}

/// Returns the API client of a new participant.
async fn participant(app: &App) -> Client {
    let actor = app.participants(1).await[0];
    app.client().with_token(app.token(actor).await)
}

async fn registering_before_the_opening_is_refused_with_the_time_until_then(app: App) {
    let competition = opening_in(&app, TimeDelta::milliseconds(89_001), 5).await;
    let client = participant(&app).await;
    let refused = client.register(competition.id, "early").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.header("retry-after"), Some("90"));
    assert_eq!(
        refused.header("content-type"),
        Some("application/problem+json")
    );
    let problem = refused.json();
    assert_eq!(problem["type"], "/problems/not-open-yet");
    let opens_at: DateTime<Utc> = serde_json::from_value(problem["opensAt"].clone()).unwrap();
    assert_eq!(Some(opens_at), competition.opens_at);
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn the_same_key_gets_a_seat_once_registration_is_open(app: App) {
    let competition = opening_in(&app, TimeDelta::seconds(10), 5).await;
    let client = participant(&app).await;
    for _ in 0..3 {
        let early = client.register(competition.id, "one-press").await;
        assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text);
        assert_eq!(early.header("idempotency-replayed"), None);
        app.clock.advance(TimeDelta::milliseconds(3_333));
    }
    let at_the_last_millisecond = client.register(competition.id, "one-press").await;
    assert_eq!(at_the_last_millisecond.header("retry-after"), Some("1"));
    app.clock.advance(TimeDelta::milliseconds(1));
    let seat = client.register(competition.id, "one-press").await;
    assert_eq!(seat.status, StatusCode::CREATED, "{}", seat.text);
    let again = client.register(competition.id, "one-press").await;
    assert_eq!(
        (again.status, &again.text),
        (StatusCode::CREATED, &seat.text)
    );
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn an_opening_that_is_moved_takes_no_seat_back(app: App) {
    let competition = app.competition(5, false).await;
    let client = participant(&app).await;
    let seat = client.register(competition.id, "first").await;
    let later = app.clock.now() + TimeDelta::hours(1);
    let moved = edit(&app, &competition, json!({ "opensAt": later }))
        .await
        .unwrap();
    assert_eq!(moved.phase, Phase::OpensSoon);
    let again = client.register(competition.id, "first").await;
    assert_eq!((again.status, again.text), (StatusCode::CREATED, seat.text));
    let twice = client.register(competition.id, "second").await;
    assert_eq!(twice.json()["type"], "/problems/already-registered");
    let other = participant(&app).await.register(competition.id, "o").await;
    assert_eq!(other.json()["type"], "/problems/not-open-yet");
    let opened = edit(&app, &competition, json!({ "opensAt": null }))
        .await
        .unwrap();
    assert_eq!((opened.phase, opened.opens_at), (Phase::Open, None));
    let other = participant(&app).await.register(competition.id, "o").await;
    assert_eq!(other.status, StatusCode::CREATED);
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn the_opening_is_checked_against_the_deadline_whichever_of_them_changes(app: App) {
    let competition = opening_in(&app, TimeDelta::days(3), 5).await;
    let fields = |result: Result<CompetitionView, Error>| match result {
        Err(Error::Domain(DomainError::Invalid(errors))) => {
            errors.iter().map(|error| error.field.clone()).collect()
        }
        other => vec![format!("{other:?}")],
    };
    let (opening, deadline) = (competition.opens_at, competition.reg_deadline);
    let late = edit(&app, &competition, json!({ "opensAt": deadline })).await;
    assert_eq!(fields(late), ["opensAt"]);
    let early = edit(&app, &competition, json!({ "regDeadline": opening })).await;
    assert_eq!(fields(early), ["opensAt"]);
    let unknown = edit(&app, &competition, json!({ "timeZone": "Moon/Base" })).await;
    assert_eq!(fields(unknown), ["timeZone"]);
    let both = json!({ "opensAt": deadline, "regDeadline": competition.starts_at, "timeZone": "Asia/Tokyo" });
    let moved = edit(&app, &competition, both).await.unwrap();
    assert_eq!(moved.opens_at, Some(deadline));
    assert_eq!(moved.time_zone, "Asia/Tokyo");
}

async fn the_phase_begins_at_its_second_in_the_view_the_list_and_the_entity_tag(app: App) {
    let competition = opening_in(&app, TimeDelta::seconds(5), 5).await;
    let client = app.client();
    let path = format!("/api/v1/competitions/{}", competition.id);
    let before = client.get(&path).await;
    let shown = before.json();
    assert_eq!(shown["phase"], "OPENS_SOON");
    assert_eq!(shown["timeZone"], "UTC");
    let server_time: DateTime<Utc> = serde_json::from_value(shown["serverTime"].clone()).unwrap();
    assert_eq!(server_time, app.clock.now());
    let list = async || client.get("/api/v1/competitions").await.json()["items"][0].clone();
    assert_eq!(list().await["phase"], "OPENS_SOON");
    let tag = before.header("etag").unwrap().to_owned();
    let again = client.request(reqwest::Method::GET, &path);
    let again = client.send(again.header("if-none-match", &tag)).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    app.clock.advance(TimeDelta::seconds(5));
    let after = client.request(reqwest::Method::GET, &path);
    let after = client.send(after.header("if-none-match", &tag)).await;
    assert_eq!(after.status, StatusCode::OK);
    assert_eq!(after.json()["phase"], "OPEN");
    assert_eq!(list().await["phase"], "OPEN");
}

async fn a_script_whose_press_comes_a_moment_too_early_is_asked_to_send_it_again(app: App) {
    let account = app
        .account("Pia", mini_compete::model::Role::Participant)
        .await;
    let client = app.client();
    client.log_in(&account.email).await;
    let competition = opening_in(&app, TimeDelta::seconds(60), 5).await;
    let press = async |key: &str| {
        let id = competition.id.to_string();
        let fields = [("competitionId", id.as_str()), ("idempotencyKey", key)];
        client.submit_in_background("/act/register", &fields).await
    };
    let early = press("early").await;
    assert_eq!(early.status, StatusCode::OK, "the page says when it opens");
    app.clock.advance(TimeDelta::milliseconds(58_500));
    let moment = press("key").await;
    assert_eq!(moment.status, StatusCode::CONFLICT);
    assert!(moment.header("retry-after").is_some());
    app.clock.advance(TimeDelta::milliseconds(1_500));
    assert_eq!(press("key").await.status, StatusCode::OK);
    let page = client
        .get(&format!("/competitions/{}", competition.id))
        .await;
    assert!(page.text.contains("registration-status"), "{}", page.text);
}

async fn a_page_without_javascript_shows_the_button_after_the_opening_only(app: App) {
    let competition = opening_in(&app, TimeDelta::seconds(5), 5).await;
    let client = app.client();
    let page = async || {
        client
            .get(&format!("/competitions/{}", competition.id))
            .await
    };
    let before = page().await;
    assert!(before.text.contains("Opens soon"), "the badge");
    assert_eq!(before.find(BUTTON), None);
    app.clock.advance(TimeDelta::seconds(5));
    let after = page().await;
    assert_eq!(after.find(BUTTON).as_deref(), Some("Register"));
    // The document also has the names of all phases, for the script.
    assert_ne!(
        after.find("[data-phase-badge]").as_deref(),
        Some("Opens soon")
    );
}

async fn an_organizer_types_times_in_the_zone_of_the_venue(app: App) {
    let organizer = app
        .account("Zoe", mini_compete::model::Role::Organizer)
        .await;
    let client = app.client();
    client.log_in(&organizer.email).await;
    let day = (app.clock.now() + TimeDelta::days(2)).date_naive();
    let form = client.get("/organize/new").await;
    let form = form
        .form("form[action='/act/create-competition']")
        .fill("title", "Harbour Relay")
        .fill("timeZone", "Asia/Tokyo")
        .fill("opensAt", &format!("{day}T18:00"))
        .fill(
            "regDeadline",
            &format!("{}T18:00", day + TimeDelta::days(2)),
        )
        .fill("startsAt", &format!("{}T09:00", day + TimeDelta::days(3)))
        .fill("capacity", "10")
        .fill("status", "PUBLISHED");
    client.submit(&form).await;
    let list = app.client().get("/api/v1/competitions").await.json();
    let created = &list["items"][0];
    assert_eq!(created["timeZone"], "Asia/Tokyo");
    assert_eq!(created["opensAt"], format!("{day}T09:00:00Z"));
    let id = created["id"].as_str().unwrap();
    let edit = client.get(&format!("/organize/{id}/edit")).await;
    let filled = edit.form("form[action='/act/edit-competition']");
    assert_eq!(filled.value("opensAt"), Some(&*format!("{day}T18:00")));
    let page = client.get(&format!("/competitions/{id}")).await;
    assert!(page.text.contains("18:00 JST"), "the venue's time");
}

async fn only_competitions_that_have_opened_are_listed_as_open(app: App) {
    let competition = opening_in(&app, TimeDelta::minutes(5), 5).await;
    let client = app.client();
    let open = async || client.get("/api/v1/competitions?open=true").await.json()["items"].clone();
    assert_eq!(open().await, json!([]));
    app.clock.advance(TimeDelta::minutes(5));
    app.services.changes.everything_changed();
    assert_eq!(open().await[0]["id"], competition.id.to_string());
}

async fn two_hundred_presses_at_the_opening_second_get_exactly_ten_seats(app: App) {
    let competition = opening_in(&app, TimeDelta::seconds(1), 10).await;
    let participants = app.participants(200).await;
    let press = async |participant: Actor| press(&app, participant, competition.id).await;
    let early = futures::future::join_all(participants.iter().copied().map(press)).await;
    assert!(early.iter().all(|result| *result == Pressed::TooEarly));
    app.clock.advance(TimeDelta::seconds(1));
    let pressed = futures::future::join_all(participants.iter().copied().map(press)).await;
    let seats = pressed.iter().filter(|result| **result == Pressed::Seat);
    assert_eq!(seats.count(), 10);
    assert!(!pressed.contains(&Pressed::TooEarly));
    assert_eq!(app.assert_seat_invariant().await, 10);
}

/// The button that registers, if it can be pressed.
const BUTTON: &str = "[data-testid=register-form] button:not([disabled])";

/// What a press of the button led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pressed {
    TooEarly,
    Seat,
    Full,
}

/// Registers with a key that is the same at each press.
async fn press(app: &App, participant: Actor, competition: CompetitionId) -> Pressed {
    let key = IdempotencyKey::parse("press").unwrap();
    let registrations = &app.services.registrations;
    match registrations.register(participant, competition, &key).await {
        Ok(reply) if reply.outcome().unwrap().registration().is_ok() => Pressed::Seat,
        Ok(_) => Pressed::Full,
        Err(Error::Domain(DomainError::NotOpenYet { .. })) => Pressed::TooEarly,
        Err(error) => panic!("{error}"),
    }
}

/// Two machines, whose clocks are 10 seconds behind and 10 seconds ahead, open at the same moment: after the
/// first seat, neither says that it is too early.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opening_is_one_moment_for_machines_whose_clocks_differ() {
    let storage = Storage::create(Backend::Postgres).await;
    let clock = |seconds| Clock::off_by(TimeDelta::seconds(seconds));
    let behind = spawn_app_with_clock(clock(-10), storage.share(), &[]).await;
    let ahead = spawn_app_with_clock(clock(10), storage, &[]).await;
    // By the clock of the first application, which is 10 seconds behind.
    let wait = TimeDelta::milliseconds(12_500);
    let competition = opening_in(&behind, wait, 1_000).await;
    let opening = competition.opens_at.unwrap();
    let opened = AtomicBool::new(false);
    let presses = async |app: &App| {
        let participants = app.participants(400).await;
        let (mut early, mut seats) = (0, 0);
        for participant in participants {
            let was_open = opened.load(Ordering::SeqCst);
            let started_at = Utc::now();
            match press(app, participant, competition.id).await {
                Pressed::Seat => {
                    assert!(
                        Utc::now() >= opening - TimeDelta::milliseconds(50),
                        "too early"
                    );
                    opened.store(true, Ordering::SeqCst);
                    seats += 1;
                }
                Pressed::TooEarly => {
                    assert!(!was_open, "too early after the first seat");
                    assert!(
                        started_at < opening + TimeDelta::milliseconds(50),
                        "too late"
                    );
                    early += 1;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Pressed::Full => panic!("full"),
            }
            if seats > 20 {
                break;
            }
        }
        assert!(
            early > 0 && seats > 0,
            "{early} before the opening, {seats} after it"
        );
    };
    tokio::join!(presses(&behind), presses(&ahead));
    behind.assert_seat_invariant().await;
}
