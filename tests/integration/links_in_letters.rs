//! The links in letters: fetched by a scanner, opened by another person, used twice, and used late.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use mini_compete::{
    domain::Actor,
    model::{
        Role, UserView,
        forms::{AnnouncementInput, CompetitionInput},
    },
    store::entity::{account_token, message, opening_reminder, registration, user},
};
use reqwest::Method;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;

use crate::{
    harness::{App, Client, FakeSmtpServer, PASSWORD, Reply, spawn_mailing_app},
    on_both_backends_with,
};

on_both_backends_with!(
    spawn_mailing_app:
    a_scanner_that_follows_every_link_of_every_letter_changes_nothing,
    a_link_concerns_the_account_that_it_was_sent_to_whoever_presses,
    a_link_that_was_used_says_so_and_leads_on,
    a_late_link_does_nothing_but_turn_mail_off,
);

const ADA: &str = "ada@example.test";
const NEWCOMER: &str = "newcomer@example.test";

/// Lets the clock pass, and does what is due.
async fn pass(app: &App, time: TimeDelta) {
    app.clock.advance(time);
    for _ in 0..2 {
        app.run_scheduled_tasks().await;
        app.run_jobs_with_retries().await;
    }
}

/// Posts to the API over a token or anonymously, and does the jobs that follow.
async fn post(app: &App, client: &Client, path: &str, body: serde_json::Value) {
    let reply = client.post_json(path, &body).await;
    assert!(reply.status.is_success(), "{path}: {}", reply.text);
    app.run_jobs_with_retries().await;
}

/// Sends Ada every kind of letter with a link, and somebody who has just signed up the one that asks to confirm.
async fn letters(app: &App) -> UserView {
    let account = app.account("Ada", Role::Participant).await;
    let ada = Actor::from(&account);
    let organizer = Actor::from(&app.account("Org", Role::Organizer).await);
    let competitions = &app.services.competitions;
    let open = competitions.create(organizer, app.competition_input(3, false));
    let open = open.await.unwrap().id;
    let soon = CompetitionInput {
        opens_at: Some(app.clock.now() + TimeDelta::minutes(30)),
        ..app.competition_input(3, false)
    };
    let soon = competitions.create(organizer, soon).await.unwrap().id;
    let wishes = &app.services.opening_reminders;
    wishes.want(ada, soon, true).await.unwrap();
    app.register_all(&[ada], open).await;
    let news = AnnouncementInput {
        subject: "Parking".to_owned(),
        body: "Use gate 2.".to_owned(),
        ..AnnouncementInput::default()
    };
    let announcements = &app.services.announcements;
    announcements
        .announce(organizer, open, None, news)
        .await
        .unwrap();
    app.run_jobs_with_retries().await;
    pass(app, TimeDelta::minutes(25)).await;
    pass(app, TimeDelta::days(7) + TimeDelta::hours(2)).await;
    let visitor = app.client();
    let sign_up = json!({ "name": "New", "email": NEWCOMER, "password": PASSWORD });
    post(app, &visitor, "/api/v1/auth/signup", sign_up).await;
    post(
        app,
        &visitor,
        "/api/v1/auth/forgot",
        json!({ "email": ADA }),
    )
    .await;
    let client = app.client().with_token(app.token(ada).await);
    let other = json!({ "email": "ada.new@example.test", "password": PASSWORD });
    post(app, &client, "/api/v1/me/email", other).await;
    account
}

/// Returns the links of this site in all mails, as paths with their query.
fn links(server: &FakeSmtpServer) -> BTreeSet<String> {
    let mut links = BTreeSet::new();
    for mail in server.received() {
        let text = mail.data.replace("=\r\n", "").replace("=3D", "=");
        for rest in text.split("http://").skip(1) {
            let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>');
            let address = rest.split(ends).next().unwrap_or_default();
            if let Some((_host, path)) = address.split_once('/') {
                links.insert(format!("/{}", path.replace("&amp;", "&")));
            }
        }
    }
    links
}

/// Returns what the database knows about people, as text.
async fn everything(app: &App) -> BTreeMap<&'static str, String> {
    let read = app.database().read();
    let users = user::Entity::find().order_by_asc(user::Column::Id);
    let messages = message::Entity::find().order_by_asc(message::Column::Id);
    let registrations = registration::Entity::find().order_by_asc(registration::Column::Id);
    let tokens = account_token::Entity::find().order_by_asc(account_token::Column::TokenHash);
    let wishes = opening_reminder::Entity::find();
    BTreeMap::from([
        ("users", format!("{:?}", users.all(read).await)),
        ("messages", format!("{:?}", messages.all(read).await)),
        (
            "registrations",
            format!("{:?}", registrations.all(read).await),
        ),
        ("tokens", format!("{:?}", tokens.all(read).await)),
        ("wishes", format!("{:?}", wishes.all(read).await)),
    ])
}

async fn a_scanner_that_follows_every_link_of_every_letter_changes_nothing(
    app: App,
    server: FakeSmtpServer,
) {
    letters(&app).await;
    let links = links(&server);
    for kind in [
        "/reset?token=",
        "/verify-email?token=",
        "/unsubscribe?token=",
        "/me/registrations/",
        "/competitions/",
    ] {
        assert!(
            links.iter().any(|link| link.starts_with(kind)),
            "{kind}: {links:?}"
        );
    }
    let (of_ada, of_bob) = (app.client(), app.client());
    app.account("Bob", Role::Participant).await;
    of_ada.log_in(ADA).await;
    of_bob.log_in("bob@example.test").await;
    let before = everything(&app).await;
    for link in &links {
        for client in [&app.client(), &of_ada, &of_bob] {
            for method in [Method::HEAD, Method::GET, Method::GET] {
                let request = client.request(method, link).header("accept", "text/html");
                let reply = client.send(request).await;
                assert!(!reply.status.is_server_error(), "{link}: {}", reply.status);
            }
        }
    }
    app.run_jobs_with_retries().await;
    assert_eq!(everything(&app).await, before);
}

/// Returns the account with an address.
async fn row(app: &App, email: &str) -> user::Model {
    let rows = user::Entity::find().all(app.database().read()).await;
    let mut rows = rows.unwrap().into_iter();
    rows.find(|row| row.email == email).expect("an account")
}

/// Opens a link, and presses the button of its page.
async fn press(client: &Client, link: &str, form: &str) -> Reply {
    let page = client.browse(link).await;
    let form = page.form(form);
    let form = match form.value("password") {
        Some(_) => form.fill("password", "another long phrase"),
        None => form,
    };
    client.submit(&form).await
}

/// The forms behind the links that do something, by the path of the link. A new password takes the other links of an
/// account with it, and a new address takes links to set a password, so that one is asked for when its turn comes.
const FORMS: [(&str, &str); 2] = [
    ("/verify-email", "[data-testid=verify-form]"),
    ("/unsubscribe", "form[action='/unsubscribe']"),
];
const RESET: &str = "[data-testid=reset-form]";

/// Returns the links with a path, and the form behind each of them.
fn links_to(server: &FakeSmtpServer, path: &str) -> Vec<String> {
    let links = links(server).into_iter();
    links.filter(|link| link.starts_with(path)).collect()
}

/// Asks for a link to set a new password, and returns it.
async fn new_reset_link(app: &App, server: &FakeSmtpServer, email: &str) -> String {
    let former = links_to(server, "/reset");
    let body = json!({ "email": email });
    post(app, &app.client(), "/api/v1/auth/forgot", body).await;
    let mut now = links_to(server, "/reset").into_iter();
    now.find(|link| !former.contains(link)).expect("a new link")
}

async fn a_link_concerns_the_account_that_it_was_sent_to_whoever_presses(
    app: App,
    server: FakeSmtpServer,
) {
    letters(&app).await;
    app.account("Bob", Role::Participant).await;
    let bob = app.client();
    bob.log_in("bob@example.test").await;
    let before = row(&app, "bob@example.test").await;
    let mut pressed = 0;
    for (path, form) in FORMS {
        for link in links_to(&server, path) {
            let done = press(&bob, &link, form).await;
            assert!(done.status.is_success(), "{link}: {}", done.text);
            pressed += 1;
        }
    }
    assert_eq!(pressed, 5, "two addresses, and three kinds of mail");
    let reset = new_reset_link(&app, &server, "ada.new@example.test").await;
    assert!(press(&bob, &reset, RESET).await.status.is_success());
    assert_eq!(row(&app, "bob@example.test").await, before);
    let profile = bob.get("/api/v1/me").await;
    assert_eq!(profile.json()["email"], "bob@example.test", "still Bob");
    let ada = row(&app, "ada.new@example.test").await;
    assert_eq!(
        (ada.reminders, ada.opening_reminders, ada.announcements),
        (false, false, false)
    );
    assert!(row(&app, NEWCOMER).await.email_confirmed);
}

async fn a_link_that_was_used_says_so_and_leads_on(app: App, server: FakeSmtpServer) {
    letters(&app).await;
    let mut used = Vec::new();
    for (path, form) in FORMS {
        used.extend(links_to(&server, path).into_iter().map(|link| (link, form)));
    }
    used.push((String::new(), RESET));
    for (link, form) in used {
        let link = match form {
            RESET => new_reset_link(&app, &server, "ada.new@example.test").await,
            _ => link,
        };
        let visitor = app.client();
        let page = visitor.browse(&link).await;
        press(&visitor, &link, form).await;
        let before = everything(&app).await;
        // The page may still be open, or opened again.
        let stale = page.form(form).fill("password", "yet another long phrase");
        let stale = visitor.submit(&stale).await;
        assert!(!stale.status.is_server_error(), "{link}: {}", stale.text);
        assert_eq!(everything(&app).await, before, "{link}");
        let again = app.client().browse(&link).await;
        let way_on = again.find("main a, main button").unwrap_or_default();
        assert!(!way_on.is_empty(), "{link}: {}", again.text);
        if !link.starts_with("/unsubscribe") {
            let statuses = (again.status.as_u16(), stale.status.as_u16());
            assert_eq!(statuses, (410, 410), "{link}");
        }
    }
}

async fn a_late_link_does_nothing_but_turn_mail_off(app: App, server: FakeSmtpServer) {
    letters(&app).await;
    let mut pages = Vec::new();
    for (path, form) in FORMS.into_iter().chain([("/reset", RESET)]) {
        for link in links_to(&server, path) {
            let page = app.client().browse(&link).await.form(form);
            pages.push((path, link, page.fill("password", "another long phrase")));
        }
    }
    app.clock.advance(TimeDelta::days(400));
    for (path, link, form) in pages {
        let before = everything(&app).await;
        let visitor = app.client();
        let late = visitor.submit(&form).await;
        assert!(!late.status.is_server_error(), "{link}: {}", late.text);
        let opened = visitor.browse(&link).await;
        match path {
            "/unsubscribe" => assert_ne!(everything(&app).await, before, "{link}"),
            _ => {
                assert_eq!(opened.status, 410, "{link}");
                assert_eq!(everything(&app).await, before, "{link}");
            }
        }
    }
}
