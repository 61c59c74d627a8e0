//! Refresh tokens under concurrency, on both databases.

use mini_compete::{
    domain::{Actor, tokens::Tokens},
    model::Role,
    store::{TimeLimits, Transaction, entity::refresh_token},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, PaginatorTrait, QueryFilter,
};

use crate::{
    both,
    harness::{App, wait_for_a_lock},
};

both!(
    taking_back_every_token_also_gets_the_one_that_a_rotation_is_making,
    a_second_use_also_voids_the_token_that_a_rotation_of_the_family_is_making,
);

/// Holds the account's row, so that a rotation comes as far as inserting the next token and waits
/// there (its foreign key needs the row).
async fn hold_account(app: &App, actor: Actor) -> Transaction {
    let held = app.database().begin_within(TimeLimits::LONG).await.unwrap();
    if app.database().backend() == DatabaseBackend::Postgres {
        let sql = format!("SELECT 1 FROM users WHERE id = '{}' FOR UPDATE", actor.id);
        held.execute_unprepared(&sql).await.unwrap();
    }
    held
}

/// Waits until so many transactions wait behind the held one. SQLite's writers queue within this
/// process, where nobody can be seen waiting; whichever comes first there, the outcome must be right.
async fn waiting(app: &App, count: i64) {
    if app.database().backend() == DatabaseBackend::Postgres {
        wait_for_a_lock(app.database(), count).await;
    }
}

/// Tokens that could still be exchanged.
async fn live_tokens(app: &App, actor: Actor) -> u64 {
    use refresh_token::Column;
    refresh_token::Entity::find()
        .filter(Column::UserId.eq(actor.id))
        .filter(Column::RotatedAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .count(app.database().read())
        .await
        .unwrap()
}

async fn account(app: &App) -> (Actor, Tokens) {
    let actor = Actor::from(&app.account("Ada", Role::Participant).await);
    (actor, app.tokens.clone())
}

async fn taking_back_every_token_also_gets_the_one_that_a_rotation_is_making(app: App) {
    let (actor, tokens) = account(&app).await;
    let refresh = tokens.issue(actor).await.unwrap().refresh;

    let held = hold_account(&app, actor).await;
    let rotating = tokens.clone();
    let rotation = tokio::spawn(async move { rotating.rotate(&refresh).await });
    waiting(&app, 1).await;
    let revoking = tokens.clone();
    let revocation = tokio::spawn(async move { revoking.revoke_all(actor.id).await });
    waiting(&app, 2).await;
    held.rollback().await.unwrap();

    revocation.await.unwrap().unwrap();
    let rotated = rotation.await.unwrap();
    assert_eq!(live_tokens(&app, actor).await, 0, "{rotated:?}");
    if let Ok((_, next)) = rotated {
        assert!(tokens.rotate(&next).await.is_err(), "it is void");
    }
}

async fn a_second_use_also_voids_the_token_that_a_rotation_of_the_family_is_making(app: App) {
    let (actor, tokens) = account(&app).await;
    let first = tokens.issue(actor).await.unwrap().refresh;
    let (_, second) = tokens.rotate(&first).await.unwrap();

    let held = hold_account(&app, actor).await;
    let rotating = tokens.clone();
    let rotation = tokio::spawn(async move { rotating.rotate(&second).await });
    waiting(&app, 1).await;
    let reusing = tokens.clone();
    let reuse = tokio::spawn(async move { reusing.rotate(&first).await });
    waiting(&app, 2).await;
    held.rollback().await.unwrap();

    assert!(reuse.await.unwrap().is_err(), "it was used before");
    let rotated = rotation.await.unwrap();
    assert_eq!(live_tokens(&app, actor).await, 0, "{rotated:?}");
}
