//! Registration (signatures first; bodies follow).
use super::{Actor, Result};
use crate::model::{
    CompetitionId, CompetitionView, IdempotencyKey, Page, Refusal, RegistrationId,
    RegistrationView,
    forms::{Paging, RegistrationFilter},
};
/// Taking and giving back seats.
#[derive(Debug, Clone)]
pub struct Registrations {}
/// The answer to a registration: the first one, or the same again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON, to be sent as it is: a repeat gets the same bytes.
    pub body: String,
    /// Whether it was given before.
    pub replayed: bool,
}
impl Answer {
    /// What it says.
    pub fn read(&self) -> Result<Result<RegistrationView, Refusal>> {
        todo!()
    }
}
/// A registration with the competition it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// It.
    pub registration: RegistrationView,
    /// Where.
    pub competition: CompetitionView,
}
impl Registrations {
    /// Takes a seat or a place in the queue. Business refusals come back as an [`Answer`] too.
    pub async fn register(
        &self,
        _actor: Actor,
        _competition: CompetitionId,
        _key: &IdempotencyKey,
    ) -> Result<Answer> {
        todo!()
    }
    /// Gives a seat or place back; again is harmless.
    pub async fn cancel(&self, _actor: Actor, _registration: RegistrationId) -> Result<()> {
        todo!()
    }
    /// `actor`'s own, upcoming first.
    pub async fn mine(&self, _actor: Actor, _paging: Paging) -> Result<Page<Entry>> {
        todo!()
    }
    /// `actor`'s live registration in a competition.
    pub async fn live(
        &self,
        _actor: Actor,
        _competition: CompetitionId,
    ) -> Result<Option<RegistrationView>> {
        todo!()
    }
    /// One: its owner's, or the organizer's.
    pub async fn get(&self, _actor: Actor, _registration: RegistrationId) -> Result<Entry> {
        todo!()
    }
    /// Of a competition, for its organizer; with names and addresses.
    pub async fn of_competition(
        &self,
        _actor: Actor,
        _competition: CompetitionId,
        _filter: &RegistrationFilter,
        _paging: Paging,
    ) -> Result<Page<RegistrationView>> {
        todo!()
    }
}
