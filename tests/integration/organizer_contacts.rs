//! How participants reach an organizer: who sets it, where it is shown, and what is never shown.

use mini_compete::{
    domain::Actor,
    model::{Contact, DomainError, Role, UserView, forms::ConfirmPasswordForm},
};

use crate::{
    harness::{App, Client, PASSWORD, Reply},
    on_both_backends,
};

on_both_backends!(
    an_organizer_is_reached_by_the_contact_that_the_profile_names,
    what_is_no_contact_is_refused_beside_the_field_and_nothing_is_saved,
    the_address_of_an_account_is_never_shown_by_itself,
    only_organizers_have_a_contact,
    a_deleted_account_keeps_no_contact,
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

async fn only_organizers_have_a_contact(app: App) {
    let account = app.account("Paula", Role::Participant).await;
    let client = logged_in(&app, &account).await;
    let profile = client.get("/me/profile").await;
    let form = profile.form("form[data-testid=profile-form]");
    assert_eq!(form.value("contact"), None);
    let contact = Contact::parse("club@example.org").unwrap();
    let contacts = &app.services.organizer_contacts;
    let refused = contacts
        .set_contact(Actor::from(&account), contact.as_ref())
        .await;
    assert!(matches!(
        refused,
        Err(mini_compete::domain::Error::Domain(DomainError::Forbidden))
    ));
}

async fn a_deleted_account_keeps_no_contact(app: App) {
    let account = app.account("Olga", Role::Organizer).await;
    let actor = Actor::from(&account);
    let contact = Contact::parse("club@example.org").unwrap();
    let contacts = &app.services.organizer_contacts;
    contacts.set_contact(actor, contact.as_ref()).await.unwrap();
    assert_eq!(contacts.contact(actor).await.unwrap(), contact);
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
    assert_eq!(contacts.contact(actor).await.unwrap(), None);
}
