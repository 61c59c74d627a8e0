//! The commands of random actions.

use super::*;

impl InMemoryModel {
    /// Returns the command of an action, as the rows are now.
    pub(in super::super) fn command(&self, action: &Action) -> Command {
        let organizer = |by_owner| Actor {
            email_confirmed: true,
            ..Actor::new(if by_owner { OWNER } else { user_id(0) }, Role::Organizer)
        };
        let existing = |which: u8| {
            let at = usize::from(which) % self.made.len().max(1);
            self.made.get(at).copied()
        };
        match *action {
            Action::Add { user, by_owner } => Command::Add(Box::new(Addition {
                by: organizer(by_owner),
                user: user_id(user),
                division: self.division(user),
                key: IdempotencyKey::mint(),
                fingerprint: "added".to_owned(),
                record: None,
            })),
            Action::Act {
                action,
                ref which,
                by_owner,
            } => {
                let ids: std::collections::BTreeSet<_> =
                    which.iter().filter_map(|which| existing(*which)).collect();
                Command::Act(Box::new(BulkAct {
                    by: organizer(by_owner),
                    key: None,
                    fingerprint: "act".to_owned(),
                    action,
                    ids: ids.into_iter().collect(),
                    reason: None,
                    dry_run: false,
                    record: None,
                }))
            }
            Action::Undo {
                ref which,
                by_owner,
            } => {
                let ids: std::collections::BTreeSet<_> =
                    which.iter().filter_map(|which| existing(*which)).collect();
                let former = |id: RegistrationId| {
                    let row = &self.rows[&id];
                    (!row.status.is_live()).then(|| FormerRegistration {
                        id,
                        user: row.user,
                        division: row.division,
                        code: row.code,
                        waitlist_seq: row.waitlist_seq,
                        answers: Answers::new(),
                    })
                };
                Command::Undo(Box::new(RemovalUndo {
                    by: organizer(by_owner),
                    key: IdempotencyKey::mint(),
                    fingerprint: "undo".to_owned(),
                    until: self.now + TimeDelta::minutes(15),
                    people: ids.into_iter().filter_map(former).collect(),
                    registered_again: 0,
                    record: None,
                }))
            }
            Action::Register {
                user,
                key,
                elsewhere,
            } => Command::Register {
                user: user_id(user),
                key: IdempotencyKey::parse(&format!("k{key}")).unwrap(),
                // With another key, an account tries another division.
                division: self.division(user.wrapping_add(key)),
                answers: CheckedAnswers::default(),
                code: self.code_named(user, key),
                fingerprint: if elsewhere { "there" } else { "here" }.to_owned(),
                language: Language::default(),
            },
            Action::AddCode { by_owner, .. }
            | Action::EditCode { by_owner, .. }
            | Action::RemoveCode { by_owner, .. } => self.code_command(organizer(by_owner), action),
            Action::SetPaused { paused, by_owner } => Command::SetPaused(Box::new(PauseChange {
                by: Actor::new(if by_owner { OWNER } else { user_id(0) }, Role::Organizer),
                paused,
                record: None,
            })),
            Action::AddDivision { capacity, by_owner } => {
                let id = DivisionId::new();
                let input = DivisionInput {
                    name: id.to_string(),
                    capacity: capacity.map(Into::into),
                    ..DivisionInput::default()
                };
                change(organizer(by_owner), DivisionAction::Add(id, input))
            }
            Action::EditDivision {
                which,
                capacity,
                by_owner,
            } => {
                let patch = DivisionPatch {
                    capacity: Some(capacity.map(Into::into)),
                    ..DivisionPatch::default()
                };
                let id = self.division(which).unwrap_or_else(DivisionId::new);
                change(organizer(by_owner), DivisionAction::Edit(id, patch))
            }
            Action::RemoveDivision { which, by_owner } => {
                let id = self.division(which).unwrap_or_else(DivisionId::new);
                change(organizer(by_owner), DivisionAction::Remove(id))
            }
            Action::Cancel { which, by_owner } => {
                let registration = existing(which);
                let owner = registration.map_or(OWNER, |id| self.rows[&id].user);
                Command::Cancel {
                    registration: registration.unwrap_or(RegistrationId(Uuid::from_u128(1))),
                    by: if by_owner { owner } else { OWNER },
                }
            }
            Action::Revise {
                capacity,
                waitlist,
                status,
                starts_in,
                opens_in,
                by_owner,
            } => {
                let starts_at = self.now + TimeDelta::hours(starts_in.into());
                let input = CompetitionInput {
                    title: "Race".to_owned(),
                    description: String::new(),
                    capacity: capacity.into(),
                    publish_at: None,
                    opens_at: opens_in.map(|hours| self.now + TimeDelta::hours(hours.into())),
                    reg_deadline: starts_at,
                    starts_at,
                    ends_at: None,
                    location: String::new(),
                    time_zone: "UTC".to_owned(),
                    tags: Vec::new(),
                    waitlist_enabled: waitlist,
                    status,
                };
                Command::Revise(Box::new(Revision {
                    by: organizer(by_owner),
                    patch: input.into(),
                    notifies: true,
                    expected_version: None,
                    record: None,
                }))
            }
        }
    }
}

fn change(by: Actor, action: DivisionAction) -> Command {
    let record = None;
    Command::ChangeDivision(Box::new(DivisionChange { by, action, record }))
}
