//! Reads the codes of scans, and writes what they change.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, JoinType, QueryFilter,
    QuerySelect, RelationTrait,
    sea_query::{Expr, ExprTrait, Query},
};
use serde_json::json;

use super::{
    CheckIns,
    merge::{CheckInState, CountedScan, Merged, merge},
};
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        registration::{DivisionNames, complete_roster, division_names},
        tickets::codes::ReadCode,
    },
    model::{
        AuditAction, AuditOutcome, CheckInView, CompetitionId, CompetitionStatus, DivisionId,
        DomainError, RegistrationId, RegistrationStatus, UserId, forms::CheckInInput,
        parse_ticket_number,
    },
    store::{
        InfrastructureError, Transaction, advisory_lock, audit, bulk,
        entity::{check_in, competition, registration, user},
        roster::ticket_word,
        start_numbers,
    },
};

/// The most registrations that are found by their numbers: two have the same practically never.
const MOST_WORDS: u64 = 1_000;

/// The number of digits of the highest start number. The number on a ticket has eight digits and letters.
const LONGEST_START_NUMBER: usize = 5;

/// A registration whose ticket was scanned.
#[derive(Debug, Clone, FromQueryResult)]
struct ScannedRow {
    id: RegistrationId,
    user_id: UserId,
    competition_id: CompetitionId,
    status: RegistrationStatus,
    division_id: Option<DivisionId>,
    user_name: String,
}

/// What a scan names.
#[derive(Debug, Clone, Copy)]
enum ScannedCode {
    /// The code of a ticket, which proves that it was issued.
    Ticket(ReadCode),
    /// The id of a registration, which a helper has found by its name or by the number on its ticket.
    Registration(RegistrationId),
}

impl ScannedCode {
    const fn registration(&self) -> RegistrationId {
        match self {
            Self::Ticket(code) => code.registration,
            Self::Registration(id) => *id,
        }
    }
}

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
        let numbers = self.numbered(id, checked.iter().flatten()).await?;
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
        let rows = self.rows(&[id]).await?;
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
        let rows = self.rows(&ids).await?;
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
        let result = |(row, result, counted): (&ScannedRow, Merged, CountedScan)| {
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
        rows: &'a HashMap<RegistrationId, ScannedRow>,
    ) -> Result<&'a ScannedRow, DomainError> {
        let row = rows
            .get(&code.registration())
            .ok_or(DomainError::TicketInvalid)?;
        let is_here = row.competition_id == competition.id;
        match code {
            // First, so that a forged ticket reveals nothing.
            ScannedCode::Ticket(code) if !self.0.codes.verifies(code, row.user_id) => {
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

    /// Reads registrations with the names of their participants.
    async fn rows(
        &self,
        ids: &[RegistrationId],
    ) -> Result<HashMap<RegistrationId, ScannedRow>, InfrastructureError> {
        use registration::Column;
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let database = &self.0.database;
        let rows: Vec<ScannedRow> = registration::Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::UserId,
                Column::CompetitionId,
                Column::Status,
                Column::DivisionId,
            ])
            .column_as(user::Column::Name, "user_name")
            .join(JoinType::InnerJoin, registration::Relation::User.def())
            .filter(bulk::among(
                database.backend(),
                (registration::Entity, Column::Id),
                ids,
            ))
            .into_model()
            .all(database.read())
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// Returns the registrations that scans name by the number on the ticket, or by the start number.
    async fn numbered(
        &self,
        competition: CompetitionId,
        inputs: impl Iterator<Item = &CheckInInput>,
    ) -> Result<HashMap<String, RegistrationId>> {
        let codes: Vec<_> = inputs.map(|input| input.code.as_str()).collect();
        let mut found = HashMap::new();
        let start_numbers: HashSet<_> =
            codes.iter().filter_map(|code| start_number(code)).collect();
        if !start_numbers.is_empty() {
            let database = self.0.database.read();
            let all = start_numbers::registrations_with(database, competition, start_numbers);
            let all = all.await.map_err(InfrastructureError::from)?;
            found.extend(all.into_iter().map(|(number, id)| (number.to_string(), id)));
        }
        let numbers = codes.iter().filter_map(|code| parse_ticket_number(code));
        let words: HashMap<_, _> = numbers
            .map(|number| (ticket_word(&number), number))
            .collect();
        if !words.is_empty() {
            complete_roster(&self.0.database, competition).await?;
            let tickets = self.words(competition, words.keys().cloned()).await?;
            let number = |(word, id): (String, _)| Some((words.get(&word)?.clone(), id));
            found.extend(tickets.into_iter().filter_map(number));
        }
        Ok(found)
    }

    /// Returns the registrations of a competition whose roster entries have these words.
    pub(super) async fn words(
        &self,
        competition: CompetitionId,
        words: impl IntoIterator<Item = String>,
    ) -> Result<Vec<(String, RegistrationId)>, InfrastructureError> {
        let mut query = Query::select();
        query
            .columns(["word", "registration_id"])
            .from("roster_words")
            .and_where(Expr::col("competition_id").eq(competition.0))
            .and_where(Expr::col("word").is_in(words))
            .limit(MOST_WORDS);
        let mut found = Vec::new();
        for row in self.0.database.read().query_all(&query).await? {
            found.push((
                row.try_get("", "word")?,
                row.try_get("", "registration_id")?,
            ));
        }
        Ok(found)
    }

    /// Writes the names of those whose scans count into results.
    async fn name_helpers(
        &self,
        results: &mut [(Result<CheckInView, DomainError>, Option<UserId>)],
    ) -> Result<()> {
        let ids: HashSet<_> = results.iter().filter_map(|(_, by)| *by).collect();
        let names = self.helpers(ids).await?;
        for (result, by) in results {
            if let (Ok(view), Some(name)) = (result, by.and_then(|by| names.get(&by))) {
                view.checked_in_by.clone_from(name);
            }
        }
        Ok(())
    }

    /// Returns the names of accounts.
    pub(super) async fn helpers(
        &self,
        ids: HashSet<UserId>,
    ) -> Result<HashMap<UserId, String>, InfrastructureError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<_> = ids.into_iter().collect();
        let database = &self.0.database;
        let id = (user::Entity, user::Column::Id);
        let names: Vec<(UserId, String)> = user::Entity::find()
            .select_only()
            .columns([user::Column::Id, user::Column::Name])
            .filter(bulk::among(database.backend(), id, &ids))
            .into_tuple()
            .all(database.read())
            .await?;
        Ok(names.into_iter().collect())
    }
}

/// Reads a start number; `None` if the text is none.
fn start_number(code: &str) -> Option<u32> {
    let is_number = code.len() <= LONGEST_START_NUMBER && code.chars().all(|c| c.is_ascii_digit());
    code.parse().ok().filter(|_| is_number)
}

/// Returns what a scan names.
fn read(
    input: CheckInInput,
    numbers: &HashMap<String, RegistrationId>,
) -> Result<ReadScan, DomainError> {
    let code = if let Some(code) = ReadCode::parse(&input.code) {
        ScannedCode::Ticket(code)
    } else if let Ok(id) = input.code.parse() {
        ScannedCode::Registration(id)
    } else {
        let number = parse_ticket_number(&input.code);
        let number = number.or_else(|| Some(start_number(&input.code)?.to_string()));
        let found = number.and_then(|number| numbers.get(&number).copied());
        ScannedCode::Registration(found.ok_or(DomainError::TicketInvalid)?)
    };
    Ok(ReadScan {
        code,
        made_at: input.at,
        device: input.device,
    })
}

fn view(row: &ScannedRow, names: &DivisionNames, state: &CheckInState, first: bool) -> CheckInView {
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
