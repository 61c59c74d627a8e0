//! What the service worker relies on: its script, the page about the missing network, and the name of the session
//! with which own pages come.

use chrono::TimeDelta;
use mini_compete::model::Role;

use crate::{
    harness::{App, Client, Reply},
    on_both_backends,
};

on_both_backends!(
    the_service_worker_is_asked_for_at_each_visit_and_loads_nothing_from_elsewhere,
    the_page_about_the_missing_network_exists_in_each_language,
    own_pages_name_their_session_and_its_end,
    pages_of_strangers_and_data_name_no_session,
);

/// Returns the name of the session and the second of its end.
fn session(reply: &Reply) -> Option<(String, i64)> {
    let (name, end) = reply.header("mc-session")?.split_once(';')?;
    Some((name.to_owned(), end.parse().ok()?))
}

async fn logged_in(app: &App, name: &str, role: Role) -> Client {
    let account = app.account(name, role).await;
    let client = app.client();
    client.log_in(&account.email).await;
    client
}

async fn the_service_worker_is_asked_for_at_each_visit_and_loads_nothing_from_elsewhere(app: App) {
    let script = app.client().get("/service-worker.js").await;
    assert_eq!(script.status, 200);
    assert_eq!(
        script.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(script.header("cache-control"), Some("no-cache"));
    assert_eq!(
        script.header("content-security-policy"),
        Some("default-src 'none'; connect-src 'self'")
    );
    let page = app.client().get("/").await;
    assert!(page.text.contains("register('/service-worker.js'"));
}

async fn the_page_about_the_missing_network_exists_in_each_language(app: App) {
    for (language, title) in [
        ("en", "You’re offline"),
        ("de", "Du bist offline"),
        ("es", "Estás sin conexión"),
        ("fr", "Vous êtes hors ligne"),
        ("ja", "オフラインです"),
        ("ar", "أنت غير متصل بالإنترنت"),
    ] {
        let page = app.client().get(&format!("/offline?lang={language}")).await;
        assert_eq!(page.find("h1").as_deref(), Some(title));
        assert_eq!(page.header("content-language"), Some(language));
        assert_eq!(page.find("#saved-copy"), None);
    }
}

async fn own_pages_name_their_session_and_its_end(app: App) {
    let client = logged_in(&app, "Paula", Role::Participant).await;
    let page = client.get("/me/registrations").await;
    let (name, end) = session(&page).unwrap();
    let days = |days| (app.clock.now() + TimeDelta::days(days)).timestamp();
    assert!(days(29) < end && end <= days(30), "{end}");
    // The service worker looks for exactly this.
    assert!(page.text.contains("id=\"saved-copy\" hidden"));
    let other = client.get("/competitions").await;
    assert_eq!(session(&other).unwrap().0, name);
    let again = logged_in(&app, "Paul", Role::Participant).await;
    assert_ne!(session(&again.get("/").await).unwrap().0, name);
    app.clock.advance(TimeDelta::days(31));
    let after = client.get("/competitions").await;
    assert_eq!(session(&after), None, "the session has ended");
}

async fn pages_of_strangers_and_data_name_no_session(app: App) {
    for path in ["/", "/competitions", "/login", "/offline"] {
        assert_eq!(session(&app.client().get(path).await), None, "{path}");
    }
    let client = logged_in(&app, "Paula", Role::Participant).await;
    let data = client.get("/api/v1/me/registrations").await;
    assert_eq!((data.status.as_u16(), session(&data)), (200, None));
}
