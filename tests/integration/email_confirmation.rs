//! Confirming and changing an e-mail address: nobody gets mail at an address that was not confirmed, except
//! the mail that asks for it.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{MessageKind, Role, UserView},
    store::entity::user,
};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, FakeSmtpServer, PASSWORD, Reply, spawn_mailing_app},
    on_both_backends, on_both_backends_with,
};

on_both_backends_with!(
    spawn_mailing_app:
    a_new_account_registers_after_it_has_confirmed_its_address,
    an_address_that_is_not_confirmed_gets_no_other_mail,
    opening_a_confirmation_link_changes_nothing,
    a_confirmation_link_works_once_and_expires,
    a_new_address_is_confirmed_and_the_old_one_is_told_first,
    a_link_to_an_address_that_is_wanted_no_more_does_nothing,
    an_address_that_another_account_took_meanwhile_is_refused,
    a_reset_confirms_the_address_and_shuts_out_who_signed_up_with_it,
    a_reset_takes_back_the_new_address_that_an_intruder_asked_for,
    a_mail_to_an_address_that_is_not_confirmed_names_nobody,
    changing_the_address_needs_the_password,
    a_stranger_registers_on_the_pages_after_confirming,
    the_ready_check_asks_to_confirm_the_address_before_the_opening,
);

on_both_backends!(without_an_smtp_server_nobody_has_to_confirm_anything,);

const EMAIL: &str = "ada@example.test";

async fn sign_up(app: &App, email: &str) -> Value {
    let body = json!({ "name": "Ada", "email": email, "password": PASSWORD });
    let reply = app.client().post_json("/api/v1/auth/signup", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

fn bearer(app: &App, tokens: &Value) -> Client {
    app.client()
        .with_token(tokens["accessToken"].as_str().unwrap())
}

async fn confirm(app: &App, token: &str) -> Reply {
    let body = json!({ "token": token });
    let path = "/api/v1/auth/verify-email";
    app.client().post_json(path, &body).await
}

/// Sends the open mails, and returns the token in the newest link to an address.
async fn confirmation_token(app: &App, server: &FakeSmtpServer, email: &str) -> String {
    app.run_open_jobs().await;
    server.tokens("/verify-email", email).pop().expect("a link")
}

async fn account(app: &App, name: &str) -> (UserView, Client) {
    let account = app.account(name, Role::Participant).await;
    let token = app.token(Actor::from(&account)).await;
    (account, app.client().with_token(token))
}

async fn change_email(client: &Client, email: &str) -> Reply {
    let body = json!({ "email": email, "password": PASSWORD });
    client.post_json("/api/v1/me/email", &body).await
}

async fn email_of(client: &Client) -> String {
    let me = client.get("/api/v1/me").await.json();
    me["email"].as_str().unwrap().to_owned()
}

async fn a_new_account_registers_after_it_has_confirmed_its_address(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(5, false).await;
    let tokens = sign_up(&app, EMAIL).await;
    let client = bearer(&app, &tokens);
    let refused = client.register(competition.id, "a").await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.problem(), "email-not-verified");
    let token = confirmation_token(&app, &server, EMAIL).await;
    assert_eq!(confirm(&app, &token).await.status, 204);
    // The same access token and the same key: a refusal is not kept.
    let seated = client.register(competition.id, "a").await;
    assert_eq!(seated.status, 201, "{}", seated.text);
    app.assert_seat_invariant().await;
    // An account that an operator created needs no confirmation.
    let (_, other) = account(&app, "Bob").await;
    assert_eq!(other.register(competition.id, "b").await.status, 201);
}

async fn an_address_that_is_not_confirmed_gets_no_other_mail(app: App, server: FakeSmtpServer) {
    let tokens = sign_up(&app, EMAIL).await;
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another good password" });
    let changed = bearer(&app, &tokens)
        .post_json("/api/v1/me/password", &body)
        .await;
    assert_eq!(changed.status, 204);
    app.run_open_jobs().await;
    assert_eq!(server.subjects(EMAIL), ["Confirm your e-mail address"]);
    // It is in the mailbox all the same.
    assert_eq!(app.messages(MessageKind::Account).await.len(), 1);
}

async fn opening_a_confirmation_link_changes_nothing(app: App, server: FakeSmtpServer) {
    let tokens = sign_up(&app, EMAIL).await;
    let token = confirmation_token(&app, &server, EMAIL).await;
    let path = format!("/verify-email?token={token}");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let scanner = app.client();
        let opened = scanner.send(scanner.request(method, &path)).await;
        assert_eq!(opened.status, 200);
        assert_eq!(opened.header("cache-control"), Some("no-store"));
    }
    let competition = app.competition(5, false).await;
    let refused = bearer(&app, &tokens).register(competition.id, "a").await;
    assert_eq!(refused.status, 403);
}

async fn a_confirmation_link_works_once_and_expires(app: App, server: FakeSmtpServer) {
    let tokens = sign_up(&app, EMAIL).await;
    let first = confirmation_token(&app, &server, EMAIL).await;
    app.clock.advance(TimeDelta::days(3));
    let late = confirm(&app, &first).await;
    assert_eq!(
        (late.status.as_u16(), late.problem().as_str()),
        (410, "token-invalid")
    );
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let login = app.client().post_json("/api/v1/auth/login", &body).await;
    let client = bearer(&app, &login.json());
    drop(tokens);
    let again = client
        .post_json("/api/v1/me/verify-email", &json!({}))
        .await;
    assert_eq!(again.status, 202);
    let second = confirmation_token(&app, &server, EMAIL).await;
    assert_eq!(confirm(&app, &second).await.status, 204);
    assert_eq!(confirm(&app, &second).await.status, 410);
    // Nothing waits any more, so nothing is sent.
    let before = server.received().len();
    let again = client
        .post_json("/api/v1/me/verify-email", &json!({}))
        .await;
    assert_eq!(again.status, 202);
    app.run_open_jobs().await;
    assert_eq!(server.received().len(), before);
}

async fn a_new_address_is_confirmed_and_the_old_one_is_told_first(
    app: App,
    server: FakeSmtpServer,
) {
    let (ada, client) = account(&app, "Ada").await;
    let new = "countess@example.test";
    assert_eq!(
        change_email(&client, " Countess@Example.test ")
            .await
            .status,
        202
    );
    assert_eq!(email_of(&client).await, ada.email);
    let token = confirmation_token(&app, &server, new).await;
    let received: Vec<_> = server.received().into_iter().map(|mail| mail.to).collect();
    assert_eq!(received, [ada.email.as_str(), new]);
    assert!(
        server.received()[0].data.contains(new),
        "the old one is told which"
    );

    // A link to set a password that was sent to the old address stops working with it.
    let body = json!({ "email": ada.email });
    app.client().post_json("/api/v1/auth/forgot", &body).await;
    app.run_open_jobs().await;
    let reset = server.tokens("/reset", &ada.email).pop().unwrap();
    assert_eq!(confirm(&app, &token).await.status, 204);
    assert_eq!(email_of(&client).await, new);
    let body = json!({ "token": reset, "password": "another good password" });
    let late = app.client().post_json("/api/v1/auth/reset", &body).await;
    assert_eq!(late.status, 410);
}

async fn a_link_to_an_address_that_is_wanted_no_more_does_nothing(
    app: App,
    server: FakeSmtpServer,
) {
    let (ada, client) = account(&app, "Ada").await;
    change_email(&client, "first@example.test").await;
    let first = confirmation_token(&app, &server, "first@example.test").await;
    change_email(&client, "second@example.test").await;
    assert_eq!(confirm(&app, &first).await.status, 410);
    assert_eq!(email_of(&client).await, ada.email);
    let second = confirmation_token(&app, &server, "second@example.test").await;
    // Asking for the present address takes the change back.
    assert_eq!(change_email(&client, &ada.email).await.status, 202);
    assert_eq!(confirm(&app, &second).await.status, 410);
    assert_eq!(email_of(&client).await, ada.email);
}

async fn an_address_that_another_account_took_meanwhile_is_refused(
    app: App,
    server: FakeSmtpServer,
) {
    let (ada, client) = account(&app, "Ada").await;
    let (bob, _) = account(&app, "Bob").await;
    let taken = change_email(&client, &bob.email).await;
    assert_eq!(
        (taken.status.as_u16(), taken.problem().as_str()),
        (409, "email-taken")
    );
    change_email(&client, "both@example.test").await;
    let token = confirmation_token(&app, &server, "both@example.test").await;
    sign_up(&app, "both@example.test").await;
    let late = confirm(&app, &token).await;
    assert_eq!(
        (late.status.as_u16(), late.problem().as_str()),
        (409, "email-taken")
    );
    assert_eq!(email_of(&client).await, ada.email);
}

async fn a_reset_confirms_the_address_and_shuts_out_who_signed_up_with_it(
    app: App,
    server: FakeSmtpServer,
) {
    // Somebody signs up with the address of another person, who then sets a password.
    let stranger = bearer(&app, &sign_up(&app, EMAIL).await);
    let body = json!({ "email": EMAIL });
    app.client().post_json("/api/v1/auth/forgot", &body).await;
    app.run_open_jobs().await;
    let token = server.tokens("/reset", EMAIL).pop().unwrap();
    let body = json!({ "token": token, "password": "another good password" });
    let reset = app.client().post_json("/api/v1/auth/reset", &body).await;
    assert_eq!(reset.status, 204);
    assert_eq!(stranger.get("/api/v1/me").await.status, 401);
    let rows = user::Entity::find().all(app.database.read()).await.unwrap();
    let row = rows.into_iter().find(|row| row.email == EMAIL).unwrap();
    assert!(row.email_confirmed);
}

async fn a_reset_takes_back_the_new_address_that_an_intruder_asked_for(
    app: App,
    server: FakeSmtpServer,
) {
    let (ada, intruder) = account(&app, "Ada").await;
    let reset = async |token: &str, password: &str| {
        let body = json!({ "token": token, "password": password });
        let reply = app.client().post_json("/api/v1/auth/reset", &body).await;
        assert_eq!(reply.status, 204, "{}", reply.text);
    };
    let forgot = async || {
        let body = json!({ "email": ada.email });
        app.client().post_json("/api/v1/auth/forgot", &body).await;
        app.run_open_jobs().await;
        server.tokens("/reset", &ada.email).pop().unwrap()
    };
    // The intruder, who knows the password, has the link already.
    change_email(&intruder, "intruder@example.test").await;
    let stolen = confirmation_token(&app, &server, "intruder@example.test").await;
    reset(&forgot().await, "another good password").await;
    assert_eq!(confirm(&app, &stolen).await.status, 410);

    // The intruder gets the link while the owner sets a new password.
    let token = forgot().await;
    let body = json!({ "email": "thief@example.test", "password": "another good password" });
    let asked = intruder.post_json("/api/v1/me/email", &body).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    reset(&token, "the third good password").await;
    app.run_open_jobs().await;
    assert!(server.subjects("thief@example.test").is_empty());
    let row = user::Entity::find_by_id(ada.id)
        .one(app.database.read())
        .await;
    let row = row.unwrap().unwrap();
    assert_eq!((row.email, row.pending_email), (ada.email.clone(), None));
}

async fn a_mail_to_an_address_that_is_not_confirmed_names_nobody(app: App, server: FakeSmtpServer) {
    let name = "Win at evil.example";
    let body = json!({ "name": name, "email": EMAIL, "password": PASSWORD });
    let reply = app.client().post_json("/api/v1/auth/signup", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    for path in ["/api/v1/auth/forgot", "/api/v1/auth/code"] {
        app.client()
            .post_json(path, &json!({ "email": EMAIL }))
            .await;
    }
    let (_, ada) = account(&app, name).await;
    change_email(&ada, "stranger@example.test").await;
    app.run_open_jobs().await;
    for address in [EMAIL, "stranger@example.test"] {
        let received = server.received();
        let mut mails = received.iter().filter(|mail| mail.to == address).peekable();
        assert!(mails.peek().is_some(), "{address}");
        assert!(mails.all(|mail| !mail.data.contains("evil")), "{address}");
    }
}

async fn changing_the_address_needs_the_password(app: App, _server: FakeSmtpServer) {
    let (ada, client) = account(&app, "Ada").await;
    let body = json!({ "email": "new@example.test", "password": "a wrong password" });
    let refused = client.post_json("/api/v1/me/email", &body).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (401, "invalid-credentials")
    );
    assert_eq!(app.open_jobs().await, 0);
    assert_eq!(email_of(&client).await, ada.email);
}

async fn a_stranger_registers_on_the_pages_after_confirming(app: App, server: FakeSmtpServer) {
    let competition = app.competition(5, false).await;
    let path = format!("/competitions/{}", competition.id);
    let browser = app.client();
    let form = browser
        .get("/signup")
        .await
        .form("[data-testid=signup-form]");
    let form = form
        .fill("name", "Ada")
        .fill("email", EMAIL)
        .fill("password", PASSWORD);
    let welcome = browser.submit(&form.fill("next", &path)).await;
    assert!(welcome.text.contains(EMAIL), "{}", welcome.text);
    let form = welcome.form("[data-testid=register-form]");
    let wait = browser.submit(&form).await;
    assert_eq!(wait.find("h1").unwrap(), "Check your mail");
    let again = wait.form("[data-testid=send-confirmation-form]");
    assert_eq!(again.value("next"), Some(path.as_str()));
    browser.submit(&again).await;
    let token = confirmation_token(&app, &server, EMAIL).await;
    let link = browser.get(&format!("/verify-email?token={token}")).await;
    let done = browser
        .submit(&link.form("[data-testid=verify-form]"))
        .await;
    // The press from before is done now.
    assert!(done.url.contains("/me/registrations/"), "{}", done.url);
    assert!(done.find("[data-testid=registration-status]").is_some());
    assert_eq!(app.assert_seat_invariant().await, 1);
    let page = browser.get("/verify-email").await;
    assert_eq!(page.find("h1").unwrap(), "Your e-mail address is confirmed");
    // Who opens the link again is told the same, and everybody else that it does not work.
    let used = format!("/verify-email?token={token}");
    let page = browser.get(&used).await;
    assert_eq!(page.find("h1").unwrap(), "Your e-mail address is confirmed");
    assert_eq!(app.client().get(&used).await.status, 410);
    let form = browser.get("/me/security").await;
    let form = form.form("[data-testid=email-form]");
    let form = form.fill("email", "new@example.test");
    browser.submit(&form.fill("password", PASSWORD)).await;
    assert_eq!(browser.get(&used).await.status, 410);
}

async fn without_an_smtp_server_nobody_has_to_confirm_anything(app: App) {
    let competition = app.competition(5, false).await;
    let client = bearer(&app, &sign_up(&app, EMAIL).await);
    assert_eq!(client.register(competition.id, "a").await.status, 201);
    assert_eq!(change_email(&client, "new@example.test").await.status, 202);
    assert_eq!(email_of(&client).await, "new@example.test");
    let again = client
        .post_json("/api/v1/me/verify-email", &json!({}))
        .await;
    assert_eq!(again.status, 202);
}

async fn the_ready_check_asks_to_confirm_the_address_before_the_opening(
    app: App,
    server: FakeSmtpServer,
) {
    let mut input = app.competition_input(3, false);
    input.opens_at = Some(app.clock.now() + TimeDelta::hours(1));
    let organizer = Actor::from(&app.account("Olga", Role::Organizer).await);
    let competitions = &app.services.competitions;
    let competition = competitions.create(organizer, input).await.unwrap();
    let path = format!("/competitions/{}", competition.id);
    sign_up(&app, EMAIL).await;
    let browser = app.client();
    browser.log_in(EMAIL).await;
    let ready = "[data-testid=ready-check] [data-ready=no] a[href^='/verify-email']";
    assert!(browser.get(&path).await.find(ready).is_some());
    let token = confirmation_token(&app, &server, EMAIL).await;
    assert_eq!(confirm(&app, &token).await.status, 204);
    let page = browser.get(&path).await;
    assert!(page.find(ready).is_none());
    assert!(page.text.contains("Your e-mail address is confirmed"));
}
