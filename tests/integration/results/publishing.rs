//! Publishing: versions that say what has changed, what the public sees meanwhile, and two publishers at once.

use chrono::TimeDelta;
use futures::future::join_all;
use mini_compete::{domain::Actor, model::Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Setup, ranks};
use crate::{event_streams::EventStream, harness::App, on_both_backends};

on_both_backends!(
    the_public_sees_what_is_published_and_nothing_that_was_recorded_since,
    a_correction_makes_a_new_version_that_says_what_has_changed,
    two_publishers_at_once_make_one_version_of_the_same_results,
    publishing_while_results_arrive_loses_none_of_them,
    who_has_no_seat_any_more_is_left_out_at_the_next_version,
    results_after_the_freeze_appear_when_the_standings_are_official,
    standings_that_are_kept_say_from_their_freeze_on_that_they_are_frozen,
    drafts_are_seen_by_those_who_work_on_the_competition,
    standings_are_paged_and_filtered_by_division,
    an_unchanged_page_is_not_sent_again,
    a_start_number_that_is_given_later_is_in_the_next_response,
    the_event_stream_tells_of_each_publication,
);

async fn the_public_sees_what_is_published_and_nothing_that_was_recorded_since(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob", "Cid"]).await;
    let empty = setup.standings("").await;
    assert_eq!(
        (&empty["stage"], &empty["total"]),
        (&Value::Null, &json!(0))
    );
    let stage = setup.stage(json!({})).await;
    setup.values(&stage, &[("1", 200), ("2", 100)]).await;
    let waiting = setup.standings("").await;
    assert_eq!(waiting["total"], 0, "nothing is published");
    let published = setup.publish(&stage, json!({})).await;
    assert_eq!(
        (
            &published["version"],
            &published["state"],
            &published["changed"]
        ),
        (&json!(1), &json!("PROVISIONAL"), &json!(0))
    );
    setup.values(&stage, &[("3", 50)]).await;
    let standings = setup.standings("").await;
    assert_eq!(ranks(&standings), [("Bob", Some(1)), ("Ada", Some(2))]);
    assert_eq!(standings["stage"]["version"], 1);
    setup
        .record(&stage, json!({ "code": "1", "status": "DSQ" }))
        .await;
    setup.publish(&stage, json!({})).await;
    let standings = setup.standings("").await;
    assert_eq!(
        ranks(&standings),
        [("Cid", Some(1)), ("Bob", Some(2)), ("Ada", None)]
    );
    assert_eq!(standings["items"][2]["status"], "DSQ");
}

async fn a_correction_makes_a_new_version_that_says_what_has_changed(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob", "Cid"]).await;
    let stage = setup.stage(json!({})).await;
    let ids = setup
        .values(&stage, &[("1", 100), ("2", 200), ("3", 300)])
        .await;
    setup.publish(&stage, json!({ "official": true })).await;
    let body = json!({ "code": "1", "value": 250, "supersedes": ids[0] });
    assert_eq!(setup.record(&stage, body).await.status, StatusCode::CREATED);
    let published = setup.publish(&stage, json!({})).await;
    assert_eq!(
        (
            &published["version"],
            &published["state"],
            &published["changed"]
        ),
        (&json!(2), &json!("OFFICIAL"), &json!(2))
    );
    let standings = setup.standings("").await;
    let rank = |rank: u64, value: u64| json!({ "rank": rank, "divisionRank": null, "status": "OK", "value": value });
    let changes = standings["changes"].as_array().unwrap();
    let shown: Vec<_> = changes
        .iter()
        .map(|it| (&it["userName"], &it["before"], &it["after"]))
        .collect();
    assert_eq!(
        shown,
        [
            (&json!("Ada"), &rank(1, 100), &rank(2, 250)),
            (&json!("Bob"), &rank(2, 200), &rank(1, 200)),
        ]
    );
    let again = setup.publish(&stage, json!({})).await;
    assert_eq!(
        again["version"], 2,
        "without any difference, nothing changes"
    );
    let history = setup.owner.api.get(&setup.path("/audit")).await.json();
    let events = history["items"].as_array().unwrap();
    let count = |action: &str| events.iter().filter(|it| it["action"] == action).count();
    assert_eq!((count("RESULTS_PUBLISH"), count("RESULTS_RECORD")), (2, 2));
}

async fn two_publishers_at_once_make_one_version_of_the_same_results(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup.stage(json!({})).await;
    setup.values(&stage, &[("1", 100), ("2", 200)]).await;
    let presses = join_all((0..6).map(|_| setup.publish(&stage, json!({})))).await;
    for published in presses {
        assert_eq!(
            (&published["version"], &published["participants"]),
            (&json!(1), &json!(2))
        );
    }
}

async fn publishing_while_results_arrive_loses_none_of_them(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup
        .stage(json!({ "metric": "POINTS", "aggregate": "SUM" }))
        .await;
    let recording = async |code: &str| {
        for _ in 0..12 {
            setup.values(&stage, &[(code, 1)]).await;
        }
    };
    let publishing = async || {
        let mut versions = Vec::new();
        for _ in 0..8 {
            let published = setup.publish(&stage, json!({})).await;
            versions.push(published["version"].as_u64().unwrap());
        }
        versions
    };
    let ((), (), first, second) =
        futures::join!(recording("1"), recording("2"), publishing(), publishing());
    assert!(
        first.is_sorted() && second.is_sorted(),
        "{first:?} {second:?}"
    );
    setup.publish(&stage, json!({})).await;
    let standings = setup.standings("").await;
    let items = standings["items"].as_array().unwrap();
    assert!(items.iter().all(|it| it["value"] == 12), "{items:?}");
}

async fn who_has_no_seat_any_more_is_left_out_at_the_next_version(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup.stage(json!({})).await;
    setup.values(&stage, &[("1", 100), ("2", 200)]).await;
    setup.publish(&stage, json!({})).await;
    setup.cancel(0).await;
    let before = setup.standings("").await;
    assert_eq!(ranks(&before), [("Ada", Some(1)), ("Bob", Some(2))]);
    let published = setup.publish(&stage, json!({})).await;
    assert_eq!(
        (&published["version"], &published["changed"]),
        (&json!(2), &json!(2))
    );
    let standings = setup.standings("").await;
    assert_eq!(ranks(&standings), [("Bob", Some(1))]);
    assert_eq!(standings["changes"][0]["after"], Value::Null);
}

async fn results_after_the_freeze_appear_when_the_standings_are_official(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let freeze_at = app.clock.now() + TimeDelta::hours(1);
    let stage = setup.stage(json!({ "freezeAt": freeze_at })).await;
    let ids = setup.values(&stage, &[("1", 100), ("2", 200)]).await;
    setup.publish(&stage, json!({})).await;
    assert_eq!(setup.standings("").await["frozen"], false);
    app.clock.advance(TimeDelta::hours(2));
    let body = json!({ "code": "1", "value": 300, "supersedes": ids[0] });
    setup.record(&stage, body).await;
    let hidden = setup.publish(&stage, json!({})).await;
    assert_eq!(hidden["version"], 1, "nothing differs before the freeze");
    let frozen = setup.standings("").await;
    assert_eq!(frozen["frozen"], true);
    assert_eq!(ranks(&frozen), [("Ada", Some(1)), ("Bob", Some(2))]);
    setup.publish(&stage, json!({ "official": true })).await;
    let official = setup.standings("").await;
    assert_eq!(ranks(&official), [("Bob", Some(1)), ("Ada", Some(2))]);
    assert_eq!(
        (&official["stage"]["state"], &official["frozen"]),
        (&json!("OFFICIAL"), &json!(false))
    );
}

async fn standings_that_are_kept_say_from_their_freeze_on_that_they_are_frozen(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let freeze_at = app.clock.now() + TimeDelta::minutes(1);
    let stage = setup.stage(json!({ "freezeAt": freeze_at })).await;
    setup.values(&stage, &[("1", 100)]).await;
    setup.publish(&stage, json!({})).await;
    let path = format!("/competitions/{}/results", setup.competition.id);
    let is_frozen = async || {
        let page = app.client().browse(&path).await;
        let says_so = page.find("[data-testid=standings] [role=status]").is_some();
        assert_eq!(setup.standings("").await["frozen"], says_so);
        says_so
    };
    app.clock
        .advance(TimeDelta::minutes(1) - TimeDelta::milliseconds(1));
    assert!(!is_frozen().await);
    app.clock.advance(TimeDelta::milliseconds(1));
    assert!(is_frozen().await);
}

async fn drafts_are_seen_by_those_who_work_on_the_competition(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let draft = setup
        .stage(json!({ "state": "DRAFT", "name": "Secret" }))
        .await;
    setup.stage(json!({ "name": "Known" })).await;
    let names = |reply: Value| -> Vec<String> {
        let items = reply["items"].as_array().unwrap().clone();
        let name = |it: &Value| it["name"].as_str().unwrap().to_owned();
        items.iter().map(name).collect()
    };
    let path = setup.path("/stages");
    let public = app.client().get(&path).await.json();
    assert_eq!(names(public), ["Known"]);
    let ada = app.token(Actor::from(&setup.people[0])).await;
    let own = app.client().with_token(ada).get(&path).await.json();
    assert_eq!(names(own), ["Known"]);
    for client in [&setup.owner.api, &setup.helper.api] {
        assert_eq!(names(client.get(&path).await.json()), ["Secret", "Known"]);
    }
    let standings = setup.path(&format!("/standings?stageId={draft}"));
    let hidden = app.client().get(&standings).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    let page = format!(
        "/competitions/{}/results?stage={draft}",
        setup.competition.id
    );
    assert_eq!(
        app.client().browse(&page).await.status,
        StatusCode::NOT_FOUND
    );
    let request = setup
        .owner
        .api
        .request(Method::PATCH, &setup.path(&format!("/stages/{draft}")));
    let opened = setup
        .owner
        .api
        .send(request.json(&json!({ "state": "OPEN" })));
    assert_eq!(opened.await.status, StatusCode::OK);
    let public = app.client().get(&path).await.json();
    assert_eq!(names(public), ["Secret", "Known"]);
}

async fn standings_are_paged_and_filtered_by_division(app: App) {
    let setup = Setup::new(&app, &[]).await;
    let mut divisions = Vec::new();
    for name in ["Long", "Short"] {
        let (path, body) = (setup.path("/divisions"), json!({ "name": name }));
        let added = setup.owner.api.post_json(&path, &body);
        divisions.push(added.await.json()["id"].as_str().unwrap().to_owned());
    }
    let mut results = Vec::new();
    for number in 0..6_usize {
        let name = format!("Person {number}");
        let account = app.account(&name, Role::Participant).await;
        let clients = crate::harness::Clients::log_in(&app, &account).await;
        let request = clients.api.registration_request(setup.competition.id, "k");
        let body = json!({ "divisionId": divisions[number % 2] });
        let reply = clients.api.send(request.json(&body)).await;
        let id = reply.json()["registrationId"].clone();
        results.push(json!({ "registrationId": id, "value": number }));
    }
    let stage = setup.stage(json!({})).await;
    let recorded = setup.record(&stage, Value::from(results)).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.text);
    setup.publish(&stage, json!({})).await;
    let page = setup.standings("?perPage=2&page=2").await;
    assert_eq!(ranks(&page), [("Person 2", Some(3)), ("Person 3", Some(4))]);
    assert_eq!((&page["total"], &page["page"]), (&json!(6), &json!(2)));
    let query = format!("?divisionId={}&perPage=2&page=2", divisions[1]);
    let short = setup.standings(&query).await;
    assert_eq!(ranks(&short), [("Person 5", Some(6))]);
    assert_eq!(
        (
            &short["total"],
            &short["items"][0]["divisionRank"],
            &short["items"][0]["division"]
        ),
        (&json!(3), &json!(3), &json!("Short"))
    );
    for wrong in ["?page=0", "?perPage=101", "?stageId=x", "?divisionId=x"] {
        let path = setup.path(&format!("/standings{wrong}"));
        let refused = app.client().get(&path).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

async fn an_unchanged_page_is_not_sent_again(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let stage = setup.stage(json!({})).await;
    setup.values(&stage, &[("1", 100)]).await;
    setup.publish(&stage, json!({})).await;
    let path = setup.path("/standings");
    let first = app.client().get(&path).await;
    let tag = first.header("etag").unwrap().to_owned();
    let conditional = async || {
        let client = app.client();
        let request = client.request(Method::GET, &path);
        client.send(request.header("if-none-match", &tag)).await
    };
    assert_eq!(conditional().await.status, StatusCode::NOT_MODIFIED);
    setup.values(&stage, &[("1", 90)]).await;
    assert_eq!(
        conditional().await.status,
        StatusCode::NOT_MODIFIED,
        "what is recorded is not public"
    );
    setup.publish(&stage, json!({})).await;
    let changed = conditional().await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
}

async fn a_start_number_that_is_given_later_is_in_the_next_response(app: App) {
    let mut setup = Setup::new(&app, &["Ada"]).await;
    let bob = app.account("Bob", Role::Participant).await;
    app.register_all(&[Actor::from(&bob)], setup.competition.id)
        .await;
    setup.people.push(bob);
    let stage = setup.stage(json!({})).await;
    let body = json!({ "registrationId": setup.registration(1).await, "value": 100 });
    assert_eq!(setup.record(&stage, body).await.status, StatusCode::CREATED);
    setup.publish(&stage, json!({})).await;
    let shown = setup.standings("").await;
    assert_eq!(shown["items"][0]["startNumber"], Value::Null);
    let path = setup.path("/start-numbers");
    let given = setup.owner.api.post_json(&path, &json!({})).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    let shown = setup.standings("").await;
    assert_eq!(shown["items"][0]["startNumber"], 2);
}

async fn the_event_stream_tells_of_each_publication(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let stage = setup.stage(json!({})).await;
    let client = app.client();
    let mut stream = EventStream::open(&client, setup.competition.id)
        .await
        .unwrap_or_else(|status| panic!("{status}"));
    let revision = |event: &str| -> i64 {
        let number = event.split("\"resultsRevision\":").nth(1).unwrap();
        number.split('}').next().unwrap().parse().unwrap()
    };
    let mut shown = revision(&stream.next().await.unwrap());
    for value in [200, 100] {
        setup.values(&stage, &[("1", value)]).await;
        setup.publish(&stage, json!({})).await;
        let published = revision(&stream.next().await.unwrap());
        assert!(published > shown, "{published} after {shown}");
        shown = published;
    }
}
