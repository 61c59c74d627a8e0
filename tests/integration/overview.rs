//! The overview of an organizer.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, Role, StaffRole, forms::CompetitionPatch},
    store::entity::staff,
};
use sea_orm::EntityTrait;

use crate::{
    harness::{App, Clients, add_staff, draft_of},
    on_both_backends,
};

on_both_backends!(
    the_overview_adds_up_the_competitions_of_the_organizer,
    an_organizer_searches_filters_and_sorts_own_competitions,
);

async fn the_overview_adds_up_the_competitions_of_the_organizer(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let actor = Actor::from(&olga);
    let first = app.competition_of(&olga, 4, true).await;
    app.register_all(&app.participants(6).await, first.id).await;
    app.clock.advance(TimeDelta::hours(25));
    let mut soon = app.competition_input(10, false);
    soon.reg_deadline = app.clock.now() + TimeDelta::hours(2);
    let competitions = &app.services.competitions;
    let second = competitions.create(actor, soon).await.unwrap();
    let participants = app.participants(3).await;
    app.register_all(&participants, second.id).await;
    let cancelled = app
        .services
        .registrations
        .live(participants[0], second.id)
        .await
        .unwrap()
        .unwrap();
    app.services
        .registrations
        .cancel(participants[0], cancelled.registration_id)
        .await
        .unwrap();
    draft_of(&app, &olga).await;
    // Registrations of a cancelled competition are none, and the last 24 hours are no calendar day.
    let called_off = app.competition_of(&olga, 4, false).await;
    app.register_all(&app.participants(2).await, called_off.id)
        .await;
    let cancellation = CompetitionPatch::status(CompetitionStatus::Cancelled);
    let edit = competitions.edit(actor, called_off.id, cancellation, None);
    edit.await.unwrap();
    app.competition(50, false).await;

    let overview = app.services.reports.overview(actor).await.unwrap();
    // One of the three was cancelled since.
    let recent = overview.recent;
    assert_eq!((recent.registered(), recent.day_before), (3, 6));
    assert_eq!(recent.by_hour[23], 3, "{:?}", recent.by_hour);
    assert_eq!((recent.seats_taken, recent.waitlisted), (2, 0));
    assert_eq!((overview.seats_taken, overview.capacity), (6, 14));
    assert_eq!(overview.waitlisted, 2);
    assert_eq!(overview.next_deadline, Some(second.reg_deadline));
    // What somebody else owns and shares is in the list, so it is counted, too.
    let shared = app.competition(50, false).await;
    let member = add_staff(&app, shared.id, olga.id, StaffRole::Viewer).await;
    let overview = app.services.reports.overview(actor).await.unwrap();
    assert_eq!((overview.seats_taken, overview.capacity), (6, 64));
    staff::Entity::delete_by_id(member)
        .exec(app.database().write())
        .await
        .unwrap();
    // A deadline that has passed is not the next one.
    app.clock.advance(TimeDelta::hours(23));
    let overview = app.services.reports.overview(actor).await.unwrap();
    let recent = overview.recent;
    assert_eq!((recent.registered(), recent.day_before), (3, 0));
    assert_eq!(recent.by_hour[0], 3, "{:?}", recent.by_hour);
    assert_eq!(overview.next_deadline, Some(first.reg_deadline));
    // What has happened in a competition that is over is no news.
    app.clock.advance(TimeDelta::hours(2));
    let recent = app.services.reports.overview(actor).await.unwrap().recent;
    assert_eq!((recent.registered(), recent.day_before), (0, 3));
}

async fn an_organizer_searches_filters_and_sorts_own_competitions(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let competitions = &app.services.competitions;
    let actor = Actor::from(&olga);
    for (number, title) in ["Anchor Cup", "Zebra Run", "Night Relay"]
        .iter()
        .enumerate()
    {
        let mut input = app.competition_input(10, false);
        input.title = (*title).to_owned();
        input.starts_at += TimeDelta::days(i64::try_from(number).unwrap());
        competitions.create(actor, input).await.unwrap();
    }
    draft_of(&app, &olga).await;
    app.competition(10, false).await;
    let browser = Clients::log_in(&app, &olga).await.browser;
    for (query, titles) in [
        (
            "",
            vec!["Anchor Cup", "Draft of Olga", "Zebra Run", "Night Relay"],
        ),
        ("?search=relay", vec!["Night Relay"]),
        ("?status=DRAFT", vec!["Draft of Olga"]),
        (
            "?status=OPEN&sort=title",
            vec!["Anchor Cup", "Night Relay", "Zebra Run"],
        ),
        (
            "?sort=newest&status=OPEN",
            vec!["Night Relay", "Zebra Run", "Anchor Cup"],
        ),
        ("?search=spring", vec![]),
        (
            "?status=nonsense&sort=nonsense&page=x",
            vec!["Anchor Cup", "Draft of Olga", "Zebra Run", "Night Relay"],
        ),
    ] {
        let page = browser.browse(&format!("/organize{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        let list = page.find("#own-list").unwrap();
        let mut places: Vec<_> = titles.iter().map(|title| list.find(title)).collect();
        assert!(
            places.iter().all(Option::is_some),
            "{query}: {titles:?} in {list}"
        );
        let found = places.clone();
        places.sort_unstable();
        assert_eq!(found, places, "{query}: the order in {list}");
        assert!(
            !list.contains("Spring Sprint"),
            "{query}: of another organizer"
        );
        let count = page.find("#own-count").unwrap();
        let counted = match titles.len() {
            0 => "No competitions".to_owned(),
            some => some.to_string(),
        };
        assert!(count.contains(&counted), "{query}: {count}");
    }
}
