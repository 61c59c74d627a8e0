//! The limits of a search: how much is found, and what may be typed.

use chrono::TimeDelta;
use mini_compete::{
    model::{CompetitionId, CompetitionView},
    store::{entity::competition, search},
};
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::Value;

use super::{Entry, assert_found, create, create_all, get, organizer, titled, titles};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_search_finds_a_thousand_competitions_at_most,
    no_text_makes_a_search_fail,
    a_search_without_letters_or_digits_finds_nothing,
);

/// Inserts copies of a competition with SQL, and writes their search documents.
async fn insert_copies(app: &App, original: &CompetitionView, copies: usize) {
    let row = competition::Entity::find_by_id(original.id)
        .one(app.database().read())
        .await;
    let row = row.unwrap().unwrap();
    let rows: Vec<_> = (0..copies)
        .map(|n| competition::Model {
            id: CompetitionId::new(),
            starts_at: row.starts_at + TimeDelta::minutes(i64::try_from(n).unwrap() + 1),
            ..row.clone()
        })
        .collect();
    for rows in rows.chunks(200) {
        let transaction = app.database().begin().await.unwrap();
        let models = rows.iter().map(|row| row.clone().into_active_model());
        competition::Entity::insert_many(models)
            .exec(&transaction)
            .await
            .unwrap();
        search::write_documents(&transaction, rows).await.unwrap();
        transaction.commit().await.unwrap();
    }
    app.services.changes.everything_changed();
}

async fn a_search_finds_a_thousand_competitions_at_most(app: App) {
    let organizer = organizer(&app).await;
    let first = create(&app, &organizer, &titled("Sprint")).await;
    insert_copies(&app, &first, 1_099).await;
    let title = create(
        &app,
        &organizer,
        &Entry {
            days: 400,
            tags: &["cup"],
            ..titled("Town race")
        },
    )
    .await;

    let search = async |query: &[(&str, &str)]| get(&app, "/api/v1/competitions", query).await;
    let list = search(&[("search", "sprint"), ("perPage", "100")]).await;
    assert_eq!(list["total"], 1_000);
    let starts: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["startsAt"].clone())
        .collect();
    assert_eq!(starts.len(), 100);
    assert!(
        starts.is_sorted_by_key(Value::to_string),
        "the next starts come first"
    );
    assert_eq!(list["items"][0]["id"], first.id.to_string());
    let last = search(&[("search", "sprint"), ("perPage", "100"), ("page", "10")]).await;
    assert_eq!(titles(&last).len(), 100);
    let beyond = search(&[("search", "sprint"), ("perPage", "100"), ("page", "11")]).await;
    assert_eq!(titles(&beyond).len(), 0);

    // A title is found before a thousand places, and a filter finds what is far behind.
    let places = search(&[("search", "town")]).await;
    assert_eq!(
        (&places["items"][0]["id"], &places["total"]),
        (&Value::from(title.id.to_string()), &Value::from(1_000))
    );
    let tagged = search(&[("search", "hall"), ("tag", "cup")]).await;
    assert_eq!(titles(&tagged), ["Town race"]);
}

async fn no_text_makes_a_search_fail(app: App) {
    create_all(
        &app,
        &[titled("AND OR NOT NEAR"), titled("100% \"wool\" a_b c\\d")],
    )
    .await;
    let texts = [
        "a".repeat(10_000),
        "a ".repeat(5_000),
        "東京".repeat(1_500),
        "\u{fdfa}".repeat(3_000),
        "%".repeat(10_000),
        "\0".to_owned(),
        "a\0b".to_owned(),
        "'; DROP TABLE competitions; --".to_owned(),
        "\"".to_owned(),
        "\"unclosed".to_owned(),
        "NEAR(a b, 5)".to_owned(),
        "title:x ^a -b +c".to_owned(),
        "(a | !b) & <-> c:*".to_owned(),
        "a:*B \\' \\".to_owned(),
        "*".to_owned(),
        "مسابقة תחרות การแข่งขัน ಸ್ಪರ್ಧೆ 대회".to_owned(),
        "🏃‍♀️🏁".to_owned(),
    ];
    // A search that takes longer than the time limit of its statements fails, too.
    for text in texts {
        for path in ["/api/v1/competitions", "/competitions"] {
            let client = app.client();
            let request = client
                .request(Method::GET, path)
                .query(&[("search", &text)]);
            let reply = client.send(request).await;
            assert_eq!(
                reply.status,
                StatusCode::OK,
                "{text:.40}: {:.300}",
                reply.text
            );
        }
        get(&app, "/api/v1/competitions/suggest", &[("q", &text)]).await;
    }
    assert_found(&app, "and or not near", &["AND OR NOT NEAR"]).await;
    assert_found(&app, "100% \"wool\"", &["100% \"wool\" a_b c\\d"]).await;
}

async fn a_search_without_letters_or_digits_finds_nothing(app: App) {
    create_all(&app, &[titled("100% wool")]).await;
    for nothing in ["%", "***", "_", "\"'", "()"] {
        assert_found(&app, nothing, &[]).await;
    }
    // An empty search is none.
    assert_found(&app, "  ", &["100% wool"]).await;
}
