//! What a transaction writes: bulk inserts, the conditional update of the competitions, the jobs.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    decide::{Notification, Plan},
    fan_out, notification_message, schedule_changes, update_competition,
};
use crate::{
    jobs::{
        JobKind,
        outbox::{self, NewJob},
    },
    model::{CompetitionId, RegistrationId, RegistrationStatus},
    store::{
        InfrastructureError, Transaction, audit,
        bulk::{self, Cells},
        entity::{former_schedule, registration},
    },
};

/// Writes plans and returns, for each of them, the jobs that were born with it.
///
/// # Errors
/// What the database says; a conflict if a competition changed since it was read.
pub(super) async fn plans(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
    now: DateTime<Utc>,
) -> Result<Vec<Vec<NewJob>>, InfrastructureError> {
    let all = || plans.iter().map(|(_, plan)| plan);
    // Who gives a seat back and asks again in the same batch must have given it back before: one
    // live registration a person, at every moment. But nobody moves who is not there yet.
    let fresh: HashSet<_> = all().flat_map(|p| &p.insert).map(|row| row.id).collect();
    let promoted = all().flat_map(|plan| plan.promote.iter().copied());
    let (new, old): (Vec<_>, Vec<_>) = promoted.partition(|id| fresh.contains(id));
    let cancelled: Vec<_> = all().flat_map(|plan| plan.cancel.iter().copied()).collect();
    let (pending, promoted_at) = (
        RegistrationStatus::Pending,
        registration::Column::PromotedAt,
    );
    let (over, cancelled_at) = (
        RegistrationStatus::Cancelled,
        registration::Column::CancelledAt,
    );
    set_status(transaction, &old, pending, promoted_at, now).await?;
    set_status(transaction, &cancelled, over, cancelled_at, now).await?;
    insert_registrations(transaction, plans, now).await?;
    set_status(transaction, &new, pending, promoted_at, now).await?;
    remember(transaction, plans).await?;
    let changed: Vec<_> = all().filter_map(|p| Some((p.state.as_ref()?, p))).collect();
    update_competition::update(transaction, &changed, now).await?;
    keep_schedules(transaction, plans).await?;
    // Only where an organizer changed something: people who register cost nothing here.
    audit::write(transaction, all().flat_map(|plan| &plan.audit)).await?;
    let mut born = Vec::with_capacity(plans.len());
    for (competition, plan) in plans {
        born.push(jobs(*competition, plan)?);
    }
    outbox::write(transaction, &born.concat(), now).await?;
    Ok(born)
}

fn jobs(competition: CompetitionId, plan: &Plan) -> Result<Vec<NewJob>, InfrastructureError> {
    let mut jobs: Vec<_> = plan
        .notifications
        .iter()
        .map(|(registration, user, notice)| {
            let (kind, position) = match *notice {
                Notification::Confirmation => (JobKind::Confirmation, None),
                Notification::Waitlist { position } => (JobKind::Waitlist, Some(position)),
                Notification::Promotion => (JobKind::Promotion, None),
                Notification::Cancellation => (JobKind::Cancellation, None),
            };
            notification_message::NotificationPayload {
                registration_id: *registration,
                user_id: *user,
                competition_id: competition,
                waitlist_position: position,
                starts_at: None,
            }
            .job(kind)
        })
        .collect::<Result<_, InfrastructureError>>()?;
    if let (false, Some(state)) = (plan.former_schedules.is_empty(), &plan.state) {
        jobs.push(schedule_changes::job(competition, state.schedule_revision)?);
    }
    if plan.called_off {
        jobs.push(fan_out::called_off(competition)?);
    }
    Ok(jobs)
}

async fn insert_registrations(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    let rows: Vec<_> = plans
        .iter()
        .flat_map(|(at, plan)| plan.insert.iter().map(move |row| (*at, row)))
        .collect();
    let columns = vec![
        (
            "id",
            Cells::Uuid(rows.iter().map(|(_, r)| r.id.0).collect()),
        ),
        (
            "user_id",
            Cells::Uuid(rows.iter().map(|(_, r)| r.user.0).collect()),
        ),
        (
            "competition_id",
            Cells::Uuid(rows.iter().map(|(at, _)| at.0).collect()),
        ),
        (
            "idempotency_key",
            Cells::Text(rows.iter().map(|(_, r)| r.key.to_string()).collect()),
        ),
        (
            "status",
            Cells::Text(rows.iter().map(|(_, r)| r.status.to_string()).collect()),
        ),
        (
            "waitlist_seq",
            Cells::MaybeBigInt(rows.iter().map(|(_, r)| r.waitlist_seq).collect()),
        ),
        (
            "schedule_revision",
            Cells::Int(rows.iter().map(|(_, r)| r.schedule_revision).collect()),
        ),
        ("registered_at", Cells::Moment(vec![now; rows.len()])),
    ];
    bulk::insert(transaction, "registrations", columns, "").await?;
    Ok(())
}

/// Keeps the schedules that no longer hold, for those who know them.
async fn keep_schedules(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
) -> Result<(), InfrastructureError> {
    let all = plans.iter().flat_map(|(at, plan)| {
        let former = plan.former_schedules.iter();
        former.map(|(revision, schedule)| former_schedule::ActiveModel {
            competition_id: Set(*at),
            revision: Set(*revision),
            starts_at: Set(schedule.starts_at),
            ends_at: Set(schedule.ends_at),
            location: Set(schedule.location.clone()),
        })
    });
    let rows: Vec<_> = all.collect();
    for row in rows {
        former_schedule::Entity::insert(row)
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Gives registrations a status, and notes in `moment` when they got it.
async fn set_status(
    transaction: &Transaction,
    registrations: &[RegistrationId],
    status: RegistrationStatus,
    moment: registration::Column,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    if registrations.is_empty() {
        return Ok(());
    }
    let id = (registration::Entity, registration::Column::Id);
    registration::Entity::update_many()
        .col_expr(registration::Column::Status, Expr::value(status))
        .col_expr(moment, Expr::value(now))
        .filter(bulk::among(
            transaction.get_database_backend(),
            id,
            registrations,
        ))
        .exec(transaction)
        .await?;
    Ok(())
}

async fn remember(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
) -> Result<(), InfrastructureError> {
    let rows: Vec<_> = plans.iter().flat_map(|(_, plan)| &plan.remember).collect();
    let columns = vec![
        (
            "user_id",
            Cells::Uuid(rows.iter().map(|(user, ..)| user.0).collect()),
        ),
        (
            "key",
            Cells::Text(rows.iter().map(|(_, key, _)| key.to_string()).collect()),
        ),
        (
            "request_fingerprint",
            Cells::Text(rows.iter().map(|(.., s)| s.fingerprint.clone()).collect()),
        ),
        (
            "response_status",
            Cells::Int(rows.iter().map(|(.., s)| i32::from(s.status)).collect()),
        ),
        (
            "response",
            Cells::JsonText(rows.iter().map(|(.., s)| s.body.clone()).collect()),
        ),
        (
            "expires_at",
            Cells::Moment(rows.iter().map(|(.., s)| s.expires_at).collect()),
        ),
    ];
    bulk::insert(transaction, "idempotency_logs", columns, "").await?;
    Ok(())
}
