//! The pages as a browser without JavaScript sees them.

use mini_compete::model::Role;

use crate::{
    both,
    harness::{App, PASSWORD},
};

both!(
    someone_new_signs_up_takes_a_seat_and_finds_the_confirmation,
    a_form_with_errors_comes_back_with_what_was_typed_but_never_the_password,
    a_wrong_login_says_so_and_keeps_the_address,
    an_unknown_competition_is_a_page_with_status_404,
    somebody_elses_competition_is_403_in_the_dashboard,
    an_organizer_makes_edits_and_publishes_a_competition,
    a_title_cannot_smuggle_markup_into_a_page,
    forms_from_another_site_are_refused,
    a_link_in_a_reminder_stops_reminders_by_mail_but_only_when_pressed,
);

async fn someone_new_signs_up_takes_a_seat_and_finds_the_confirmation(app: App) {
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
    assert_eq!(done.find("[data-testid=seats-left]").unwrap(), "1");
    // The browser's back button and an impatient finger: the same form once more.
    browser.submit(&seat).await;
    assert_eq!(app.assert_seat_invariant().await, 1);

    while app.open_jobs().await > 0 {
        app.work().await;
    }
    let mail = browser.get("/me/mailbox").await;
    assert!(mail.text.contains("Spring Sprint"), "{}", mail.url);
    let mine = browser.get("/me/registrations").await;
    assert!(mine.text.contains("Spring Sprint"));
}

async fn a_form_with_errors_comes_back_with_what_was_typed_but_never_the_password(app: App) {
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

async fn a_wrong_login_says_so_and_keeps_the_address(app: App) {
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

async fn an_unknown_competition_is_a_page_with_status_404(app: App) {
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

async fn somebody_elses_competition_is_403_in_the_dashboard(app: App) {
    let theirs = app.competition(2, false).await;
    app.account("Olga", Role::Organizer).await;
    let browser = app.client();
    browser.log_in("olga@example.test").await;
    for page in ["", "/edit", "/registrations"] {
        let path = format!("/organize/{}{page}", theirs.id);
        assert_eq!(browser.get(&path).await.status, 403, "{path}");
    }
    let anonymous = app.client().get("/organize").await;
    assert!(anonymous.url.contains("/login?next="), "{}", anonymous.url);
}

async fn an_organizer_makes_edits_and_publishes_a_competition(app: App) {
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
        "the error is tied to its field"
    );

    let page = browser.submit(&again.fill("capacity", "12")).await;
    assert_eq!(page.status, 200, "{}", page.url);
    let listed = app.client().get("/competitions?search=autumn").await;
    assert!(listed.text.contains("Autumn Cup"));
}

async fn a_title_cannot_smuggle_markup_into_a_page(app: App) {
    let organizer = app.account("Mallory <i>", Role::Organizer).await;
    let mut input = app.input(3, false);
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

async fn a_link_in_a_reminder_stops_reminders_by_mail_but_only_when_pressed(app: App) {
    let person = app.account("Grace", Role::Participant).await;
    let actor = mini_compete::domain::Actor::from(&person);
    let preferences = &app.services.preferences;
    let link = format!(
        "/unsubscribe?token={}",
        preferences.token(person.id).unwrap()
    );
    let browser = app.client();
    let page = browser.get(&link).await;
    assert!(
        preferences.reminders(actor).await.unwrap(),
        "a look changes nothing"
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
    assert!(!preferences.reminders(actor).await.unwrap());

    // A mail program's one click: no session, no origin (RFC 8058).
    preferences.set_reminders(actor, true).await.unwrap();
    let click = browser
        .request(reqwest::Method::POST, &link)
        .form(&[("List-Unsubscribe", "One-Click")]);
    assert_eq!(browser.send(click).await.status, 200);
    assert!(!preferences.reminders(actor).await.unwrap());

    let forged = browser.request(reqwest::Method::POST, "/unsubscribe?token=forged");
    assert_eq!(browser.send(forged).await.status, 404);
}
