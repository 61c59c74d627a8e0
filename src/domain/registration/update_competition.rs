//! The conditional update of competitions: a row is written only if it still has the version that was
//! read.
//!
//! The row lock already excludes other writers. The version, and the CHECK constraint on `seats_left`,
//! would make a mistake in locking or counting fail instead of selling a seat twice.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryTrait, Statement,
    UpdateMany,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use super::{competition_state::CompetitionState, decide::Plan};
use crate::{
    model::{CompetitionId, CompetitionStatus},
    store::{
        InfrastructureError, Transaction, Writes,
        bulk::{self, Cells},
        entity::competition::{Column, Entity},
        search,
    },
};

/// Executes `writes`, and writes the states of competitions and the edits of their plans.
///
/// Usually a batch changes one competition and does not edit it: then all of it is one statement.
///
/// # Errors
/// Returns [`InfrastructureError::RowChanged`] if one of them changed since it was read, and another
/// [`InfrastructureError`] if the database fails.
pub(super) async fn update_competitions(
    transaction: &Transaction,
    mut writes: Writes,
    changed: &[(&CompetitionState, &Plan)],
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    let (revised, moved): (Vec<_>, Vec<_>) = changed.iter().copied().partition(|(_, plan)| {
        plan.revision.is_some() || plan.changes_pause || plan.changes_divisions || plan.counts_codes
    });
    for (state, plan) in revised {
        let mut update = set_revision(set_counters(state), state, plan, now);
        if plan.counts_codes {
            update = set_code_counters(update, state);
        }
        if changes_questions(plan) {
            let revision = Expr::value(state.questions_revision);
            update = update.col_expr(Column::QuestionsRevision, revision);
        }
        if plan.changes_pause {
            update = update.col_expr(Column::Paused, Expr::value(state.rules.paused));
        }
        if plan.changes_divisions {
            update = update.col_expr(Column::HasDivisions, Expr::value(state.has_divisions));
        }
        // A revision has set these columns already, and a column is set once.
        if plan.revision.is_none() && (plan.changes_divisions || plan.begins_or_ends_codes) {
            update = set_edited(update, state, now);
        }
        update_one(transaction, state, plan, update).await?;
        if plan.revision.is_some() {
            write_search_document(transaction, state.id).await?;
        }
    }
    let backend = transaction.get_database_backend();
    match moved[..] {
        [] => {
            writes.execute(transaction).await?;
            Ok(())
        }
        // One statement, whose text does not depend on the number of competitions.
        [_, _, ..] if backend == DatabaseBackend::Postgres => {
            writes.push(update_moved(&moved));
            expect_updated(writes.execute(transaction).await?, moved.len() as u64)
        }
        [(first, first_plan), ref others @ ..] => {
            let update = of_expected_version(set_counters(first), first, first_plan);
            writes.push(update.build(backend));
            expect_updated(writes.execute(transaction).await?, 1)?;
            for (state, plan) in others {
                update_one(transaction, state, plan, set_counters(state)).await?;
            }
            Ok(())
        }
    }
}

/// Restricts an update to the row as it was read.
fn of_expected_version(
    update: UpdateMany<Entity>,
    state: &CompetitionState,
    plan: &Plan,
) -> UpdateMany<Entity> {
    update
        .filter(Column::Id.eq(state.id))
        .filter(Column::Version.eq(plan.expected_version))
}

async fn update_one(
    transaction: &Transaction,
    state: &CompetitionState,
    plan: &Plan,
    update: UpdateMany<Entity>,
) -> Result<(), InfrastructureError> {
    let updated = of_expected_version(update, state, plan)
        .exec(transaction)
        .await?;
    expect_updated(updated.rows_affected, 1)
}

/// Returns the statement that writes the counters of several competitions.
fn update_moved(moved: &[(&CompetitionState, &Plan)]) -> Statement {
    let states = || moved.iter().map(|(state, _)| *state);
    let columns = vec![
        ("id", Cells::Uuid(states().map(|b| b.id.0).collect())),
        (
            "seats_left",
            Cells::Int(states().map(|b| b.seats_left).collect()),
        ),
        (
            "waitlisted",
            Cells::Int(states().map(|b| b.waitlisted).collect()),
        ),
        (
            "waitlist_seq",
            Cells::BigInt(states().map(|b| b.waitlist_seq).collect()),
        ),
        (
            "version",
            Cells::BigInt(states().map(|b| b.version).collect()),
        ),
        (
            "expected_version",
            Cells::BigInt(
                moved
                    .iter()
                    .map(|(_, plan)| plan.expected_version)
                    .collect(),
            ),
        ),
    ];
    let sql = "UPDATE competitions AS c SET seats_left = r.seats_left, waitlisted = r.waitlisted, \
               waitlist_seq = r.waitlist_seq, version = r.version \
               FROM {rows} WHERE c.id = r.id AND c.version = r.expected_version";
    bulk::with_rows(sql, columns)
}

fn expect_updated(updated: u64, expected: u64) -> Result<(), InfrastructureError> {
    if updated == expected {
        Ok(())
    } else {
        Err(InfrastructureError::RowChanged)
    }
}

/// Writes the search document of an edited competition. Only the row has all of its texts.
async fn write_search_document(
    transaction: &Transaction,
    id: CompetitionId,
) -> Result<(), InfrastructureError> {
    let edited = Entity::existing_by_id(id).all(transaction).await?;
    Ok(search::write_documents(transaction, &edited).await?)
}

fn set_counters(state: &CompetitionState) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::SeatsLeft, Expr::value(state.seats_left))
        .col_expr(Column::Waitlisted, Expr::value(state.waitlisted))
        .col_expr(Column::WaitlistSeq, Expr::value(state.waitlist_seq))
        .col_expr(Column::Version, Expr::value(state.version))
}

/// Returns whether the date of birth may be asked after the plan, or no longer. An edit of the competition and one of a
/// division may be in one plan, and a column is set once.
fn changes_questions(plan: &Plan) -> bool {
    let revision = plan.revision.as_ref();
    plan.changes_divisions || revision.is_some_and(|patch| patch.changes_eligibility())
}

/// Sets the numbers of the codes.
fn set_code_counters(update: UpdateMany<Entity>, state: &CompetitionState) -> UpdateMany<Entity> {
    let codes = state.codes;
    update
        .col_expr(Column::CodeCount, Expr::value(codes.count))
        .col_expr(Column::SeatsReserved, Expr::value(codes.reserved))
        .col_expr(Column::CodesDueAt, Expr::value(codes.due_at))
}

/// Sets the columns that say when the organizer's latest edit was.
fn set_edited(
    update: UpdateMany<Entity>,
    state: &CompetitionState,
    now: DateTime<Utc>,
) -> UpdateMany<Entity> {
    update
        .col_expr(
            Column::EditedAtVersion,
            Expr::value(state.edited_at_version),
        )
        .col_expr(Column::UpdatedAt, Expr::value(now))
}

/// Sets the columns that an organizer changed. Those on which decisions depend come from the competition
/// state.
fn set_revision(
    update: UpdateMany<Entity>,
    state: &CompetitionState,
    plan: &Plan,
    now: DateTime<Utc>,
) -> UpdateMany<Entity> {
    let Some(patch) = &plan.revision else {
        return update;
    };
    let texts = [
        (Column::Title, patch.title.as_ref()),
        (Column::Description, patch.description.as_ref()),
        (Column::Location, patch.location.as_ref()),
        (Column::TimeZone, patch.time_zone.as_ref()),
    ];
    let mut update = update
        .col_expr(Column::Capacity, Expr::value(state.capacity))
        .col_expr(
            Column::WaitlistEnabled,
            Expr::value(state.rules.waitlist_enabled),
        )
        .col_expr(Column::Status, Expr::value(state.rules.status))
        .col_expr(Column::OpensAt, Expr::value(state.rules.opens_at))
        .col_expr(Column::RegDeadline, Expr::value(state.rules.reg_deadline))
        .col_expr(Column::StartsAt, Expr::value(state.rules.starts_at))
        .col_expr(Column::EndsAt, Expr::value(state.rules.ends_at))
        .col_expr(
            Column::ScheduleRevision,
            Expr::value(state.schedule_revision),
        );
    update = set_edited(update, state, now);
    if patch.closes_early {
        // The row has the deadline of before until this statement. Of two who close at once, the second forgets nothing.
        let is_ahead = Expr::col(Column::RegDeadline).gt(now);
        let remembered = CaseStatement::new()
            .case(is_ahead, Expr::col(Column::RegDeadline))
            .finally(Expr::col(Column::DeadlineBeforeClosing));
        update = update.col_expr(Column::DeadlineBeforeClosing, remembered.into());
    } else if patch.reg_deadline.is_some() {
        // Another deadline that was chosen since replaces the one of before. A form sends the same one, too.
        let is_same = Expr::col(Column::RegDeadline).eq(state.rules.reg_deadline);
        let kept = CaseStatement::new().case(is_same, Expr::col(Column::DeadlineBeforeClosing));
        update = update.col_expr(Column::DeadlineBeforeClosing, kept.into());
    }
    // Only a draft waits for its publication.
    if state.rules.status != CompetitionStatus::Draft {
        update = update.col_expr(Column::PublishAt, Expr::value(None::<DateTime<Utc>>));
    } else if let Some(publish_at) = patch.publish_at {
        update = update.col_expr(Column::PublishAt, Expr::value(publish_at));
    }
    for (column, text) in texts {
        if let Some(text) = text {
            update = update.col_expr(column, Expr::value(text.clone()));
        }
    }
    if patch.changes_eligibility() {
        let rules = &state.eligibility;
        let domains =
            (!rules.email_domains.is_empty()).then(|| serde_json::json!(rules.email_domains));
        update = update
            .col_expr(Column::CodeRequired, Expr::value(rules.code_required))
            .col_expr(Column::EmailDomains, Expr::value(domains))
            .col_expr(Column::AgeMin, Expr::value(rules.age_min))
            .col_expr(Column::AgeMax, Expr::value(rules.age_max))
            .col_expr(Column::AgesUnchecked, Expr::value(rules.ages_unchecked));
    }
    if let Some(tags) = &patch.tags {
        update = update.col_expr(Column::Tags, Expr::value(serde_json::json!(tags)));
    }
    update
}
