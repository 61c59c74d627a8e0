//! Properties of [`decide`]: whatever people do, in whatever order, the promise holds.
//!
//! People do their deeds in a [`Town`], which plays the database.

mod town;

use proptest::{collection::vec, prelude::*};

use self::town::{Deed, KEEP, Town};
use super::*;

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => (0..7_u8, 0..4_u8, prop::bool::weighted(0.1))
            .prop_map(|(user, key, elsewhere)| Deed::Register { user, key, elsewhere }),
        4 => (any::<u8>(), prop::bool::weighted(0.9))
            .prop_map(|(which, by_owner)| Deed::Cancel { which, by_owner }),
        2 => (
            1..6_u8,
            any::<bool>(),
            prop_oneof![9 => Just(CompetitionStatus::Published), 1 => Just(CompetitionStatus::Cancelled)],
            prop_oneof![5 => Just(100_i8), 1 => -2..20_i8],
            prop::bool::weighted(0.9),
        )
            .prop_map(|(capacity, waitlist, status, starts_in, by_owner)| Deed::Revise {
                capacity, waitlist, status, starts_in, by_owner,
            }),
    ]
}

/// Batches of deeds, with the hours that pass before each.
fn days() -> impl Strategy<Value = Vec<(u8, Vec<Deed>)>> {
    vec((0..3_u8, vec(deeds(), 1..9)), 1..9)
}

proptest! {
    #[test]
    fn whatever_people_do_the_promise_holds(capacity in 1..5_i32, waitlist: bool, days in days()) {
        let mut town = Town::new(capacity, waitlist);
        for (hours, deeds) in days {
            town.now += TimeDelta::hours(hours.into());
            let commands: Vec<_> = deeds.iter().map(|deed| town.command(deed)).collect();
            town.serve(&commands);
        }
    }

    /// A transaction seats a bounded number of people; others go on where it stopped.
    #[test]
    fn however_few_are_seated_at_once_all_are_seated_in_their_order(
        capacity in 1..5_i32, most in 1..3_usize, days in days(), apart: bool, interrupted: bool,
    ) {
        let mut town = Town::new(capacity, true);
        town.most = most;
        for (hours, deeds) in days {
            town.now += TimeDelta::hours(hours.into());
            let commands: Vec<_> = deeds.iter().map(|deed| town.command(deed)).collect();
            let at_once = if apart { 1 } else { commands.len() };
            commands.chunks(at_once).for_each(|commands| {
                town.serve(commands);
            });
            while town.unfinished && !interrupted {
                town.serve(&[Command::SeatWaiting]);
            }
        }
        // Whoever looks after a crash begins without knowing that something is left.
        town.serve(&[Command::SeatWaiting]);
        while town.unfinished {
            town.serve(&[]);
        }
    }

    #[test]
    fn each_answer_means_what_it_says(capacity in 1..5_i32, waitlist: bool, days in days()) {
        let mut town = Town::new(capacity, waitlist);
        for (hours, deeds) in days {
            town.now += TimeDelta::hours(hours.into());
            for deed in deeds {
                let command = town.command(&deed);
                town.serve_one(&command);
            }
        }
    }

    /// So everything that holds for one at a time holds for batches.
    #[test]
    fn who_is_served_in_a_batch_is_served_as_if_alone(
        capacity in 1..5_i32, waitlist: bool, days in days(),
    ) {
        let (mut together, mut alone) = (Town::new(capacity, waitlist), Town::new(capacity, waitlist));
        for (hours, deeds) in days {
            together.now += TimeDelta::hours(hours.into());
            alone.now = together.now;
            let commands: Vec<_> = deeds.iter().map(|deed| together.command(deed)).collect();
            let replies = together.serve(&commands);
            let one_by_one: Vec<_> = commands.iter().map(|c| alone.serve_one(c)).collect();
            prop_assert_eq!(replies, one_by_one);
            alone.book.version = together.book.version;
            alone.book.edited_at_version = together.book.edited_at_version;
            prop_assert_eq!(&alone.book, &together.book);
            prop_assert_eq!(&alone.rows, &together.rows);
            prop_assert_eq!(&alone.stored, &together.stored);
        }
    }

    #[test]
    fn a_repeat_gets_the_first_answer_until_it_expires(
        capacity in 1..3_i32, waitlist: bool, days in days(), elsewhere: bool, late: bool,
    ) {
        let mut town = Town::new(capacity, waitlist);
        let ask = |town: &Town, elsewhere| town.command(&Deed::Register { user: 0, key: 9, elsewhere });
        let first = ask(&town, false);
        let Reply::Answer { stored: first_answer, replayed: false } = town.serve_one(&first) else {
            panic!("not answered");
        };
        for (_, deeds) in days {
            let commands: Vec<_> = deeds.iter().map(|deed| town.command(deed)).collect();
            town.serve(&commands);
        }
        if late {
            town.now += KEEP;
        }
        let again = ask(&town, elsewhere);
        let reply = town.serve_one(&again);
        match (late, elsewhere) {
            (true, _) => {
                let anew = matches!(reply, Reply::Answer { replayed: false, .. });
                prop_assert!(anew);
            }
            (false, true) => prop_assert_eq!(reply, Reply::Done(Err(DomainError::IdempotencyKeyReused))),
            (false, false) => {
                let expected = Reply::Answer { stored: first_answer, replayed: true };
                prop_assert_eq!(reply, expected);
            }
        }
    }
}

#[test]
fn a_seat_given_back_and_taken_in_one_batch_is_a_change() {
    let mut town = Town::new(1, false);
    let take = |town: &Town, user| {
        let (key, elsewhere) = (0, false);
        town.command(&Deed::Register {
            user,
            key,
            elsewhere,
        })
    };
    let first = take(&town, 0);
    town.serve_one(&first);
    let version = town.book.version;
    let give_back = town.command(&Deed::Cancel {
        which: 0,
        by_owner: true,
    });
    let second = take(&town, 1);
    town.serve(&[give_back, second]);
    assert!(town.book.version > version);
}

#[test]
fn a_capacity_that_is_refused_does_not_hide_the_queue_from_one_that_is_granted() {
    let mut town = Town::new(2, true);
    let take = |user| Deed::Register {
        user,
        key: 0,
        elsewhere: false,
    };
    let revise = |capacity| Deed::Revise {
        capacity,
        waitlist: true,
        status: CompetitionStatus::Published,
        starts_in: 100,
        by_owner: true,
    };
    for user in 0..4 {
        let command = town.command(&take(user));
        town.serve_one(&command);
    }
    let commands = [revise(1), revise(3), take(5)].map(|deed| town.command(&deed));
    let replies = town.serve(&commands);
    assert_eq!(
        replies[0],
        Reply::Done(Err(DomainError::CapacityBelowRegistrations))
    );
    assert_eq!(town.waiting().len(), 2);
}
