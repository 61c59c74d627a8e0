//! Searching competitions: what is found, and in which order.

mod documents;
mod limits;
mod suggestions;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, CompetitionView, Role, UserView, forms::CompetitionPatch},
};
use reqwest::StatusCode;
use serde_json::Value;

use crate::{harness::App, on_both_backends};

on_both_backends!(
    a_search_ignores_case_accents_and_special_letters,
    scripts_without_spaces_are_searched_by_characters,
    titles_come_before_tags_before_places_before_descriptions,
    the_exact_word_comes_first_and_the_next_start_before_later_and_past_ones,
    all_words_must_be_found_and_each_may_be_the_beginning_of_one,
    a_typing_error_is_forgiven_if_nothing_else_is_found,
    a_search_is_combined_with_the_other_filters,
    other_orders_sort_what_was_found,
    the_pages_of_a_search_show_each_match_once,
);

/// A competition to search for.
struct Entry {
    title: &'static str,
    tags: &'static [&'static str],
    place: &'static str,
    text: &'static str,
    days: i64,
}

const PLAIN: Entry = Entry {
    title: "Spring Sprint",
    tags: &["running"],
    place: "Town hall",
    text: "A short race.",
    days: 30,
};

fn titled(title: &'static str) -> Entry {
    Entry { title, ..PLAIN }
}

async fn organizer(app: &App) -> UserView {
    app.account("Organizer", Role::Organizer).await
}

async fn create(app: &App, organizer: &UserView, entry: &Entry) -> CompetitionView {
    let mut input = app.competition_input(10, false);
    input.title = entry.title.to_owned();
    input.tags = entry.tags.iter().map(|tag| (*tag).to_owned()).collect();
    input.location = entry.place.to_owned();
    input.description = entry.text.to_owned();
    input.starts_at = app.clock.now() + TimeDelta::days(entry.days);
    input.reg_deadline = input.starts_at - TimeDelta::hours(1);
    let competitions = &app.services.competitions;
    competitions
        .create(Actor::from(organizer), input)
        .await
        .unwrap()
}

async fn create_all(app: &App, entries: &[Entry]) -> UserView {
    let organizer = organizer(app).await;
    for entry in entries {
        create(app, &organizer, entry).await;
    }
    organizer
}

async fn get(app: &App, path: &str, query: &[(&str, &str)]) -> Value {
    let client = app.client();
    let request = client.request(reqwest::Method::GET, path).query(query);
    let reply = client.send(request).await;
    assert_eq!(reply.status, StatusCode::OK, "{query:?}: {}", reply.text);
    reply.json()
}

fn titles(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|one| one["title"].as_str().unwrap())
        .collect()
}

/// Asserts that a search finds these titles, in this order.
async fn assert_found(app: &App, search: &str, expected: &[&str]) {
    let list = get(app, "/api/v1/competitions", &[("search", search)]).await;
    assert_eq!(titles(&list), expected, "{search}");
    assert_eq!(list["total"], expected.len(), "{search}");
}

async fn a_search_ignores_case_accents_and_special_letters(app: App) {
    create_all(
        &app,
        &[
            titled("Über die Straße"),
            titled("Łódź Maraton"),
            titled("Забег"),
        ],
    )
    .await;
    for search in ["über", "UBER", "U\u{308}ber strasse", "STRASSE", "straße"] {
        assert_found(&app, search, &["Über die Straße"]).await;
    }
    assert_found(&app, "lodz", &["Łódź Maraton"]).await;
    assert_found(&app, "забег", &["Забег"]).await;
}

async fn scripts_without_spaces_are_searched_by_characters(app: App) {
    create_all(&app, &[titled("東京マラソン2030"), titled("京都マラソン")]).await;
    assert_found(&app, "東京", &["東京マラソン2030"]).await;
    assert_found(&app, "京都", &["京都マラソン"]).await;
    for both in ["マラソン", "京", "京 マ"] {
        assert_found(&app, both, &["東京マラソン2030", "京都マラソン"]).await;
    }
    assert_found(&app, "都京", &[]).await;
}

async fn titles_come_before_tags_before_places_before_descriptions(app: App) {
    let entries = [
        Entry {
            title: "In the text",
            text: "About chess.",
            days: 1,
            ..PLAIN
        },
        Entry {
            title: "In the place",
            place: "Chess club",
            days: 2,
            ..PLAIN
        },
        Entry {
            title: "In the tags",
            tags: &["chess"],
            days: 3,
            ..PLAIN
        },
        Entry {
            title: "Chess in the title",
            days: 4,
            ..PLAIN
        },
    ];
    create_all(&app, &entries).await;
    let expected = [
        "Chess in the title",
        "In the tags",
        "In the place",
        "In the text",
    ];
    assert_found(&app, "chess", &expected).await;
    // As relevant as the widest field that is needed.
    assert_found(&app, "chess title", &["Chess in the title"]).await;
    assert_found(&app, "chess text about", &["In the text"]).await;
}

async fn the_exact_word_comes_first_and_the_next_start_before_later_and_past_ones(app: App) {
    let entries = [
        Entry {
            title: "Artists unite",
            days: 1,
            ..PLAIN
        },
        Entry {
            title: "Art of the past",
            days: 2,
            ..PLAIN
        },
        Entry {
            title: "Art much later",
            days: 20,
            ..PLAIN
        },
        Entry {
            title: "Art soon",
            days: 10,
            ..PLAIN
        },
    ];
    create_all(&app, &entries).await;
    app.clock.advance(TimeDelta::days(5));
    let expected = [
        "Art soon",
        "Art much later",
        "Art of the past",
        "Artists unite",
    ];
    assert_found(&app, "art", &expected).await;
}

async fn all_words_must_be_found_and_each_may_be_the_beginning_of_one(app: App) {
    create_all(
        &app,
        &[titled("Hackathon Berlin"), titled("Hackathon Hamburg")],
    )
    .await;
    assert_found(&app, "hackathon berlin", &["Hackathon Berlin"]).await;
    assert_found(&app, "ham hack", &["Hackathon Hamburg"]).await;
    assert_found(&app, "hack", &["Hackathon Berlin", "Hackathon Hamburg"]).await;
    assert_found(&app, "h", &["Hackathon Berlin", "Hackathon Hamburg"]).await;
    assert_found(&app, "hackathon paris", &[]).await;
}

async fn a_typing_error_is_forgiven_if_nothing_else_is_found(app: App) {
    create_all(
        &app,
        &[
            titled("Hackathon Berlin"),
            titled("Chess Open"),
            titled("Cheese tasting"),
        ],
    )
    .await;
    for typed in [
        "hakathon",
        "hackathn",
        "hakcathon",
        "hackaton",
        "hacathin",
        "hakathon berlin",
    ] {
        assert_found(&app, typed, &["Hackathon Berlin"]).await;
    }
    assert_found(&app, "chees", &["Cheese tasting"]).await;
    assert_found(&app, "chss", &["Chess Open"]).await;
    assert_found(&app, "hippopotamus", &[]).await;
}

async fn a_search_is_combined_with_the_other_filters(app: App) {
    let organizer = create_all(
        &app,
        &[Entry {
            tags: &["go", "board"],
            ..titled("Night Go")
        }],
    )
    .await;
    let other = create(&app, &organizer, &titled("Night Run")).await;
    let cancelled = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(Actor::from(&organizer), other.id, cancelled, None)
        .await
        .unwrap();
    for (name, value, expected) in [
        ("tag", "go", vec!["Night Go"]),
        ("tag", "running", vec!["Night Run"]),
        ("tag", "night", vec![]),
        ("status", "CANCELLED", vec!["Night Run"]),
        ("open", "true", vec!["Night Go"]),
    ] {
        let query = [("search", "night"), (name, value)];
        let list = get(&app, "/api/v1/competitions", &query).await;
        assert_eq!(titles(&list), expected, "{name}={value}");
        assert_eq!(list["total"], expected.len(), "{name}={value}");
    }
}

async fn other_orders_sort_what_was_found(app: App) {
    let entries = [
        Entry {
            title: "Run B",
            days: 20,
            ..PLAIN
        },
        Entry {
            title: "Run A",
            days: 30,
            ..PLAIN
        },
        Entry {
            title: "Ball",
            text: "run",
            days: 10,
            ..PLAIN
        },
        titled("Swim"),
    ];
    create_all(&app, &entries).await;
    for (sort, expected) in [
        ("relevance", ["Run B", "Run A", "Ball"]),
        ("startsAt", ["Ball", "Run B", "Run A"]),
        ("title", ["Ball", "Run A", "Run B"]),
    ] {
        let query = [("search", "run"), ("tag", ""), ("sort", sort)];
        let list = get(&app, "/api/v1/competitions", &query).await;
        let found: Vec<_> = titles(&list)
            .into_iter()
            .filter(|it| *it != "Swim")
            .collect();
        assert_eq!(found, expected, "{sort}");
    }
}

async fn the_pages_of_a_search_show_each_match_once(app: App) {
    let organizer = organizer(&app).await;
    for days in 1..=7 {
        let title = if days % 2 == 0 { "Regatta" } else { "Rowing" };
        create(
            &app,
            &organizer,
            &Entry {
                text: "A regatta.",
                days,
                ..titled(title)
            },
        )
        .await;
    }
    let mut starts = Vec::new();
    for page in ["1", "2", "3", "4"] {
        let query = [("search", "regatta"), ("perPage", "3"), ("page", page)];
        let list = get(&app, "/api/v1/competitions", &query).await;
        assert_eq!(list["total"], 7);
        let items = list["items"].as_array().unwrap();
        starts.extend(
            items
                .iter()
                .map(|one| one["startsAt"].as_str().unwrap().to_owned()),
        );
    }
    let day = |n: i64| {
        (app.clock.now() + TimeDelta::days(n))
            .format("%Y-%m-%d")
            .to_string()
    };
    let found: Vec<_> = starts.iter().map(|start| start[..10].to_owned()).collect();
    assert_eq!(found, [2, 4, 6, 1, 3, 5, 7].map(day));
}
