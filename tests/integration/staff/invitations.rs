//! Invitations: their letters, and who answers them.

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, rate_limits::RateLimit},
    model::{CompetitionView, MessageKind, Role, UserView},
    store::{
        TimeLimits,
        entity::{staff, user},
    },
};
use reqwest::Method;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr,
};
use serde_json::{Value, json};

use super::{api, call, delete, path};
use crate::{
    harness::{
        App, Backend, Client, Clients, FakeSmtpServer, spawn_app, spawn_mailing_app,
        wait_for_lock_waiter,
    },
    on_both_backends, on_both_backends_with,
};

on_both_backends!(
    an_invitation_answers_the_same_whether_or_not_there_is_an_account,
    without_mail_an_account_finds_its_invitation_in_the_mailbox,
    an_invitation_is_answered_once_by_its_own_account_and_in_time,
    somebody_who_works_on_it_is_not_invited_again_and_an_open_invitation_is_renewed,
    a_declined_invitation_is_gone,
);

on_both_backends_with!(spawn_mailing_app:
    a_letter_has_a_token_that_works_once_and_for_an_address_that_is_not_confirmed,
    invitations_are_limited,
);

async fn invite(owner: &Client, competition: &CompetitionView, email: &str) -> Value {
    let staff = format!("{}/staff", path(competition));
    let body = json!({ "email": email, "role": "VIEWER" });
    let invited = call(owner, Method::POST, &staff, body).await;
    assert_eq!(invited.status, 201, "{}", invited.text);
    invited.json()
}

async fn owned(app: &App) -> (Client, CompetitionView) {
    let owner = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&owner, 3, false).await;
    (api(app, &owner).await, competition)
}

async fn answer(client: &Client, id: &Value, answer: &str, token: Option<&str>) -> u16 {
    let path = format!("/api/v1/me/invitations/{}/{answer}", id.as_str().unwrap());
    let body = json!({ "token": token });
    call(client, Method::POST, &path, body)
        .await
        .status
        .as_u16()
}

async fn set_confirmed(app: &App, account: &UserView, confirmed: bool) {
    user::Entity::update_many()
        .col_expr(user::Column::EmailConfirmed, Expr::value(confirmed))
        .filter(user::Column::Id.eq(account.id))
        .exec(app.database().write())
        .await
        .unwrap();
}

async fn an_invitation_answers_the_same_whether_or_not_there_is_an_account(app: App) {
    let (owner, competition) = owned(&app).await;
    let known = app.account("Hilda", Role::Participant).await;
    let shape = |mut invited: Value| {
        for field in ["id", "email"] {
            assert!(invited[field].is_string());
            invited[field] = Value::Null;
        }
        invited
    };
    let known = shape(invite(&owner, &competition, &known.email).await);
    let unknown = shape(invite(&owner, &competition, "nobody@example.test").await);
    assert_eq!(known, unknown);
    assert!(known["userId"].is_null() && known["name"].is_null());
    let rows = staff::Entity::find()
        .all(app.database().read())
        .await
        .unwrap();
    assert_eq!(rows.len(), 3);
}

async fn without_mail_an_account_finds_its_invitation_in_the_mailbox(app: App) {
    let (owner, competition) = owned(&app).await;
    let hilda = app.account("Hilda", Role::Participant).await;
    let invited = invite(&owner, &competition, "HILDA@example.test").await;
    assert_eq!(invited["email"], hilda.email);
    app.run_jobs_with_retries().await;
    let messages = app.messages(MessageKind::Account).await;
    assert_eq!(messages.len(), 1);
    let link = format!("/invitations/{}", invited["id"].as_str().unwrap());
    assert!(messages[0].body.contains(&link) && !messages[0].body.contains("token"));
    assert!(messages[0].body.contains("Spring Sprint"));
    let browser = Clients::log_in(&app, &hilda).await.browser;
    // Opening the link does nothing.
    for _ in 0..2 {
        let page = browser.browse(&link).await;
        assert!(page.find("h1").unwrap().contains("Help with a competition"));
    }
    let hilda = api(&app, &hilda).await;
    let list = hilda.get("/api/v1/me/invitations").await.json();
    assert_eq!(list["items"][0]["competitionTitle"], "Spring Sprint");
    assert_eq!(answer(&hilda, &invited["id"], "accept", None).await, 204);
    let staff = hilda.get(&format!("{}/staff", path(&competition))).await;
    assert_eq!(staff.status, 200);
    let list = hilda.get("/api/v1/me/invitations").await.json();
    assert_eq!(list["items"], json!([]));
}

async fn an_invitation_is_answered_once_by_its_own_account_and_in_time(app: App) {
    let (owner, competition) = owned(&app).await;
    let hilda = app.account("Hilda", Role::Participant).await;
    let other = app.account("Otto", Role::Participant).await;
    let invited = invite(&owner, &competition, &hilda.email).await;
    let other = api(&app, &other).await;
    let id = &invited["id"];
    assert_eq!(answer(&other, id, "accept", None).await, 404);
    assert_eq!(answer(&app.client(), id, "accept", None).await, 401);
    app.clock.advance(TimeDelta::days(14));
    let later = async |account: &UserView| {
        let token = app.token(Actor::from(account)).await;
        app.client().with_token(token)
    };
    let hilda = later(&hilda).await;
    assert_eq!(answer(&hilda, id, "accept", None).await, 404, "too late");
    let olga = app.token(Actor::new(competition.organizer_id, Role::Organizer));
    let owner = app.client().with_token(olga.await);
    let renewed = invite(&owner, &competition, "hilda@example.test").await;
    assert_eq!(renewed["id"], *id);
    assert_eq!(answer(&hilda, id, "accept", None).await, 204);
    assert_eq!(answer(&hilda, id, "accept", None).await, 404);
    assert_eq!(answer(&hilda, id, "decline", None).await, 404);
}

async fn somebody_who_works_on_it_is_not_invited_again_and_an_open_invitation_is_renewed(app: App) {
    let (owner, competition) = owned(&app).await;
    let hilda = app.account("Hilda", Role::Participant).await;
    let first = invite(&owner, &competition, &hilda.email).await;
    let second = invite(&owner, &competition, &hilda.email).await;
    assert_eq!(first["id"], second["id"]);
    let client = api(&app, &hilda).await;
    assert_eq!(answer(&client, &second["id"], "accept", None).await, 204);
    let staff = format!("{}/staff", path(&competition));
    for email in [hilda.email.as_str(), "olga@example.test"] {
        let body = json!({ "email": email, "role": "EDITOR" });
        let refused = call(&owner, Method::POST, &staff, body).await;
        assert_eq!(refused.status, 422, "{email}");
        assert_eq!(refused.json()["errors"][0]["field"], "email");
    }
    let body = json!({ "email": "new@example.test", "role": "OWNER" });
    assert_eq!(call(&owner, Method::POST, &staff, body).await.status, 422);
    for number in 0..48 {
        invite(&owner, &competition, &format!("p{number}@example.test")).await;
    }
    let body = json!({ "email": "one.more@example.test", "role": "EDITOR" });
    assert_eq!(call(&owner, Method::POST, &staff, body).await.status, 422);
}

async fn a_declined_invitation_is_gone(app: App) {
    let (owner, competition) = owned(&app).await;
    let hilda = app.account("Hilda", Role::Participant).await;
    let invited = invite(&owner, &competition, &hilda.email).await;
    let hilda = api(&app, &hilda).await;
    assert_eq!(answer(&hilda, &invited["id"], "decline", None).await, 204);
    assert_eq!(answer(&hilda, &invited["id"], "accept", None).await, 404);
    let staff = format!("{}/staff", path(&competition));
    let part = format!("{staff}/{}", invited["id"].as_str().unwrap());
    assert_eq!(delete(&owner, &part).await, 404);
    let again = invite(&owner, &competition, "hilda@example.test").await;
    assert_eq!(
        delete(
            &owner,
            &format!("{staff}/{}", again["id"].as_str().unwrap())
        )
        .await,
        204
    );
    assert_eq!(answer(&hilda, &again["id"], "accept", None).await, 404);
}

async fn a_letter_has_a_token_that_works_once_and_for_an_address_that_is_not_confirmed(
    app: App,
    server: FakeSmtpServer,
) {
    let (owner, competition) = owned(&app).await;
    let hilda = app.account("Hilda", Role::Participant).await;
    set_confirmed(&app, &hilda, false).await;
    let otto = app.account("Otto", Role::Participant).await;
    let invited = invite(&owner, &competition, &hilda.email).await;
    app.run_jobs_with_retries().await;
    let page = format!("/invitations/{}", invited["id"].as_str().unwrap());
    let tokens = server.tokens(&page, &hilda.email);
    assert_eq!(tokens.len(), 1);
    assert!(
        app.messages(MessageKind::Account).await.is_empty(),
        "not confirmed"
    );
    let (hilda_api, otto) = (api(&app, &hilda).await, api(&app, &otto).await);
    let id = &invited["id"];
    let list = hilda_api.get("/api/v1/me/invitations").await.json();
    assert_eq!(list["items"], json!([]));
    assert_eq!(answer(&hilda_api, id, "accept", None).await, 403);
    assert_eq!(answer(&hilda_api, id, "accept", Some("wrong")).await, 403);
    assert_eq!(answer(&otto, id, "accept", Some(&tokens[0])).await, 404);
    let stored = staff::Entity::find()
        .all(app.database().read())
        .await
        .unwrap();
    let hashes = stored.iter().filter_map(|row| row.token_hash.as_ref());
    assert!(hashes.into_iter().all(|hash| *hash != tokens[0]));
    // A second letter makes the first one worth nothing.
    invite(&owner, &competition, &hilda.email).await;
    app.run_jobs_with_retries().await;
    let tokens = server.tokens(&page, &hilda.email);
    assert_eq!(tokens.len(), 2);
    assert_eq!(
        answer(&hilda_api, id, "accept", Some(&tokens[0])).await,
        403
    );
    let browser = Clients::log_in(&app, &hilda).await.browser;
    let link = format!("{page}?token={}", tokens[1]);
    let anonymous = app.client().browse(&link).await;
    assert!(anonymous.url.contains("/login"), "{}", anonymous.url);
    let asked = browser.browse(&link).await;
    let accept = asked.form("form[action='/act/accept-invitation']");
    assert!(
        browser
            .submit(&accept)
            .await
            .find("[data-testid=own-role]")
            .is_some()
    );
    assert_eq!(
        answer(&hilda_api, id, "accept", Some(&tokens[1])).await,
        404
    );
    // An address that is confirmed gets a message, too.
    let nora = app.account("Nora", Role::Participant).await;
    invite(&owner, &competition, &nora.email).await;
    app.run_jobs_with_retries().await;
    assert_eq!(app.messages(MessageKind::Account).await.len(), 1);
    assert_eq!(server.subjects(&nora.email).len(), 1);
}

async fn invitations_are_limited(app: App, _server: FakeSmtpServer) {
    let (owner, competition) = owned(&app).await;
    let organizer = competition.organizer_id.to_string();
    let address = "often@example.test";
    for _ in 0..RateLimit::INVITATIONS_OF_ADDRESS.most() {
        invite(&owner, &competition, address).await;
    }
    let staff = format!("{}/staff", path(&competition));
    let body = |email: &str| json!({ "email": email, "role": "VIEWER" });
    let refused = call(&owner, Method::POST, &staff, body(address)).await;
    assert_eq!(refused.status, 429);
    app.exhaust(RateLimit::STAFF_INVITATIONS, &organizer).await;
    let refused = call(&owner, Method::POST, &staff, body("other@example.test")).await;
    assert_eq!(refused.status, 429);
}

/// What somebody does with an invitation while it is renewed, as SQL, and the status of the renewal.
async fn renew_while(sql: impl Fn(&UserView) -> String) -> (u16, u64) {
    let app = spawn_app(Backend::Postgres).await;
    let (owner, competition) = owned(&app).await;
    let hilda = app.account("Hilda", Role::Participant).await;
    invite(&owner, &competition, &hilda.email).await;
    let database = app.database();
    let answering = database.begin_within(TimeLimits::LONG).await.unwrap();
    answering.execute_unprepared(&sql(&hilda)).await.unwrap();
    let staff = format!("{}/staff", path(&competition));
    let body = json!({ "email": hilda.email, "role": "EDITOR" });
    let renewing = call(&owner, Method::POST, &staff, body);
    let answered = async {
        wait_for_lock_waiter(database).await;
        answering.commit().await.unwrap();
    };
    let (renewed, ()) = tokio::join!(renewing, answered);
    let members = staff::Entity::find()
        .filter(staff::Column::UserId.eq(hilda.id))
        .count(database.read());
    (renewed.status.as_u16(), members.await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_that_is_declined_while_it_is_renewed_is_sent_again() {
    let decline =
        |hilda: &UserView| format!("DELETE FROM staff WHERE invited_email = '{}'", hilda.email);
    assert_eq!(renew_while(decline).await, (201, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_accepts_while_the_invitation_is_renewed_keeps_the_role() {
    let accept = |hilda: &UserView| {
        format!(
            "UPDATE staff SET user_id = '{}', invited_email = NULL, expires_at = NULL, accepted_at = now() \
             WHERE invited_email = '{}'",
            hilda.id, hilda.email
        )
    };
    assert_eq!(renew_while(accept).await, (422, 1));
}
