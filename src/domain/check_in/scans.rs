//! Reads the codes of scans, and writes what they change.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::{
    CheckIns,
    merge::{CheckInState, CountedScan, Merged, merge},
    named::{NamedRow, ScannedCode},
};
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        registration::{DivisionNames, division_names},
    },
    model::{
        AuditAction, AuditOutcome, CheckInView, CompetitionId, CompetitionStatus, DomainError,
        RegistrationId, RegistrationStatus, UserId, forms::CheckInInput,
    },
    store::{
        InfrastructureError, Transaction, account_names, advisory_lock, audit, bulk,
        entity::{check_in, competition},
        start_numbers,
    },
};

/// A scan that is read and not decided yet.
struct ReadScan {
    code: ScannedCode,
    /// When the device made it, if it had no network then.
    made_at: Option<DateTime<Utc>>,
    device: Option<String>,
}

impl CheckIns {
    /// Checks a participant in. A participant who is checked in already stays so, and the reply names the scan that
    /// counts.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`], one of the errors about
    /// tickets, or [`DomainError::CheckInUndone`].
    pub async fn check_in(
        &self,
        actor: Actor,
        competition: CompetitionId,
        input: CheckInInput,
    ) -> Result<CheckInView> {
        let mut results = self.check_in_all(actor, competition, vec![input]).await?;
        let result = results
            .pop()
            .ok_or_else(|| InfrastructureError::internal("no result for a scan"))?;
        Ok(result?)
    }

    /// Checks participants in, for a device that had no network. The results are in the order of the scans. Sending
    /// scans again changes nothing, and has the same results.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`]. What is wrong with a scan is its result.
    pub async fn check_in_all(
        &self,
        actor: Actor,
        id: CompetitionId,
        inputs: Vec<CheckInInput>,
    ) -> Result<Vec<Result<CheckInView, DomainError>>> {
        let competition = self.permitted(actor, id).await?;
        let now = self.0.clock.now();
        let checked = inputs.into_iter().map(|input| input.check(now));
        let checked: Vec<_> = checked
            .map(|input| input.map_err(DomainError::Invalid))
            .collect();
        let codes = checked.iter().flatten().map(|input| input.code.as_str());
        let codes: Vec<_> = codes.collect();
        let numbers = self.0.named.numbered(id, &codes).await?;
        let scans: Vec<_> = checked
            .into_iter()
            .map(|input| input.and_then(|input| read(input, &numbers)))
            .collect();
        let mut results = self.decide(&competition, scans, actor).await?;
        // Only what those who check in see as helpers: names.
        self.name_helpers(&mut results).await?;
        Ok(results.into_iter().map(|(result, _)| result).collect())
    }

    /// Undoes the check-in of a participant. Without one, nothing changes.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the competition has no such registration, and [`DomainError::Forbidden`].
    pub async fn undo(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: RegistrationId,
    ) -> Result<String> {
        self.permitted(actor, competition).await?;
        let rows = self.0.named.rows(&[id]).await?;
        let row = rows
            .get(&id)
            .filter(|row| row.competition_id == competition)
            .ok_or(DomainError::NotFound)?;
        let transaction = self.0.database.begin().await?;
        advisory_lock::of_competition(&transaction, competition).await?;
        // Behind the lock, so that it is later than every scan that is written.
        let now = self.0.clock.now();
        let mut states = states(&transaction, &[id]).await?;
        let Some(state) = states.get_mut(&id) else {
            return Ok(row.user_name.clone());
        };
        if state.undo(now) {
            let event = AuditEvent::by(actor, AuditAction::CheckInUndo, AuditOutcome::Done)
                .on(Some(competition))
                .with(json!({ "registration": id }));
            let record = self.0.audit.record(event);
            write(&transaction, competition, &[(id, state)]).await?;
            audit::write(&transaction, &record).await?;
            transaction.commit().await?;
            audit::log_records(&record);
            self.0.counts.forget(competition);
        }
        Ok(row.user_name.clone())
    }

    /// Decides about scans in one transaction, and returns each result with the helper whose scan counts.
    async fn decide(
        &self,
        competition: &competition::Model,
        scans: Vec<Result<ReadScan, DomainError>>,
        actor: Actor,
    ) -> Result<Vec<(Result<CheckInView, DomainError>, Option<UserId>)>> {
        let ids: HashSet<_> = scans
            .iter()
            .flatten()
            .map(|it| it.code.registration())
            .collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let rows = self.0.named.rows(&ids).await?;
        let divisions = rows.values().filter_map(|row| row.division_id);
        let names = division_names(self.0.database.read(), divisions).await?;
        let start_numbers = start_numbers::numbers(self.0.database.read(), &ids)
            .await
            .map_err(InfrastructureError::from)?;
        let scans = scans.into_iter().map(|scan| {
            let scan = scan?;
            let row = self.admitted(competition, &scan.code, &rows)?;
            Ok((scan, row))
        });
        let scans: Vec<Result<_, DomainError>> = scans.collect();
        if scans.iter().all(Result::is_err) {
            let refused = scans.into_iter().filter_map(Result::err);
            return Ok(refused.map(|error| (Err(error), None)).collect());
        }
        let transaction = self.0.database.begin().await?;
        advisory_lock::of_competition(&transaction, competition.id).await?;
        let now = self.0.clock.now();
        let mut known = states(&transaction, &ids).await?;
        let mut changed = HashSet::new();
        let mut merged = Vec::with_capacity(scans.len());
        for scan in scans {
            merged.push(scan.map(|(scan, row)| {
                let counted = CountedScan {
                    at: scan.made_at.unwrap_or(now),
                    by: Some(actor.id),
                    device: scan.device,
                };
                let mut state = known.remove(&row.id);
                let result = merge(&mut state, &counted, scan.made_at.is_some());
                if result == Merged::Counts {
                    changed.insert(row.id);
                }
                known.extend(state.map(|state| (row.id, state)));
                (row, result, counted)
            }));
        }
        self.commit(transaction, competition.id, actor, &known, &changed)
            .await?;
        let result = |(row, result, counted): (&NamedRow, Merged, CountedScan)| {
            let state = known.get(&row.id).filter(|state| state.is_checked_in());
            let state = state.filter(|_| result != Merged::Undone);
            let state = state.ok_or(DomainError::CheckInUndone)?;
            // Of several scans in one request, an earlier one may have been replaced by another.
            let counts = matches!(result, Merged::Counts | Merged::Repeated);
            let first = counts && state.scan == counted;
            let view = CheckInView {
                start_number: start_numbers.get(&row.id).copied(),
                ..view(row, &names, state, first)
            };
            Ok((view, state.scan.by))
        };
        let results = merged.into_iter().map(|scan| match scan.and_then(result) {
            Ok((view, by)) => (Ok(view), by),
            Err(error) => (Err(error), None),
        });
        Ok(results.collect())
    }

    /// Writes what has changed, with its records in the audit log.
    async fn commit(
        &self,
        transaction: Transaction,
        competition: CompetitionId,
        actor: Actor,
        known: &HashMap<RegistrationId, CheckInState>,
        changed: &HashSet<RegistrationId>,
    ) -> Result<()> {
        if changed.is_empty() {
            transaction.commit().await?;
            return Ok(());
        }
        let rows: BTreeMap<_, _> = known
            .iter()
            .filter(|(id, _)| changed.contains(id))
            .collect();
        let rows: Vec<_> = rows.into_iter().map(|(id, state)| (*id, state)).collect();
        write(&transaction, competition, &rows).await?;
        let ids: Vec<_> = rows.iter().map(|(id, _)| id.to_string()).collect();
        let event = AuditEvent::by(actor, AuditAction::CheckIn, AuditOutcome::Done)
            .on(Some(competition))
            .with(json!({ "registrations": ids }));
        let record = self.0.audit.record(event);
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.0.counts.forget(competition);
        Ok(())
    }

    /// Returns the registration of a code, if its participant is admitted to the competition.
    fn admitted<'a>(
        &self,
        competition: &competition::Model,
        code: &ScannedCode,
        rows: &'a HashMap<RegistrationId, NamedRow>,
    ) -> Result<&'a NamedRow, DomainError> {
        let row = rows
            .get(&code.registration())
            .ok_or(DomainError::TicketInvalid)?;
        let is_here = row.competition_id == competition.id;
        match code {
            // First, so that a forged ticket reveals nothing.
            ScannedCode::Ticket(code) if !self.0.named.verifies(code, row.user_id) => {
                return Err(DomainError::TicketInvalid);
            }
            ScannedCode::Ticket(_) if !is_here => {
                return Err(DomainError::TicketOfAnotherCompetition);
            }
            // Ids are no proof, so those of other competitions are as good as unknown.
            ScannedCode::Registration(_) if !is_here => return Err(DomainError::TicketInvalid),
            ScannedCode::Ticket(_) | ScannedCode::Registration(_) => {}
        }
        match row.status {
            RegistrationStatus::Cancelled => Err(DomainError::TicketCancelled),
            RegistrationStatus::Waitlisted => Err(DomainError::TicketWaitlisted),
            _ if competition.status != CompetitionStatus::Published => {
                Err(DomainError::NotTakingPlace)
            }
            RegistrationStatus::Pending | RegistrationStatus::Confirmed => Ok(row),
        }
    }

    /// Writes the names of those whose scans count into results.
    async fn name_helpers(
        &self,
        results: &mut [(Result<CheckInView, DomainError>, Option<UserId>)],
    ) -> Result<()> {
        let ids: HashSet<_> = results.iter().filter_map(|(_, by)| *by).collect();
        let names = account_names::names(self.0.database.read(), ids)
            .await
            .map_err(InfrastructureError::from)?;
        for (result, by) in results {
            if let (Ok(view), Some(name)) = (result, by.and_then(|by| names.get(&by))) {
                view.checked_in_by.clone_from(name);
            }
        }
        Ok(())
    }
}

/// Returns what a scan names.
fn read(
    input: CheckInInput,
    numbers: &HashMap<String, RegistrationId>,
) -> Result<ReadScan, DomainError> {
    Ok(ReadScan {
        code: ScannedCode::read(&input.code, numbers).ok_or(DomainError::TicketInvalid)?,
        made_at: input.at,
        device: input.device,
    })
}

fn view(row: &NamedRow, names: &DivisionNames, state: &CheckInState, first: bool) -> CheckInView {
    CheckInView {
        registration_id: row.id,
        user_name: row.user_name.clone(),
        division: row.division_id.and_then(|id| names.get(&id).cloned()),
        start_number: None,
        first,
        checked_in_at: state.scan.at,
        checked_in_by: String::new(),
    }
}

/// Reads what is known about the check-ins of registrations.
async fn states(
    transaction: &Transaction,
    ids: &[RegistrationId],
) -> Result<HashMap<RegistrationId, CheckInState>, InfrastructureError> {
    let id = (check_in::Entity, check_in::Column::RegistrationId);
    let rows = check_in::Entity::find()
        .filter(bulk::among(transaction.get_database_backend(), id, ids))
        .all(transaction)
        .await?;
    let state = |row: check_in::Model| {
        let state = CheckInState {
            scan: CountedScan {
                at: row.at,
                by: row.by,
                device: row.device,
            },
            undone_at: row.undone_at,
            not_before: row.not_before,
        };
        (row.registration_id, state)
    };
    Ok(rows.into_iter().map(state).collect())
}

/// Writes the check-ins of registrations.
async fn write(
    transaction: &Transaction,
    competition: CompetitionId,
    states: &[(RegistrationId, &CheckInState)],
) -> Result<(), InfrastructureError> {
    use check_in::Column;
    let ids: Vec<_> = states.iter().map(|(id, _)| *id).collect();
    let id = (check_in::Entity, Column::RegistrationId);
    let backend = transaction.get_database_backend();
    check_in::Entity::delete_many()
        .filter(bulk::among(backend, id, &ids))
        .exec(transaction)
        .await?;
    let rows = states.iter().map(|(id, state)| {
        let row = check_in::Model {
            registration_id: *id,
            competition_id: competition,
            at: state.scan.at,
            by: state.scan.by,
            device: state.scan.device.clone(),
            undone_at: state.undone_at,
            not_before: state.not_before,
        };
        row.into_active_model()
    });
    let rows: Vec<check_in::ActiveModel> = rows.collect();
    check_in::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}
