//! What a list costs to keep and to read.

use chrono::TimeDelta;
use mini_compete::{
    model::{
        CompetitionId, CompetitionStatus, Role, UserView,
        forms::{CompetitionFilter, Paging},
    },
    store::bulk::{self, Cells},
};
use sea_orm::{ConnectionTrait, DatabaseBackend};

use super::{count, everything, expected_lists::filters};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_registration_changes_a_listing_only_where_its_phase_or_magnitude_changes,
    no_list_of_many_competitions_reads_all_of_them,
);

async fn a_registration_changes_a_listing_only_where_its_phase_or_magnitude_changes(app: App) {
    let competition = app.competition(100, true).await;
    execute(&app, "CREATE TABLE listing_changes (n int)").await;
    for table in ["competition_listings", "competition_terms"] {
        let insert = "INSERT INTO listing_changes VALUES (1)";
        if app.database.backend() == DatabaseBackend::Postgres {
            execute(
                &app,
                &format!(
                    "CREATE FUNCTION note_{table}() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN {insert}; RETURN NULL; END $$"
                ),
            )
            .await;
            execute(
                &app,
                &format!(
                    "CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW \
                     EXECUTE FUNCTION note_{table}()"
                ),
            )
            .await;
        } else {
            execute(
                &app,
                &format!("CREATE TRIGGER note_{table} AFTER UPDATE ON {table} BEGIN {insert}; END"),
            )
            .await;
        }
    }
    let participants = app.participants(102).await;
    let mut changes = Vec::new();
    for participant in &participants {
        app.register_all(std::slice::from_ref(participant), competition.id)
            .await;
        changes.push(count(&app, "listing_changes").await);
    }
    let after = |registrations: usize| changes[registrations - 1];
    // 64 seats are as many as 100 to the order, and 63 are fewer.
    assert_eq!((after(36), after(37), after(60)), (0, 1, 1));
    // Below 32, 16, 8, 4 and 2; with 10 left, the three terms change too.
    let terms = 3;
    assert_eq!(after(89), 3);
    assert_eq!(after(90), 4 + terms);
    assert_eq!(after(99), 7 + terms);
    assert_eq!((after(100), after(102)), (8 + 2 * terms, 8 + 2 * terms));
    app.assert_seat_invariant().await;
}

async fn execute(app: &App, sql: &str) {
    app.database.write().execute_unprepared(sql).await.unwrap();
}

/// Inserts competitions with one statement, with starts in the past and in the future.
async fn many(app: &App, organizer: &UserView, rows: usize) {
    let now = app.clock.now();
    let start = |row: usize| {
        now + TimeDelta::minutes(i64::try_from(row).unwrap() - i64::try_from(rows / 2).unwrap())
    };
    let times =
        |offset: TimeDelta| Cells::Moment((0..rows).map(|row| start(row) - offset).collect());
    let columns = vec![
        (
            "id",
            Cells::Uuid((0..rows).map(|_| CompetitionId::new().0).collect()),
        ),
        ("organizer_id", Cells::Uuid(vec![organizer.id.0; rows])),
        (
            "title",
            Cells::Text(
                (0..rows)
                    .map(|row| format!("Cup {}", row * 7919 % rows))
                    .collect(),
            ),
        ),
        ("description", Cells::Text(vec![String::new(); rows])),
        (
            "location",
            Cells::Text((0..rows).map(|row| format!("Hall {}", row % 500)).collect()),
        ),
        (
            "tags",
            Cells::Json(
                (0..rows)
                    .map(|row| serde_json::json!(["all", format!("tag{}", row % 1000)]))
                    .collect(),
            ),
        ),
        ("capacity", Cells::Int(vec![100; rows])),
        (
            "seats_left",
            Cells::Int(
                (0..rows)
                    .map(|row| i32::try_from(row % 101).unwrap())
                    .collect(),
            ),
        ),
        (
            "status",
            Cells::Text(vec![CompetitionStatus::Published.to_string(); rows]),
        ),
        ("reg_deadline", times(TimeDelta::hours(1))),
        ("starts_at", times(TimeDelta::zero())),
        ("created_at", Cells::Moment(vec![now; rows])),
        ("updated_at", Cells::Moment(vec![now; rows])),
    ];
    bulk::insert(app.database.write(), "competitions", columns, "")
        .await
        .unwrap();
    app.services.changes.everything_changed();
}

async fn no_list_of_many_competitions_reads_all_of_them(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    many(&app, &olga, 21_000).await;
    app.clock.advance(TimeDelta::minutes(1));
    assert!(app.run_scheduled_tasks().await.contains(&"listing-phases"));
    // SQLite has no statistics in production, so it has none here.
    if app.database.backend() == DatabaseBackend::Postgres {
        execute(&app, "VACUUM ANALYZE").await;
    }
    // PostgreSQL may find it cheaper to read a table of this size than an index of half of it, so only the
    // plans of SQLite say which indexes there are.
    let now = app.clock.now();
    for filter in filters(now) {
        let competitions = &app.services.competitions;
        for plan in competitions
            .explain(None, &filter, everything())
            .await
            .unwrap()
        {
            let reads_all = plan.lines().any(|line| {
                let scans = line.contains("SCAN ") && !line.contains("USING");
                let derived = [
                    "branch", "merged", "counted", "late", "CONSTANT", "SUBQUERY",
                ];
                scans && !derived.iter().any(|name| line.contains(name))
            });
            assert!(!reads_all, "{filter:?}\n{plan}");
            // Rows that an index of listings finds are in its order, and few of them are read.
            let lines: Vec<_> = plan.lines().collect();
            let sorts = lines.windows(2).any(|pair| {
                let found = pair[0].contains("INDEX ix_competition_listings_");
                found && pair[1].contains("TEMP B-TREE FOR ORDER BY")
            });
            assert!(!sorts, "{filter:?}\n{plan}");
        }
    }
    // Totals and pages have a bound, and the last page within it is there.
    let filter = CompetitionFilter::default();
    let page = |number| Paging::new(Some(number), Some(100), 100);
    let competitions = &app.services.competitions;
    let last = competitions.browse(&filter, page(25)).await.unwrap();
    assert_eq!((last.total, last.items.len()), (2_500, 100));
    let beyond = competitions.browse(&filter, page(26)).await.unwrap();
    assert_eq!((beyond.total, beyond.items.len()), (2_500, 0));
}
