//! Several processes, one of which is killed, and outages of Redis and PostgreSQL.
//!
//! Participants send their requests with a key to alternating servers until they get a definite response, some
//! of them twice at the same time. Whatever failed meanwhile, every response must be true in the end.

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
use sea_orm::ConnectionTrait;

use crate::harness::{
    Backend, Client, Place, Reply, TableSnapshot, eventually,
    process::{Postgres, Redis, Server, token, tokens},
    seat_invariant::open_jobs,
    somebody_waits_for_a_lock, spawn_app_with,
};

/// The number of participants who send requests at the same time.
const AT_ONCE: usize = 64;
/// How long one person goes on asking, and how long the whole may take.
const DEADLINE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_and_restarted_server_loses_and_repeats_nothing() {
    let place = Place::fresh(Backend::Postgres).await;
    let mut rush = Rush::prepare(&place, 1_100).await;
    let mut killed = rush.servers.remove(0);
    let progress = rush.progress.clone();
    let outcome = rush
        .run(async move {
            progress.reaches(1, 4).await;
            killed.kill();
            progress.reaches(1, 2).await;
            killed.start_again().await;
            progress.reaches(3, 4).await;
            killed.kill();
            killed.start_again().await;
            vec![killed]
        })
        .await;
    assert!(outcome.requests >= 5_000, "{} requests", outcome.requests);
    outcome.assert_all_true().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registrations_go_on_without_redis_and_lose_nothing() {
    let mut redis = Redis::start().await;
    let place = Place::on(&crate::harness::service("TEST_POSTGRES_URL"), &redis.url()).await;
    let rush = Rush::prepare(&place, 500).await;
    let progress = rush.progress.clone();
    let outcome = rush
        .run(async move {
            progress.reaches(1, 4).await;
            redis.stop();
            // It goes on without.
            progress.reaches(3, 4).await;
            redis.start_again().await;
            redis
        })
        .await;
    outcome.assert_all_true().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crashed_database_makes_no_response_untrue() {
    let mut postgres = Postgres::start().await;
    let redis = crate::harness::service("TEST_REDIS_URL");
    let place = Place::on(&postgres.url(), &redis).await;
    let rush = Rush::prepare(&place, 500).await;
    let progress = rush.progress.clone();
    let outcome = rush
        .run(async move {
            progress.reaches(1, 4).await;
            postgres.crash().await;
            // People are told to come back.
            let before = progress.turned_away.load(SeqCst);
            eventually("some are turned away", DEADLINE, || async {
                (progress.turned_away.load(SeqCst) >= before + 5).then_some(())
            })
            .await;
            postgres.start_again().await;
            postgres
        })
        .await;
    outcome.assert_all_true().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_finishes_its_requests() {
    let place = Place::fresh(Backend::Postgres).await;
    let mut rush = Rush::prepare(&place, 3).await;
    let mut server = rush.servers.remove(0);
    let held = rush.database.begin().await.unwrap();
    let sql = "SELECT 1 FROM competitions FOR UPDATE";
    held.execute_unprepared(sql).await.unwrap();
    let (client, competition) = (server.client(), rush.competitions[0]);
    let client = client.with_token(&rush.people[0].1);
    let asking = tokio::spawn(async move { client.register(competition, "k").await });
    somebody_waits_for_a_lock(&rush.database).await;
    let ended = tokio::join!(server.terminate(), async {
        // It takes nobody any more, yet who was taken is served.
        let stranger = rush.clients[0].clone();
        eventually("it takes nobody any more", DEADLINE, || async {
            stranger.try_get("/healthz").await.is_err().then_some(())
        })
        .await;
        held.commit().await.unwrap();
        asking.await.unwrap()
    });
    assert_eq!(ended.1.status, StatusCode::CREATED, "{}", ended.1.text);
    assert!(ended.0.success(), "{}", ended.0);
    assert_eq!(
        TableSnapshot::read(&rush.database)
            .await
            .assert_seat_invariant(),
        1
    );
}

/// What a participant is going to do.
#[derive(Debug, Clone, Copy)]
struct Errand {
    person: usize,
    competition: usize,
    /// The server that gets the first request.
    first: usize,
    /// Whether the participant cancels as soon as they are registered.
    and_cancel: bool,
}

/// How far it is.
#[derive(Debug, Clone, Default)]
struct Progress {
    all: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
    turned_away: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Progress {
    async fn reaches(&self, part: usize, of: usize) {
        let goal = self.all.load(SeqCst) * part / of;
        eventually("people are served", DEADLINE, || async {
            (self.answered.load(SeqCst) >= goal).then_some(())
        })
        .await;
    }
}

struct Rush {
    servers: Vec<Server>,
    clients: Vec<Client>,
    database: Database,
    progress: Progress,
    people: Vec<(Actor, String)>,
    competitions: [CompetitionId; 3],
}

/// The result. `K` keeps the services of the processes running.
struct Outcome<K> {
    rush: Rush,
    requests: usize,
    answers: Vec<(Errand, Reply)>,
    _kept: K,
}

impl Rush {
    /// Two servers; three competitions: too small, too small with a waitlist, and large enough.
    async fn prepare(place: &Place, count: usize) -> Self {
        let app = spawn_app_with(place.share(), &[]).await;
        let people = app.people(count).await;
        let capacity = i64::try_from(count).unwrap();
        let competitions = [
            app.competition(capacity / 3, false).await.id,
            app.competition(capacity / 3, true).await.id,
            app.competition(capacity, false).await.id,
        ];
        app.shut_down().await;
        let servers = vec![
            Server::start(place, &[]).await,
            Server::start(place, &[]).await,
        ];
        let database = Database::connect(&place.database_url.parse().unwrap(), 4)
            .await
            .unwrap();
        let signer = tokens(&database);
        Self {
            clients: servers.iter().map(Server::client).collect(),
            servers,
            progress: Progress::default(),
            people: people
                .into_iter()
                .map(|actor| (actor, token(&signer, actor)))
                .collect(),
            database,
            competitions,
        }
    }

    /// Every participant registers for every competition, many twice, and some cancel.
    fn errands(&self) -> Vec<Errand> {
        let mut errands = Vec::new();
        for person in 0..self.people.len() {
            for competition in 0..3 {
                let errand = Errand {
                    person,
                    competition,
                    first: person % 2,
                    and_cancel: competition > 0 && (person + competition).is_multiple_of(5),
                };
                errands.push(errand);
                // The same request at the same time, to the other server.
                if (person + competition).is_multiple_of(3) {
                    errands.push(Errand {
                        first: 1 - errand.first,
                        and_cancel: false,
                        ..errand
                    });
                }
            }
        }
        errands
    }

    async fn run<K>(self, mischief: impl Future<Output = K> + Send + 'static) -> Outcome<K>
    where
        K: Send + 'static,
    {
        let errands = self.errands();
        self.progress.all.store(errands.len(), SeqCst);
        let mischief = tokio::spawn(mischief);
        let rush = &self;
        let answers: Vec<_> = futures::stream::iter(errands)
            .map(|errand| async move { (errand, rush.serve(errand).await) })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let kept = mischief.await.expect("what was broken is repaired");
        Outcome {
            requests: self.progress.requests.load(SeqCst),
            rush: self,
            answers,
            _kept: kept,
        }
    }

    async fn serve(&self, errand: Errand) -> Reply {
        let (_, token) = &self.people[errand.person];
        let competition = self.competitions[errand.competition];
        let key = key(errand);
        let reply = self
            .ask(errand.first, |client| {
                let client = client.clone().with_token(token);
                client.registering(competition, &key)
            })
            .await;
        if errand.and_cancel && reply.status == StatusCode::CREATED {
            let id = reply.json()["registrationId"].as_str().unwrap().to_owned();
            let gone = self
                .ask(errand.first, |client| {
                    let client = client.clone().with_token(token);
                    client.cancelling(&id)
                })
                .await;
            assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
        }
        self.progress.answered.fetch_add(1, SeqCst);
        reply
    }

    /// Sends a request to alternating servers until there is a definite response.
    async fn ask(
        &self,
        first: usize,
        request: impl Fn(&Client) -> reqwest::RequestBuilder,
    ) -> Reply {
        let turn = AtomicUsize::new(first);
        eventually("a definite answer", DEADLINE, || async {
            let client = &self.clients[turn.fetch_add(1, SeqCst) % self.clients.len()];
            self.progress.requests.fetch_add(1, SeqCst);
            let request = client.try_send(request(client));
            let answer = tokio::time::timeout(Duration::from_secs(20), request).await;
            let reply = answer.expect("an answer, or none, but no hanging").ok()?;
            let passing = reply.status == StatusCode::SERVICE_UNAVAILABLE
                || reply.status == StatusCode::CONFLICT && reply.problem() == "request-in-progress";
            if passing {
                let after = reply.header("retry-after").map(str::parse::<u64>);
                assert!(matches!(after, Some(Ok(1..))), "{:?}", reply.headers);
                self.progress.turned_away.fetch_add(1, SeqCst);
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

fn key(errand: Errand) -> String {
    format!("errand-{}", errand.competition)
}

impl<K> Outcome<K> {
    async fn assert_all_true(&self) {
        let rush = &self.rush;
        eprintln!(
            "TURNED AWAY {} of {}",
            rush.progress.turned_away.load(SeqCst),
            self.requests
        );
        // The killed process left claimed jobs, which other processes find.
        eventually("every job is done", DEADLINE, || async {
            (open_jobs(&rush.database).await == 0).then_some(())
        })
        .await;
        let tables = TableSnapshot::read(&rush.database).await;
        tables.assert_seat_invariant();
        tables.assert_messages(&rush.database).await;
        let [small, _, large] = rush.competitions.map(|id| &tables.competitions[&id]);
        assert_eq!(small.seats_left, 0, "nobody was sent away from a free seat");

        let mut said = HashMap::<_, &Reply>::new();
        for (errand, reply) in &self.answers {
            let first = said
                .entry((errand.person, errand.competition))
                .or_insert(reply);
            let both = format!("{first:?} {reply:?}");
            assert_eq!(first.status, reply.status, "{both}");
            assert_eq!(first.text, reply.text, "{both}");
        }
        let mut seats = [0; 3];
        for ((person, competition), reply) in &said {
            let id = rush.competitions[*competition];
            let (actor, _) = rush.people[*person];
            let mut rows = tables.of(id).filter(|row| row.user_id == actor.id);
            let row = rows.next();
            assert!(rows.next().is_none(), "one click, one registration");
            match reply.status {
                StatusCode::CREATED => {
                    let said: RegistrationId = reply.json()["registrationId"]
                        .as_str()
                        .unwrap()
                        .parse()
                        .unwrap();
                    assert_eq!(row.expect("every 201 is there").id, said);
                    seats[*competition] += 1;
                }
                _ => {
                    assert_eq!(reply.problem(), "competition-full");
                    assert!(row.is_none(), "a \"no\" took a seat");
                    assert_eq!(*competition, 0, "there was room in the others");
                }
            }
        }
        let everyone = rush.people.len();
        assert_eq!(seats[0], usize::try_from(small.capacity).unwrap());
        assert_eq!([seats[1], seats[2]], [everyone, everyone]);
        assert_eq!(usize::try_from(large.capacity).unwrap(), everyone);
        self.assert_repeats(&said).await;
        for server in &rush.clients {
            eventually("it is ready by itself", DEADLINE, || async {
                let reply = server.get("/readyz").await;
                (reply.status == StatusCode::OK).then_some(())
            })
            .await;
        }
    }

    /// Asserts that both servers repeat the first response.
    async fn assert_repeats(&self, said: &HashMap<(usize, usize), &Reply>) {
        for ((person, competition), first) in said.iter().take(100) {
            for client in &self.rush.clients {
                let client = client.clone().with_token(&self.rush.people[*person].1);
                let id = self.rush.competitions[*competition];
                let again = client.register(id, &format!("errand-{competition}")).await;
                assert_eq!((again.status, &again.text), (first.status, &first.text));
                assert_eq!(again.header("idempotency-replayed"), Some("true"));
            }
        }
    }
}
