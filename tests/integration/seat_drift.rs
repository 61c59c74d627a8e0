//! The check of the seat invariant: one process finds wrong counters, at a bounded cost per run.

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, registration::SeatDrift},
    model::{CompetitionId, Role},
    store::{
        bulk::{self, Cells},
        entity::competition,
    },
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    harness::{App, Backend, Storage, spawn_app_with, spawn_app_with_clock},
    on_both_backends,
};

on_both_backends!(
    wrong_counters_are_reported_until_they_are_corrected,
    successive_checks_find_every_wrong_counter,
    a_changed_competition_is_part_of_the_next_check,
);

/// Executes a statement that the application does not know of.
async fn execute(app: &App, sql: &str) {
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
}

/// Advances the clock by a minute, runs the check, and returns the number of competitions with a known drift.
async fn run_check(app: &App) -> usize {
    app.clock.advance(TimeDelta::minutes(1));
    assert!(app.run_scheduled_tasks().await.contains(&"seat-drift"));
    let known = SeatDrift::new(app.database().clone())
        .wrong_competitions()
        .await;
    known.unwrap().expect("a check has run")
}

/// Inserts many competitions without registrations.
async fn many_competitions(app: &App, count: usize) -> Vec<CompetitionId> {
    let organizer = app.account("Organizer of many", Role::Organizer).await;
    let ids: Vec<_> = (0..count).map(|_| CompetitionId::new()).collect();
    let (now, later) = (app.clock.now(), app.clock.now() + TimeDelta::days(30));
    let texts = |text: &str| Cells::Text(vec![text.to_owned(); count]);
    let columns = vec![
        ("id", Cells::Uuid(ids.iter().map(|id| id.0).collect())),
        ("organizer_id", Cells::Uuid(vec![organizer.id.0; count])),
        ("title", texts("One of many")),
        ("description", texts("")),
        ("tags", Cells::Json(vec![serde_json::json!([]); count])),
        ("capacity", Cells::Int(vec![10; count])),
        ("seats_left", Cells::Int(vec![10; count])),
        ("status", texts("PUBLISHED")),
        ("reg_deadline", Cells::Moment(vec![later; count])),
        ("starts_at", Cells::Moment(vec![later; count])),
        ("created_at", Cells::Moment(vec![now; count])),
        ("updated_at", Cells::Moment(vec![now; count])),
    ];
    let connection = app.database().write();
    bulk::insert(connection, "competitions", columns, "")
        .await
        .unwrap();
    ids
}

/// Creates a seat drift: decrements the seat counter without a registration.
async fn create_drift(app: &App, competition: CompetitionId) {
    competition::Entity::update_many()
        .col_expr(
            competition::Column::SeatsLeft,
            Expr::col(competition::Column::SeatsLeft).sub(1),
        )
        .filter(competition::Column::Id.eq(competition))
        .exec(app.database().write())
        .await
        .unwrap();
}

async fn wrong_counters_are_reported_until_they_are_corrected(app: App) {
    for capacity in [12, 3] {
        let competition = app.competition(capacity, true).await.id;
        let participants = app.participants(usize::try_from(capacity).unwrap()).await;
        app.register_all(&participants, competition).await;
    }
    assert_eq!(run_check(&app).await, 0);
    let set_seats_left = async |seats: i32| {
        let sql = format!("UPDATE competitions SET seats_left = {seats} WHERE capacity = 12");
        execute(&app, &sql).await;
    };
    set_seats_left(1).await;
    assert_eq!(run_check(&app).await, 1);
    set_seats_left(0).await;
    assert_eq!(run_check(&app).await, 0);
    execute(&app, "UPDATE competitions SET waitlisted = waitlisted + 1").await;
    assert_eq!(run_check(&app).await, 2);
    execute(&app, "DELETE FROM competitions").await;
    assert_eq!(
        run_check(&app).await,
        0,
        "deleted competitions are not counted"
    );
}

async fn successive_checks_find_every_wrong_counter(app: App) {
    let competitions = many_competitions(&app, 1_200).await;
    for wrong in [competitions[0], competitions[600], competitions[1_199]] {
        create_drift(&app, wrong).await;
    }
    assert_eq!(run_check(&app).await, 1, "one check reads 500 competitions");
    assert_eq!(run_check(&app).await, 2);
    assert_eq!(run_check(&app).await, 3);
    assert_eq!(run_check(&app).await, 3, "the result is kept");
}

async fn a_changed_competition_is_part_of_the_next_check(app: App) {
    many_competitions(&app, 1_100).await;
    let last = app.competition(10, true).await.id;
    let ids: Vec<CompetitionId> = competition::Entity::find()
        .select_only()
        .column(competition::Column::Id)
        .order_by_asc(competition::Column::Id)
        .into_tuple()
        .all(app.database().read())
        .await
        .unwrap();
    assert_eq!(
        ids.last(),
        Some(&last),
        "checks in the order of ids reach it last"
    );
    let participants = app.participants(3).await;
    assert_eq!(run_check(&app).await, 0);
    for participant in &participants[..2] {
        app.register_all(&[*participant], last).await;
    }
    create_drift(&app, last).await;
    assert_eq!(run_check(&app).await, 1, "a registration changed it");

    execute(
        &app,
        "UPDATE competitions SET seats_left = 8 WHERE seats_left = 7",
    )
    .await;
    assert_eq!(run_check(&app).await, 0);
    app.clock.advance(TimeDelta::minutes(10));
    let registrations = &app.services.registrations;
    let mine = registrations
        .live(participants[0], last)
        .await
        .unwrap()
        .unwrap();
    registrations
        .cancel(Actor { ..participants[0] }, mine.registration_id)
        .await
        .unwrap();
    create_drift(&app, last).await;
    assert_eq!(run_check(&app).await, 1, "a cancellation changed it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_processes_checks_and_both_report_the_result() {
    let storage = Storage::create(Backend::Postgres).await;
    let one = spawn_app_with(storage.share(), &[]).await;
    let other = spawn_app_with_clock(one.clock.clone(), storage, &[]).await;
    let competition = one.competition(10, true).await.id;
    create_drift(&one, competition).await;
    let (ran, also_ran) = tokio::join!(one.run_scheduled_tasks(), other.run_scheduled_tasks());
    let checks = |ran: &[&str]| ran.contains(&"seat-drift");
    assert!(checks(&ran) != checks(&also_ran), "{ran:?} {also_ran:?}");
    for app in [&one, &other] {
        app.clock.advance(TimeDelta::seconds(10));
        assert!(
            app.run_scheduled_tasks()
                .await
                .contains(&"seat-drift-gauge")
        );
        let known = SeatDrift::new(app.database().clone())
            .wrong_competitions()
            .await;
        assert_eq!(known.unwrap(), Some(1));
    }
}
