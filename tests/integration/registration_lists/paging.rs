//! Pages of registrations: complete while registrations change, and fast at any depth.

use std::collections::HashSet;

use mini_compete::model::{RegistrationStatus, RegistrationView, forms::RegistrationFilter};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use super::{
    StatusCounts, assert_complete, change_registrations, insert_full_competition, organizer,
    read_page, read_remaining, registration_rows, start_export,
};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    paging_misses_and_repeats_no_registration_while_others_change,
    a_page_has_waitlist_positions,
    a_hundred_thousand_registrations_are_streamed_and_the_last_page_uses_an_index,
);

async fn paging_misses_and_repeats_no_registration_while_others_change(app: App) {
    let counts = StatusCounts {
        seated: 300,
        waitlisted: 200,
        cancelled: 30,
    };
    let (competition, _) = insert_full_competition(&app, counts).await;
    let before: HashSet<_> = registration_rows(&app, competition.id)
        .await
        .into_iter()
        .map(|row| row.id)
        .collect();
    let mut seen = Vec::new();
    for number in 1.. {
        let rows = read_page(&app, &competition, number, &RegistrationFilter::default()).await;
        if rows.is_empty() {
            break;
        }
        seen.extend(rows.into_iter().map(|row| row.registration_id));
        if number < 6 {
            change_registrations(&app, competition.id).await;
        }
    }
    let distinct: HashSet<_> = seen.iter().copied().collect();
    assert_eq!(distinct.len(), seen.len(), "a registration is repeated");
    assert!(distinct.is_superset(&before), "a registration is missing");
}

async fn a_page_has_waitlist_positions(app: App) {
    let counts = StatusCounts {
        seated: 100,
        waitlisted: 250,
        cancelled: 10,
    };
    let (competition, _) = insert_full_competition(&app, counts).await;
    let waitlisted = RegistrationFilter {
        status: Some(RegistrationStatus::Waitlisted),
        ..RegistrationFilter::default()
    };
    let positions = |rows: &[RegistrationView]| -> Vec<u32> {
        rows.iter()
            .filter_map(|row| row.waitlist_position)
            .collect()
    };
    let second = read_page(&app, &competition, 2, &waitlisted).await;
    assert_eq!(positions(&second), (101..=200).collect::<Vec<_>>());
    // Without a filter the list is in the order of registration.
    let mut all = Vec::new();
    for number in 1..=4 {
        all.extend(read_page(&app, &competition, number, &RegistrationFilter::default()).await);
    }
    assert_eq!(positions(&all), (1..=250).collect::<Vec<_>>());
    for row in all.iter().step_by(50) {
        let shown = app
            .services
            .registrations
            .get(organizer(&competition), row.registration_id);
        let shown = shown.await.unwrap().registration;
        assert_eq!(shown.waitlist_position, row.waitlist_position);
    }
}

async fn a_hundred_thousand_registrations_are_streamed_and_the_last_page_uses_an_index(app: App) {
    let counts = StatusCounts {
        seated: 60_000,
        waitlisted: 30_000,
        cancelled: 10_000,
    };
    let (competition, _) = insert_full_competition(&app, counts).await;
    let mut list = start_export(&app, &competition, RegistrationFilter::default()).await;
    let rows = read_remaining(&mut list).await;
    assert_complete(&rows, counts);
    assert!(rows.is_sorted_by_key(|row| match row.status {
        status if status.holds_seat() => 0,
        RegistrationStatus::Waitlisted => 1,
        _ => 2,
    }));
    let last_page = read_page(&app, &competition, 1_000, &RegistrationFilter::default()).await;
    assert_eq!(last_page.len(), 100);
    if app.database.backend() == DatabaseBackend::Postgres {
        let connection = app.database.write();
        connection
            .execute_unprepared("VACUUM ANALYZE registrations")
            .await
            .unwrap();
        let sql = format!(
            "EXPLAIN SELECT id FROM registrations WHERE competition_id = '{}' \
             ORDER BY registered_at, id LIMIT 100 OFFSET 99900",
            competition.id
        );
        let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
        let plan = connection.query_all_raw(statement).await.unwrap();
        let plan: Vec<String> = plan
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains("Index Only Scan") && !plan.contains("Sort"),
            "{plan}"
        );
    }
}
