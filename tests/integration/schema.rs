//! Rules that the database itself keeps.

use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;

use crate::{both, harness::App};

both!(
    migrations_run_down_and_up_again,
    the_database_refuses_a_seat_counter_out_of_bounds,
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
