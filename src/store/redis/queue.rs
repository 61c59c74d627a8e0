//! [`Queue`] on Redis. The [parent module](super) explains the protocol.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use redis::{Cmd, Script, ScriptInvocation};
use tokio::{
    runtime::Handle,
    sync::Mutex,
    time::{Instant, timeout_at},
};

use super::client::{RedisClient, WORKER_TIMEOUT};
use crate::{
    ops::Clock,
    store::ports::{Depth, Envelope, PortError, Queue},
};

/// Declares a Lua script.
macro_rules! script {
    ($name:ident, $file:literal) => {
        static $name: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!($file)));
    };
}
script!(ACK, "ack.lua");
script!(GIVE_BACK, "give_back.lua");

/// Declares a Lua script that needs the time. Its first argument is [`RedisQueue::test_time`].
macro_rules! timed_script {
    ($name:ident, $file:literal) => {
        static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!(include_str!("now.lua"), include_str!($file))));
    };
}
timed_script!(TAKE, "take.lua");
timed_script!(DELAY, "delay.lua");
timed_script!(PROMOTE_DUE, "promote_due.lua");
timed_script!(HEARTBEAT, "heartbeat.lua");
timed_script!(SILENT, "silent.lua");
timed_script!(REAP, "reap.lua");
timed_script!(DEPTH, "depth.lua");

/// The most jobs in one command, since Redis runs no other command meanwhile.
const CHUNK: usize = 500;

#[derive(Clone)]
pub(super) struct RedisQueue {
    /// The client with the limit of workers.
    client: RedisClient,
    /// The client with the limit of requests, since requests wait for a push.
    push_client: RedisClient,
    /// Used only for a time that a test has set.
    clock: Clock,
    /// The turn to wait for jobs, by queue.
    turns: Arc<StdMutex<HashMap<String, Arc<Mutex<()>>>>>,
}

/// The keys of one queue.
struct QueueKeys {
    ready: String,
    delayed: String,
    workers: String,
}

impl QueueKeys {
    fn processing(&self, worker: &str) -> String {
        format!("{}:processing:{worker}", self.ready)
    }
}

impl RedisQueue {
    pub(super) fn new(push_client: RedisClient, clock: Clock) -> Self {
        Self {
            client: push_client.within(WORKER_TIMEOUT),
            push_client,
            clock,
            turns: Arc::default(),
        }
    }

    /// Returns the time for the scripts: empty (they ask Redis), unless a test sets it.
    fn test_time(&self) -> String {
        let set = self.clock.manual_time();
        set.map_or_else(String::new, |now| now.timestamp_millis().to_string())
    }

    fn keys(&self, queue: &str) -> QueueKeys {
        let ready = self.client.key(format_args!("queue:{{{queue}}}"));
        QueueKeys {
            delayed: format!("{ready}:delayed"),
            workers: format!("{ready}:workers"),
            ready,
        }
    }

    /// Runs the take script to its end, even if the caller drops this future.
    async fn take_detached(
        &self,
        queue: &str,
        worker: &str,
        max: usize,
    ) -> Result<TakenJobs, PortError> {
        let (this, queue, worker) = (self.clone(), queue.to_owned(), worker.to_owned());
        let script = async move {
            let keys = this.keys(&queue);
            let mut take = TAKE.key(keys.ready.as_str());
            take.key(keys.processing(&worker)).key(keys.workers);
            take.arg(this.test_time()).arg(max).arg(&worker);
            let jobs: Vec<Vec<u8>> = this.client.script(&take).await?;
            Ok(TakenJobs {
                jobs: jobs.into_iter().map(Envelope::new).collect(),
                from: this,
                queue,
                worker,
            })
        };
        tokio::spawn(script)
            .await
            .unwrap_or_else(|e| Err(PortError::unavailable("queue", e)))
    }

    /// Returns the turn to wait for jobs of a queue. One worker of a process waits at a time: each push
    /// wakes all that wait, since each puts the job back that it found, and one of them would get it.
    fn turn(&self, queue: &str) -> Arc<Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        match turns.get(queue) {
            Some(turn) => Arc::clone(turn),
            None => Arc::clone(turns.entry(queue.to_owned()).or_default()),
        }
    }

    /// Waits until there is a job to take, or until `deadline`. Returns `true` if there was a job a moment
    /// ago. Redis checks timeouts ten times a second, so this may take 100 ms longer.
    async fn wait_for_job(&self, queue: &str, deadline: Instant) -> Result<bool, PortError> {
        let max_wait = deadline.saturating_duration_since(Instant::now());
        if max_wait.is_zero() {
            return Ok(false);
        }
        let ready = self.keys(queue).ready;
        let mut look = redis::cmd("BLMOVE");
        look.arg(&ready).arg(&ready).arg("LEFT").arg("LEFT");
        // Zero would mean forever.
        look.arg(max_wait.as_secs_f64().max(0.001));
        let head: Option<Vec<u8>> = self.client.blocking(&look, max_wait).await?;
        Ok(head.is_some())
    }
}

/// Jobs that were taken for a caller. They are given back when dropped, unless the caller still exists
/// and [keeps](Self::keep) them.
struct TakenJobs {
    jobs: Vec<Envelope>,
    from: RedisQueue,
    queue: String,
    worker: String,
}

impl TakenJobs {
    fn keep(mut self) -> Vec<Envelope> {
        std::mem::take(&mut self.jobs)
    }
}

impl Drop for TakenJobs {
    fn drop(&mut self) {
        let jobs = std::mem::take(&mut self.jobs);
        // Without a runtime the process is stopping, and the jobs come back by reaping.
        if let (false, Ok(runtime)) = (jobs.is_empty(), Handle::try_current()) {
            let (from, queue, worker) =
                (self.from.clone(), self.queue.clone(), self.worker.clone());
            runtime.spawn(async move {
                if let Err(error) = from.give_back(&queue, &worker, &jobs).await {
                    let count = jobs.len();
                    tracing::warn!(
                        %error, queue.name = queue, worker.id = worker, jobs = count,
                        "Could not give {count} jobs back to queue {queue}; they return when the \
                         worker is reaped"
                    );
                }
            });
        }
    }
}

#[async_trait]
impl Queue for RedisQueue {
    async fn push(&self, queue: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        let keys = self.keys(queue);
        for chunk in jobs.chunks(CHUNK) {
            let chunk: Vec<&[u8]> = chunk.iter().map(|job| &job.raw[..]).collect();
            let push = Cmd::rpush(&keys.ready, chunk);
            self.push_client.query::<()>(&push).await?;
        }
        Ok(())
    }

    async fn take(
        &self,
        queue: &str,
        worker: &str,
        max: usize,
        max_wait: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        if max == 0 {
            return Ok(Vec::new());
        }
        let deadline = Instant::now() + max_wait;
        let turn = self.turn(queue);
        if max_wait.is_zero() {
            return Ok(self.take_detached(queue, worker, max).await?.keep());
        }
        // If another worker waits already, the queue was empty a moment ago.
        let mut may_be_empty = turn.try_lock().is_err();
        loop {
            if !may_be_empty {
                let taken = self.take_detached(queue, worker, max).await?;
                if !taken.jobs.is_empty() {
                    return Ok(taken.keep());
                }
            }
            let Ok(_turn) = timeout_at(deadline, turn.lock()).await else {
                return Ok(Vec::new());
            };
            if !self.wait_for_job(queue, deadline).await? {
                return Ok(Vec::new());
            }
            let taken = self.take_detached(queue, worker, max).await?;
            if !taken.jobs.is_empty() {
                return Ok(taken.keep());
            }
            // A worker of another process was faster.
            may_be_empty = true;
        }
    }

    async fn ack(&self, queue: &str, worker: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        let processing = self.keys(queue).processing(worker);
        for chunk in jobs.chunks(CHUNK) {
            let mut ack = ACK.key(&processing);
            add_jobs(&mut ack, chunk);
            self.client.script::<()>(&ack).await?;
        }
        Ok(())
    }

    async fn delay(
        &self,
        queue: &str,
        worker: &str,
        held: &Envelope,
        job: &Envelope,
        wait: Duration,
    ) -> Result<(), PortError> {
        let keys = self.keys(queue);
        let mut delay = DELAY.key(keys.processing(worker));
        delay.key(keys.delayed);
        delay.arg(self.test_time());
        delay.arg(&held.raw[..]).arg(&job.raw[..]).arg(millis(wait));
        self.client.script(&delay).await
    }

    async fn give_back(
        &self,
        queue: &str,
        worker: &str,
        jobs: &[Envelope],
    ) -> Result<(), PortError> {
        let keys = self.keys(queue);
        // The last chunk first, since each is put before the ones that were returned earlier.
        for chunk in jobs.rchunks(CHUNK) {
            let mut give_back = GIVE_BACK.key(keys.processing(worker));
            give_back.key(keys.ready.as_str());
            add_jobs(&mut give_back, chunk);
            self.client.script::<()>(&give_back).await?;
        }
        Ok(())
    }

    async fn promote_due(&self, queue: &str, max: usize) -> Result<usize, PortError> {
        let keys = self.keys(queue);
        let mut promote_due = PROMOTE_DUE.key(keys.delayed);
        promote_due.key(keys.ready);
        promote_due.arg(self.test_time()).arg(max);
        self.client.script(&promote_due).await
    }

    async fn heartbeat(&self, queue: &str, worker: &str) -> Result<(), PortError> {
        let mut beat = HEARTBEAT.key(self.keys(queue).workers);
        beat.arg(self.test_time()).arg(worker);
        self.client.script(&beat).await
    }

    async fn reap(&self, queue: &str, silence: Duration) -> Result<usize, PortError> {
        let keys = self.keys(queue);
        let silence = millis(silence);
        let mut silent = SILENT.key(keys.workers.as_str());
        silent.arg(self.test_time()).arg(silence);
        let silent_workers: Vec<String> = self.client.script(&silent).await?;
        let mut returned = 0;
        for worker in silent_workers {
            let mut reap = REAP.key(keys.processing(&worker));
            reap.key(keys.ready.as_str()).key(keys.workers.as_str());
            reap.arg(self.test_time()).arg(worker).arg(silence);
            returned += self.client.script::<usize>(&reap).await?;
        }
        Ok(returned)
    }

    async fn depth(&self, queue: &str) -> Result<Depth, PortError> {
        let keys = self.keys(queue);
        let workers: Vec<String> = self
            .client
            .query(&Cmd::zrange(&keys.workers, 0, -1))
            .await?;
        let mut depth = DEPTH.key(keys.ready.as_str());
        depth.key(keys.delayed.as_str());
        for worker in &workers {
            depth.key(keys.processing(worker));
        }
        depth.arg(self.test_time());
        let (ready, delayed, due, in_hand) = self.client.script(&depth).await?;
        Ok(Depth {
            ready,
            in_hand,
            delayed,
            due,
        })
    }
}

/// Converts a duration to milliseconds, the scripts' unit.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn add_jobs(script: &mut ScriptInvocation<'_>, jobs: &[Envelope]) {
    for job in jobs {
        script.arg(&job.raw[..]);
    }
}
