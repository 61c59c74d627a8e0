//! What tests of background work ask of an application besides.

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
    /// The task pool, to give it other handlers or run it by itself.
    pub fn worker(&self) -> Worker {
        self.worker.clone()
    }

    /// The same, with another way to do confirmations.
    pub fn confirming_with(&self, handler: impl Handler + 'static) -> Worker {
        Worker {
            handlers: Handlers::default().with(job_kinds::CONFIRMATION, Arc::new(handler)),
            ..self.worker()
        }
    }

    /// Jobs about no registration, for handlers that look at none.
    pub async fn enqueue(&self, count: usize) -> Vec<NewJob> {
        let jobs: Vec<_> = (0..count).map(|_| any_job(RegistrationId::new())).collect();
        outbox::write(self.database().write(), &jobs, self.clock.now())
            .await
            .unwrap();
        outbox::push(&*self.ports.queue, &jobs).await.unwrap();
        jobs
    }

    /// Does whatever there is to do, moving time along for retries, until no job is open.
    pub async fn finish_off(&self) {
        self.finish_off_with(&self.worker).await;
    }

    /// The same with other handlers.
    pub async fn finish_off_with(&self, worker: &Worker) {
        for _ in 0..40 {
            while worker.tick().await.expect("worker") > 0 {}
            if self.open_jobs().await == 0 {
                return;
            }
            self.clock.advance(TimeDelta::seconds(5));
            self.sweep().await;
        }
        panic!("{} jobs are still open", self.open_jobs().await);
    }

    /// Lets the scheduler look at the clock once; what it ran.
    pub async fn chores(&self) -> Vec<&'static str> {
        self.scheduler.tick(&CancellationToken::new()).await
    }

    /// Takes seats for many, through the desk.
    pub async fn register_all(&self, people: &[Actor], competition: CompetitionId) {
        let mut waiting = tokio::task::JoinSet::new();
        for person in people.iter().copied() {
            let registrations = self.services.registrations.clone();
            let key = IdempotencyKey::mint();
            waiting.spawn(async move { registrations.register(person, competition, &key).await });
        }
        for answer in waiting.join_all().await {
            assert_eq!(answer.expect("an answer").response().status, 201);
        }
    }

    /// Confirmed seats for new people, straight into the tables.
    pub async fn seat_in_bulk(&self, competition: CompetitionId, count: usize) {
        use mini_compete::{
            model::RegistrationId,
            store::bulk::{self, Cells},
        };
        use sea_orm::sea_query::Expr;
        let people = self.people(count).await;
        let now = self.clock.now();
        let columns = vec![
            (
                "id",
                Cells::Uuid((0..count).map(|_| RegistrationId::new().0).collect()),
            ),
            (
                "user_id",
                Cells::Uuid(people.iter().map(|p| p.id.0).collect()),
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
        let taken = i32::try_from(count).expect("few");
        competition::Entity::update_many()
            .col_expr(
                competition::Column::SeatsLeft,
                Expr::col(competition::Column::Capacity).sub(taken),
            )
            .filter(competition::Column::Id.eq(competition))
            .exec(connection)
            .await
            .expect("the counter");
    }

    /// A connection to the application's Redis, if it has one.
    async fn redis(&self) -> Option<redis::aio::MultiplexedConnection> {
        let url = self.place.redis_url.as_deref()?;
        let client = redis::Client::open(url).expect("REDIS_URL");
        let connection = client.get_multiplexed_async_connection().await;
        Some(connection.expect("Redis"))
    }

    /// The application's keys in Redis that match a pattern; none if it has no Redis.
    pub async fn redis_keys(&self, pattern: &str) -> Vec<String> {
        let Some(mut connection) = self.redis().await else {
            return Vec::new();
        };
        redis::cmd("KEYS")
            .arg(format!("{}:{pattern}", self.place.redis_prefix))
            .query_async(&mut connection)
            .await
            .expect("KEYS")
    }

    /// The queue forgets everything: Redis by deleting every key of this test's, memory by handing
    /// all its jobs to somebody who drops them.
    pub async fn lose_the_lists(&self) {
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
            let taken = queue.take(name, "thief", usize::MAX, Duration::ZERO).await;
            let taken = taken.expect("memory");
            queue.ack(name, "thief", &taken).await.expect("memory");
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

    /// Confirmations that do not say of what, worked off: each is a dead letter then.
    pub async fn doomed(&self, count: usize) {
        let job =
            |id: RegistrationId| NewJob::new(job_kinds::CONFIRMATION, id, serde_json::json!({}));
        let jobs: Vec<_> = (0..count).map(|_| job(RegistrationId::new())).collect();
        outbox::write(self.database().write(), &jobs, self.clock.now())
            .await
            .unwrap();
        outbox::push(&*self.ports.queue, &jobs).await.unwrap();
        self.finish_off().await;
    }

    /// The jobs that were given up.
    pub async fn failed_jobs(&self) -> Vec<failed_job::Model> {
        failed_job::Entity::find()
            .all(self.database.read())
            .await
            .unwrap()
    }
}

/// The job that confirms a registration, whether there is one or not.
pub fn any_job(id: RegistrationId) -> NewJob {
    let payload = serde_json::json!({ "registrationId": id, "userId": id, "competitionId": id });
    NewJob::new(job_kinds::CONFIRMATION, id, payload)
}
