//! What a batch writes: bulk inserts, one conditional update of the competition, the jobs.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, sea_query::Expr,
};

use super::{
    decide::{Book, Notice, Plan},
    fan_out, notices,
};
use crate::{
    jobs::{
        JobKind,
        outbox::{self, NewJob},
    },
    model::{CompetitionId, RegistrationId, RegistrationStatus},
    store::{
        Fault,
        bulk::{self, Cells},
        entity::{competition, registration},
    },
};

/// Writes a plan and returns the jobs that were born with it.
///
/// # Errors
/// What the database says; a conflict if the competition changed since it was read.
pub(super) async fn plan(
    transaction: &DatabaseTransaction,
    competition: CompetitionId,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<Vec<NewJob>, Fault> {
    // Who gives a seat back and asks again in the same batch must have given it back before: one
    // live registration a person, at every moment. But nobody moves who is not there yet.
    let fresh: HashSet<_> = plan.insert.iter().map(|row| row.id).collect();
    let (new, old) = plan.promote.iter().partition(|id| fresh.contains(id));
    promote(transaction, old, now).await?;
    cancel(transaction, &plan.cancel, now).await?;
    insert_registrations(transaction, competition, plan, now).await?;
    promote(transaction, new, now).await?;
    remember(transaction, plan).await?;
    if let Some(book) = &plan.book {
        update_book(transaction, book, plan, now).await?;
    }
    let mut jobs: Vec<_> = plan
        .notices
        .iter()
        .map(|(registration, user, notice)| {
            let (kind, position) = match *notice {
                Notice::Confirmation => (JobKind::Confirmation, None),
                Notice::Waitlist { position } => (JobKind::Waitlist, Some(position)),
                Notice::Promotion => (JobKind::Promotion, None),
                Notice::Cancellation => (JobKind::Cancellation, None),
            };
            notices::Payload {
                registration_id: *registration,
                user_id: *user,
                competition_id: competition,
                waitlist_position: position,
            }
            .job(kind)
        })
        .collect::<Result<_, Fault>>()?;
    if plan.called_off {
        jobs.push(fan_out::called_off(competition)?);
    }
    outbox::write(transaction, &jobs, now).await?;
    Ok(jobs)
}

async fn insert_registrations(
    transaction: &DatabaseTransaction,
    competition: CompetitionId,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let rows = &plan.insert;
    let columns = vec![
        ("id", Cells::Uuid(rows.iter().map(|r| r.id.0).collect())),
        (
            "user_id",
            Cells::Uuid(rows.iter().map(|r| r.user.0).collect()),
        ),
        (
            "competition_id",
            Cells::Uuid(vec![competition.0; rows.len()]),
        ),
        (
            "idempotency_key",
            Cells::Text(rows.iter().map(|r| r.key.to_string()).collect()),
        ),
        (
            "status",
            Cells::Text(rows.iter().map(|r| r.status.to_string()).collect()),
        ),
        (
            "waitlist_seq",
            Cells::MaybeBigInt(rows.iter().map(|r| r.waitlist_seq).collect()),
        ),
        ("registered_at", Cells::Moment(vec![now; rows.len()])),
    ];
    bulk::insert(transaction, "registrations", columns, "").await?;
    Ok(())
}

async fn promote(
    transaction: &DatabaseTransaction,
    registrations: Vec<RegistrationId>,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    if registrations.is_empty() {
        return Ok(());
    }
    let id = (registration::Entity, registration::Column::Id);
    registration::Entity::update_many()
        .col_expr(
            registration::Column::Status,
            Expr::value(RegistrationStatus::Pending),
        )
        .col_expr(registration::Column::PromotedAt, Expr::value(now))
        .filter(bulk::among(
            transaction.get_database_backend(),
            id,
            &registrations,
        ))
        .exec(transaction)
        .await?;
    Ok(())
}

async fn cancel(
    transaction: &DatabaseTransaction,
    registrations: &[RegistrationId],
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    if registrations.is_empty() {
        return Ok(());
    }
    let id = (registration::Entity, registration::Column::Id);
    registration::Entity::update_many()
        .col_expr(
            registration::Column::Status,
            Expr::value(RegistrationStatus::Cancelled),
        )
        .col_expr(registration::Column::CancelledAt, Expr::value(now))
        .filter(bulk::among(
            transaction.get_database_backend(),
            id,
            registrations,
        ))
        .exec(transaction)
        .await?;
    Ok(())
}

async fn remember(transaction: &DatabaseTransaction, plan: &Plan) -> Result<(), Fault> {
    let rows = &plan.remember;
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

/// The last line of defence: the row must be as it was read, and the CHECK on `seats_left` holds.
async fn update_book(
    transaction: &DatabaseTransaction,
    book: &Book,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    use competition::Column;
    let mut update = competition::Entity::update_many()
        .col_expr(Column::SeatsLeft, Expr::value(book.seats_left))
        .col_expr(Column::Waitlisted, Expr::value(book.waitlisted))
        .col_expr(Column::WaitlistSeq, Expr::value(book.waitlist_seq))
        .col_expr(Column::Version, Expr::value(book.version));
    if let Some(revision) = &plan.revision {
        let input = &revision.input;
        update = update
            .col_expr(Column::Title, Expr::value(input.title.clone()))
            .col_expr(Column::Description, Expr::value(input.description.clone()))
            .col_expr(Column::Location, Expr::value(input.location.clone()))
            .col_expr(Column::Tags, Expr::value(serde_json::json!(input.tags)))
            .col_expr(Column::Capacity, Expr::value(book.capacity))
            .col_expr(Column::WaitlistEnabled, Expr::value(book.waitlist_enabled))
            .col_expr(Column::Status, Expr::value(book.status))
            .col_expr(Column::RegDeadline, Expr::value(book.reg_deadline))
            .col_expr(Column::StartsAt, Expr::value(book.starts_at))
            .col_expr(Column::EndsAt, Expr::value(input.ends_at))
            .col_expr(Column::UpdatedAt, Expr::value(now));
    }
    let updated = update
        .filter(Column::Id.eq(book.id))
        .filter(Column::Version.eq(plan.was_version))
        .exec(transaction)
        .await?;
    if updated.rows_affected == 1 {
        Ok(())
    } else {
        Err(Fault::Overtaken)
    }
}
