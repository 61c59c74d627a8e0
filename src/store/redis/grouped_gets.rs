//! Reads of single keys, grouped into one `MGET`.
//!
//! While one `MGET` is under way, the reads that come gather for the next one. There is no timer, and a read
//! that is alone waits for nothing. In a rush, Redis and this process do one exchange for dozens of reads.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use redis::Cmd;
use tokio::{sync::oneshot, time::timeout};

use super::client::RedisClient;
use crate::store::ports::PortError;

/// The most keys in one `MGET`, since Redis runs no other command meanwhile.
const MAX_KEYS: usize = 256;

/// The value of a key, or why there is no answer.
type Value = Result<Option<Bytes>, String>;

/// Groups reads that are waiting at the same time.
pub(super) struct GroupedGets {
    client: RedisClient,
    waiting: Mutex<Waiting>,
}

/// The reads that wait for the next `MGET`.
#[derive(Default)]
struct Waiting {
    keys: Vec<String>,
    replies: Vec<oneshot::Sender<Value>>,
    /// Whether a task runs that sends them.
    has_task: bool,
}

impl GroupedGets {
    pub(super) fn new(client: RedisClient) -> Self {
        Self {
            client,
            waiting: Mutex::default(),
        }
    }

    /// Returns the value of a key.
    pub(super) async fn get(self: &Arc<Self>, key: String) -> Result<Option<Bytes>, PortError> {
        let (reply, value) = oneshot::channel();
        let has_task = {
            let mut waiting = self.lock();
            waiting.keys.push(key);
            waiting.replies.push(reply);
            mem::replace(&mut waiting.has_task, true)
        };
        if !has_task {
            // A task of its own: others wait for it too, whatever becomes of this caller.
            tokio::spawn(Arc::clone(self).send_all());
        }
        let limit = self.client.time_limit();
        let detail = match timeout(limit, value).await {
            Ok(Ok(Ok(value))) => return Ok(value),
            Ok(Ok(Err(detail))) => detail,
            Ok(Err(_)) => "the task that reads has panicked".to_owned(),
            Err(_elapsed) => format!("no answer within {limit:?}"),
        };
        Err(PortError::unavailable("cache", detail))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the waiting reads, until there are none.
    async fn send_all(self: Arc<Self>) {
        loop {
            let (keys, replies) = {
                let mut waiting = self.lock();
                if waiting.keys.is_empty() {
                    waiting.has_task = false;
                    return;
                }
                let count = waiting.keys.len().min(MAX_KEYS);
                let keys: Vec<_> = waiting.keys.drain(..count).collect();
                let replies: Vec<_> = waiting.replies.drain(..count).collect();
                (keys, replies)
            };
            let values = self.read(&keys).await;
            for (at, reply) in replies.into_iter().enumerate() {
                let value = match &values {
                    Ok(values) => Ok(values.get(at).cloned().flatten()),
                    Err(detail) => Err(detail.clone()),
                };
                // The caller may have given up.
                drop(reply.send(value));
            }
        }
    }

    async fn read(&self, keys: &[String]) -> Result<Vec<Option<Bytes>>, String> {
        let values: Result<Vec<Option<Vec<u8>>>, PortError> =
            self.client.query(&Cmd::mget(keys)).await;
        match values {
            Ok(values) => Ok(values.into_iter().map(|it| it.map(Bytes::from)).collect()),
            Err(PortError::Unavailable { detail, .. }) => Err(detail),
        }
    }
}
