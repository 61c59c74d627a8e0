//! The pages in a browser without JavaScript.

use mini_compete::model::{MailTopic, Role, forms::ProfileForm};

use crate::{
    harness::{App, PASSWORD},
    on_both_backends,
};

on_both_backends!(
    a_new_visitor_signs_up_registers_and_finds_the_confirmation,
    a_form_with_errors_keeps_the_input_but_not_the_password,
    a_failed_log_in_shows_an_error_and_keeps_the_email_address,
    an_unknown_competition_is_a_404_page,
    the_competition_of_another_organizer_is_403_in_the_dashboard,
    an_organizer_corrects_and_publishes_a_competition,
    markup_in_texts_of_organizers_is_escaped_on_every_page,
    forms_from_another_site_are_refused,
    an_unsubscribe_link_changes_nothing_until_it_is_confirmed,
);

async fn a_new_visitor_signs_up_registers_and_finds_the_confirmation(app: App) {
    let competition = app.competition(2, false).await;
    let path = format!("/competitions/{}", competition.id);
    let browser = app.client();
    let form = browser
        .get("/signup")
        .await
        .form("form[action='/act/signup']")
        .fill("name", "Grace")
        .fill("email", "grace@example.test")
        .fill("password", PASSWORD);
    assert_eq!(browser.submit(&form).await.status, 200);

    let page = browser.get(&path).await;
    assert_eq!(page.find("[data-testid=seats-left]").unwrap(), "2");
    let seat = page.form("[data-testid=register-form]");
    let done = browser.submit(&seat).await;
    assert_eq!(done.find("main h1").as_deref(), Some("You’re in!"));
    let page = browser.get(&path).await;
    assert_eq!(page.find("[data-testid=seats-left]").unwrap(), "1");
    // The same form is submitted again, for example after the back button.
    browser.submit(&seat).await;
    assert_eq!(app.assert_seat_invariant().await, 1);

    while app.open_jobs().await > 0 {
        app.run_ready_jobs().await;
    }
    let mailbox = browser.get("/me/mailbox").await;
    assert!(mailbox.text.contains("Spring Sprint"), "{}", mailbox.url);
    let registrations = browser.get("/me/registrations").await;
    assert!(registrations.text.contains("Spring Sprint"));
}

async fn a_form_with_errors_keeps_the_input_but_not_the_password(app: App) {
    let browser = app.client();
    let form = browser
        .get("/signup")
        .await
        .form("form[action='/act/signup']")
        .fill("name", "Grace")
        .fill("email", "not an address")
        .fill("password", "tooshort");
    let page = browser.submit(&form).await;

    let again = page.form("form[action='/act/signup']");
    assert_eq!(again.value("name"), Some("Grace"));
    assert_eq!(again.value("email"), Some("not an address"));
    assert!(!page.text.contains("tooshort"));
    for field in ["email", "password"] {
        let selector = format!("input[name={field}][aria-invalid=true][aria-describedby]");
        assert!(page.find(&selector).is_some(), "{field}");
    }
}

async fn a_failed_log_in_shows_an_error_and_keeps_the_email_address(app: App) {
    app.account("Grace", Role::Participant).await;
    let browser = app.client();
    let form = browser
        .get("/login")
        .await
        .form("form[action='/act/login']")
        .fill("email", "grace@example.test")
        .fill("password", "not the password");
    let page = browser.submit(&form).await;

    assert!(page.find("[role=alert]").is_some());
    let again = page.form("form[action='/act/login']");
    assert_eq!(again.value("email"), Some("grace@example.test"));
    assert!(!page.text.contains("not the password"));
}

async fn an_unknown_competition_is_a_404_page(app: App) {
    let browser = app.client();
    for path in [
        "/competitions/01890a5d-ac96-774b-bcce-b302099a8057",
        "/competitions/none",
        "/nowhere",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.find("h1").is_some(), "{path}");
    }
}

async fn the_competition_of_another_organizer_is_403_in_the_dashboard(app: App) {
    let competition = app.competition(2, false).await;
    app.account("Olga", Role::Organizer).await;
    let browser = app.client();
    browser.log_in("olga@example.test").await;
    for page in ["", "/edit", "/registrations"] {
        let path = format!("/organize/{}{page}", competition.id);
        assert_eq!(browser.get(&path).await.status, 403, "{path}");
    }
    let anonymous = app.client().get("/organize").await;
    assert!(anonymous.url.contains("/login?next="), "{}", anonymous.url);
}

async fn an_organizer_corrects_and_publishes_a_competition(app: App) {
    app.account("Olga", Role::Organizer).await;
    let browser = app.client();
    browser.log_in("olga@example.test").await;
    let form = browser
        .get("/organize/new")
        .await
        .form("form[action='/act/create-competition']")
        .fill("title", "Autumn Cup")
        .fill("description", "Leaves and **laps**.")
        .fill("capacity", "0")
        .fill("regDeadline", "2030-03-01T18:00")
        .fill("startsAt", "2030-03-02T09:00")
        .fill("status", "PUBLISHED");
    let page = browser.submit(&form).await;
    let again = page.form("form[action='/act/create-competition']");
    assert_eq!(again.value("title"), Some("Autumn Cup"));
    assert_eq!(again.value("capacity"), Some("0"));
    assert!(
        page.find("input[name=capacity][aria-describedby]")
            .is_some(),
        "the error refers to its field"
    );

    let page = browser.submit(&again.fill("capacity", "12")).await;
    assert_eq!(page.status, 200, "{}", page.url);
    let listed = app.client().get("/competitions?search=autumn").await;
    assert!(listed.text.contains("Autumn Cup"));
}

async fn markup_in_texts_of_organizers_is_escaped_on_every_page(app: App) {
    let organizer = app.account("Mallory <i>", Role::Organizer).await;
    let mut input = app.competition_input(3, false);
    let payload = "</title><script>alert(1)</script>";
    input.title = payload.to_owned();
    input.location = "<img src=x onerror=alert(1)>".to_owned();
    input.description = "<script>alert(1)</script> [x](javascript:alert(1)) </textarea>".to_owned();
    let actor = mini_compete::domain::Actor::from(&organizer);
    let competition = app
        .services
        .competitions
        .create(actor, input)
        .await
        .unwrap();
    let browser = app.client();
    let mut pages = vec![
        browser.get("/competitions").await,
        browser
            .get(&format!("/competitions/{}", competition.id))
            .await,
    ];
    browser.log_in(&organizer.email).await;
    for page in ["", "/edit", "/registrations"] {
        let path = format!("/organize/{}{page}", competition.id);
        pages.push(browser.get(&path).await);
    }
    for page in pages {
        assert_eq!(page.status, 200, "{}", page.url);
        for bad in ["<script>alert", "<img src=x", "href=\"javascript:"] {
            assert!(!page.text.contains(bad), "{bad} in {}", page.url);
        }
    }
}

async fn forms_from_another_site_are_refused(app: App) {
    let competition = app.competition(2, false).await;
    app.account("Grace", Role::Participant).await;
    let browser = app.client();
    browser.log_in("grace@example.test").await;
    let page = browser
        .get(&format!("/competitions/{}", competition.id))
        .await;
    let form = page.form("[data-testid=register-form]");
    let request = browser
        .request(reqwest::Method::POST, &form.action)
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .form(&form.fields);
    assert_eq!(browser.send(request).await.status, 403);
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn an_unsubscribe_link_changes_nothing_until_it_is_confirmed(app: App) {
    let participant = app.account("Grace", Role::Participant).await;
    let actor = mini_compete::domain::Actor::from(&participant);
    let preferences = &app.services.preferences;
    let link = format!(
        "/unsubscribe?token={}",
        preferences
            .token(participant.id, MailTopic::Announcements)
            .unwrap()
    );
    let browser = app.client();
    let page = browser.get(&link).await;
    assert!(
        preferences.of(actor).await.unwrap().announcements,
        "opening the page changes nothing"
    );

    let done = browser
        .submit(&page.form("form[action='/unsubscribe']"))
        .await;
    assert!(
        done.find("[role=status]").is_some(),
        "{} {}",
        done.status,
        done.url
    );
    let chosen = preferences.of(actor).await.unwrap();
    assert!(chosen.reminders && chosen.opening_reminders && !chosen.announcements);

    // One-click unsubscription by a mail program has no session and no origin (RFC 8058).
    let form = ProfileForm {
        announcements: Some(true),
        ..ProfileForm::default()
    };
    let accounts = &app.services.accounts;
    accounts.change_profile(actor, &form).await.unwrap();
    let click = browser
        .request(reqwest::Method::POST, &link)
        .form(&[("List-Unsubscribe", "One-Click")]);
    assert_eq!(browser.send(click).await.status, 200);
    let chosen = preferences.of(actor).await.unwrap();
    assert!(chosen.reminders && chosen.opening_reminders && !chosen.announcements);

    let forged = browser.request(reqwest::Method::POST, "/unsubscribe?token=forged");
    assert_eq!(browser.send(forged).await.status, 404);
}
