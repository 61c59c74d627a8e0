//! What becomes of results when an account or a competition is deleted, and what an account can export.

use mini_compete::{
    domain::Actor,
    store::entity::{performance, stage, standings},
};
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use super::{Setup, ranks};
use crate::{
    harness::{App, PASSWORD},
    on_both_backends,
};

on_both_backends!(
    an_account_exports_its_own_results,
    the_results_of_a_deleted_account_stay_and_name_nobody,
    a_deleted_competition_leaves_no_results,
);

async fn an_account_exports_its_own_results(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup.stage(json!({})).await;
    setup.values(&stage, &[("2", 100)]).await;
    let body = json!({ "code": "1", "value": 372_345, "note": "Lost a shoe" });
    setup.record(&stage, body).await;
    let token = app.token(Actor::from(&setup.people[0])).await;
    let export = app
        .client()
        .with_token(token)
        .get("/api/v1/me/export")
        .await;
    assert_eq!(export.status, StatusCode::OK, "{}", export.text);
    let results = &export.json()["registrations"][0]["results"];
    assert_eq!(results.as_array().unwrap().len(), 1, "{results}");
    assert_eq!(
        (
            &results[0]["stage"],
            &results[0]["value"],
            &results[0]["note"]
        ),
        (&json!("Final"), &json!("1:02:03.45"), &json!("Lost a shoe"))
    );
}

async fn the_results_of_a_deleted_account_stay_and_name_nobody(app: App) {
    let setup = Setup::new(&app, &["Ada", "Bob"]).await;
    let stage = setup.stage(json!({})).await;
    let body = json!([
        { "code": "1", "value": 100, "note": "Lost a shoe" },
        { "code": "2", "value": 200, "note": "Came late" },
    ]);
    setup.record(&stage, body).await;
    setup.publish(&stage, json!({})).await;
    assert_eq!(ranks(&setup.standings("").await)[0], ("Ada", Some(1)));
    // Registrations for what has started are kept.
    app.clock
        .advance(setup.competition.starts_at - app.clock.now());
    app.clock.advance(chrono::TimeDelta::hours(1));
    let token = app.token(Actor::from(&setup.people[0])).await;
    let ada = app.client().with_token(token);
    let request = ada.request(Method::DELETE, "/api/v1/me");
    let deleted = ada
        .send(request.json(&json!({ "password": PASSWORD })))
        .await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    app.run_jobs_with_retries().await;
    let standings = setup.standings("").await;
    assert_eq!(
        ranks(&standings),
        [("Deleted account", Some(1)), ("Bob", Some(2))]
    );
    let rows = performance::Entity::find().all(app.database().read()).await;
    let notes: Vec<_> = rows.unwrap().into_iter().map(|row| row.note).collect();
    assert!(!notes.contains(&"Lost a shoe".to_owned()), "{notes:?}");
    assert!(notes.contains(&"Came late".to_owned()), "{notes:?}");
}

async fn a_deleted_competition_leaves_no_results(app: App) {
    let setup = Setup::new(&app, &["Ada"]).await;
    let stage = setup.stage(json!({ "metric": "POINTS" })).await;
    // More than one chunk.
    let lines = vec![json!({ "code": "1", "value": 1 }); 2_500];
    let recorded = setup.record(&stage, lines.into()).await;
    assert_eq!(recorded.status, StatusCode::CREATED);
    for official in [false, true] {
        setup.publish(&stage, json!({ "official": official })).await;
    }
    let request = setup.owner.api.request(Method::DELETE, &setup.path(""));
    let deleted = setup.owner.api.send(request).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    let path = format!("/api/v1/stages/{stage}/performances");
    let gone = setup.helper.api.get(&path).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND, "from the commit on");
    let body = json!({ "code": "1", "value": 1 });
    let late = setup.helper.api.post_json(&path, &body).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
    app.run_jobs_with_retries().await;
    let database = app.database().read();
    let left = [
        stage::Entity::find().count(database).await.unwrap(),
        performance::Entity::find().count(database).await.unwrap(),
        standings::Entity::find().count(database).await.unwrap(),
    ];
    assert_eq!(left, [0, 0, 0]);
}
