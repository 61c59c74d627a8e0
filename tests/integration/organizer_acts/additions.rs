//! Participants whom an organizer adds by their e-mail address.

use chrono::TimeDelta;
use mini_compete::{
    model::{CompetitionView, MessageKind, RegistrationStatus, Role, forms::CompetitionInput},
    store::entity::user,
};
use reqwest::{Method, StatusCode};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::{account_mails, act, begin, organizer_client, outcomes, register_in_order};
use crate::{
    harness::{App, Backend, Client, FakeSmtpServer, Reply, Storage, spawn_app_with},
    on_both_backends, on_both_backends_with,
};

on_both_backends!(
    a_walk_in_gets_an_account_a_seat_and_a_confirmation,
    somebody_with_an_account_keeps_it,
    an_organizer_adds_before_the_opening_and_after_the_deadline_but_never_beyond_the_capacity,
    a_pause_refuses_strangers_but_not_what_the_organizer_does,
    a_competition_that_is_full_creates_no_account,
    a_waitlist_takes_whom_the_organizer_adds,
    the_same_key_adds_once,
    an_address_that_does_not_read_is_refused,
);

on_both_backends_with!(
    app_with_smtp_server:
    an_address_that_nobody_has_confirmed_gets_no_mail_but_the_one_that_asks_for_it,
);

async fn app_with_smtp_server(backend: Backend) -> (App, FakeSmtpServer) {
    let server = FakeSmtpServer::start().await;
    let url = format!("--smtp-url={}", server.url());
    let storage = Storage::create(backend).await;
    let arguments = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--public-url=https://compete.test",
    ];
    (spawn_app_with(storage, &arguments).await, server)
}

async fn add(client: &Client, competition: &CompetitionView, email: &str, name: &str) -> Reply {
    let path = format!("/api/v1/competitions/{}/participants", competition.id);
    client
        .post_json(&path, &json!({ "email": email, "name": name }))
        .await
}

async fn account(app: &App, email: &str) -> Option<user::Model> {
    user::Entity::find()
        .filter(user::Column::Email.eq(email))
        .one(app.database.read())
        .await
        .unwrap()
}

async fn a_walk_in_gets_an_account_a_seat_and_a_confirmation(app: App) {
    let competition = app.competition(2, false).await;
    let client = organizer_client(&app, &competition).await;
    let reply = add(&client, &competition, " Ada@Example.org ", "Ada Lovelace").await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    let registration = reply.json();
    assert_eq!(registration["status"], "PENDING");
    let location = reply.header("location").unwrap().to_owned();
    assert_eq!(
        client.get(&location).await.json()["registrationId"],
        registration["registrationId"]
    );
    let row = account(&app, "ada@example.org").await.unwrap();
    assert_eq!(
        (row.name.as_str(), row.role),
        ("Ada Lovelace", Role::Participant)
    );
    assert!(!row.email_confirmed);
    app.run_open_jobs().await;
    let confirmations = app.messages(MessageKind::Confirmation).await;
    assert_eq!(confirmations.len(), 1);
    assert_eq!(confirmations[0].user_id, row.id);
    assert_eq!(app.assert_seat_invariant().await, 1);
    // No password opens the account.
    let login = json!({ "email": "ada@example.org", "password": "!" });
    let refused = app.client().post_json("/api/v1/auth/login", &login).await;
    assert_eq!(refused.problem(), "invalid-credentials");
    let twice = add(&client, &competition, "ada@example.org", "Ada").await;
    assert_eq!(twice.problem(), "already-registered");
    assert_eq!(twice.status, StatusCode::CONFLICT);
}

async fn somebody_with_an_account_keeps_it(app: App) {
    let competition = app.competition(2, false).await;
    let client = organizer_client(&app, &competition).await;
    let known = app.account("Grace Hopper", Role::Organizer).await;
    let reply = add(&client, &competition, &known.email, "Somebody Else").await;
    assert_eq!(reply.json()["userId"], json!(known.id));
    let row = account(&app, &known.email).await.unwrap();
    assert_eq!(
        (row.name.as_str(), row.role),
        ("Grace Hopper", Role::Organizer)
    );
    assert!(row.email_confirmed);
}

async fn an_organizer_adds_before_the_opening_and_after_the_deadline_but_never_beyond_the_capacity(
    app: App,
) {
    let organizer = app.account("Opener", Role::Organizer).await;
    let input = CompetitionInput {
        opens_at: Some(app.clock.now() + TimeDelta::days(1)),
        ..app.competition_input(2, false)
    };
    let competitions = &app.services.competitions;
    let competition = competitions
        .create((&organizer).into(), input)
        .await
        .unwrap();
    let client = organizer_client(&app, &competition).await;
    let early = add(&client, &competition, "early@example.org", "Early").await;
    assert_eq!(early.status, StatusCode::CREATED);
    begin(&app);
    // Tokens last a quarter of an hour.
    let client = organizer_client(&app, &competition).await;
    let late = add(&client, &competition, "late@example.org", "Late").await;
    assert_eq!(late.status, StatusCode::CREATED);
    let full = add(&client, &competition, "full@example.org", "Full").await;
    assert_eq!(full.problem(), "competition-full");
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn a_pause_refuses_strangers_but_not_what_the_organizer_does(app: App) {
    let competition = app.competition(2, true).await;
    let first = app.participants(1).await;
    let seated = register_in_order(&app, &first, competition.id).await;
    let client = organizer_client(&app, &competition).await;
    let path = format!("/api/v1/competitions/{}/pause", competition.id);
    let paused = client.send(client.request(Method::POST, &path)).await;
    assert_eq!(paused.status, StatusCode::NO_CONTENT);
    let stranger = app.account("Stranger", Role::Participant).await;
    let token = app.token((&stranger).into()).await;
    let stranger = app.client().with_token(token);
    let refused = stranger.register(competition.id, "k").await;
    assert_eq!(refused.problem(), "registration-paused");
    let seat = add(&client, &competition, "seat@example.org", "Seat").await;
    assert_eq!(seat.json()["status"], RegistrationStatus::Pending.as_str());
    let place = add(&client, &competition, "place@example.org", "Place").await;
    let place = place.json();
    assert_eq!(place["status"], RegistrationStatus::Waitlisted.as_str());
    // From the start on, a free seat goes to no one but whom the organizer chooses.
    begin(&app);
    let client = organizer_client(&app, &competition).await;
    let cancel = json!({ "action": "CANCEL", "ids": seated });
    let promote = json!({ "action": "PROMOTE", "ids": [place["registrationId"]] });
    for body in [cancel, promote] {
        let reply = act(&client, competition.id, &body).await;
        assert_eq!(outcomes(&reply), ["DONE"], "{body}");
    }
    assert_eq!(app.assert_seat_invariant().await, 2);
}

async fn a_competition_that_is_full_creates_no_account(app: App) {
    let competition = app.competition(1, false).await;
    let client = organizer_client(&app, &competition).await;
    app.register_all(&app.participants(1).await, competition.id)
        .await;
    let before = user::Entity::find()
        .count(app.database.read())
        .await
        .unwrap();
    let full = add(&client, &competition, "full@example.org", "Full").await;
    assert_eq!(full.problem(), "competition-full");
    let draft =
        crate::harness::draft_of(&app, &app.account("Drafter", Role::Organizer).await).await;
    let drafter = organizer_client(&app, &draft).await;
    let closed = add(&drafter, &draft, "draft@example.org", "Draft").await;
    assert_eq!(closed.problem(), "registration-closed");
    let after = user::Entity::find()
        .count(app.database.read())
        .await
        .unwrap();
    assert_eq!(after, before + 1, "the drafter alone");
}

async fn a_waitlist_takes_whom_the_organizer_adds(app: App) {
    let competition = app.competition(1, true).await;
    let client = organizer_client(&app, &competition).await;
    app.register_all(&app.participants(1).await, competition.id)
        .await;
    let reply = add(&client, &competition, "next@example.org", "Next").await;
    assert_eq!(
        reply.json()["status"],
        RegistrationStatus::Waitlisted.as_str()
    );
    assert_eq!(reply.json()["waitlistPosition"], 1);
    app.run_open_jobs().await;
    assert_eq!(app.messages(MessageKind::Waitlist).await.len(), 1);
}

async fn the_same_key_adds_once(app: App) {
    let competition = app.competition(5, false).await;
    let client = organizer_client(&app, &competition).await;
    let path = format!("/api/v1/competitions/{}/participants", competition.id);
    let send = |email: &str| {
        let request = client.request(Method::POST, &path);
        let body = json!({ "email": email, "name": "Ada" });
        client.send(request.header("idempotency-key", "walk-in").json(&body))
    };
    let (first, again) = tokio::join!(send("ada@example.org"), send("ada@example.org"));
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(first.text, again.text);
    assert_eq!(
        send("bob@example.org").await.problem(),
        "idempotency-key-reused"
    );
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn an_address_that_does_not_read_is_refused(app: App) {
    let competition = app.competition(5, false).await;
    let client = organizer_client(&app, &competition).await;
    for (email, name) in [("ada", "Ada"), ("ada@example.org", " "), ("", "")] {
        let reply = add(&client, &competition, email, name).await;
        assert_eq!(reply.problem(), "invalid-fields");
    }
    // Nor does somebody take part whose account is disabled; the answer does not say so.
    let disabled = app.account("Disabled", Role::Participant).await;
    let now = app.clock.now();
    user::Entity::update_many()
        .col_expr(
            user::Column::DisabledAt,
            sea_orm::sea_query::Expr::value(now),
        )
        .filter(user::Column::Id.eq(disabled.id))
        .exec(app.database.write())
        .await
        .unwrap();
    let reply = add(&client, &competition, &disabled.email, "Disabled").await;
    assert_eq!(reply.problem(), "invalid-fields");
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn an_address_that_nobody_has_confirmed_gets_no_mail_but_the_one_that_asks_for_it(
    app: App,
    server: FakeSmtpServer,
) {
    let competition = app.competition(5, false).await;
    let client = organizer_client(&app, &competition).await;
    add(&client, &competition, "ada@example.org", "Ada").await;
    assert_eq!(account_mails(&app).await, 1);
    app.run_jobs_with_retries().await;
    let received = server.received();
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!(received[0].to, "ada@example.org");
    assert!(received[0].data.contains("/verify-email?token="));
    assert_eq!(app.messages(MessageKind::Confirmation).await.len(), 1);
}
