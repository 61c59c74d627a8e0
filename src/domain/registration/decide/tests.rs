//! Properties of [`decide`]: the seat invariant holds after any actions in any order.
//!
//! Actions are done in an [`InMemoryModel`], which stands for the database.

mod in_memory_model;

use chrono::TimeDelta;
use proptest::{collection::vec, prelude::*};

use self::in_memory_model::{Action, InMemoryModel, KEEP};
use super::{
    super::{
        command::{CheckedAnswers, PauseChange, Revision},
        outcome::ResponseCodec,
    },
    *,
};
use crate::model::{Answer, BulkAction, CompetitionStatus, QuestionId};

/// A codec whose responses are the outcomes' debug texts.
pub(in super::super) fn test_codec() -> ResponseCodec {
    ResponseCodec {
        fingerprint: |competition, _| competition.to_string(),
        encode: |outcome, _| {
            Ok(StoredResponse {
                status: 0,
                body: format!("{outcome:?}"),
            })
        },
        decode: |_| Err(InfrastructureError::internal("not decoded in these tests")),
        canonical: ToString::to_string,
    }
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => (0..7_u8, 0..4_u8, prop::bool::weighted(0.1))
            .prop_map(|(user, key, elsewhere)| Action::Register { user, key, elsewhere }),
        4 => (any::<u8>(), prop::bool::weighted(0.9))
            .prop_map(|(which, by_owner)| Action::Cancel { which, by_owner }),
        2 => (0..7_u8, prop::bool::weighted(0.9))
            .prop_map(|(user, by_owner)| Action::Add { user, by_owner }),
        2 => (
            prop_oneof![Just(BulkAction::Cancel), Just(BulkAction::Promote), Just(BulkAction::Resend)],
            vec(any::<u8>(), 1..5),
            prop::bool::weighted(0.9),
        )
            .prop_map(|(action, which, by_owner)| Action::Act { action, which, by_owner }),
        2 => (vec(any::<u8>(), 1..5), prop::bool::weighted(0.9))
            .prop_map(|(which, by_owner)| Action::Undo { which, by_owner }),
        2 => (
            1..6_u8,
            any::<bool>(),
            prop_oneof![9 => Just(CompetitionStatus::Published), 1 => Just(CompetitionStatus::Cancelled)],
            prop_oneof![5 => Just(100_i8), 1 => -2..20_i8],
            prop_oneof![4 => Just(None), 1 => (-2..4_i8).prop_map(Some)],
            prop::bool::weighted(0.9),
        )
            .prop_map(|(capacity, waitlist, status, starts_in, opens_in, by_owner)| Action::Revise {
                capacity, waitlist, status, starts_in, opens_in, by_owner,
            }),
        1 => (any::<bool>(), prop::bool::weighted(0.9))
            .prop_map(|(paused, by_owner)| Action::SetPaused { paused, by_owner }),
        1 => (division_capacity(), prop::bool::weighted(0.9))
            .prop_map(|(capacity, by_owner)| Action::AddDivision { capacity, by_owner }),
        2 => (any::<u8>(), division_capacity(), prop::bool::weighted(0.9))
            .prop_map(|(which, capacity, by_owner)| Action::EditDivision { which, capacity, by_owner }),
        1 => (any::<u8>(), prop::bool::weighted(0.9))
            .prop_map(|(which, by_owner)| Action::RemoveDivision { which, by_owner }),
        2 => (any::<bool>(), 1..4_u8, hours(), prop::option::of(any::<u8>()), prop::bool::weighted(0.9))
            .prop_map(|(reserved, uses, hours, division, by_owner)| Action::AddCode {
                reserved, uses, hours, division, by_owner,
            }),
        1 => (any::<u8>(), 1..4_u8, hours(), prop::bool::weighted(0.9))
            .prop_map(|(which, uses, hours, by_owner)| Action::EditCode { which, uses, hours, by_owner }),
        1 => (any::<u8>(), prop::bool::weighted(0.9))
            .prop_map(|(which, by_owner)| Action::RemoveCode { which, by_owner }),
    ]
}

/// After how many hours a code expires; perhaps never, perhaps at once.
fn hours() -> impl Strategy<Value = Option<u8>> {
    prop::option::of(0..8_u8)
}

fn division_capacity() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![3 => (1..4_u8).prop_map(Some), 1 => Just(None)]
}

/// The capacities of the divisions that a competition begins with; half of the competitions have none.
fn divisions() -> impl Strategy<Value = Vec<Option<u8>>> {
    prop_oneof![1 => Just(Vec::new()), 1 => vec(division_capacity(), 1..4)]
}

/// Batches of actions, with the hours that pass before each.
fn batches() -> impl Strategy<Value = Vec<(u8, Vec<Action>)>> {
    vec((0..3_u8, vec(actions(), 1..9)), 1..9)
}

proptest! {
    #[test]
    fn the_seat_invariant_holds_after_any_actions(
        capacity in 1..5_i32, waitlist: bool, divisions in divisions(), batches in batches(),
    ) {
        let mut model = InMemoryModel::new(capacity, waitlist).with_divisions(&divisions);
        for (hours, actions) in batches {
            model.now += TimeDelta::hours(hours.into());
            let commands: Vec<_> = actions.iter().map(|action| model.command(action)).collect();
            model.execute(&commands);
        }
    }

    /// A transaction promotes a bounded number of registrations; the next ones go on.
    #[test]
    fn however_few_are_promoted_at_once_all_are_promoted_in_their_order(
        capacity in 1..5_i32, max_promotions in 1..3_usize, divisions in divisions(), batches in batches(),
        apart: bool, interrupted: bool,
    ) {
        let mut model = InMemoryModel::new(capacity, true).with_divisions(&divisions);
        model.max_promotions = max_promotions;
        for (hours, actions) in batches {
            model.now += TimeDelta::hours(hours.into());
            let commands: Vec<_> = actions.iter().map(|action| model.command(action)).collect();
            let at_once = if apart { 1 } else { commands.len() };
            commands.chunks(at_once).for_each(|commands| {
                model.execute(commands);
            });
            while model.unfinished && !interrupted {
                model.execute(&[Command::PromoteWaitlist]);
            }
        }
        // After a crash, nothing but the counters shows that something is left to do.
        model.execute(&[Command::PromoteWaitlist]);
        while model.unfinished {
            model.execute(&[]);
        }
    }

    #[test]
    fn each_outcome_is_true(
        capacity in 1..5_i32, waitlist: bool, divisions in divisions(), batches in batches(),
    ) {
        let mut model = InMemoryModel::new(capacity, waitlist).with_divisions(&divisions);
        for (hours, actions) in batches {
            model.now += TimeDelta::hours(hours.into());
            for action in actions {
                let command = model.command(&action);
                model.execute_one(&command);
            }
        }
    }

    /// So everything that holds for single commands holds for batches.
    #[test]
    fn a_batch_decides_like_its_commands_one_by_one(
        capacity in 1..5_i32, waitlist: bool, divisions in divisions(), batches in batches(),
    ) {
        let mut together = InMemoryModel::new(capacity, waitlist).with_divisions(&divisions);
        let mut alone = together.clone();
        for (hours, actions) in batches {
            together.now += TimeDelta::hours(hours.into());
            alone.now = together.now;
            let commands: Vec<_> = actions.iter().map(|action| together.command(action)).collect();
            let replies = together.execute(&commands);
            let one_by_one: Vec<_> = commands.iter().map(|c| alone.execute_one(c)).collect();
            prop_assert_eq!(replies, one_by_one);
            alone.state.version = together.state.version;
            alone.state.edited_at_version = together.state.edited_at_version;
            prop_assert_eq!(&alone.state, &together.state);
            prop_assert_eq!(&alone.rows, &together.rows);
            prop_assert_eq!(&alone.codes, &together.codes);
            prop_assert_eq!(&alone.outcomes, &together.outcomes);
        }
    }

    #[test]
    fn a_repeat_gets_the_first_outcome_until_it_expires(
        capacity in 1..3_i32, waitlist: bool, divisions in divisions(), batches in batches(),
        elsewhere: bool, late: bool,
    ) {
        let mut model = InMemoryModel::new(capacity, waitlist).with_divisions(&divisions);
        let register = |model: &InMemoryModel, elsewhere| model.command(&Action::Register { user: 0, key: 9, elsewhere });
        let first = register(&model, false);
        let Reply::Outcome(RegistrationReply { stored: first_outcome, replayed: false }) = model.execute_one(&first) else {
            panic!("no outcome");
        };
        for (_, actions) in batches {
            let commands: Vec<_> = actions.iter().map(|action| model.command(action)).collect();
            model.execute(&commands);
        }
        if late {
            model.now += KEEP;
        }
        let again = register(&model, elsewhere);
        let reply = model.execute_one(&again);
        match (late, elsewhere) {
            (true, _) => {
                // A code that was added since may be for another division, which is said without storing it.
                let anew = matches!(
                    reply,
                    Reply::Outcome(RegistrationReply { replayed: false, .. })
                        | Reply::Done(Err(
                            DomainError::NotOpenYet { .. }
                                | DomainError::RegistrationPaused { .. }
                                | DomainError::Invalid(_)
                        ))
                );
                prop_assert!(anew, "{:?}", reply);
            }
            (false, true) => prop_assert_eq!(reply, Reply::Done(Err(DomainError::IdempotencyKeyReused))),
            (false, false) => {
                let expected = Reply::Outcome(RegistrationReply { stored: first_outcome, replayed: true });
                prop_assert_eq!(reply, expected);
            }
        }
    }
}

#[test]
fn a_press_before_the_opening_does_not_bar_the_same_press_at_the_second() {
    let mut model = InMemoryModel::new(1, false);
    let opening = model.now + TimeDelta::milliseconds(1_500);
    model.state.rules.opens_at = Some(opening);
    let (user, key, elsewhere) = (0, 0, false);
    let press = model.command(&Action::Register {
        user,
        key,
        elsewhere,
    });
    for (left, retry_after) in [(1_500, 2), (1_000, 1), (1, 1)] {
        model.now = opening - TimeDelta::milliseconds(left);
        let refusal = DomainError::NotOpenYet {
            opens_at: opening,
            retry_after,
        };
        assert_eq!(model.execute_one(&press), Reply::Done(Err(refusal)));
    }
    model.now = opening;
    let Reply::Outcome(reply) = model.execute_one(&press) else {
        panic!("no outcome at the opening");
    };
    assert!(!reply.replayed && reply.outcome().unwrap().registration().is_ok());
    // An opening that is moved afterwards takes nothing back.
    model.state.rules.opens_at = Some(opening + TimeDelta::hours(1));
    let Reply::Outcome(again) = model.execute_one(&press) else {
        panic!("no stored outcome");
    };
    assert!(again.replayed);
    assert_eq!(again.stored, reply.stored);
}

#[test]
fn nobody_gets_a_seat_during_a_pause_and_freed_seats_go_to_the_waitlist() {
    let mut model = InMemoryModel::new(1, true);
    let register = |model: &InMemoryModel, user| {
        let (key, elsewhere) = (0, false);
        model.command(&Action::Register {
            user,
            key,
            elsewhere,
        })
    };
    let set_paused = |model: &InMemoryModel, paused| {
        let by_owner = true;
        model.command(&Action::SetPaused { paused, by_owner })
    };
    let (first, second, third) = (
        register(&model, 0),
        register(&model, 1),
        register(&model, 2),
    );
    let seat = model.execute_one(&first);
    model.execute_one(&second);
    // In one batch, the order of the commands decides.
    let (pause, resume) = (set_paused(&model, true), set_paused(&model, false));
    let replies = model.execute(&[pause.clone(), third.clone(), pause]);
    let refusal = DomainError::RegistrationPaused { retry_after: 10 };
    let expected = [Ok(()), Err(refusal), Ok(())].map(Reply::Done);
    assert_eq!(replies, expected);
    // A repeat gets its first outcome, and a seat that is given back goes to the waitlist.
    let Reply::Outcome(again) = model.execute_one(&first) else {
        panic!("no stored outcome");
    };
    assert!(again.replayed);
    let Reply::Outcome(seat) = seat else {
        panic!("no seat");
    };
    assert_eq!(again.stored, seat.stored);
    let which = 0;
    let cancel = model.command(&Action::Cancel {
        which,
        by_owner: true,
    });
    model.execute_one(&cancel);
    assert_eq!((model.state.seats_left, model.waitlist().len()), (0, 0));
    // The same request is as good as new afterwards.
    model.execute_one(&resume);
    let Reply::Outcome(late) = model.execute_one(&third) else {
        panic!("no outcome after the pause");
    };
    assert!(!late.replayed && late.outcome().unwrap().registration().is_ok());
}

#[test]
fn what_is_closed_is_not_paused_and_a_pause_that_ends_in_its_batch_is_a_change() {
    let mut model = InMemoryModel::new(1, false);
    let by_owner = true;
    let [pause, resume] =
        [true, false].map(|paused| model.command(&Action::SetPaused { paused, by_owner }));
    let version = model.state.version;
    assert_eq!(
        model.execute(&[pause.clone(), resume.clone()]),
        [Reply::Done(Ok(())), Reply::Done(Ok(()))]
    );
    assert!(model.state.version > version && !model.state.rules.paused);
    model.execute_one(&pause);
    model.now = model.state.rules.reg_deadline;
    assert_eq!(model.execute_one(&pause), Reply::Done(Ok(())));
    assert_eq!(model.execute_one(&resume), Reply::Done(Ok(())));
    let refusal = Err(DomainError::RegistrationClosed);
    assert_eq!(model.execute_one(&pause), Reply::Done(refusal));
}

#[test]
fn a_seat_given_back_and_taken_in_one_batch_is_a_change() {
    let mut model = InMemoryModel::new(1, false);
    let register = |model: &InMemoryModel, user| {
        let (key, elsewhere) = (0, false);
        model.command(&Action::Register {
            user,
            key,
            elsewhere,
        })
    };
    let first = register(&model, 0);
    model.execute_one(&first);
    let version = model.state.version;
    let cancel = model.command(&Action::Cancel {
        which: 0,
        by_owner: true,
    });
    let second = register(&model, 1);
    model.execute(&[cancel, second]);
    assert!(model.state.version > version);
}

#[test]
fn a_refused_capacity_does_not_hide_the_waitlist_from_an_accepted_one() {
    let mut model = InMemoryModel::new(2, true);
    let register = |user| Action::Register {
        user,
        key: 0,
        elsewhere: false,
    };
    let revise = |capacity| Action::Revise {
        capacity,
        waitlist: true,
        status: CompetitionStatus::Published,
        starts_in: 100,
        opens_in: None,
        by_owner: true,
    };
    for user in 0..4 {
        let command = model.command(&register(user));
        model.execute_one(&command);
    }
    let commands = [revise(1), revise(3), register(5)].map(|action| model.command(&action));
    let replies = model.execute(&commands);
    assert_eq!(
        replies[0],
        Reply::Done(Err(DomainError::CapacityBelowRegistrations))
    );
    assert_eq!(model.waitlist().len(), 2);
}

#[test]
fn what_staff_do_depends_on_their_roles_under_the_lock() {
    let model = InMemoryModel::new(2, true);
    let helper = UserId::new();
    let by = Actor::new(helper, crate::model::Role::Participant);
    let decided = |role: Option<StaffRole>, command: Command| {
        let snapshot = Snapshot {
            state: Some(model.state.clone()),
            staff: role.map(|role| (helper, role)).into_iter().collect(),
            ..Snapshot::default()
        };
        let context = DecisionContext {
            now: model.now,
            expires_at: model.now,
            confirms_addresses: true,
            encode: test_codec().encode,
        };
        let plan = decide(snapshot, &[command], &context, RegistrationId::new).unwrap();
        plan.replies[0] == Reply::Done(Ok(()))
    };
    let pause = || {
        Command::SetPaused(Box::new(PauseChange {
            by,
            paused: true,
            record: None,
        }))
    };
    let revise = |patch: crate::model::forms::CompetitionPatch| {
        Command::Revise(Box::new(Revision {
            by,
            patch,
            notifies: true,
            expected_version: None,
            record: None,
        }))
    };
    let cancel = crate::model::forms::CompetitionPatch::status(CompetitionStatus::Cancelled);
    let edit = crate::model::forms::CompetitionPatch {
        capacity: Some(5),
        ..Default::default()
    };
    for (role, changes) in [
        (Some(StaffRole::Editor), true),
        (Some(StaffRole::Viewer), false),
        (Some(StaffRole::CheckIn), false),
        (None, false),
    ] {
        assert_eq!(decided(role, pause()), changes, "{role:?}");
        assert_eq!(decided(role, revise(edit.clone())), changes, "{role:?}");
        assert!(!decided(role, revise(cancel.clone())), "{role:?}");
    }
}

#[test]
fn answers_that_were_checked_against_other_questions_are_checked_again() {
    let mut model = InMemoryModel::new(1, false);
    model.state.questions_revision = 3;
    let (id, answer) = (QuestionId::new(), Answer::Text("Ada".to_owned()));
    let register = |revision| Command::Register {
        user: UserId::new(),
        key: IdempotencyKey::mint(),
        division: None,
        answers: CheckedAnswers {
            revision,
            answers: [(id, answer.clone())].into(),
        },
        code: None,
        fingerprint: String::new(),
        language: Language::default(),
    };
    for revision in [0, 2, 4] {
        assert_eq!(
            model.execute_one(&register(revision)),
            Reply::OtherQuestions
        );
    }
    assert!(model.rows.is_empty(), "nothing was done");
    let present = register(3);
    let Command::Register { user, .. } = present else {
        panic!("a registration");
    };
    let snapshot = Snapshot {
        state: Some(model.state.clone()),
        users: [user].into(),
        ..Snapshot::default()
    };
    let context = DecisionContext {
        now: model.now,
        expires_at: model.now,
        confirms_addresses: true,
        encode: test_codec().encode,
    };
    let plan = decide(snapshot, &[present], &context, RegistrationId::new).unwrap();
    assert_eq!(plan.insert[0].answers[&id], answer);
}

#[test]
fn a_code_that_is_stored_already_is_not_added_again() {
    let mut model = InMemoryModel::new(5, false);
    let add = model.command(&Action::AddCode {
        reserved: true,
        uses: 2,
        hours: None,
        division: None,
        by_owner: true,
    });
    // The second time as if the reply to the commit had been lost.
    for _ in 0..2 {
        let replies = model.execute(std::slice::from_ref(&add));
        assert_eq!(replies, [Reply::Done(Ok(()))]);
    }
    assert_eq!((model.codes.len(), model.state.codes.reserved), (1, 2));
}
