//! Registering, from the outside in: the cache, the desk, and how long anybody waits.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    Registrations,
    command::{Command, Reply, fingerprint},
    outcome::{Answer, Stored},
    pending_reply::PendingReply,
    queue::{cache_key, in_flight_key},
};
use crate::{
    domain::{Actor, Result, limits::Limit},
    model::{CompetitionId, DomainError, IdempotencyKey},
};

/// From here on somebody who asks again may have to be told that the first request is under way.
const SLOW: Duration = Duration::from_secs(1);
/// How long a repeat waits for the first request.
const REPEAT_PATIENCE: Duration = Duration::from_secs(5);
/// How long the first request itself waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keys that this process has been working on for long: with the cache away, at least its own
/// repeats are known as such.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashSet<String>>>);

impl InFlight {
    /// `None` if somebody here works on it already.
    fn begin(&self, marker: &str) -> Option<Begun> {
        self.keys().insert(marker.to_owned()).then(|| Begun {
            marker: marker.to_owned(),
            among: self.clone(),
        })
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dropped, also because the client went away, it is work no more.
struct Begun {
    marker: String,
    among: InFlight,
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.among.keys().remove(&self.marker);
    }
}

impl Registrations {
    /// Takes a seat or a place in the queue. A business "no" that is stored under the key comes
    /// back as an [`Answer`] too: both are repeated byte for byte.
    ///
    /// # Errors
    /// A refusal that is not stored: [`DomainError::IdempotencyKeyReused`],
    /// [`DomainError::RequestInProgress`], [`DomainError::Overloaded`], [`DomainError::TooManyRequests`]. Trying
    /// again with the same key is safe after any error.
    pub async fn register(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: &IdempotencyKey,
    ) -> Result<Answer> {
        let begun = std::time::Instant::now();
        let result = self.answer(actor, competition, key).await;
        let outcome = match &result {
            Ok(answer) if answer.replayed => "replayed",
            Ok(answer) if answer.status == 201 => "accepted",
            Ok(_) => "refused",
            Err(_) => "failed",
        };
        metrics::counter!("mc_registrations_total", "outcome" => outcome).increment(1);
        metrics::histogram!("mc_registration_duration_seconds")
            .record(begun.elapsed().as_secs_f64());
        result
    }

    async fn answer(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: &IdempotencyKey,
    ) -> Result<Answer> {
        let account = actor.id.to_string();
        let counted = self.limits.count(Limit::REGISTRATIONS, &account).await;
        counted.map_err(DomainError::from)?;
        let fingerprint = fingerprint(competition);
        if let Some(stored) = self.remembered(actor, key).await {
            return if stored.fingerprint == fingerprint {
                Ok(stored.answer(true))
            } else {
                Err(DomainError::IdempotencyKeyReused.into())
            };
        }
        let command = Command::Register {
            user: actor.id,
            key: key.clone(),
            fingerprint,
        };
        let waiting = self.queues.submit(competition, command)?;
        match self.wait(actor, key, waiting).await? {
            Reply::Answer { stored, replayed } => {
                let answer = stored.answer(replayed);
                self.near.insert((actor.id, key.clone()), stored).await;
                Ok(answer)
            }
            Reply::Done(Err(refusal)) => Err(refusal.into()),
            Reply::Done(Ok(())) => {
                Err(crate::store::InfrastructureError::internal("no answer").into())
            }
        }
    }

    /// The first idempotency layer: this process's memory, then the cache. Answers never change,
    /// so a near copy is as good as the far one.
    async fn remembered(&self, actor: Actor, key: &IdempotencyKey) -> Option<Stored> {
        let near = (actor.id, key.clone());
        let now = self.clock.now();
        if let Some(stored) = self.near.get(&near).await
            && now < stored.expires_at
        {
            return Some(stored);
        }
        let bytes = match self.ports.cache.get(&cache_key(actor.id, key)).await {
            Ok(bytes) => bytes?,
            Err(error) => {
                tracing::debug!(%error, "the database answers instead of the cache");
                return None;
            }
        };
        match serde_json::from_slice::<Stored>(&bytes) {
            Ok(stored) if stored.expires_at <= now => None,
            Ok(stored) => {
                self.near.insert(near, stored.clone()).await;
                Some(stored)
            }
            Err(error) => {
                tracing::warn!(%error, "an unreadable entry in the cache is passed over");
                None
            }
        }
    }

    /// Waits for the desk. Only when it takes long is it found out, across all processes, who came
    /// first under this key: that costs the fast path nothing.
    async fn wait(
        &self,
        actor: Actor,
        key: &IdempotencyKey,
        mut waiting: PendingReply,
    ) -> Result<Reply> {
        let begun = Instant::now();
        if let Some(reply) = waiting.reply_by(begun + SLOW).await {
            return Ok(reply?);
        }
        let marker = in_flight_key(actor.id, key);
        let here = self.in_flight.begin(&marker);
        let first = here.is_some()
            && self
                .ports
                .cache
                .set_if_absent(&marker, Bytes::from_static(b"1"), PATIENCE)
                .await
                .unwrap_or(true);
        let patience = if first { PATIENCE } else { REPEAT_PATIENCE };
        let reply = waiting.reply_by(begun + patience).await;
        if first && let Err(error) = self.ports.cache.delete(&marker).await {
            tracing::debug!(%error, "the marker will expire by itself");
        }
        if let Some(reply) = reply {
            return Ok(reply?);
        }
        // What is answered now must not be done later.
        waiting.withdraw();
        Err(if first {
            DomainError::Overloaded { retry_after: 2 }.into()
        } else {
            DomainError::RequestInProgress.into()
        })
    }
}
