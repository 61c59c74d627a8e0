//! What other sites show of a competition: a box for an `<iframe>`, and a badge.

use mini_compete::{
    domain::Actor,
    model::{CompetitionId, CompetitionStatus, Role, forms::CompetitionPatch},
};
use reqwest::Method;

use crate::{
    harness::{App, Client, Reply, draft_of},
    on_both_backends,
};

on_both_backends!(
    a_box_shows_the_seats_of_the_moment_without_scripts_and_cookies,
    only_the_box_may_be_framed_by_other_sites,
    a_badge_is_a_picture_of_the_seats_in_a_language,
    a_draft_has_neither,
    organizers_copy_what_shows_their_competition,
);

fn frame(id: CompetitionId) -> String {
    format!("/competitions/{id}/embed")
}

fn badge(id: CompetitionId) -> String {
    format!("/competitions/{id}/badge.svg")
}

/// Asks as a browser does that goes to the address, within a frame or not.
async fn visit(client: &Client, path: &str) -> Reply {
    let request = client.request(Method::GET, path);
    let request = request
        .header("accept", "text/html")
        .header("sec-fetch-mode", "navigate");
    client.send(request).await
}

async fn a_box_shows_the_seats_of_the_moment_without_scripts_and_cookies(app: App) {
    let competition = app.competition(3, false).await;
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    for client in [app.client(), browser] {
        for path in [
            frame(competition.id),
            format!("{}?lang=de", frame(competition.id)),
        ] {
            let reply = visit(&client, &path).await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.header("set-cookie"), None, "{path}");
            assert!(!reply.text.contains("<script"), "{}", reply.text);
            assert!(reply.text.contains("http-equiv=\"refresh\""));
            assert!(!reply.text.contains("Ada"));
            assert_eq!(reply.header("cache-control"), Some("public, max-age=15"));
        }
    }
    let left = async || {
        let reply = visit(&app.client(), &frame(competition.id)).await;
        reply.find("[data-testid=seats-left]").unwrap()
    };
    assert_eq!(left().await, "3");
    app.register_all(&app.participants(2).await, competition.id)
        .await;
    crate::harness::wait_until("the box has the new number", || async {
        left().await == "1"
    })
    .await;
    let german = visit(&app.client(), &format!("{}?lang=de", frame(competition.id))).await;
    assert!(german.text.contains("<html lang=\"de\""), "{}", german.text);
    assert!(german.text.contains("Wettbewerb ansehen"));
    let link = format!("/competitions/{}\" target=\"_top\"", competition.id);
    assert!(german.text.contains(&link));
}

async fn only_the_box_may_be_framed_by_other_sites(app: App) {
    let competition = app.competition(3, false).await.id;
    let policy = async |path: &str| {
        let reply = visit(&app.client(), path).await;
        reply.header("content-security-policy").unwrap().to_owned()
    };
    let of_box = policy(&frame(competition)).await;
    assert!(of_box.ends_with("frame-ancestors *"), "{of_box}");
    assert!(of_box.contains("default-src 'none'") && !of_box.contains("script"));
    for path in [
        "/".to_owned(),
        format!("/competitions/{competition}"),
        badge(competition),
        frame(CompetitionId::new()),
    ] {
        assert!(
            policy(&path).await.contains("frame-ancestors 'none'"),
            "{path}"
        );
    }
}

async fn a_badge_is_a_picture_of_the_seats_in_a_language(app: App) {
    let competition = app.competition(3, false).await.id;
    let reply = app.client().get(&badge(competition)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("image/svg+xml"));
    assert_eq!(
        reply.header("cross-origin-resource-policy"),
        Some("cross-origin")
    );
    assert_eq!(reply.header("cache-control"), Some("public, max-age=15"));
    assert_eq!(reply.header("set-cookie"), None);
    assert!(reply.text.contains("Spring Sprint: 3"), "{}", reply.text);
    let german = format!("{}?lang=de", badge(competition));
    let german = visit(&app.client(), &german).await;
    assert_eq!(german.header("set-cookie"), None);
    assert_eq!(german.header("content-language"), Some("de"));
    assert_ne!(german.text, reply.text);
}

async fn a_draft_has_neither(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let draft = draft_of(&app, &olga).await.id;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    for path in [
        frame(draft),
        badge(draft),
        "/competitions/x/embed".to_owned(),
    ] {
        assert_eq!(visit(&app.client(), &path).await.status, 404, "{path}");
        assert_eq!(visit(&browser, &path).await.status, 404, "{path}");
    }
    let publish = CompetitionPatch::status(CompetitionStatus::Published);
    app.services
        .competitions
        .edit(Actor::from(&olga), draft, publish, None)
        .await
        .unwrap();
    assert_eq!(visit(&app.client(), &frame(draft)).await.status, 200);
}

async fn organizers_copy_what_shows_their_competition(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let browser = app.client();
    browser.log_in(&olga.email).await;
    let draft = draft_of(&app, &olga).await.id;
    let page = browser.get(&format!("/organize/{draft}")).await;
    assert_eq!(page.find("[data-testid=embed-frame]"), None);
    let published = app.competition_of(&olga, 3, false).await.id;
    let page = browser.get(&format!("/organize/{published}")).await;
    let snippet = page.find("[data-testid=embed-frame]").unwrap();
    let address = format!("http://{}{}", app.address, frame(published));
    assert!(
        snippet.contains(&format!("<iframe src=\"{address}")),
        "{snippet}"
    );
    let snippet = page.find("[data-testid=embed-badge]").unwrap();
    assert!(snippet.contains(&badge(published)), "{snippet}");
}
