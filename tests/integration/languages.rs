//! The language of pages: which one a visitor gets, and that caches keep languages apart.

use mini_compete::{
    domain::Actor,
    model::{Language, Role, forms::CompetitionInput},
    text::catalogue,
};
use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::{
    harness::{App, Client, PASSWORD, Reply},
    on_both_backends,
};

on_both_backends!(
    a_page_is_in_the_language_that_the_browser_prefers,
    a_choice_in_the_address_is_kept_by_a_cookie_and_precedes_the_browser,
    each_language_has_a_document_and_an_entity_tag_of_its_own,
    every_kind_of_page_and_error_page_has_the_language_of_its_request,
    an_unknown_language_changes_nothing,
    problem_details_and_field_messages_follow_accept_language,
    the_manifest_is_in_the_language_that_the_document_names,
    an_error_beside_a_field_is_in_the_language_of_the_page,
    a_refusal_is_in_the_language_of_its_request_and_a_repeat_gets_the_same_bytes,
    every_error_page_has_the_language_of_its_request,
    an_account_keeps_its_language_and_a_choice_precedes_it,
    an_account_without_a_language_takes_that_of_its_first_log_in,
    numbers_and_days_are_said_as_the_language_does,
);

async fn get_in(client: &Client, path: &str, accepted: &str) -> Reply {
    let request = client
        .request(Method::GET, path)
        .header(header::ACCEPT, "text/html")
        .header(header::ACCEPT_LANGUAGE, accepted);
    client.send(request).await
}

/// Returns the language of a page, after checking that its header, its root element and its frame agree.
fn language_of(page: &Reply) -> String {
    let language = page.header("content-language").unwrap().to_owned();
    let offered: Language = language.parse().unwrap();
    let direction = offered.direction();
    let root = format!("<html lang=\"{language}\" dir=\"{direction}\">");
    assert!(page.text.contains(&root), "{language}: {}", page.text);
    let skip = catalogue(offered).frame.skip;
    assert!(page.text.contains(skip), "{language}: {}", page.text);
    language
}

async fn a_page_is_in_the_language_that_the_browser_prefers(app: App) {
    let client = app.client();
    for (accepted, language) in [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("pl, de;q=0.2", "de"),
        ("pl", "en"),
    ] {
        let page = get_in(&client, "/competitions", accepted).await;
        assert_eq!(language_of(&page), language, "{accepted}");
        let mut vary = page.headers.get_all(header::VARY).iter();
        assert!(vary.any(|names| names.to_str().unwrap().contains("accept-language")));
        assert!(page.header("set-cookie").is_none(), "{accepted}");
    }
    let without = client.get("/competitions").await;
    assert_eq!(without.header("content-language"), Some("en"));
}

async fn a_choice_in_the_address_is_kept_by_a_cookie_and_precedes_the_browser(app: App) {
    let client = app.client();
    let chosen = get_in(&client, "/competitions?lang=de", "en").await;
    assert_eq!(language_of(&chosen), "de");
    assert!(
        chosen
            .header("set-cookie")
            .unwrap()
            .starts_with("mc_lang=de;")
    );
    assert_eq!(chosen.header("cache-control"), Some("no-store"));

    let next = get_in(&client, "/", "en").await;
    assert_eq!(language_of(&next), "de");
    let again = get_in(&client, "/?lang=de", "en").await;
    assert!(again.header("set-cookie").is_none());
    let back = get_in(&client, "/?lang=en", "de").await;
    assert_eq!(language_of(&back), "en");
    assert_eq!(language_of(&get_in(&client, "/login", "de").await), "en");
}

async fn each_language_has_a_document_and_an_entity_tag_of_its_own(app: App) {
    let organizer = app.account("Org", Role::Organizer).await;
    let input = CompetitionInput {
        description: "| a | b |\n| - | - |\n| 1 | 2 |".to_owned(),
        ..app.competition_input(50, false)
    };
    let competitions = &app.services.competitions;
    let competition = competitions.create(Actor::from(&organizer), input).await;
    let client = app.client();
    let detail = format!("/competitions/{}", competition.unwrap().id);
    for path in ["/", "/competitions", &detail] {
        let mut tags = Vec::new();
        // Twice, so that the second one comes from the cache.
        for accepted in ["de", "en", "de", "en"] {
            let page = get_in(&client, path, accepted).await;
            assert_eq!(language_of(&page), accepted, "{path}");
            // What is kept for pages of several visitors: cards, the panel, and a rendered description.
            let t = catalogue(accepted.parse().unwrap());
            if path == detail {
                for words in [t.panel.register, t.competition.table_label] {
                    assert!(page.text.contains(words), "{path}: {words}");
                }
            } else {
                let card = page.find(".card-foot").unwrap();
                assert!(card.contains(&t.chips.left(50)), "{path}: {card}");
            }
            let public = page.header("cache-control").unwrap().contains("public");
            assert!(public, "{path}");
            tags.push(page.header("etag").unwrap().to_owned());
        }
        assert_eq!(tags[0], tags[2], "{path}");
        assert_ne!(tags[0], tags[1], "{path}");
        let request = client
            .request(Method::GET, path)
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::IF_NONE_MATCH, &tags[0]);
        assert_eq!(client.send(request).await.status, StatusCode::OK, "{path}");
    }
}

async fn every_kind_of_page_and_error_page_has_the_language_of_its_request(app: App) {
    let account = app.account("Ada", Role::Participant).await;
    let client = app.client();
    let nowhere = get_in(&client, "/nowhere", "de").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert_eq!(language_of(&nowhere), "de");
    assert_eq!(nowhere.find("h1").as_deref(), Some("Hier ist nichts"));
    client.log_in(&account.email).await;
    for path in [
        "/me/registrations",
        "/me/mailbox",
        "/me/profile",
        "/me/security",
        "/organize",
    ] {
        let page = get_in(&client, path, "de").await;
        assert_eq!(language_of(&page), "de", "{path}");
    }
}

async fn an_unknown_language_changes_nothing(app: App) {
    let client = app.client();
    for path in ["/?lang=xx", "/?lang=", "/?lang=de%00", "/?lang=../de"] {
        let page = get_in(&client, path, "de").await;
        assert_eq!(language_of(&page), "de", "{path}");
        assert!(page.header("set-cookie").is_none(), "{path}");
    }
    let request = client
        .request(Method::GET, "/")
        .header(header::COOKIE, "mc_lang=xx")
        .header(header::ACCEPT, "text/html");
    assert_eq!(language_of(&client.send(request).await), "en");
}

async fn the_manifest_is_in_the_language_that_the_document_names(app: App) {
    let client = app.client();
    for (language, direction) in [("ja", "ltr"), ("ar", "rtl"), ("en", "ltr")] {
        let page = get_in(&client, &format!("/?lang={language}"), "de").await;
        let (_, rest) = page
            .text
            .split_once("<link rel=\"manifest\" href=\"")
            .unwrap();
        let address = rest.split('"').next().unwrap().to_owned();
        // Browsers fetch it without the cookies of the site.
        let request = app.client().request(Method::GET, &address);
        let reply = client.send(request.header("sec-fetch-mode", "cors")).await;
        let content_type = reply.header("content-type");
        assert_eq!(content_type, Some("application/manifest+json"));
        assert_eq!(reply.header("content-language"), Some(language));
        let mut vary = reply.headers.get_all(header::VARY).iter();
        assert!(vary.any(|names| names.to_str().unwrap().contains("accept-language")));
        assert_eq!(reply.header("set-cookie"), None);
        let manifest = reply.json();
        let language: Language = manifest["lang"].as_str().unwrap().parse().unwrap();
        let t = &catalogue(language).frame;
        assert_eq!(manifest["dir"], direction);
        assert_eq!(manifest["description"], t.tagline);
        let shortcuts = [t.my_registrations, t.competitions, t.mailbox];
        for (n, name) in shortcuts.into_iter().enumerate() {
            assert_eq!(manifest["shortcuts"][n]["name"], name);
        }
    }
}

async fn problem_details_and_field_messages_follow_accept_language(app: App) {
    let client = app.client();
    let sign_up = |accepted: &'static str| {
        client
            .request(Method::POST, "/api/v1/auth/signup")
            .header(header::ACCEPT_LANGUAGE, accepted)
            .header(header::COOKIE, "mc_lang=de")
            .json(&json!({ "name": "", "email": "ada", "password": "short" }))
    };
    let german = client.send(sign_up("de-CH, en;q=0.5")).await;
    assert_eq!(german.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(german.header("content-language"), Some("de"));
    let problem = german.json();
    assert_eq!(problem["type"], "/problems/invalid-fields");
    assert_eq!(problem["detail"], "Sieh dir einige Felder noch einmal an.");
    let messages: Vec<_> = (0..3)
        .map(|n| problem["errors"][n]["message"].clone())
        .collect();
    assert_eq!(
        messages,
        [
            "Gib deinen Namen ein.",
            "Gib eine E-Mail-Adresse wie name@example.org ein.",
            "Gib mindestens 10 Zeichen ein.",
        ]
    );
    let english = client.send(sign_up("pl")).await;
    assert_eq!(english.header("content-language"), Some("en"));
    assert_eq!(english.json()["errors"][0]["message"], "Enter your name.");
    let malformed = client
        .request(Method::POST, "/api/v1/auth/login")
        .header(header::ACCEPT_LANGUAGE, "de")
        .header(header::CONTENT_TYPE, "application/json")
        .body("{");
    let detail = client.send(malformed).await.json()["detail"].clone();
    assert_eq!(detail, "Der Inhalt ist kein JSON: siehe Zeile 1, Spalte 1.");
}

async fn an_error_beside_a_field_is_in_the_language_of_the_page(app: App) {
    let client = app.client();
    let page = client.get("/signup?lang=de").await;
    let form = page
        .form("form[data-testid=signup-form]")
        .fill("name", "Ada");
    let form = form
        .fill("email", "ada@example.org")
        .fill("password", "kurz");
    let page = client.submit(&form).await;
    let error = page.find("#password-error").unwrap();
    assert_eq!(error, "Gib mindestens 10 Zeichen ein.");
    let english = client.get("/signup?lang=en").await;
    assert!(english.find("#password-error").is_none());
}

async fn a_refusal_is_in_the_language_of_its_request_and_a_repeat_gets_the_same_bytes(app: App) {
    let competition = app.competition(1, false).await;
    let [first, second] = app.participants(2).await.try_into().unwrap();
    app.register_all(&[first], competition.id).await;
    let client = app.client().with_token(app.token(second).await);
    let register = async |key: &str, accepted: &'static str| {
        let request = client.registration_request(competition.id, key);
        let request = request.header(header::ACCEPT_LANGUAGE, accepted);
        client.send(request).await
    };
    let german = register("one-key", "de").await;
    assert_eq!(german.status, StatusCode::CONFLICT);
    assert_eq!(german.json()["type"], "/problems/competition-full");
    let detail = catalogue(Language::German).domain_errors.competition_full;
    assert_eq!(german.json()["detail"], detail);
    for accepted in ["en", "ja", "de"] {
        let repeat = register("one-key", accepted).await;
        assert_eq!(repeat.header("idempotency-replayed"), Some("true"));
        assert_eq!(repeat.status, german.status);
        assert_eq!(repeat.text, german.text, "{accepted}");
    }
    let english = register("another-key", "en").await.json()["detail"].clone();
    let detail = catalogue(Language::English).domain_errors.competition_full;
    assert_eq!(english, detail);
}

async fn every_error_page_has_the_language_of_its_request(app: App) {
    let client = app.client();
    let send = async |method: Method, path: &str, site: &'static str| {
        let request = client
            .request(method, path)
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, "fr")
            .header("sec-fetch-site", site);
        client.send(request.body("name=x")).await
    };
    let t = catalogue(Language::French);
    let (own, other) = ("same-origin", "cross-site");
    let pages = [
        (
            send(Method::PUT, "/competitions", own).await,
            StatusCode::METHOD_NOT_ALLOWED,
            t.request_errors.method_not_allowed_title,
            t.request_errors.method_not_allowed,
        ),
        (
            send(Method::POST, "/act/login", other).await,
            StatusCode::FORBIDDEN,
            t.request_errors.cross_site_title,
            t.request_errors.cross_site,
        ),
    ];
    for (page, status, title, detail) in pages {
        assert_eq!(page.status, status);
        assert_eq!(language_of(&page), "fr");
        assert_eq!(page.find("h1").as_deref(), Some(title));
        assert!(page.find("main").unwrap().contains(detail), "{}", page.text);
    }
}

async fn an_account_keeps_its_language_and_a_choice_precedes_it(app: App) {
    let browser = app.client();
    let page = get_in(&browser, "/signup", "fr").await;
    let form = page
        .form("form[data-testid=signup-form]")
        .fill("name", "Ada")
        .fill("email", "ada@example.org")
        .fill("password", PASSWORD);
    let request = browser
        .request(Method::POST, &form.action)
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT_LANGUAGE, "fr")
        .form(&form.fields);
    assert_eq!(browser.send(request).await.status, StatusCode::OK);

    // Another browser of the same person, which prefers another language.
    let browser = app.client();
    browser.log_in("ada@example.org").await;
    assert_eq!(language_of(&get_in(&browser, "/", "de").await), "fr");
    // The layers outside of the session know it too.
    let not_allowed = browser
        .request(Method::PUT, "/competitions")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "text/html")
        .header(header::ACCEPT_LANGUAGE, "de");
    assert_eq!(language_of(&browser.send(not_allowed).await), "fr");
    let api = get_in(&browser, "/api/v1/registrations/x", "de").await;
    assert_eq!(api.header("content-language"), Some("de"));

    let profile = get_in(&browser, "/me/profile", "de").await;
    let form = profile.form("form[data-testid=profile-form]");
    assert_eq!(form.value("language"), Some("fr"));
    let saved = browser.submit(&form.fill("language", "ja")).await;
    assert_eq!(language_of(&saved), "ja");
    let t = catalogue(Language::Japanese);
    let status = saved.find("[role=status]").unwrap();
    assert!(status.contains(t.flash.profile_saved), "{status}");
    assert_eq!(language_of(&get_in(&browser, "/", "de").await), "ja");
    let chosen = get_in(&browser, "/?lang=de", "en").await;
    assert_eq!(language_of(&chosen), "de");
    assert_eq!(language_of(&get_in(&browser, "/", "en").await), "de");
    let profile = get_in(&browser, "/me/profile", "en").await;
    let form = profile.form("form[data-testid=profile-form]");
    assert_eq!(form.value("language"), Some("ja"));
}

async fn an_account_without_a_language_takes_that_of_its_first_log_in(app: App) {
    let account = app.account("Ada", Role::Participant).await;
    let log_in = async |accepted: &'static str| {
        let client = app.client();
        let fields = [("email", account.email.as_str()), ("password", PASSWORD)];
        let request = client
            .request(Method::POST, "/act/login")
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT_LANGUAGE, accepted)
            .form(&fields);
        client.send(request).await;
        language_of(&get_in(&client, "/", accepted).await)
    };
    // Nothing is known about a reader of Polish.
    assert_eq!(log_in("pl").await, "en");
    assert_eq!(log_in("es").await, "es");
    assert_eq!(log_in("de").await, "es");
}

async fn numbers_and_days_are_said_as_the_language_does(app: App) {
    let large = app.competition(3_000, false).await.id;
    let only = app.competition(1, false).await.id;
    let client = app.client();
    let said = async |path: String, language: &str| {
        let page = get_in(&client, &path, language).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page
    };
    let seats = async |id, language: &str| {
        let page = said(format!("/competitions/{id}"), language).await;
        page.find(".seats-text").unwrap()
    };
    for (language, of_many, of_one) in [
        (
            "en",
            "3,000 of 3,000 seats left",
            "1 seat left, the only one",
        ),
        (
            "de",
            "3.000 von 3.000 Plätzen frei",
            "1 Platz frei, der einzige",
        ),
        (
            "fr",
            "3\u{202f}000 sur 3\u{202f}000 places libres",
            "1 place libre, la seule",
        ),
    ] {
        assert_eq!(seats(large, language).await.trim(), of_many);
        assert_eq!(seats(only, language).await.trim(), of_one);
    }
    app.register_all(&app.participants(1).await, only).await;
    crate::harness::wait_until("the page knows that the seat is taken", || async {
        seats(only, "en").await.contains("The only seat isn’t open")
    })
    .await;
    for (language, from) in [
        ("en", "From 2 Mar 2030"),
        ("de", "Ab 02.03.2030"),
        ("ja", "2030/03/02"),
    ] {
        let list = said("/competitions?from=2030-03-02".to_owned(), language).await;
        let chips = list.find("#filter-chips").unwrap();
        assert!(chips.contains(from), "{language}: {chips}");
    }
}
