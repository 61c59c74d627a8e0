//! Who is in a bracket, and in which order.

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef,
};

use super::Brackets;
use crate::{
    domain::{Result, check_in::ScannedCode},
    model::{
        BracketSeeding, CompetitionId, DivisionId, RegistrationId, RegistrationStatus,
        forms::{BracketInput, BracketProblem, CheckedBracket, FieldErrors},
    },
    store::{
        InfrastructureError,
        entity::{division, registration, start_number},
    },
};

/// How many participants of standings are looked up at once.
const AT_ONCE: usize = 1_000;
const SEATED: [RegistrationStatus; 2] =
    [RegistrationStatus::Pending, RegistrationStatus::Confirmed];

impl Brackets {
    /// Returns the entrants of a new bracket, the first seed first.
    pub(super) async fn seeds(
        &self,
        competition: CompetitionId,
        input: &BracketInput,
        checked: &CheckedBracket,
    ) -> Result<Vec<RegistrationId>> {
        self.check_division(competition, input.division_id).await?;
        let format_most = input.format.most_entrants();
        let most = usize::try_from(format_most).unwrap_or(usize::MAX);
        // One more than there is room for shows that there are too many.
        let wanted = checked.limit.unwrap_or(usize::MAX).min(most + 1);
        let mut seeds = match input.seeding {
            BracketSeeding::StartNumber => {
                self.by_start_number(competition, input.division_id, wanted)
                    .await?
            }
            BracketSeeding::RegisteredAt => {
                self.by_registration(competition, input.division_id, wanted)
                    .await?
            }
            BracketSeeding::Standings => self.by_standings(competition, input, wanted).await?,
            BracketSeeding::List => self.by_list(competition, input).await?,
        };
        seeds.truncate(wanted);
        let problem = match seeds.len() {
            0 | 1 => BracketProblem::TooFewEntrants,
            count if count > most => BracketProblem::TooManyEntrants(format_most),
            _ => return Ok(seeds),
        };
        Err(FieldErrors::one("entrants", problem).into())
    }

    async fn check_division(
        &self,
        competition: CompetitionId,
        division: Option<DivisionId>,
    ) -> Result<()> {
        let Some(id) = division else {
            return Ok(());
        };
        let found = division::Entity::find_by_id(id)
            .filter(division::Column::CompetitionId.eq(competition))
            .one(self.0.database.read())
            .await?;
        match found {
            Some(_) => Ok(()),
            None => Err(FieldErrors::one("divisionId", BracketProblem::NoSuchDivision).into()),
        }
    }

    async fn by_start_number(
        &self,
        competition: CompetitionId,
        division: Option<DivisionId>,
        wanted: usize,
    ) -> Result<Vec<RegistrationId>> {
        let join: RelationDef = registration::Entity::belongs_to(start_number::Entity)
            .from(registration::Column::Id)
            .to(start_number::Column::RegistrationId)
            .into();
        let mut seeds: Vec<RegistrationId> = registration::Entity::find()
            .select_only()
            .column(registration::Column::Id)
            .join(JoinType::InnerJoin, join)
            .filter(start_number::Column::CompetitionId.eq(competition))
            .filter(has_seat(competition, division))
            .order_by_asc(start_number::Column::Number)
            .limit(wanted as u64)
            .into_tuple()
            .all(self.0.database.read())
            .await
            .map_err(InfrastructureError::from)?;
        if seeds.len() < wanted {
            let known: HashSet<_> = seeds.iter().copied().collect();
            let others = self.by_registration(competition, division, wanted + known.len());
            let others = others.await?.into_iter();
            seeds.extend(others.filter(|id| !known.contains(id)));
        }
        Ok(seeds)
    }

    async fn by_registration(
        &self,
        competition: CompetitionId,
        division: Option<DivisionId>,
        wanted: usize,
    ) -> Result<Vec<RegistrationId>> {
        use registration::Column;
        Ok(registration::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(has_seat(competition, division))
            .order_by_asc(Column::RegisteredAt)
            .order_by_asc(Column::Id)
            .limit(wanted as u64)
            .into_tuple()
            .all(self.0.database.read())
            .await?)
    }

    async fn by_standings(
        &self,
        competition: CompetitionId,
        input: &BracketInput,
        wanted: usize,
    ) -> Result<Vec<RegistrationId>> {
        let official = match input.stage_id {
            Some(stage) => self.0.results.official_order(competition, stage).await?,
            None => None,
        };
        let order =
            official.ok_or_else(|| FieldErrors::one("stageId", BracketProblem::NoOfficialStage))?;
        let mut seeds = Vec::new();
        for some in order.chunks(AT_ONCE) {
            let rows = self.0.participants.rows(some).await?;
            let is_entrant = |id: &&RegistrationId| {
                rows.get(*id).is_some_and(|row| {
                    let is_here = input
                        .division_id
                        .is_none_or(|it| row.division_id == Some(it));
                    row.status.holds_seat() && is_here
                })
            };
            seeds.extend(some.iter().filter(is_entrant).copied());
            if seeds.len() >= wanted {
                break;
            }
        }
        Ok(seeds)
    }

    async fn by_list(
        &self,
        competition: CompetitionId,
        input: &BracketInput,
    ) -> Result<Vec<RegistrationId>> {
        let named = &self.0.participants;
        let codes = input.entrants.iter().flatten().map(|code| code.trim());
        let codes: Vec<&str> = codes.collect();
        let numbers = named.numbered(competition, &codes).await?;
        let read = codes.iter().map(|code| ScannedCode::read(code, &numbers));
        let read: Vec<_> = read.collect();
        let ids: HashSet<_> = read
            .iter()
            .flatten()
            .map(ScannedCode::registration)
            .collect();
        let rows = named.rows(&ids.into_iter().collect::<Vec<_>>()).await?;
        let mut seeds = Vec::with_capacity(read.len());
        let mut known = HashSet::new();
        for (code, place) in read.iter().zip(1..) {
            let row = code.as_ref().and_then(|code| {
                let row = rows.get(&code.registration())?;
                let is_genuine = match code {
                    ScannedCode::Ticket(ticket) => named.verifies(ticket, row.user_id),
                    ScannedCode::Registration(_) => true,
                };
                let division = input.division_id;
                let is_here = row.competition_id == competition
                    && division.is_none_or(|id| row.division_id == Some(id));
                (is_genuine && is_here && row.status.holds_seat()).then_some(row)
            });
            let problem = match row {
                Some(row) if known.insert(row.id) => {
                    seeds.push(row.id);
                    continue;
                }
                Some(_) => BracketProblem::NamedTwice(place),
                None => BracketProblem::UnknownEntrant(place),
            };
            return Err(FieldErrors::one("entrants", problem).into());
        }
        Ok(seeds)
    }
}

/// Returns the condition that a registration has a seat in a competition, or in a division of it.
fn has_seat(competition: CompetitionId, division: Option<DivisionId>) -> Condition {
    use registration::Column;
    Condition::all()
        .add(Column::CompetitionId.eq(competition))
        .add(Column::Status.is_in(SEATED))
        .add_option(division.map(|id| Column::DivisionId.eq(id)))
}
