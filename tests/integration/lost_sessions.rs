//! Forms whose session has ended by the time they are sent: what was typed survives the log-in.

use mini_compete::{
    domain::{Actor, rate_limits::RateLimit},
    model::Role,
};
use reqwest::Method;

use crate::{
    harness::{App, Client, FakeSmtpServer, Form, PASSWORD, Reply, spawn_mailing_app},
    on_both_backends, on_both_backends_rate_limited, on_both_backends_with, second_factor,
};

on_both_backends!(
    a_profile_typed_before_the_session_ended_is_there_after_the_log_in,
    a_competition_typed_before_the_session_ended_is_there_after_a_wrong_and_a_right_password,
    an_edit_is_still_based_on_the_version_that_its_form_showed,
    nothing_that_was_typed_is_stored_before_the_log_in,
    a_password_is_never_carried,
    what_was_typed_survives_a_log_in_with_a_second_factor,
    what_was_typed_survives_a_sign_up_and_is_in_no_cookie,
    an_address_typed_at_the_log_in_is_there_on_the_other_pages_and_in_no_address,
    no_page_but_those_before_a_log_in_is_shown_with_what_was_typed,
);

on_both_backends_with!(
    spawn_mailing_app:
    what_was_typed_survives_a_forgotten_password,
);

on_both_backends_rate_limited!(
    a_form_that_is_sent_too_often_keeps_its_input,
    a_form_that_was_not_read_leads_back_to_the_input,
);

/// Submits a form as a browser does, which accepts HTML.
pub async fn submit(client: &Client, form: &Form) -> Reply {
    let request = client
        .request(Method::POST, &form.action)
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html")
        .form(&form.fields);
    client.send(request).await
}

/// Logs out, as in another tab of the same browser.
async fn log_out(client: &Client) {
    let form = Form {
        action: "/act/logout".into(),
        fields: Vec::new(),
    };
    submit(client, &form).await;
}

/// Logs an account in, and out again while its page is open.
async fn page_without_session(app: &App, name: &str, role: Role, path: &str) -> (Client, Reply) {
    let account = app.account(name, role).await;
    let client = app.client();
    client.log_in(&account.email).await;
    let page = client.get(path).await;
    assert_eq!(page.status, 200, "{path}");
    log_out(&client).await;
    (client, page)
}

/// Fills in the log-in form of a page.
fn log_in(page: &Reply, email: &str, password: &str) -> Form {
    page.form("[data-testid=login-form]")
        .fill("email", email)
        .fill("password", password)
}

async fn a_profile_typed_before_the_session_ended_is_there_after_the_log_in(app: App) {
    let path = "/me/profile";
    let (client, page) = page_without_session(&app, "Grace", Role::Participant, path).await;
    let form = page.form("[data-testid=profile-form]");
    let form = form.fill("name", "Grace <Hopper> \"née\" Murray");
    let asked = submit(&client, &form).await;
    assert!(asked.text.contains("what you typed is still here"));
    let back = submit(&client, &log_in(&asked, "grace@example.test", PASSWORD)).await;
    assert!(back.url.ends_with(path), "{}", back.url);
    let form = back.form("[data-testid=profile-form]");
    assert_eq!(form.value("name"), Some("Grace <Hopper> \"née\" Murray"));
    assert!(back.text.contains("not saved yet"));
    let saved = submit(&client, &form).await;
    assert!(saved.text.contains("Your profile is saved"));
}

async fn a_competition_typed_before_the_session_ended_is_there_after_a_wrong_and_a_right_password(
    app: App,
) {
    let path = "/organize/new";
    let (client, page) = page_without_session(&app, "Olga", Role::Organizer, path).await;
    let description = "Zeile 1\r\n\"ö\" \u{1f600}\r\n".repeat(1_200);
    let form = page
        .form("[data-testid=competition-form]")
        .fill("title", "Autumn Cup")
        .fill("description", &description)
        .fill("capacity", "many");
    let asked = submit(&client, &form).await;
    let wrong = submit(
        &client,
        &log_in(&asked, "olga@example.test", "not this one"),
    )
    .await;
    assert!(wrong.find("[role=alert]").is_some(), "{}", wrong.text);
    let again = wrong.form("[data-testid=login-form]");
    assert_eq!(again.value("email"), Some("olga@example.test"));
    let back = submit(&client, &log_in(&wrong, "olga@example.test", PASSWORD)).await;
    assert!(back.url.ends_with(path), "{}", back.url);
    let form = back.form("[data-testid=competition-form]");
    assert_eq!(form.value("title"), Some("Autumn Cup"));
    assert_eq!(form.value("capacity"), Some("many"));
    let kept = form.value("description").unwrap().replace("\r\n", "\n");
    assert_eq!(kept.trim(), description.replace("\r\n", "\n").trim());
}

async fn an_edit_is_still_based_on_the_version_that_its_form_showed(app: App) {
    let olga = app.account("Olga", Role::Organizer).await;
    let client = app.client();
    client.log_in(&olga.email).await;
    let actor = Actor::from(&olga);
    let competitions = &app.services.competitions;
    let input = app.competition_input(3, false);
    let competition = competitions.create(actor, input.clone()).await.unwrap();
    let path = format!("/organize/{}/edit", competition.id);
    let page = client.get(&path).await;
    log_out(&client).await;
    let mut elsewhere = input;
    elsewhere.location = "Elsewhere".into();
    let edited = competitions
        .edit(actor, competition.id, elsewhere, None)
        .await;
    edited.unwrap();
    let form = page.form("[data-testid=competition-form]");
    let asked = submit(&client, &form.fill("title", "Another Title")).await;
    let back = submit(&client, &log_in(&asked, &olga.email, PASSWORD)).await;
    let form = back.form("[data-testid=competition-form]");
    let refused = submit(&client, &form).await;
    assert!(
        refused.text.contains("Somebody else saved"),
        "{}",
        refused.url
    );
}

async fn nothing_that_was_typed_is_stored_before_the_log_in(app: App) {
    let client = app.client();
    let fields = [("title", "A secret plan"), ("description", "Not public")];
    let form = Form {
        action: "/act/create-competition".into(),
        fields: fields.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
    };
    let asked = submit(&client, &form).await;
    assert_eq!(asked.header("set-cookie"), None);
    assert_eq!(asked.header("cache-control"), Some("no-store"));
    let carried = asked.form("[data-testid=login-form]");
    assert!(carried.value("carried").unwrap().contains("A secret plan"));
    let login = client.get("/login").await;
    assert!(!login.text.contains("A secret plan"));
}

async fn a_password_is_never_carried(app: App) {
    let path = "/me/security";
    let (client, page) = page_without_session(&app, "Grace", Role::Participant, path).await;
    let form = page
        .form("[data-testid=email-form]")
        .fill("email", "new@example.test")
        .fill("password", "correct horse battery");
    let asked = submit(&client, &form).await;
    assert!(asked.text.contains("new@example.test"));
    assert!(!asked.text.contains("correct horse"));
}

/// Follows a way to another page before the log-in, which is a button on pages that carry what was typed.
async fn go(client: &Client, page: &Reply, to: &str) -> Reply {
    let forms = page.page_forms();
    let way = forms.into_iter().find(|form| {
        let mut names = form.hidden.iter();
        names.any(|(name, value)| name == "to" && value.starts_with(to))
    });
    client.submit_page_form(&way.expect("a way on")).await
}

/// Sends the form of the profile with another name after its session has ended.
async fn typed_without_session(app: &App, name: &str) -> (Client, Reply) {
    let path = "/me/profile";
    let (client, page) = page_without_session(app, name, Role::Participant, path).await;
    let form = page.form("[data-testid=profile-form]");
    let asked = submit(&client, &form.fill("name", "Typed Before")).await;
    (client, asked)
}

fn is_filled_in(page: &Reply) {
    assert!(page.url.ends_with("/me/profile"), "{}", page.url);
    let form = page.form("[data-testid=profile-form]");
    assert_eq!(form.value("name"), Some("Typed Before"));
    assert!(page.text.contains("not saved yet"));
}

async fn what_was_typed_survives_a_log_in_with_a_second_factor(app: App) {
    let (client, asked) = typed_without_session(&app, "Grace").await;
    let grace = app.verify_password("grace@example.test").await.user;
    let owner = second_factor::owner(&app, grace).await;
    let log_in = log_in(&asked, "grace@example.test", PASSWORD);
    let step = submit(&client, &log_in).await;
    let wrong = step
        .form("[data-testid=second-factor-form]")
        .fill("totp", "12");
    let again = submit(&client, &wrong).await;
    assert!(again.text.contains("six digits"), "{}", again.text);
    let right = again
        .form("[data-testid=second-factor-form]")
        .fill("totp", &owner.code(&app.clock));
    is_filled_in(&submit(&client, &right).await);
}

async fn what_was_typed_survives_a_sign_up_and_is_in_no_cookie(app: App) {
    let (client, asked) = typed_without_session(&app, "Grace").await;
    let page = go(&client, &asked, "/signup").await;
    assert_eq!(page.header("set-cookie"), None);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let form = page
        .form("[data-testid=signup-form]")
        .fill("name", "Ada")
        .fill("email", "not an address")
        .fill("password", PASSWORD);
    let refused = submit(&client, &form).await;
    let form = refused
        .form("[data-testid=signup-form]")
        .fill("email", "ada@example.test")
        .fill("password", PASSWORD);
    is_filled_in(&submit(&client, &form).await);
}

async fn what_was_typed_survives_a_forgotten_password(app: App, server: FakeSmtpServer) {
    let (client, asked) = typed_without_session(&app, "Grace").await;
    let page = go(&client, &asked, "/forgot").await;
    let form = page.form("[data-testid=forgot-form]");
    let sent = submit(&client, &form.fill("email", "grace@example.test")).await;
    assert!(
        sent.text.contains("come back to this page"),
        "{}",
        sent.text
    );
    app.run_open_jobs().await;
    assert_eq!(server.subjects("grace@example.test").len(), 1);
    // Another tab of the same browser sets the new password meanwhile.
    let page = go(&client, &sent, "/login").await;
    is_filled_in(&submit(&client, &log_in(&page, "grace@example.test", PASSWORD)).await);
}

async fn an_address_typed_at_the_log_in_is_there_on_the_other_pages_and_in_no_address(app: App) {
    let client = app.client();
    let email = "grace+typed@example.test";
    let mut page = client.get("/login?next=%2Fme%2Fmailbox").await;
    for (to, form) in [
        ("/signup", "[data-testid=signup-form]"),
        ("/login", "[data-testid=login-form]"),
    ] {
        let ways = page.page_forms();
        let way = ways.iter().find(|way| {
            let mut hidden = way.hidden.iter();
            hidden.any(|(name, value)| name == "to" && value.starts_with(to))
        });
        // The first page gets the address, and each further one has it already.
        let typed = way.unwrap().filled(|control| match control.name.as_str() {
            "email" if control.value.is_empty() => Some(email.to_owned()),
            "password" => Some("a secret that is not sent on".to_owned()),
            _ => None,
        });
        page = client.submit_page_form(&typed).await;
        assert!(
            page.url.ends_with(&format!("{to}?next=%2Fme%2Fmailbox")),
            "{}",
            page.url
        );
        assert_eq!(page.form(form).value("email"), Some(email));
        assert!(!page.text.contains("a secret that"));
        assert!(page.find("[role=alert]").is_none(), "nothing is wrong yet");
    }
    let again = client.get("/login").await;
    let form = again.form("[data-testid=login-form]");
    assert_eq!(form.value("email"), Some(""), "once");
}

async fn no_page_but_those_before_a_log_in_is_shown_with_what_was_typed(app: App) {
    let (client, asked) = typed_without_session(&app, "Grace").await;
    for to in [
        "/",
        "/me/profile",
        "/competitions",
        "//evil.example/login",
        "https://evil.example/login",
        "/login/../me",
        "",
    ] {
        let mut form = asked.form("[data-testid=login-form]");
        "/act/before-log-in".clone_into(&mut form.action);
        form.fields.push(("to".to_owned(), to.to_owned()));
        let page = submit(&client, &form).await;
        assert!(page.find("[data-testid=login-form]").is_some(), "{to}");
        assert!(page.text.contains("Typed Before"), "{to}");
    }
}

async fn a_form_that_is_sent_too_often_keeps_its_input(app: App) {
    let email = "grace@example.test";
    app.account("Grace", Role::Participant).await;
    app.exhaust(RateLimit::FAILURES_OF_ACCOUNT, email).await;
    let client = app.client();
    let page = client.get("/login").await;
    let mut last = submit(&client, &log_in(&page, email, "a wrong password")).await;
    // The account is counted by an identifier of its own, so guesses count too.
    for _ in 0..RateLimit::FAILURES_OF_ACCOUNT.most() {
        last = submit(&client, &log_in(&last, email, "a wrong password")).await;
    }
    assert!(last.text.contains("a little fast"), "{}", last.text);
    let form = last.form("[data-testid=login-form]");
    assert_eq!(form.value("email"), Some(email));
}

async fn a_form_that_was_not_read_leads_back_to_the_input(app: App) {
    let address = "203.0.113.30";
    app.exhaust(RateLimit::FORMS, address).await;
    let client = app.client();
    let request = client
        .request_from(address, Method::POST, "/act/login")
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html")
        .form(&[("email", "a@b.example")]);
    let page = client.send(request).await;
    assert_eq!(page.status, 429);
    assert!(page.find(".site-header").is_some(), "the page has a design");
    assert!(page.text.contains("your browser still has what you typed"));
}
