//! Properties of [`decide`]: whatever people do, in whatever order, the promise holds.
//!
//! People do their actions in a [`InMemoryModel`], which plays the database.

mod in_memory_model;

use chrono::TimeDelta;
use proptest::{collection::vec, prelude::*};

use self::in_memory_model::{Action, InMemoryModel, KEEP};
use super::{super::outcome::ResponseCodec, *};

/// A codec whose responses are the outcomes' debug texts.
pub(in super::super) fn test_codec() -> ResponseCodec {
    ResponseCodec {
        fingerprint: |competition| competition.to_string(),
        encode: |outcome| {
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
        2 => (
            1..6_u8,
            any::<bool>(),
            prop_oneof![9 => Just(CompetitionStatus::Published), 1 => Just(CompetitionStatus::Cancelled)],
            prop_oneof![5 => Just(100_i8), 1 => -2..20_i8],
            prop::bool::weighted(0.9),
        )
            .prop_map(|(capacity, waitlist, status, starts_in, by_owner)| Action::Revise {
                capacity, waitlist, status, starts_in, by_owner,
            }),
    ]
}

/// Batches of actions, with the hours that pass before each.
fn days() -> impl Strategy<Value = Vec<(u8, Vec<Action>)>> {
    vec((0..3_u8, vec(actions(), 1..9)), 1..9)
}

proptest! {
    #[test]
    fn whatever_people_do_the_promise_holds(capacity in 1..5_i32, waitlist: bool, days in days()) {
        let mut model = InMemoryModel::new(capacity, waitlist);
        for (hours, actions) in days {
            model.now += TimeDelta::hours(hours.into());
            let commands: Vec<_> = actions.iter().map(|action| model.command(action)).collect();
            model.serve(&commands);
        }
    }

    /// A transaction seats a bounded number of people; others go on where it stopped.
    #[test]
    fn however_few_are_seated_at_once_all_are_seated_in_their_order(
        capacity in 1..5_i32, most in 1..3_usize, days in days(), apart: bool, interrupted: bool,
    ) {
        let mut model = InMemoryModel::new(capacity, true);
        model.most = most;
        for (hours, actions) in days {
            model.now += TimeDelta::hours(hours.into());
            let commands: Vec<_> = actions.iter().map(|action| model.command(action)).collect();
            let at_once = if apart { 1 } else { commands.len() };
            commands.chunks(at_once).for_each(|commands| {
                model.serve(commands);
            });
            while model.unfinished && !interrupted {
                model.serve(&[Command::PromoteWaitlist]);
            }
        }
        // Whoever looks after a crash begins without knowing that something is left.
        model.serve(&[Command::PromoteWaitlist]);
        while model.unfinished {
            model.serve(&[]);
        }
    }

    #[test]
    fn each_answer_means_what_it_says(capacity in 1..5_i32, waitlist: bool, days in days()) {
        let mut model = InMemoryModel::new(capacity, waitlist);
        for (hours, actions) in days {
            model.now += TimeDelta::hours(hours.into());
            for action in actions {
                let command = model.command(&action);
                model.serve_one(&command);
            }
        }
    }

    /// So everything that holds for one at a time holds for batches.
    #[test]
    fn who_is_served_in_a_batch_is_served_as_if_alone(
        capacity in 1..5_i32, waitlist: bool, days in days(),
    ) {
        let (mut together, mut alone) = (InMemoryModel::new(capacity, waitlist), InMemoryModel::new(capacity, waitlist));
        for (hours, actions) in days {
            together.now += TimeDelta::hours(hours.into());
            alone.now = together.now;
            let commands: Vec<_> = actions.iter().map(|action| together.command(action)).collect();
            let replies = together.serve(&commands);
            let one_by_one: Vec<_> = commands.iter().map(|c| alone.serve_one(c)).collect();
            prop_assert_eq!(replies, one_by_one);
            alone.state.version = together.state.version;
            alone.state.edited_at_version = together.state.edited_at_version;
            prop_assert_eq!(&alone.state, &together.state);
            prop_assert_eq!(&alone.rows, &together.rows);
            prop_assert_eq!(&alone.outcomes, &together.outcomes);
        }
    }

    #[test]
    fn a_repeat_gets_the_first_answer_until_it_expires(
        capacity in 1..3_i32, waitlist: bool, days in days(), elsewhere: bool, late: bool,
    ) {
        let mut model = InMemoryModel::new(capacity, waitlist);
        let ask = |model: &InMemoryModel, elsewhere| model.command(&Action::Register { user: 0, key: 9, elsewhere });
        let first = ask(&model, false);
        let Reply::Outcome(RegistrationReply { stored: first_outcome, replayed: false }) = model.serve_one(&first) else {
            panic!("not answered");
        };
        for (_, actions) in days {
            let commands: Vec<_> = actions.iter().map(|action| model.command(action)).collect();
            model.serve(&commands);
        }
        if late {
            model.now += KEEP;
        }
        let again = ask(&model, elsewhere);
        let reply = model.serve_one(&again);
        match (late, elsewhere) {
            (true, _) => {
                let anew = matches!(reply, Reply::Outcome(RegistrationReply { replayed: false, .. }));
                prop_assert!(anew);
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
fn a_seat_given_back_and_taken_in_one_batch_is_a_change() {
    let mut model = InMemoryModel::new(1, false);
    let take = |model: &InMemoryModel, user| {
        let (key, elsewhere) = (0, false);
        model.command(&Action::Register {
            user,
            key,
            elsewhere,
        })
    };
    let first = take(&model, 0);
    model.serve_one(&first);
    let version = model.state.version;
    let give_back = model.command(&Action::Cancel {
        which: 0,
        by_owner: true,
    });
    let second = take(&model, 1);
    model.serve(&[give_back, second]);
    assert!(model.state.version > version);
}

#[test]
fn a_capacity_that_is_refused_does_not_hide_the_queue_from_one_that_is_granted() {
    let mut model = InMemoryModel::new(2, true);
    let take = |user| Action::Register {
        user,
        key: 0,
        elsewhere: false,
    };
    let revise = |capacity| Action::Revise {
        capacity,
        waitlist: true,
        status: CompetitionStatus::Published,
        starts_in: 100,
        by_owner: true,
    };
    for user in 0..4 {
        let command = model.command(&take(user));
        model.serve_one(&command);
    }
    let commands = [revise(1), revise(3), take(5)].map(|action| model.command(&action));
    let replies = model.serve(&commands);
    assert_eq!(
        replies[0],
        Reply::Done(Err(DomainError::CapacityBelowRegistrations))
    );
    assert_eq!(model.waiting().len(), 2);
}
