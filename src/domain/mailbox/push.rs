//! Sends messages about promotions and reminders to the browsers that subscribed to them: one job for each message and
//! browser, so that one that can't be reached does not repeat what another one has shown.
//!
//! A push message is sent at least once, as mail is. It carries the id of the message, and browsers show one
//! notification for it. What has become untrue meanwhile, or was read, is not sent. The message itself is in the
//! mailbox.

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, RelationDef,
    sea_query::{Expr, JoinType},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{message_texts, preferences::wants_push};
use crate::{
    external::web_push::{
        CONTENT_MAX, OutgoingPush, PushError, PushServices, Urgency, encryption::SubscriptionKeys,
    },
    jobs::{Effect, Failure, Job, JobKind, Queues, outbox::NewJob},
    model::{CompetitionStatus, Language, MessageId, MessageKind, PushSubscriptionId},
    store::{
        Database, InfrastructureError, Transaction, bulk,
        entity::{competition, message, push_subscription, registration, user},
    },
    text::catalogue,
};

/// The kind of the jobs that send messages to browsers. They wait with mail: push services may be unavailable for
/// hours, too.
pub const KIND: JobKind = JobKind::new("push", Queues::MAIL).by_service("push");

/// The longest time for which a push service keeps a message: four weeks, as long as common ones do.
const TTL_MAX: Duration = Duration::from_secs(28 * 24 * 60 * 60);
/// The number of bytes of a topic: 32 characters of Base64url.
const TOPIC_BYTES: usize = 24;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PushPayload {
    message_id: MessageId,
    subscription_id: PushSubscriptionId,
}

/// What the service worker gets.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct PushContent<'a> {
    title: &'a str,
    body: &'a str,
    /// The path that a press on the notification opens.
    path: &'a str,
    /// A later notification with the same tag takes the place of the former one.
    tag: &'a str,
    lang: &'static str,
    dir: &'static str,
}

/// Returns whether messages of a kind are sent to browsers. A device gets them if they are turned on there, and if the
/// account wants them at the time of sending; its choices about mail are others.
pub(super) const fn is_pushed(kind: MessageKind) -> bool {
    matches!(kind, MessageKind::Promotion | MessageKind::Reminder)
}

/// Returns the jobs that send the messages among `ids` which exist and are pushed, to be written in the same
/// transaction.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub(super) async fn jobs<C: ConnectionTrait>(
    transaction: &C,
    ids: &[MessageId],
) -> Result<Vec<NewJob>, InfrastructureError> {
    let owner: RelationDef = message::Entity::belongs_to(push_subscription::Entity)
        .from(message::Column::UserId)
        .to(push_subscription::Column::UserId)
        .into();
    let of_ids = bulk::among(
        transaction.get_database_backend(),
        (message::Entity, message::Column::Id),
        ids,
    );
    let pairs: Vec<(MessageId, PushSubscriptionId)> = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .column(push_subscription::Column::Id)
        .join(JoinType::InnerJoin, owner)
        .filter(of_ids)
        .into_tuple()
        .all(transaction)
        .await?;
    let job = |(message_id, subscription_id): (MessageId, PushSubscriptionId)| {
        let payload =
            serde_json::json!({ "messageId": message_id, "subscriptionId": subscription_id });
        let key = format!("{message_id}:{subscription_id}");
        NewJob::once(KIND, message_id, payload, &key)
    };
    Ok(pairs.into_iter().map(job).collect())
}

/// The effect that sends messages to push services.
#[derive(Debug, Clone)]
pub struct PushSender {
    database: Database,
    services: PushServices,
}

/// What is sent about a message, and until when it is of use.
struct Notice {
    title: String,
    body: String,
    path: String,
    /// The object that the message is about, of which only the last message is of interest.
    subject: String,
    urgency: Urgency,
    until: DateTime<Utc>,
    language: Language,
}

impl PushSender {
    /// Creates the effect over a database.
    #[must_use]
    pub const fn new(database: Database, services: PushServices) -> Self {
        Self { database, services }
    }

    async fn send(&self, payload: &PushPayload, now: DateTime<Utc>) -> Result<bool, Failure> {
        let subscription = push_subscription::Entity::find_by_id(payload.subscription_id)
            .filter(push_subscription::is_logged_in(now))
            .one(self.database.read())
            .await
            .map_err(Failure::transient)?;
        // It ended meanwhile, perhaps by a log-out.
        let Some(subscription) = subscription else {
            return Ok(false);
        };
        let message = message::Entity::find_by_id(payload.message_id)
            .filter(message::Column::UserId.eq(subscription.user_id))
            .filter(message::Column::ReadAt.is_null())
            .one(self.database.read())
            .await;
        let Some(message) = message.map_err(Failure::transient)? else {
            return Ok(false);
        };
        let Some(notice) = self
            .notice(&message, now)
            .await
            .map_err(Failure::transient)?
        else {
            return Ok(false);
        };
        let Some(keys) = SubscriptionKeys::parse(&subscription.p256dh, &subscription.auth) else {
            return Err(Failure::Permanent(
                "the subscription has no keys".to_owned(),
            ));
        };
        let tag = message.id.to_string();
        let topic = topic(&notice.subject);
        let whole = notice.content(&tag, &notice.body);
        let short = notice.content(&tag, "");
        let outgoing = |content| OutgoingPush {
            endpoint: &subscription.endpoint,
            keys: &keys,
            server_key: &subscription.server_key,
            content,
            ttl: ttl(notice.until, now),
            urgency: notice.urgency,
            topic: &topic,
        };
        let mut sent = self.services.send(outgoing(&whole), now).await;
        if sent == Err(PushError::TooLarge) {
            sent = self.services.send(outgoing(&short), now).await;
        }
        match sent {
            Ok(()) => Ok(true),
            Err(PushError::Gone(why)) => {
                tracing::debug!(push.subscription.id = %subscription.id, reason = why, "Removed subscription {} to push messages", subscription.id);
                self.remove(&subscription)
                    .await
                    .map_err(Failure::transient)?;
                Ok(false)
            }
            Err(PushError::Transient(why)) => Err(Failure::Transient(why)),
            Err(PushError::Throttled { why, wait }) => Err(Failure::Throttled { error: why, wait }),
            Err(error) => Err(Failure::Permanent(error.to_string())),
        }
    }

    /// Returns what is sent about a message; `None` if it is not true any more, too late, or not wanted on devices.
    async fn notice(
        &self,
        message: &message::Model,
        now: DateTime<Utc>,
    ) -> Result<Option<Notice>, InfrastructureError> {
        let read = self.database.read();
        let Some(competition_id) = message.competition_id else {
            return Ok(None);
        };
        let competition = competition::Entity::existing_by_id(competition_id);
        let Some(competition) = competition.one(read).await? else {
            return Ok(None);
        };
        let user = user::Entity::find_by_id(message.user_id).one(read).await?;
        let Some(user) = user.filter(|user| wants_push(user, message)) else {
            return Ok(None);
        };
        let language = user.reads();
        let zone = user.time_zone.as_deref();
        let moment = |at| message_texts::moment(language, at, &competition.time_zone, zone);
        let (t, title) = (
            &catalogue(language).registration_letters,
            &competition.title,
        );
        let takes_place = competition.status == CompetitionStatus::Published;
        let Some(id) = message.registration_id else {
            let will_open = takes_place && !competition.paused;
            let opens_at = competition.opens_at.filter(|at| will_open && *at > now);
            return Ok(opens_at.map(|opens_at| Notice {
                title: t.opening_subject(title),
                body: t.opening(title, &moment(opens_at)),
                path: format!("/competitions/{competition_id}"),
                subject: format!("opening:{competition_id}"),
                urgency: Urgency::High,
                until: opens_at,
                language,
            }));
        };
        let registration = registration::Entity::find_by_id(id).one(read).await?;
        let has_seat = registration.is_some_and(|row| row.status.holds_seat());
        if !has_seat || !takes_place || competition.starts_at <= now {
            return Ok(None);
        }
        let when = catalogue(language)
            .letters
            .when(&moment(competition.starts_at));
        let (heading, words, urgency) = match message.kind {
            MessageKind::Promotion => (
                t.promotion_subject(title),
                t.promotion(title),
                Urgency::High,
            ),
            _ => (
                t.reminder_subject(title),
                t.reminder(title),
                Urgency::Normal,
            ),
        };
        Ok(Some(Notice {
            title: heading,
            body: format!("{words}\n{when}"),
            path: format!("/me/registrations/{id}"),
            subject: id.to_string(),
            urgency,
            until: competition.starts_at,
            language,
        }))
    }

    /// Removes a subscription that has ended, unless the browser has meanwhile sent it with other keys.
    async fn remove(&self, ended: &push_subscription::Model) -> Result<(), InfrastructureError> {
        push_subscription::Entity::delete_many()
            .filter(push_subscription::Column::Id.eq(ended.id))
            .filter(push_subscription::Column::P256dh.eq(&ended.p256dh))
            .exec(self.database.write())
            .await?;
        Ok(())
    }
}

impl Notice {
    /// Returns the content of the push message, without its body if it would be too large otherwise.
    fn content(&self, tag: &str, body: &str) -> Vec<u8> {
        let content = PushContent {
            title: &self.title,
            body,
            path: &self.path,
            tag,
            lang: self.language.tag(),
            dir: self.language.direction(),
        };
        // A struct of texts always serialises.
        let bytes = serde_json::to_vec(&content).unwrap_or_default();
        if bytes.len() > CONTENT_MAX && !body.is_empty() {
            return self.content(tag, "");
        }
        bytes
    }
}

/// Returns the topic of messages about an object, which tells the push service nothing about it.
fn topic(subject: &str) -> String {
    let digest = Sha256::digest(format!("mini-compete push topic:{subject}"));
    URL_SAFE_NO_PAD.encode(&digest[..TOPIC_BYTES])
}

/// Returns how long a push service keeps a message that is of use until `until`.
fn ttl(until: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (until - now).to_std().unwrap_or_default().min(TTL_MAX)
}

#[async_trait]
impl Effect for PushSender {
    async fn perform(&self, job: &Job, now: DateTime<Utc>) -> Result<bool, Failure> {
        let payload: PushPayload = job.read()?;
        self.send(&payload, now).await
    }

    async fn record(
        &self,
        transaction: &Transaction,
        job: &Job,
        now: DateTime<Utc>,
    ) -> Result<(), InfrastructureError> {
        let payload: PushPayload = job.read().map_err(InfrastructureError::internal)?;
        push_subscription::Entity::update_many()
            .col_expr(push_subscription::Column::LastUsedAt, Expr::value(now))
            .filter(push_subscription::Column::Id.eq(payload.subscription_id))
            .exec(transaction)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(title: String, body: String) -> Notice {
        Notice {
            title,
            body,
            path: "/me/registrations/1".to_owned(),
            subject: "1".to_owned(),
            urgency: Urgency::High,
            until: DateTime::UNIX_EPOCH,
            language: Language::Arabic,
        }
    }

    #[test]
    fn the_content_says_how_it_is_read_and_what_is_too_long_has_no_body() {
        let short = notice("A".to_owned(), "B".to_owned());
        let content = String::from_utf8(short.content("t", &short.body)).unwrap();
        assert_eq!(
            content,
            r#"{"title":"A","body":"B","path":"/me/registrations/1","tag":"t","lang":"ar","dir":"rtl"}"#
        );
        let long = notice("席".repeat(100), "席".repeat(2_000));
        let content = String::from_utf8(long.content("t", &long.body)).unwrap();
        assert!(
            content.len() <= CONTENT_MAX && content.contains(r#""body":"","#),
            "{content}"
        );
    }

    #[test]
    fn a_topic_is_what_push_services_accept_and_says_nothing() {
        let one = topic("0198b2c0-0000-7000-8000-000000000000");
        assert_eq!(one.len(), 32);
        assert!(
            one.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        assert_ne!(one, topic("0198b2c0-0000-7000-8000-000000000001"));
    }

    #[test]
    fn a_message_is_kept_until_it_is_of_no_use_and_four_weeks_at_most() {
        let now = DateTime::UNIX_EPOCH;
        let kept = |seconds| ttl(now + chrono::TimeDelta::seconds(seconds), now).as_secs();
        assert_eq!((kept(90), kept(-5)), (90, 0));
        assert_eq!(kept(400 * 24 * 60 * 60), TTL_MAX.as_secs());
    }
}
