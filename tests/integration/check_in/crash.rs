//! A server that is killed while devices send their scans.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use mini_compete::{
    domain::Actor,
    model::Role,
    ops::Clock,
    store::entity::{check_in, registration},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::harness::{Backend, Storage, process::Server, spawn_app_with_clock, wait_until};

/// What was answered holds after the kill, and devices that send everything again let nobody in twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_devices_send_scans_loses_none_that_it_has_answered() {
    let storage = Storage::create(Backend::Postgres).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    let owner = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&owner, 200, false).await.id;
    app.insert_confirmed_registrations(competition, 200).await;
    let token = app.token(Actor::from(&owner)).await;
    let codes: Vec<registration::Model> = registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(competition))
        .all(app.database().read())
        .await
        .unwrap();
    let begun: DateTime<Utc> = app.clock.now() - TimeDelta::hours(1);
    let batches: Vec<Value> = codes
        .chunks(5)
        .enumerate()
        .map(|(number, people)| {
            let scan = |row: &registration::Model| {
                let at = begun + TimeDelta::seconds(i64::try_from(number).unwrap());
                json!({ "code": row.id, "at": at, "device": "tent" })
            };
            json!({ "scans": people.iter().map(scan).collect::<Vec<_>>() })
        })
        .collect();
    let path = format!("/api/v1/competitions/{competition}/check-ins/batch");
    let mut server = Server::start(&app.storage, &[]).await;
    let sent = batches.iter().map(|batch| {
        let client = server.client().with_token(token.clone());
        let request = client.request(reqwest::Method::POST, &path).json(batch);
        tokio::spawn(async move { client.try_send(request).await })
    });
    let sent: Vec<_> = sent.collect();
    let count = async || {
        check_in::Entity::find()
            .count(app.database().read())
            .await
            .unwrap()
    };
    wait_until("some are checked in", || async { count().await > 20 }).await;
    server.kill();
    let first = join_all(sent).await;
    server.start_again().await;
    let client = server.client().with_token(token);
    for (batch, first) in batches.iter().zip(first) {
        let again = client.post_json(&path, batch).await;
        assert_eq!(again.status, 200, "{}", again.text);
        let items = again.json();
        let items = items["items"].as_array().unwrap();
        assert!(
            items.iter().all(|item| item["checkIn"]["first"] == true),
            "{items:?}"
        );
        if let Ok(first) = first.unwrap() {
            assert_eq!(first.text, again.text, "what was answered holds");
        }
    }
    assert_eq!(count().await, 200, "everybody once");
}
