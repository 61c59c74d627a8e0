//! Refresh tokens under concurrency, on both databases.

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
    both,
    harness::{App, PASSWORD, wait_for_a_lock},
};

both!(
    taking_back_every_token_also_gets_the_one_that_a_rotation_is_making,
    a_second_use_also_voids_the_token_that_a_rotation_of_the_family_is_making,
    a_log_in_gets_no_token_after_its_account_was_changed,
    a_log_in_gets_no_session_after_the_password_it_was_verified_with_was_replaced,
);

const EMAIL: &str = "ada@example.test";

/// What happens to an account between the verification of a password and the issue of tokens.
#[derive(Debug)]
enum Change {
    Password,
    Role,
    Revocation,
}

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
    let refresh = issue(&app).await;

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
    let first = issue(&app).await;
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

async fn a_log_in_gets_no_token_after_its_account_was_changed(app: App) {
    let (actor, tokens) = account(&app).await;
    let accounts = &app.services.accounts;
    for change in [Change::Password, Change::Role, Change::Revocation] {
        let verified = verified(&app).await;
        match change {
            Change::Password => set_password(&app, "another long password").await,
            Change::Role => {
                let by = Initiator::Operator("test");
                let changed = accounts.set_role(EMAIL, Role::Organizer, by).await;
                changed.unwrap();
            }
            Change::Revocation => tokens.revoke_all(actor.id).await.unwrap(),
        }
        let issued = tokens.issue(&verified).await;
        assert!(issued.is_err(), "{change:?}");
        assert_eq!(live_tokens(&app, actor).await, 0, "{change:?}");
        set_password(&app, PASSWORD).await;
    }
    assert!(tokens.issue(&verified(&app).await).await.is_ok());
}

async fn a_log_in_gets_no_session_after_the_password_it_was_verified_with_was_replaced(app: App) {
    let (actor, _) = account(&app).await;
    let browser = app.client();
    let login = browser.get("/login").await.form("[data-testid=login-form]");
    let login = login.fill("email", EMAIL);
    let login = login.fill("password", PASSWORD);
    // PostgreSQL: the log-in comes as far as inserting its session and waits there. SQLite: as far as
    // its audit event.
    let held = hold_account(&app, actor).await;
    let pending = tokio::spawn(async move { browser.submit(&login).await });
    waiting(&app, 1).await;
    let another = "UPDATE users SET password_hash = '!', auth_epoch = auth_epoch + 1";
    held.execute_unprepared(another).await.unwrap();
    held.commit().await.unwrap();

    pending.await.unwrap();
    assert_eq!(sessions_of(&app, actor).await, 0);
}

async fn set_password(app: &App, password: &str) {
    let form = NewPasswordForm {
        email: EMAIL.to_owned(),
        password: password.to_owned(),
    };
    let accounts = &app.services.accounts;
    let by = Initiator::Operator("test");
    accounts.set_password(&form, by).await.unwrap();
}

/// Logs in, and returns the refresh token.
async fn issue(app: &App) -> String {
    let verified = verified(app).await;
    app.tokens.issue(&verified).await.unwrap().refresh
}

async fn verified(app: &App) -> VerifiedAccount {
    app.verify_password(EMAIL).await
}

async fn sessions_of(app: &App, actor: Actor) -> u64 {
    session::Entity::find()
        .filter(session::Column::UserId.eq(actor.id))
        .count(app.database().read())
        .await
        .unwrap()
}
