//! The repair of seat counters that differ from their registrations, as [`SeatDrift`] found them.
//!
//! The registrations are the truth: they are counted under the lock of the competition's row, which every change of
//! them takes, and the counters are written: those of the competition, and those of its divisions and codes. A competition or a
//! division with more registrations than seats is left, since its counter can't be negative; more seats are the
//! organizer's decision. A registration that is in none of the divisions is left, too.

mod codes;
mod divisions;

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType},
};
use serde_json::json;

use self::codes::CodeCorrections;
use super::seat_drift::SeatDrift;
use crate::{
    domain::{
        Actor, Result, administrators,
        audit::{Audit, AuditEvent},
        changes::Changes,
    },
    model::{AuditAction, AuditOutcome, CompetitionId, RegistrationStatus, SeatRepairView},
    store::{
        Database, InfrastructureError, audit,
        entity::{competition, registration},
    },
};

/// Corrects seat counters. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SeatRepair {
    drift: SeatDrift,
    database: Database,
    audit: Audit,
    /// Makes corrected numbers appear in cached lists. The command line has none: there they appear within seconds.
    changes: Option<Changes>,
}

/// What was done about a competition.
enum Repaired {
    /// Its counters were corrected.
    Corrected,
    /// Its counters are right, or it does not exist any more.
    Right,
    /// It can't be corrected: it or a division has more registrations than seats, seats that are set aside included, or a
    /// registration is in no division.
    Left,
}

impl SeatRepair {
    /// Creates the repair for a database.
    #[must_use]
    pub fn new(database: Database, audit: Audit) -> Self {
        Self {
            drift: SeatDrift::new(database.clone()),
            database,
            audit,
            changes: None,
        }
    }

    /// Returns the same repair, which makes corrected numbers appear in cached lists.
    #[must_use]
    pub fn published_by(self, changes: Changes) -> Self {
        Self {
            changes: Some(changes),
            ..self
        }
    }

    /// Corrects all competitions that are known to be wrong, as an administrator.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) unless `actor` is an administrator at
    /// this moment.
    pub async fn repair(&self, actor: Actor) -> Result<SeatRepairView> {
        administrators::require(&self.database, &self.audit, actor).await?;
        let event = AuditEvent::by(actor, AuditAction::SeatRepair, AuditOutcome::Done);
        Ok(self.repair_all(&event).await?)
    }

    /// Corrects all competitions that are known to be wrong, for an operator at the command line.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    pub async fn repair_by_operator(
        &self,
        operator: &str,
    ) -> Result<SeatRepairView, InfrastructureError> {
        let event = AuditEvent::by_operator(operator, AuditAction::SeatRepair);
        self.repair_all(&event).await
    }

    async fn repair_all(&self, event: &AuditEvent) -> Result<SeatRepairView, InfrastructureError> {
        let mut view = SeatRepairView::default();
        for id in self.drift.wrong().await? {
            match self.repair_one(id, event).await? {
                Repaired::Corrected => view.repaired += 1,
                Repaired::Left => {
                    view.left += 1;
                    continue;
                }
                Repaired::Right => {}
            }
            self.drift.forget(id).await?;
        }
        Ok(view)
    }

    async fn repair_one(
        &self,
        id: CompetitionId,
        event: &AuditEvent,
    ) -> Result<Repaired, InfrastructureError> {
        use competition::Column;
        let transaction = self.database.begin().await?;
        let found: Option<(i32, i32, i32, bool, i32, i32)> = competition::Entity::find_by_id(id)
            .select_only()
            .columns([
                Column::Capacity,
                Column::SeatsLeft,
                Column::Waitlisted,
                Column::HasDivisions,
                Column::CodeCount,
                Column::SeatsReserved,
            ])
            .lock(LockType::NoKeyUpdate)
            .into_tuple()
            .one(&transaction)
            .await?;
        let Some((capacity, seats_left, waitlisted, has_divisions, codes, reserved)) = found else {
            return Ok(Repaired::Right);
        };
        let counts: Vec<(RegistrationStatus, i64)> = registration::Entity::find()
            .select_only()
            .column(registration::Column::Status)
            .column_as(Expr::col(registration::Column::Id).count(), "count")
            .filter(registration::Column::CompetitionId.eq(id))
            .filter(registration::is_live())
            .group_by(registration::Column::Status)
            .into_tuple()
            .all(&transaction)
            .await?;
        let count = |waiting: bool| -> i32 {
            let of_kind = counts
                .iter()
                .filter(|(status, _)| (*status == RegistrationStatus::Waitlisted) == waiting);
            of_kind
                .map(|(_, count)| i32::try_from(*count).unwrap_or(i32::MAX))
                .sum()
        };
        let (seated, queued) = (count(false), count(true));
        if seated > capacity {
            return Ok(Repaired::Left);
        }
        let divisions = match has_divisions {
            true => divisions::corrections(&transaction, id).await?,
            false => Some(Vec::new()),
        };
        let Some(divisions) = divisions else {
            return Ok(Repaired::Left);
        };
        let has_codes = codes > 0 || reserved > 0;
        let counted = (codes, reserved);
        let right_codes = match has_codes {
            true => codes::corrections(&transaction, id, counted, &divisions).await?,
            false => Some(CodeCorrections::default()),
        };
        // More seats are set aside than there are: the organizer has to decide.
        let Some(right_codes) = right_codes else {
            return Ok(Repaired::Left);
        };
        let free = capacity - seated;
        if right_codes.reserved.unwrap_or(reserved) > free {
            return Ok(Repaired::Left);
        }
        if (free, queued) == (seats_left, waitlisted)
            && divisions.is_empty()
            && right_codes.is_empty()
        {
            return Ok(Repaired::Right);
        }
        let mut detail = json!({
            "seatsLeft": { "from": seats_left, "to": free },
            "waitlisted": { "from": waitlisted, "to": queued },
        });
        if !divisions.is_empty() {
            let ids: Vec<_> = divisions.iter().map(|division| division.id).collect();
            detail["divisions"] = json!(ids);
        }
        if !right_codes.is_empty() {
            detail["codes"] = json!(right_codes.ids());
        }
        // A CHECK compares both: seats are set aside again only after the others are counted.
        if has_codes {
            codes::write_uses(&transaction, id, &right_codes).await?;
        }
        divisions::write(&transaction, &divisions).await?;
        let record = self.audit.record(event.clone().on(Some(id)).with(detail));
        competition::Entity::update_many()
            .col_expr(Column::SeatsLeft, Expr::value(free))
            .col_expr(Column::Waitlisted, Expr::value(queued))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(id))
            .exec(&transaction)
            .await?;
        if has_codes {
            codes::write_set_aside(&transaction, id, &right_codes).await?;
        }
        audit::write(&transaction, &record).await?;
        match &self.changes {
            Some(changes) => changes.commit_everything(transaction).await?,
            None => transaction.commit().await?,
        }
        audit::log_records(&record);
        tracing::warn!(
            competition.id = %id,
            "Corrected the seat counters of competition {id}: {seats_left} → {free} free, {waitlisted} → {queued} waiting"
        );
        Ok(Repaired::Corrected)
    }
}
