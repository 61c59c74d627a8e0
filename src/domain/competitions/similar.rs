//! The competitions that are most like another one.
//!
//! What is similar has tags in common, or takes place in the same place. For each tag and each word of the place,
//! the competitions that start closest to this one are read, from both sides of its start: a few rows of an index
//! for each, whatever the number of competitions that have the tag. Which of them are shown is decided here.

use std::{cmp::Reverse, collections::HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement, Value};

use super::Competitions;
use crate::{
    domain::Result,
    model::{CompetitionId, CompetitionView, Phase},
};

/// The number of tags by which similar competitions are found.
const TAGS: usize = 5;
/// The number of words of the place by which they are found.
const PLACE_WORDS: usize = 3;
/// The number of competitions that are read for each term, phase and side of the start.
const CANDIDATES: usize = 6;
/// The number of competitions that are compared by their place.
const COMPARED: usize = 24;
/// The numbers of the phases in listings in which people can register, or will be able to: open, few left, and
/// waitlist. A competition that opens later has one of them too.
const PHASES: std::ops::RangeInclusive<i16> = 0..=2;
/// The place of competitions that take place nowhere.
const ONLINE: &str = "online";

/// What one competition has in common with the other one.
#[derive(Debug, Default, Clone, Copy)]
struct Common {
    tags: u32,
    place_words: u32,
    /// The time between the starts of both.
    apart: TimeDelta,
}

impl Competitions {
    /// Returns up to `count` other competitions for which people can register now or later, the most similar
    /// first: those that have the most tags in common, then those in the same place, then those that start
    /// closest to it. It takes three statements, which read at most a few hundred rows of an index.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn similar(
        &self,
        one: &CompetitionView,
        count: usize,
    ) -> Result<Vec<CompetitionView>> {
        let now = self.clock.now();
        let common = self.common(one, now).await?;
        let mut ids: Vec<_> = common.keys().copied().collect();
        ids.sort_by_key(|id| {
            let common = common[id];
            (
                Reverse((common.tags, common.place_words)),
                common.apart,
                *id,
            )
        });
        ids.truncate(COMPARED);
        let place = place(one);
        let mut found = self.in_order(&ids).await?;
        // They were read a moment later than the listings.
        found.retain(|other| takes_registrations(other.phase(now)));
        let in_place = |other: &CompetitionView| {
            !place.is_empty() && other.location.to_lowercase() == place.to_lowercase()
        };
        let tags_of = |other: &CompetitionView| common.get(&other.id).map_or(0, |one| one.tags);
        found.retain(|other| tags_of(other) > 0 || in_place(other));
        found.sort_by_key(|other| {
            let apart = (other.starts_at - one.starts_at).abs();
            (Reverse((tags_of(other), in_place(other))), apart, other.id)
        });
        found.truncate(count);
        Ok(found)
    }

    /// Returns the candidates, with what they have in common with this competition.
    async fn common(
        &self,
        one: &CompetitionView,
        now: DateTime<Utc>,
    ) -> Result<HashMap<CompetitionId, Common>> {
        let terms = terms(one, self.database.backend());
        let mut all: HashMap<_, Common> = HashMap::new();
        if terms.is_empty() {
            return Ok(all);
        }
        let statement = candidates(self.database.backend(), one.starts_at, now, &terms);
        for row in self.database.read().query_all_raw(statement).await? {
            let id = CompetitionId(row.try_get_by_index(0)?);
            let starts_at: DateTime<Utc> = row.try_get_by_index(1)?;
            let is_tag: i32 = row.try_get_by_index(2)?;
            if id == one.id {
                continue;
            }
            let common = all.entry(id).or_default();
            common.apart = (starts_at - one.starts_at).abs();
            match is_tag {
                0 => common.place_words += 1,
                _ => common.tags += 1,
            }
        }
        Ok(all)
    }
}

/// Returns whether people can register in this phase, now or later.
const fn takes_registrations(phase: Phase) -> bool {
    matches!(
        phase,
        Phase::OpensSoon | Phase::Open | Phase::FewLeft | Phase::Waitlist
    )
}

/// Returns where a competition takes place; empty if it takes place nowhere.
fn place(one: &CompetitionView) -> &str {
    match one.location.trim() {
        place if place.eq_ignore_ascii_case(ONLINE) => "",
        place => place,
    }
}

/// Returns the terms by which similar competitions are found, as `competition_terms` has them, and whether each
/// is a tag. SQLite puts only ASCII letters into lower case.
fn terms(one: &CompetitionView, backend: DatabaseBackend) -> Vec<(String, bool)> {
    let mut terms: Vec<_> = one
        .tags
        .iter()
        .take(TAGS)
        .map(|tag| (format!("tag:{tag}"), true))
        .collect();
    let place = match backend {
        DatabaseBackend::Sqlite => place(one).to_ascii_lowercase(),
        _ => place(one).to_lowercase(),
    };
    let mut words: Vec<_> = place
        .split(|character: char| character.is_ascii() && !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    // The longest words say the most about a place.
    words.sort_by_key(|word| Reverse(word.chars().count()));
    words.dedup();
    let words = words.into_iter().take(PLACE_WORDS);
    terms.extend(words.map(|word| (format!("place:{word}"), false)));
    terms
}

/// Returns the statement that reads the competitions with one of the terms that start closest to `start`.
fn candidates(
    backend: DatabaseBackend,
    start: DateTime<Utc>,
    now: DateTime<Utc>,
    terms: &[(String, bool)],
) -> Statement {
    let mut values: Vec<Value> = vec![now.into(), start.into()];
    let mut branches = Vec::new();
    for (term, is_tag) in terms {
        values.push(term.as_str().into());
        let (term, is_tag) = (values.len(), i32::from(*is_tag));
        for phase in PHASES {
            for (side, direction) in [(">=", "ASC"), ("<", "DESC")] {
                branches.push(format!(
                    "SELECT competition_id, starts_at, {is_tag} AS is_tag FROM (\
                     SELECT competition_id, starts_at FROM competition_terms \
                     WHERE term = ${term} AND phase = {phase} AND starts_at {side} $2 AND reg_deadline > $1 \
                     ORDER BY starts_at {direction}, competition_id {direction} LIMIT {CANDIDATES}) AS branch"
                ));
            }
        }
    }
    Statement::from_sql_and_values(backend, branches.join(" UNION ALL "), values)
}
