//! Recording results: all of a request or none, once for each key, for participants of this competition only.

use futures::future::join_all;
use mini_compete::{
    domain::Actor,
    model::{Role, StaffRole},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Setup, post_with_key};
use crate::{
    harness::{App, Clients, add_staff},
    on_both_backends,
};

on_both_backends!(
    a_request_with_the_same_key_records_its_results_once,
    twenty_requests_with_one_key_at_once_record_one_result,
    one_key_for_two_competitions_at_once_records_in_one_of_them,
    one_bad_line_of_ten_thousand_keeps_all_of_them_back_and_is_named,
    participants_are_named_by_numbers_tickets_and_registrations,
    only_participants_with_a_seat_in_this_competition_have_results,
    values_that_do_not_fit_the_stage_are_refused,
    a_correction_replaces_a_result_of_the_same_participant_once,
    those_who_record_results_are_owners_editors_and_helpers_for_results,
    what_gives_results_their_meaning_stays_once_there_are_any,
);

async fn a_request_with_the_same_key_records_its_results_once(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup.stage(json!({})).await;
    let path = format!("/api/v1/stages/{stage}/performances");
    let body = json!([{ "code": "1", "value": 5_910 }, { "code": "2", "status": "DNF" }]);
    let helper = &setup.helper.api;
    let first = post_with_key(helper, &path, "k", &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = post_with_key(helper, &path, "k", &body).await;
    assert_eq!(
        (again.status, &again.text),
        (StatusCode::CREATED, &first.text),
        "byte for byte"
    );
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(setup.recorded(&stage).await.len(), 2);
    let other = json!([{ "code": "1", "value": 5_911 }]);
    let reused = post_with_key(helper, &path, "k", &other).await;
    assert_eq!(reused.problem(), "idempotency-key-reused");
    let by_another = post_with_key(&setup.owner.api, &path, "k", &other).await;
    assert_eq!(
        by_another.status,
        StatusCode::CREATED,
        "keys are those of an account"
    );
    app.clock.advance(chrono::TimeDelta::hours(25));
    let helper = setup.helper_now().await;
    let later = post_with_key(&helper, &path, "k", &body).await;
    assert_eq!(later.header("idempotency-replayed"), None, "it has expired");
    assert_eq!(setup.recorded(&stage).await.len(), 5);
}

async fn twenty_requests_with_one_key_at_once_record_one_result(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let stage = setup.stage(json!({})).await;
    let path = format!("/api/v1/stages/{stage}/performances");
    let body = json!({ "code": "1", "value": 5_910 });
    let requests = (0..20).map(|_| post_with_key(&setup.helper.api, &path, "k", &body));
    let replies = join_all(requests).await;
    for reply in &replies {
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        assert_eq!(reply.text, replies[0].text);
    }
    let replayed = replies
        .iter()
        .filter(|reply| reply.header("idempotency-replayed").is_some());
    assert_eq!(replayed.count(), 19);
    assert_eq!(setup.recorded(&stage).await.len(), 1);
}

async fn one_key_for_two_competitions_at_once_records_in_one_of_them(app: App) {
    let mut requests = Vec::new();
    let first = Setup::new(&app, &["Ada"]).await;
    let stage = first.stage(json!({})).await;
    let registration = first.registration(0).await;
    requests.push((stage, registration));
    let oleg = app.account("Oleg", Role::Organizer).await;
    let second = app.competition_of(&oleg, 5, false).await.id;
    add_staff(&app, second, first.recorder.id, StaffRole::Results).await;
    let ada = Actor::from(&first.people[0]);
    app.register_all(&[ada], second).await;
    let live = app.services.registrations.live(ada, second).await;
    let registration = live.unwrap().unwrap().registration_id.to_string();
    let path = format!("/api/v1/competitions/{second}/stages");
    let body = json!({ "name": "Final", "metric": "TIME", "state": "OPEN" });
    let oleg = Clients::log_in(&app, &oleg).await;
    let stage = oleg.api.post_json(&path, &body).await.json();
    requests.push((stage["id"].as_str().unwrap().to_owned(), registration));
    for round in 0..5 {
        let key = format!("round-{round}");
        let sent = requests.iter().map(|(stage, registration)| {
            let path = format!("/api/v1/stages/{stage}/performances");
            let body = json!({ "registrationId": registration, "value": 1 });
            let (client, key) = (&first.helper.api, &key);
            async move { post_with_key(client, &path, key, &body).await }
        });
        let replies = join_all(sent).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort();
        let expected = [StatusCode::CREATED, StatusCode::UNPROCESSABLE_ENTITY];
        assert_eq!(statuses, expected, "{}", replies[0].text);
    }
}

async fn one_bad_line_of_ten_thousand_keeps_all_of_them_back_and_is_named(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup
        .stage(json!({ "metric": "POINTS", "aggregate": "SUM" }))
        .await;
    let mut lines = vec![json!({ "code": "1", "value": 1 }); 10_000];
    lines[7_531] = json!({ "code": "99", "value": 1 });
    let refused = setup.record(&stage, Value::from(lines.clone())).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let errors = refused.json()["errors"].as_array().unwrap().clone();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0]["field"], "[7531].code");
    assert_eq!(
        errors[0]["message"],
        "Nobody in this competition has this number or ticket."
    );
    assert!(setup.recorded(&stage).await.is_empty(), "nothing is taken");
    lines[7_531] = json!({ "code": "2", "value": 1 });
    let recorded = setup.record(&stage, Value::from(lines.clone())).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.text);
    assert_eq!(recorded.json()["recorded"], 10_000);
    setup.publish(&stage, json!({})).await;
    let standings = setup.standings("").await;
    assert_eq!(standings["items"][0]["value"], 9_999);
    lines.push(json!({ "code": "2", "value": 1 }));
    let many = setup.record(&stage, Value::from(lines)).await;
    assert_eq!(many.json()["errors"][0]["field"], "body", "{}", many.text);
    let none = setup.record(&stage, json!([])).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn participants_are_named_by_numbers_tickets_and_registrations(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let stage = setup.stage(json!({})).await;
    let id = setup.registration(0).await;
    let token = app.token(Actor::from(&setup.people[0])).await;
    let ada = app.client().with_token(token);
    let own = ada.get(&format!("/api/v1/registrations/{id}")).await.json();
    let number = mini_compete::model::ticket_number(id.parse().unwrap());
    for named in [
        json!({ "code": own["ticketCode"], "value": 1 }),
        json!({ "code": number, "value": 1 }),
        json!({ "code": "1", "value": 1 }),
        json!({ "code": id, "value": 1 }),
        json!({ "registrationId": id, "value": 1 }),
    ] {
        let recorded = setup.record(&stage, named.clone()).await;
        assert_eq!(
            recorded.status,
            StatusCode::CREATED,
            "{named}: {}",
            recorded.text
        );
    }
    let all = setup.recorded(&stage).await;
    assert!(
        all.iter()
            .all(|it| it["userName"] == "Ada" && it["startNumber"] == 1)
    );
    for unclear in [
        json!({ "value": 1 }),
        json!({ "code": "1", "registrationId": id, "value": 1 }),
    ] {
        let refused = setup.record(&stage, unclear.clone()).await;
        assert_eq!(refused.json()["errors"][0]["field"], "code", "{unclear}");
    }
}

async fn only_participants_with_a_seat_in_this_competition_have_results(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup.stage(json!({})).await;
    setup.cancel(1).await;
    let elsewhere = app.competition(3, false).await;
    let stranger = app.account("Eve", Role::Participant).await;
    app.register_all(&[Actor::from(&stranger)], elsewhere.id)
        .await;
    let live = app
        .services
        .registrations
        .live(Actor::from(&stranger), elsewhere.id)
        .await;
    let other = live.unwrap().unwrap().registration_id;
    let eve = app
        .client()
        .with_token(app.token(Actor::from(&stranger)).await);
    let own = eve
        .get(&format!("/api/v1/registrations/{other}"))
        .await
        .json();
    let ticket = own["ticketCode"].as_str().unwrap();
    let other_end = if ticket.ends_with('A') { "B" } else { "A" };
    let forged = format!("{}{other_end}", &ticket[..ticket.len() - 1]);
    for (code, message) in [
        ("3", "Nobody in this competition has this number or ticket."),
        (
            forged.as_str(),
            "Nobody in this competition has this number or ticket.",
        ),
        (
            &other.to_string(),
            "Nobody in this competition has this number or ticket.",
        ),
        (ticket, "This ticket is for another competition."),
        (
            "2",
            "This registration has no seat: it is cancelled or on the waitlist.",
        ),
    ] {
        let refused = setup
            .record(&stage, json!({ "code": code, "value": 1 }))
            .await;
        let error = &refused.json()["errors"][0];
        assert_eq!(
            (&error["field"], &error["message"]),
            (&json!("code"), &json!(message)),
            "{code}"
        );
        assert!(!refused.text.contains("Eve"));
    }
    assert!(setup.recorded(&stage).await.is_empty());
}

async fn values_that_do_not_fit_the_stage_are_refused(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let time = setup.stage(json!({})).await;
    let attendance = setup.stage(json!({ "metric": "ATTENDANCE" })).await;
    let score = setup.stage(json!({ "metric": "SCORE" })).await;
    for (stage, result, field) in [
        (&time, json!({ "code": "1", "value": -1 }), "value"),
        (&time, json!({ "code": "1" }), "value"),
        (
            &time,
            json!({ "code": "1", "value": 1, "status": "DNF" }),
            "value",
        ),
        (
            &time,
            json!({ "code": "1", "value": 1_000_000_000_001_i64 }),
            "value",
        ),
        (
            &time,
            json!({ "code": "1", "value": 1, "note": "x".repeat(201) }),
            "note",
        ),
        (&time, json!({ "code": "1", "value": 1.5 }), "value"),
        (
            &time,
            json!({ "code": "1", "value": 1, "status": "LATE" }),
            "status",
        ),
        (&time, json!({ "code": "1", "value": 1, "rank": 1 }), "rank"),
        (&attendance, json!({ "code": "1", "value": 2 }), "value"),
    ] {
        let refused = setup.record(stage, result.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{result}");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{result}");
    }
    setup.values(&score, &[("1", -5)]).await;
    let there = setup.record(&attendance, json!({ "code": "1" })).await;
    assert_eq!(there.status, StatusCode::CREATED, "{}", there.text);
    assert_eq!(setup.recorded(&attendance).await[0]["value"], 1);
}

async fn a_correction_replaces_a_result_of_the_same_participant_once(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup.stage(json!({ "aggregate": "SUM" })).await;
    let other_stage = setup.stage(json!({ "name": "Heat" })).await;
    let ids = setup.values(&stage, &[("1", 100), ("2", 200)]).await;
    let elsewhere = setup.values(&other_stage, &[("1", 100)]).await;
    let correct = async |code: &str, former: &str| {
        let body = json!({ "code": code, "value": 150, "supersedes": former });
        setup.record(&stage, body).await
    };
    for (code, former) in [("2", &ids[0]), ("1", &elsewhere[0])] {
        let refused = correct(code, former).await;
        assert_eq!(refused.json()["errors"][0]["field"], "supersedes", "{code}");
    }
    let presses = join_all((0..5).map(|_| correct("1", &ids[0]))).await;
    let done = presses.iter().filter(|it| it.status == StatusCode::CREATED);
    assert_eq!(
        done.count(),
        1,
        "two corrections of one result can't both count"
    );
    let again = correct("1", &ids[0]).await;
    assert_eq!(again.json()["errors"][0]["field"], "supersedes");
    let all = setup.recorded(&stage).await;
    let former = all.iter().find(|it| it["id"] == ids[0].as_str()).unwrap();
    assert_eq!(
        (&former["value"], &former["superseded"]),
        (&json!(100), &json!(true)),
        "nothing is changed or deleted"
    );
    setup.publish(&stage, json!({})).await;
    let standings = setup.standings("").await;
    assert_eq!(standings["items"][0]["value"], 150);
}

async fn those_who_record_results_are_owners_editors_and_helpers_for_results(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let stage = setup.stage(json!({})).await;
    let body = json!({ "code": "1", "value": 1 });
    let performances = format!("/api/v1/stages/{stage}/performances");
    let publish = format!("/api/v1/stages/{stage}/publish");
    for (role, allowed) in [
        (StaffRole::Editor, true),
        (StaffRole::Results, true),
        (StaffRole::CheckIn, false),
        (StaffRole::Viewer, false),
    ] {
        let name = format!("Helper {role}");
        let account = app.account(&name, Role::Participant).await;
        add_staff(&app, setup.competition.id, account.id, role).await;
        let clients = Clients::log_in(&app, &account).await;
        let expected = |success| match allowed {
            true => success,
            false => StatusCode::FORBIDDEN,
        };
        let api = &clients.api;
        let recorded = api.post_json(&performances, &body).await;
        assert_eq!(recorded.status, expected(StatusCode::CREATED), "{role}");
        let listed = api.get(&performances).await;
        assert_eq!(listed.status, expected(StatusCode::OK), "{role}");
        let published = api.post_json(&publish, &json!({})).await;
        assert_eq!(published.status, expected(StatusCode::OK), "{role}");
        let added = api
            .post_json(
                &setup.path("/stages"),
                &json!({ "name": "Mine", "metric": "TIME" }),
            )
            .await;
        let may_add = role == StaffRole::Editor;
        assert_eq!(added.status == StatusCode::CREATED, may_add, "{role}");
        let page = format!("/organize/{}/results", setup.competition.id);
        let page = clients.browser.browse(&page).await;
        assert_eq!(page.status, expected(StatusCode::OK), "{role}");
        let overview = format!("/organize/{}", setup.competition.id);
        let overview = clients.browser.browse(&overview).await;
        let link = format!("/organize/{}/results", setup.competition.id);
        assert_eq!(overview.text.contains(&link), allowed, "{role}");
    }
    let anonymous = app.client().post_json(&performances, &body).await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    let oleg = app.account("Oleg", Role::Organizer).await;
    let oleg = Clients::log_in(&app, &oleg).await;
    let stranger = oleg.api.post_json(&performances, &body).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
}

async fn what_gives_results_their_meaning_stays_once_there_are_any(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let stage = setup.stage(json!({})).await;
    let path = setup.path(&format!("/stages/{stage}"));
    let owner = &setup.owner.api;
    let change = async |body: Value| {
        let request = owner.request(Method::PATCH, &path).json(&body);
        owner.send(request).await
    };
    let free = change(json!({ "decimals": 3, "metric": "SCORE" })).await;
    assert_eq!(free.status, StatusCode::OK, "{}", free.text);
    setup.values(&stage, &[("1", 5)]).await;
    for (body, field) in [
        (json!({ "decimals": 2 }), "decimals"),
        (json!({ "metric": "TIME" }), "metric"),
        (json!({ "state": "OFFICIAL" }), "state"),
        (json!({ "position": 2 }), "position"),
    ] {
        let refused = change(body.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{body}");
    }
    let renamed = change(json!({ "name": "Last run", "aggregate": "MEAN" })).await;
    assert_eq!(renamed.json()["name"], "Last run", "{}", renamed.text);
    let removed = owner.send(owner.request(Method::DELETE, &path)).await;
    assert_eq!(removed.problem(), "stage-has-results");
    let empty = setup.stage(json!({ "name": "Empty" })).await;
    let path = setup.path(&format!("/stages/{empty}"));
    let removed = owner.send(owner.request(Method::DELETE, &path)).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
}
