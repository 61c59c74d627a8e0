//! What is kept in memory of published standings.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::rank::RankedRow;
use crate::model::{CompetitionId, DivisionId, RegistrationId, StageId, StandingView};

/// A page of standings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PageKey {
    pub competition: CompetitionId,
    /// The stage; the last one with a publication if it is absent.
    pub stage: Option<StageId>,
    /// The division whose participants are shown; all if it is absent.
    pub division: Option<DivisionId>,
    pub page: u64,
    pub per_page: u64,
}

/// What differs for a participant between two versions, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RankChange {
    #[serde(rename = "r")]
    pub registration: RegistrationId,
    #[serde(rename = "b")]
    pub before: Option<StandingView>,
    #[serde(rename = "a")]
    pub after: Option<StandingView>,
}

/// A version of the standings of a stage. It never changes.
#[derive(Debug)]
pub(super) struct StageVersion {
    pub changed: u64,
    pub rows: Vec<RankedRow>,
    pub changes: Vec<RankChange>,
    /// Where each participant is among the rows.
    places: HashMap<RegistrationId, usize>,
    /// The rows of each division.
    of_divisions: HashMap<DivisionId, Vec<usize>>,
}

impl StageVersion {
    /// Creates a version from what is stored.
    pub(super) fn new(changed: u64, rows: Vec<RankedRow>, changes: Vec<RankChange>) -> Self {
        let places = rows.iter().zip(0..).map(|(row, at)| (row.registration, at));
        let mut of_divisions: HashMap<_, Vec<_>> = HashMap::new();
        for (row, at) in rows.iter().zip(0..) {
            if let Some(division) = row.division {
                of_divisions.entry(division).or_default().push(at);
            }
        }
        Self {
            places: places.collect(),
            of_divisions,
            changed,
            rows,
            changes,
        }
    }

    /// Returns where a participant is, if they are among the rows.
    pub(super) fn standing_of(&self, registration: RegistrationId) -> Option<StandingView> {
        let place = self.places.get(&registration)?;
        self.rows.get(*place).map(RankedRow::standing)
    }

    /// Returns the number of rows, and some of them in their order: of a division, or all.
    pub(super) fn page(
        &self,
        division: Option<DivisionId>,
        offset: usize,
        limit: usize,
    ) -> (usize, Vec<&RankedRow>) {
        let Some(division) = division else {
            let rows = self.rows.iter().skip(offset).take(limit);
            return (self.rows.len(), rows.collect());
        };
        let places = self
            .of_divisions
            .get(&division)
            .map_or(&[][..], Vec::as_slice);
        let rows = places.iter().skip(offset).take(limit);
        let rows = rows.filter_map(|at| self.rows.get(*at));
        (places.len(), rows.collect())
    }

    /// Returns the approximate size in memory, in bytes.
    pub(super) fn size(&self) -> u32 {
        // With what the two maps have for each row.
        let rows = self.rows.len() * (size_of::<RankedRow>() + 64);
        let changes = self.changes.len() * size_of::<RankChange>();
        u32::try_from(300 + rows + changes).unwrap_or(u32::MAX)
    }
}
