//! The queries of a control room. Each reads a bounded part of an index.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, RelationTrait,
    sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, Order, Query, SelectStatement},
};

use crate::{
    domain::{
        mailbox::mail,
        registration::job_kinds::{
            CANCELLATION, CONFIRMATION, PROMOTION, REMOVAL, RESEND, WAITLIST,
        },
    },
    jobs::Queues,
    model::{
        AuditAction, AuditOutcome, CompetitionId, NewestRegistration, RegistrationStatus,
        RoomMoment, RoomMomentKind,
    },
    store::{
        Database, InfrastructureError,
        entity::{announcement, audit_event, failed_job, message, outbox_job, registration, user},
    },
};

/// The number of newest registrations.
const NEWEST: u64 = 15;
/// The number up to which recent registrations and unconfirmed seats are counted.
const MOST_COUNTED: u64 = 20_000;
/// The number of registrations that are read to find the second in which most came.
const MOST_OF_SECONDS: u64 = 200_000;
/// The number up to which failed messages are counted.
const MOST_FAILED: u64 = 10_000;
/// The number of jobs of the mail queue that are looked at, those of all competitions together.
const MOST_WAITING: u64 = 10_000;

/// The number of acts that are looked at for changes of the capacity and pauses, the newest ones.
const MOST_ACTS: u64 = 50;
/// The number of announcements that are looked at, the newest ones.
const MOST_ANNOUNCEMENTS: u64 = 20;

/// Reads what a control room shows. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Queries {
    database: Database,
}

impl Queries {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Counts the registrations since a moment, up to a bound: a range of the index of a competition's registrations
    /// by their time.
    pub(super) async fn registered_since(
        &self,
        id: CompetitionId,
        moment: DateTime<Utc>,
    ) -> Result<u64, InfrastructureError> {
        let recent = of_competition(id)
            .column(registration::Column::Id)
            .filter(registration::Column::RegisteredAt.gt(moment))
            .limit(MOST_COUNTED);
        Ok(recent.count(self.database.read()).await?)
    }

    /// Returns the second of a period in which most registrations came, the first of equal ones, and their number: a range
    /// of the index of a competition's registrations by their time, up to a bound.
    pub(super) async fn busiest_second(
        &self,
        id: CompetitionId,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<(u64, DateTime<Utc>)>, InfrastructureError> {
        use registration::Column;
        let second = match self.database.backend() {
            DatabaseBackend::Sqlite => "CAST(strftime('%s', registered_at) AS INTEGER)",
            _ => "floor(extract(epoch FROM registered_at))::bigint",
        };
        let came = of_competition(id)
            .expr_as(Expr::cust(second), "second")
            .filter(Column::RegisteredAt.gte(from))
            .filter(Column::RegisteredAt.lt(until))
            .order_by_asc(Column::RegisteredAt)
            .limit(MOST_OF_SECONDS);
        let mut query = counted(came.into_query());
        query
            .column(Alias::new("second"))
            .group_by_col(Alias::new("second"))
            .order_by(Alias::new("count"), Order::Desc)
            .order_by(Alias::new("second"), Order::Asc)
            .limit(1);
        let Some(row) = self.row(&query).await? else {
            return Ok(None);
        };
        let number = count_of(&row)?;
        let second = DateTime::from_timestamp(row.try_get("", "second")?, 0);
        Ok(second.map(|second| (number, second)))
    }

    /// Returns the number of seats without a confirmation, up to a bound, and since when the oldest is without: a
    /// range of the index of a competition's registrations by their status.
    pub(super) async fn unconfirmed(
        &self,
        id: CompetitionId,
    ) -> Result<(u64, Option<DateTime<Utc>>), InfrastructureError> {
        use registration::Column;
        let pending = of_competition(id)
            .columns([Column::PromotedAt, Column::RegisteredAt])
            .filter(Column::Status.eq(RegistrationStatus::Pending))
            .limit(MOST_COUNTED);
        let since = Func::coalesce([
            Expr::col(Column::PromotedAt),
            Expr::col(Column::RegisteredAt),
        ]);
        let mut query = counted(pending.into_query());
        query.expr_as(Expr::from(since).min(), Alias::new("oldest"));
        match self.row(&query).await? {
            Some(row) => Ok((count_of(&row)?, row.try_get("", "oldest")?)),
            None => Ok((0, None)),
        }
    }

    /// Counts the messages and the mail about a competition that failed finally, up to a bound: a range of the index of
    /// dead letters by their competition.
    pub(super) async fn failed(&self, id: CompetitionId) -> Result<u64, InfrastructureError> {
        use failed_job::{Column, Entity};
        let kinds = [
            CONFIRMATION,
            WAITLIST,
            PROMOTION,
            CANCELLATION,
            REMOVAL,
            RESEND,
            mail::KIND,
        ];
        let failed = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::CompetitionId.eq(id))
            .filter(Column::Kind.is_in(kinds.map(|kind| kind.name)))
            .limit(MOST_FAILED);
        Ok(failed.count(self.database.read()).await?)
    }

    /// Counts the mail about a competition that has not been sent yet, among the first jobs of the mail queue, which
    /// also has those of push messages. The jobs lead to the messages: a competition may have a million of those.
    pub(super) async fn waiting_mail(&self, id: CompetitionId) -> Result<u64, InfrastructureError> {
        use outbox_job::{Column, Entity};
        let jobs = Entity::find()
            .select_only()
            .columns([Column::SubjectId, Column::Kind])
            .filter(Column::Queue.eq(Queues::MAIL))
            .order_by_asc(Column::LeaseUntil)
            .limit(MOST_WAITING);
        let mut of_mail = Query::select();
        of_mail
            .column(Column::SubjectId)
            .from_subquery(jobs.into_query(), Alias::new("first_jobs"))
            .and_where(Expr::col(Column::Kind).eq(mail::KIND.name));
        let of_competition = match self.database.backend() {
            // The plus keeps SQLite from reading all messages of the competition by their index.
            DatabaseBackend::Sqlite => Expr::cust_with_values("+competition_id = ?", [id.0]),
            _ => message::Column::CompetitionId.eq(id),
        };
        let waiting = message::Entity::find()
            .select_only()
            .column(message::Column::Id)
            .filter(of_competition)
            .filter(message::Column::Id.in_subquery(of_mail));
        Ok(waiting.count(self.database.read()).await?)
    }

    /// Returns when the last registration with a seat came within a minute: a range of the index of a competition's
    /// registrations by their time.
    pub(super) async fn last_seat_within(
        &self,
        id: CompetitionId,
        minute: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, InfrastructureError> {
        use registration::Column;
        let seated = [RegistrationStatus::Pending, RegistrationStatus::Confirmed];
        Ok(of_competition(id)
            .column(Column::RegisteredAt)
            .filter(Column::RegisteredAt.gte(minute))
            .filter(Column::RegisteredAt.lt(minute + TimeDelta::minutes(1)))
            .filter(Column::Status.is_in(seated))
            .order_by_desc(Column::RegisteredAt)
            .limit(1)
            .into_tuple()
            .one(self.database.read())
            .await?)
    }

    /// Returns the newest registrations, from the end of the index of a competition's registrations by their time.
    pub(super) async fn newest(
        &self,
        id: CompetitionId,
    ) -> Result<Vec<NewestRegistration>, InfrastructureError> {
        use registration::Column;
        let rows: Vec<(String, DateTime<Utc>, RegistrationStatus)> = of_competition(id)
            .column(user::Column::Name)
            .columns([Column::RegisteredAt, Column::Status])
            .join(JoinType::InnerJoin, registration::Relation::User.def())
            .order_by_desc(Column::RegisteredAt)
            .order_by_desc(Column::Id)
            .limit(NEWEST)
            .into_tuple()
            .all(self.database.read())
            .await?;
        let newest = rows
            .into_iter()
            .map(|(name, registered_at, status)| NewestRegistration {
                name,
                registered_at,
                status,
            });
        Ok(newest.collect())
    }

    /// Returns what those who run a competition did lately: two short ranges of indexes, from their ends.
    pub(super) async fn moments(
        &self,
        id: CompetitionId,
    ) -> Result<Vec<RoomMoment>, InfrastructureError> {
        let mut moments = self.changes(id).await?;
        moments.extend(self.announced(id).await?);
        Ok(moments)
    }

    /// Returns the newest changes of the capacity, pauses and resumptions, from the audit log.
    async fn changes(&self, id: CompetitionId) -> Result<Vec<RoomMoment>, InfrastructureError> {
        use audit_event::{Column, Entity};
        let events: Vec<(DateTime<Utc>, AuditAction, serde_json::Value)> = Entity::find()
            .select_only()
            .columns([Column::OccurredAt, Column::Action, Column::Detail])
            .filter(Column::SubjectId.eq(id.0))
            .filter(Column::Outcome.eq(AuditOutcome::Done))
            .order_by_desc(Column::OccurredAt)
            .order_by_desc(Column::Id)
            .limit(MOST_ACTS)
            .into_tuple()
            .all(self.database.read())
            .await?;
        let moment = |(at, action, detail): (DateTime<Utc>, AuditAction, serde_json::Value)| {
            let kind = match action {
                AuditAction::RegistrationPause => RoomMomentKind::Paused,
                AuditAction::RegistrationResume => RoomMomentKind::Resumed,
                _ => RoomMomentKind::Capacity(detail["after"]["capacity"].as_u64()?),
            };
            Some(RoomMoment { at, kind })
        };
        Ok(events.into_iter().filter_map(moment).collect())
    }

    /// Returns the newest announcements that were sent.
    async fn announced(&self, id: CompetitionId) -> Result<Vec<RoomMoment>, InfrastructureError> {
        use announcement::{Column, Entity};
        let times: Vec<Option<DateTime<Utc>>> = Entity::find()
            .select_only()
            .column(Column::StartedAt)
            .filter(Column::CompetitionId.eq(id))
            .order_by_desc(Column::CreatedAt)
            .limit(MOST_ANNOUNCEMENTS)
            .into_tuple()
            .all(self.database.read())
            .await?;
        let kind = RoomMomentKind::Announced;
        let moments = times.into_iter().flatten();
        Ok(moments.map(|at| RoomMoment { at, kind }).collect())
    }

    async fn row(
        &self,
        query: &SelectStatement,
    ) -> Result<Option<QueryResult>, InfrastructureError> {
        let statement = self.database.backend().build(query);
        Ok(self.database.read().query_one_raw(statement).await?)
    }
}

fn of_competition(id: CompetitionId) -> sea_orm::Select<registration::Entity> {
    registration::Entity::find()
        .select_only()
        .filter(registration::Column::CompetitionId.eq(id))
}

/// Returns a query that counts rows within their limit, and to which other aggregates of them can be added.
fn counted(rows: SelectStatement) -> SelectStatement {
    let mut query = Query::select();
    query
        .expr_as(Func::count(Expr::col(Asterisk)), Alias::new("count"))
        .from_subquery(rows, Alias::new("counted"));
    query
}

fn count_of(row: &QueryResult) -> Result<u64, InfrastructureError> {
    let count: i64 = row.try_get("", "count")?;
    Ok(u64::try_from(count).unwrap_or(0))
}
