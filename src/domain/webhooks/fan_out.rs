//! From events to deliveries: a row and a job for each webhook that wants an event, written in the transaction in which
//! the event becomes known. If it does not commit, there is neither; once it has, the job is done like every other.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationDef,
    RelationTrait,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use super::{
    delivery,
    events::{EventCompetition, NewEvent},
};
use crate::{
    jobs::outbox::NewJob,
    model::{CompetitionId, Role, WebhookDeliveryId, WebhookEvent, WebhookId},
    store::{
        InfrastructureError, Writes,
        bulk::{self, Cells},
        entity::{competition, user, webhook},
    },
};

/// Returns the query of the webhooks that may get events of the competition of the query around it. Where it finds none,
/// neither does [`Subscribers::of`].
pub(in crate::domain) fn webhooks_of_competition() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(webhook::Entity)
        .and_where(
            Expr::col((webhook::Entity, webhook::Column::UserId)).eq(Expr::col((
                competition::Entity,
                competition::Column::OrganizerId,
            ))),
        )
        .and_where(webhook::Column::OffAt.is_null())
        .to_owned()
}

/// The webhooks of the organizers of competitions.
#[derive(Debug, Default)]
pub(in crate::domain) struct Subscribers(HashMap<CompetitionId, Vec<(WebhookId, String)>>);

impl Subscribers {
    /// Reads the webhooks that get events of these competitions: none of an account that is disabled or no organizer
    /// any more, and none that is off.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub(in crate::domain) async fn of<C: ConnectionTrait>(
        connection: &C,
        competitions: &[CompetitionId],
    ) -> Result<Self, InfrastructureError> {
        if competitions.is_empty() {
            return Ok(Self::default());
        }
        let webhooks: RelationDef = competition::Entity::belongs_to(webhook::Entity)
            .from(competition::Column::OrganizerId)
            .to(webhook::Column::UserId)
            .into();
        let rows: Vec<(CompetitionId, WebhookId, String)> = competition::Entity::find()
            .select_only()
            .column(competition::Column::Id)
            .column(webhook::Column::Id)
            .column(webhook::Column::Events)
            .join(JoinType::InnerJoin, webhooks)
            .join(JoinType::InnerJoin, competition::Relation::Organizer.def())
            .filter(bulk::among(
                connection.get_database_backend(),
                (competition::Entity, competition::Column::Id),
                competitions,
            ))
            .filter(webhook::Column::OffAt.is_null())
            .filter(user::Column::DisabledAt.is_null())
            .filter(user::Column::Role.ne(Role::Participant))
            .into_tuple()
            .all(connection)
            .await?;
        let mut found = HashMap::<_, Vec<_>>::new();
        for (competition, webhook, events) in rows {
            found
                .entry(competition)
                .or_default()
                .push((webhook, events));
        }
        Ok(Self(found))
    }

    /// Returns whether nobody wants to know anything.
    pub(in crate::domain) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the deliveries of events to the caller's writes, and returns the jobs that send them.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the rows can't be encoded, which is a bug.
    pub(in crate::domain) fn add<C: ConnectionTrait>(
        &self,
        writes: &mut Writes,
        connection: &C,
        events: &[NewEvent],
        now: DateTime<Utc>,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let mut rows = Vec::new();
        for event in events {
            for webhook in self.wanting(event.competition, event.event) {
                rows.push((WebhookDeliveryId::new(), webhook, event));
            }
        }
        let text = |of: fn(&NewEvent) -> String| {
            Cells::Text(rows.iter().map(|(.., event)| of(event)).collect())
        };
        let columns = vec![
            (
                "id",
                Cells::Uuid(rows.iter().map(|(id, ..)| id.0).collect()),
            ),
            (
                "webhook_id",
                Cells::Uuid(rows.iter().map(|(_, webhook, _)| webhook.0).collect()),
            ),
            (
                "event_id",
                Cells::Uuid(rows.iter().map(|(.., event)| event.id).collect()),
            ),
            ("event", text(|event| event.event.to_string())),
            ("body", text(NewEvent::body)),
            ("created_at", Cells::Moment(vec![now; rows.len()])),
        ];
        let conflict = "ON CONFLICT (webhook_id, event_id) DO NOTHING";
        writes.insert(
            connection.get_database_backend(),
            "webhook_deliveries",
            columns,
            conflict,
        )?;
        Ok(rows.iter().map(|(id, ..)| delivery::job(*id)).collect())
    }

    fn wanting(
        &self,
        competition: CompetitionId,
        event: WebhookEvent,
    ) -> impl Iterator<Item = WebhookId> {
        let webhooks = self.0.get(&competition).into_iter().flatten();
        webhooks.filter_map(move |(id, events)| wants(events, event).then_some(*id))
    }
}

/// Writes the deliveries about a change of a competition, and returns the jobs that send them; the caller writes those.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub(in crate::domain) async fn write_change<C: ConnectionTrait>(
    transaction: &C,
    competition: EventCompetition,
    now: DateTime<Utc>,
) -> Result<Vec<NewJob>, InfrastructureError> {
    let subscribers = Subscribers::of(transaction, &[competition.id]).await?;
    let event = NewEvent::of_competition(competition, now);
    let mut writes = Writes::default();
    let jobs = subscribers.add(&mut writes, transaction, &[event], now)?;
    writes.execute(transaction).await?;
    Ok(jobs)
}

/// Returns whether an event is among stored names.
fn wants(events: &str, event: WebhookEvent) -> bool {
    events.split(' ').any(|name| name == event.as_str())
}
