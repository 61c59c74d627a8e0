//! The drill: a queue at the door, five devices, two of them without a network half of the time.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use mini_compete::{
    domain::Actor,
    model::{CompetitionId, RegistrationId, Role, StaffRole},
    store::entity::{check_in, registration},
};
use reqwest::StatusCode;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    harness::{App, Backend, Client, add_staff, spawn_app},
    on_both_backends,
};

on_both_backends!(three_hundred_people_are_let_in_once_each_by_five_devices);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute: run it for the figures"]
async fn three_thousand_people_are_let_in_once_each_on_postgres() {
    drill(spawn_app(Backend::Postgres).await, 3_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute: run it for the figures"]
async fn three_thousand_people_are_let_in_once_each_on_sqlite() {
    drill(spawn_app(Backend::Sqlite).await, 3_000).await;
}

/// A device at the door.
struct Device {
    name: String,
    api: Client,
    competition: CompetitionId,
    /// Whether it has no network every other time.
    is_shaky: bool,
    /// The scans that it has not sent yet.
    kept: Vec<Value>,
    /// How long each request took.
    durations: Vec<Duration>,
    /// Whom it has let in, as far as the server has told it.
    first: Vec<String>,
}

impl Device {
    async fn new(app: &App, competition: CompetitionId, number: usize) -> Self {
        let account = app
            .account(&format!("Helper {number}"), Role::Participant)
            .await;
        add_staff(app, competition, account.id, StaffRole::CheckIn).await;
        let token = app.token(Actor::from(&account)).await;
        Self {
            name: format!("device {number}"),
            api: app.client().with_token(token),
            competition,
            is_shaky: number < 2,
            kept: Vec::new(),
            durations: Vec::new(),
            first: Vec::new(),
        }
    }

    async fn post(&mut self, below: &str, body: &Value) -> Value {
        let path = format!("/api/v1/competitions/{}/check-ins{below}", self.competition);
        let begun = Instant::now();
        let reply = self.api.post_json(&path, body).await;
        self.durations.push(begun.elapsed());
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()
    }

    /// Scans a ticket with a network.
    async fn scan(&mut self, code: &str) {
        let device = self.name.clone();
        let view = self
            .post("", &json!({ "code": code, "device": device }))
            .await;
        self.note(&view);
    }

    /// Sends what it has kept, in batches, and each of them twice, since the first reply may be lost.
    async fn send(&mut self) {
        for batch in std::mem::take(&mut self.kept).chunks(100) {
            let body = json!({ "scans": batch });
            let lost = self.post("/batch", &body).await;
            let told = self.post("/batch", &body).await;
            assert_eq!(lost, told, "sending again has the same results");
            for result in told["items"].as_array().unwrap() {
                self.note(&result["checkIn"]);
            }
        }
    }

    fn note(&mut self, view: &Value) {
        if view["first"] == true {
            self.first.push(view["registrationId"].to_string());
        }
    }

    /// Scans the tickets of a queue. Without a network, a scan is kept with its time.
    async fn work(&mut self, codes: &[String], clock: impl Fn() -> DateTime<Utc>) {
        for (number, code) in codes.iter().enumerate() {
            let is_offline = self.is_shaky && (number / 50) % 2 == 0;
            if is_offline {
                let at = clock();
                self.kept
                    .push(json!({ "code": code, "at": at, "device": self.name }));
            } else {
                self.send().await;
                self.scan(code).await;
            }
        }
        self.send().await;
    }
}

async fn three_hundred_people_are_let_in_once_each_by_five_devices(app: App) {
    drill(app, 300).await;
}

async fn drill(app: App, people: usize) {
    let competition = app.competition(people as i64, false).await.id;
    app.insert_confirmed_registrations(competition, people)
        .await;
    let rows: Vec<registration::Model> = registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(competition))
        .all(app.database().read())
        .await
        .unwrap();
    let mut codes = Vec::new();
    for row in &rows {
        let actor = Actor::new(row.user_id, Role::Participant);
        codes.push(super::code_of(&app, actor, row.id).await);
    }
    // Each device has a line of its own. Every tenth person is scanned by the next device, too.
    let mut lines: Vec<Vec<String>> = vec![Vec::new(); 5];
    for (number, code) in codes.iter().enumerate() {
        lines[number % 5].push(code.clone());
        if number % 10 == 0 {
            lines[(number + 1) % 5].push(code.clone());
        }
    }
    let mut devices = Vec::new();
    for number in 0..5 {
        devices.push(Device::new(&app, competition, number).await);
    }
    let begun = Instant::now();
    let clock = || app.clock.now() - TimeDelta::minutes(1);
    let working = devices.iter_mut().zip(&lines);
    join_all(working.map(|(device, line)| device.work(line, clock))).await;
    let took = begun.elapsed();
    assert_once_each(&app, competition, &rows).await;
    report(people, took, &devices);
}

/// Asserts that everybody is checked in, by one scan.
async fn assert_once_each(app: &App, competition: CompetitionId, expected: &[registration::Model]) {
    let rows = check_in::Entity::find()
        .filter(check_in::Column::CompetitionId.eq(competition))
        .all(app.database().read())
        .await
        .unwrap();
    assert!(
        rows.iter()
            .all(|row| row.undone_at.is_none() && row.by.is_some())
    );
    let found: HashSet<RegistrationId> = rows.iter().map(|row| row.registration_id).collect();
    let expected: HashSet<_> = expected.iter().map(|row| row.id).collect();
    assert_eq!((rows.len(), &found), (expected.len(), &expected));
    app.assert_seat_invariant().await;
}

fn report(people: usize, took: Duration, devices: &[Device]) {
    let mut durations: Vec<_> = devices.iter().flat_map(|it| it.durations.clone()).collect();
    durations.sort_unstable();
    let at = |part: usize| durations[(durations.len() - 1) * part / 100];
    let told: HashSet<_> = devices.iter().flat_map(|device| &device.first).collect();
    assert_eq!(told.len(), people, "everybody was let in by a device");
    eprintln!(
        "{people} people in {took:.1?}: {} requests, median {:.1?}, 99 of 100 within {:.1?}, longest {:.1?}",
        durations.len(),
        at(50),
        at(99),
        at(100),
    );
}
