//! Deleting an account, exporting what is known about it, and disabling it.

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, accounts::Initiator},
    model::{CompetitionStatus, RegistrationStatus, Role, forms::CompetitionPatch},
    store::entity::{message, registration, user},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, PASSWORD, Reply},
    on_both_backends,
};

on_both_backends!(
    a_deleted_account_leaves_no_name_and_its_seat_goes_to_the_waitlist,
    seats_of_the_past_stay_taken,
    a_deleted_account_cannot_register_with_an_access_token,
    an_organizer_with_a_competition_ahead_is_not_deleted,
    deleting_needs_the_password_and_the_address_is_free_afterwards,
    an_account_is_deleted_on_the_pages,
    the_last_administrator_is_not_deleted,
    of_two_administrators_who_delete_their_accounts_at_once_one_stays,
    an_export_contains_what_is_known_and_no_secret,
    an_export_names_api_keys_and_webhooks_without_their_secrets,
    an_export_needs_a_recent_log_in,
    a_disabled_account_can_do_nothing_until_it_is_enabled,
    reminders_are_turned_off_in_the_profile,
);

async fn api_log_in(app: &App, email: &str) -> Client {
    let body = json!({ "email": email, "password": PASSWORD });
    let reply = app.client().post_json("/api/v1/auth/login", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let tokens: Value = reply.json();
    app.client()
        .with_token(tokens["accessToken"].as_str().unwrap())
}

async fn delete(client: &Client, password: &str) -> Reply {
    let request = client.request(Method::DELETE, "/api/v1/me");
    client
        .send(request.json(&json!({ "password": password })))
        .await
}

async fn row(app: &App, id: mini_compete::model::UserId) -> user::Model {
    let row = user::Entity::find_by_id(id).one(app.database.read()).await;
    row.unwrap().unwrap()
}

async fn a_deleted_account_leaves_no_name_and_its_seat_goes_to_the_waitlist(app: App) {
    let competition = app.competition(1, true).await;
    let ada = app.account("Ada Lovelace", Role::Participant).await;
    let bob = app.account("Bob", Role::Participant).await;
    let client = api_log_in(&app, &ada.email).await;
    assert_eq!(client.register(competition.id, "a").await.status, 201);
    let waiting = api_log_in(&app, &bob.email).await;
    assert_eq!(waiting.register(competition.id, "b").await.status, 201);
    app.run_open_jobs().await;

    assert_eq!(delete(&client, PASSWORD).await.status, 204);
    let deleted = row(&app, ada.id).await;
    assert_eq!(deleted.name, "Deleted account");
    assert!(deleted.email.ends_with("@deleted.invalid"));
    assert_eq!(client.get("/api/v1/me").await.status, 401);
    app.run_open_jobs().await;
    assert_eq!(app.assert_seat_invariant().await, 1);
    let rows = registration::Entity::find()
        .all(app.database.read())
        .await
        .unwrap();
    let of = |id| rows.iter().find(|row| row.user_id == id).unwrap().status;
    assert_eq!(of(ada.id), RegistrationStatus::Cancelled);
    assert_eq!(of(bob.id), RegistrationStatus::Confirmed);
    let messages = message::Entity::find()
        .all(app.database.read())
        .await
        .unwrap();
    assert!(!format!("{messages:?}").contains("Lovelace"));
}

async fn seats_of_the_past_stay_taken(app: App) {
    let competition = app.competition(3, false).await;
    let ada = app.account("Ada", Role::Participant).await;
    let client = api_log_in(&app, &ada.email).await;
    client.register(competition.id, "a").await;
    app.run_open_jobs().await;
    app.clock.advance(TimeDelta::days(9));
    let client = api_log_in(&app, &ada.email).await;
    assert_eq!(delete(&client, PASSWORD).await.status, 204);
    app.run_open_jobs().await;
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn a_deleted_account_cannot_register_with_an_access_token(app: App) {
    let competition = app.competition(3, false).await;
    let ada = app.account("Ada", Role::Participant).await;
    let client = api_log_in(&app, &ada.email).await;
    assert_eq!(delete(&client, PASSWORD).await.status, 204);
    assert_eq!(client.register(competition.id, "a").await.status, 401);
    app.run_open_jobs().await;
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn an_organizer_with_a_competition_ahead_is_not_deleted(app: App) {
    let org = app.account("Org", Role::Organizer).await;
    let competition = app.competition_of(&org, 3, false).await;
    let client = api_log_in(&app, &org.email).await;
    let refused = delete(&client, PASSWORD).await;
    assert_eq!(refused.status, 409);
    assert_eq!(refused.problem(), "organizes-competitions");
    let patch = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(Actor::from(&org), competition.id, patch, None)
        .await
        .unwrap();
    assert_eq!(delete(&client, PASSWORD).await.status, 204);
    let path = format!("/api/v1/competitions/{}", competition.id);
    let shown = app.client().get(&path).await.json();
    assert_eq!(shown["organizerName"], "Deleted account");
    for (language, words) in [("en", "Deleted account"), ("de", "Gelöschtes Konto")] {
        let path = format!("/competitions/{}?lang={language}", competition.id);
        let page = app.client().browse(&path).await;
        assert_eq!(
            page.find(".organizer span:not(.avatar)").as_deref(),
            Some(words)
        );
    }
}

async fn deleting_needs_the_password_and_the_address_is_free_afterwards(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let client = api_log_in(&app, &ada.email).await;
    let refused = delete(&client, "a wrong password").await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (401, "invalid-credentials")
    );
    assert_eq!(row(&app, ada.id).await.name, "Ada");
    assert_eq!(delete(&client, PASSWORD).await.status, 204);
    let body = json!({ "name": "Ada", "email": ada.email, "password": PASSWORD });
    let again = app.client().post_json("/api/v1/auth/signup", &body).await;
    assert_eq!(again.status, 201, "{}", again.text);
    assert_ne!(again.json()["user"]["id"], ada.id.to_string());
}

async fn an_account_is_deleted_on_the_pages(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let form = browser
        .get("/me/data")
        .await
        .form("[data-testid=delete-account-form]");
    let wrong = browser
        .submit(&form.clone().fill("password", "not this one"))
        .await;
    assert!(wrong.text.contains("This is not your password"));
    let home = browser.submit(&form.fill("password", PASSWORD)).await;
    assert!(
        home.find("[role=status]").unwrap().contains("deleted"),
        "{}",
        home.url
    );
    assert_eq!(browser.get("/api/v1/me").await.status, 401);
}

async fn an_export_contains_what_is_known_and_no_secret(app: App) {
    let competition = app.competition(3, false).await;
    let ada = app.account("Ada", Role::Participant).await;
    let client = api_log_in(&app, &ada.email).await;
    client.register(competition.id, "a").await;
    app.run_open_jobs().await;
    let export = client.get("/api/v1/me/export").await;
    assert_eq!(export.status, 200);
    let json = export.json();
    assert_eq!(json["email"], ada.email);
    assert_eq!(
        json["registrations"][0]["competitionTitle"],
        "Spring Sprint"
    );
    assert_eq!(json["messages"][0]["kind"], "CONFIRMATION");
    assert_eq!(json["sessions"][0]["current"], true);
    let hash = row(&app, ada.id).await.password_hash;
    assert!(!export.text.contains(&hash) && !export.text.contains("argon2"));
    // Another account's export has nothing of it.
    let bob = app.account("Bob", Role::Admin).await;
    let other = api_log_in(&app, &bob.email).await;
    let other = other.get("/api/v1/me/export").await;
    assert!(!other.text.contains(&ada.email), "{}", other.text);
}

async fn the_last_administrator_is_not_deleted(app: App) {
    let root = app.account("Root", Role::Admin).await;
    let client = api_log_in(&app, &root.email).await;
    let refused = delete(&client, PASSWORD).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (409, "last-administrator")
    );
    let kept = row(&app, root.id).await;
    assert_eq!((kept.name.as_str(), kept.disabled_at), ("Root", None));
    // One who can't log in does not count.
    let other = app.account("Other", Role::Admin).await;
    let accounts = &app.services.accounts;
    accounts
        .set_disabled(&other.email, true, Initiator::Operator("test"))
        .await
        .unwrap();
    assert_eq!(delete(&client, PASSWORD).await.status, 409);
    accounts
        .set_disabled(&other.email, false, Initiator::Operator("test"))
        .await
        .unwrap();
    assert_eq!(delete(&client, PASSWORD).await.status, 204);
}

async fn of_two_administrators_who_delete_their_accounts_at_once_one_stays(app: App) {
    let one = app.account("One", Role::Admin).await;
    let two = app.account("Two", Role::Admin).await;
    let (first, second) = (
        api_log_in(&app, &one.email).await,
        api_log_in(&app, &two.email).await,
    );
    let (first, second) = tokio::join!(delete(&first, PASSWORD), delete(&second, PASSWORD));
    let mut outcomes = [first.status.as_u16(), second.status.as_u16()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [204, 409], "{} {}", first.text, second.text);
}

async fn an_export_names_api_keys_and_webhooks_without_their_secrets(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let client = api_log_in(&app, &olga.email).await;
    let body = json!({ "name": "Results", "scopes": ["COMPETITIONS_READ"] });
    let key = client.post_json("/api/v1/api-keys", &body).await.json();
    let body = json!({ "url": "https://1.1.1.1/hook" });
    let webhook = client.post_json("/api/v1/webhooks", &body).await.json();
    let export = client.get("/api/v1/me/export").await;
    let json = export.json();
    let found = &json["apiKeys"][0];
    assert_eq!(
        (&found["name"], &found["scopes"][0], &found["lastUsedAt"]),
        (&json!("Results"), &json!("COMPETITIONS_READ"), &Value::Null)
    );
    assert_eq!(json["webhooks"][0]["url"], "https://1.1.1.1/hook");
    let key = key["key"].as_str().unwrap();
    let secret = webhook["secret"].as_str().unwrap();
    for hidden in [key, &key[4..12], secret, &secret[6..]] {
        assert!(!export.text.contains(hidden), "{hidden} in {}", export.text);
    }
    // Another account's export has none of them.
    let bob = app.account("Bob", Role::Participant).await;
    let other = api_log_in(&app, &bob.email).await;
    let other = other.get("/api/v1/me/export").await.json();
    assert_eq!(
        (&other["apiKeys"], &other["webhooks"]),
        (&json!([]), &json!([]))
    );
}

async fn an_export_needs_a_recent_log_in(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    assert!(
        browser
            .get("/me/data")
            .await
            .text
            .contains("/api/v1/me/export")
    );
    app.clock.advance(TimeDelta::minutes(16));
    let refused = browser.get("/api/v1/me/export").await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (401, "recent-login-required")
    );
    let page = browser.get("/me/data").await;
    assert!(page.text.contains("/confirm-password?next=%2Fme%2Fdata"));
    let confirm = browser.get("/confirm-password?next=%2Fme%2Fdata").await;
    let form = confirm.form("[data-testid=confirm-password-form]");
    let data = browser.submit(&form.fill("password", PASSWORD)).await;
    assert!(data.text.contains("/api/v1/me/export"), "{}", data.url);
}

async fn a_disabled_account_can_do_nothing_until_it_is_enabled(app: App) {
    let competition = app.competition(3, false).await;
    let ada = app.account("Ada", Role::Participant).await;
    let client = api_log_in(&app, &ada.email).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let accounts = &app.services.accounts;
    let by = Initiator::Operator("cli:test");
    accounts.set_disabled(&ada.email, true, by).await.unwrap();
    assert_eq!(client.get("/api/v1/me").await.status, 401);
    assert_eq!(client.register(competition.id, "a").await.status, 401);
    assert_eq!(browser.get("/api/v1/me").await.status, 401);
    let body = json!({ "email": ada.email, "password": PASSWORD });
    let refused = app.client().post_json("/api/v1/auth/login", &body).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (403, "account-disabled")
    );
    let body = json!({ "email": ada.email, "password": "a wrong password" });
    let unknown = app.client().post_json("/api/v1/auth/login", &body).await;
    assert_eq!(unknown.status, 401);
    accounts.set_disabled(&ada.email, false, by).await.unwrap();
    let client = api_log_in(&app, &ada.email).await;
    assert_eq!(client.register(competition.id, "b").await.status, 201);
    let count = user::Entity::find()
        .filter(user::Column::DisabledAt.is_not_null())
        .count(app.database.read());
    assert_eq!(count.await.unwrap(), 0);
}

async fn reminders_are_turned_off_in_the_profile(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let form = browser
        .get("/me/profile")
        .await
        .form("[data-testid=profile-form]");
    assert_eq!(form.value("reminders"), Some("on"));
    let mut off = form.clone();
    off.fields.retain(|(name, _)| name != "reminders");
    browser.submit(&off).await;
    assert!(!row(&app, ada.id).await.reminders);
    browser.submit(&form).await;
    assert!(row(&app, ada.id).await.reminders);
}
