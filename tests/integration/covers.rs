//! Covers: who sees which picture, for how long it may be kept, and what a person may put into it.

use mini_compete::{
    domain::{Actor, accounts::Initiator, covers::Covers, rate_limits::RateLimit},
    model::{
        CompetitionView, Language, Role,
        forms::{CompetitionInput, CompetitionPatch},
    },
};
use reqwest::{Method, StatusCode, header};

use crate::{
    harness::{App, Client, Reply, draft_of},
    on_both_backends, on_both_backends_rate_limited,
};

on_both_backends!(
    a_picture_is_kept_for_a_year_at_the_address_that_names_its_version,
    a_known_picture_is_not_sent_again_until_an_edit_changes_it,
    a_picture_loads_and_runs_nothing,
    the_cover_of_a_draft_is_for_its_organizer_alone,
    a_social_card_is_made_once_for_all_who_ask_at_the_same_time,
    titles_of_every_kind_make_a_picture,
    the_date_on_a_social_card_is_in_the_language_of_the_page,
    a_page_describes_itself_to_social_networks_with_absolute_addresses,
    a_title_cannot_end_the_structured_data,
    an_organizer_has_a_public_page_as_soon_as_something_is_published,
    the_public_page_of_an_organizer_ends_with_the_account,
    conditions_of_a_list_are_links_that_add_and_remove_them,
    the_landing_page_shows_what_opens_next,
);

on_both_backends_rate_limited!(pictures_use_up_no_calls_of_the_api);

fn cover(competition: &CompetitionView, kind: &str) -> String {
    format!("/api/v1/competitions/{}/cover.{kind}", competition.id)
}

async fn retitle(app: &App, competition: &CompetitionView, title: &str) -> CompetitionView {
    let organizer = Actor::new(competition.organizer_id, Role::Organizer);
    let patch = CompetitionPatch {
        title: Some(title.to_owned()),
        ..CompetitionPatch::default()
    };
    let competitions = &app.services.competitions;
    competitions
        .edit(organizer, competition.id, patch, None)
        .await
        .unwrap()
}

/// The selector of the link with the one address of a page.
const CANONICAL: &str = "link[rel=canonical]";

/// Returns an attribute of the first element that a selector matches.
fn attribute(page: &Reply, selector: &str, name: &str) -> Option<String> {
    let document = scraper::Html::parse_document(&page.text);
    let selector = scraper::Selector::parse(selector).unwrap();
    let element = document.select(&selector).next()?;
    element.attr(name).map(ToOwned::to_owned)
}

async fn known(client: &Client, path: &str, etag: &str) -> Reply {
    let request = client.request(Method::GET, path);
    client
        .send(request.header(header::IF_NONE_MATCH, etag))
        .await
}

async fn a_picture_is_kept_for_a_year_at_the_address_that_names_its_version(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    for (kind, content_type) in [("svg", "image/svg+xml"), ("png", "image/png")] {
        let path = cover(&competition, kind);
        let versioned = format!("{path}?v={}", competition.cover_version());
        let reply = client.get(&versioned).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(reply.header("content-type"), Some(content_type));
        let kept = reply.header("cache-control").unwrap();
        assert_eq!(kept, "public, max-age=31536000, immutable");
        for other in [path.clone(), format!("{path}?v=0"), format!("{path}?v=")] {
            let reply = client.get(&other).await;
            assert_eq!(reply.header("cache-control"), Some("public, no-cache"));
        }
        let head = client.send(client.request(Method::HEAD, &versioned)).await;
        assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
        assert_eq!(head.header("etag"), reply.header("etag"));
        for missing in ["0192f0c1-7a4b-7c3d-8e5f-0123456789ab", "none"] {
            let path = format!("/api/v1/competitions/{missing}/cover.{kind}");
            assert_eq!(client.get(&path).await.status, StatusCode::NOT_FOUND);
        }
    }
}

async fn a_known_picture_is_not_sent_again_until_an_edit_changes_it(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    let path = cover(&competition, "svg");
    let etag = client.get(&path).await.header("etag").unwrap().to_owned();
    assert!(!etag.starts_with("W/"), "{etag}");
    let again = known(&client, &path, &etag).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(
        (again.header("etag"), again.text.as_str()),
        (Some(&*etag), "")
    );
    retitle(&app, &competition, "Autumn Sprint").await;
    let changed = known(&client, &path, &etag).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.header("etag"), Some(&*etag));
}

async fn a_picture_loads_and_runs_nothing(app: App) {
    let competition = app.competition(5, false).await;
    let hostile = retitle(&app, &competition, "</text><script>alert(1)</script>").await;
    for kind in ["svg", "png"] {
        let reply = app.client().get(&cover(&hostile, kind)).await;
        let policy = reply.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; sandbox"),
            "{policy}"
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert!(!reply.text.contains("<script"), "{}", reply.text);
    }
}

async fn the_cover_of_a_draft_is_for_its_organizer_alone(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let other = app.account("Otto", Role::Organizer).await;
    let draft = draft_of(&app, &organizer).await;
    for kind in ["svg", "png"] {
        let path = cover(&draft, kind);
        let versioned = format!("{path}?v={}", draft.cover_version());
        let owner = app
            .client()
            .with_token(app.token(Actor::from(&organizer)).await);
        let reply = owner.get(&versioned).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(reply.header("cache-control"), Some("private, no-cache"));
        assert_eq!(
            reply.header("cross-origin-resource-policy"),
            Some("same-origin")
        );
        let stranger = app
            .client()
            .with_token(app.token(Actor::from(&other)).await);
        for client in [app.client(), stranger] {
            assert_eq!(client.get(&versioned).await.status, StatusCode::NOT_FOUND);
        }
    }
}

async fn a_social_card_is_made_once_for_all_who_ask_at_the_same_time(app: App) {
    let competition = app.competition(5, false).await;
    let covers = Covers::default();
    let asked = (0..20).map(|_| covers.png(&competition, Language::English));
    let pictures = futures::future::join_all(asked).await;
    let first = pictures[0].as_ref().unwrap();
    assert!(first.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(first.len() < 300 << 10, "{} bytes", first.len());
    for picture in &pictures {
        // The same memory: all got the one that was made.
        assert_eq!(picture.as_ref().unwrap().as_ptr(), first.as_ptr());
    }
}

async fn titles_of_every_kind_make_a_picture(app: App) {
    let competition = app.competition(5, false).await;
    let covers = Covers::default();
    for title in [
        "x".repeat(200),
        "東京マラソン".to_owned(),
        "مسابقة البرمجة".to_owned(),
        "A & B <i>\"quoted\"</i> ]]> \u{202e}".to_owned(),
        // The fonts have all of it.
        "A & B </g><i>\"quoted\"</i> ]]>".to_owned(),
        "🏃🏽‍♀️ Run".to_owned(),
    ] {
        let mut titled = competition.clone();
        titled.title = title;
        let picture = covers.png(&titled, Language::English).await;
        assert!(picture.is_ok(), "{}: {:?}", titled.title, picture.err());
    }
}

async fn the_date_on_a_social_card_is_in_the_language_of_the_page(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    let mut cards = Vec::new();
    for language in ["en", "de", "ar", "ja"] {
        let page = format!("/competitions/{}?lang={language}", competition.id);
        let page = client.get(&page).await;
        let address = attribute(&page, "meta[property='og:image']", "content").unwrap();
        let data = page.find("script[type='application/ld+json']").unwrap();
        let data = data.replace("\\u0026", "&");
        assert!(data.contains(&address), "{language}: {data}");
        let (_, path) = address.split_once("/api/").unwrap();
        // By nobody who reads a language: a network fetches the picture.
        let card = app.client().get(&format!("/api/{path}")).await;
        assert_eq!(card.status, StatusCode::OK, "{}", card.text);
        let kept = card.header("cache-control").unwrap();
        assert_eq!(kept, "public, max-age=31536000, immutable");
        let etag = card.header("etag").unwrap();
        assert!(etag.ends_with(&format!("-{language}\"")), "{etag}");
        cards.push(card.text);
    }
    let [english, german, arabic, japanese] = cards.try_into().unwrap();
    assert!(english != german && english != arabic);
    assert!(english == japanese, "the fonts lack its characters");
    let path = cover(&competition, "png");
    for unknown in ["", "?lang=", "?lang=xx", "?lang=de%00"] {
        let card = client.get(&format!("{path}{unknown}")).await;
        assert!(card.text == english, "{unknown}");
    }
}

async fn pictures_use_up_no_calls_of_the_api(app: App) {
    let competition = app.competition(5, false).await;
    let client = app.client();
    app.exhaust(RateLimit::ANONYMOUS_CALLS, "127.0.0.1").await;
    for kind in ["svg", "png"] {
        let reply = client.get(&cover(&competition, kind)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }
}

async fn a_page_describes_itself_to_social_networks_with_absolute_addresses(app: App) {
    let competition = app.competition(5, false).await;
    let page = app
        .client()
        .get(&format!("/competitions/{}?utm_source=x", competition.id))
        .await;
    let base = page.url.split("/competitions").next().unwrap().to_owned();
    let address = format!("{base}/competitions/{}", competition.id);
    let picture = format!(
        "{base}/api/v1/competitions/{}/cover.png?v={}",
        competition.id,
        competition.cover_version()
    );
    for (property, content) in [
        ("og:url", &address),
        ("og:image", &picture),
        ("og:title", &"Spring Sprint · Mini Compete".to_owned()),
        ("og:description", &"A short race.".to_owned()),
    ] {
        let meta = format!("meta[property='{property}']");
        assert_eq!(attribute(&page, &meta, "content").as_ref(), Some(content));
    }
    assert_eq!(attribute(&page, CANONICAL, "href").as_ref(), Some(&address));
    let card = attribute(&page, "meta[name='twitter:card']", "content");
    assert_eq!(card.as_deref(), Some("summary_large_image"));
    let event: serde_json::Value =
        serde_json::from_str(&page.find("script[type='application/ld+json']").unwrap()).unwrap();
    assert_eq!(event["@type"], "Event");
    assert_eq!(event["name"], "Spring Sprint");
    assert_eq!(
        (&event["url"], &event["image"][0]),
        (&address.into(), &picture.into())
    );
    for path in ["/", "/competitions"] {
        let page = app.client().get(path).await;
        let description = attribute(&page, "meta[name=description]", "content");
        assert!(description.is_some_and(|it| it.len() > 40), "{path}");
        let link = attribute(&page, CANONICAL, "href").unwrap();
        assert_eq!(link, format!("{base}{path}"));
    }
}

async fn a_title_cannot_end_the_structured_data(app: App) {
    let title = "</script><script>alert(1)</script><!--<script>";
    let competition = app.competition(5, false).await;
    let competition = retitle(&app, &competition, title).await;
    let page = app
        .client()
        .get(&format!("/competitions/{}", competition.id))
        .await;
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    let event = page.find("script[type='application/ld+json']").unwrap();
    let event: serde_json::Value = serde_json::from_str(&event).unwrap();
    assert_eq!(event["name"], title);
}

async fn an_organizer_has_a_public_page_as_soon_as_something_is_published(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let path = format!("/organizers/{}", organizer.id);
    let client = app.client();
    assert_eq!(client.get(&path).await.status, StatusCode::NOT_FOUND);
    draft_of(&app, &organizer).await;
    assert_eq!(client.get(&path).await.status, StatusCode::NOT_FOUND);
    let competition = app.competition_of(&organizer, 5, false).await;
    let page = client.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.find("h1").as_deref(), Some("Olga"));
    assert_eq!(page.find(".card-title").as_deref(), Some("Spring Sprint"));
    assert!(page.header("cache-control").unwrap().contains("public"));
    retitle(&app, &competition, "Autumn Sprint").await;
    let page = client.get(&path).await;
    assert_eq!(page.find(".card-title").as_deref(), Some("Autumn Sprint"));
    for wrong in [
        "/organizers/",
        "/organizers/none",
        "/organizers/0192f0c1-7a4b-7c3d-8e5f-0123456789ab",
    ] {
        assert_eq!(
            client.get(wrong).await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
}

async fn the_public_page_of_an_organizer_ends_with_the_account(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await;
    let page = format!("/organizers/{}", organizer.id);
    let link = format!("a[href='{page}']");
    let client = app.client();
    let competition = format!("/competitions/{}", competition.id);
    assert_eq!(client.get(&page).await.status, StatusCode::OK);
    let linked = client.get(&competition).await.find(&link);
    assert_eq!(linked.as_deref(), Some("Olga"));
    let accounts = &app.services.accounts;
    let by = Initiator::Operator("cli:test");
    accounts
        .set_disabled(&organizer.email, true, by)
        .await
        .unwrap();
    app.services.changes.everything_changed();
    assert_eq!(client.get(&page).await.status, StatusCode::NOT_FOUND);
    let unlinked = client.get(&competition).await;
    assert!(unlinked.text.contains("Olga"));
    assert_eq!(unlinked.find(&link), None);
}

/// Returns the address of the link with this text among the conditions of a list.
fn chip(page: &Reply, label: &str) -> Option<String> {
    let document = scraper::Html::parse_document(&page.text);
    let selector = scraper::Selector::parse("#filter-chips a").unwrap();
    let mut chips = document.select(&selector);
    let chip = chips.find(|chip| chip.text().next() == Some(label))?;
    chip.attr("href").map(ToOwned::to_owned)
}

async fn conditions_of_a_list_are_links_that_add_and_remove_them(app: App) {
    app.competition(5, false).await;
    let client = app.client();
    let all = client.get("/competitions?search=spring&sort=title").await;
    assert_eq!(chip(&all, "Clear all").as_deref(), Some("/competitions"));
    let seats = chip(&all, "Seats left").unwrap();
    assert_eq!(
        seats,
        "/competitions?search=spring&sort=title&seatsLeft=true"
    );
    let near = chip(&all, "Next 30 days").unwrap();
    assert!(near.contains("&from=") && near.contains("&to="), "{near}");
    let with_seats = client.get(&seats).await;
    assert_eq!(
        with_seats.find("#result-count").as_deref(),
        Some("1 competition")
    );
    let without = chip(&with_seats, "Seats left").unwrap();
    assert_eq!(without, "/competitions?search=spring&sort=title");
    let online = client.get(&chip(&with_seats, "Online").unwrap()).await;
    assert_eq!(
        online.find("#result-count").as_deref(),
        Some("No competitions")
    );
}

async fn the_landing_page_shows_what_opens_next(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let actor = Actor::from(&organizer);
    let now = app.clock.now();
    for (title, hours) in [("Later Run", 5), ("Next Run", 2)] {
        let input = CompetitionInput {
            title: title.to_owned(),
            opens_at: Some(now + chrono::TimeDelta::hours(hours)),
            ..app.competition_input(30, false)
        };
        let competitions = &app.services.competitions;
        competitions.create(actor, input).await.unwrap();
    }
    let page = app.client().get("/").await;
    assert_eq!(page.find(".next h3").as_deref(), Some("Next Run"));
    assert_eq!(page.find(".card-title").as_deref(), Some("Later Run"));
    app.clock.advance(chrono::TimeDelta::hours(2));
    let page = app.client().get("/").await;
    assert_eq!(page.find(".next h3").as_deref(), Some("Later Run"));
}
