//! Adds, changes and removes brackets.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect,
};

use super::{
    BracketChange, Brackets,
    facts::{BracketFacts, number_of, planned},
    views::bracket_view,
};
use crate::{
    domain::{Actor, Result},
    model::{
        BracketFormat, BracketId, BracketPreview, BracketView, CompetitionId, DomainError,
        MatchChangeId, MatchId, RegistrationId,
        forms::{
            BRACKETS_MAX, BracketInput, BracketPatch, BracketProblem, CheckedBracket, FieldErrors,
        },
    },
    store::{
        InfrastructureError, Transaction, advisory_lock,
        bulk::{self, Cells},
        entity::{bracket, bracket_match, competition, match_change},
    },
};

impl Brackets {
    /// Returns who would be in a bracket, and how many matches it would have.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::Invalid`].
    pub async fn preview(
        &self,
        actor: Actor,
        competition: CompetitionId,
        input: &BracketInput,
    ) -> Result<BracketPreview> {
        self.permitted(actor, competition).await?;
        let checked = input.check()?;
        let seeds = self.seeds(competition, input, &checked).await?;
        let count = seeds.len();
        let rounds = rounds(input.format, &checked, count)?;
        let people = self.0.participants.rows(&seeds).await?;
        let names = seeds.iter().filter_map(|id| people.get(id));
        let (matches, byes) = match input.format {
            BracketFormat::Swiss => (count / 2 * usize::try_from(rounds).unwrap_or(0), count % 2),
            format => {
                let plan = planned(format, count, input.third_place, input.reset);
                let byes = match format.is_elimination() {
                    true => count.next_power_of_two() - count,
                    false => count % 2,
                };
                (plan.len(), byes)
            }
        };
        Ok(BracketPreview {
            names: names.map(|row| row.user_name.clone()).collect(),
            matches: matches as u64,
            byes: byes as u64,
        })
    }

    /// Adds a bracket with its entrants and matches.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::Invalid`].
    pub async fn add(
        &self,
        actor: Actor,
        competition: CompetitionId,
        input: &BracketInput,
    ) -> Result<BracketView> {
        self.permitted(actor, competition).await?;
        let checked = input.check()?;
        // Whoever loses the seat meanwhile is shown as withdrawn.
        let seeds = self.seeds(competition, input, &checked).await?;
        let rounds = rounds(input.format, &checked, seeds.len())?;
        let transaction = self.0.database.begin().await?;
        advisory_lock::of_competition(&transaction, competition).await?;
        let exists = competition::Entity::existing_by_id(competition)
            .one(&transaction)
            .await?;
        exists.ok_or(DomainError::NotFound)?;
        let count = bracket::Entity::find()
            .filter(bracket::Column::CompetitionId.eq(competition))
            .count(&transaction)
            .await?;
        if count >= BRACKETS_MAX as u64 {
            let problem = BracketProblem::TooManyBrackets(BRACKETS_MAX as u64);
            return Err(FieldErrors::one("name", problem).into());
        }
        let row = bracket::ActiveModel {
            id: Set(BracketId::new()),
            competition_id: Set(competition),
            division_id: Set(input.division_id),
            name: Set(checked.name),
            format: Set(input.format),
            seeding: Set(input.seeding),
            state: Set(input.state),
            third_place: Set(input.third_place && input.format == BracketFormat::SingleElimination),
            reset: Set(input.reset && input.format == BracketFormat::DoubleElimination),
            rounds: Set(rounds),
            win_points: Set(i32::try_from(checked.win_points).unwrap_or(i32::MAX)),
            tie_rule: Set(input.tie_rule),
            entrants: Set(i32::try_from(seeds.len()).unwrap_or(i32::MAX)),
            revision: Set(0),
            created_at: Set(self.0.clock.now()),
        };
        let row = row.insert(&transaction).await?;
        insert_entrants(&transaction, row.id, &seeds).await?;
        let view = bracket_view(&row);
        let id = row.id;
        match row.format {
            BracketFormat::Swiss => {
                let mut facts = super::facts_of(&transaction, row.clone()).await?;
                if let Some(pairs) = facts.next_round() {
                    insert_matches(&transaction, facts.add_round(pairs)).await?;
                }
            }
            format => {
                let plan = planned(format, seeds.len(), row.third_place, row.reset);
                let matches: Vec<_> = (0..plan.len()).map(|at| new_match(id, at)).collect();
                insert_matches(&transaction, &matches).await?;
            }
        }
        let change = BracketChange::edit(id, None, Some(&view.name));
        self.commit(transaction, actor, &row, change).await?;
        Ok(view)
    }

    /// Changes the name of a bracket, or who sees it.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::Invalid`].
    pub async fn edit(
        &self,
        actor: Actor,
        id: BracketId,
        patch: BracketPatch,
    ) -> Result<BracketView> {
        let row = self.permitted_bracket(actor, id).await?;
        let name = patch.checked_name()?;
        let (transaction, mut facts) = self.begin(&row).await?;
        // A round that cancelled registrations have completed has its next one now.
        let last = facts.last_round();
        settle_rounds(&transaction, &mut facts, Some(last)).await?;
        let before = facts.row;
        let mut changed = before.clone().into_active_model();
        changed.name = Set(name.unwrap_or_else(|| before.name.clone()));
        changed.state = Set(patch.state.unwrap_or(before.state));
        changed.revision = Set(before.revision.saturating_add(1));
        let after = changed.update(&transaction).await?;
        let change = BracketChange::edit(id, Some(&before), Some(&after.name));
        self.commit(transaction, actor, &after, change).await?;
        Ok(bracket_view(&after))
    }

    /// Removes a bracket in which nothing was ever recorded.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::BracketHasResults`].
    pub async fn remove(&self, actor: Actor, id: BracketId) -> Result<()> {
        let row = self.permitted_bracket(actor, id).await?;
        let (transaction, facts) = self.begin(&row).await?;
        let recorded: Option<MatchChangeId> = match_change::Entity::find()
            .select_only()
            .column(match_change::Column::Id)
            .filter(match_change::Column::BracketId.eq(id))
            .limit(1)
            .into_tuple()
            .one(&transaction)
            .await?;
        if recorded.is_some() {
            return Err(DomainError::BracketHasResults.into());
        }
        bracket::Entity::delete_by_id(id).exec(&transaction).await?;
        let change = BracketChange::edit(id, Some(&facts.row), None);
        self.commit(transaction, actor, &facts.row, change).await
    }
}

/// Returns the number of rounds of the Swiss system; 0 for other formats.
fn rounds(
    format: BracketFormat,
    checked: &CheckedBracket,
    entrants: usize,
) -> Result<i32, FieldErrors> {
    if format != BracketFormat::Swiss {
        return Ok(0);
    }
    let most = entrants.saturating_sub(1);
    // As many as an elimination would have.
    let usual = entrants.next_power_of_two().trailing_zeros();
    let rounds = checked.rounds.unwrap_or(usual);
    match i32::try_from(rounds) {
        Ok(fitting) if usize::try_from(rounds).is_ok_and(|it| it <= most) => Ok(fitting),
        _ => {
            let problem = BracketProblem::RoundsOutOfBounds(most as u64);
            Err(FieldErrors::one("rounds", problem))
        }
    }
}

/// Returns a match without a result, whose entrants follow from its number.
pub(super) fn new_match(bracket: BracketId, index: usize) -> bracket_match::Model {
    bracket_match::Model {
        id: MatchId::new(),
        bracket_id: bracket,
        number: number_of(index),
        round: 0,
        first: None,
        second: None,
        outcome: None,
        first_score: None,
        second_score: None,
    }
}

async fn insert_entrants(
    transaction: &Transaction,
    bracket: BracketId,
    seeds: &[RegistrationId],
) -> Result<(), InfrastructureError> {
    let columns = vec![
        ("bracket_id", Cells::Uuid(vec![bracket.0; seeds.len()])),
        (
            "seed",
            Cells::Int((0..seeds.len()).map(number_of).collect()),
        ),
        (
            "registration_id",
            Cells::Uuid(seeds.iter().map(|id| id.0).collect()),
        ),
    ];
    bulk::insert(transaction, "bracket_entrants", columns, "").await?;
    Ok(())
}

/// Inserts matches without results.
pub(super) async fn insert_matches(
    transaction: &Transaction,
    matches: &[bracket_match::Model],
) -> Result<(), InfrastructureError> {
    let columns = vec![
        (
            "id",
            Cells::Uuid(matches.iter().map(|it| it.id.0).collect()),
        ),
        (
            "bracket_id",
            Cells::Uuid(matches.iter().map(|it| it.bracket_id.0).collect()),
        ),
        (
            "number",
            Cells::Int(matches.iter().map(|it| it.number).collect()),
        ),
        (
            "round",
            Cells::Int(matches.iter().map(|it| it.round).collect()),
        ),
        (
            "first",
            Cells::MaybeBigInt(matches.iter().map(|it| it.first).collect()),
        ),
        (
            "second",
            Cells::MaybeBigInt(matches.iter().map(|it| it.second).collect()),
        ),
    ];
    bulk::insert(transaction, "bracket_matches", columns, "").await?;
    Ok(())
}

/// Pairs the next round of the Swiss system, if it is time. Unless a result of it is recorded already, the last round is
/// paired anew when something before it has changed, that is in a round up to `changed`, or in the list of entrants.
pub(super) async fn settle_rounds(
    transaction: &Transaction,
    facts: &mut BracketFacts,
    changed: Option<i32>,
) -> Result<()> {
    if facts.row.format != BracketFormat::Swiss {
        return Ok(());
    }
    let last = facts.last_round();
    let is_before = changed.is_none_or(|round| round < last);
    if is_before && !facts.has_begun(last) {
        let removed = facts.remove_last_round();
        let pairs = facts.next_round();
        let former: Vec<_> = removed.iter().map(|it| (it.first, it.second)).collect();
        let seed = super::facts::seed_of;
        let again = pairs.as_ref().map(|pairs| {
            let pairs = pairs.iter();
            let pairs = pairs.map(|(one, other)| (Some(seed(*one)), other.map(seed)));
            pairs.collect::<Vec<_>>()
        });
        if again.as_ref() == Some(&former) || (again.is_none() && facts.last_round() == 0) {
            facts.matches.extend(removed);
        } else {
            let ids: Vec<_> = removed.iter().map(|it| it.id).collect();
            bracket_match::Entity::delete_many()
                .filter(bracket_match::Column::Id.is_in(ids))
                .exec(transaction)
                .await?;
            if let Some(pairs) = pairs {
                insert_matches(transaction, facts.add_round(pairs)).await?;
            }
        }
    }
    if let Some(pairs) = facts.next_round() {
        insert_matches(transaction, facts.add_round(pairs)).await?;
    }
    Ok(())
}
