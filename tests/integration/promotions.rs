//! Promotions from a waitlist that is longer than one transaction promotes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use mini_compete::{
    domain::Actor,
    model::{CompetitionId, IdempotencyKey, RegistrationId, RegistrationStatus, Role, UserView},
    store::{
        bulk::{self, Cells},
        entity::{competition, registration},
    },
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};

use crate::{
    harness::{App, eventually},
    on_both_backends,
};

/// The length of the waitlist: more than the number of values that SQLite accepts in one statement (32,766).
const WAITLIST_LENGTH: usize = 40_000;

on_both_backends!(
    a_waitlist_longer_than_one_statement_is_promoted_in_order,
    seats_left_free_by_a_crash_go_to_the_waitlist,
);

/// Inserts a full competition with a long waitlist.
async fn insert_competition_with_waitlist(
    app: &App,
    organizer: &UserView,
    length: usize,
) -> CompetitionId {
    let competition = app.competition_of(organizer, 1, true).await.id;
    let participants = app.participants(length).await;
    let now = app.clock.now();
    let seqs: Vec<_> = (1..=i64::try_from(length).unwrap()).map(Some).collect();
    let columns = vec![
        (
            "id",
            Cells::Uuid(
                participants
                    .iter()
                    .map(|_| RegistrationId::new().0)
                    .collect(),
            ),
        ),
        (
            "user_id",
            Cells::Uuid(participants.iter().map(|p| p.id.0).collect()),
        ),
        ("competition_id", Cells::Uuid(vec![competition.0; length])),
        (
            "status",
            Cells::Text(vec![RegistrationStatus::Waitlisted.to_string(); length]),
        ),
        ("waitlist_seq", Cells::MaybeBigInt(seqs)),
        ("registered_at", Cells::Moment(vec![now; length])),
    ];
    bulk::insert(app.database.write(), "registrations", columns, "")
        .await
        .unwrap();
    competition::Entity::update_many()
        .col_expr(
            competition::Column::Waitlisted,
            Expr::value(i32::try_from(length).unwrap()),
        )
        .col_expr(
            competition::Column::WaitlistSeq,
            Expr::value(i64::try_from(length).unwrap()),
        )
        .filter(competition::Column::Id.eq(competition))
        .exec(app.database.write())
        .await
        .unwrap();
    competition
}

/// Registers a participant, and returns the status of the registration.
async fn register(app: &App, participant: Actor, competition: CompetitionId) -> RegistrationStatus {
    let key = IdempotencyKey::parse("k").unwrap();
    let registrations = &app.services.registrations;
    let reply = registrations.register(participant, competition, &key).await;
    let reply = reply.unwrap();
    let outcome = reply.outcome().unwrap();
    outcome.registration().unwrap().status
}

/// Counts the registrations on the waitlist.
async fn waitlist_length(app: &App, competition: CompetitionId) -> u64 {
    registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(competition))
        .filter(registration::Column::Status.eq(RegistrationStatus::Waitlisted))
        .count(app.database.read())
        .await
        .unwrap()
}

/// Waits until the waitlist is empty, and asserts the seat invariant.
async fn assert_all_seated(app: &App, competition: CompetitionId) {
    eventually(
        "every registration is promoted",
        Duration::from_secs(120),
        || async { (waitlist_length(app, competition).await == 0).then_some(()) },
    )
    .await;
    app.assert_seat_invariant().await;
}

/// Asserts that no registration was promoted before one ahead of it in the waitlist.
async fn assert_seated_in_order(app: &App, competition: CompetitionId) {
    let mut rows: Vec<(i64, DateTime<Utc>)> = registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(competition))
        .filter(registration::Column::WaitlistSeq.is_not_null())
        .all(app.database.read())
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.waitlist_seq.unwrap(), row.promoted_at.unwrap()))
        .collect();
    rows.sort();
    assert!(
        rows.windows(2).all(|pair| pair[0].1 <= pair[1].1),
        "a registration was promoted before one ahead of it"
    );
}

async fn a_waitlist_longer_than_one_statement_is_promoted_in_order(app: App) {
    let organizer = app.account("Organizer", Role::Organizer).await;
    let competition = insert_competition_with_waitlist(&app, &organizer, WAITLIST_LENGTH).await;
    let newcomers = app.participants(2).await;
    let status = register(&app, newcomers[0], competition).await;
    assert_eq!(status, RegistrationStatus::Waitlisted);
    let mut input = app.competition_input(50_000, true);
    input.title = "Larger".to_owned();
    app.services
        .competitions
        .edit(Actor::from(&organizer), competition, input, None)
        .await
        .unwrap();
    // The first thousand are promoted; a new registration goes behind the rest.
    let status = register(&app, newcomers[1], competition).await;
    assert_eq!(status, RegistrationStatus::Waitlisted);
    assert_all_seated(&app, competition).await;
    assert_seated_in_order(&app, competition).await;
    let row = competition::Entity::find_by_id(competition)
        .one(app.database.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.title.as_str(), row.waitlisted), ("Larger", 0));
}

async fn seats_left_free_by_a_crash_go_to_the_waitlist(app: App) {
    let organizer = app.account("Organizer", Role::Organizer).await;
    let competition = insert_competition_with_waitlist(&app, &organizer, 2_500).await;
    // The state after the first of several transactions.
    let more = 3_000;
    competition::Entity::update_many()
        .col_expr(competition::Column::Capacity, Expr::value(more))
        .col_expr(competition::Column::SeatsLeft, Expr::value(more))
        .filter(competition::Column::Id.eq(competition))
        .exec(app.database.write())
        .await
        .unwrap();
    assert!(app.run_scheduled_tasks().await.contains(&"promotions"));
    assert_all_seated(&app, competition).await;
    assert_seated_in_order(&app, competition).await;
}
