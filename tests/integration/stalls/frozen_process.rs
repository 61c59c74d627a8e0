//! A process that is stopped during a transaction, by SIGSTOP or because its virtual machine is moved. It
//! keeps its locks and connections, and sends nothing.

use std::time::{Duration, Instant};

use futures::StreamExt;
use mini_compete::store::Database;
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::harness::{
    Backend, Storage, TableSnapshot, eventually,
    process::{Server, access_token, token_signer},
    seat_invariant::open_jobs,
    spawn_app_with,
};

/// The time that a response may take.
const RESPONSE_LIMIT: Duration = Duration::from_secs(10);
/// How long the process is frozen.
const FREEZE_DURATION: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_server_delays_no_other_and_does_no_harm_when_it_continues() {
    let storage = Storage::create(Backend::Postgres).await;
    let app = spawn_app_with(storage.share(), &[]).await;
    let participants = app.participants(1_000).await;
    let mut competitions = Vec::new();
    for _ in 0..3 {
        competitions.push(app.competition(2_000, true).await.id);
    }
    app.shut_down().await;
    let named_url = format!("{}?application_name=frozen", storage.database_url);
    let frozen = Server::start(&storage, &[("DATABASE_URL", &named_url)]).await;
    let other = Server::start(&storage, &[]).await;
    let database = Database::connect(&storage.database_url.parse().unwrap(), 4)
        .await
        .unwrap();
    let signer = token_signer(&database);
    let participants: Vec<_> = participants
        .iter()
        .map(|actor| access_token(&signer, *actor))
        .collect();
    let (early, late) = participants.split_at(900);

    // Many registrations for every competition at the server that is going to be frozen.
    let early_registrations = {
        let (client, competitions, early) = (frozen.client(), competitions.clone(), early.to_vec());
        tokio::spawn(async move {
            let requests = early.into_iter().flat_map(|token| {
                competitions
                    .clone()
                    .into_iter()
                    .map(move |competition| (token.clone(), competition))
            });
            futures::stream::iter(requests)
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
    for (number, participant) in late.iter().enumerate() {
        let competition = competitions[number % 3];
        let client = other.client().with_token(participant);
        let start = Instant::now();
        let key = format!("k-{competition}");
        let reply = client.register(competition, &key);
        let reply = tokio::time::timeout(RESPONSE_LIMIT + Duration::from_secs(1), reply);
        let reply = reply.await.expect("a response in time");
        longest = longest.max(start.elapsed());
        match reply.status {
            StatusCode::CREATED => served[number % 3] += 1,
            status => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.text),
        }
        if since.elapsed() > FREEZE_DURATION {
            break;
        }
    }
    eprintln!("{served:?} accepted during the freeze; the longest response took {longest:?}");
    assert!(served.iter().all(|served| *served > 5), "{served:?}");
    eventually(
        "the server was frozen long enough",
        FREEZE_DURATION * 2,
        || async { (since.elapsed() > FREEZE_DURATION).then_some(()) },
    )
    .await;

    frozen.thaw();
    // Its requests get responses, and a participant who repeats a request gets a seat.
    let statuses = early_registrations.await.unwrap();
    assert_eq!(statuses.len(), early.len() * 3);
    for token in &participants {
        let client = frozen.client().with_token(token);
        for competition in &competitions {
            eventually("a seat", RESPONSE_LIMIT, || async {
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

/// Freezes a server while it has an open transaction with a row lock.
async fn freeze_in_a_transaction(server: &Server, database: &Database) {
    eventually(
        "the server is frozen in a transaction",
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
