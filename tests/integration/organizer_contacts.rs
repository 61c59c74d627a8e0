//! How participants reach an organizer: who sets it, where it is shown, and what is never shown.

use mini_compete::{
    domain::Actor,
    model::{
        AuditAction, Role, UserView,
        forms::{AccountChange, ConfirmPasswordForm},
    },
    store::entity::{audit_event, user},
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::{
    harness::{App, Client, PASSWORD, Reply},
    on_both_backends,
};

on_both_backends!(
    an_organizer_is_reached_by_the_contact_that_the_profile_names,
    what_is_no_contact_is_refused_beside_the_field_and_nothing_is_saved,
    the_address_of_an_account_is_never_shown_by_itself,
    an_organizer_sets_and_removes_the_contact_over_the_api,
    what_is_no_contact_is_refused_over_the_api_and_nothing_is_saved,
    only_organizers_set_a_contact,
    a_deleted_account_keeps_no_contact,
    a_disabled_account_has_no_public_page_in_the_next_response,
);

/// Returns a client that is logged in to the account.
async fn logged_in(app: &App, account: &UserView) -> Client {
    let client = app.client();
    client.log_in(&account.email).await;
    client
}

/// Sends the form of the profile with this contact.
async fn save(client: &Client, contact: &str) -> Reply {
    let profile = client.get("/me/profile").await;
    let form = profile.form("form[data-testid=profile-form]");
    client.submit(&form.fill("contact", contact)).await
}

/// Returns the target and the text of the link to the organizer, as a stranger sees it.
async fn shown(app: &App, path: &str) -> Option<(String, String)> {
    let page = app.client().get(path).await;
    let document = scraper::Html::parse_document(&page.text);
    let selector = scraper::Selector::parse("a.contact-link").unwrap();
    let link = document.select(&selector).next()?;
    let target = link.attr("href").unwrap_or_default().to_owned();
    let bdi = scraper::Selector::parse("bdi").unwrap();
    let text = link.select(&bdi).next()?.text().collect();
    Some((target, text))
}

async fn an_organizer_is_reached_by_the_contact_that_the_profile_names(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&account, 5, false).await;
    let client = logged_in(&app, &account).await;
    let pages = [
        format!("/competitions/{}", competition.id),
        format!("/organizers/{}", account.id),
    ];
    for (typed, target, text) in [
        (
            " Club@Example.org ",
            "mailto:club@example.org",
            "club@example.org",
        ),
        (
            "example.org/hello",
            "https://example.org/hello",
            "example.org/hello",
        ),
    ] {
        let saved = save(&client, typed).await;
        assert_eq!(saved.status, 200, "{}", saved.text);
        for page in &pages {
            let expected = Some((target.to_owned(), text.to_owned()));
            assert_eq!(shown(&app, page).await, expected, "{page}");
        }
    }
    let form = client.get("/me/profile").await;
    let form = form.form("form[data-testid=profile-form]");
    assert_eq!(form.value("contact"), Some("https://example.org/hello"));
    save(&client, "").await;
    for page in &pages {
        assert_eq!(shown(&app, page).await, None, "{page}");
    }
}

async fn what_is_no_contact_is_refused_beside_the_field_and_nothing_is_saved(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&account, 5, false).await;
    let client = logged_in(&app, &account).await;
    save(&client, "club@example.org").await;
    for (language, words) in [
        ("de", "Gib eine"),
        ("ar", "عنوان بريد"),
        ("en", "like https"),
    ] {
        client.get(&format!("/?lang={language}")).await;
        let refused = save(&client, "javascript:alert(1)").await;
        let error = refused.find("#contact-error").unwrap();
        assert!(error.contains(words), "{language}: {error}");
        let form = refused.form("form[data-testid=profile-form]");
        assert_eq!(form.value("contact"), Some("javascript:alert(1)"));
    }
    let page = format!("/competitions/{}", competition.id);
    let kept = shown(&app, &page).await.map(|(_, text)| text);
    assert_eq!(kept.as_deref(), Some("club@example.org"));
}

async fn the_address_of_an_account_is_never_shown_by_itself(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&account, 5, false).await;
    for path in [
        format!("/competitions/{}", competition.id),
        format!("/organizers/{}", account.id),
        format!("/api/v1/competitions/{}", competition.id),
    ] {
        let page = app.client().get(&path).await;
        assert!(!page.text.contains(&account.email), "{path}");
    }
}

/// Returns a client that calls the API for the account.
async fn api(app: &App, account: &UserView) -> Client {
    let token = app.token(Actor::from(account)).await;
    app.client().with_token(token)
}

async fn patch(client: &Client, body: &Value) -> Reply {
    let request = client.request(Method::PATCH, "/api/v1/me");
    client.send(request.json(body)).await
}

async fn an_organizer_sets_and_removes_the_contact_over_the_api(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&account, 5, false).await;
    let page = format!("/competitions/{}", competition.id);
    let client = api(&app, &account).await;
    assert_eq!(client.get("/api/v1/me").await.json().get("contact"), None);
    // Shown once, so that a document that was kept has to be replaced.
    assert_eq!(shown(&app, &page).await, None);
    let body = json!({ "contact": " Club@Example.org " });
    for _ in 0..2 {
        let reply = patch(&client, &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.json()["contact"], "club@example.org");
    }
    let me = client.get("/api/v1/me").await.json();
    assert_eq!(me["contact"], "club@example.org");
    let text = shown(&app, &page).await.map(|(_, text)| text);
    assert_eq!(text.as_deref(), Some("club@example.org"));
    // Another change leaves it as it is, and so does `null`.
    for body in [json!({ "name": "Olga O." }), json!({ "contact": null })] {
        let reply = patch(&client, &body).await;
        assert_eq!(reply.json()["contact"], "club@example.org", "{body}");
    }
    let removed = patch(&client, &json!({ "contact": "" })).await;
    assert_eq!(removed.json().get("contact"), None, "{}", removed.text);
    assert_eq!(shown(&app, &page).await, None);
    let events = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq(AuditAction::ProfileChange))
        .all(app.database.read())
        .await
        .unwrap();
    assert_eq!(events.len(), 3, "set, renamed, removed");
    assert!(!format!("{events:?}").contains("club@example.org"));
}

async fn what_is_no_contact_is_refused_over_the_api_and_nothing_is_saved(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let client = api(&app, &account).await;
    let long = format!("https://example.org/{}", "x".repeat(300));
    for text in [
        "javascript:alert(1)",
        "call me",
        "https://user:secret@example.org",
        "\u{200b}",
        "\0",
        "club@example.org\r\nX: y",
        &long,
    ] {
        let body = json!({ "name": "Renamed", "contact": text });
        let reply = patch(&client, &body).await;
        assert_eq!(reply.status, 422, "{text:?}: {}", reply.text);
        let error = &reply.json()["errors"][0];
        assert_eq!(error["field"], "contact", "{text:?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("like https"), "{message}");
    }
    let me = client.get("/api/v1/me").await.json();
    assert_eq!(me["name"], "Olga");
    assert_eq!(me.get("contact"), None);
}

async fn only_organizers_set_a_contact(app: App) {
    let account = app.account("Paula", Role::Participant).await;
    let browser = logged_in(&app, &account).await;
    let profile = browser.get("/me/profile").await;
    let form = profile.form("form[data-testid=profile-form]");
    assert_eq!(form.value("contact"), None);
    // A form that was made up changes the rest only.
    let mut made_up = form.fill("name", "Paula P.");
    let field = ("contact".to_owned(), "club@example.org".to_owned());
    made_up.fields.push(field);
    browser.submit(&made_up).await;
    let client = api(&app, &account).await;
    let me = client.get("/api/v1/me").await.json();
    assert_eq!((&me["name"], me.get("contact")), (&json!("Paula P."), None));
    let body = json!({ "name": "Renamed", "contact": "club@example.org" });
    let refused = patch(&client, &body).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert_eq!(refused.problem(), "forbidden");
    assert_eq!(client.get("/api/v1/me").await.json(), me);
    // One that the account has from the time when it organized can be removed.
    assert_eq!(patch(&client, &json!({ "contact": "" })).await.status, 200);
}

async fn a_deleted_account_keeps_no_contact(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let actor = Actor::from(&account);
    let client = api(&app, &account).await;
    let body = json!({ "contact": "club@example.org" });
    assert_eq!(patch(&client, &body).await.status, 200);
    let export = app
        .services
        .account_export
        .export(actor, &mini_compete::store::sign_out::KeptLogIn::None)
        .await
        .unwrap();
    assert_eq!(export.contact.as_deref(), Some("club@example.org"));
    let form = ConfirmPasswordForm {
        password: PASSWORD.to_owned(),
    };
    let origin = mini_compete::domain::accounts::Origin::default();
    let deletion = &app.services.account_deletion;
    deletion.delete(actor, &form, &origin).await.unwrap();
    let row = user::Entity::find_by_id(account.id).one(app.database.read());
    assert_eq!(row.await.unwrap().unwrap().contact, None);
}

async fn a_disabled_account_has_no_public_page_in_the_next_response(app: App) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await;
    let root = Actor::from(&app.account("Root", Role::Admin).await);
    let client = app.client();
    let own_page = format!("/organizers/{}", organizer.id);
    let page = format!("/competitions/{}", competition.id);
    let is_public = async || {
        let has_page = client.get(&own_page).await.status == 200;
        let is_linked = client.get(&page).await.text.contains(&own_page);
        assert_eq!(has_page, is_linked);
        has_page
    };
    let set_disabled = async |disabled: bool| {
        let change = AccountChange {
            disabled: Some(disabled),
            ..AccountChange::default()
        };
        let accounts = &app.services.accounts;
        let changed = accounts.administer(root, organizer.id, change).await;
        changed.unwrap();
    };
    assert!(is_public().await);
    set_disabled(true).await;
    assert!(!is_public().await);
    set_disabled(false).await;
    assert!(is_public().await);
}
