//! References to accounts and competitions, as the database itself keeps them.

use chrono::TimeDelta;
use mini_compete::{
    model::{CompetitionId, MessageId, MessageKind, RegistrationId, RegistrationStatus, UserId},
    store::{
        InfrastructureError,
        entity::{competition, idempotency_log, message, registration, user},
    },
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    EntityTrait, PaginatorTrait,
    sqlx::{AssertSqlSafe, Connection, Executor, PgConnection},
};

use crate::{
    harness::{App, Backend, spawn_app},
    on_both_backends,
};

on_both_backends!(
    a_message_about_no_registration_needs_an_account_and_a_competition_that_exist,
    a_stored_refusal_needs_an_account_that_exists,
    a_deleted_account_leaves_no_message_and_no_stored_response,
    a_deleted_competition_leaves_its_messages,
    an_account_has_one_live_registration_in_a_competition_and_any_number_of_cancelled_ones,
);

async fn write_message(
    app: &App,
    user: UserId,
    competition: Option<CompetitionId>,
) -> Result<(), InfrastructureError> {
    let id = MessageId::new();
    let row = message::ActiveModel {
        id: Set(id),
        user_id: Set(user),
        registration_id: Set(None),
        competition_id: Set(competition),
        kind: Set(MessageKind::Account),
        dedupe_key: Set(id.to_string()),
        subject: Set("Subject".to_owned()),
        body: Set("Body".to_owned()),
        read_at: Set(None),
        sent_at: Set(None),
        created_at: Set(app.clock.now()),
        announcement_id: Set(None),
    };
    row.insert(app.database().write()).await?;
    Ok(())
}

async fn a_message_about_no_registration_needs_an_account_and_a_competition_that_exist(app: App) {
    let competition = app.competition(1, false).await.id;
    let participant = app.participants(1).await[0].id;
    write_message(&app, participant, None).await.unwrap();
    write_message(&app, participant, Some(competition))
        .await
        .unwrap();
    let unknown = Some(CompetitionId::new());
    assert!(write_message(&app, participant, unknown).await.is_err());
    assert!(write_message(&app, UserId::new(), None).await.is_err());
}

async fn a_stored_refusal_needs_an_account_that_exists(app: App) {
    let store = async |user| {
        let row = idempotency_log::ActiveModel {
            user_id: Set(user),
            key: Set("key".to_owned()),
            request_fingerprint: Set(String::new()),
            response_status: Set(409),
            response: Set(serde_json::json!({})),
            expires_at: Set(app.clock.now() + TimeDelta::days(1)),
        };
        row.insert(app.database().write()).await
    };
    store(app.participants(1).await[0].id).await.unwrap();
    assert!(store(UserId::new()).await.is_err());
}

async fn a_deleted_account_leaves_no_message_and_no_stored_response(app: App) {
    let competition = app.competition(2, false).await;
    let participants = app.participants(2).await;
    app.register_all(&participants, competition.id).await;
    app.run_jobs_with_retries().await;
    let database = app.database();
    let deleted = user::Entity::delete_by_id(participants[0].id);
    deleted.exec(database.write()).await.unwrap();
    let messages = message::Entity::find().all(database.read()).await.unwrap();
    let stored = idempotency_log::Entity::find()
        .all(database.read())
        .await
        .unwrap();
    let owners: Vec<_> = messages.iter().map(|row| row.user_id).collect();
    assert_eq!(owners, [participants[1].id]);
    let owners: Vec<_> = stored.iter().map(|row| row.user_id).collect();
    assert_eq!(owners, [participants[1].id]);
    let registrations = registration::Entity::find().count(database.read());
    assert_eq!(registrations.await.unwrap(), 1);
}

async fn a_deleted_competition_leaves_its_messages(app: App) {
    let competition = app.competition(2, false).await;
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;
    let database = app.database();
    let deleted = competition::Entity::delete_by_id(competition.id);
    deleted.exec(database.write()).await.unwrap();
    let messages = message::Entity::find().all(database.read()).await.unwrap();
    assert_eq!(messages.len(), 2);
    for row in messages {
        assert_eq!((row.competition_id, row.registration_id), (None, None));
    }
}

/// The triggers that delete messages with their account see only what their transaction sees. One that sees a
/// former state of the database must not leave a message behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_with_a_former_snapshot_leaves_no_message_of_a_deleted_account_or_competition()
 {
    let app = spawn_app(Backend::Postgres).await;
    let competition = app.competition(2, false).await.id;
    let participant = app.participants(1).await[0].id;
    for (table, id) in [("users", participant.0), ("competitions", competition.0)] {
        let mut session = PgConnection::connect(&app.storage.database_url)
            .await
            .unwrap();
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM users";
        session.execute(begin).await.unwrap();
        write_message(&app, participant, Some(competition))
            .await
            .unwrap();
        let delete = format!("DELETE FROM {table} WHERE id = '{id}'");
        let deleted = session.execute(AssertSqlSafe(delete)).await;
        if deleted.is_ok() {
            session.execute("COMMIT").await.unwrap();
        }
        let sql = "SELECT FROM mail_box m WHERE NOT EXISTS (SELECT FROM users WHERE id = m.user_id) \
                   OR competition_id NOT IN (SELECT id FROM competitions)";
        let orphans = session.execute("ROLLBACK").await.map(drop);
        orphans.unwrap();
        let orphans = sea_orm::sqlx::query(sql).fetch_all(&mut session).await;
        assert_eq!(orphans.unwrap().len(), 0, "after deleting from {table}");
    }
}

async fn an_account_has_one_live_registration_in_a_competition_and_any_number_of_cancelled_ones(
    app: App,
) {
    use RegistrationStatus::{Cancelled, Confirmed, Pending};
    let competition = app.competition(5, false).await.id;
    let participant = app.participants(1).await[0].id;
    let insert = async |status| {
        let row = registration::ActiveModel {
            id: Set(RegistrationId::new()),
            user_id: Set(participant),
            competition_id: Set(competition),
            status: Set(status),
            registered_at: Set(app.clock.now()),
            ..Default::default()
        };
        let inserted = registration::Entity::insert(row);
        let inserted = inserted.exec_without_returning(app.database().write());
        inserted.await.is_ok()
    };
    let inserted = [
        insert(Cancelled).await,
        insert(Cancelled).await,
        insert(Confirmed).await,
        insert(Pending).await,
        insert(Cancelled).await,
    ];
    assert_eq!(inserted, [true, true, true, false, true]);
}
