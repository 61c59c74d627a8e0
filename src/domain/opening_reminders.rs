//! Reminders before registration opens, for accounts that asked for one.
//!
//! A wish is a row of `opening_reminders`. Every minute one process looks for competitions that open within
//! [`AHEAD`], and writes the messages, a page of accounts per transaction. The transaction that writes a
//! message also notes of which opening it reminds. So there is exactly one message for an account and an
//! opening, whatever crashes, and an opening that is moved to a later time reminds again.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use tokio_util::sync::CancellationToken;

use super::{
    Actor, Result,
    mailbox::{MessageWriter, NewMessage, message_texts},
    news::News,
};
use crate::{
    jobs::{
        outbox::{self, Outbox},
        scheduler::{RunOutcome, ScheduledTask},
    },
    model::{CompetitionId, CompetitionStatus, DomainError, Language, MessageKind, UserId},
    ops::Clock,
    store::{
        Database, InfrastructureError, bulk,
        entity::{competition, opening_reminder, user},
    },
};

/// The name of the scheduled task.
pub const TASK_NAME: &str = "opening-reminders";
/// How long before the opening accounts are reminded.
const AHEAD: TimeDelta = TimeDelta::minutes(15);
/// The number of messages that are written in one transaction.
const PAGE: u64 = 500;

/// The wishes of accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OpeningReminders {
    database: Database,
    clock: Clock,
}

impl OpeningReminders {
    /// Creates the service over a database.
    #[must_use]
    pub const fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// Returns whether an account wants to be reminded of a competition's opening.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn is_wanted(&self, actor: Actor, competition: CompetitionId) -> Result<bool> {
        let wish = opening_reminder::Entity::find_by_id((competition, actor.id));
        Ok(wish.one(self.database.read()).await?.is_some())
    }

    /// Notes whether an account wants to be reminded. A repeat changes nothing.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no competition that everyone may see, or if its
    /// registration has opened.
    pub async fn want(&self, actor: Actor, competition: CompetitionId, wanted: bool) -> Result<()> {
        use opening_reminder::Column;
        if !wanted {
            opening_reminder::Entity::delete_by_id((competition, actor.id))
                .exec(self.database.write())
                .await?;
            return Ok(());
        }
        let now = self.clock.now();
        let ahead = competition::Entity::existing_by_id(competition)
            .filter(competition::Column::Status.eq(CompetitionStatus::Published))
            .filter(competition::Column::OpensAt.gt(now));
        if ahead.one(self.database.read()).await?.is_none() {
            return Err(DomainError::NotFound.into());
        }
        let wish = opening_reminder::ActiveModel {
            competition_id: Set(competition),
            user_id: Set(actor.id),
            reminded_of: Set(None),
            created_at: Set(now),
        };
        let conflict = OnConflict::columns([Column::CompetitionId, Column::UserId])
            .do_nothing()
            .to_owned();
        opening_reminder::Entity::insert(wish)
            .on_conflict(conflict)
            .exec_without_returning(self.database.write())
            .await?;
        Ok(())
    }
}

/// The scheduled task that writes the messages.
#[derive(Debug, Clone)]
pub struct OpeningReminderTask {
    /// The database of the installation.
    pub database: Database,
    /// The clock that openings are compared with.
    pub clock: Clock,
    /// Pushes the jobs that send messages as mail.
    pub outbox: Outbox,
    /// Writes the messages about openings.
    pub writer: MessageWriter,
    /// Tells open pages that a message has arrived.
    pub news: News,
    /// What links in messages begin with.
    pub public_url: String,
}

impl OpeningReminderTask {
    /// Writes a page of messages about one opening, and returns their number.
    async fn remind(
        &self,
        competition: &competition::Model,
        opens_at: DateTime<Utc>,
    ) -> Result<usize, InfrastructureError> {
        use opening_reminder::Column;
        let due = Condition::any()
            .add(Column::RemindedOf.is_null())
            .add(Column::RemindedOf.ne(opens_at));
        let transaction = self.database.begin().await?;
        let users: Vec<UserId> = opening_reminder::Entity::find()
            .select_only()
            .column(Column::UserId)
            .filter(Column::CompetitionId.eq(competition.id))
            .filter(due)
            .order_by_asc(Column::UserId)
            .limit(PAGE)
            .into_tuple()
            .all(&transaction)
            .await?;
        if users.is_empty() {
            transaction.rollback().await?;
            return Ok(0);
        }
        let backend = self.database.backend();
        let readers: Vec<(UserId, String, Option<Language>, Option<String>)> = user::Entity::find()
            .select_only()
            .columns([
                user::Column::Id,
                user::Column::Name,
                user::Column::Language,
                user::Column::TimeZone,
            ])
            .filter(bulk::among(
                backend,
                (user::Entity, user::Column::Id),
                &users,
            ))
            .into_tuple()
            .all(&transaction)
            .await?;
        let link = format!("{}/competitions/{}", self.public_url, competition.id);
        let messages = readers.into_iter().map(|(user, name, language, zone)| {
            let language = language.unwrap_or_default();
            let (title, venue) = (&competition.title, &competition.time_zone);
            let when = message_texts::moment(language, opens_at, venue, zone.as_deref());
            let (subject, body) = message_texts::opening(language, &name, title, &when, &link);
            NewMessage {
                user,
                registration: None,
                competition: Some(competition.id),
                announcement: None,
                kind: MessageKind::Reminder,
                dedupe_key: format!("opening:{}:{user}:{}", competition.id, opens_at.timestamp()),
                subject,
                body,
                follows: None,
            }
        });
        let now = self.clock.now();
        let jobs = self
            .writer
            .write(&transaction, messages.collect(), now)
            .await?;
        outbox::write(&transaction, &jobs, now).await?;
        opening_reminder::Entity::update_many()
            .col_expr(Column::RemindedOf, Expr::value(opens_at))
            .filter(Column::CompetitionId.eq(competition.id))
            .filter(bulk::among(
                backend,
                (opening_reminder::Entity, Column::UserId),
                &users,
            ))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        self.outbox.committed(&jobs).await;
        let reminded = users.len();
        self.news.changed(users).await;
        Ok(reminded)
    }
}

/// Runs every minute in one process.
#[async_trait]
impl ScheduledTask for OpeningReminderTask {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        use competition::Column;
        // Nobody is told of an opening that a pause puts off. Who waits for it is told if the pause ends before it.
        let soon = competition::Entity::existing()
            .filter(Column::Status.eq(CompetitionStatus::Published))
            .filter(Column::Paused.eq(false))
            .filter(Column::OpensAt.gt(now))
            .filter(Column::OpensAt.lte(now + AHEAD))
            .order_by_asc(Column::OpensAt)
            .all(self.database.read())
            .await?;
        let mut reminded = 0;
        for competition in soon {
            let Some(opens_at) = competition.opens_at else {
                continue;
            };
            while !stop.is_cancelled() {
                match self.remind(&competition, opens_at).await? {
                    0 => break,
                    written => reminded += written,
                }
            }
        }
        if reminded > 0 {
            tracing::info!(count = reminded, "Wrote {reminded} reminders of openings");
        }
        Ok(RunOutcome::unless_stopped(stop))
    }
}
