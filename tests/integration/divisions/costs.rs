//! What the parts of a competition cost where it has none of them.

use mini_compete::{domain::Actor, model::Role};
use reqwest::{Method, StatusCode};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::harness::{App, Backend, spawn_app, wait_until};

/// What PostgreSQL has counted about a table.
pub async fn accesses(app: &App, table: &str) -> (i64, i64) {
    let sql = format!(
        "SELECT seq_scan + coalesce(idx_scan, 0) AS reads, n_tup_ins + n_tup_upd + n_tup_del AS writes \
         FROM pg_stat_user_tables WHERE relname = '{table}'"
    );
    let connection = app.database().read();
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    (
        row.try_get("", "reads").unwrap(),
        row.try_get("", "writes").unwrap(),
    )
}

/// Asserts that nothing is read or written about a table that belongs to a part which a competition does not have, while
/// people register, cancel and look at it, and its organizer edits it.
pub async fn assert_untouched(table: &str) {
    let app = spawn_app(Backend::Postgres).await;
    let organizer = app.account("Organizer", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 2, true).await.id;
    let token = app.token(Actor::from(&organizer)).await;
    let organizer = app.client().with_token(token);
    let path = format!("/api/v1/competitions/{competition}");
    let mut before = (0, 0);
    for (number, participant) in app.participants(30).await.into_iter().enumerate() {
        if number == 15 {
            counted(&app, 15).await;
            before = accesses(&app, table).await;
        }
        let client = app.client().with_token(app.token(participant).await);
        let reply = client.register(competition, "k").await;
        assert_eq!(reply.status, StatusCode::CREATED);
        let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
        assert_eq!(client.get(&path).await.status, StatusCode::OK);
        let page = client.get(&format!("/competitions/{competition}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let own = client.get(&format!("/api/v1/registrations/{id}")).await;
        assert_eq!(own.status, StatusCode::OK);
        if participant.id.0.as_u128() % 2 == 0 {
            assert_eq!(client.cancel(id).await.status, StatusCode::NO_CONTENT);
        }
    }
    let edit = organizer
        .request(Method::PATCH, &path)
        .json(&json!({ "capacity": 9 }));
    assert_eq!(organizer.send(edit).await.status, StatusCode::OK);
    let list = organizer.get(&format!("{path}/registrations")).await;
    assert_eq!(list.status, StatusCode::OK);
    counted(&app, 30).await;
    assert_eq!(accesses(&app, table).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_or_written_about_divisions_where_there_are_none() {
    assert_untouched("divisions").await;
}

/// Waits until so many registrations are counted. Connections tell their counts when they have been idle for a moment,
/// those of all tables at once.
pub async fn counted(app: &App, registrations: i64) {
    wait_until("the registrations are counted", || async {
        accesses(app, "registrations").await.1 >= registrations
    })
    .await;
}
