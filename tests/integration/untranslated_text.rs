//! Text outside of the catalogue. Japanese is the pseudo-language of this test: its sentences have no Latin letters
//! but in names, so an English word on a Japanese page comes from nowhere in the catalogue.

use std::collections::BTreeSet;

use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, CompetitionView, Role, forms::CompetitionInput},
};
use reqwest::Method;
use scraper::{Html, Node};

use crate::{
    harness::{App, Client, Reply},
    on_both_backends,
};

on_both_backends!(no_page_and_no_message_has_a_word_from_outside_of_the_catalogue,);

/// Names of products, formats, zones and parameters, which are the same in every language.
const NAMES: &[&str] = &[
    "mini",
    "compete",
    "api",
    "csv",
    "json",
    "markdown",
    "utc",
    "gmt",
    "qr",
    "id",
    "totp",
    "google",
    "microsoft",
    "outlook",
    "apple",
    "ical",
    "ics",
    "svg",
    "png",
    "openapi",
    "km",
    "ok",
    "url",
    "authy",
    "aegis",
    "ip",
    "faq",
];
/// Elements that contain code or data.
const CODE: &[&str] = &[
    "script", "style", "code", "pre", "textarea", "template", "noscript", "svg",
];
/// Attributes that people read or hear.
const SPOKEN: &[&str] = &[
    "aria-label",
    "title",
    "alt",
    "placeholder",
    "aria-description",
];

/// Returns the texts of a page that people read or hear, except code and what they typed.
fn texts(page: &str) -> Vec<String> {
    let page = Html::parse_document(page);
    let mut texts = Vec::new();
    for node in page.tree.nodes() {
        let is_code = node.ancestors().any(|ancestor| {
            let element = ancestor.value().as_element();
            element.is_some_and(|element| CODE.contains(&element.name()))
        });
        match node.value() {
            Node::Text(text) if !is_code => texts.push(text.to_string()),
            Node::Element(element) if element.name() == "meta" => {
                let name = element.attr("name").or_else(|| element.attr("property"));
                if name.is_some_and(|name| name.ends_with("description") || name.ends_with("title"))
                {
                    texts.extend(element.attr("content").map(str::to_owned));
                }
            }
            Node::Element(element) => {
                let spoken = SPOKEN.iter().filter_map(|name| element.attr(name));
                texts.extend(spoken.map(str::to_owned));
            }
            _ => {}
        }
    }
    texts
}

/// Returns the English words in a text. Addresses and the names of time zones are none.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace()
        .filter(|part| !part.contains(['@', '/', '_']))
        .flat_map(|part| part.split(|c: char| !c.is_ascii_alphabetic()))
        .filter(|word| word.len() > 1)
        .map(str::to_lowercase)
}

/// The pages that were read, and the words that people typed.
struct Reader {
    typed: BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Reader {
    fn read(&mut self, page: &Reply) {
        assert_eq!(page.header("content-language"), Some("ja"), "{}", page.url);
        for text in texts(&page.text) {
            let unknown = words(&text).filter(|word| {
                !NAMES.contains(&word.as_str()) && !self.typed.contains(word.as_str())
            });
            let unknown: Vec<_> = unknown.collect();
            if !unknown.is_empty() {
                let path = page.url.splitn(4, '/').nth(3).unwrap_or_default();
                self.found
                    .insert(format!("/{path}: {unknown:?} in {:?}", text.trim()));
            }
        }
    }

    async fn visit(&mut self, client: &Client, paths: &[&str]) {
        for path in paths {
            let request = client
                .request(Method::GET, path)
                .header("accept", "text/html");
            let page = client.send(request).await;
            self.read(&page);
        }
    }
}

/// Creates the competitions whose pages differ.
async fn competitions(app: &App, organizer: Actor) -> Vec<CompetitionView> {
    let now = app.clock.now();
    let input = |status| CompetitionInput {
        status,
        title: "東京スプリント大会".to_owned(),
        description: "説明".to_owned(),
        location: "会場".to_owned(),
        tags: vec!["競技".to_owned()],
        ..app.competition_input(1, true)
    };
    let open = input(CompetitionStatus::Published);
    let soon = CompetitionInput {
        opens_at: Some(now + chrono::TimeDelta::hours(1)),
        ..open.clone()
    };
    let bare = CompetitionInput {
        description: String::new(),
        location: String::new(),
        tags: Vec::new(),
        ..open.clone()
    };
    let cancelled = open.clone();
    let draft = input(CompetitionStatus::Draft);
    let mut created = Vec::new();
    for input in [open, soon, bare, draft, cancelled] {
        let competition = app.services.competitions.create(organizer, input).await;
        created.push(competition.unwrap());
    }
    created
}

async fn no_page_and_no_message_has_a_word_from_outside_of_the_catalogue(app: App) {
    let participant = app.account("Grace", Role::Participant).await;
    let organizer = app.account("Ada", Role::Organizer).await;
    let typed = ["grace", "ada", "person"].map(str::to_owned);
    let mut reader = Reader {
        typed: typed.into(),
        found: BTreeSet::new(),
    };
    let actor = Actor::from(&organizer);
    let created = competitions(&app, actor).await;
    let full = created[0].id;
    app.register_all(&app.participants(1).await, full).await;
    let organizer_api = app.client().with_token(app.token(actor).await);
    let cancel = organizer_api
        .request(
            Method::PATCH,
            &format!("/api/v1/competitions/{}", created[4].id),
        )
        .json(&serde_json::json!({ "status": "CANCELLED" }));
    assert_eq!(organizer_api.send(cancel).await.status, 200);
    let pages: Vec<_> = created
        .iter()
        .map(|one| format!("/competitions/{}", one.id))
        .collect();
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let public = [&pages[..3], &pages[4..]].concat();

    let visitor = app.client();
    let by_organizer = format!("/organizers/{}", organizer.id);
    let choice = "/?lang=ja";
    reader.visit(&visitor, &[choice, "/competitions"]).await;
    reader.visit(&visitor, &public).await;
    reader
        .visit(
            &visitor,
            &[
                &by_organizer,
                "/competitions?search=%E4%BD%95%E3%82%82%E3%81%AA%E3%81%84",
                "/competitions?status=open&sort=deadline",
                "/signup",
                "/login",
                "/forgot",
                "/reset?token=x",
                "/verify-email?token=x",
                "/unsubscribe?token=x",
                "/nowhere",
            ],
        )
        .await;
    let form = visitor.get("/signup").await;
    let form = form.form("form[action='/act/signup']").fill("name", "");
    reader.read(&visitor.submit(&form.fill("email", "あ")).await);

    let reads = app.client();
    reader.visit(&reads, &[choice]).await;
    reader.read(&reads.log_in(&participant.email).await);
    reader.visit(&reads, &public).await;
    for page in [pages[0], pages[2]] {
        let form = reads.get(page).await.form("[data-testid=register-form]");
        reader.read(&reads.submit(&form).await);
    }
    while app.open_jobs().await > 0 {
        app.run_ready_jobs().await;
    }
    let registrations = reads.get("/me/registrations").await;
    let messages = reads.get("/me/mailbox").await;
    let links = |page: &Reply, start: &str| -> Vec<String> {
        let links = page.text.split("href=\"").skip(1);
        let links = links.filter_map(|rest| rest.split('"').next());
        let links = links.filter(|link| link.starts_with(start));
        links.map(|link| link.replace("&amp;", "&")).collect()
    };
    let opened = [
        links(&registrations, "/me/registrations/"),
        links(&messages, "/me/mailbox?message="),
    ]
    .concat();
    assert!(opened.len() > 2, "{opened:?}");
    let opened: Vec<&str> = opened.iter().map(String::as_str).collect();
    reader.visit(&reads, &opened).await;
    reader
        .visit(
            &reads,
            &[
                "/me/registrations",
                "/me/mailbox?unread=true",
                "/me/profile",
                "/me/security",
                "/me/second-factor",
                "/me/data",
                "/me/sessions",
                "/confirm-password",
                "/organize",
            ],
        )
        .await;

    let organizes = app.client();
    reader.visit(&organizes, &[choice]).await;
    reader.read(&organizes.log_in(&organizer.email).await);
    reader
        .visit(&organizes, &["/organize", "/organize/new"])
        .await;
    for one in &created {
        for page in ["", "/edit", "/call-off", "/delete", "/registrations"] {
            let path = format!("/organize/{}{page}", one.id);
            reader.visit(&organizes, &[&path]).await;
        }
    }
    let found: Vec<_> = reader.found.into_iter().collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
