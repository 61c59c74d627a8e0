//! The language of pages: which one a visitor gets, and that caches keep languages apart.

use mini_compete::model::Role;
use reqwest::{Method, StatusCode, header};

use crate::{
    harness::{App, Client, Reply},
    on_both_backends,
};

on_both_backends!(
    a_page_is_in_the_language_that_the_browser_prefers,
    a_choice_in_the_address_is_kept_by_a_cookie_and_precedes_the_browser,
    each_language_has_a_document_and_an_entity_tag_of_its_own,
    every_kind_of_page_and_error_page_has_the_language_of_its_request,
    an_unknown_language_changes_nothing,
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
    let root = format!("<html lang=\"{language}\" dir=\"ltr\">");
    assert!(page.text.contains(&root), "{language}: {}", page.text);
    let skip = match language.as_str() {
        "de" => "Zum Inhalt springen",
        _ => "Skip to content",
    };
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
    let competition = app.competition(5, false).await;
    let client = app.client();
    let detail = format!("/competitions/{}", competition.id);
    for path in ["/", "/competitions", &detail] {
        let mut tags = Vec::new();
        // Twice, so that the second one comes from the cache.
        for accepted in ["de", "en", "de", "en"] {
            let page = get_in(&client, path, accepted).await;
            assert_eq!(language_of(&page), accepted, "{path}");
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
