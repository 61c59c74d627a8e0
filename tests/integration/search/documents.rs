//! The search documents of competitions: they follow every change, whoever makes it.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, forms::CompetitionPatch},
    store::{entity::competition, search},
};
use sea_orm::{ConnectionTrait, DatabaseBackend, EntityTrait, Statement};

use super::{Entry, assert_found, create, organizer, titled, titles};
use crate::{
    harness::{App, spawn_app_with_clock},
    on_both_backends,
};

on_both_backends!(
    an_edit_changes_what_is_found_at_once,
    drafts_and_deleted_competitions_are_never_found,
    what_others_write_into_the_database_is_found_after_the_next_run_of_the_task,
    a_search_document_is_not_replaced_by_an_older_one,
);

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
    if app.database().backend() == DatabaseBackend::Postgres {
        search::write_documents(app.database().write(), &[older])
            .await
            .unwrap();
    }
    app.services.changes.everything_changed();
    assert_found(&app, "rowing", &["Rowing"]).await;
}
