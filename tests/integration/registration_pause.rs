//! The pause of registration: nobody gets a seat after its commit, and everything else goes on.

use std::time::Duration;

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        AuditAction, CompetitionId, CompetitionStatus, CompetitionView, IdempotencyKey, Phase,
        Role, UserView,
        forms::{CompetitionInput, CompetitionPatch},
    },
    ops::Clock,
    store::entity::audit_event,
};
use reqwest::{Method, StatusCode};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::{
    harness::{
        App, Backend, Client, Clients, Reply, Storage, draft_of, spawn_app_with_clock, wait_until,
    },
    on_both_backends,
};

on_both_backends!(
    registering_during_a_pause_is_refused_and_the_same_key_gets_a_seat_after_it,
    replays_cancellations_and_promotions_go_on_during_a_pause,
    nobody_gets_a_seat_once_the_pause_is_answered,
    the_owner_and_administrators_pause_and_each_change_is_audited_once,
    what_nobody_could_register_for_can_not_be_paused,
    a_pause_is_seen_in_the_view_the_entity_tag_and_the_page,
    a_pause_conflicts_with_no_edit,
    an_organizer_pauses_and_resumes_on_the_page_without_javascript,
);

/// A competition with its organizer.
struct Setup {
    organizer: UserView,
    competition: CompetitionView,
    clients: Clients,
}

async fn set_up(app: &App, capacity: i64, waitlist: bool) -> Setup {
    let organizer = app.account("Olga", Role::Organizer).await;
    Setup {
        competition: app.competition_of(&organizer, capacity, waitlist).await,
        clients: Clients::log_in(app, &organizer).await,
        organizer,
    }
}

async fn send(client: &Client, id: CompetitionId, action: &str) -> Reply {
    let path = format!("/api/v1/competitions/{id}/{action}");
    client.send(client.request(Method::POST, &path)).await
}

async fn pause(client: &Client, id: CompetitionId) {
    let reply = send(client, id, "pause").await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
}

async fn resume(client: &Client, id: CompetitionId) {
    let reply = send(client, id, "resume").await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
}

/// Returns the API client of a new participant.
async fn participant(app: &App) -> Client {
    let actor = app.participants(1).await[0];
    app.client().with_token(app.token(actor).await)
}

async fn registering_during_a_pause_is_refused_and_the_same_key_gets_a_seat_after_it(app: App) {
    let setup = set_up(&app, 5, true).await;
    let id = setup.competition.id;
    pause(&setup.clients.api, id).await;
    let client = participant(&app).await;
    for _ in 0..2 {
        let refused = client.register(id, "one-press").await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!(refused.json()["type"], "/problems/registration-paused");
        assert_eq!(refused.header("retry-after"), Some("10"));
        assert_eq!(refused.header("idempotency-replayed"), None);
    }
    assert_eq!(app.assert_seat_invariant().await, 0);
    resume(&setup.clients.api, id).await;
    let seat = client.register(id, "one-press").await;
    assert_eq!(seat.status, StatusCode::CREATED, "{}", seat.text);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn replays_cancellations_and_promotions_go_on_during_a_pause(app: App) {
    let setup = set_up(&app, 1, true).await;
    let id = setup.competition.id;
    let (seated, waiting) = (participant(&app).await, participant(&app).await);
    let seat = seated.register(id, "a").await;
    let place = waiting.register(id, "b").await;
    assert_eq!(place.json()["status"], "WAITLISTED");
    pause(&setup.clients.api, id).await;
    let again = seated.register(id, "a").await;
    assert_eq!(
        (again.status, &again.text),
        (StatusCode::CREATED, &seat.text)
    );
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let seat_id = seat.json()["registrationId"].as_str().unwrap().to_owned();
    let cancelled = seated.cancel(&seat_id).await;
    assert_eq!(cancelled.status, StatusCode::NO_CONTENT);
    let place_id = place.json()["registrationId"].as_str().unwrap().to_owned();
    let promoted = waiting
        .get(&format!("/api/v1/registrations/{place_id}"))
        .await;
    assert_eq!(promoted.json()["status"], "PENDING");
    app.run_open_jobs().await;
    assert_eq!(app.assert_seat_invariant().await, 1);
}

/// Participants register one after the other, several at a time. When the pause is answered, the number of seats is
/// final, whatever was on its way.
async fn nobody_gets_a_seat_once_the_pause_is_answered(app: App) {
    let setup = set_up(&app, 5_000, true).await;
    let id = setup.competition.id;
    let participants = app.participants(1_200).await;
    let services = app.services.clone();
    let load = tokio::spawn(async move {
        let mut refused = 0;
        for some in participants.chunks(8) {
            let replies = some.iter().map(|participant| {
                let (participant, registrations) = (*participant, &services.registrations);
                let key = IdempotencyKey::mint();
                async move { registrations.register(participant, id, &key).await.is_err() }
            });
            let replies = futures::future::join_all(replies).await;
            refused += replies.into_iter().filter(|refused| *refused).count();
        }
        refused
    });
    let taken = async || {
        let view = app.services.competitions.get(id, None).await.unwrap();
        (view.capacity - view.seats_left) as usize
    };
    wait_until("seats are taken", async || taken().await > 40).await;
    pause(&setup.clients.api, id).await;
    let at_the_pause = taken().await;
    let refused = load.await.unwrap();
    let seats = usize::try_from(app.assert_seat_invariant().await).unwrap();
    assert_eq!(seats, at_the_pause);
    assert_eq!(seats + refused, 1_200);
    assert!(refused > 0, "the pause came while participants registered");
}

async fn the_owner_and_administrators_pause_and_each_change_is_audited_once(app: App) {
    let setup = set_up(&app, 5, false).await;
    let id = setup.competition.id;
    for role in [Role::Participant, Role::Organizer] {
        let stranger = app.account(&format!("Stranger {role}"), role).await;
        let clients = Clients::log_in(&app, &stranger).await;
        for action in ["pause", "resume"] {
            let reply = send(&clients.api, id, action).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{role} {action}");
        }
    }
    let anonymous = send(&app.client(), id, "pause").await;
    assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    let missing = send(&setup.clients.api, CompetitionId::new(), "pause").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let admin = app.account("Ada", Role::Admin).await;
    let admin = Clients::log_in(&app, &admin).await;
    // A repeat changes nothing.
    for client in [&setup.clients.api, &admin.api] {
        pause(client, id).await;
    }
    for client in [&admin.api, &setup.clients.api] {
        resume(client, id).await;
    }
    for action in [
        AuditAction::RegistrationPause,
        AuditAction::RegistrationResume,
    ] {
        let events = audit_event::Entity::find()
            .filter(audit_event::Column::Action.eq(action))
            .filter(audit_event::Column::SubjectId.eq(id.0))
            .count(app.database.read())
            .await
            .unwrap();
        assert_eq!(events, 1, "{action}");
    }
}

async fn what_nobody_could_register_for_can_not_be_paused(app: App) {
    let setup = set_up(&app, 5, false).await;
    let draft = draft_of(&app, &setup.organizer).await;
    let refused = async |id| {
        let reply = send(&setup.clients.api, id, "pause").await;
        assert_eq!(reply.status, StatusCode::CONFLICT);
        assert_eq!(reply.json()["type"], "/problems/registration-closed");
    };
    refused(draft.id).await;
    let id = setup.competition.id;
    pause(&setup.clients.api, id).await;
    app.clock.advance(TimeDelta::days(7));
    let clients = Clients::log_in(&app, &setup.organizer).await;
    let view = app
        .client()
        .get(&format!("/api/v1/competitions/{id}"))
        .await;
    assert_eq!(view.json()["phase"], "CLOSED");
    // Its end does not depend on the deadline.
    resume(&clients.api, id).await;
    let reply = send(&clients.api, id, "pause").await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
}

async fn a_pause_is_seen_in_the_view_the_entity_tag_and_the_page(app: App) {
    let setup = set_up(&app, 5, true).await;
    let id = setup.competition.id;
    let (visitor, path) = (app.client(), format!("/api/v1/competitions/{id}"));
    let before = visitor.get(&path).await;
    let page = visitor.get(&format!("/competitions/{id}")).await;
    assert!(page.find("[data-testid=register-form]").is_some());
    pause(&setup.clients.api, id).await;
    let during = visitor.get(&path).await;
    assert_eq!(during.json()["phase"], "PAUSED");
    assert_ne!(during.header("etag"), before.header("etag"));
    let page = visitor.get(&format!("/competitions/{id}")).await;
    assert_eq!(page.find("[data-testid=register-form]"), None);
    assert_eq!(page.find(".competition-head .badge").unwrap(), "Paused");
    assert!(page.text.contains("Registration is paused"));
    let list = async |query: &str| {
        let reply = visitor.get(&format!("/api/v1/competitions?{query}")).await;
        reply.json()["total"].as_u64().unwrap()
    };
    assert_eq!(list("phase=PAUSED").await, 1);
    assert_eq!(list("open=true").await, 0);
    resume(&setup.clients.api, id).await;
    let after = visitor.get(&path).await;
    assert_eq!(after.json()["phase"], "OPEN");
    assert_ne!(after.header("etag"), during.header("etag"));
    assert_eq!(list("phase=PAUSED").await, 0);
    assert_eq!(list("open=true").await, 1);
}

async fn a_pause_conflicts_with_no_edit(app: App) {
    let setup = set_up(&app, 5, true).await;
    let id = setup.competition.id;
    pause(&setup.clients.api, id).await;
    let patch: CompetitionPatch = serde_json::from_value(json!({ "capacity": 6 })).unwrap();
    let organizer = Actor::from(&setup.organizer);
    let competitions = &app.services.competitions;
    let version = Some(setup.competition.version);
    let edited = competitions.edit(organizer, id, patch, version).await;
    let edited = edited.unwrap();
    assert_eq!((edited.capacity, edited.phase), (6, Phase::Paused));
    // A copy is not paused.
    let copy = competitions.duplicate(organizer, id).await.unwrap();
    assert!(!copy.paused);
}

async fn an_organizer_pauses_and_resumes_on_the_page_without_javascript(app: App) {
    let setup = set_up(&app, 5, true).await;
    let (browser, id) = (&setup.clients.browser, setup.competition.id);
    let overview = format!("/organize/{id}");
    let shown = browser.get(&overview).await;
    assert!(shown.find(&format!("a[href='{overview}/pause']")).is_some());
    let question = browser.get(&format!("{overview}/pause")).await;
    assert!(question.text.contains("5 seats are free."));
    let form = question.form("form[action='/act/pause-competition']");
    let paused = browser.submit(&form).await;
    assert!(paused.text.contains("Registration is paused."));
    assert_eq!(paused.find("[data-phase-badge]").unwrap(), "Paused");
    assert!(paused.find("[data-testid=paused]").is_some());
    assert_eq!(paused.find(&format!("a[href='{overview}/pause']")), None);
    let form = paused.form("form[action='/act/resume-competition']");
    let resumed = browser.submit(&form).await;
    assert!(resumed.text.contains("Registration is no longer paused."));
    assert_eq!(resumed.find("[data-phase-badge]").unwrap(), "Open");
    // Where nobody can register anyway, there is no button.
    let cancellation = CompetitionPatch::status(CompetitionStatus::Cancelled);
    let competitions = &app.services.competitions;
    let organizer = Actor::from(&setup.organizer);
    let edit = competitions.edit(organizer, id, cancellation, None);
    edit.await.unwrap();
    let cancelled = browser.get(&overview).await;
    assert_eq!(cancelled.find(&format!("a[href='{overview}/pause']")), None);
}

/// Two processes on one PostgreSQL and one Redis: the pause in one is refused by the other at once, and reaches its
/// streams within a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_reaches_the_streams_of_another_process_within_a_second() {
    let storage = Storage::create(Backend::Postgres).await;
    let first = spawn_app_with_clock(Clock::system(), storage.share(), &[]).await;
    let second = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    let organizer = first.account("Olga", Role::Organizer).await;
    let input = CompetitionInput {
        opens_at: Some(first.clock.now() + TimeDelta::hours(1)),
        ..first.competition_input(5, false)
    };
    let competitions = &first.services.competitions;
    let actor = Actor::from(&organizer);
    let id = competitions.create(actor, input).await.unwrap().id;
    let path = format!("/api/v1/competitions/{id}/events");
    let visitor = second.client();
    let mut stream = visitor.request(Method::GET, &path).send().await.unwrap();
    let mut until = async |phase: &str| {
        let within = tokio::time::timeout(Duration::from_secs(5), async {
            loop {
                let chunk = stream.chunk().await.unwrap().expect("an open stream");
                if String::from_utf8_lossy(&chunk).contains(phase) {
                    return;
                }
            }
        });
        let started_at = std::time::Instant::now();
        within.await.unwrap_or_else(|_| panic!("no {phase}"));
        started_at.elapsed()
    };
    until("OPENS_SOON").await;
    competitions.pause(actor, id).await.unwrap();
    // A pause comes before an opening that lies ahead.
    let client = participant(&second).await;
    let refused = client.register(id, "k").await;
    assert_eq!(refused.json()["type"], "/problems/registration-paused");
    assert!(until("PAUSED").await < Duration::from_secs(1));
    competitions.resume(actor, id).await.unwrap();
    assert!(until("OPENS_SOON").await < Duration::from_secs(1));
}
