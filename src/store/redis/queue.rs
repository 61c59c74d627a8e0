//! [`Queue`] on Redis. The protocol is explained [one floor up](super).

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use redis::{Cmd, Script, ScriptInvocation};
use tokio::{runtime::Handle, time::Instant};

use super::{PATIENT, link::Link};
use crate::{
    ops::Clock,
    store::ports::{Depth, Envelope, PortError, Queue},
};

macro_rules! script {
    ($name:ident, $file:literal) => {
        static $name: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!($file)));
    };
}
script!(ACK, "ack.lua");
script!(GIVE_BACK, "give_back.lua");

/// The same for a script that needs the time; its first argument is [`RedisQueue::told`].
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

/// How many jobs one command carries at most; Redis serves nobody else meanwhile.
const BATCH: usize = 500;

#[derive(Clone)]
pub(super) struct RedisQueue {
    /// For workers.
    link: Link,
    /// For pushing, which people wait for.
    quick: Link,
    /// Asked only for a time that a test has set.
    clock: Clock,
}

/// The keys of one queue.
struct Keys {
    ready: String,
    delayed: String,
    workers: String,
}

impl Keys {
    fn processing(&self, worker: &str) -> String {
        format!("{}:processing:{worker}", self.ready)
    }
}

impl RedisQueue {
    pub(super) fn new(quick: Link, clock: Clock) -> Self {
        Self {
            link: quick.within(PATIENT),
            quick,
            clock,
        }
    }

    /// What the scripts are told about the time: nothing (they ask Redis), unless a test sets it.
    fn told(&self) -> String {
        let set = self.clock.manual_time();
        set.map_or_else(String::new, |now| now.timestamp_millis().to_string())
    }

    fn keys(&self, queue: &str) -> Keys {
        let ready = self.link.key(format_args!("queue:{{{queue}}}"));
        Keys {
            delayed: format!("{ready}:delayed"),
            workers: format!("{ready}:workers"),
            ready,
        }
    }

    /// Runs the take script to its end, even if the caller goes away meanwhile.
    async fn grab(&self, queue: &str, worker: &str, max: usize) -> Result<Grabbed, PortError> {
        let (this, queue, worker) = (self.clone(), queue.to_owned(), worker.to_owned());
        let script = async move {
            let keys = this.keys(&queue);
            let mut take = TAKE.key(keys.ready.as_str());
            take.key(keys.processing(&worker)).key(keys.workers);
            take.arg(this.told()).arg(max).arg(&worker);
            let jobs: Vec<Vec<u8>> = this.link.script(&take).await?;
            Ok(Grabbed {
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

    /// Waits until there is a job to take, or until `deadline`; `true` if there was one a moment
    /// ago. Redis looks at its clock ten times a second, so this may overshoot by 100 ms.
    async fn wait_for_job(&self, queue: &str, deadline: Instant) -> Result<bool, PortError> {
        let patience = deadline.saturating_duration_since(Instant::now());
        if patience.is_zero() {
            return Ok(false);
        }
        let ready = self.keys(queue).ready;
        let mut look = redis::cmd("BLMOVE");
        look.arg(&ready).arg(&ready).arg("LEFT").arg("LEFT");
        // Zero would mean forever.
        look.arg(patience.as_secs_f64().max(0.001));
        let head: Option<Vec<u8>> = self.link.blocking(&look, patience).await?;
        Ok(head.is_some())
    }
}

/// Jobs that were taken for a caller, given back unless it is still there to [`keep`](Self::keep)
/// them.
struct Grabbed {
    jobs: Vec<Envelope>,
    from: RedisQueue,
    queue: String,
    worker: String,
}

impl Grabbed {
    fn keep(mut self) -> Vec<Envelope> {
        std::mem::take(&mut self.jobs)
    }
}

impl Drop for Grabbed {
    fn drop(&mut self) {
        let jobs = std::mem::take(&mut self.jobs);
        // Without a runtime the process is ending, and the jobs come back by reaping.
        if let (false, Ok(runtime)) = (jobs.is_empty(), Handle::try_current()) {
            let (from, queue, worker) =
                (self.from.clone(), self.queue.clone(), self.worker.clone());
            runtime.spawn(async move {
                if let Err(error) = from.give_back(&queue, &worker, &jobs).await {
                    let count = jobs.len();
                    tracing::warn!(%error, queue, worker, count, "abandoned jobs stay in hand");
                }
            });
        }
    }
}

#[async_trait]
impl Queue for RedisQueue {
    async fn push(&self, queue: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        let keys = self.keys(queue);
        for batch in jobs.chunks(BATCH) {
            let batch: Vec<&[u8]> = batch.iter().map(|job| &job.raw[..]).collect();
            let push = Cmd::rpush(&keys.ready, batch);
            self.quick.query::<()>(&push).await?;
        }
        Ok(())
    }

    async fn take(
        &self,
        queue: &str,
        worker: &str,
        max: usize,
        patience: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        if max == 0 {
            return Ok(Vec::new());
        }
        let deadline = Instant::now() + patience;
        loop {
            let grabbed = self.grab(queue, worker, max).await?;
            if !grabbed.jobs.is_empty() {
                return Ok(grabbed.keep());
            }
            // Whoever looks is not alone: another worker may be faster, then the wait goes on.
            if !self.wait_for_job(queue, deadline).await? {
                return Ok(Vec::new());
            }
        }
    }

    async fn ack(&self, queue: &str, worker: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        let processing = self.keys(queue).processing(worker);
        for batch in jobs.chunks(BATCH) {
            let mut ack = ACK.key(&processing);
            add_jobs(&mut ack, batch);
            self.link.script::<()>(&ack).await?;
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
        delay.arg(self.told());
        delay.arg(&held.raw[..]).arg(&job.raw[..]).arg(millis(wait));
        self.link.script(&delay).await
    }

    async fn give_back(
        &self,
        queue: &str,
        worker: &str,
        jobs: &[Envelope],
    ) -> Result<(), PortError> {
        let keys = self.keys(queue);
        // The last first: each batch goes before the one that went back before it.
        for batch in jobs.rchunks(BATCH) {
            let mut give_back = GIVE_BACK.key(keys.processing(worker));
            give_back.key(keys.ready.as_str());
            add_jobs(&mut give_back, batch);
            self.link.script::<()>(&give_back).await?;
        }
        Ok(())
    }

    async fn promote_due(&self, queue: &str, max: usize) -> Result<usize, PortError> {
        let keys = self.keys(queue);
        let mut promote_due = PROMOTE_DUE.key(keys.delayed);
        promote_due.key(keys.ready);
        promote_due.arg(self.told()).arg(max);
        self.link.script(&promote_due).await
    }

    async fn heartbeat(&self, queue: &str, worker: &str) -> Result<(), PortError> {
        let mut beat = HEARTBEAT.key(self.keys(queue).workers);
        beat.arg(self.told()).arg(worker);
        self.link.script(&beat).await
    }

    async fn reap(&self, queue: &str, silence: Duration) -> Result<usize, PortError> {
        let keys = self.keys(queue);
        let silence = millis(silence);
        let mut silent = SILENT.key(keys.workers.as_str());
        silent.arg(self.told()).arg(silence);
        let dead: Vec<String> = self.link.script(&silent).await?;
        let mut returned = 0;
        for worker in dead {
            let mut reap = REAP.key(keys.processing(&worker));
            reap.key(keys.ready.as_str()).key(keys.workers.as_str());
            reap.arg(self.told()).arg(worker).arg(silence);
            returned += self.link.script::<usize>(&reap).await?;
        }
        Ok(returned)
    }

    async fn depth(&self, queue: &str) -> Result<Depth, PortError> {
        let keys = self.keys(queue);
        let workers: Vec<String> = self.link.query(&Cmd::zrange(&keys.workers, 0, -1)).await?;
        let mut depth = DEPTH.key(keys.ready.as_str());
        depth.key(keys.delayed.as_str());
        for worker in &workers {
            depth.key(keys.processing(worker));
        }
        depth.arg(self.told());
        let (ready, delayed, due, in_hand) = self.link.script(&depth).await?;
        Ok(Depth {
            ready,
            in_hand,
            delayed,
            due,
        })
    }
}

/// As the scripts count time.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn add_jobs(script: &mut ScriptInvocation<'_>, jobs: &[Envelope]) {
    for job in jobs {
        script.arg(&job.raw[..]);
    }
}
