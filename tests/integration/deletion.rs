//! Deleting a competition: no query finds it any more, and its rows are removed in chunks.

use std::{collections::HashSet, time::Duration};

use mini_compete::{
    domain::Actor,
    jobs::Queues,
    model::{
        CompetitionId, CompetitionView, DomainError, IdempotencyKey, MessageKind, Role,
        forms::{CompetitionFilter, Paging},
    },
    ops::Clock,
    store::entity::{competition, message, registration},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Statement};

use crate::{
    harness::{App, Backend, Program, Storage, process::Server, spawn_app_with_clock, wait_until},
    on_both_backends,
};

on_both_backends!(
    a_competition_with_100_000_registrations_is_deleted_at_once_and_delays_no_request,
    a_deleted_competition_is_not_found_before_its_rows_are_removed,
    participants_of_a_future_competition_get_one_message_and_keep_every_message,
    the_deletion_of_an_ended_competition_writes_no_message,
    jobs_about_a_deleted_competition_write_no_outdated_message,
);

/// Returns the organizer of a competition.
fn organizer(competition: &CompetitionView) -> Actor {
    Actor {
        email_confirmed: true,
        ..Actor::new(competition.organizer_id, Role::Organizer)
    }
}

/// Deletes a competition as its organizer.
async fn delete(app: &App, competition: &CompetitionView) {
    let competitions = &app.services.competitions;
    competitions
        .delete(organizer(competition), competition.id, None)
        .await
        .unwrap();
}

/// Counts the registrations for a competition.
async fn registrations_of(app: &App, id: CompetitionId) -> u64 {
    registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(id))
        .count(app.database().read())
        .await
        .unwrap()
}

/// Returns the number of competitions whose counters and registrations disagree.
async fn drifting(app: &App) -> i64 {
    let sql = "SELECT COUNT(*) FROM competitions c WHERE c.capacity - c.seats_left <> \
               (SELECT COUNT(*) FROM registrations r WHERE r.competition_id = c.id \
                AND r.status IN ('PENDING', 'CONFIRMED'))";
    let statement = Statement::from_string(app.database().backend(), sql);
    let row = app
        .database()
        .read()
        .query_one_raw(statement)
        .await
        .unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

/// Reads the row of a competition, if it is still there.
async fn row_of(app: &App, id: CompetitionId) -> Option<competition::Model> {
    competition::Entity::find_by_id(id)
        .one(app.database().read())
        .await
        .unwrap()
}

async fn a_competition_with_100_000_registrations_is_deleted_at_once_and_delays_no_request(
    app: App,
) {
    let count = 100_000;
    let competition = app.competition(100_000, false).await;
    app.insert_confirmed_registrations(competition.id, count)
        .await;
    let other = app.competition(10_000, false).await;
    let participants = app.participants(200).await;
    let token = app.token(organizer(&competition)).await;
    let client = app.client().with_token(token);

    let path = format!("/api/v1/competitions/{}", competition.id);
    let start = std::time::Instant::now();
    let reply = client.send(client.request(Method::DELETE, &path)).await;
    let response_time = start.elapsed();
    assert_eq!(reply.status, 204, "{reply:?}");
    assert!(response_time < Duration::from_secs(5), "{response_time:?}");
    assert_eq!(client.get(&path).await.status, 404);

    let worker = app.worker();
    let removing = tokio::spawn(async move { while worker.tick().await.unwrap() > 0 {} });
    let (mut registered, mut slowest) = (0, Duration::ZERO);
    for participant in participants {
        let key = IdempotencyKey::mint();
        let registration_start = std::time::Instant::now();
        let reply = app
            .services
            .registrations
            .register(participant, other.id, &key);
        assert_eq!(reply.await.unwrap().response().status, 201);
        slowest = slowest.max(registration_start.elapsed());
        registered += 1;
        if registered % 20 == 0 {
            assert_eq!(drifting(&app).await, 0, "the seat invariant holds");
        }
    }
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    assert!(
        registrations_of(&app, competition.id).await > 0,
        "the registrations took place while rows were removed"
    );
    removing.await.unwrap();
    app.run_jobs_with_retries().await;
    eprintln!(
        "100,000 registrations: response after {response_time:?}, removed after {:?}, slowest registration \
         meanwhile {slowest:?} ({:?})",
        start.elapsed(),
        app.storage.backend
    );
    assert_eq!(registrations_of(&app, competition.id).await, 0);
    assert_eq!(row_of(&app, competition.id).await, None);
    let messages = app.messages(MessageKind::Cancellation).await;
    let owners: HashSet<_> = messages.iter().map(|message| message.user_id).collect();
    assert_eq!((messages.len(), owners.len()), (count, count));
    assert!(app.failed_jobs().await.is_empty());
    app.assert_seat_invariant().await;
}

async fn a_deleted_competition_is_not_found_before_its_rows_are_removed(app: App) {
    let competition = app.competition(5, false).await;
    let participant = app.participants(1).await[0];
    app.register_all(&[participant], competition.id).await;
    app.run_jobs_with_retries().await;
    let registrations = &app.services.registrations;
    let live = registrations
        .live(participant, competition.id)
        .await
        .unwrap();
    let registration_id = live.unwrap().registration_id;
    delete(&app, &competition).await;
    assert!(
        row_of(&app, competition.id).await.is_some(),
        "the row is not removed yet"
    );

    let below = |path: &str| format!("/api/v1/competitions/{}{path}", competition.id);
    let owner = app
        .client()
        .with_token(app.token(organizer(&competition)).await);
    let participants_client = app.client().with_token(app.token(participant).await);
    for (client, method, path) in [
        (&owner, Method::GET, below("")),
        (&owner, Method::PATCH, below("")),
        (&owner, Method::DELETE, below("")),
        (&owner, Method::GET, below("/registrations")),
        (&owner, Method::GET, below("/events")),
        (&participants_client, Method::GET, below("")),
        (
            &participants_client,
            Method::GET,
            format!("/api/v1/registrations/{registration_id}"),
        ),
        (
            &participants_client,
            Method::DELETE,
            format!("/api/v1/registrations/{registration_id}"),
        ),
    ] {
        let mut request = client.request(method.clone(), &path);
        if method == Method::PATCH {
            request = request.json(&serde_json::json!({ "title": "New" }));
        }
        let reply = client.send(request).await;
        assert_eq!(reply.status, 404, "{method} {path}");
    }
    for path in [
        format!("/competitions/{}", competition.id),
        format!("/competitions/{}/calendar.ics", competition.id),
    ] {
        assert_eq!(app.client().get(&path).await.status, 404, "{path}");
    }
    let late = app
        .client()
        .with_token(app.token(app.participants(1).await[0]).await);
    assert_eq!(late.register(competition.id, "late").await.status, 404);

    let total = |reply: crate::harness::Reply| reply.json()["total"].clone();
    let found = total(app.client().get("/api/v1/competitions?search=sprint").await);
    assert_eq!(found, 0);
    assert_eq!(
        total(participants_client.get("/api/v1/me/registrations").await),
        0
    );
    let paging = Paging {
        page: 1,
        per_page: 50,
    };
    let competitions = &app.services.competitions;
    let own = competitions
        .mine(
            organizer(&competition),
            &CompetitionFilter::default(),
            paging,
        )
        .await;
    assert_eq!(own.unwrap().total, 0);
    assert!(competitions.featured(5).await.unwrap().is_empty());
    assert!(competitions.tags(5).await.unwrap().is_empty());
    let overview = app.services.reports.overview(organizer(&competition)).await;
    assert_eq!(overview.unwrap(), Default::default());
    let key = IdempotencyKey::mint();
    let refused = registrations.register(participant, competition.id, &key);
    let reply = refused.await.unwrap();
    let outcome = reply.outcome().unwrap();
    assert_eq!(outcome.registration(), Err(&DomainError::NotFound));
}

async fn participants_of_a_future_competition_get_one_message_and_keep_every_message(app: App) {
    let competition = app.competition(700, true).await;
    let participants = app.participants(702).await;
    app.register_all(&participants[..701], competition.id).await;
    app.register_all(&participants[701..], competition.id).await;
    let registrations = &app.services.registrations;
    let first = registrations
        .live(participants[0], competition.id)
        .await
        .unwrap();
    let first = first.unwrap().registration_id;
    registrations.cancel(participants[0], first).await.unwrap();
    app.run_jobs_with_retries().await;
    let before = message::Entity::find().count(app.database().read()).await;

    delete(&app, &competition).await;
    app.run_jobs_with_retries().await;
    assert_eq!(row_of(&app, competition.id).await, None);
    assert_eq!(registrations_of(&app, competition.id).await, 0);
    let messages = app.messages(MessageKind::Cancellation).await;
    let about_deletion = messages
        .iter()
        .filter(|message| message.subject == "Cancelled: Spring Sprint");
    let owners: Vec<_> = about_deletion.map(|message| message.user_id).collect();
    let distinct: HashSet<_> = owners.iter().copied().collect();
    assert_eq!(
        (owners.len(), distinct.len()),
        (701, 701),
        "the waitlist is included"
    );
    assert!(
        !distinct.contains(&participants[0].id),
        "the participant who cancelled gets no message"
    );
    let after = message::Entity::find().count(app.database().read()).await;
    assert_eq!(after.unwrap(), before.unwrap() + 701);
    assert!(app.failed_jobs().await.is_empty());
}

async fn the_deletion_of_an_ended_competition_writes_no_message(app: App) {
    let competition = app.competition(5, false).await;
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    app.run_jobs_with_retries().await;
    app.clock.advance(chrono::TimeDelta::days(9));
    delete(&app, &competition).await;
    app.run_jobs_with_retries().await;
    assert_eq!(row_of(&app, competition.id).await, None);
    assert!(app.messages(MessageKind::Cancellation).await.is_empty());
}

async fn jobs_about_a_deleted_competition_write_no_outdated_message(app: App) {
    let competition = app.competition(1, true).await;
    let participants = app.participants(2).await;
    // No message is written yet: the jobs of a confirmation and of a waitlist position are open.
    app.register_all(&participants[..1], competition.id).await;
    app.register_all(&participants[1..], competition.id).await;
    delete(&app, &competition).await;
    app.run_jobs_with_retries().await;
    assert!(app.messages(MessageKind::Confirmation).await.is_empty());
    assert!(app.messages(MessageKind::Waitlist).await.is_empty());
    assert_eq!(app.messages(MessageKind::Cancellation).await.len(), 2);
    assert!(app.failed_jobs().await.is_empty());
}

/// Waits until the competition is removed, and asserts that no registration is left and that each participant
/// got one message.
async fn assert_removed(app: &App, competition: CompetitionId, participants: usize) {
    wait_until("the competition is removed", || async {
        row_of(app, competition).await.is_none()
    })
    .await;
    assert_eq!(registrations_of(app, competition).await, 0);
    let messages = app.messages(MessageKind::Cancellation).await;
    let owners: HashSet<_> = messages.iter().map(|m| m.user_id).collect();
    assert_eq!((messages.len(), owners.len()), (participants, participants));
    assert!(app.failed_jobs().await.is_empty());
}

/// Kills a worker at a failpoint, and asserts that the next worker completes the deletion.
async fn kill_worker_at(failpoint: &str) {
    let storage = Storage::create(Backend::Postgres).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    let competition = app.competition(1_300, false).await;
    app.insert_confirmed_registrations(competition.id, 1_300)
        .await;
    delete(&app, &competition).await;
    let mut killed = Program::worker(&app.storage, Some(failpoint));
    killed.wait_for_log("failpoint reached").await;
    killed.kill().await;
    let next = Program::worker(&app.storage, None);
    assert_removed(&app, competition.id, 1_300).await;
    let depth = app.ports.queue.depth(Queues::REMINDER).await.unwrap();
    assert_eq!(depth.total(), 0);
    assert!(next.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_continues_after_a_worker_is_killed_within_a_chunk() {
    kill_worker_at("in-handler").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_continues_after_a_worker_is_killed_between_two_chunks() {
    kill_worker_at("before-ack").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_on_sqlite_continues_a_deletion_after_a_restart() {
    let storage = Storage::create(Backend::Sqlite).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    let competition = app.competition(20_000, false).await;
    app.insert_confirmed_registrations(competition.id, 20_000)
        .await;
    delete(&app, &competition).await;
    let database = app.database().clone();
    let storage = app.shut_down().await;
    drop(database);

    let mut server = Server::start(&storage, &[]).await;
    let database =
        mini_compete::store::Database::connect(&storage.database_url.parse().unwrap(), 1)
            .await
            .unwrap();
    let remaining = || async {
        registration::Entity::find()
            .count(database.read())
            .await
            .unwrap()
    };
    wait_until("some rows are removed", || async {
        (1..20_000).contains(&remaining().await)
    })
    .await;
    server.kill();
    let at_kill = remaining().await;
    assert!(at_kill > 0, "the server was killed during the deletion");
    server.start_again().await;
    wait_until("every registration is removed", || async {
        remaining().await == 0
    })
    .await;
    wait_until("the competition is removed", || async {
        competition::Entity::find()
            .count(database.read())
            .await
            .unwrap()
            == 0
    })
    .await;
    let messages = message::Entity::find().count(database.read());
    assert_eq!(messages.await.unwrap(), 20_000);
}
