//! Recording results: once for each key, with everything that follows from a correction.

use futures::future::join_all;
use mini_compete::model::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Arena, EIGHT, add, changes, delete, pairs, patch, put};
use crate::{
    harness::{App, Clients},
    on_both_backends,
};

on_both_backends!(
    winners_advance_until_one_champion_is_left,
    a_correction_voids_the_later_matches_that_depend_on_it_after_a_confirmation,
    requests_with_one_key_at_once_record_one_result,
    two_results_at_once_leave_one_that_counts,
    results_that_do_not_fit_are_named,
    whoever_has_no_seat_any_more_or_is_taken_out_gives_walkovers,
    a_double_elimination_goes_through_the_losers_bracket,
    a_round_robin_has_standings_by_its_tie_rule,
    a_round_of_the_swiss_system_follows_when_the_one_before_is_complete,
);

async fn winners_advance_until_one_champion_is_left(app: App) {
    let arena = Arena::new(&app, &EIGHT, json!({ "thirdPlace": true })).await;
    for number in 1..=6 {
        arena.win(number, "FIRST").await;
    }
    let matches = arena.matches().await;
    assert_eq!(pairs(&matches)[6], ("Ada", "Bob"));
    assert_eq!(pairs(&matches)[7], ("Dan", "Cyd"), "for the third place");
    let score = json!({ "outcome": "SECOND", "firstScore": 2, "secondScore": 3 });
    let recorded = arena.record(7, score).await.json();
    assert_eq!(recorded["match"]["second"]["score"], 3);
    assert_eq!(arena.detail().await["champion"], 2, "it is Bob's seed");
}

async fn a_correction_voids_the_later_matches_that_depend_on_it_after_a_confirmation(app: App) {
    let arena = Arena::new(&app, &EIGHT, json!({})).await;
    for number in 1..=7 {
        arena.win(number, "FIRST").await;
    }
    let other_score = json!({ "outcome": "FIRST", "firstScore": 1, "secondScore": 0 });
    let corrected = arena.record(1, other_score).await;
    assert_eq!(corrected.json()["voided"], json!([]), "the winner stays");
    let before = arena.detail().await;
    let refused = arena.record(1, json!({ "outcome": "SECOND" })).await;
    assert_eq!(refused.problem(), "later-matches-played");
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(arena.detail().await, before, "nothing has changed");
    let confirmed = json!({ "outcome": "SECOND", "confirm": true });
    let corrected = arena.record(1, confirmed).await.json();
    let ids =
        |numbers: [usize; 2]| numbers.map(|number| before["matches"][number - 1]["id"].clone());
    assert_eq!(corrected["voided"], json!(ids([5, 7])));
    let states: Vec<_> = arena.matches().await;
    let states: Vec<_> = states.iter().map(|game| game["state"].clone()).collect();
    assert_eq!(
        states,
        [
            "PLAYED", "PLAYED", "PLAYED", "PLAYED", "READY", "PLAYED", "PENDING"
        ]
    );
    assert_eq!(arena.detail().await["champion"], Value::Null);
    let helper = arena.setup.helper_now().await;
    let first = arena.match_path(3).await;
    assert_eq!(
        delete(&helper, &first).await.problem(),
        "later-matches-played"
    );
    let undone = delete(&helper, &format!("{first}?confirm=true")).await;
    assert_eq!(undone.json()["voided"], json!([before["matches"][5]["id"]]));
    assert_eq!(undone.json()["match"]["state"], "READY");
    assert_eq!(changes(&app).await, 7 + 1 + 1 + 2 + 1 + 1);
}

async fn requests_with_one_key_at_once_record_one_result(app: App) {
    let arena = Arena::new(&app, &["Ada", "Bob"], json!({})).await;
    let path = arena.match_path(1).await;
    let body = json!({ "outcome": "FIRST", "firstScore": 4, "secondScore": 2 });
    let requests = (0..10).map(|_| put(&arena, &path, Some("k"), &body));
    let replies = join_all(requests).await;
    for reply in &replies {
        assert_eq!(
            (reply.status, &reply.text),
            (StatusCode::OK, &replies[0].text),
            "byte for byte"
        );
    }
    let first = replies
        .iter()
        .filter(|it| it.header("idempotency-replayed").is_none());
    assert_eq!(first.count(), 1);
    assert_eq!(changes(&app).await, 1);
    let other = put(&arena, &path, Some("k"), &json!({ "outcome": "SECOND" })).await;
    assert_eq!(other.problem(), "idempotency-key-reused");
}

async fn two_results_at_once_leave_one_that_counts(app: App) {
    let arena = Arena::new(&app, &EIGHT[..4], json!({})).await;
    let path = arena.match_path(1).await;
    let outcomes = ["FIRST", "SECOND", "FIRST", "SECOND", "FIRST", "SECOND"];
    let bodies = outcomes.map(|outcome| json!({ "outcome": outcome }));
    let replies = join_all(bodies.iter().map(|body| put(&arena, &path, None, body))).await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::OK));
    let matches = arena.matches().await;
    let winner = match matches[0]["outcome"].as_str().unwrap() {
        "FIRST" => &matches[0]["first"]["name"],
        _ => &matches[0]["second"]["name"],
    };
    assert_eq!(&matches[2]["first"]["name"], winner);
}

async fn results_that_do_not_fit_are_named(app: App) {
    let arena = Arena::new(&app, &EIGHT[..4], json!({})).await;
    for (number, body, field) in [
        (1, json!({ "outcome": "DRAW" }), "outcome"),
        (3, json!({ "outcome": "FIRST" }), "outcome"),
        (
            1,
            json!({ "outcome": "FIRST", "firstScore": 1 }),
            "secondScore",
        ),
        (
            1,
            json!({ "outcome": "FIRST", "firstScore": 0, "secondScore": 1 }),
            "outcome",
        ),
        (
            1,
            json!({ "outcome": "FIRST", "firstScore": -1, "secondScore": 1 }),
            "firstScore",
        ),
    ] {
        let refused = arena.record(number, body.clone()).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body}: {}",
            refused.text
        );
        assert_eq!(refused.json()["errors"][0]["field"], field, "{body}");
    }
    let helper = arena.setup.helper_now().await;
    let nothing = delete(&helper, &arena.match_path(1).await).await;
    assert_eq!(nothing.json()["errors"][0]["field"], "outcome");
    let other = add(&arena.setup, json!({ "name": "Friendly" }))
        .await
        .json();
    let other = format!("/api/v1/brackets/{}", other["id"].as_str().unwrap());
    let other = arena.setup.app.client().get(&other).await.json();
    let game = other["matches"][0]["id"].as_str().unwrap();
    let elsewhere = format!("{}/matches/{game}", arena.path);
    let refused = put(&arena, &elsewhere, None, &json!({ "outcome": "FIRST" })).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let stranger = app.account("Sam", Role::Organizer).await;
    let stranger = Clients::log_in(&app, &stranger).await.api;
    let path = arena.match_path(1).await;
    let body = json!({ "outcome": "FIRST" });
    let request = stranger.request(reqwest::Method::PUT, &path).json(&body);
    assert_eq!(stranger.send(request).await.status, StatusCode::FORBIDDEN);
}

async fn whoever_has_no_seat_any_more_or_is_taken_out_gives_walkovers(app: App) {
    let arena = Arena::new(&app, &EIGHT[..4], json!({})).await;
    arena.win(1, "FIRST").await;
    arena.setup.cancel(1).await;
    let matches = arena.matches().await;
    assert_eq!(matches[1]["state"], "WALKOVER", "Bob has cancelled");
    assert_eq!(pairs(&matches)[2], ("Ada", "Cyd"));
    let helper = arena.setup.helper_now().await;
    let out = json!({ "withdrawn": true });
    let cyd = format!("{}/entrants/3", arena.path);
    let taken = patch(&helper, &cyd, &out).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT, "{}", taken.text);
    assert_eq!(arena.detail().await["champion"], 1, "nobody else is left");
    let back = json!({ "withdrawn": false });
    assert_eq!(
        patch(&helper, &cyd, &back).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(arena.matches().await[2]["state"], "READY");
    let bob = format!("{}/entrants/2", arena.path);
    let refused = patch(&helper, &bob, &back).await;
    assert_eq!(refused.json()["errors"][0]["field"], "withdrawn");
    let nobody = format!("{}/entrants/9", arena.path);
    assert_eq!(
        patch(&helper, &nobody, &out).await.status,
        StatusCode::NOT_FOUND
    );
}

async fn a_double_elimination_goes_through_the_losers_bracket(app: App) {
    let settings = json!({ "format": "DOUBLE_ELIMINATION", "reset": true });
    let arena = Arena::new(&app, &EIGHT[..4], settings).await;
    for (number, outcome) in [
        (1, "FIRST"),
        (2, "FIRST"),
        (3, "FIRST"),
        (4, "FIRST"),
        (5, "SECOND"),
    ] {
        arena.win(number, outcome).await;
    }
    let matches = arena.matches().await;
    assert_eq!(pairs(&matches)[5], ("Ada", "Bob"), "the grand final");
    arena.win(6, "SECOND").await;
    let detail = arena.detail().await;
    assert_eq!(detail["champion"], Value::Null);
    assert_eq!(detail["matches"][6]["state"], "READY", "it is played again");
    arena.win(7, "FIRST").await;
    assert_eq!(arena.detail().await["champion"], 1);
}

async fn a_round_robin_has_standings_by_its_tie_rule(app: App) {
    let settings = json!({ "format": "ROUND_ROBIN", "tieRule": "SCORE", "winPoints": 3 });
    let arena = Arena::new(&app, &EIGHT[..3], settings).await;
    let matches = arena.matches().await;
    let score = |first: u32, second: u32| {
        let outcome = match first.cmp(&second) {
            std::cmp::Ordering::Greater => "FIRST",
            std::cmp::Ordering::Less => "SECOND",
            std::cmp::Ordering::Equal => "DRAW",
        };
        json!({ "outcome": outcome, "firstScore": first, "secondScore": second })
    };
    assert_eq!(matches.len(), 3);
    for (game, number) in matches.iter().zip(1..) {
        // The one with the better seed wins by one point, but the last two part with a draw.
        let is_draw = game["first"]["name"] != "Ada" && game["second"]["name"] != "Ada";
        let ada_first = game["first"]["name"] == "Ada";
        let body = match (is_draw, ada_first) {
            (true, _) => score(1, 1),
            (false, true) => score(2, 1),
            (false, false) => score(0, 2),
        };
        let recorded = arena.record(number, body).await;
        assert_eq!(recorded.status, StatusCode::OK, "{}", recorded.text);
    }
    let detail = arena.detail().await;
    let rows = detail["standings"].as_array().unwrap();
    let points: Vec<_> = rows.iter().map(|row| row["points"].clone()).collect();
    assert_eq!(points, [6, 1, 1]);
    assert_eq!(rows[1]["drawn"], 1);
    assert_eq!(detail["champion"], 1);
}

async fn a_round_of_the_swiss_system_follows_when_the_one_before_is_complete(app: App) {
    let settings = json!({ "format": "SWISS", "rounds": 3 });
    let arena = Arena::new(&app, &EIGHT[..5], settings).await;
    let matches = arena.matches().await;
    assert_eq!(
        pairs(&matches),
        [("Ada", "Cyd"), ("Bob", "Dan"), ("Eve", "-")]
    );
    arena.win(1, "FIRST").await;
    assert_eq!(arena.matches().await.len(), 3);
    arena.win(2, "FIRST").await;
    let second = arena.matches().await;
    assert_eq!(second.len(), 6, "the second round is paired");
    assert_eq!(pairs(&second)[3], ("Ada", "Bob"));
    arena.win(1, "SECOND").await;
    let paired_anew = arena.matches().await;
    assert_eq!(
        pairs(&paired_anew)[3],
        ("Bob", "Cyd"),
        "the round has not begun"
    );
    arena.win(4, "DRAW").await;
    let before = pairs(&arena.matches().await).len();
    arena.win(1, "FIRST").await;
    let now = arena.matches().await;
    assert_eq!(
        (pairs(&now).len(), pairs(&now)[3]),
        (before, ("Bob", "Cyd")),
        "it has begun"
    );
    let helper = arena.setup.helper_now().await;
    let undone = delete(&helper, &arena.match_path(1).await).await;
    assert_eq!(undone.json()["errors"][0]["field"], "outcome");
    let byes = now.iter().filter(|game| game["state"] == "BYE");
    let byes: Vec<_> = byes.map(|game| game["first"]["name"].clone()).collect();
    assert_eq!(byes.len(), 2);
    assert_ne!(byes[0], byes[1]);
}
