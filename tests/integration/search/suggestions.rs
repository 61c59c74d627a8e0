//! Suggestions while a search is typed.

use chrono::TimeDelta;
use mini_compete::{domain::Actor, model::forms::CompetitionPatch};

use super::{Entry, create, create_all, get, organizer, titled, titles};
use crate::{
    harness::{App, draft_of},
    on_both_backends,
};

on_both_backends!(
    titles_are_suggested_while_typing,
    suggestions_are_of_public_competitions_and_follow_edits,
);

async fn suggested(app: &App, typed: &str) -> Vec<String> {
    let list = get(app, "/api/v1/competitions/suggest", &[("q", typed)]).await;
    titles(&list).into_iter().map(str::to_owned).collect()
}

async fn titles_are_suggested_while_typing(app: App) {
    let entries = [
        Entry {
            days: 9,
            ..titled("Hackathon Berlin")
        },
        Entry {
            days: 5,
            ..titled("Hackathon Hamburg")
        },
        Entry {
            days: 7,
            ..titled("Hackathon Berlin")
        },
        Entry {
            tags: &["hack"],
            text: "hackathon",
            ..titled("Other")
        },
    ];
    create_all(&app, &entries).await;
    let both = ["Hackathon Hamburg", "Hackathon Berlin"];
    for typed in ["h", "ha", "HACKATHON", "hackath", "hakathon"] {
        assert_eq!(suggested(&app, typed).await, both, "{typed}");
    }
    assert_eq!(suggested(&app, "hack b").await, ["Hackathon Berlin"]);
    assert_eq!(suggested(&app, "").await, [""; 0]);
    assert_eq!(suggested(&app, "% *").await, [""; 0]);
    // Equal titles are suggested once, with the competition that starts next.
    let list = get(&app, "/api/v1/competitions/suggest", &[("q", "berlin")]).await;
    let shown = get(
        &app,
        &format!(
            "/api/v1/competitions/{}",
            list["items"][0]["id"].as_str().unwrap()
        ),
        &[],
    )
    .await;
    let start = app.clock.now() + TimeDelta::days(7);
    assert_eq!(
        shown["startsAt"].as_str().unwrap()[..10],
        start.format("%Y-%m-%d").to_string()
    );
}

async fn suggestions_are_of_public_competitions_and_follow_edits(app: App) {
    let organizer = organizer(&app).await;
    draft_of(&app, &organizer).await;
    assert_eq!(suggested(&app, "draft").await, [""; 0]);
    let one = create(&app, &organizer, &titled("Regatta")).await;
    assert_eq!(suggested(&app, "reg").await, ["Regatta"]);
    let title = Some("Rowing".to_owned());
    let patch = CompetitionPatch {
        title,
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    let actor = Actor::from(&organizer);
    competitions.edit(actor, one.id, patch, None).await.unwrap();
    assert_eq!(suggested(&app, "reg").await, [""; 0]);
    assert_eq!(suggested(&app, "row").await, ["Rowing"]);
    competitions.delete(actor, one.id, None).await.unwrap();
    assert_eq!(suggested(&app, "row").await, [""; 0]);
}
