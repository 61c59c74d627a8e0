//! What administrators see of the whole installation, and the repair of seat counters.

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, registration::SeatDrift},
    model::{AuditAction, AuditSubject, CompetitionId, Role},
    store::entity::{audit_event, competition, process},
};
use reqwest::Method;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde_json::{Value, json};

use crate::{
    harness::{
        App, Backend, Client, FakeSmtpServer, Program, Storage, spawn_app, spawn_app_with,
        wait_until,
    },
    on_both_backends,
};

on_both_backends!(
    the_report_names_the_services_with_their_versions,
    completed_jobs_are_counted_by_queue_and_minute,
    a_process_is_listed_while_it_runs_and_gone_when_it_has_ended,
    wrong_seat_counters_are_corrected_by_a_press,
    a_competition_with_more_registrations_than_seats_is_left,
    counters_are_right_when_they_are_repaired_while_people_register,
);

async fn as_admin(app: &App) -> Client {
    let root = app.account("Root", Role::Admin).await;
    logged_in(app, Actor::from(&root)).await
}

async fn logged_in(app: &App, actor: Actor) -> Client {
    app.client().with_token(app.token(actor).await)
}

async fn report(client: &Client) -> Value {
    let reply = client.get("/api/v1/admin/health").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn service<'a>(report: &'a Value, name: &str) -> &'a Value {
    let services = report["services"].as_array().unwrap();
    services
        .iter()
        .find(|service| service["name"] == name)
        .unwrap()
}

async fn the_report_names_the_services_with_their_versions(app: App) {
    let report = report(&as_admin(&app).await).await;
    let database = service(&report, "DATABASE");
    assert_eq!(database["state"], "UP");
    assert!(database["latencyMs"].as_f64().unwrap() > 0.0, "{database}");
    assert!(
        database["version"].as_str().unwrap().contains('.'),
        "{database}"
    );
    let redis = service(&report, "REDIS");
    match app.storage.backend {
        Backend::Sqlite => {
            assert_eq!(database["product"], "SQLite");
            assert_eq!(
                (&redis["state"], &redis["version"]),
                (&json!("OFF"), &Value::Null)
            );
        }
        Backend::Postgres => {
            assert_eq!(database["product"], "PostgreSQL");
            assert_eq!(redis["state"], "UP");
            assert!(redis["version"].as_str().unwrap().contains('.'), "{redis}");
        }
    }
    assert_eq!(service(&report, "MAIL")["state"], "OFF");
    assert_eq!(report["queues"].as_array().unwrap().len(), 4);
    assert_eq!(
        report["seatDrift"],
        json!({ "wrong": null, "checkedAt": null })
    );
}

async fn completed_jobs_are_counted_by_queue_and_minute(app: App) {
    let root = Actor::from(&app.account("Root", Role::Admin).await);
    let throughput = app.worker().context.throughput;
    let minutes = async |kind: &str| {
        throughput.write(app.database()).await.unwrap();
        // A new token each time, since tokens expire while the clock passes.
        let report = report(&logged_in(&app, root).await).await;
        let minutes = report["queues"][0][kind].as_array().unwrap().clone();
        assert_eq!(
            (minutes.len(), &report["queues"][0]["queue"]["name"]),
            (20, &json!("registration"))
        );
        minutes
            .into_iter()
            .map(|number| number.as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    let competition = app.competition(9, false).await;
    app.register_all(&app.participants(3).await, competition.id)
        .await;
    app.run_open_jobs().await;
    assert_eq!(minutes("done").await[18..], [0, 3]);
    app.clock.advance(TimeDelta::minutes(1));
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    app.run_open_jobs().await;
    app.create_dead_letters(1).await;
    assert_eq!(minutes("done").await[18..], [3, 2]);
    assert_eq!(minutes("dead").await.iter().sum::<u64>(), 1);
    app.clock.advance(TimeDelta::minutes(30));
    assert_eq!(minutes("done").await, [0; 20]);
}

async fn a_process_is_listed_while_it_runs_and_gone_when_it_has_ended(app: App) {
    let client = as_admin(&app).await;
    let processes = async |client: &Client| {
        report(client).await["processes"]
            .as_array()
            .unwrap()
            .clone()
    };
    wait_until("the process is listed", || async {
        processes(&client).await.len() == 1
    })
    .await;
    let process = processes(&client).await.remove(0);
    assert_eq!(process["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&process["parts"], &process["alive"]),
        (&json!(["WEB"]), &json!(true))
    );
    // Another one, which was killed a minute ago.
    let row = process::ActiveModel {
        id: Set(uuid::Uuid::now_v7()),
        name: Set("killed:1".to_owned()),
        version: Set("0.0.1".to_owned()),
        parts: Set(json!(["WORKER", "FUTURE"])),
        started_at: Set(app.clock.now() - TimeDelta::hours(1)),
        seen_at: Set(app.clock.now() - TimeDelta::minutes(1)),
    };
    let row = process::Entity::insert(row);
    row.exec_without_returning(app.database().write())
        .await
        .unwrap();
    let killed = processes(&client).await.remove(1);
    assert_eq!(
        (&killed["name"], &killed["alive"]),
        (&json!("killed:1"), &json!(false))
    );
    assert_eq!(
        killed["parts"],
        json!(["WORKER"]),
        "a part that this release does not know is left out"
    );
    let again = spawn_app_with(app.shut_down().await, &[]).await;
    let root = app_admin(&again).await;
    wait_until("the new process is listed", || async {
        let names = processes(&root).await;
        names.len() == 2 && names[0]["id"] != process["id"]
    })
    .await;
}

async fn app_admin(app: &App) -> Client {
    let root = app.account("Another Root", Role::Admin).await;
    app.client().with_token(app.token(Actor::from(&root)).await)
}

/// Changes the seat counters of a competition without a registration.
async fn create_drift(app: &App, id: CompetitionId, seats_left: i32, waitlisted: i32) {
    let sql = Expr::col(competition::Column::SeatsLeft).add(seats_left);
    competition::Entity::update_many()
        .col_expr(competition::Column::SeatsLeft, sql)
        .col_expr(
            competition::Column::Waitlisted,
            Expr::col(competition::Column::Waitlisted).add(waitlisted),
        )
        .filter(competition::Column::Id.eq(id))
        .exec(app.database().write())
        .await
        .unwrap();
    app.services.changes.everything_changed();
}

async fn run_check(app: &App) -> usize {
    app.clock.advance(TimeDelta::minutes(1));
    assert!(app.run_scheduled_tasks().await.contains(&"seat-drift"));
    let drift = SeatDrift::new(app.database().clone());
    drift.wrong_competitions().await.unwrap().unwrap()
}

async fn repair(client: &Client) -> Value {
    let request = client.request(Method::POST, "/api/v1/admin/seat-drift/repair");
    let reply = client.send(request).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn wrong_seat_counters_are_corrected_by_a_press(app: App) {
    let client = as_admin(&app).await;
    let (one, two) = (
        app.competition(3, true).await.id,
        app.competition(5, true).await.id,
    );
    app.register_all(&app.participants(4).await, one).await;
    app.register_all(&app.participants(2).await, two).await;
    create_drift(&app, one, 0, 3).await;
    create_drift(&app, two, -1, 0).await;
    assert_eq!(run_check(&app).await, 2);
    let drift = report(&client).await["seatDrift"].clone();
    assert_eq!(drift["wrong"], 2);
    assert!(drift["checkedAt"].is_string());
    assert_eq!(repair(&client).await, json!({ "repaired": 2, "left": 0 }));
    assert_eq!(app.assert_seat_invariant().await, 5);
    assert_eq!(report(&client).await["seatDrift"]["wrong"], 0);
    assert_eq!(run_check(&app).await, 0);
    assert_eq!(repair(&client).await, json!({ "repaired": 0, "left": 0 }));
    let shown = app
        .client()
        .get(&format!("/api/v1/competitions/{one}"))
        .await
        .json();
    assert_eq!(
        (&shown["seatsLeft"], &shown["waitlisted"]),
        (&json!(0), &json!(1))
    );
    let events =
        audit_event::Entity::find().filter(audit_event::Column::Action.eq(AuditAction::SeatRepair));
    let events = events.all(app.database().read()).await.unwrap();
    assert_eq!(events.len(), 2);
    let event = events
        .iter()
        .find(|event| event.subject_id == Some(one.0))
        .unwrap();
    assert_eq!(event.subject_kind, Some(AuditSubject::Competition));
    assert_eq!(
        event.detail,
        json!({ "seatsLeft": { "from": 0, "to": 0 }, "waitlisted": { "from": 4, "to": 1 } })
    );
}

async fn a_competition_with_more_registrations_than_seats_is_left(app: App) {
    let client = as_admin(&app).await;
    let id = app.competition(3, false).await.id;
    app.register_all(&app.participants(3).await, id).await;
    let sql = "UPDATE competitions SET capacity = 2";
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
    assert_eq!(run_check(&app).await, 1);
    assert_eq!(repair(&client).await, json!({ "repaired": 0, "left": 1 }));
    assert_eq!(
        report(&client).await["seatDrift"]["wrong"],
        1,
        "it stays visible"
    );
}

async fn counters_are_right_when_they_are_repaired_while_people_register(app: App) {
    let client = as_admin(&app).await;
    let id = app.competition(200, true).await.id;
    app.register_all(&app.participants(10).await, id).await;
    for _ in 0..5 {
        create_drift(&app, id, -3, 0).await;
        assert_eq!(run_check(&app).await, 1);
        let participants = app.participants(20).await;
        let (_, repaired) = tokio::join!(app.register_all(&participants, id), repair(&client));
        assert_eq!(repaired["left"], 0);
        if repaired["repaired"] == 0 {
            repair(&client).await;
        }
        app.assert_seat_invariant().await;
    }
    assert_eq!(app.assert_seat_invariant().await, 110);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_is_there_when_the_mail_server_is_not() {
    let server = FakeSmtpServer::start().await;
    let url = server.url();
    let storage = Storage::create(Backend::Sqlite).await;
    let app = spawn_app_with(storage, &["--smtp-url", &url]).await;
    let mail = report(&as_admin(&app).await).await;
    assert_eq!(service(&mail, "MAIL")["state"], "UP", "{mail}");
    drop(server);
    let storage = Storage::create(Backend::Sqlite).await;
    let app = spawn_app_with(storage, &["--smtp-url", "smtp://127.0.0.1:9"]).await;
    let report = report(&as_admin(&app).await).await;
    assert_eq!(service(&report, "MAIL")["state"], "DOWN");
    assert_eq!(service(&report, "DATABASE")["state"], "UP");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_repairs_seat_counters() {
    let app = spawn_app(Backend::Postgres).await;
    let id = app.competition(5, true).await.id;
    create_drift(&app, id, -2, 0).await;
    assert_eq!(run_check(&app).await, 1);
    let (succeeded, out, log) = Program::run(&app.storage, &["seat-drift", "repair"]).await;
    assert!(succeeded && log.contains("cli:tester"), "{log}");
    let printed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(printed, json!({ "repaired": 1, "left": 0 }));
    assert_eq!(app.assert_seat_invariant().await, 0);
}
