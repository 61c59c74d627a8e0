//! Tickets as pictures: who keeps them, what they contain, and that every title makes one.

use mini_compete::model::forms::CompetitionPatch;
use reqwest::{Method, StatusCode, header};

use super::{Setup, edit, picture, registered};
use crate::{
    harness::{App, Client, Reply},
    on_both_backends,
};

on_both_backends!(
    a_picture_is_kept_by_its_participant_only_and_is_known_again,
    a_picture_loads_and_runs_nothing,
    a_picture_speaks_the_language_of_the_request,
    every_title_makes_a_picture,
);

async fn in_language(client: &Client, path: &str, language: &str) -> Reply {
    let request = client.request(Method::GET, path);
    client
        .send(request.header(header::ACCEPT_LANGUAGE, language))
        .await
}

async fn a_picture_is_kept_by_its_participant_only_and_is_known_again(app: App) {
    let setup = Setup::new(&app, 5, false).await;
    let id = registered(&setup.api, &setup.competition).await;
    for (kind, content_type) in [("svg", "image/svg+xml"), ("png", "image/png")] {
        let path = picture(id, kind);
        let reply = setup.api.get(&path).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(reply.header("content-type"), Some(content_type));
        assert_eq!(reply.header("cache-control"), Some("private, no-cache"));
        let etag = reply.header("etag").unwrap().to_owned();
        let known = async || {
            let request = setup.api.request(Method::GET, &path);
            let request = request.header(header::IF_NONE_MATCH, &etag);
            setup.api.send(request).await
        };
        let again = known().await;
        assert_eq!(
            (again.status, again.text.as_str()),
            (StatusCode::NOT_MODIFIED, "")
        );
        let patch = CompetitionPatch {
            title: Some(format!("Moved for {kind}")),
            ..CompetitionPatch::default()
        };
        edit(&app, &setup.competition, patch).await;
        let changed = known().await;
        assert_eq!(changed.status, StatusCode::OK);
        assert_ne!(changed.header("etag"), Some(&*etag));
    }
    let request = setup.api.request(Method::GET, &picture(id, "png"));
    let png = request.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(&png[16..24], &[0, 0, 4, 56, 0, 0, 6, 144], "1080 × 1680");
}

async fn a_picture_loads_and_runs_nothing(app: App) {
    let setup = Setup::new(&app, 5, false).await;
    let id = registered(&setup.api, &setup.competition).await;
    let patch = CompetitionPatch {
        title: Some("</title><script>alert(1)</script> 東京".to_owned()),
        location: Some("<image href=\"https://evil.example\"/> 京都".to_owned()),
        ..CompetitionPatch::default()
    };
    edit(&app, &setup.competition, patch).await;
    for kind in ["svg", "png"] {
        let reply = setup.api.get(&picture(id, kind)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; sandbox"));
        let resource = reply.header("cross-origin-resource-policy");
        assert_eq!(resource, Some("same-origin"));
        assert!(!reply.text.contains("<script") && !reply.text.contains("<image"));
    }
}

async fn a_picture_speaks_the_language_of_the_request(app: App) {
    let setup = Setup::new(&app, 5, false).await;
    let id = registered(&setup.api, &setup.competition).await;
    let path = picture(id, "svg");
    let mut versions = std::collections::BTreeSet::new();
    for (language, title) in [
        ("en", "Your ticket: Spring Sprint"),
        ("de", "Dein Ticket: Spring Sprint"),
        ("es", "Tu entrada: Spring Sprint"),
        ("fr", "Votre billet\u{a0}: Spring Sprint"),
        ("ar", "تذكرتك: \u{2068}Spring Sprint\u{2069}"),
    ] {
        let reply = in_language(&setup.api, &path, language).await;
        let title = format!("<title>{title}</title>");
        assert!(
            reply.text.contains(&title),
            "{language}: {:.400}",
            reply.text
        );
        assert!(!reply.text.contains("<text"), "the picture needs no fonts");
        versions.insert(reply.header("etag").unwrap().to_owned());
    }
    assert_eq!(versions.len(), 5, "{versions:?}");
    // The fonts have no Japanese: boxes are worse than English.
    let japanese = in_language(&setup.api, &path, "ja").await;
    assert!(versions.contains(japanese.header("etag").unwrap()));
}

async fn every_title_makes_a_picture(app: App) {
    let setup = Setup::new(&app, 5, false).await;
    let id = registered(&setup.api, &setup.competition).await;
    for title in [
        "x".repeat(120),
        "W ".repeat(60).trim().to_owned(),
        "東京マラソン".to_owned(),
        "مسابقة البرمجة في القاهرة".to_owned(),
        "a & b <c> \"d\" \u{1f3c3}".to_owned(),
        // The fonts have all of it, so that it stands among the words of the document.
        "a & b </g><image href=\"x\"/> <c>".to_owned(),
    ] {
        let patch = CompetitionPatch {
            title: Some(title.clone()),
            ..CompetitionPatch::default()
        };
        edit(&app, &setup.competition, patch).await;
        for kind in ["svg", "png"] {
            let reply = setup.api.get(&picture(id, kind)).await;
            assert_eq!(reply.status, StatusCode::OK, "{title}: {}", reply.text);
        }
        // What the fonts lack is text for the fonts of the device.
        let svg = setup.api.get(&picture(id, "svg")).await.text;
        assert_eq!(svg.contains("<text"), title.contains(['東', '\u{1f3c3}']));
    }
}
