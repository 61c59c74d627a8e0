//! Text outside of the catalogue. Japanese is the pseudo-language of this test: its sentences have no Latin letters
//! but in names, so an English word on a Japanese page comes from nowhere in the catalogue.

mod letters;
mod problems;
mod reader;

use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, CompetitionView, Role, forms::CompetitionInput},
    ui,
};
use reqwest::Method;

use self::reader::Reader;
use crate::{
    harness::{App, Reply},
    on_both_backends, second_factor,
};

on_both_backends!(no_page_has_a_word_from_outside_of_the_catalogue,);

/// Creates the competitions whose pages differ.
async fn competitions(app: &App, organizer: Actor) -> Vec<CompetitionView> {
    let now = app.clock.now();
    let input = |status| CompetitionInput {
        status,
        title: "東京スプリント大会".to_owned(),
        description: "説明".to_owned(),
        location: "会場".to_owned(),
        tags: vec!["競技".to_owned()],
        ..app.competition_input(1, true)
    };
    let open = input(CompetitionStatus::Published);
    let soon = CompetitionInput {
        opens_at: Some(now + chrono::TimeDelta::hours(1)),
        ..open.clone()
    };
    let bare = CompetitionInput {
        description: String::new(),
        location: String::new(),
        tags: Vec::new(),
        ..open.clone()
    };
    let cancelled = open.clone();
    let draft = input(CompetitionStatus::Draft);
    let mut created = Vec::new();
    for input in [open, soon, bare, draft, cancelled] {
        let competition = app.services.competitions.create(organizer, input).await;
        created.push(competition.unwrap());
    }
    created
}

async fn no_page_has_a_word_from_outside_of_the_catalogue(app: App) {
    let participant = app.account("Grace", Role::Participant).await;
    let organizer = app.account("Ada", Role::Organizer).await;
    let mut reader = Reader::new(&["grace", "ada", "linus", "person"]);
    let actor = Actor::from(&organizer);
    let created = competitions(&app, actor).await;
    let full = created[0].id;
    app.register_all(&app.participants(1).await, full).await;
    let organizer_api = app.client().with_token(app.token(actor).await);
    let cancel = organizer_api
        .request(
            Method::PATCH,
            &format!("/api/v1/competitions/{}", created[4].id),
        )
        .json(&serde_json::json!({ "status": "CANCELLED" }));
    assert_eq!(organizer_api.send(cancel).await.status, 200);
    let pages: Vec<_> = created
        .iter()
        .map(|one| format!("/competitions/{}", one.id))
        .collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let public = [&pages[..3], &pages[4..]].concat();

    let visitor = app.client();
    let by_organizer = format!("/organizers/{}", organizer.id);
    let choice = "/?lang=ja";
    reader.visit(&visitor, &[choice, "/competitions"]).await;
    reader.visit(&visitor, &public).await;
    reader
        .visit(
            &visitor,
            &[
                &by_organizer,
                "/competitions?search=%E4%BD%95%E3%82%82%E3%81%AA%E3%81%84",
                "/competitions?status=open&sort=deadline",
                "/signup",
                "/login",
                "/forgot",
                "/reset?token=x",
                "/verify-email?token=x",
                "/unsubscribe?token=x",
                "/nowhere",
            ],
        )
        .await;
    let form = visitor.get("/signup").await;
    let form = form.form("form[action='/act/signup']").fill("name", "");
    reader.read(&visitor.submit(&form.fill("email", "あ")).await);

    for (method, path, site) in [
        (Method::PUT, "/competitions", "same-origin"),
        (Method::POST, "/act/login", "cross-site"),
        (Method::POST, "/act/login", "same-origin"),
    ] {
        let request = visitor.request(method, path).header("sec-fetch-site", site);
        let request = request.header("accept", "text/html").body("name=x");
        reader.read(&visitor.send(request).await);
    }

    let reads = app.client();
    reader.visit(&reads, &[choice]).await;
    reader.read(&reads.log_in(&participant.email).await);
    reader.visit(&reads, &public).await;
    for page in [pages[0], pages[2]] {
        let form = reads.get(page).await.form("[data-testid=register-form]");
        reader.read(&reads.submit(&form).await);
    }
    while app.open_jobs().await > 0 {
        app.run_ready_jobs().await;
    }
    let registrations = reads.get("/me/registrations").await;
    let messages = reads.get("/me/mailbox").await;
    let links = |page: &Reply, start: &str| -> Vec<String> {
        let links = page.text.split("href=\"").skip(1);
        let links = links.filter_map(|rest| rest.split('"').next());
        let links = links.filter(|link| link.starts_with(start));
        links.map(|link| link.replace("&amp;", "&")).collect()
    };
    let opened = [
        links(&registrations, "/me/registrations/"),
        links(&messages, "/me/mailbox?message="),
    ]
    .concat();
    assert!(opened.len() > 2, "{opened:?}");
    let opened: Vec<&str> = opened.iter().map(String::as_str).collect();
    reader.visit(&reads, &opened).await;
    reader
        .visit(
            &reads,
            &[
                "/me/registrations",
                "/me/mailbox?unread=true",
                "/me/profile",
                "/me/security",
                "/me/second-factor",
                "/me/data",
                "/me/sessions",
                "/confirm-password",
                "/organize",
            ],
        )
        .await;

    let organizes = app.client();
    reader.visit(&organizes, &[choice]).await;
    reader.read(&organizes.log_in(&organizer.email).await);
    reader
        .visit(&organizes, &["/organize", "/organize/new"])
        .await;
    let all = leptos_axum::generate_route_list(ui::App);
    let routes: Vec<_> = all.iter().map(|route| route.path().to_owned()).collect();
    let of_one = routes
        .iter()
        .filter(|route| route.starts_with("/organize/{id}"));
    for route in of_one {
        for one in &created {
            let path = route.replace("{id}", &one.id.to_string());
            reader.visit(&organizes, &[&path]).await;
        }
    }
    let plain = routes.iter().map(String::as_str);
    let plain: Vec<_> = plain.filter(|route| !route.contains('{')).collect();
    reader.visit(&visitor, &plain).await;

    let administrator = app.account("Linus", Role::Admin).await;
    let administers = app.client();
    reader.visit(&administers, &[choice]).await;
    // Until the second factor is set up, every page leads to it.
    reader.read(&administers.log_in(&administrator.email).await);
    reader.visit(&administers, &["/organize"]).await;
    let owner = second_factor::owner(&app, administrator).await;
    let administers = app.client();
    reader.visit(&administers, &[choice]).await;
    let step = administers.log_in(&owner.user.email).await;
    reader.read(&step);
    let form = step.form("[data-testid=second-factor-form]");
    reader.read(&administers.submit(&form.clone().fill("totp", "x")).await);
    let form = form.fill("totp", &owner.code(&app.clock));
    reader.read(&administers.submit(&form).await);
    reader.visit(&administers, &plain).await;
    reader.visit(&administers, &pages).await;
    reader.assert_nothing_found();
    reader.assert_read_all(&routes);
}
