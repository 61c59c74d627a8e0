//! Reads what the application says in Japanese, and finds the words that no catalogue has.

use std::collections::BTreeSet;

use mini_compete::model::Language;
use reqwest::{Method, header};
use scraper::{Html, Node};
use serde_json::Value;

use crate::harness::{Client, Reply};

/// Names of products, formats, zones and parameters, which are the same in every language.
const NAMES: &[&str] = &[
    "mini", "compete", "utc", "google", "outlook", "ics", "markdown", "web",
];
/// Elements that contain code or data.
const CODE: &[&str] = &[
    "script", "style", "code", "pre", "textarea", "template", "noscript",
];
/// Attributes that people read or hear.
const SPOKEN: &[&str] = &[
    "aria-label",
    "title",
    "alt",
    "placeholder",
    "aria-description",
    "aria-roledescription",
];

/// Returns the texts of a document that people read or hear, except code and what they typed.
fn texts(document: &str) -> Vec<String> {
    let document = Html::parse_document(document);
    let mut texts = Vec::new();
    for node in document.tree.nodes() {
        let is_code = node.ancestors().any(|ancestor| {
            let element = ancestor.value().as_element();
            element.is_some_and(|element| {
                // The names of other languages are in those languages.
                CODE.contains(&element.name()) || element.attr("hreflang").is_some()
            })
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
                if ["submit", "button"]
                    .map(Some)
                    .contains(&element.attr("type"))
                {
                    texts.extend(element.attr("value").map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    texts
}

/// Returns the English words in a text. Addresses, identifiers in `camelCase` or with digits, and the names of time
/// zones are none.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| c.is_whitespace() || !c.is_ascii())
        .filter(|part| !part.contains(['@', '/', '_', '?', '=']))
        .flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()))
        .filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic()))
        .filter(|word| !word.chars().skip(1).any(|c| c.is_ascii_uppercase()))
        .map(str::to_lowercase)
}

/// What was read, and which words people typed.
pub(super) struct Reader {
    typed: BTreeSet<String>,
    found: BTreeSet<String>,
    visited: BTreeSet<String>,
}

impl Reader {
    /// Creates a reader that knows the words that people typed.
    pub(super) fn new(typed: &[&str]) -> Self {
        Self {
            typed: typed.iter().map(|word| (*word).to_owned()).collect(),
            found: BTreeSet::new(),
            visited: BTreeSet::new(),
        }
    }

    /// Reads the words of one text.
    pub(super) fn read_text(&mut self, place: &str, text: &str) {
        let unknown = words(text)
            .filter(|word| !NAMES.contains(&word.as_str()) && !self.typed.contains(word.as_str()));
        let unknown: Vec<_> = unknown.collect();
        if !unknown.is_empty() {
            let text = text.trim();
            self.found
                .insert(format!("{place}: {unknown:?} in {text:?}"));
        }
    }

    /// Reads a document in HTML.
    pub(super) fn read_html(&mut self, place: &str, html: &str) {
        let own_names = Language::ALL.map(Language::own_name);
        for text in texts(html) {
            // Languages are listed by the names that they have themselves.
            if !own_names.contains(&text.trim()) {
                self.read_text(place, &text);
            }
        }
    }

    /// Reads the words of a page.
    pub(super) fn read(&mut self, page: &Reply) {
        assert_eq!(page.header("content-language"), Some("ja"), "{}", page.url);
        let path = page.url.splitn(4, '/').nth(3).unwrap_or_default();
        let path = format!("/{path}");
        self.read_html(&path, &page.text);
        let path = path.split('?').next().unwrap_or_default();
        self.visited.insert(path.to_owned());
    }

    /// Opens pages and reads them.
    pub(super) async fn visit(&mut self, client: &Client, paths: &[&str]) {
        for path in paths {
            let request = client
                .request(Method::GET, path)
                .header(header::ACCEPT, "text/html");
            let page = client.send(request).await;
            self.read(&page);
        }
    }

    /// Reads the sentences of a problem. The responses to registrations name no language: they are stored.
    pub(super) fn read_problem(&mut self, reply: &Reply) {
        let language = reply.header("content-language").unwrap_or("ja");
        assert_eq!(language, "ja", "{}", reply.url);
        let problem = reply.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let messages = errors.iter().map(|error| &error["message"]);
        for sentence in messages.chain([&problem["detail"]]) {
            let place = format!("{} {}", reply.status, problem["type"]);
            self.read_text(&place, sentence.as_str().unwrap_or_default());
        }
        assert!(matches!(problem["detail"], Value::String(_)), "{problem}");
    }

    /// Asserts that a page was read for each of these routes, such as `/competitions/{id}`.
    pub(super) fn assert_read_all(&self, routes: &[String]) {
        let is_read = |route: &String| {
            self.visited.iter().any(|path| {
                let (route, path) = (route.split('/'), path.split('/'));
                route.clone().count() == path.clone().count()
                    && (route.zip(path))
                        .all(|(of_route, of_path)| of_route.starts_with('{') || of_route == of_path)
            })
        };
        let missing: Vec<_> = routes.iter().filter(|route| !is_read(route)).collect();
        assert!(missing.is_empty(), "no page was read for {missing:?}");
    }

    /// Asserts that all words were in the catalogue, or typed.
    pub(super) fn assert_nothing_found(&self) {
        let found: Vec<_> = self.found.iter().cloned().collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn english_words_are_found_and_identifiers_are_not() {
    let found: Vec<_> =
        words("登録 Open until 18:00・`regDeadline` a/b x@y.z 3km Europe/Berlin (Full)").collect();
    assert_eq!(found, ["open", "until", "full"]);
}
