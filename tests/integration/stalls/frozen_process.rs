//! A process that is stopped in the middle of a transaction (by SIGSTOP, or as its virtual machine is moved)
//! keeps its locks and its connections, and sends nothing.

use std::time::{Duration, Instant};

use futures::StreamExt;
use mini_compete::store::Database;
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::harness::{
    Backend, Place, TableSnapshot, eventually,
    process::{Server, token, tokens},
    seat_invariant::open_jobs,
    spawn_app_with,
};

/// The time that a response may take.
const SOON: Duration = Duration::from_secs(10);
/// How long the process is frozen.
const FROZEN: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_server_is_frozen_the_other_answers_and_thawed_it_does_no_harm() {
    let place = Place::fresh(Backend::Postgres).await;
    let app = spawn_app_with(place.share(), &[]).await;
    let people = app.people(1_000).await;
    let mut competitions = Vec::new();
    for _ in 0..3 {
        competitions.push(app.competition(2_000, true).await.id);
    }
    app.shut_down().await;
    let named = format!("{}?application_name=frozen", place.database_url);
    let frozen = Server::start(&place, &[("DATABASE_URL", &named)]).await;
    let other = Server::start(&place, &[]).await;
    let database = Database::connect(&place.database_url.parse().unwrap(), 4)
        .await
        .unwrap();
    let signer = tokens(&database);
    let people: Vec<_> = people.iter().map(|actor| token(&signer, *actor)).collect();
    let (rush, later) = people.split_at(900);

    // Many registrations at the server that is going to freeze, for every competition.
    let asking = {
        let (client, competitions, rush) = (frozen.client(), competitions.clone(), rush.to_vec());
        tokio::spawn(async move {
            let asked = rush.into_iter().flat_map(|token| {
                competitions
                    .clone()
                    .into_iter()
                    .map(move |competition| (token.clone(), competition))
            });
            futures::stream::iter(asked)
                .map(|(token, competition)| {
                    let client = client.clone().with_token(token);
                    async move {
                        client
                            .register(competition, &format!("k-{competition}"))
                            .await
                    }
                })
                .buffer_unordered(64)
                .map(|reply| reply.status)
                .collect::<Vec<_>>()
                .await
        })
    };
    freeze_in_a_transaction(&frozen, &database).await;
    let since = Instant::now();
    let mut served = [0_u32; 3];
    let mut longest = Duration::ZERO;
    for (number, person) in later.iter().enumerate() {
        let competition = competitions[number % 3];
        let client = other.client().with_token(person);
        let asked = Instant::now();
        let key = format!("k-{competition}");
        let reply = client.register(competition, &key);
        let reply = tokio::time::timeout(SOON + Duration::from_secs(1), reply);
        let reply = reply.await.expect("an answer in time");
        longest = longest.max(asked.elapsed());
        match reply.status {
            StatusCode::CREATED => served[number % 3] += 1,
            status => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.text),
        }
        if since.elapsed() > FROZEN {
            break;
        }
    }
    eprintln!("served {served:?} while it was frozen; the longest wait was {longest:?}");
    assert!(served.iter().all(|served| *served > 5), "{served:?}");
    eventually("it was frozen for long", FROZEN * 2, || async {
        (since.elapsed() > FROZEN).then_some(())
    })
    .await;

    frozen.thaw();
    // Its responses are true now, and a participant who tries again gets a seat.
    let said = asking.await.unwrap();
    assert_eq!(said.len(), rush.len() * 3);
    for token in &people {
        let client = frozen.client().with_token(token);
        for competition in &competitions {
            eventually("a seat", SOON, || async {
                let key = format!("k-{competition}");
                let reply = client.register(competition, &key).await;
                (reply.status == StatusCode::CREATED).then_some(())
            })
            .await;
        }
    }
    eventually("every job is done", Duration::from_secs(90), || async {
        (open_jobs(&database).await == 0).then_some(())
    })
    .await;
    let tables = TableSnapshot::read(&database).await;
    assert_eq!(tables.assert_seat_invariant(), 3_000);
    tables.assert_messages(&database).await;
}

/// Freezes a server at a moment when it has a transaction open and PostgreSQL waits for it.
async fn freeze_in_a_transaction(server: &Server, database: &Database) {
    eventually(
        "it is frozen in a transaction",
        Duration::from_secs(30),
        || async {
            server.freeze();
            let sql = "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid) \
                   WHERE a.application_name = 'frozen' AND a.state = 'idle in transaction' \
                   AND l.mode = 'RowShareLock' AND l.relation = 'competitions'::regclass";
            let statement = Statement::from_string(DatabaseBackend::Postgres, sql);
            let row = database.read().query_one_raw(statement).await.unwrap();
            let open: i64 = row.unwrap().try_get_by_index(0).unwrap();
            if open == 0 {
                server.thaw();
            }
            (open > 0).then_some(())
        },
    )
    .await;
}
