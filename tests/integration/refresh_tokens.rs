//! Refresh tokens and log-ins when the account changes at the same time.

use mini_compete::{
    domain::{
        Actor,
        accounts::{Initiator, VerifiedAccount},
        tokens::Tokens,
    },
    model::{Role, forms::NewPasswordForm},
    store::{
        TimeLimits, Transaction,
        entity::{refresh_token, session},
    },
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, PaginatorTrait, QueryFilter,
};

use crate::{
    harness::{App, PASSWORD, wait_for_lock_waiters},
    on_both_backends,
};

on_both_backends!(
    revoking_all_tokens_also_revokes_one_that_a_rotation_is_creating,
    reusing_a_token_also_revokes_one_that_a_rotation_of_its_family_is_creating,
    a_log_in_gets_no_token_if_the_account_changes_meanwhile,
    a_log_in_gets_no_session_if_the_password_changes_meanwhile,
);

const EMAIL: &str = "ada@example.test";

/// What happens to an account between the verification of a password and the issue of tokens.
#[derive(Debug)]
enum Change {
    Password,
    Role,
    Revocation,
}

/// Locks the row of an account, so that a rotation waits when it inserts the next token, whose foreign key
/// refers to the row.
async fn lock_account_row(app: &App, actor: Actor) -> Transaction {
    let lock = app.database().begin_within(TimeLimits::LONG).await.unwrap();
    if app.database().backend() == DatabaseBackend::Postgres {
        let sql = format!("SELECT 1 FROM users WHERE id = '{}' FOR UPDATE", actor.id);
        lock.execute_unprepared(&sql).await.unwrap();
    }
    lock
}

/// Waits until `count` transactions wait for the lock. On SQLite, writers wait within this process, where the
/// test cannot observe them. There the result must be correct in either order.
async fn wait_for_waiters(app: &App, count: i64) {
    if app.database().backend() == DatabaseBackend::Postgres {
        wait_for_lock_waiters(app.database(), count).await;
    }
}

/// Counts the tokens that can still be exchanged.
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

/// Creates an account with the test password.
async fn account(app: &App) -> (Actor, Tokens) {
    let actor = Actor::from(&app.account("Ada", Role::Participant).await);
    (actor, app.tokens.clone())
}

async fn revoking_all_tokens_also_revokes_one_that_a_rotation_is_creating(app: App) {
    let (actor, tokens) = account(&app).await;
    let refresh = issue(&app).await;

    let lock = lock_account_row(&app, actor).await;
    let rotating = tokens.clone();
    let rotation = tokio::spawn(async move { rotating.rotate(&refresh).await });
    wait_for_waiters(&app, 1).await;
    let revoking = tokens.clone();
    let revocation = tokio::spawn(async move { revoking.revoke_all(actor.id).await });
    wait_for_waiters(&app, 2).await;
    lock.rollback().await.unwrap();

    revocation.await.unwrap().unwrap();
    let rotated = rotation.await.unwrap();
    assert_eq!(live_tokens(&app, actor).await, 0, "{rotated:?}");
    if let Ok((_, next)) = rotated {
        assert!(
            tokens.rotate(&next).await.is_err(),
            "the new token is revoked"
        );
    }
}

async fn reusing_a_token_also_revokes_one_that_a_rotation_of_its_family_is_creating(app: App) {
    let (actor, tokens) = account(&app).await;
    let first = issue(&app).await;
    let (_, second) = tokens.rotate(&first).await.unwrap();

    let lock = lock_account_row(&app, actor).await;
    let rotating = tokens.clone();
    let rotation = tokio::spawn(async move { rotating.rotate(&second).await });
    wait_for_waiters(&app, 1).await;
    let reusing = tokens.clone();
    let reuse = tokio::spawn(async move { reusing.rotate(&first).await });
    wait_for_waiters(&app, 2).await;
    lock.rollback().await.unwrap();

    assert!(reuse.await.unwrap().is_err(), "the token was used before");
    let rotated = rotation.await.unwrap();
    assert_eq!(live_tokens(&app, actor).await, 0, "{rotated:?}");
}

async fn a_log_in_gets_no_token_if_the_account_changes_meanwhile(app: App) {
    let (actor, tokens) = account(&app).await;
    let accounts = &app.services.accounts;
    for change in [Change::Password, Change::Role, Change::Revocation] {
        let verified = verify(&app).await;
        match change {
            Change::Password => set_password(&app, "another long password").await,
            Change::Role => {
                let operator = Initiator::Operator("test");
                let changed = accounts.set_role(EMAIL, Role::Organizer, operator).await;
                changed.unwrap();
            }
            Change::Revocation => tokens.revoke_all(actor.id).await.unwrap(),
        }
        let issued = tokens.issue(&verified).await;
        assert!(issued.is_err(), "{change:?}");
        assert_eq!(live_tokens(&app, actor).await, 0, "{change:?}");
        set_password(&app, PASSWORD).await;
    }
    assert!(tokens.issue(&verify(&app).await).await.is_ok());
}

async fn a_log_in_gets_no_session_if_the_password_changes_meanwhile(app: App) {
    let (actor, _) = account(&app).await;
    let browser = app.client();
    let login = browser.get("/login").await.form("[data-testid=login-form]");
    let login = login.fill("email", EMAIL);
    let login = login.fill("password", PASSWORD);
    // On PostgreSQL the log-in waits when it inserts its session, on SQLite when it writes its audit event.
    let lock = lock_account_row(&app, actor).await;
    let pending = tokio::spawn(async move { browser.submit(&login).await });
    wait_for_waiters(&app, 1).await;
    let change = "UPDATE users SET password_hash = '!', auth_epoch = auth_epoch + 1";
    lock.execute_unprepared(change).await.unwrap();
    lock.commit().await.unwrap();

    pending.await.unwrap();
    assert_eq!(sessions_of(&app, actor).await, 0);
}

/// Changes the password of the account.
async fn set_password(app: &App, password: &str) {
    let form = NewPasswordForm {
        email: EMAIL.to_owned(),
        password: password.to_owned(),
    };
    let accounts = &app.services.accounts;
    let operator = Initiator::Operator("test");
    accounts.set_password(&form, operator).await.unwrap();
}

/// Logs in, and returns the refresh token.
async fn issue(app: &App) -> String {
    let verified = verify(app).await;
    app.tokens.issue(&verified).await.unwrap().refresh
}

/// Verifies the password of the account.
async fn verify(app: &App) -> VerifiedAccount {
    app.verify_password(EMAIL).await
}

/// Counts the sessions of an account.
async fn sessions_of(app: &App, actor: Actor) -> u64 {
    session::Entity::find()
        .filter(session::Column::UserId.eq(actor.id))
        .count(app.database().read())
        .await
        .unwrap()
}
