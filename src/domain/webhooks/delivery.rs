//! The job that sends an event to a webhook.
//!
//! An event is sent at least once, each time with the same id. The outcome is stored in the delivery before the job
//! ends, so a job that is done again after a crash sends nothing that was accepted.
//!
//! A receiver that fails is left alone for a while, twice as long after each failure: its other events wait without an
//! attempt, so that a receiver that hangs does not keep workers from the events of others. It is never longer than the
//! pause of a single job before its own retry. Events that have waited for long are looked at less and less often: a
//! million of them would otherwise keep the workers busy for as long as the receiver is down. A webhook that has failed
//! for days is turned off, and so is one whose receiver answers 410, as the Standard Webhooks specification asks for.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};

use super::secrets::WebhookSecrets;
use crate::{
    external::webhook_sender::{OutgoingWebhook, WebhookRefusal, WebhookSender},
    jobs::{
        Effect, Failure, Job, JobKind, Queues,
        outbox::NewJob,
        retry::{NextStep, RetryPolicy},
    },
    model::{Role, WebhookDeliveryId, WebhookProblem},
    store::{
        Database, InfrastructureError,
        entity::{user, webhook, webhook_delivery},
    },
};

/// The kind of the jobs that send events to webhooks.
pub const KIND: JobKind = JobKind::new("webhook", Queues::WEBHOOK);

/// After how long without a success a webhook is turned off.
const OFF_AFTER: TimeDelta = TimeDelta::days(5);
/// The longest pause after failures.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// The longest time until an event that waits is looked at again, before it is spread.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
/// The status with which a receiver says that it wants nothing any more.
const GONE: u16 = 410;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryPayload {
    delivery_id: WebhookDeliveryId,
    /// Whether its owner asked for it: then it is sent even if the webhook is off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    replay: bool,
    /// The number of attempts before its owner asked for it. The next one is made even if the webhook pauses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempts: Option<i32>,
}

impl DeliveryPayload {
    /// Returns whether the owner of a delivery has asked for its next attempt.
    fn is_asked_for(&self, delivery: &webhook_delivery::Model) -> bool {
        self.replay
            && self
                .attempts
                .is_none_or(|before| before == delivery.attempts)
    }
}

/// Returns the job that sends a delivery, to be written in the transaction that inserts it.
pub(super) fn job(id: WebhookDeliveryId) -> NewJob {
    let payload = serde_json::json!({ "deliveryId": id });
    NewJob::once(KIND, id, payload, &id.to_string())
}

/// Returns the job that sends a delivery once more, after so many attempts.
pub(super) fn replay(id: WebhookDeliveryId, attempts: i32) -> NewJob {
    let payload = serde_json::json!({ "deliveryId": id, "replay": true, "attempts": attempts });
    NewJob::new(KIND, id, payload)
}

/// The effect that sends events to webhooks.
#[derive(Debug, Clone)]
pub struct WebhookDelivery {
    database: Database,
    sender: WebhookSender,
    secrets: WebhookSecrets,
    retries: RetryPolicy,
}

/// What an attempt has led to.
type Attempt = Result<u16, WebhookRefusal>;

impl WebhookDelivery {
    /// Creates the effect over a database. `retries` says when a job is tried again.
    #[must_use]
    pub const fn new(
        database: Database,
        sender: WebhookSender,
        secrets: WebhookSecrets,
        retries: RetryPolicy,
    ) -> Self {
        Self {
            database,
            sender,
            secrets,
            retries,
        }
    }

    /// Returns what is to be sent; `None` if there is nothing to do.
    async fn read(
        &self,
        payload: &DeliveryPayload,
    ) -> Result<Option<(webhook_delivery::Model, webhook::Model)>, InfrastructureError> {
        let read = self.database.read();
        let delivery = webhook_delivery::Entity::find_by_id(payload.delivery_id)
            .filter(webhook_delivery::Column::DeliveredAt.is_null())
            .one(read)
            .await?;
        let Some(delivery) = delivery else {
            return Ok(None);
        };
        let found = webhook::Entity::find_by_id(delivery.webhook_id)
            .find_also_related(user::Entity)
            .one(read)
            .await?;
        let Some((webhook, Some(owner))) = found else {
            return Ok(None);
        };
        let may_know = owner.disabled_at.is_none() && owner.role >= Role::Organizer;
        let is_on = webhook.off_at.is_none() || payload.replay;
        Ok((may_know && is_on).then_some((delivery, webhook)))
    }

    async fn deliver(
        &self,
        payload: &DeliveryPayload,
        now: DateTime<Utc>,
    ) -> Result<bool, Failure> {
        let found = self.read(payload).await.map_err(Failure::transient)?;
        let Some((delivery, webhook)) = found else {
            return Ok(false);
        };
        if let Some(until) = webhook.quiet_until.filter(|until| *until > now)
            && !payload.is_asked_for(&delivery)
        {
            let age = match payload.replay {
                true => TimeDelta::zero(),
                false => now - delivery.created_at,
            };
            return Err(Failure::Postponed {
                error: "the receiver failed a moment ago".to_owned(),
                wait: spread(wait_of(until - now, age)),
            });
        }
        let secrets = self.secrets.signing(&webhook, now);
        let problem = |problem| self.note(&delivery, None, Some(problem), now);
        if secrets.is_empty() {
            problem(WebhookProblem::NoSecret)
                .await
                .map_err(Failure::transient)?;
            return Err(Failure::Permanent("the secret can't be read".to_owned()));
        }
        let id = delivery.event_id.to_string();
        let request = OutgoingWebhook {
            url: &webhook.url,
            id: &id,
            body: &delivery.body,
            secrets: &secrets,
        };
        let attempt = self.sender.send(request, now).await;
        self.note_attempt(&delivery, &webhook, &attempt, now)
            .await
            .map_err(Failure::transient)?;
        attempt.map(|_| true).map_err(failure)
    }

    /// Stores the outcome of an attempt in the delivery and in the webhook.
    async fn note_attempt(
        &self,
        delivery: &webhook_delivery::Model,
        webhook: &webhook::Model,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        let (status, problem) = match attempt {
            Ok(status) => (Some(*status), None),
            Err(WebhookRefusal::Answered { status, .. }) => {
                (Some(*status), Some(answered(*status)))
            }
            Err(WebhookRefusal::Timeout) => (None, Some(WebhookProblem::Timeout)),
            Err(WebhookRefusal::Unreachable(_)) => (None, Some(WebhookProblem::Unreachable)),
            Err(WebhookRefusal::Address(_)) => (None, Some(WebhookProblem::NotPublic)),
        };
        self.note(delivery, status, problem, now).await?;
        match attempt {
            Ok(_) if webhook.failures == 0 && webhook.off_at.is_none() => Ok(()),
            Ok(_) => self.note_recovery(webhook).await,
            Err(refusal) => self.note_failure(webhook, refusal, now).await,
        }
    }

    async fn note(
        &self,
        delivery: &webhook_delivery::Model,
        status: Option<u16>,
        problem: Option<WebhookProblem>,
        now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        use webhook_delivery::{Column, Entity};
        let delivered = problem.is_none().then_some(now);
        Entity::update_many()
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .col_expr(Column::LastAttemptAt, Expr::value(now))
            .col_expr(Column::ResponseStatus, Expr::value(status.map(i32::from)))
            .col_expr(Column::Problem, Expr::value(problem))
            .col_expr(Column::DeliveredAt, Expr::value(delivered))
            .filter(Column::Id.eq(delivery.id))
            .exec(self.database.write())
            .await?;
        Ok(())
    }

    async fn note_recovery(&self, webhook: &webhook::Model) -> Result<(), InfrastructureError> {
        use webhook::{Column, Entity};
        let none = || Expr::value(None::<DateTime<Utc>>);
        Entity::update_many()
            .col_expr(Column::Failures, Expr::value(0))
            .col_expr(Column::FailingSince, none())
            .col_expr(Column::QuietUntil, none())
            .col_expr(Column::OffAt, none())
            .filter(Column::Id.eq(webhook.id))
            .exec(self.database.write())
            .await?;
        Ok(())
    }

    /// Lets the webhook pause, and turns it off if it has failed for days or its receiver wants nothing any more.
    /// Attempts that were under way at the same time count as one.
    async fn note_failure(
        &self,
        webhook: &webhook::Model,
        refusal: &WebhookRefusal,
        now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        use webhook::{Column, Entity};
        let failures = webhook.failures.saturating_add(1);
        let since = webhook.failing_since.unwrap_or(now);
        let is_gone = matches!(refusal, WebhookRefusal::Answered { status: GONE, .. });
        let off_at = match webhook.off_at {
            None if is_gone || now - since >= OFF_AFTER => Some(now),
            known => known,
        };
        let mut unnoted = Condition::any()
            .add(Column::QuietUntil.is_null())
            .add(Column::QuietUntil.lte(now));
        if is_gone {
            unnoted = unnoted.add(Column::OffAt.is_null());
        }
        Entity::update_many()
            .col_expr(Column::Failures, Expr::value(failures))
            .col_expr(Column::FailingSince, Expr::value(since))
            .col_expr(
                Column::QuietUntil,
                Expr::value(now + pause(self.retries, failures)),
            )
            .col_expr(Column::OffAt, Expr::value(off_at))
            .filter(Column::Id.eq(webhook.id))
            .filter(unnoted)
            .exec(self.database.write())
            .await?;
        Ok(())
    }
}

/// Returns what an answered status without success means.
const fn answered(status: u16) -> WebhookProblem {
    match status {
        300..=399 => WebhookProblem::Redirect,
        _ => WebhookProblem::Refused,
    }
}

/// Returns how a job goes on whose request was not accepted.
fn failure(refusal: WebhookRefusal) -> Failure {
    match refusal {
        WebhookRefusal::Answered { status: GONE, .. } => {
            Failure::Permanent("the receiver answered 410: it wants nothing any more".to_owned())
        }
        WebhookRefusal::Answered { status, wait } => {
            let error = format!("the receiver answered {status}");
            match wait {
                Some(wait) => Failure::Throttled { error, wait },
                None => Failure::Transient(error),
            }
        }
        WebhookRefusal::Timeout => Failure::Transient("no response in time".to_owned()),
        WebhookRefusal::Unreachable(why) => Failure::Transient(why),
        WebhookRefusal::Address(why) => Failure::Permanent(format!("the address {why}")),
    }
}

/// Returns how long a webhook pauses after so many failures in succession.
fn pause(retries: RetryPolicy, failures: i32) -> TimeDelta {
    // As long as a job waits, however often jobs are tried.
    let endless = RetryPolicy {
        max_retries: u32::MAX,
        ..retries
    };
    match endless.after(u32::try_from(failures).unwrap_or(u32::MAX), 0.0) {
        NextStep::Retry(wait) => wait.min(LONGEST_PAUSE),
        NextStep::DeadLetter => LONGEST_PAUSE,
    }
}

/// Returns how long an event waits that is so old, at a webhook that pauses for so long.
fn wait_of(pause: TimeDelta, age: TimeDelta) -> TimeDelta {
    pause.max((age / 4).min(LONGEST_WAIT))
}

/// Returns a wait that is up to twice as long, so that the events that waited do not come all at once.
fn spread(wait: TimeDelta) -> TimeDelta {
    let milliseconds = Ord::max(wait.num_milliseconds(), 1);
    TimeDelta::milliseconds(milliseconds + rand::random_range(0..=milliseconds))
}

#[async_trait]
impl Effect for WebhookDelivery {
    async fn perform(&self, job: &Job, now: DateTime<Utc>) -> Result<bool, Failure> {
        let payload: DeliveryPayload = job.read()?;
        self.deliver(&payload, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_no_longer_than_the_wait_of_a_job_that_failed_as_often() {
        let policy = RetryPolicy {
            base: TimeDelta::seconds(30),
            max_retries: 8,
        };
        for failures in 1..=8 {
            let NextStep::Retry(wait) = policy.after(u32::try_from(failures).unwrap(), 0.0) else {
                panic!("{failures}");
            };
            assert!(pause(policy, failures) <= wait, "{failures}");
        }
        assert_eq!(pause(policy, 1), TimeDelta::seconds(30));
        assert_eq!(pause(policy, 1_000), LONGEST_PAUSE);
    }

    #[test]
    fn an_event_that_has_waited_for_long_waits_longer_but_not_for_ever() {
        let wait =
            |pause, age| wait_of(TimeDelta::minutes(pause), TimeDelta::minutes(age)).num_minutes();
        assert_eq!(wait(10, 0), 10);
        assert_eq!(wait(10, 60), 15);
        assert_eq!(wait(1, 2 * 24 * 60), 60);
        assert_eq!(wait(10, -5), 10, "clocks differ");
    }

    #[test]
    fn what_can_never_be_accepted_is_not_tried_again() {
        use crate::external::public_address::RefusedAddress;
        let answered = |status| WebhookRefusal::Answered { status, wait: None };
        let permanent = |refusal| matches!(failure(refusal), Failure::Permanent(_));
        assert!(permanent(answered(410)));
        assert!(permanent(WebhookRefusal::Address(
            RefusedAddress::NotPublic
        )));
        for status in [301, 400, 401, 404, 500] {
            assert!(!permanent(answered(status)), "{status}");
        }
        assert!(!permanent(WebhookRefusal::Timeout));
    }
}
