//! Rules that the database itself keeps.

use chrono::TimeDelta;
use migration::{Migrator, MigratorTrait};
use mini_compete::{
    domain::Actor,
    model::{MessageKind, Role, forms::CompetitionPatch},
    store::entity::message,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{both, harness::App};

both!(
    migrations_run_down_and_up_again,
    the_database_refuses_a_seat_counter_out_of_bounds,
    an_upgrade_keeps_every_message_and_reminds_nobody_twice,
);

async fn migrations_run_down_and_up_again(app: App) {
    let schema = app.database().for_migrations().await.unwrap();
    Migrator::down(&schema, None).await.unwrap();
    Migrator::up(&schema, None).await.unwrap();
    app.competition(3, false).await;
    assert_eq!(app.assert_books_balance().await, 0);
}

async fn the_database_refuses_a_seat_counter_out_of_bounds(app: App) {
    app.competition(3, false).await;
    for seats_left in [-1, 4] {
        let sql = format!("UPDATE competitions SET seats_left = {seats_left}");
        let outcome = app.database().write().execute_unprepared(&sql).await;
        assert!(outcome.is_err(), "seats_left = {seats_left}");
    }
}

async fn an_upgrade_keeps_every_message_and_reminds_nobody_twice(app: App) {
    let organizer = app.account("Org", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await;
    app.register_all(&app.people(2).await, competition.id).await;
    app.clock.advance(TimeDelta::days(7));
    app.chores().await;
    app.finish_off().await;
    let before = message::Entity::find()
        .all(app.database().read())
        .await
        .unwrap();
    assert_eq!(before.len(), 4);

    // As it was before a reminder named its start.
    let connection = app.database().write();
    let schema = app.database().for_migrations().await.unwrap();
    let since = "m20261125_000020";
    let newer = Migrator::migrations()
        .into_iter()
        .filter(|it| it.name() >= since)
        .count();
    Migrator::down(&schema, Some(u32::try_from(newer).unwrap()))
        .await
        .unwrap();
    for row in &before {
        let Some(registration) = row
            .registration_id
            .filter(|_| row.kind == MessageKind::Reminder)
        else {
            continue;
        };
        let old = format!("reminder:{registration}");
        message::Entity::update_many()
            .col_expr(message::Column::DedupeKey, Expr::value(old))
            .filter(message::Column::Id.eq(row.id))
            .exec(connection)
            .await
            .unwrap();
    }
    Migrator::up(&schema, None).await.unwrap();

    let mut after = message::Entity::find()
        .all(app.database().read())
        .await
        .unwrap();
    after.sort_by_key(|row| row.id);
    let mut expected = before;
    expected.sort_by_key(|row| row.id);
    assert_eq!(after, expected);
    for _ in 0..2 {
        app.clock.advance(TimeDelta::minutes(1));
        app.chores().await;
        app.finish_off().await;
    }
    assert_eq!(app.letters(MessageKind::Reminder).await.len(), 2);

    // Whoever registered before the upgrade is told of what changes after it.
    let later = CompetitionPatch {
        starts_at: Some(competition.starts_at + TimeDelta::days(7)),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(Actor::from(&organizer), competition.id, later, None)
        .await
        .unwrap();
    app.finish_off().await;
    assert_eq!(app.letters(MessageKind::Change).await.len(), 2);
}
