//! Methods of [`App`] for tests of background work.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use mini_compete::{
    domain::{Actor, registration::job_kinds},
    jobs::{
        Handler, Handlers,
        outbox::{self, NewJob},
        worker::Worker,
    },
    model::{CompetitionId, IdempotencyKey, MessageKind, RegistrationId, RegistrationStatus},
    store::entity::{competition, failed_job, message},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::ExprTrait};
use tokio_util::sync::CancellationToken;

use super::App;

impl App {
    /// Returns the worker, so that a test can replace its handlers or spawn its tasks.
    pub fn worker(&self) -> Worker {
        self.worker.clone()
    }

    /// Returns the worker with another handler of confirmations.
    pub fn worker_with_confirmation_handler(&self, handler: impl Handler + 'static) -> Worker {
        Worker {
            handlers: Handlers::default().with(job_kinds::CONFIRMATION, Arc::new(handler)),
            ..self.worker()
        }
    }

    /// Writes and pushes confirmation jobs whose registrations do not exist, for handlers that read none.
    pub async fn enqueue_confirmations(&self, count: usize) -> Vec<NewJob> {
        let jobs: Vec<_> = (0..count)
            .map(|_| confirmation_job(RegistrationId::new()))
            .collect();
        outbox::write(self.database().write(), &jobs, self.clock.now())
            .await
            .unwrap();
        outbox::push(&*self.ports.queue, &jobs).await.unwrap();
        jobs
    }

    /// Does jobs until the outbox is empty, and advances the clock so that failed jobs are retried.
    pub async fn run_jobs_with_retries(&self) {
        self.run_jobs_with_retries_by(&self.worker).await;
    }

    /// Does the same as [`run_jobs_with_retries`](Self::run_jobs_with_retries) with another worker.
    pub async fn run_jobs_with_retries_by(&self, worker: &Worker) {
        for _ in 0..40 {
            while worker.tick().await.expect("worker") > 0 {}
            if self.open_jobs().await == 0 {
                return;
            }
            self.clock.advance(TimeDelta::seconds(5));
            self.run_relay().await;
        }
        panic!("{} jobs are still open", self.open_jobs().await);
    }

    /// Runs the scheduled tasks that are due, and returns their names.
    pub async fn run_scheduled_tasks(&self) -> Vec<&'static str> {
        self.scheduler.tick(&CancellationToken::new()).await
    }

    /// Registers participants at the same time through the registration queue, and asserts that each
    /// registration is accepted.
    pub async fn register_all(&self, participants: &[Actor], competition: CompetitionId) {
        let mut waiting = tokio::task::JoinSet::new();
        for participant in participants.iter().copied() {
            let registrations = self.services.registrations.clone();
            let key = IdempotencyKey::mint();
            waiting
                .spawn(async move { registrations.register(participant, competition, &key).await });
        }
        for reply in waiting.join_all().await {
            assert_eq!(reply.expect("a reply").response().status, 201);
        }
    }

    /// Inserts confirmed registrations of new participants into the tables.
    pub async fn insert_confirmed_registrations(&self, competition: CompetitionId, count: usize) {
        use mini_compete::{
            model::RegistrationId,
            store::bulk::{self, Cells},
        };
        use sea_orm::sea_query::Expr;
        let participants = self.participants(count).await;
        let now = self.clock.now();
        let columns = vec![
            (
                "id",
                Cells::Uuid((0..count).map(|_| RegistrationId::new().0).collect()),
            ),
            (
                "user_id",
                Cells::Uuid(participants.iter().map(|p| p.id.0).collect()),
            ),
            ("competition_id", Cells::Uuid(vec![competition.0; count])),
            (
                "status",
                Cells::Text(vec![RegistrationStatus::Confirmed.to_string(); count]),
            ),
            ("registered_at", Cells::Moment(vec![now; count])),
        ];
        let connection = self.database.write();
        bulk::insert(connection, "registrations", columns, "")
            .await
            .expect("registrations");
        let taken = i32::try_from(count).expect("fewer than 2³¹");
        competition::Entity::update_many()
            .col_expr(
                competition::Column::SeatsLeft,
                Expr::col(competition::Column::Capacity).sub(taken),
            )
            .filter(competition::Column::Id.eq(competition))
            .exec(connection)
            .await
            .expect("the seat counter");
    }

    /// Returns a connection to the Redis server of the application, or `None` if it has none.
    async fn redis(&self) -> Option<redis::aio::MultiplexedConnection> {
        let url = self.storage.redis_url.as_deref()?;
        let client = redis::Client::open(url).expect("REDIS_URL");
        let connection = client.get_multiplexed_async_connection().await;
        Some(connection.expect("Redis"))
    }

    /// Returns the keys of the application in Redis that match a pattern. Without Redis there are none.
    pub async fn redis_keys(&self, pattern: &str) -> Vec<String> {
        let Some(mut connection) = self.redis().await else {
            return Vec::new();
        };
        redis::cmd("KEYS")
            .arg(format!("{}:{pattern}", self.storage.redis_prefix))
            .query_async(&mut connection)
            .await
            .expect("KEYS")
    }

    /// Removes every job from the queues: in Redis by deleting all keys of the test, in memory by taking and
    /// acknowledging the jobs.
    pub async fn lose_queues(&self) {
        if let Some(mut connection) = self.redis().await {
            let keys = self.redis_keys("*").await;
            if !keys.is_empty() {
                let _: () = redis::cmd("DEL")
                    .arg(keys)
                    .query_async(&mut connection)
                    .await
                    .expect("DEL");
            }
            return;
        }
        let queue = &self.ports.queue;
        for name in mini_compete::jobs::Queues::ALL {
            let taken = queue
                .take(name, "remover", usize::MAX, Duration::ZERO)
                .await;
            let taken = taken.expect("memory");
            queue.ack(name, "remover", &taken).await.expect("memory");
        }
    }

    /// Returns the messages of one kind.
    pub async fn messages(&self, kind: MessageKind) -> Vec<message::Model> {
        message::Entity::find()
            .filter(message::Column::Kind.eq(kind))
            .all(self.database.read())
            .await
            .unwrap()
    }

    /// Creates dead letters, by doing confirmation jobs whose payload names no registration.
    pub async fn create_dead_letters(&self, count: usize) {
        let job =
            |id: RegistrationId| NewJob::new(job_kinds::CONFIRMATION, id, serde_json::json!({}));
        let jobs: Vec<_> = (0..count).map(|_| job(RegistrationId::new())).collect();
        outbox::write(self.database().write(), &jobs, self.clock.now())
            .await
            .unwrap();
        outbox::push(&*self.ports.queue, &jobs).await.unwrap();
        self.run_jobs_with_retries().await;
    }

    /// Returns the dead letters.
    pub async fn failed_jobs(&self) -> Vec<failed_job::Model> {
        failed_job::Entity::find()
            .all(self.database.read())
            .await
            .unwrap()
    }
}

/// Returns a confirmation job of a registration. The registration need not exist.
pub fn confirmation_job(id: RegistrationId) -> NewJob {
    let payload = serde_json::json!({ "registrationId": id, "userId": id, "competitionId": id });
    NewJob::new(job_kinds::CONFIRMATION, id, payload)
}
