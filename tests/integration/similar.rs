//! The similar competitions on the page of a competition: which they are, and which never are.

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        CompetitionStatus, CompetitionView, Role, UserView,
        forms::{CompetitionInput, CompetitionPatch},
    },
};

use crate::{
    harness::{App, Reply},
    on_both_backends,
};

on_both_backends!(
    competitions_with_the_same_topics_are_similar_and_then_those_in_the_same_place,
    a_page_without_similar_competitions_has_no_such_section,
    what_nobody_can_register_for_is_not_similar,
    a_cancelled_or_renamed_competition_changes_the_pages_that_show_it,
    the_closest_in_time_are_found_among_many,
);

/// What a competition of a test differs in.
struct Entry<'a> {
    title: &'a str,
    tags: &'a [&'a str],
    place: &'a str,
    starts_in_days: i64,
}

async fn create(app: &App, organizer: &UserView, entry: Entry<'_>) -> CompetitionView {
    let starts_at = app.clock.now() + TimeDelta::days(entry.starts_in_days);
    let input = CompetitionInput {
        title: entry.title.to_owned(),
        tags: entry.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        location: entry.place.to_owned(),
        reg_deadline: starts_at - TimeDelta::hours(1),
        starts_at,
        ..app.competition_input(30, true)
    };
    let competitions = &app.services.competitions;
    competitions
        .create(Actor::from(organizer), input)
        .await
        .unwrap()
}

async fn page(app: &App, one: &CompetitionView) -> Reply {
    app.client().get(&format!("/competitions/{}", one.id)).await
}

/// Returns the titles of the similar competitions, in order.
async fn similar(app: &App, one: &CompetitionView) -> Vec<String> {
    let reply = page(app, one).await;
    let document = scraper::Html::parse_document(&reply.text);
    let titles = scraper::Selector::parse(".similar .card-title").unwrap();
    document
        .select(&titles)
        .map(|title| title.text().collect::<String>().trim().to_owned())
        .collect()
}

async fn competitions_with_the_same_topics_are_similar_and_then_those_in_the_same_place(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let both = ["chess", "blitz"];
    for (title, tags, place, starts_in_days) in [
        ("Far Away In Time", &["chess"][..], "Oslo", 90),
        ("Other Topic, Same Place", &["poetry"], "århus, Hall 1", 21),
        ("Other Topic, Other Place", &["poetry"], "Hall 2", 20),
        ("Both Topics", &both, "Oslo", 80),
        ("Same Place", &["chess"], "Århus, Hall 1", 95),
    ] {
        let entry = Entry {
            title,
            tags,
            place,
            starts_in_days,
        };
        create(&app, &organizer, entry).await;
    }
    let one = Entry {
        title: "Chess Night",
        tags: &both,
        place: "Århus, Hall 1",
        starts_in_days: 20,
    };
    let one = create(&app, &organizer, one).await;
    let expected = ["Both Topics", "Same Place", "Far Away In Time"];
    assert_eq!(similar(&app, &one).await, expected);
    // Without a topic, the place is what they have in common.
    let lonely = Entry {
        title: "Hall Day",
        tags: &[],
        place: "Århus, Hall 1",
        starts_in_days: 22,
    };
    let lonely = create(&app, &organizer, lonely).await;
    let found = similar(&app, &lonely).await;
    assert_eq!(
        found.first().map(String::as_str),
        Some("Other Topic, Same Place")
    );
    assert!(!found.contains(&"Other Topic, Other Place".to_owned()));
    // A few words of a place are not the place.
    let elsewhere = Entry {
        title: "Hall Night",
        tags: &[],
        place: "Hall 2, Bergen",
        starts_in_days: 23,
    };
    let elsewhere = create(&app, &organizer, elsewhere).await;
    assert_eq!(similar(&app, &elsewhere).await, [""; 0]);
}

async fn a_page_without_similar_competitions_has_no_such_section(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    for (title, tags) in [("One", &["chess"][..]), ("Two", &["poetry"])] {
        let entry = Entry {
            title,
            tags,
            place: "online",
            starts_in_days: 9,
        };
        let one = create(&app, &organizer, entry).await;
        let page = page(&app, &one).await;
        assert_eq!(page.find(".similar"), None, "{title}");
    }
}

async fn what_nobody_can_register_for_is_not_similar(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let actor = Actor::from(&organizer);
    let one = app.competition_of(&organizer, 30, false).await;
    let competitions = &app.services.competitions;
    let draft = CompetitionInput {
        title: "Draft".to_owned(),
        status: CompetitionStatus::Draft,
        ..app.competition_input(30, false)
    };
    competitions.create(actor, draft).await.unwrap();
    let full = CompetitionInput {
        title: "Full".to_owned(),
        ..app.competition_input(1, false)
    };
    let full = competitions.create(actor, full).await.unwrap();
    let closing = CompetitionInput {
        title: "Closes Soon".to_owned(),
        reg_deadline: app.clock.now() + TimeDelta::hours(1),
        ..app.competition_input(30, false)
    };
    competitions.create(actor, closing).await.unwrap();
    let opening = CompetitionInput {
        title: "Opens Later".to_owned(),
        opens_at: Some(app.clock.now() + TimeDelta::days(1)),
        ..app.competition_input(30, false)
    };
    competitions.create(actor, opening).await.unwrap();
    let participant = app.participants(1).await[0];
    let participant = app.client().with_token(app.token(participant).await);
    assert_eq!(participant.register(full.id, "key").await.status, 201);
    app.services.changes.everything_changed();
    let mut found = similar(&app, &one).await;
    found.sort();
    assert_eq!(found, ["Closes Soon", "Opens Later"]);
    app.clock.advance(TimeDelta::hours(2));
    assert_eq!(similar(&app, &one).await, ["Opens Later"]);
}

async fn a_cancelled_or_renamed_competition_changes_the_pages_that_show_it(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let one = app.competition_of(&organizer, 30, false).await;
    let other = app.competition_of(&organizer, 30, false).await;
    assert_eq!(similar(&app, &one).await, ["Spring Sprint"]);
    let competitions = &app.services.competitions;
    let actor = Actor::from(&organizer);
    let renamed = CompetitionPatch {
        title: Some("Autumn Sprint".to_owned()),
        ..CompetitionPatch::default()
    };
    competitions
        .edit(actor, other.id, renamed, None)
        .await
        .unwrap();
    assert_eq!(similar(&app, &one).await, ["Autumn Sprint"]);
    let cancelled = CompetitionPatch::status(CompetitionStatus::Cancelled);
    competitions
        .edit(actor, other.id, cancelled, None)
        .await
        .unwrap();
    assert_eq!(similar(&app, &one).await, Vec::<String>::new());
}

async fn the_closest_in_time_are_found_among_many(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    for day in 10..50 {
        let entry = Entry {
            title: &format!("Day {day}"),
            tags: &["chess"],
            place: "",
            starts_in_days: day,
        };
        create(&app, &organizer, entry).await;
    }
    let one = Entry {
        title: "The One",
        tags: &["chess"],
        place: "",
        starts_in_days: 30,
    };
    let one = create(&app, &organizer, one).await;
    let mut found = similar(&app, &one).await;
    found.sort();
    assert_eq!(found, ["Day 29", "Day 30", "Day 31"]);
}
