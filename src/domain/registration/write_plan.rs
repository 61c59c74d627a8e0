//! Writes plans: registrations and outcomes in bulk, the conditional update of competitions, the jobs.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, QueryFilter,
    sea_query::Expr,
};

use super::{
    decide::{NewRegistration, Notification, Plan},
    fan_out,
    notification_message::{
        CANCELLATION, CONFIRMATION, NotificationPayload, PROMOTION, REMOVAL, RESEND, WAITLIST,
    },
    registration_counts::add_counts,
    schedule_changes,
    update_competition::update_competitions,
    webhook_events,
    write_codes::{add_code_counters, write_edited_codes},
    write_divisions::{add_division_counters, remove_divisions, write_edited_divisions},
    write_undo::move_belongings,
};
use crate::{
    jobs::outbox::{self, NewJob},
    model::{CompetitionId, RegistrationId, RegistrationStatus, UserId},
    store::{
        InfrastructureError, Transaction, Writes, audit,
        bulk::{self, Cells},
        entity::{former_schedule, registration},
    },
};

/// Writes plans and returns the jobs that were written to the outbox with them.
///
/// # Errors
/// Returns [`InfrastructureError::RowChanged`] if a competition changed since it was read, and another
/// [`InfrastructureError`] if the database fails.
pub(super) async fn write_plans(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
    now: DateTime<Utc>,
) -> Result<Vec<NewJob>, InfrastructureError> {
    let all = || plans.iter().map(|(_, plan)| plan);
    // A unique index allows one live registration a participant at every moment, so registrations are
    // cancelled before new ones are inserted. Those of `insert` that are promoted come last.
    let inserted: HashSet<_> = all().flat_map(|p| &p.insert).map(|row| row.id).collect();
    let promoted = all().flat_map(|plan| plan.promote.iter().copied());
    let (new, old): (Vec<_>, Vec<_>) = promoted.partition(|id| inserted.contains(id));
    let cancelled: Vec<_> = all().flat_map(|plan| plan.cancel.iter().copied()).collect();
    use RegistrationStatus::{Cancelled, Pending};
    use registration::Column::{CancelledAt, PromotedAt};
    write_edited_divisions(transaction, plans, now).await?;
    write_edited_codes(transaction, plans, now).await?;
    set_status(transaction, &old, Pending, PromotedAt, now).await?;
    set_status(transaction, &cancelled, Cancelled, CancelledAt, now).await?;
    let backend = transaction.get_database_backend();
    let mut writes = Writes::default();
    add_registrations(&mut writes, backend, plans, now)?;
    if !new.is_empty() {
        std::mem::take(&mut writes).execute(transaction).await?;
        set_status(transaction, &new, Pending, PromotedAt, now).await?;
    }
    add_outcomes(&mut writes, backend, plans)?;
    insert_former_schedules(transaction, plans).await?;
    // Only edits have entries: registrations cost nothing here.
    audit::write(transaction, all().flat_map(|plan| &plan.audit)).await?;
    let mut all_jobs = Vec::new();
    for (competition, plan) in plans {
        all_jobs.extend(jobs(*competition, plan, now)?);
    }
    all_jobs.extend(webhook_events::add_edits(&mut writes, transaction, plans, now).await?);
    outbox::add(&mut writes, backend, &all_jobs, now)?;
    add_counts(&mut writes, backend, plans, now)?;
    add_division_counters(&mut writes, backend, plans);
    add_code_counters(&mut writes, backend, plans);
    let changed: Vec<_> = all().filter_map(|p| Some((p.state.as_ref()?, p))).collect();
    update_competitions(transaction, writes, &changed, now).await?;
    move_belongings(transaction, plans).await?;
    remove_divisions(transaction, plans, now).await?;
    Ok(all_jobs)
}

/// Returns the jobs that notify participants of what a plan changes.
fn jobs(
    competition: CompetitionId,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<Vec<NewJob>, InfrastructureError> {
    let payload = |registration: &RegistrationId, user: &UserId| {
        NotificationPayload::new(*registration, *user, competition)
    };
    let mut jobs = Vec::with_capacity(plan.notifications.len() + plan.resend.len());
    for (registration, user, notification) in &plan.notifications {
        let mut payload = payload(registration, user);
        let kind = match notification {
            Notification::Confirmation => CONFIRMATION,
            Notification::Waitlist { position } => {
                payload.waitlist_position = *position;
                WAITLIST
            }
            Notification::Promotion => PROMOTION,
            Notification::Cancellation => CANCELLATION,
            Notification::Removal(reason) => {
                payload.reason = reason.as_deref().map(str::to_owned);
                REMOVAL
            }
        };
        jobs.push(payload.job(kind)?);
    }
    for (registration, user) in &plan.resend {
        let mut payload = payload(registration, user);
        payload.asked_at = Some(now.timestamp_millis());
        jobs.push(payload.job(RESEND)?);
    }
    let notifies = plan.former_schedules.iter().any(|former| former.notifies);
    if let (true, Some(state)) = (notifies, &plan.state) {
        jobs.push(schedule_changes::job(competition, state.schedule_revision)?);
    }
    if plan.competition_cancelled {
        jobs.push(fan_out::competition_cancelled(competition)?);
    }
    Ok(jobs)
}

fn add_registrations(
    writes: &mut Writes,
    backend: DatabaseBackend,
    plans: &[(CompetitionId, Plan)],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let rows: Vec<_> = plans
        .iter()
        .flat_map(|(at, plan)| plan.insert.iter().map(move |row| (*at, row)))
        .collect();
    let mut columns = vec![
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
    if rows.iter().any(|(_, row)| row.division.is_some()) {
        let divisions = rows.iter().map(|(_, row)| row.division.map(|id| id.0));
        columns.push(("division_id", Cells::MaybeUuid(divisions.collect())));
    }
    if rows.iter().any(|(_, row)| row.code.is_some()) {
        let codes = rows.iter().map(|(_, row)| row.code.map(|id| id.0));
        columns.push(("code_id", Cells::MaybeUuid(codes.collect())));
    }
    if rows.iter().any(|(_, row)| !row.answers.is_empty()) {
        let stored = |row: &NewRegistration| match row.answers.is_empty() {
            true => Ok(None),
            false => serde_json::to_string(&row.answers).map(Some),
        };
        let answers: Result<Vec<_>, _> = rows.iter().map(|(_, row)| stored(row)).collect();
        let answers = answers.map_err(|error| DbErr::Custom(error.to_string()))?;
        columns.push(("answers", Cells::MaybeJsonText(answers)));
    }
    writes.insert(backend, "registrations", columns, "")
}

/// Keeps the schedules that are replaced, for the participants who know them.
async fn insert_former_schedules(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
) -> Result<(), InfrastructureError> {
    let all = plans.iter().flat_map(|(at, plan)| {
        let former = plan.former_schedules.iter();
        former.map(|former| former_schedule::ActiveModel {
            competition_id: Set(*at),
            revision: Set(former.revision),
            starts_at: Set(former.schedule.starts_at),
            ends_at: Set(former.schedule.ends_at),
            location: Set(former.schedule.location.clone()),
            notifies: Set(former.notifies),
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

/// Sets the status of registrations, and in the column `moment` the time of the change.
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

/// Stores outcomes under their idempotency keys.
fn add_outcomes(
    writes: &mut Writes,
    backend: DatabaseBackend,
    plans: &[(CompetitionId, Plan)],
) -> Result<(), DbErr> {
    let rows: Vec<_> = plans.iter().flat_map(|(_, plan)| &plan.outcomes).collect();
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
            Cells::Int(
                rows.iter()
                    .map(|(.., s)| i32::from(s.response.status))
                    .collect(),
            ),
        ),
        (
            "response",
            Cells::JsonText(rows.iter().map(|(.., s)| s.response.body.clone()).collect()),
        ),
        (
            "expires_at",
            Cells::Moment(rows.iter().map(|(.., s)| s.expires_at).collect()),
        ),
    ];
    writes.insert(backend, "idempotency_logs", columns, "")
}
