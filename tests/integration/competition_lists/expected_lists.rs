//! Competitions of every kind, filters in many combinations, and what each filter should select.

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, Phase, UserView,
        forms::{CompetitionFilter, CompetitionInput, Sort},
    },
    store::entity::competition,
};

use super::set;
use crate::harness::App;

/// Competitions of every phase, with different tags, places, capacities and times.
pub(super) async fn variety(app: &App, organizer: &UserView) -> Vec<CompetitionView> {
    let now = app.clock.now();
    let mut all = Vec::new();
    for number in 0..24_i32 {
        let mut input = app.competition_input(i64::from(3 + number * 7 % 40), number % 3 == 0);
        let starts_at = now + TimeDelta::hours(i64::from(3 + number % 8 * 5));
        input = CompetitionInput {
            title: format!("title{}", number * 11 % 24),
            starts_at,
            reg_deadline: starts_at - TimeDelta::hours(i64::from(number % 3)),
            ends_at: (number % 2 == 0).then(|| starts_at + TimeDelta::hours(7)),
            location: ["Berlin, Hall 1", "Aarhus", "", "Hall of Berlin"][number as usize % 4]
                .to_owned(),
            tags: [
                vec![],
                vec!["ai".to_owned()],
                vec!["ai".to_owned(), "go".to_owned()],
            ][number as usize % 3]
                .clone(),
            ..input
        };
        let actor = Actor::from(organizer);
        let created = app
            .services
            .competitions
            .create(actor, input)
            .await
            .unwrap();
        // Taken seats, without registrations: lists read the counter only.
        let left = match number % 4 {
            0 => created.capacity,
            1 => 1,
            2 => 0,
            _ => created.capacity / 2,
        };
        set(
            app,
            created.id,
            competition::Column::SeatsLeft,
            i32::try_from(left).unwrap(),
        )
        .await;
        if number % 10 == 7 {
            set(
                app,
                created.id,
                competition::Column::Status,
                CompetitionStatus::Cancelled.as_str(),
            )
            .await;
        }
        if number % 6 == 5 {
            set(app, created.id, competition::Column::Paused, true).await;
        }
        all.push(created.id);
        app.clock.advance(TimeDelta::minutes(1));
    }
    let mut views = Vec::new();
    for id in all {
        views.push(app.services.competitions.get(id, None).await.unwrap());
    }
    views
}

/// Returns what a filter should select of `all` at `now`, in the order of the list.
pub(super) fn expected(
    all: &[CompetitionView],
    filter: &CompetitionFilter,
    now: DateTime<Utc>,
) -> Vec<CompetitionId> {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let mut found: Vec<_> = all
        .iter()
        .filter(|one| {
            let phase = one.phase(now);
            let seat = matches!(phase, Phase::Open | Phase::FewLeft);
            filter.status.is_none_or(|status| status == one.status)
                && filter.phase.is_none_or(|wanted| wanted == phase)
                && (!filter.open || seat || phase == Phase::Waitlist)
                && (!filter.seats_left || seat)
                && filter.tag.as_ref().is_none_or(|tag| one.tags.contains(tag))
                && filter.from.is_none_or(|from| one.starts_at >= from)
                && filter.to.is_none_or(|to| one.starts_at < to)
                && filter.place.as_ref().is_none_or(|place| {
                    let location = words(&one.location);
                    words(place).iter().all(|word| location.contains(word))
                })
        })
        .collect();
    let by_time = |time: fn(&CompetitionView) -> DateTime<Utc>| {
        move |one: &&CompetitionView| {
            let (time, id) = (time(one), one.id.0.as_u128());
            // What is past comes after what is ahead, in descending order.
            match time > now {
                true => (0, i128::from(time.timestamp_micros()), id),
                false => (1, -i128::from(time.timestamp_micros()), !id),
            }
        }
    };
    match filter.sort {
        Sort::Relevance | Sort::StartsAt => found.sort_by_key(by_time(|one| one.starts_at)),
        Sort::RegDeadline => found.sort_by_key(by_time(|one| one.reg_deadline)),
        Sort::SeatsLeft => found.sort_by_key(|one| std::cmp::Reverse((one.seats_left, one.id))),
        Sort::Title => found.sort_by_key(|one| (one.title.clone(), one.id)),
        Sort::Newest => found.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.id))),
    }
    found.into_iter().map(|one| one.id).collect()
}

/// Returns filters in many combinations.
pub(super) fn filters(now: DateTime<Utc>) -> Vec<CompetitionFilter> {
    let some = |text: &str| Some(text.to_owned());
    let plain = CompetitionFilter::default;
    let states = [
        plain(),
        CompetitionFilter {
            open: true,
            ..plain()
        },
        CompetitionFilter {
            seats_left: true,
            ..plain()
        },
        CompetitionFilter {
            status: Some(CompetitionStatus::Published),
            ..plain()
        },
        CompetitionFilter {
            status: Some(CompetitionStatus::Cancelled),
            ..plain()
        },
        CompetitionFilter {
            open: true,
            phase: Some(Phase::Waitlist),
            ..plain()
        },
        CompetitionFilter {
            open: true,
            phase: Some(Phase::Ended),
            ..plain()
        },
    ];
    let phases = Phase::ALL.iter().map(|phase| CompetitionFilter {
        phase: Some(*phase),
        ..plain()
    });
    let mut all = Vec::new();
    for state in states.into_iter().chain(phases) {
        for (tag, place) in [
            (None, None),
            (some("ai"), None),
            (None, some("berlin")),
            (some("go"), some("hall berlin")),
            (some("none"), None),
        ] {
            for (from, to) in [(None, None), (Some(now), Some(now + TimeDelta::hours(12)))] {
                for sort in Sort::ALL {
                    let (tag, place) = (tag.clone(), place.clone());
                    all.push(CompetitionFilter {
                        tag,
                        place,
                        from,
                        to,
                        sort,
                        ..state.clone()
                    });
                }
            }
        }
    }
    all
}
