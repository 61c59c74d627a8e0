//! The accounts with open pages in this process: which of them are to be read, and what was read last.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use tokio::sync::watch;

use super::state::OwnState;
use crate::{
    domain::news::Audience,
    model::{RegistrationStatus, RegistrationView, UserId},
};

/// The number of accounts that are read at once; in a rush the others wait for the next time.
const CHUNK: usize = 500;

/// An account with open pages.
#[derive(Debug, Default)]
struct Account {
    state: watch::Sender<Arc<OwnState>>,
    /// The number of the read that the state comes from.
    read: u64,
}

impl Account {
    /// Takes the result of a read, unless a later read has come first.
    fn accept(&mut self, read: u64, state: OwnState) {
        if read < self.read {
            return;
        }
        self.read = read;
        self.state.send_if_modified(|shown| {
            let changed = **shown != state;
            if changed {
                *shown = Arc::new(state);
            }
            changed
        });
    }
}

/// The accounts with open pages in this process.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    accounts: HashMap<UserId, Account>,
    /// The accounts that something has happened to: they are read first.
    pending: HashSet<UserId>,
    /// The accounts that something about a competition may have changed for.
    pending_later: HashSet<UserId>,
    /// The number of reads that have begun.
    reads: u64,
}

impl Listeners {
    /// Returns the channel of an account's state.
    pub fn subscribe(&mut self, user: UserId) -> watch::Receiver<Arc<OwnState>> {
        self.accounts.entry(user).or_default().state.subscribe()
    }

    /// Returns the number of a read that begins now.
    pub const fn begin_read(&mut self) -> u64 {
        self.reads += 1;
        self.reads
    }

    /// Takes the result of a read, and gives it to the listeners if it is another state.
    pub fn accept_read(&mut self, read: u64, states: HashMap<UserId, OwnState>) {
        for (user, state) in states {
            if let Some(account) = self.accounts.get_mut(&user) {
                account.accept(read, state);
            }
        }
    }

    /// Marks accounts to be read again.
    pub fn retry(&mut self, users: Vec<UserId>) {
        self.pending.extend(users);
    }

    /// Closes the channel of an account: every listener learns that it has ended.
    pub fn end(&mut self, user: UserId) {
        self.accounts.remove(&user);
    }

    /// Marks the accounts of an audience that have open pages.
    pub fn accept(&mut self, audience: &Audience) {
        let users = audience.users.iter().copied();
        let accounts = &self.accounts;
        self.pending
            .extend(users.filter(|user| accounts.contains_key(user)));
        if audience.waitlists.is_empty() && audience.participants.is_empty() {
            return;
        }
        let concerns = |view: &RegistrationView| {
            let waits = view.status == RegistrationStatus::Waitlisted;
            audience.participants.contains(&view.competition_id)
                || waits && audience.waitlists.contains(&view.competition_id)
        };
        let concerned = accounts
            .iter()
            .filter(|(_, account)| account.state.borrow().registrations.iter().any(concerns));
        self.pending_later.extend(concerned.map(|(user, _)| *user));
    }

    /// Marks every account, and drops those without an open page.
    pub fn accept_all(&mut self) {
        self.accounts
            .retain(|_, account| account.state.receiver_count() > 0);
        self.pending_later.extend(self.accounts.keys().copied());
    }

    /// Takes the next accounts to read. An account without an open page is dropped.
    pub fn take_pending(&mut self) -> Vec<UserId> {
        let mut taken: Vec<_> = self.pending.iter().copied().take(CHUNK).collect();
        let room = CHUNK - taken.len();
        let later = self.pending_later.iter().copied();
        // An account that is in both sets is read once.
        taken.extend(later.filter(|user| !self.pending.contains(user)).take(room));
        for user in &taken {
            self.pending.remove(user);
            self.pending_later.remove(user);
        }
        taken.sort_unstable();
        taken.retain(|user| {
            let open = self
                .accounts
                .get(user)
                .is_some_and(|account| account.state.receiver_count() > 0);
            if !open {
                self.accounts.remove(user);
            }
            open
        });
        taken
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{CompetitionId, RegistrationId};

    fn state(competition: CompetitionId, status: RegistrationStatus) -> OwnState {
        let registration = RegistrationView {
            registration_id: RegistrationId::new(),
            user_id: UserId::new(),
            competition_id: competition,
            status,
            registered_at: DateTime::UNIX_EPOCH,
            division_id: None,
            division_name: None,
            waitlist_position: None,
            start_number: None,
            checked_in_at: None,
            answers: None,
            ticket_code: None,
            competition_title: None,
            user_name: None,
            user_email: None,
        };
        OwnState {
            registrations: vec![registration],
            ..OwnState::default()
        }
    }

    #[test]
    fn a_slow_read_does_not_replace_the_result_of_a_later_one() {
        let (mut listeners, user) = (Listeners::default(), UserId::new());
        let shown = listeners.subscribe(user);
        let (slow, quick) = (listeners.begin_read(), listeners.begin_read());
        let with_unread = |unread| {
            let state = OwnState {
                unread,
                ..OwnState::default()
            };
            HashMap::from([(user, state)])
        };
        listeners.accept_read(quick, with_unread(2));
        listeners.accept_read(slow, with_unread(1));
        assert_eq!(shown.borrow().unread, 2);
    }

    #[test]
    fn only_accounts_that_a_change_concerns_and_that_have_an_open_page_are_read() {
        let mut listeners = Listeners::default();
        let competition = CompetitionId::new();
        let users: Vec<_> = (0..4).map(|_| UserId::new()).collect();
        let mut channels: Vec<_> = users.iter().map(|u| listeners.subscribe(*u)).collect();
        let read = listeners.begin_read();
        let states = [
            (users[0], state(competition, RegistrationStatus::Waitlisted)),
            (users[1], state(competition, RegistrationStatus::Confirmed)),
            (
                users[2],
                state(CompetitionId::new(), RegistrationStatus::Waitlisted),
            ),
            (users[3], state(competition, RegistrationStatus::Waitlisted)),
        ];
        listeners.accept_read(read, HashMap::from(states));
        drop(channels.pop());
        listeners.accept(&Audience {
            waitlists: vec![competition],
            ..Audience::default()
        });
        assert_eq!(listeners.take_pending(), [users[0]]);
        listeners.accept(&Audience {
            participants: vec![competition],
            ..Audience::default()
        });
        let mut concerned = vec![users[0], users[1]];
        concerned.sort_unstable();
        assert_eq!(listeners.take_pending(), concerned);
        assert!(listeners.take_pending().is_empty());
    }

    #[test]
    fn in_a_rush_accounts_with_news_of_their_own_come_first() {
        let mut listeners = Listeners::default();
        let users: Vec<_> = (0..CHUNK * 2).map(|_| UserId::new()).collect();
        let channels: Vec<_> = users.iter().map(|u| listeners.subscribe(*u)).collect();
        listeners.accept_all();
        let own = users[CHUNK..CHUNK + 3].to_vec();
        listeners.accept(&Audience {
            users: own.clone(),
            ..Audience::default()
        });
        let first = listeners.take_pending();
        assert_eq!(first.len(), CHUNK);
        assert!(own.iter().all(|user| first.contains(user)));
        assert_eq!(listeners.take_pending().len(), CHUNK);
        assert!(listeners.take_pending().is_empty());
        drop(channels);
    }
}
