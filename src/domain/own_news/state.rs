//! What open pages show about an account, and what differs between two states of it.

use std::collections::{HashMap, HashSet};

use crate::model::{CompetitionId, MessageView, RegistrationView};

/// What an account's open pages show about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnState {
    /// The number of unread messages.
    pub unread: u64,
    /// The messages of the last minutes, the newest first.
    pub messages: Vec<MessageView>,
    /// The live registrations, and those that were cancelled in the last minutes.
    pub registrations: Vec<RegistrationView>,
}

/// One thing that has changed for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnNews {
    /// A registration is new, or has another status or position.
    Registration(Box<RegistrationView>),
    /// A message has arrived.
    Message(Box<MessageView>),
    /// The number of unread messages has changed.
    Unread(u64),
}

impl OwnState {
    /// Returns what has changed since the state `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Vec<OwnNews> {
        let known: HashMap<_, _> = before
            .registrations
            .iter()
            .map(|view| (view.registration_id, view))
            .collect();
        let registrations = self.registrations.iter().filter(|view| {
            let was = known.get(&view.registration_id);
            // A cancelled registration that was never shown as live is no news.
            was.map_or(view.status.is_live(), |was| *was != *view)
        });
        let seen: HashSet<_> = before.messages.iter().map(|view| view.id).collect();
        let messages = self.messages.iter().rev();
        let messages = messages.filter(|view| !seen.contains(&view.id));
        let unread = (self.unread != before.unread).then_some(OwnNews::Unread(self.unread));
        registrations
            .map(|view| OwnNews::Registration(Box::new(view.clone())))
            .chain(messages.map(|view| OwnNews::Message(Box::new(view.clone()))))
            .chain(unread)
            .collect()
    }

    /// Returns the newest registration for a competition.
    #[must_use]
    pub fn registration_for(&self, competition: CompetitionId) -> Option<&RegistrationView> {
        let own = self.registrations.iter();
        own.filter(|view| view.competition_id == competition)
            .max_by_key(|view| (view.status.is_live(), view.registered_at))
    }
}
