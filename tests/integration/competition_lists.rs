//! Lists of competitions: which ones they contain, in which order, how many, and what a list costs.

mod costs;
mod expected_lists;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, Phase, Role,
        forms::{CompetitionFilter, CompetitionInput, CompetitionPatch, Paging, Sort},
    },
    store::entity::competition,
};
use reqwest::StatusCode;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement, sea_query::Expr};

use self::expected_lists::{expected, filters, variety};
use crate::{harness::App, on_both_backends};

on_both_backends!(
    every_filter_and_order_agrees_with_the_views_at_every_moment,
    what_is_ahead_comes_before_what_is_past_and_pages_contain_each_competition_once,
    a_list_is_right_after_every_kind_of_change,
    tags_are_counted_while_competitions_are_published_started_cancelled_and_deleted,
    a_place_is_found_by_its_words_in_any_case,
    every_spelling_of_a_tag_shows_one_list,
    an_organizer_lists_own_competitions_with_drafts_and_every_filter,
);

/// A page that contains everything in these tests.
fn everything() -> Paging {
    Paging::new(None, Some(100), 100)
}

async fn browse(app: &App, filter: &CompetitionFilter) -> (Vec<CompetitionId>, u64) {
    let competitions = &app.services.competitions;
    let page = competitions.browse(filter, everything()).await.unwrap();
    (page.items.iter().map(|one| one.id).collect(), page.total)
}

/// Changes rows without the application, as another release or an administrator could.
async fn set(
    app: &App,
    id: CompetitionId,
    column: competition::Column,
    value: impl Into<sea_orm::Value>,
) {
    competition::Entity::update_many()
        .col_expr(column, Expr::value(value.into()))
        .filter(competition::Column::Id.eq(id))
        .exec(app.database.write())
        .await
        .unwrap();
    app.services.changes.everything_changed();
}

async fn assert_lists(app: &App, all: &[CompetitionView], when: &str) {
    let now = app.clock.now();
    for filter in filters(now) {
        let found = browse(app, &filter).await;
        let expected = expected(all, &filter, now);
        let total = expected.len() as u64;
        assert_eq!(found, (expected, total), "{when}: {filter:?}");
    }
}

async fn every_filter_and_order_agrees_with_the_views_at_every_moment(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let all = variety(&app, &olga).await;
    assert_lists(&app, &all, "at first").await;
    for hours in [3, 12, 12, 24] {
        app.clock.advance(TimeDelta::hours(hours));
        assert_lists(&app, &all, "before the task has written the phases").await;
        assert!(app.run_scheduled_tasks().await.contains(&"listing-phases"));
        assert_lists(&app, &all, "after the task has written the phases").await;
    }
}

async fn what_is_ahead_comes_before_what_is_past_and_pages_contain_each_competition_once(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let all = variety(&app, &olga).await;
    app.clock.advance(TimeDelta::hours(20));
    let now = app.clock.now();
    for sort in Sort::ALL {
        let filter = CompetitionFilter {
            sort,
            ..CompetitionFilter::default()
        };
        let mut found = Vec::new();
        for page in 1..=7 {
            let paging = Paging::new(Some(page), Some(4), 4);
            let competitions = &app.services.competitions;
            let page = competitions.browse(&filter, paging).await.unwrap();
            assert_eq!(page.total, 24);
            found.extend(page.items.iter().map(|one| one.id));
        }
        assert_eq!(found, expected(&all, &filter, now), "{sort:?}");
    }
}

async fn a_list_is_right_after_every_kind_of_change(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let actor = Actor::from(&olga);
    let mut input = app.competition_input(2, true);
    input.status = CompetitionStatus::Draft;
    let competitions = &app.services.competitions;
    let id = competitions.create(actor, input).await.unwrap().id;
    // Returns the phases in whose lists the competition is.
    let phases = async || {
        let mut phases = Vec::new();
        for phase in Phase::ALL {
            let filter = CompetitionFilter {
                phase: Some(*phase),
                ..CompetitionFilter::default()
            };
            let (found, total) = browse(&app, &filter).await;
            assert_eq!(found.len() as u64, total);
            phases.extend(found.contains(&id).then_some(*phase));
        }
        phases
    };
    let edit = async |patch: CompetitionPatch| {
        let edited = app.services.competitions.edit(actor, id, patch, None).await;
        edited.unwrap();
    };
    assert_eq!(phases().await, [], "a draft is in no public list");
    edit(CompetitionPatch {
        status: Some(CompetitionStatus::Published),
        ..CompetitionPatch::default()
    })
    .await;
    assert_eq!(phases().await, [Phase::Open]);
    let participants = app.participants(3).await;
    app.register_all(&participants[..1], id).await;
    assert_eq!(phases().await, [Phase::FewLeft]);
    app.register_all(&participants[1..2], id).await;
    assert_eq!(phases().await, [Phase::Waitlist]);
    edit(CompetitionPatch {
        waitlist_enabled: Some(false),
        ..CompetitionPatch::default()
    })
    .await;
    assert_eq!(phases().await, [Phase::Full]);
    competitions.pause(actor, id).await.unwrap();
    assert_eq!(phases().await, [Phase::Paused]);
    competitions.resume(actor, id).await.unwrap();
    assert_eq!(phases().await, [Phase::Full]);
    competitions.pause(actor, id).await.unwrap();
    edit(CompetitionPatch {
        capacity: Some(30),
        ..CompetitionPatch::default()
    })
    .await;
    assert_eq!(phases().await, [Phase::Paused], "whatever its seats");
    competitions.resume(actor, id).await.unwrap();
    assert_eq!(phases().await, [Phase::Open]);
    app.clock.advance(TimeDelta::days(7));
    assert_eq!(phases().await, [Phase::Closed]);
    app.run_scheduled_tasks().await;
    let later = app.clock.now() + TimeDelta::hours(1);
    edit(CompetitionPatch {
        reg_deadline: Some(later),
        ..CompetitionPatch::default()
    })
    .await;
    assert_eq!(
        phases().await,
        [Phase::Open],
        "it opens again after its deadline was moved"
    );
    app.clock.advance(TimeDelta::days(1));
    assert_eq!(phases().await, [Phase::Running]);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(phases().await, [Phase::Ended]);
    app.run_scheduled_tasks().await;
    edit(CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    })
    .await;
    assert_eq!(phases().await, [Phase::Cancelled]);
    app.services
        .competitions
        .delete(actor, id, None)
        .await
        .unwrap();
    assert_eq!(phases().await, []);
    app.run_open_jobs().await;
    for table in [
        "competition_listings",
        "competition_terms",
        "tag_counts",
        "competitions",
    ] {
        assert_eq!(count(&app, table).await, 0, "{table}");
    }
}

async fn count(app: &App, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let backend = app.database.backend();
    let row = app
        .database
        .write()
        .query_one_raw(Statement::from_string(backend, sql))
        .await;
    row.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn tags_are_counted_while_competitions_are_published_started_cancelled_and_deleted(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let actor = Actor::from(&olga);
    let competitions = &app.services.competitions;
    let create = async |tags: &[&str], status| {
        let input = CompetitionInput {
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            status,
            ..app.competition_input(5, false)
        };
        app.services
            .competitions
            .create(actor, input)
            .await
            .unwrap()
            .id
    };
    let counts = async || {
        let counts = app.services.competitions.tags(12).await.unwrap();
        counts
            .into_iter()
            .map(|(tag, n)| format!("{tag} {n}"))
            .collect::<Vec<_>>()
    };
    let first = create(&["ai", "go"], CompetitionStatus::Published).await;
    let second = create(&["ai"], CompetitionStatus::Published).await;
    let draft = create(&["go", "rust"], CompetitionStatus::Draft).await;
    assert_eq!(counts().await, ["ai 2", "go 1"]);
    let publish = CompetitionPatch {
        status: Some(CompetitionStatus::Published),
        ..CompetitionPatch::default()
    };
    competitions
        .edit(actor, draft, publish, None)
        .await
        .unwrap();
    assert_eq!(counts().await, ["ai 2", "go 2", "rust 1"]);
    let retag = CompetitionPatch {
        tags: Some(vec!["chess".to_owned()]),
        ..CompetitionPatch::default()
    };
    competitions.edit(actor, draft, retag, None).await.unwrap();
    assert_eq!(counts().await, ["ai 2", "chess 1", "go 1"]);
    app.register_all(&app.participants(5).await, first).await;
    assert_eq!(
        counts().await,
        ["ai 2", "chess 1", "go 1"],
        "seats do not matter"
    );
    competitions.delete(actor, second, None).await.unwrap();
    assert_eq!(counts().await, ["ai 1", "chess 1", "go 1"]);
    let cancel = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    competitions.edit(actor, draft, cancel, None).await.unwrap();
    assert_eq!(counts().await, ["ai 1", "go 1"]);
    app.clock.advance(TimeDelta::days(8));
    app.run_scheduled_tasks().await;
    assert_eq!(
        counts().await,
        Vec::<String>::new(),
        "what has started is not upcoming"
    );
}

async fn a_place_is_found_by_its_words_in_any_case(app: App) {
    let mut ids = BTreeMap::new();
    let olga = app.account("Olga", Role::Organizer).await;
    for location in [
        "Århus, Denmark",
        "Łódź (hala 1)",
        "Berlin",
        "it's \"quoted\" \\ here",
        "berlin berlin",
    ] {
        let mut input = app.competition_input(5, false);
        input.location = location.to_owned();
        let created = app
            .services
            .competitions
            .create(Actor::from(&olga), input)
            .await
            .unwrap();
        ids.insert(created.id, location);
    }
    for (place, found) in [
        ("århus", vec!["Århus, Denmark"]),
        ("ÅRHUS denmark", vec!["Århus, Denmark"]),
        ("łódź 1", vec!["Łódź (hala 1)"]),
        ("BERLIN", vec!["Berlin", "berlin berlin"]),
        ("quoted here", vec!["it's \"quoted\" \\ here"]),
        ("berlin denmark", vec![]),
        ("ber", vec![]),
    ] {
        let list = app
            .client()
            .get(&format!("/api/v1/competitions?place={place}"))
            .await;
        assert_eq!(list.status, StatusCode::OK);
        let items = list.json()["items"].as_array().unwrap().clone();
        let places: Vec<_> = items
            .iter()
            .map(|one| one["location"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(places, found, "{place}");
    }
}

async fn every_spelling_of_a_tag_shows_one_list(app: App) {
    app.competition(5, false).await;
    let client = app.client();
    let first = client.get("/competitions?tag=RunNing").await;
    let second = client.get("/competitions?tag=running").await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(!first.text.contains("RunNing") && first.text.contains("Spring Sprint"));
    assert_eq!(first.text, second.text);
    for wrong in ["phase=SOON", "from=tomorrow", "seatsLeft=1"] {
        let api = client.get(&format!("/api/v1/competitions?{wrong}")).await;
        assert_eq!(api.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert_eq!(
            client.get(&format!("/competitions?{wrong}")).await.status,
            StatusCode::OK
        );
    }
}

async fn an_organizer_lists_own_competitions_with_drafts_and_every_filter(app: App) {
    let (olga, other) = (
        app.account("Olga", Role::Organizer).await,
        app.account("Otto", Role::Organizer).await,
    );
    let own = variety(&app, &olga).await;
    app.competition_of(&other, 50, false).await;
    let draft = crate::harness::draft_of(&app, &olga).await;
    let now = app.clock.now();
    let mut with_draft = own.clone();
    with_draft.push(draft);
    for filter in filters(now) {
        let mine = app
            .services
            .competitions
            .mine(Actor::from(&olga), &filter, everything())
            .await
            .unwrap();
        let found: Vec<_> = mine.items.iter().map(|one| one.id).collect();
        assert_eq!(found, expected(&with_draft, &filter, now), "{filter:?}");
        assert_eq!(mine.total, found.len() as u64);
    }
}
