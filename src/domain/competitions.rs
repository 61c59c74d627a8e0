//! Competitions (signatures first; bodies follow).
use super::{Actor, Result};
use crate::model::{
    CompetitionId, CompetitionView, Page, SeatsView,
    forms::{CompetitionFilter, CompetitionInput, Paging},
};
use tokio::sync::watch;
/// Competitions.
#[derive(Debug, Clone)]
pub struct Competitions {}
impl Competitions {
    /// Published and cancelled ones, as filtered.
    pub async fn browse(
        &self,
        _filter: &CompetitionFilter,
        _paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        todo!()
    }
    /// A few open ones for the front page, soonest first.
    pub async fn featured(&self, _count: u64) -> Result<Vec<CompetitionView>> {
        todo!()
    }
    /// Tags of open competitions with counts, commonest first.
    pub async fn tags(&self, _count: u64) -> Result<Vec<(String, u64)>> {
        todo!()
    }
    /// One. Drafts: `NotFound` unless `viewer` owns it.
    pub async fn get(&self, _id: CompetitionId, _viewer: Option<Actor>) -> Result<CompetitionView> {
        todo!()
    }
    /// One that `actor` owns, else `Forbidden` / `NotFound`.
    pub async fn get_owned(&self, _actor: Actor, _id: CompetitionId) -> Result<CompetitionView> {
        todo!()
    }
    /// Those `actor` runs, soonest first.
    pub async fn mine(&self, _actor: Actor, _paging: Paging) -> Result<Page<CompetitionView>> {
        todo!()
    }
    /// Makes one (organizers).
    pub async fn create(&self, _actor: Actor, _input: CompetitionInput) -> Result<CompetitionView> {
        todo!()
    }
    /// Replaces what its owner decides; `expected` is the version it was based on.
    pub async fn edit(
        &self,
        _actor: Actor,
        _id: CompetitionId,
        _input: CompetitionInput,
        _expected: Option<i64>,
    ) -> Result<CompetitionView> {
        todo!()
    }
    /// Deletes it and its registrations.
    pub async fn delete(
        &self,
        _actor: Actor,
        _id: CompetitionId,
        _expected: Option<i64>,
    ) -> Result<()> {
        todo!()
    }
    /// Live numbers: the current ones, and each change.
    pub async fn watch(&self, _id: CompetitionId) -> Result<watch::Receiver<SeatsView>> {
        todo!()
    }
}
