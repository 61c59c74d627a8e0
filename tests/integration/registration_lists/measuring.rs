//! How long pages of the list of 100,000 registrations take.

use std::time::Instant;

use chrono::TimeDelta;
use mini_compete::{
    model::{
        Language, RegistrationId, RegistrationSort, RegistrationStatus, Role, UserId,
        forms::{Paging, RegistrationFilter},
    },
    store::{
        bulk::{self, Cells},
        roster,
    },
};
use sea_orm::ConnectionTrait;

use super::searching::{read, search};
use crate::harness::App;

/// Prints how long pages take among 100,000 registrations of one competition, and 100,000 other accounts:
/// `cargo xtask test --only integration -- --ignored --nocapture pages_of_100_000`.
mod pages_of_100_000_registrations {
    use super::*;
    use crate::harness::{Backend, spawn_app};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "it measures, and takes a minute"]
    async fn on_sqlite() {
        measure(spawn_app(Backend::Sqlite).await).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "it measures, and takes a minute"]
    async fn on_postgres() {
        measure(spawn_app(Backend::Postgres).await).await;
    }
}

const FIRST: [&str; 20] = [
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas", "Klara",
    "Leo", "Mia", "Noah", "Olga", "Paul", "Rosa", "Sven", "Theo", "Zoë",
];

#[allow(clippy::print_stdout, reason = "it prints what it measures")]
async fn measure(app: App) {
    const COUNT: usize = 100_000;
    let competition = app.competition(100_000, true).await;
    let now = app.clock.now();
    let users: Vec<_> = (0..2 * COUNT).map(|_| UserId::new()).collect();
    let name = |n: usize| {
        format!(
            "{} {}sson{}",
            FIRST[n % 20],
            FIRST[n / 20 % 20],
            n / 400 % 997
        )
    };
    let tags = ["en", "de", "es", "fr", "ja", "ar"];
    let columns = vec![
        ("id", Cells::Uuid(users.iter().map(|id| id.0).collect())),
        ("name", Cells::Text((0..2 * COUNT).map(name).collect())),
        (
            "email",
            Cells::Text(
                (0..2 * COUNT)
                    .map(|n| format!("p{n}@mail{}.example", n % 50))
                    .collect(),
            ),
        ),
        (
            "password_hash",
            Cells::Text(vec!["!".to_owned(); 2 * COUNT]),
        ),
        (
            "role",
            Cells::Text(vec![Role::Participant.to_string(); 2 * COUNT]),
        ),
        (
            "language",
            Cells::Text((0..2 * COUNT).map(|n| tags[n % 6].to_owned()).collect()),
        ),
        ("created_at", Cells::Moment(vec![now; 2 * COUNT])),
        ("updated_at", Cells::Moment(vec![now; 2 * COUNT])),
    ];
    bulk::insert(app.database.write(), "users", columns, "")
        .await
        .unwrap();
    let started = Instant::now();
    let status = |n: usize| match n % 100 {
        0 => RegistrationStatus::Cancelled,
        _ => RegistrationStatus::Confirmed,
    };
    let columns = vec![
        (
            "id",
            Cells::Uuid((0..COUNT).map(|_| RegistrationId::new().0).collect()),
        ),
        (
            "user_id",
            Cells::Uuid(users[..COUNT].iter().map(|id| id.0).collect()),
        ),
        ("competition_id", Cells::Uuid(vec![competition.id.0; COUNT])),
        (
            "status",
            Cells::Text((0..COUNT).map(|n| status(n).to_string()).collect()),
        ),
        (
            "registered_at",
            Cells::Moment(
                (0..COUNT)
                    .map(|n| now + TimeDelta::milliseconds(n as i64))
                    .collect(),
            ),
        ),
    ];
    bulk::insert(app.database.write(), "registrations", columns, "")
        .await
        .unwrap();
    println!("insert {COUNT} registrations: {:?}", started.elapsed());
    let started = Instant::now();
    while roster::write_outdated(&app.database, None).await.unwrap() > 0 {}
    println!("write their entries: {:?}", started.elapsed());
    app.database
        .write()
        .execute_unprepared("ANALYZE")
        .await
        .unwrap();
    use RegistrationSort as Sort;
    let none = RegistrationFilter::default;
    let with = |words: &str| search(words);
    let lists = [
        ("all", none()),
        (
            "status",
            RegistrationFilter {
                status: Some(RegistrationStatus::Cancelled),
                ..none()
            },
        ),
        (
            "by name",
            RegistrationFilter {
                sort: Some(Sort::Name),
                ..none()
            },
        ),
        (
            "by e-mail, reversed",
            RegistrationFilter {
                sort: Some(Sort::EmailDescending),
                ..none()
            },
        ),
        (
            "by status",
            RegistrationFilter {
                sort: Some(Sort::StatusDescending),
                ..none()
            },
        ),
        (
            "cancelled by name",
            RegistrationFilter {
                status: Some(RegistrationStatus::Cancelled),
                sort: Some(Sort::Name),
                ..none()
            },
        ),
        (
            "confirmed by name",
            RegistrationFilter {
                status: Some(RegistrationStatus::Confirmed),
                sort: Some(Sort::Name),
                ..none()
            },
        ),
        (
            "language",
            RegistrationFilter {
                language: Some(Language::German),
                ..none()
            },
        ),
        (
            "language by name",
            RegistrationFilter {
                language: Some(Language::German),
                sort: Some(Sort::Name),
                ..none()
            },
        ),
        ("search zoe", with("zoe")),
        ("search annasson12", with("annasson12")),
        ("search one letter", with("a")),
        ("search typing error", with("klarason45")),
        ("search two words", with("zoe annasson")),
        ("search two broad words", with("mail example")),
        ("search one person", with("p99999")),
        (
            "search and status",
            RegistrationFilter {
                status: Some(RegistrationStatus::Confirmed),
                sort: Some(Sort::Name),
                ..with("anna")
            },
        ),
        ("nobody", with("xyzzy")),
    ];
    let mut slow = Vec::new();
    for (what, filter) in lists {
        for page in [1, 20, 1_000] {
            let paging = Paging::new(Some(page), Some(50), 50);
            let mut times = Vec::new();
            let mut total = 0;
            for _ in 0..5 {
                let started = Instant::now();
                total = read(&app, &competition, &filter, paging).await.total;
                times.push(started.elapsed());
            }
            times.sort();
            println!(
                "{what}, page {page}: {:.1} ms ({total})",
                times[2].as_secs_f64() * 1e3
            );
            if times[2].as_millis() > 50 {
                slow.push((what, page, times[2]));
            }
        }
    }
    println!("slow: {slow:?}");
}
