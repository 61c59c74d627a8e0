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
    both,
    harness::{App, Backend, Place, Program, process::Server, spawn_app_by, until},
};

both!(
    a_competition_with_100_000_registrations_is_deleted_at_once_and_delays_no_request,
    a_deleted_competition_is_not_found_before_its_rows_are_removed,
    participants_of_a_future_competition_get_one_message_and_keep_every_message,
    the_deletion_of_an_ended_competition_writes_no_message,
    jobs_about_a_deleted_competition_are_done_and_write_nothing_untrue,
);

fn organizer(competition: &CompetitionView) -> Actor {
    Actor {
        id: competition.organizer_id,
        role: Role::Organizer,
        address: None,
    }
}

async fn delete(app: &App, competition: &CompetitionView) {
    let competitions = &app.services.competitions;
    competitions
        .delete(organizer(competition), competition.id, None)
        .await
        .unwrap();
}

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

async fn row_of(app: &App, id: CompetitionId) -> Option<competition::Model> {
    competition::Entity::find_by_id(id)
        .one(app.database().read())
        .await
        .unwrap()
}

async fn a_competition_with_100_000_registrations_is_deleted_at_once_and_delays_no_request(
    app: App,
) {
    let many = 100_000;
    let competition = app.competition(100_000, false).await;
    app.seat_in_bulk(competition.id, many).await;
    let other = app.competition(10_000, false).await;
    let people = app.people(200).await;
    let token = app.token(organizer(&competition)).await;
    let client = app.client().with_token(token);

    let path = format!("/api/v1/competitions/{}", competition.id);
    let begun = std::time::Instant::now();
    let reply = client.send(client.request(Method::DELETE, &path)).await;
    let answered = begun.elapsed();
    assert_eq!(reply.status, 204, "{reply:?}");
    assert!(answered < Duration::from_secs(5), "{answered:?}");
    assert_eq!(client.get(&path).await.status, 404);

    let worker = app.worker();
    let removing = tokio::spawn(async move { while worker.tick().await.unwrap() > 0 {} });
    let (mut registered, mut slowest) = (0, Duration::ZERO);
    for person in people {
        let key = IdempotencyKey::mint();
        let begun = std::time::Instant::now();
        let answer = app.services.registrations.register(person, other.id, &key);
        assert_eq!(answer.await.unwrap().response().status, 201);
        slowest = slowest.max(begun.elapsed());
        registered += 1;
        if registered % 20 == 0 {
            assert_eq!(drifting(&app).await, 0, "the seat invariant holds");
        }
    }
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    assert!(
        registrations_of(&app, competition.id).await > 0,
        "they registered while rows were being removed"
    );
    removing.await.unwrap();
    app.finish_off().await;
    eprintln!(
        "100,000 registrations: answered in {answered:?}, removed after {:?}, slowest registration \
         meanwhile {slowest:?} ({:?})",
        begun.elapsed(),
        app.place.backend
    );
    assert_eq!(registrations_of(&app, competition.id).await, 0);
    assert_eq!(row_of(&app, competition.id).await, None);
    let told = app.messages(MessageKind::Cancellation).await;
    let whom: HashSet<_> = told.iter().map(|message| message.user_id).collect();
    assert_eq!((told.len(), whom.len()), (many, many));
    assert!(app.failed_jobs().await.is_empty());
    app.assert_seat_invariant().await;
}

async fn a_deleted_competition_is_not_found_before_its_rows_are_removed(app: App) {
    let competition = app.competition(5, false).await;
    let person = app.people(1).await[0];
    app.register_all(&[person], competition.id).await;
    app.finish_off().await;
    let registrations = &app.services.registrations;
    let mine = registrations.live(person, competition.id).await.unwrap();
    let mine = mine.unwrap().registration_id;
    delete(&app, &competition).await;
    assert!(
        row_of(&app, competition.id).await.is_some(),
        "its row is still there"
    );

    let of = |path: &str| format!("/api/v1/competitions/{}{path}", competition.id);
    let owner = app
        .client()
        .with_token(app.token(organizer(&competition)).await);
    let participant = app.client().with_token(app.token(person).await);
    for (client, method, path) in [
        (&owner, Method::GET, of("")),
        (&owner, Method::PATCH, of("")),
        (&owner, Method::DELETE, of("")),
        (&owner, Method::GET, of("/registrations")),
        (&owner, Method::GET, of("/events")),
        (&participant, Method::GET, of("")),
        (
            &participant,
            Method::GET,
            format!("/api/v1/registrations/{mine}"),
        ),
        (
            &participant,
            Method::DELETE,
            format!("/api/v1/registrations/{mine}"),
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
        .with_token(app.token(app.people(1).await[0]).await);
    assert_eq!(late.register(competition.id, "late").await.status, 404);

    let total = |reply: crate::harness::Reply| reply.json()["total"].clone();
    let everywhere = total(app.client().get("/api/v1/competitions?search=sprint").await);
    assert_eq!(everywhere, 0);
    assert_eq!(total(participant.get("/api/v1/me/registrations").await), 0);
    let paging = Paging {
        page: 1,
        per_page: 50,
    };
    let competitions = &app.services.competitions;
    let theirs = competitions
        .mine(
            organizer(&competition),
            &CompetitionFilter::default(),
            paging,
        )
        .await;
    assert_eq!(theirs.unwrap().total, 0);
    assert!(competitions.featured(5).await.unwrap().is_empty());
    assert!(competitions.tags(5).await.unwrap().is_empty());
    let overview = app.services.reports.overview(organizer(&competition)).await;
    assert_eq!(overview.unwrap(), Default::default());
    let key = IdempotencyKey::mint();
    let refused = registrations.register(person, competition.id, &key);
    let reply = refused.await.unwrap();
    let outcome = reply.outcome().unwrap();
    assert_eq!(outcome.registration(), Err(&DomainError::NotFound));
}

async fn participants_of_a_future_competition_get_one_message_and_keep_every_message(app: App) {
    let competition = app.competition(700, true).await;
    let people = app.people(702).await;
    app.register_all(&people[..701], competition.id).await;
    app.register_all(&people[701..], competition.id).await;
    let registrations = &app.services.registrations;
    let first = registrations.live(people[0], competition.id).await.unwrap();
    let first = first.unwrap().registration_id;
    registrations.cancel(people[0], first).await.unwrap();
    app.finish_off().await;
    let before = message::Entity::find().count(app.database().read()).await;

    delete(&app, &competition).await;
    app.finish_off().await;
    assert_eq!(row_of(&app, competition.id).await, None);
    assert_eq!(registrations_of(&app, competition.id).await, 0);
    let letters = app.messages(MessageKind::Cancellation).await;
    let told = letters
        .iter()
        .filter(|letter| letter.subject == "Called off: Spring Sprint");
    let told: Vec<_> = told.map(|letter| letter.user_id).collect();
    let whom: HashSet<_> = told.iter().copied().collect();
    assert_eq!((told.len(), whom.len()), (701, 701), "also who was waiting");
    assert!(
        !whom.contains(&people[0].id),
        "who had given it back is not"
    );
    let after = message::Entity::find().count(app.database().read()).await;
    assert_eq!(after.unwrap(), before.unwrap() + 701);
    assert!(app.failed_jobs().await.is_empty());
}

async fn the_deletion_of_an_ended_competition_writes_no_message(app: App) {
    let competition = app.competition(5, false).await;
    app.register_all(&app.people(2).await, competition.id).await;
    app.finish_off().await;
    app.clock.advance(chrono::TimeDelta::days(9));
    delete(&app, &competition).await;
    app.finish_off().await;
    assert_eq!(row_of(&app, competition.id).await, None);
    assert!(app.messages(MessageKind::Cancellation).await.is_empty());
}

async fn jobs_about_a_deleted_competition_are_done_and_write_nothing_untrue(app: App) {
    let competition = app.competition(1, true).await;
    let people = app.people(2).await;
    // No message is written yet: the jobs of a confirmation and of a waitlist position are open.
    app.register_all(&people[..1], competition.id).await;
    app.register_all(&people[1..], competition.id).await;
    delete(&app, &competition).await;
    app.finish_off().await;
    assert!(app.messages(MessageKind::Confirmation).await.is_empty());
    assert!(app.messages(MessageKind::Waitlist).await.is_empty());
    assert_eq!(app.messages(MessageKind::Cancellation).await.len(), 2);
    assert!(app.failed_jobs().await.is_empty());
}

/// Asserts that each participant got one message, and that every row is removed.
async fn assert_removed(app: &App, competition: CompetitionId, people: usize) {
    until("it is removed", || async {
        row_of(app, competition).await.is_none()
    })
    .await;
    assert_eq!(registrations_of(app, competition).await, 0);
    let letters = app.messages(MessageKind::Cancellation).await;
    let whom: HashSet<_> = letters.iter().map(|m| m.user_id).collect();
    assert_eq!((letters.len(), whom.len()), (people, people));
    assert!(app.failed_jobs().await.is_empty());
}

async fn killed_at(failpoint: &str) {
    let place = Place::fresh(Backend::Postgres).await;
    let app = spawn_app_by(Clock::system(), place, &[]).await;
    let competition = app.competition(1_300, false).await;
    app.seat_in_bulk(competition.id, 1_300).await;
    delete(&app, &competition).await;
    let mut doomed = Program::worker(&app.place, Some(failpoint));
    doomed.says("failpoint reached").await;
    doomed.kill().await;
    let heir = Program::worker(&app.place, None);
    assert_removed(&app, competition.id, 1_300).await;
    let depth = app.ports.queue.depth(Queues::REMINDER).await.unwrap();
    assert_eq!(depth.total(), 0);
    assert!(heir.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_within_a_chunk_leaves_a_deletion_that_goes_on() {
    killed_at("in-handler").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_between_two_chunks_leaves_a_deletion_that_goes_on() {
    killed_at("before-ack").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_sqlite_that_is_killed_goes_on_deleting_when_it_starts_again() {
    let place = Place::fresh(Backend::Sqlite).await;
    let app = spawn_app_by(Clock::system(), place, &[]).await;
    let competition = app.competition(20_000, false).await;
    app.seat_in_bulk(competition.id, 20_000).await;
    delete(&app, &competition).await;
    let database = app.database().clone();
    let place = app.shut_down().await;
    drop(database);

    let mut server = Server::start(&place, &[]).await;
    let look = mini_compete::store::Database::connect(&place.database_url.parse().unwrap(), 1)
        .await
        .unwrap();
    let left = || async {
        registration::Entity::find()
            .count(look.read())
            .await
            .unwrap()
    };
    until("it is at it", || async {
        (1..20_000).contains(&left().await)
    })
    .await;
    server.kill();
    let rest = left().await;
    assert!(rest > 0, "it was killed in the middle");
    server.start_again().await;
    until("all rows are gone", || async { left().await == 0 }).await;
    until("the competition is, too", || async {
        competition::Entity::find()
            .count(look.read())
            .await
            .unwrap()
            == 0
    })
    .await;
    let told = message::Entity::find().count(look.read()).await.unwrap();
    assert_eq!(told, 20_000);
}
