//! A visitor who presses Register and then logs in or signs up is registered without a second press.

use mini_compete::{
    domain::Actor,
    model::{CompetitionView, Role},
};
use reqwest::Method;
use serde_json::json;

use crate::{
    harness::{App, Client, FakeSmtpServer, PASSWORD, Reply, spawn_mailing_app},
    lost_sessions::submit,
    on_both_backends, on_both_backends_with,
};

on_both_backends!(
    a_stranger_who_presses_register_and_signs_up_has_a_seat,
    a_stranger_who_presses_register_and_logs_in_has_a_seat,
    a_log_in_that_is_submitted_twice_takes_one_seat,
    a_link_that_somebody_made_registers_nobody,
    an_intent_is_done_only_where_the_log_in_leads_to_it,
    every_link_of_the_log_in_keeps_where_it_leads,
    logging_out_says_so,
    logging_out_forgets_the_intent,
    what_was_typed_and_is_lost_is_asked_for_again,
);

on_both_backends_with!(
    spawn_mailing_app:
    an_intent_survives_the_confirmation_of_the_address,
    an_intent_with_answers_survives_it_as_well,
    an_address_confirmed_elsewhere_leaves_one_press,
    a_link_in_a_mail_leads_on_to_where_the_visitor_was_going,
);

/// Presses the register button as a stranger, and returns the log-in page that follows.
async fn press_register(app: &App, browser: &Client, competition: impl std::fmt::Display) -> Reply {
    let page = browser.get(&format!("/competitions/{competition}")).await;
    let login = browser
        .submit(&page.form("[data-testid=register-form]"))
        .await;
    assert_eq!(app.assert_seat_invariant().await, 0);
    assert!(login.url.contains("/login?next="), "{}", login.url);
    login
}

fn log_in_form(login: &Reply, email: &str) -> crate::harness::Form {
    let form = login.form("[data-testid=login-form]");
    form.fill("email", email).fill("password", PASSWORD)
}

async fn sign_up(browser: &Client, login: &Reply) -> Reply {
    let (_, rest) = login.text.split_once("/signup?next=").expect("a link");
    let next = rest.split('"').next().unwrap();
    let page = browser.get(&format!("/signup?next={next}")).await;
    assert!(page.text.contains("Sign up and register"), "{}", page.text);
    let form = page.form("[data-testid=signup-form]");
    let form = form.fill("name", "Ada").fill("email", "ada@example.test");
    browser.submit(&form.fill("password", PASSWORD)).await
}

async fn a_stranger_who_presses_register_and_signs_up_has_a_seat(app: App) {
    let competition = app.competition(5, false).await;
    let browser = app.client();
    let login = press_register(&app, &browser, competition.id).await;
    let page = sign_up(&browser, &login).await;
    assert!(page.url.contains("/me/registrations/"), "{}", page.url);
    assert!(page.find("[data-testid=registration-status]").is_some());
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn a_stranger_who_presses_register_and_logs_in_has_a_seat(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let competition = app.competition(5, false).await;
    let browser = app.client();
    let login = press_register(&app, &browser, competition.id).await;
    assert!(login.text.contains("Log in and register"), "{}", login.text);
    // A wrong password loses nothing.
    let wrong = log_in_form(&login, &ada.email).fill("password", "not this one");
    let again = browser.submit(&wrong).await;
    let page = browser.submit(&log_in_form(&again, &ada.email)).await;
    assert!(page.find("[data-testid=registration-status]").is_some());
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn a_log_in_that_is_submitted_twice_takes_one_seat(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let competition = app.competition(5, false).await;
    let browser = app.client();
    let login = press_register(&app, &browser, competition.id).await;
    let form = log_in_form(&login, &ada.email);
    let (one, two) = tokio::join!(browser.submit(&form), browser.submit(&form));
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200));
    assert_eq!(app.assert_seat_invariant().await, 1);
    // It was done, so the next log-in does nothing more.
    let other = app.account("Bob", Role::Participant).await;
    browser
        .submit(&browser.get("/").await.form("form[action='/act/logout']"))
        .await;
    let next = format!("/login?next=/competitions/{}?register", competition.id);
    let login = browser.get(&next).await;
    browser.submit(&log_in_form(&login, &other.email)).await;
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn a_link_that_somebody_made_registers_nobody(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let competition = app.competition(5, false).await;
    let browser = app.client();
    let path = format!("/competitions/{}?register", competition.id);
    let login = browser.get(&format!("/login?next={path}")).await;
    assert!(!login.text.contains("Log in and register"));
    browser.submit(&log_in_form(&login, &ada.email)).await;
    browser.get(&path).await;
    assert_eq!(app.assert_seat_invariant().await, 0);
    // Nor does a cookie that somebody made.
    let forged = app.client();
    let login = forged.get(&format!("/login?next={path}")).await;
    let form = log_in_form(&login, &ada.email);
    let request = forged
        .request(Method::POST, &form.action)
        .header("sec-fetch-site", "same-origin")
        .header(
            "cookie",
            format!("mc_intent=register:{}:key", competition.id),
        )
        .form(&form.fields);
    forged.send(request).await;
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn an_intent_is_done_only_where_the_log_in_leads_to_it(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let competition = app.competition(5, false).await;
    let browser = app.client();
    press_register(&app, &browser, competition.id).await;
    // The visitor changes their mind, and logs in by the link in the header of another page.
    let login = browser.get("/login?next=/me/mailbox").await;
    let mailbox = browser.submit(&log_in_form(&login, &ada.email)).await;
    assert!(mailbox.url.ends_with("/me/mailbox"));
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn every_link_of_the_log_in_keeps_where_it_leads(app: App) {
    let browser = app.client();
    let page = browser.get("/competitions?search=chess").await;
    for link in ["/login", "/signup"] {
        let expected = format!("{link}?next=%2Fcompetitions%3Fsearch%3Dchess");
        assert!(page.text.contains(&expected), "{link}");
    }
    let next = "next=%2Fme%2Fmailbox";
    for path in ["/login", "/signup"] {
        let page = browser.get(&format!("{path}?{next}")).await;
        for link in ["/login", "/signup"] {
            assert!(
                page.text.contains(&format!("{link}?{next}")),
                "{path}: {link}"
            );
            assert!(
                !page.text.contains(&format!("href=\"{link}\"")),
                "{path}: {link}"
            );
        }
    }
    // An address that is taken leads to the log-in, too.
    app.account("Ada", Role::Participant).await;
    let form = browser.get(&format!("/signup?{next}")).await;
    let form = form.form("[data-testid=signup-form]").fill("name", "Ada");
    let form = form
        .fill("email", "ada@example.test")
        .fill("password", PASSWORD);
    let taken = browser.submit(&form).await;
    assert!(taken.text.contains("Log in instead"), "{}", taken.text);
}

async fn logging_out_says_so(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let browser = app.client();
    let page = browser.log_in(&ada.email).await;
    let home = browser
        .submit(&page.form("form[action='/act/logout']"))
        .await;
    assert!(home.find("[role=status]").unwrap().contains("logged out"));
}

async fn logging_out_forgets_the_intent(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let bob = app.account("Bob", Role::Participant).await;
    let competition = app.competition(5, false).await;
    let browser = app.client();
    let login = press_register(&app, &browser, competition.id).await;
    let (_, path) = login.url.split_once("/login").unwrap();
    let path = format!("/login{path}");
    let elsewhere = browser.get("/login?next=/me/mailbox").await;
    let page = browser.submit(&log_in_form(&elsewhere, &ada.email)).await;
    browser
        .submit(&page.form("form[action='/act/logout']"))
        .await;
    let login = browser.get(&path).await;
    browser.submit(&log_in_form(&login, &bob.email)).await;
    assert_eq!(app.assert_seat_invariant().await, 0);
}

async fn what_was_typed_and_is_lost_is_asked_for_again(app: App) {
    let ada = app.account("Ada", Role::Participant).await;
    let (competition, field) = asking_competition(&app).await;
    let browser = app.client();
    let page = browser
        .get(&format!("/competitions/{}", competition.id))
        .await;
    let form = page
        .form("[data-testid=register-form]")
        .fill(&field, "I swim.");
    // A log-in page that carries nothing, as after the link in a mail.
    submit(&browser, &form).await;
    let path = format!("/login?next=/competitions/{}?register", competition.id);
    let login = browser.get(&path).await;
    let page = submit(&browser, &log_in_form(&login, &ada.email)).await;
    assert!(page.text.contains("press Register again"), "{}", page.text);
    assert_eq!(app.assert_seat_invariant().await, 0);
    let form = page
        .form("[data-testid=register-form]")
        .fill(&field, "I swim.");
    let ticket = submit(&browser, &form).await;
    assert!(ticket.url.contains("/me/registrations/"), "{}", ticket.url);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn an_intent_survives_the_confirmation_of_the_address(app: App, server: FakeSmtpServer) {
    let competition = app.competition(5, false).await;
    let browser = app.client();
    let login = press_register(&app, &browser, competition.id).await;
    let wait = sign_up(&browser, &login).await;
    assert_eq!(wait.find("h1").unwrap(), "Check your mail");
    app.run_open_jobs().await;
    let token = server
        .tokens("/verify-email", "ada@example.test")
        .pop()
        .unwrap();
    let link = browser.get(&format!("/verify-email?token={token}")).await;
    assert_eq!(app.assert_seat_invariant().await, 0);
    let page = browser
        .submit(&link.form("[data-testid=verify-form]"))
        .await;
    assert!(
        page.find("[data-testid=registration-status]").is_some(),
        "{}",
        page.url
    );
    assert_eq!(app.assert_seat_invariant().await, 1);
}

/// A competition that requires an answer, and the name of its field.
async fn asking_competition(app: &App) -> (CompetitionView, String) {
    let organizer = app.account("Olga", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 5, false).await;
    let token = app.token(Actor::from(&organizer)).await;
    let path = format!("/api/v1/competitions/{}/questions", competition.id);
    let question = json!({ "kind": "LONG_TEXT", "label": "About you", "required": true });
    let added = app
        .client()
        .with_token(token)
        .post_json(&path, &question)
        .await;
    assert_eq!(added.status, 201, "{}", added.text);
    let id = added.json()["id"].as_str().unwrap().to_owned();
    (competition, format!("answers[q{id}]"))
}

/// Signs up on the page that the press on Register led to, without losing what it carries.
async fn sign_up_carrying(browser: &Client, login: &Reply) -> Reply {
    let mut form = login.form("[data-testid=login-form]");
    "/act/before-log-in".clone_into(&mut form.action);
    let next = form.value("next").unwrap().to_owned();
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    form.fields
        .push(("to".to_owned(), format!("/signup?next={next}")));
    let page = submit(browser, &form).await;
    let form = page.form("[data-testid=signup-form]");
    let form = form.fill("name", "Ada").fill("email", "ada@example.test");
    submit(browser, &form.fill("password", PASSWORD)).await
}

/// Returns the link of the newest mail that asks Ada to confirm her address.
async fn confirmation_link(app: &App, server: &FakeSmtpServer) -> String {
    app.run_open_jobs().await;
    let tokens = server.tokens("/verify-email", "ada@example.test");
    format!("/verify-email?token={}", tokens.last().unwrap())
}

async fn an_intent_with_answers_survives_it_as_well(app: App, server: FakeSmtpServer) {
    let (competition, field) = asking_competition(&app).await;
    let browser = app.client();
    let page = browser
        .get(&format!("/competitions/{}", competition.id))
        .await;
    let long = "I swim. ".repeat(200);
    let form = page.form("[data-testid=register-form]").fill(&field, &long);
    let login = submit(&browser, &form).await;
    assert!(login.text.contains("Log in and register"), "{}", login.text);
    let wait = sign_up_carrying(&browser, &login).await;
    assert_eq!(wait.find("h1").unwrap(), "Check your mail");
    let link = browser.get(&confirmation_link(&app, &server).await).await;
    let ticket = browser
        .submit(&link.form("[data-testid=verify-form]"))
        .await;
    let answers = ticket.find("[data-testid=answers]").unwrap_or_default();
    assert!(answers.contains("I swim."), "{}", ticket.url);
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn an_address_confirmed_elsewhere_leaves_one_press(app: App, server: FakeSmtpServer) {
    let (competition, field) = asking_competition(&app).await;
    let browser = app.client();
    let page = browser
        .get(&format!("/competitions/{}", competition.id))
        .await;
    let form = page
        .form("[data-testid=register-form]")
        .fill(&field, "I row.");
    let login = submit(&browser, &form).await;
    let wait = sign_up_carrying(&browser, &login).await;
    let phone = app.client();
    let link = phone.get(&confirmation_link(&app, &server).await).await;
    phone.submit(&link.form("[data-testid=verify-form]")).await;
    assert_eq!(
        app.assert_seat_invariant().await,
        0,
        "that browser wants nothing"
    );
    let (_, path) = wait.url.split_once("/verify-email").unwrap();
    let confirmed = browser.get(&format!("/verify-email{path}")).await;
    assert!(
        confirmed.text.contains(&competition.title),
        "it says for what the press registers"
    );
    let press = confirmed.form("[data-testid=waiting-registration]");
    for _ in 0..2 {
        let ticket = browser.submit(&press).await;
        let answers = ticket.find("[data-testid=answers]").unwrap_or_default();
        assert!(answers.contains("I row."), "{}", ticket.url);
    }
    assert_eq!(app.assert_seat_invariant().await, 1);
}

async fn a_link_in_a_mail_leads_on_to_where_the_visitor_was_going(
    app: App,
    server: FakeSmtpServer,
) {
    let browser = app.client();
    let page = browser.get("/signup?next=%2Fme%2Fmailbox").await;
    let form = page.form("[data-testid=signup-form]").fill("name", "Ada");
    let form = form
        .fill("email", "ada@example.test")
        .fill("password", PASSWORD);
    browser.submit(&form).await;
    browser.get("/verify-email?next=%2Fme%2Fmailbox").await;
    let link = browser.get(&confirmation_link(&app, &server).await).await;
    let confirmed = browser
        .submit(&link.form("[data-testid=verify-form]"))
        .await;
    assert!(
        confirmed.text.contains("href=\"/me/mailbox\""),
        "{}",
        confirmed.text
    );
    // A forgotten password, in a browser without a session.
    let browser = app.client();
    let page = browser.get("/forgot?next=%2Fme%2Fsecurity").await;
    let form = page.form("[data-testid=forgot-form]");
    browser
        .submit(&form.fill("email", "ada@example.test"))
        .await;
    app.run_open_jobs().await;
    let tokens = server.tokens("/reset", "ada@example.test");
    let link = format!("/reset?token={}", tokens.last().unwrap());
    let page = browser.get(&link).await;
    let form = page.form("[data-testid=reset-form]");
    let login = browser
        .submit(&form.fill("password", "another long passphrase 17"))
        .await;
    assert!(
        login.url.ends_with("/login?next=%2Fme%2Fsecurity"),
        "{}",
        login.url
    );
    let used = browser.get(&link).await;
    assert_eq!(used.status, 410, "{}", used.text);
}
