//! Searching competitions, and suggestions while a search is typed.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, CompetitionView, Role, UserView, forms::CompetitionPatch},
};
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

use crate::{
    harness::{App, spawn_app_with_clock},
    on_both_backends,
};

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
    an_edit_changes_what_is_found_at_once,
    drafts_and_deleted_competitions_are_never_found,
    a_search_finds_a_thousand_competitions_at_most,
    no_text_makes_a_search_fail_or_slow,
    a_search_without_letters_or_digits_finds_nothing,
    what_others_write_into_the_database_is_found_after_the_next_run_of_the_task,
    a_search_document_is_not_replaced_by_an_older_one,
    titles_are_suggested_while_typing,
    suggestions_are_of_public_competitions_and_follow_edits,
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

async fn an_edit_changes_what_is_found_at_once(app: App) {
    let organizer = organizer(&app).await;
    let one = create(&app, &organizer, &titled("Bake-off")).await;
    let edit = async |patch: CompetitionPatch| {
        let competitions = &app.services.competitions;
        let actor = Actor::from(&organizer);
        competitions.edit(actor, one.id, patch, None).await.unwrap();
    };
    edit(CompetitionPatch {
        title: Some("Cook-off".into()),
        ..CompetitionPatch::default()
    })
    .await;
    assert_found(&app, "bake", &[]).await;
    assert_found(&app, "cook", &["Cook-off"]).await;
    edit(CompetitionPatch {
        tags: Some(vec!["pastry".into()]),
        ..CompetitionPatch::default()
    })
    .await;
    assert_found(&app, "pastry", &["Cook-off"]).await;
    assert_found(&app, "running", &[]).await;
    edit(CompetitionPatch {
        location: Some("Vienna".into()),
        ..CompetitionPatch::default()
    })
    .await;
    assert_found(&app, "vienna", &["Cook-off"]).await;
    // A cancelled competition is still found, by those who look for it.
    let status = Some(CompetitionStatus::Cancelled);
    edit(CompetitionPatch {
        status,
        ..CompetitionPatch::default()
    })
    .await;
    assert_found(&app, "vienna", &["Cook-off"]).await;
    create(
        &app,
        &organizer,
        &Entry {
            days: 40,
            ..titled("Cook")
        },
    )
    .await;
    create(
        &app,
        &organizer,
        &Entry {
            days: 50,
            ..titled("Cook again")
        },
    )
    .await;
    assert_found(&app, "cook", &["Cook-off", "Cook", "Cook again"]).await;
}

async fn drafts_and_deleted_competitions_are_never_found(app: App) {
    let organizer = organizer(&app).await;
    let mut input = app.competition_input(5, false);
    input.title = "Secret gala".to_owned();
    input.status = CompetitionStatus::Draft;
    let competitions = &app.services.competitions;
    let actor = Actor::from(&organizer);
    let draft = competitions.create(actor, input).await.unwrap();
    assert_found(&app, "secret", &[]).await;
    // Not even as the correction of a typing error.
    assert_found(&app, "secrte", &[]).await;
    // The owner finds it among their own.
    let owner = app.client().with_token(app.token(actor).await);
    let mine = owner
        .get("/api/v1/competitions?mine=true&search=secret")
        .await;
    assert_eq!(titles(&mine.json()), ["Secret gala"]);

    let status = Some(CompetitionStatus::Published);
    let published = CompetitionPatch {
        status,
        ..CompetitionPatch::default()
    };
    competitions
        .edit(actor, draft.id, published, None)
        .await
        .unwrap();
    assert_found(&app, "secret", &["Secret gala"]).await;
    competitions.delete(actor, draft.id, None).await.unwrap();
    assert_found(&app, "secret", &[]).await;
    app.run_open_jobs().await;
    assert_found(&app, "secret", &[]).await;
    assert_eq!(count(&app, "search_documents").await, 0);
}

/// Counts the rows of a table.
async fn count(app: &App, table: &str) -> i64 {
    let backend = app.database().backend();
    let statement = Statement::from_string(backend, format!("SELECT count(*) FROM {table}"));
    let row = app
        .database()
        .read()
        .query_one_raw(statement)
        .await
        .unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

/// Inserts copies of a competition with SQL, and writes their search documents.
async fn insert_copies(app: &App, original: &CompetitionView, copies: usize) {
    use mini_compete::{model::CompetitionId, store::entity::competition};
    use sea_orm::{EntityTrait, IntoActiveModel};
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
        mini_compete::store::search::write_documents(&transaction, rows)
            .await
            .unwrap();
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

async fn no_text_makes_a_search_fail_or_slow(app: App) {
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
    for text in texts {
        let begun = Instant::now();
        for path in ["/api/v1/competitions", "/competitions"] {
            let client = app.client();
            let request = client
                .request(reqwest::Method::GET, path)
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
        assert!(begun.elapsed() < Duration::from_secs(5), "{text:.40}");
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

async fn what_others_write_into_the_database_is_found_after_the_next_run_of_the_task(app: App) {
    let organizer = organizer(&app).await;
    let one = create(&app, &organizer, &titled("Regatta")).await;
    let execute = async |sql: String| {
        app.database()
            .write()
            .execute_unprepared(&sql)
            .await
            .unwrap();
    };
    execute("UPDATE competitions SET title = 'Rowing'".to_owned()).await;
    execute("UPDATE competitions SET seats_left = seats_left - 1".to_owned()).await;
    assert_eq!(
        count(&app, "search_updates").await,
        1,
        "seats are not in a search document"
    );
    app.clock.advance(TimeDelta::minutes(1));
    app.run_scheduled_tasks().await;
    assert_eq!(count(&app, "search_updates").await, 0);
    assert_found(&app, "rowing", &["Rowing"]).await;
    assert_found(&app, "regatta", &[]).await;

    // A start writes what is missing.
    execute("DELETE FROM search_updates".to_owned()).await;
    execute("UPDATE competitions SET title = 'Sailing'".to_owned()).await;
    let clock = app.clock.clone();
    let app = spawn_app_with_clock(clock, app.shut_down().await, &[]).await;
    assert_found(&app, "sailing", &["Sailing"]).await;
    let actor = Actor::from(&organizer);
    app.services
        .competitions
        .delete(actor, one.id, None)
        .await
        .unwrap();
    assert_eq!(count(&app, "search_updates").await, 0);
}

async fn a_search_document_is_not_replaced_by_an_older_one(app: App) {
    use mini_compete::store::{entity::competition, search};
    use sea_orm::EntityTrait;
    let organizer = organizer(&app).await;
    let one = create(&app, &organizer, &titled("Regatta")).await;
    let older = competition::Entity::find_by_id(one.id)
        .one(app.database().read())
        .await;
    let older = older.unwrap().unwrap();
    let title = Some("Rowing".to_owned());
    let patch = CompetitionPatch {
        title,
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(Actor::from(&organizer), one.id, patch, None)
        .await
        .unwrap();
    // Another process has read the row before the edit, and writes its document after it.
    if app.database().backend() == sea_orm::DatabaseBackend::Postgres {
        search::write_documents(app.database().write(), &[older])
            .await
            .unwrap();
    }
    app.services.changes.everything_changed();
    assert_found(&app, "rowing", &["Rowing"]).await;
}

async fn suggested(app: &App, typed: &str) -> Vec<String> {
    let list = get(app, "/api/v1/competitions/suggest", &[("q", typed)]).await;
    titles(&list).into_iter().map(str::to_owned).collect()
}

async fn titles_are_suggested_while_typing(app: App) {
    let entries = [
        Entry {
            days: 9,
            ..titled("Hackathon Berlin")
        },
        Entry {
            days: 5,
            ..titled("Hackathon Hamburg")
        },
        Entry {
            days: 7,
            ..titled("Hackathon Berlin")
        },
        Entry {
            tags: &["hack"],
            text: "hackathon",
            ..titled("Other")
        },
    ];
    create_all(&app, &entries).await;
    let both = ["Hackathon Hamburg", "Hackathon Berlin"];
    for typed in ["h", "ha", "HACKATHON", "hackath", "hakathon"] {
        assert_eq!(suggested(&app, typed).await, both, "{typed}");
    }
    assert_eq!(suggested(&app, "hack b").await, ["Hackathon Berlin"]);
    assert_eq!(suggested(&app, "").await, [""; 0]);
    assert_eq!(suggested(&app, "% *").await, [""; 0]);
    // Equal titles are suggested once, with the competition that starts next.
    let list = get(&app, "/api/v1/competitions/suggest", &[("q", "berlin")]).await;
    let shown = get(
        &app,
        &format!(
            "/api/v1/competitions/{}",
            list["items"][0]["id"].as_str().unwrap()
        ),
        &[],
    )
    .await;
    let start = app.clock.now() + TimeDelta::days(7);
    assert_eq!(
        shown["startsAt"].as_str().unwrap()[..10],
        start.format("%Y-%m-%d").to_string()
    );
}

async fn suggestions_are_of_public_competitions_and_follow_edits(app: App) {
    let organizer = organizer(&app).await;
    crate::harness::draft_of(&app, &organizer).await;
    assert_eq!(suggested(&app, "draft").await, [""; 0]);
    let one = create(&app, &organizer, &titled("Regatta")).await;
    assert_eq!(suggested(&app, "reg").await, ["Regatta"]);
    let title = Some("Rowing".to_owned());
    let patch = CompetitionPatch {
        title,
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    let actor = Actor::from(&organizer);
    competitions.edit(actor, one.id, patch, None).await.unwrap();
    assert_eq!(suggested(&app, "reg").await, [""; 0]);
    assert_eq!(suggested(&app, "row").await, ["Rowing"]);
    competitions.delete(actor, one.id, None).await.unwrap();
    assert_eq!(suggested(&app, "row").await, [""; 0]);
}
