//! The codes of an in-memory model.

use super::*;
use crate::{
    domain::registration::{
        code_commands::{CodeAction, CodeChange},
        competition_state::CodeCounters,
    },
    model::{CodeKind, forms::CodePatch},
};

impl InMemoryModel {
    /// Returns a code of the competition, if it ever had any; it may be deleted.
    fn code(&self, which: u8) -> Option<&CodeState> {
        self.codes.get(usize::from(which) % self.codes.len().max(1))
    }

    /// Returns the code that an account names with a key: with some keys one, which may be unknown.
    pub(super) fn code_named(&self, user: u8, key: u8) -> Option<String> {
        if key < 2 || self.codes.is_empty() {
            return None;
        }
        let code = self.code(user.wrapping_add(key));
        Some(code.map_or_else(String::new, |code| code.digest.clone()))
    }

    /// Returns the live code with this digest.
    pub(super) fn code_with(&self, digest: Option<&String>) -> Option<&CodeState> {
        let mut codes = self.codes.iter();
        codes.find(|code| code.removed_at.is_none() && Some(&code.digest) == digest)
    }

    /// Returns the codes that a transaction would read, when the next one expires, and how many seats may come back.
    pub(super) fn codes_read(
        &self,
        commands: &[Command],
    ) -> (Vec<CodeState>, Option<Option<DateTime<Utc>>>, i32) {
        let is_due = self.state.codes.due_at.is_some_and(|due| due <= self.now);
        let holds = |code: &&CodeState| {
            code.kind == CodeKind::Reserved
                && code.removed_at.is_none()
                && code.released_at.is_none()
        };
        let of = |id| self.rows.get(id).and_then(|row: &Row| row.code);
        let is_read = |code: &&CodeState| {
            let expired = is_due && holds(code) && code.has_expired(self.now);
            let named = commands.iter().any(|command| match command {
                Command::Register {
                    code: Some(digest), ..
                } => *digest == code.digest,
                Command::Cancel { registration, .. } => of(registration) == Some(code.id),
                Command::Act(act) => act.ids.iter().any(|id| of(id) == Some(code.id)),
                Command::Undo(undo) => undo.people.iter().any(|one| one.code == Some(code.id)),
                Command::ChangeCodes(change) => match &change.action {
                    CodeAction::Edit(id, _) | CodeAction::Remove(id) => *id == code.id,
                    CodeAction::Add(added) => added.iter().any(|new| new.digest == code.digest),
                },
                _ => false,
            });
            expired || named
        };
        let next = self.codes.iter().filter(holds);
        let next = next
            .filter_map(|code| code.expires_at)
            .filter(|at| *at > self.now);
        let next = is_due.then(|| next.min());
        let changes = commands
            .iter()
            .any(|command| matches!(command, Command::ChangeCodes(_)));
        let released = if is_due || changes {
            self.state.codes.reserved
        } else {
            0
        };
        (
            self.codes.iter().filter(is_read).cloned().collect(),
            next,
            released,
        )
    }

    /// Writes the codes of a plan.
    pub(super) fn write_codes(
        &mut self,
        changes: &CodeChanges,
        counts: bool,
        before: CodeCounters,
    ) {
        assert!(
            counts || before == self.state.codes,
            "every change of the counters is written"
        );
        for added in &changes.added {
            let is_new = self.codes.iter().all(|other| other.id != added.id);
            assert!(is_new, "a code is inserted twice");
            self.codes.push(added.clone());
        }
        for changed in &changes.edited {
            let mut rows = self.codes.iter_mut();
            *rows.find(|row| row.id == changed.id).unwrap() = changed.clone();
        }
        for counted in &changes.counted {
            let mut rows = self.codes.iter_mut();
            rows.find(|row| row.id == counted.id).unwrap().uses = counted.uses;
        }
    }

    /// Checks the uses of codes, and the seats that are set aside for them.
    pub(super) fn assert_invariant_of_codes(&self) {
        for code in &self.codes {
            let users = self.live().filter(|(_, row)| row.code == Some(code.id));
            assert_eq!(
                usize::try_from(code.uses).unwrap(),
                users.count(),
                "{code:?}"
            );
            assert!((0..=code.max_uses).contains(&code.uses), "{code:?}");
        }
        let alive = || self.codes.iter().filter(|code| code.removed_at.is_none());
        let codes = self.state.codes;
        assert_eq!(usize::try_from(codes.count).unwrap(), alive().count());
        let reserved: i32 = alive().map(CodeState::set_aside).sum();
        assert_eq!(
            codes.reserved, reserved,
            "seats are set aside for codes only"
        );
        assert!(self.state.open_seats() >= 0, "{:?}", self.state);
        for division in &self.divisions {
            let of_it = alive().filter(|code| code.division == Some(division.id));
            let reserved: i32 = of_it.map(CodeState::set_aside).sum();
            assert_eq!(division.reserved, reserved, "{division:?}");
            assert!(
                division.open_seats().is_none_or(|open| open >= 0),
                "{division:?}"
            );
        }
        for (_, row) in self.live().filter(|(_, row)| !row.status.holds_seat()) {
            let code = self.codes.iter().find(|code| Some(code.id) == row.code);
            let waits = code.is_none_or(|code| code.kind == CodeKind::Eligibility);
            assert!(waits, "somebody waits although a seat was set aside");
        }
    }

    /// Returns the command of an action on codes.
    pub(super) fn code_command(&self, by: Actor, action: &Action) -> Command {
        let expiry = |hours: Option<u8>| hours.map(|h| self.now + TimeDelta::hours(h.into()));
        let id = |which| self.code(which).map_or_else(CodeId::new, |code| code.id);
        let action = match *action {
            Action::AddCode {
                reserved,
                uses,
                hours,
                division,
                ..
            } => {
                let number = self.codes.len();
                CodeAction::Add(vec![CodeState {
                    id: CodeId::new(),
                    code: format!("CODE-{number}"),
                    digest: format!("digest {number}"),
                    label: String::new(),
                    kind: match reserved {
                        true => CodeKind::Reserved,
                        false => CodeKind::Eligibility,
                    },
                    max_uses: uses.into(),
                    uses: 0,
                    email: None,
                    expires_at: expiry(hours),
                    division: division.and_then(|which| self.division(which)),
                    request: None,
                    released_at: None,
                    removed_at: None,
                }])
            }
            Action::EditCode {
                which, uses, hours, ..
            } => {
                let patch = CodePatch {
                    max_uses: Some(uses.into()),
                    expires_at: Some(expiry(hours)),
                    ..CodePatch::default()
                };
                CodeAction::Edit(id(which), patch)
            }
            Action::RemoveCode { which, .. } => CodeAction::Remove(id(which)),
            _ => unreachable!("an action on codes"),
        };
        Command::ChangeCodes(Box::new(CodeChange {
            by,
            action,
            record: None,
        }))
    }
}
