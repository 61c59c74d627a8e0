//! The check of the seat invariant: wrong counters are found, by one process, at a bounded cost.

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
    both,
    harness::{App, Backend, Place, spawn_app_by, spawn_app_with},
};

both!(
    wrong_counters_are_reported_until_they_are_right_again,
    a_rotation_finds_every_wrong_counter,
    a_changed_competition_is_checked_at_once,
);

async fn execute(app: &App, sql: &str) {
    app.database()
        .write()
        .execute_unprepared(sql)
        .await
        .unwrap();
}

/// Lets a minute pass and the check run, and returns the number of competitions that are known to be wrong.
async fn checked(app: &App) -> usize {
    app.clock.advance(TimeDelta::minutes(1));
    assert!(app.chores().await.contains(&"seat-drift"));
    let known = SeatDrift::new(app.database().clone())
        .wrong_competitions()
        .await;
    known.unwrap().expect("it was checked")
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

async fn take_a_seat_without_a_registration(app: &App, competition: CompetitionId) {
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

async fn wrong_counters_are_reported_until_they_are_right_again(app: App) {
    for capacity in [12, 3] {
        let competition = app.competition(capacity, true).await.id;
        let people = app.people(usize::try_from(capacity).unwrap()).await;
        app.register_all(&people, competition).await;
    }
    assert_eq!(checked(&app).await, 0);
    let seats_left = async |seats: i32| {
        let sql = format!("UPDATE competitions SET seats_left = {seats} WHERE capacity = 12");
        execute(&app, &sql).await;
    };
    seats_left(1).await;
    assert_eq!(checked(&app).await, 1);
    seats_left(0).await;
    assert_eq!(checked(&app).await, 0);
    execute(&app, "UPDATE competitions SET waitlisted = waitlisted + 1").await;
    assert_eq!(checked(&app).await, 2);
    execute(&app, "DELETE FROM competitions").await;
    assert_eq!(checked(&app).await, 0, "what is gone is not wrong");
}

async fn a_rotation_finds_every_wrong_counter(app: App) {
    let many = many_competitions(&app, 1_200).await;
    for wrong in [many[0], many[600], many[1_199]] {
        take_a_seat_without_a_registration(&app, wrong).await;
    }
    assert_eq!(checked(&app).await, 1, "no more than 500 are looked at");
    assert_eq!(checked(&app).await, 2);
    assert_eq!(checked(&app).await, 3);
    assert_eq!(checked(&app).await, 3, "they stay known");
}

async fn a_changed_competition_is_checked_at_once(app: App) {
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
    assert_eq!(ids.last(), Some(&last), "the rotation comes there last");
    let people = app.people(3).await;
    assert_eq!(checked(&app).await, 0);
    for person in &people[..2] {
        app.register_all(&[*person], last).await;
    }
    take_a_seat_without_a_registration(&app, last).await;
    assert_eq!(checked(&app).await, 1, "somebody registered");

    execute(
        &app,
        "UPDATE competitions SET seats_left = 8 WHERE seats_left = 7",
    )
    .await;
    assert_eq!(checked(&app).await, 0);
    app.clock.advance(TimeDelta::minutes(10));
    let registrations = &app.services.registrations;
    let mine = registrations.live(people[0], last).await.unwrap().unwrap();
    registrations
        .cancel(Actor { ..people[0] }, mine.registration_id)
        .await
        .unwrap();
    take_a_seat_without_a_registration(&app, last).await;
    assert_eq!(checked(&app).await, 1, "somebody cancelled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_one_checks_and_both_report() {
    let place = Place::fresh(Backend::Postgres).await;
    let one = spawn_app_with(place.share(), &[]).await;
    let other = spawn_app_by(one.clock.clone(), place, &[]).await;
    let competition = one.competition(10, true).await.id;
    take_a_seat_without_a_registration(&one, competition).await;
    let (ran, also_ran) = tokio::join!(one.chores(), other.chores());
    let checks = |ran: &[&str]| ran.contains(&"seat-drift");
    assert!(checks(&ran) != checks(&also_ran), "{ran:?} {also_ran:?}");
    for app in [&one, &other] {
        app.clock.advance(TimeDelta::seconds(10));
        assert!(app.chores().await.contains(&"seat-drift-gauge"));
        let known = SeatDrift::new(app.database().clone())
            .wrong_competitions()
            .await;
        assert_eq!(known.unwrap(), Some(1));
    }
}
