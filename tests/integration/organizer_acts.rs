//! What organizers do to the participants of a competition: cancel, promote and notify many at once, and add one.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        AuditAction, CompetitionId, CompetitionStatus, CompetitionView, Language, MessageKind,
        RegistrationId, RegistrationStatus, Role,
        forms::{AuditFilter, CompetitionPatch, Paging},
    },
    store::entity::{message, outbox_job, registration, user},
};
use reqwest::{Method, StatusCode};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, Reply, TableSnapshot},
    on_both_backends,
};

mod additions;
mod people_page;
mod undo;

on_both_backends!(
    cancelled_registrations_give_their_seats_to_the_waitlist_and_are_told_why,
    a_dry_run_says_what_would_happen_and_changes_nothing,
    the_same_key_acts_once_and_another_request_is_refused,
    a_registration_that_is_cancelled_with_its_head_of_the_waitlist_promotes_nobody_of_both,
    a_free_seat_goes_out_of_turn_to_whom_the_organizer_chooses,
    of_two_who_promote_the_last_seat_one_wins,
    a_confirmation_is_written_again_for_those_with_a_seat,
    registrations_of_other_competitions_are_not_found,
    only_the_organizer_and_administrators_act,
    an_act_is_bounded_and_audited,
);

/// Returns the organizer of a competition.
fn organizer(competition: &CompetitionView) -> Actor {
    Actor {
        email_confirmed: true,
        ..Actor::new(competition.organizer_id, Role::Organizer)
    }
}

/// Returns a client of the organizer.
async fn organizer_client(app: &App, competition: &CompetitionView) -> Client {
    let token = app.token(organizer(competition)).await;
    app.client().with_token(token)
}

/// Registers participants one after the other, and returns their registrations in this order.
async fn register_in_order(
    app: &App,
    participants: &[Actor],
    competition: CompetitionId,
) -> Vec<RegistrationId> {
    for participant in participants {
        app.register_all(std::slice::from_ref(participant), competition)
            .await;
    }
    let mut ids = Vec::new();
    for participant in participants {
        let row = registration::Entity::find()
            .filter(registration::Column::UserId.eq(participant.id))
            .filter(registration::Column::CompetitionId.eq(competition))
            .one(app.database.read())
            .await;
        ids.push(row.unwrap().unwrap().id);
    }
    ids
}

async fn act(client: &Client, competition: CompetitionId, body: &Value) -> Reply {
    let path = format!("/api/v1/competitions/{competition}/registrations/bulk");
    client.post_json(&path, body).await
}

async fn act_with_key(
    client: &Client,
    competition: CompetitionId,
    key: &str,
    body: &Value,
) -> Reply {
    let path = format!("/api/v1/competitions/{competition}/registrations/bulk");
    let request = client.request(Method::POST, &path);
    let request = request.header("idempotency-key", key).json(body);
    client.send(request).await
}

async fn status(app: &App, id: RegistrationId) -> RegistrationStatus {
    let row = registration::Entity::find_by_id(id).one(app.database.read());
    row.await.unwrap().unwrap().status
}

async fn messages_about(app: &App, id: RegistrationId) -> Vec<message::Model> {
    message::Entity::find()
        .filter(message::Column::RegistrationId.eq(id))
        .order_by_asc(message::Column::CreatedAt)
        .order_by_asc(message::Column::Id)
        .all(app.database.read())
        .await
        .unwrap()
}

/// Lets the competition begin, so that its waitlist is not promoted any more.
fn begin(app: &App) {
    app.clock.advance(TimeDelta::days(9));
}

/// Returns the outcomes of a reply in the order of the request.
fn outcomes(reply: &Reply) -> Vec<String> {
    let json = reply.json();
    let results = json["results"].as_array().unwrap().iter();
    results
        .map(|item| item["outcome"].as_str().unwrap().to_owned())
        .collect()
}

async fn cancelled_registrations_give_their_seats_to_the_waitlist_and_are_told_why(app: App) {
    let competition = app.competition(3, true).await;
    let people = app.participants(5).await;
    let ids = register_in_order(&app, &people, competition.id).await;
    app.run_open_jobs().await;
    user::Entity::update_many()
        .col_expr(user::Column::Language, Expr::value(Language::German))
        .filter(user::Column::Id.eq(people[0].id))
        .exec(app.database.write())
        .await
        .unwrap();

    let client = organizer_client(&app, &competition).await;
    let body =
        json!({ "action": "CANCEL", "ids": [ids[0], ids[1]], "reason": " Twice on the list. " });
    let reply = act(&client, competition.id, &body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let result = reply.json();
    assert_eq!(outcomes(&reply), ["DONE", "DONE"]);
    assert_eq!(result["results"][0]["registrationId"], json!(ids[0]));
    assert_eq!(
        [
            &result["done"],
            &result["promoted"],
            &result["seatsLeft"],
            &result["waitlisted"]
        ],
        [&json!(2), &json!(2), &json!(0), &json!(0)]
    );
    app.assert_seat_invariant().await;
    app.run_open_jobs().await;
    for (id, expected) in ids.iter().zip([
        RegistrationStatus::Cancelled,
        RegistrationStatus::Cancelled,
        RegistrationStatus::Confirmed,
        RegistrationStatus::Confirmed,
        RegistrationStatus::Confirmed,
    ]) {
        assert_eq!(status(&app, *id).await, expected);
    }
    let told = messages_about(&app, ids[0]).await.pop().unwrap();
    assert_eq!(told.kind, MessageKind::Cancellation);
    assert!(
        told.body.contains("Grund: Twice on the list."),
        "{}",
        told.body
    );
    let told = messages_about(&app, ids[1]).await.pop().unwrap();
    assert!(
        told.body
            .contains("The organizer has cancelled your registration")
    );
    assert!(told.body.contains("Reason: Twice on the list."));
    let promoted = messages_about(&app, ids[3]).await.pop().unwrap();
    assert_eq!(promoted.kind, MessageKind::Promotion);

    let again = act(&client, competition.id, &body).await;
    assert_eq!(outcomes(&again), ["UNCHANGED", "UNCHANGED"]);
    assert_eq!(again.json()["done"], 0);
    app.run_open_jobs().await;
    assert_eq!(app.messages(MessageKind::Cancellation).await.len(), 2);
}

async fn a_dry_run_says_what_would_happen_and_changes_nothing(app: App) {
    let competition = app.competition(2, true).await;
    let ids = register_in_order(&app, &app.participants(3).await, competition.id).await;
    app.run_open_jobs().await;
    let client = organizer_client(&app, &competition).await;
    let body = |dry: bool| json!({ "action": "CANCEL", "ids": &ids[..2], "dryRun": dry });
    let before = app
        .services
        .competitions
        .get(competition.id, Some(organizer(&competition)));
    let version = before.await.unwrap().version;

    let reply = act_with_key(&client, competition.id, "k", &body(true)).await;
    let preview = reply.json();
    assert_eq!(
        [
            &preview["dryRun"],
            &preview["done"],
            &preview["promoted"],
            &preview["seatsLeft"]
        ],
        [&json!(true), &json!(2), &json!(1), &json!(1)]
    );
    let after = app
        .services
        .competitions
        .get(competition.id, Some(organizer(&competition)));
    assert_eq!(after.await.unwrap().version, version);
    assert_eq!(status(&app, ids[0]).await, RegistrationStatus::Confirmed);
    assert_eq!(app.open_jobs().await, 0);

    // The key is as good as new, and what was said comes true.
    let reply = act_with_key(&client, competition.id, "k", &body(false)).await;
    let mut expected = preview.clone();
    expected["dryRun"] = json!(false);
    assert_eq!(reply.json(), expected);
    app.assert_seat_invariant().await;
}

async fn the_same_key_acts_once_and_another_request_is_refused(app: App) {
    let competition = app.competition(2, false).await;
    let ids = register_in_order(&app, &app.participants(2).await, competition.id).await;
    let client = organizer_client(&app, &competition).await;
    let body = json!({ "action": "CANCEL", "ids": [ids[0]] });
    let first = act_with_key(&client, competition.id, "once", &body).await;
    let again = act_with_key(&client, competition.id, "once", &body).await;
    assert_eq!(first.text, again.text, "byte for byte");
    assert_eq!(outcomes(&again), ["DONE"]);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = json!({ "action": "CANCEL", "ids": [ids[1]] });
    let reused = act_with_key(&client, competition.id, "once", &other).await;
    assert_eq!(reused.problem(), "idempotency-key-reused");
    assert!(status(&app, ids[1]).await.is_live());
    // A key belongs to an account, whatever it was used for.
    let registered = client.register(competition.id, "once").await;
    assert_eq!(registered.problem(), "idempotency-key-reused");
}

async fn a_registration_that_is_cancelled_with_its_head_of_the_waitlist_promotes_nobody_of_both(
    app: App,
) {
    let competition = app.competition(1, true).await;
    let ids = register_in_order(&app, &app.participants(3).await, competition.id).await;
    app.run_open_jobs().await;
    let client = organizer_client(&app, &competition).await;
    let body = json!({ "action": "CANCEL", "ids": [ids[0], ids[1]] });
    let reply = act(&client, competition.id, &body).await;
    assert_eq!(reply.json()["promoted"], 1);
    app.run_open_jobs().await;
    let kinds = |messages: Vec<message::Model>| messages.into_iter().map(|m| m.kind).collect();
    let of_head: Vec<_> = kinds(messages_about(&app, ids[1]).await);
    assert_eq!(of_head, [MessageKind::Waitlist, MessageKind::Cancellation]);
    assert_eq!(status(&app, ids[2]).await, RegistrationStatus::Confirmed);
}

async fn a_free_seat_goes_out_of_turn_to_whom_the_organizer_chooses(app: App) {
    let competition = app.competition(1, true).await;
    let ids = register_in_order(&app, &app.participants(4).await, competition.id).await;
    let client = organizer_client(&app, &competition).await;
    let promote = json!({ "action": "PROMOTE", "ids": [ids[3], ids[2], ids[0]] });
    let full = act(&client, competition.id, &promote).await;
    assert_eq!(
        outcomes(&full),
        ["COMPETITION_FULL", "COMPETITION_FULL", "UNCHANGED"]
    );
    // Before the start, a seat that becomes free belongs to the head of the waitlist.
    begin(&app);
    // Tokens last a quarter of an hour.
    let client = organizer_client(&app, &competition).await;
    let cancel = json!({ "action": "CANCEL", "ids": [ids[0]] });
    let freed = act(&client, competition.id, &cancel).await;
    assert_eq!(
        [&freed.json()["promoted"], &freed.json()["seatsLeft"]],
        [&json!(0), &json!(1)]
    );
    let reply = act(&client, competition.id, &promote).await;
    assert_eq!(outcomes(&reply), ["DONE", "COMPETITION_FULL", "CANCELLED"]);
    assert_eq!(reply.json()["refused"], 2);
    app.run_open_jobs().await;
    assert_eq!(status(&app, ids[3]).await, RegistrationStatus::Confirmed);
    assert_eq!(status(&app, ids[1]).await, RegistrationStatus::Waitlisted);
    TableSnapshot::read(&app.database).await.assert_seats();
}

async fn of_two_who_promote_the_last_seat_one_wins(app: App) {
    let competition = app.competition(1, true).await;
    let ids = register_in_order(&app, &app.participants(7).await, competition.id).await;
    begin(&app);
    let client = organizer_client(&app, &competition).await;
    act(
        &client,
        competition.id,
        &json!({ "action": "CANCEL", "ids": [ids[0]] }),
    )
    .await;
    let promotions = ids[1..].iter().map(|id| {
        let (client, body) = (client.clone(), json!({ "action": "PROMOTE", "ids": [id] }));
        let id = competition.id;
        async move { act(&client, id, &body).await }
    });
    let replies = futures::future::join_all(promotions).await;
    let mut said: Vec<_> = replies.iter().flat_map(outcomes).collect();
    said.sort();
    assert_eq!(said[5], "DONE");
    assert!(
        said[..5].iter().all(|it| it == "COMPETITION_FULL"),
        "{said:?}"
    );
    let tables = TableSnapshot::read(&app.database).await;
    assert_eq!(tables.assert_seats(), 1);
}

async fn a_confirmation_is_written_again_for_those_with_a_seat(app: App) {
    let competition = app.competition(1, true).await;
    let ids = register_in_order(&app, &app.participants(2).await, competition.id).await;
    app.run_open_jobs().await;
    let client = organizer_client(&app, &competition).await;
    let body = json!({ "action": "RESEND", "ids": ids });
    let reply = act(&client, competition.id, &body).await;
    assert_eq!(outcomes(&reply), ["DONE", "NO_SEAT"]);
    app.run_open_jobs().await;
    let written = messages_about(&app, ids[0]).await;
    let kinds: Vec<_> = written.iter().map(|message| message.kind).collect();
    assert_eq!(kinds, [MessageKind::Confirmation; 2]);
    assert_eq!(written[0].body, written[1].body);
    // What is not true any more is not written again.
    act(&client, competition.id, &body).await;
    act(
        &client,
        competition.id,
        &json!({ "action": "CANCEL", "ids": [ids[0]] }),
    )
    .await;
    app.run_open_jobs().await;
    let last = messages_about(&app, ids[0]).await.pop().unwrap();
    assert_eq!(last.kind, MessageKind::Cancellation);
}

async fn registrations_of_other_competitions_are_not_found(app: App) {
    let competition = app.competition(2, false).await;
    let other = app.competition(2, false).await;
    let person = app.participants(1).await;
    let theirs = register_in_order(&app, &person, other.id).await;
    let client = organizer_client(&app, &competition).await;
    for action in ["CANCEL", "PROMOTE", "RESEND"] {
        let body = json!({ "action": action, "ids": [theirs[0], RegistrationId::new()] });
        let reply = act(&client, competition.id, &body).await;
        assert_eq!(outcomes(&reply), ["NOT_FOUND", "NOT_FOUND"], "{action}");
        assert_eq!(reply.json()["refused"], 2);
    }
    assert!(status(&app, theirs[0]).await.is_live());
}

async fn only_the_organizer_and_administrators_act(app: App) {
    let competition = app.competition(2, false).await;
    let ids = register_in_order(&app, &app.participants(1).await, competition.id).await;
    let body = json!({ "action": "CANCEL", "ids": ids });
    let anonymous = act(&app.client(), competition.id, &body).await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    let stranger = app.account("Other Organizer", Role::Organizer).await;
    let token = app.token(Actor::from(&stranger)).await;
    let stranger = app.client().with_token(token);
    assert_eq!(
        act(&stranger, competition.id, &body).await.problem(),
        "forbidden"
    );
    let path = format!("/api/v1/competitions/{}/participants", competition.id);
    let person = json!({ "email": "ada@example.org", "name": "Ada" });
    assert_eq!(
        stranger.post_json(&path, &person).await.problem(),
        "forbidden"
    );
    let client = organizer_client(&app, &competition).await;
    let nowhere = act(&client, CompetitionId::new(), &body).await;
    assert_eq!(nowhere.problem(), "not-found");
    assert!(status(&app, ids[0]).await.is_live());
    let admin = app.account("Root", Role::Admin).await;
    let token = app.token(Actor::from(&admin)).await;
    let reply = act(&app.client().with_token(token), competition.id, &body).await;
    assert_eq!(outcomes(&reply), ["DONE"]);
}

async fn an_act_is_bounded_and_audited(app: App) {
    let competition = app.competition(2, false).await;
    let ids = register_in_order(&app, &app.participants(1).await, competition.id).await;
    let client = organizer_client(&app, &competition).await;
    let many: Vec<_> = (0..1_001).map(|_| RegistrationId::new()).collect();
    for wrong in [
        json!({ "action": "CANCEL", "ids": [] }),
        json!({ "action": "CANCEL", "ids": many }),
        json!({ "action": "CANCEL", "ids": ids, "reason": "x".repeat(501) }),
        json!({ "action": "CANCEL", "ids": ["no id"] }),
        json!({ "action": "DELETE", "ids": ids }),
        json!({ "action": "CANCEL", "ids": ids, "more": 1 }),
    ] {
        let reply = act(&client, competition.id, &wrong).await;
        assert_eq!(reply.problem(), "invalid-fields", "{wrong}");
    }
    let most = json!({ "action": "CANCEL", "ids": &many[1..], "reason": "é".repeat(500) });
    let reply = act(&client, competition.id, &most).await;
    assert_eq!(reply.json()["refused"], 1_000, "{}", reply.text);
    act(
        &client,
        competition.id,
        &json!({ "action": "CANCEL", "ids": ids, "reason": "Rules & fairness" }),
    )
    .await;
    let filter = AuditFilter {
        action: Some(AuditAction::RegistrationsCancel),
        ..AuditFilter::default()
    };
    let audit = &app.services.audit;
    let page = audit.of_competition(
        organizer(&competition),
        competition.id,
        filter,
        Paging::new(None, None, 20),
    );
    let events = page.await.unwrap().items;
    assert_eq!(events.len(), 1, "an act that did nothing is no event");
    let expected = json!({
        "act": "CANCEL",
        "done": 1,
        "promoted": 0,
        "reason": "Rules & fairness",
        "registrations": ids,
    });
    assert_eq!(events[0].detail, expected);
    // Neither promotions nor confirmations make sense in a draft or a cancelled competition.
    let patch = CompetitionPatch {
        status: Some(CompetitionStatus::Cancelled),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    let cancelled = competitions.edit(organizer(&competition), competition.id, patch, None);
    cancelled.await.unwrap();
    for action in ["PROMOTE", "RESEND"] {
        let body = json!({ "action": action, "ids": ids });
        let reply = act(&client, competition.id, &body).await;
        assert_eq!(reply.problem(), "registration-closed", "{action}");
    }
}

/// Counts the jobs that send mail about an account.
async fn account_mails(app: &App) -> u64 {
    outbox_job::Entity::find()
        .filter(outbox_job::Column::Kind.eq("account-mail"))
        .count(app.database.read())
        .await
        .unwrap()
}
