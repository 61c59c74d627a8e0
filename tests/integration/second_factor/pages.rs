//! The second factor on the pages: the second step of a log-in, setting it up, and removing it.

use chrono::TimeDelta;
use mini_compete::{domain::accounts::Initiator, model::Role, model::forms::NewPasswordForm};

use super::{Owner, ada, code, owner, wrong};
use crate::{
    harness::{App, Client, Form, PASSWORD, Reply},
    on_both_backends,
};

on_both_backends!(
    the_second_step_keeps_where_the_log_in_leads,
    the_second_step_keeps_the_registration_that_was_asked_for,
    a_log_in_between_its_steps_expires_and_ends_with_the_password,
    an_owner_sets_it_up_and_removes_it_on_the_pages,
    an_administrator_sees_no_other_page_before_it_is_set_up,
    the_recovery_codes_are_shown_to_nobody_else,
    texts_that_are_no_code_are_shown_at_their_field,
);

/// Enters the password on the log-in page, and returns the page that follows.
async fn first_step(browser: &Client, login: &str, email: &str) -> Reply {
    let page = browser.get(login).await;
    let form = page.form("[data-testid=login-form]");
    browser
        .submit(&form.fill("email", email).fill("password", PASSWORD))
        .await
}

fn second_form(page: &Reply) -> Form {
    page.form("[data-testid=second-factor-form]")
}

async fn is_logged_in(browser: &Client) -> bool {
    browser.get("/api/v1/me").await.status == 200
}

async fn the_second_step_keeps_where_the_log_in_leads(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let browser = app.client();
    let login = "/login?next=%2Fme%2Fmailbox";
    let page = first_step(&browser, login, &owner.user.email).await;
    assert!(page.url.contains("/second-factor?next="), "{}", page.url);
    assert!(!is_logged_in(&browser).await);
    let mailbox = browser.get("/me/mailbox").await;
    assert!(mailbox.url.contains("/login?next="), "{}", mailbox.url);
    let bad = wrong(&owner.secret, &app.clock);
    let again = browser.submit(&second_form(&page).fill("totp", &bad)).await;
    assert!(again.url.contains("/second-factor?next="), "{}", again.url);
    assert!(again.find("#totp-error").unwrap().contains("wrong"));
    assert!(!again.text.contains(&bad), "{}", again.text);
    let now = owner.code(&app.clock);
    let spaced = format!("{} {}", &now[..3], &now[3..]);
    let form = second_form(&again).fill("totp", &spaced);
    let mailbox = browser.submit(&form).await;
    assert!(mailbox.url.ends_with("/me/mailbox"), "{}", mailbox.url);
    assert!(mailbox.find("[role=status]").unwrap().contains("Ada"));
    // The step is done: its form leads nowhere else.
    let page = browser.get("/second-factor?next=%2Fme%2Fprofile").await;
    assert!(page.url.ends_with("/me/profile"), "{}", page.url);
    // The next time, the device is known and a recovery code is enough.
    let logout = browser.get("/").await.form("form[action='/act/logout']");
    browser.submit(&logout).await;
    let page = first_step(&browser, "/login", &owner.user.email).await;
    let form = second_form(&page).fill("totp", &owner.recovery_codes[0]);
    let page = browser.submit(&form).await;
    assert!(page.url.ends_with("/competitions"), "{}", page.url);
}

async fn the_second_step_keeps_the_registration_that_was_asked_for(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let competition = app.competition(5, false).await;
    let browser = app.client();
    let page = browser
        .get(&format!("/competitions/{}", competition.id))
        .await;
    let login = browser
        .submit(&page.form("[data-testid=register-form]"))
        .await;
    let form = login.form("[data-testid=login-form]");
    let form = form
        .fill("email", &owner.user.email)
        .fill("password", PASSWORD);
    let step = browser.submit(&form).await;
    assert!(step.text.contains("Log in and register"), "{}", step.text);
    assert_eq!(app.assert_seat_invariant().await, 0);
    let form = second_form(&step).fill("totp", &owner.code(&app.clock));
    let page = browser.submit(&form).await;
    assert!(page.find("[data-testid=registration-status]").is_some());
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn a_log_in_between_its_steps_expires_and_ends_with_the_password(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let email = owner.user.email.clone();
    let late = app.client();
    let step = first_step(&late, "/login?next=%2Fme%2Fmailbox", &email).await;
    app.clock.advance(TimeDelta::minutes(10));
    let form = second_form(&step).fill("totp", &owner.code(&app.clock));
    let page = late.submit(&form).await;
    assert!(page.url.contains("/login?next="), "{}", page.url);
    assert!(page.text.contains("Log in once more"), "{}", page.text);
    assert!(!is_logged_in(&late).await);
    let page = late.get("/second-factor").await;
    assert!(page.url.ends_with("/login"), "{}", page.url);

    let outdated = app.client();
    let step = first_step(&outdated, "/login", &email).await;
    let accounts = &app.services.accounts;
    let form = NewPasswordForm {
        email,
        password: "another good password".to_owned(),
    };
    let by = Initiator::Operator("cli:test");
    accounts.set_password(&form, by).await.unwrap();
    let form = second_form(&step).fill("totp", &owner.code(&app.clock));
    outdated.submit(&form).await;
    assert!(!is_logged_in(&outdated).await);
    // A cookie that somebody made is no first step.
    let forged = app.client();
    let request = forged
        .request(reqwest::Method::POST, "/act/second-factor")
        .header("origin", step.url.split("/second-factor").next().unwrap())
        .header("sec-fetch-site", "same-origin")
        .header(
            "cookie",
            format!("mc_second_factor=log-in:{}:0:9999999999", owner.user.id),
        )
        .form(&[("totp", owner.code(&app.clock))]);
    forged.send(request).await;
    assert!(!is_logged_in(&forged).await);
}

/// Presses "set up", and returns the page with the secret.
async fn press_set_up(browser: &Client, page: &Reply) -> (Reply, String) {
    let page = browser
        .submit(&page.form("[data-testid=set-up-form]"))
        .await;
    let secret = page.find("[data-testid=totp-secret]").expect("a secret");
    assert!(page.find("svg.qr-code path").is_some(), "{}", page.text);
    assert!(page.text.contains("otpauth://totp/"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    (page, secret)
}

async fn an_owner_sets_it_up_and_removes_it_on_the_pages(app: App) {
    let ada = ada(&app).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let security = browser.get("/me/security").await;
    let state = security.find("[data-testid=second-factor]").unwrap();
    assert!(state.starts_with("Off."), "{state}");
    let page = browser.get("/me/second-factor").await;
    let (page, secret) = press_set_up(&browser, &page).await;
    let confirm = page.form("[data-testid=confirm-form]");
    let bad = confirm.clone().fill("code", &wrong(&secret, &app.clock));
    let again = browser.submit(&bad).await;
    assert!(again.find("#code-error").is_some(), "{}", again.text);
    assert_eq!(
        again.find("[data-testid=totp-secret]"),
        Some(secret.clone())
    );
    let confirm = confirm.fill("code", &code(&secret, &app.clock));
    let page = browser.submit(&confirm).await;
    let codes = page.find("[data-testid=recovery-codes]").unwrap();
    assert_eq!(codes.matches('-').count(), 30, "{codes}");
    // A lost response loses nothing: the codes are there until they are saved.
    let reloaded = browser.get("/me/second-factor").await;
    assert_eq!(reloaded.find("[data-testid=recovery-codes]"), Some(codes));
    let saved = reloaded.form("[data-testid=saved-form]");
    let security = browser.submit(&saved).await;
    let state = security.find("[data-testid=second-factor]").unwrap();
    assert!(state.contains("10 recovery codes left"), "{state}");
    let page = browser.get("/me/second-factor").await;
    assert_eq!(page.find("[data-testid=recovery-codes]"), None);
    assert!(!page.text.contains(&secret));
    let remove = page.form("[data-testid=remove-form]");
    let bad = remove.clone().fill("code", &wrong(&secret, &app.clock));
    let again = browser.submit(&bad).await;
    assert!(again.find("#code-error").is_some(), "{}", again.text);
    app.clock.advance(TimeDelta::seconds(30));
    let remove = remove.fill("code", &code(&secret, &app.clock));
    let security = browser.submit(&remove).await;
    let state = security.find("[data-testid=second-factor]").unwrap();
    assert!(state.starts_with("Off."), "{state}");
    // A log-in that is not recent asks for the password first.
    app.clock.advance(TimeDelta::minutes(20));
    let page = browser.get("/me/second-factor").await;
    assert!(page.url.contains("/confirm-password?next="), "{}", page.url);
    let form = page.form("[data-testid=confirm-password-form]");
    let page = browser.submit(&form.fill("password", PASSWORD)).await;
    assert!(page.url.ends_with("/me/second-factor"), "{}", page.url);
}

async fn an_administrator_sees_no_other_page_before_it_is_set_up(app: App) {
    let root = app.account("Root", Role::Admin).await;
    let browser = app.client();
    let login = "/login?next=%2Forganize%2Fnew";
    let page = first_step(&browser, login, &root.email).await;
    assert!(
        page.url
            .ends_with("/me/second-factor?next=%2Forganize%2Fnew"),
        "{}",
        page.url
    );
    assert!(page.text.contains("You run this site"), "{}", page.text);
    for other in ["/", "/competitions", "/me/profile", "/organize", "/nowhere"] {
        let page = browser.get(other).await;
        assert!(page.url.contains("/me/second-factor?next="), "{other}");
    }
    // Nor does any form do anything.
    let profile = Form {
        action: "/act/profile".to_owned(),
        fields: vec![("name".to_owned(), "Another".to_owned())],
    };
    let refused = browser.submit(&profile).await;
    assert!(
        refused.url.contains("/me/second-factor?next="),
        "{}",
        refused.url
    );
    let name = app.services.accounts.find(root.id).await.unwrap().unwrap();
    assert_eq!(name.name, "Root");

    let (page, secret) = press_set_up(&browser, &page).await;
    let confirm = page.form("[data-testid=confirm-form]");
    let confirm = confirm.fill("code", &code(&secret, &app.clock));
    let codes = browser.submit(&confirm).await;
    let page = browser
        .submit(&codes.form("[data-testid=saved-form]"))
        .await;
    assert!(page.url.ends_with("/organize/new"), "{}", page.url);
    // Other roles are not asked.
    let organizer = app.account("Olga", Role::Organizer).await;
    let browser = app.client();
    let page = first_step(&browser, login, &organizer.email).await;
    assert!(page.url.ends_with("/organize/new"), "{}", page.url);
}

async fn the_recovery_codes_are_shown_to_nobody_else(app: App) {
    let ada = ada(&app).await;
    let browser = app.client();
    browser.log_in(&ada.email).await;
    let page = browser.get("/me/second-factor").await;
    let (page, secret) = press_set_up(&browser, &page).await;
    let confirm = page.form("[data-testid=confirm-form]");
    let confirm = confirm.fill("code", &code(&secret, &app.clock));
    let page = browser.submit(&confirm).await;
    assert!(page.find("[data-testid=recovery-codes]").is_some());
    // The same browser, with its cookies, and another account.
    let logout = browser.get("/").await.form("form[action='/act/logout']");
    browser.submit(&logout).await;
    let bob = app.account("Bob", Role::Participant).await;
    let bob: Owner = owner(&app, bob).await;
    let step = first_step(
        &browser,
        "/login?next=%2Fme%2Fsecond-factor",
        &bob.user.email,
    )
    .await;
    let form = second_form(&step).fill("totp", &bob.code(&app.clock));
    let page = browser.submit(&form).await;
    assert_eq!(page.find("[data-testid=recovery-codes]"), None);
    assert!(page.find("[data-testid=remove-form]").is_some());
}

async fn texts_that_are_no_code_are_shown_at_their_field(app: App) {
    let ada = ada(&app).await;
    let owner = owner(&app, ada).await;
    let browser = app.client();
    let step = first_step(&browser, "/login", &owner.user.email).await;
    let form = second_form(&step);
    for text in [
        "",
        "12345",
        "\u{200b}",
        "<script>alert(1)</script>",
        "١٢٣٤٥٦",
        &"1".repeat(5_000),
    ] {
        let page = browser.submit(&form.clone().fill("totp", text)).await;
        let error = page.find("#totp-error").unwrap_or_default();
        assert!(error.contains("six digits"), "{text:.20}: {}", page.text);
        assert!(!page.text.contains("<script>alert"), "{}", page.text);
    }
    // The form is still good, also when it is submitted twice.
    let form = form.fill("totp", &owner.code(&app.clock));
    let (one, two) = tokio::join!(browser.submit(&form), browser.submit(&form));
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200));
    assert!(is_logged_in(&browser).await);
}
