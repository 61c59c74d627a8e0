//! A load test of two servers: participants send registrations with idempotency keys to alternating servers
//! until they get a definite response, some of them twice at the same time.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::StreamExt;
use mini_compete::{
    domain::Actor,
    model::{CompetitionId, RegistrationId},
    store::Database,
};
use reqwest::StatusCode;

use super::DEADLINE;
use crate::harness::{
    Client, Reply, Storage, TableSnapshot, eventually,
    process::{Server, access_token, token_signer},
    seat_invariant::open_jobs,
    spawn_app_with,
};

/// The number of requests that are sent at the same time.
const CONCURRENT_REQUESTS: usize = 64;

/// What a participant does: registers for a competition, and possibly cancels. Participants and competitions
/// are referred to by index.
#[derive(Debug, Clone, Copy)]
struct Task {
    participant: usize,
    competition: usize,
    /// The server that gets the first request.
    first: usize,
    /// Whether the participant cancels as soon as they are registered.
    then_cancel: bool,
}

/// The progress of a load test.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    tasks: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
    /// How many responses asked the client to retry.
    pub(super) retried: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Progress {
    /// Waits until this fraction of the tasks is done.
    pub(super) async fn reaches(&self, part: usize, of: usize) {
        let goal = self.tasks.load(SeqCst) * part / of;
        eventually("tasks are done", DEADLINE, || async {
            (self.done.load(SeqCst) >= goal).then_some(())
        })
        .await;
    }
}

/// Servers, competitions and participants for a load test.
pub(super) struct LoadTest {
    pub(super) servers: Vec<Server>,
    pub(super) clients: Vec<Client>,
    pub(super) database: Database,
    pub(super) progress: Progress,
    /// The participants with their access tokens.
    pub(super) participants: Vec<(Actor, String)>,
    pub(super) competitions: [CompetitionId; 3],
}

/// The result of a load test. `K` contains the services that the test has disturbed, so that they keep running.
pub(super) struct LoadResult<K> {
    load: LoadTest,
    pub(super) requests: usize,
    replies: Vec<(Task, Reply)>,
    _services: K,
}

impl LoadTest {
    /// Starts two servers, and creates three competitions: one with too few seats, one with too few seats and a
    /// waitlist, and one with a seat for every participant.
    pub(super) async fn prepare(storage: &Storage, count: usize) -> Self {
        let app = spawn_app_with(storage.share(), &[]).await;
        let participants = app.participants(count).await;
        let capacity = i64::try_from(count).unwrap();
        let competitions = [
            app.competition(capacity / 3, false).await.id,
            app.competition(capacity / 3, true).await.id,
            app.competition(capacity, false).await.id,
        ];
        app.shut_down().await;
        let servers = vec![
            Server::start(storage, &[]).await,
            Server::start(storage, &[]).await,
        ];
        let database = Database::connect(&storage.database_url.parse().unwrap(), 4)
            .await
            .unwrap();
        let signer = token_signer(&database);
        Self {
            clients: servers.iter().map(Server::client).collect(),
            servers,
            progress: Progress::default(),
            participants: participants
                .into_iter()
                .map(|actor| (actor, access_token(&signer, actor)))
                .collect(),
            database,
            competitions,
        }
    }

    /// Returns the tasks: every participant registers for every competition, many twice, and some cancel.
    fn tasks(&self) -> Vec<Task> {
        let mut tasks = Vec::new();
        for participant in 0..self.participants.len() {
            for competition in 0..3 {
                let task = Task {
                    participant,
                    competition,
                    first: participant % 2,
                    then_cancel: competition > 0 && (participant + competition).is_multiple_of(5),
                };
                tasks.push(task);
                // The same request to the other server at the same time.
                if (participant + competition).is_multiple_of(3) {
                    tasks.push(Task {
                        first: 1 - task.first,
                        then_cancel: false,
                        ..task
                    });
                }
            }
        }
        tasks
    }

    /// Performs all tasks while `disturbance` runs.
    pub(super) async fn run<K>(
        self,
        disturbance: impl Future<Output = K> + Send + 'static,
    ) -> LoadResult<K>
    where
        K: Send + 'static,
    {
        let tasks = self.tasks();
        self.progress.tasks.store(tasks.len(), SeqCst);
        let disturbance = tokio::spawn(disturbance);
        let load = &self;
        let replies: Vec<_> = futures::stream::iter(tasks)
            .map(|task| async move { (task, load.perform(task).await) })
            .buffer_unordered(CONCURRENT_REQUESTS)
            .collect()
            .await;
        let services = disturbance.await.expect("the end of the disturbance");
        LoadResult {
            requests: self.progress.requests.load(SeqCst),
            load: self,
            replies,
            _services: services,
        }
    }

    /// Performs a task, and returns the reply to the registration.
    async fn perform(&self, task: Task) -> Reply {
        let (_, token) = &self.participants[task.participant];
        let competition = self.competitions[task.competition];
        let key = key(task);
        let reply = self
            .send_until_definite(task.first, |client| {
                let client = client.clone().with_token(token);
                client.registration_request(competition, &key)
            })
            .await;
        if task.then_cancel && reply.status == StatusCode::CREATED {
            let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
            let cancelled = self
                .send_until_definite(task.first, |client| {
                    let client = client.clone().with_token(token);
                    client.cancellation_request(&id)
                })
                .await;
            assert_eq!(
                cancelled.status,
                StatusCode::NO_CONTENT,
                "{}",
                cancelled.text
            );
        }
        self.progress.done.fetch_add(1, SeqCst);
        reply
    }

    /// Sends a request to alternating servers until one gives a definite response. Asserts that any other
    /// response asks to retry.
    async fn send_until_definite(
        &self,
        first: usize,
        request: impl Fn(&Client) -> reqwest::RequestBuilder,
    ) -> Reply {
        let turn = AtomicUsize::new(first);
        eventually("a definite response", DEADLINE, || async {
            let client = &self.clients[turn.fetch_add(1, SeqCst) % self.clients.len()];
            self.progress.requests.fetch_add(1, SeqCst);
            let request = client.try_send(request(client));
            let answer = tokio::time::timeout(Duration::from_secs(20), request).await;
            let reply = answer
                .expect("a response or an error within the time limit")
                .ok()?;
            let temporary = reply.status == StatusCode::SERVICE_UNAVAILABLE
                || reply.status == StatusCode::CONFLICT && reply.problem() == "request-in-progress";
            if temporary {
                let after = reply.header("retry-after").map(str::parse::<u64>);
                assert!(matches!(after, Some(Ok(1..))), "{:?}", reply.headers);
                self.progress.retried.fetch_add(1, SeqCst);
                return None;
            }
            assert!(
                reply.status.as_u16() < 429,
                "{} {}",
                reply.status,
                reply.text
            );
            Some(reply)
        })
        .await
    }
}

/// Returns the idempotency key of a task.
fn key(task: Task) -> String {
    format!("task-{}", task.competition)
}

impl<K> LoadResult<K> {
    /// Waits until all jobs are done, and asserts that every response matches the tables, that repeated
    /// requests got the same response, and that the servers are ready.
    pub(super) async fn assert_responses_true(&self) {
        let load = &self.load;
        eprintln!(
            "{} of {} requests got a response that asks to retry",
            load.progress.retried.load(SeqCst),
            self.requests
        );
        // A killed process leaves claimed jobs, which other processes return to the queue.
        eventually("every job is done", DEADLINE, || async {
            (open_jobs(&load.database).await == 0).then_some(())
        })
        .await;
        let tables = TableSnapshot::read(&load.database).await;
        tables.assert_seat_invariant();
        tables.assert_messages(&load.database).await;
        let [small, _, large] = load.competitions.map(|id| &tables.competitions[&id]);
        assert_eq!(
            small.seats_left, 0,
            "every seat is taken before a request is refused"
        );

        let mut first_replies = HashMap::<_, &Reply>::new();
        for (task, reply) in &self.replies {
            let first = first_replies
                .entry((task.participant, task.competition))
                .or_insert(reply);
            let replies = format!("{first:?} {reply:?}");
            assert_eq!(first.status, reply.status, "{replies}");
            assert_eq!(first.text, reply.text, "{replies}");
        }
        let mut seats = [0; 3];
        for ((participant, competition), reply) in &first_replies {
            let id = load.competitions[*competition];
            let (actor, _) = load.participants[*participant];
            let mut rows = tables
                .registrations_of(id)
                .filter(|row| row.user_id == actor.id);
            let row = rows.next();
            assert!(rows.next().is_none(), "one registration per key");
            match reply.status {
                StatusCode::CREATED => {
                    let id: RegistrationId = reply.json()["registrationId"]
                        .as_str()
                        .unwrap()
                        .parse()
                        .unwrap();
                    assert_eq!(row.expect("the registration of a 201").id, id);
                    seats[*competition] += 1;
                }
                _ => {
                    assert_eq!(reply.problem(), "competition-full");
                    assert!(row.is_none(), "a refused registration took a seat");
                    assert_eq!(
                        *competition, 0,
                        "the other competitions refuse no registration"
                    );
                }
            }
        }
        let count = load.participants.len();
        assert_eq!(seats[0], usize::try_from(small.capacity).unwrap());
        assert_eq!([seats[1], seats[2]], [count, count]);
        assert_eq!(usize::try_from(large.capacity).unwrap(), count);
        self.assert_repeats(&first_replies).await;
        for server in &load.clients {
            eventually(
                "the server is ready without a restart",
                DEADLINE,
                || async {
                    let reply = server.get("/readyz").await;
                    (reply.status == StatusCode::OK).then_some(())
                },
            )
            .await;
        }
    }

    /// Asserts that both servers repeat the first response.
    async fn assert_repeats(&self, first_replies: &HashMap<(usize, usize), &Reply>) {
        for ((participant, competition), first) in first_replies.iter().take(100) {
            for client in &self.load.clients {
                let client = client
                    .clone()
                    .with_token(&self.load.participants[*participant].1);
                let id = self.load.competitions[*competition];
                let again = client.register(id, &format!("task-{competition}")).await;
                assert_eq!((again.status, &again.text), (first.status, &first.text));
                assert_eq!(again.header("idempotency-replayed"), Some("true"));
            }
        }
    }
}
