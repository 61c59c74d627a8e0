//! News about the visitor's own registrations and messages.

use web_sys::{CustomEvent, CustomEventInit, Document, Element, EventSource, MessageEvent};

use super::{
    dom,
    json::{self, Json},
    own_lists, streams,
};
use crate::ui::{islands::OwnRegistration, paths, text::island_text};

/// The event of the document that says that a registration has changed. Its detail is the registration in
/// JSON.
const REGISTRATION: &str = "mini-compete:registration";

/// Follows the news on a page of someone who is logged in, which has a link to the mailbox
/// (`data-mailbox`).
pub fn start() {
    let Some(document) = dom::document() else {
        return;
    };
    let Ok(Some(link)) = document.query_selector("[data-mailbox]") else {
        return;
    };
    streams::open(url(&document), move |source: &EventSource| {
        let badge = link.clone();
        dom::on(source, "unread", move |event: MessageEvent| {
            let json = event.data().as_string();
            let unread = json.and_then(|json| Json::parse(&json)?.count("unread"));
            if let Some(unread) = unread.filter(|unread| said(*unread) != shown_unread(&badge)) {
                show_unread(&badge, unread);
                own_lists::refresh(own_lists::SHORT);
            }
        });
        dom::on(source, "message", |_: MessageEvent| {
            own_lists::refresh(own_lists::SHORT)
        });
        dom::on(source, "registration", |event: MessageEvent| {
            own_lists::refresh(own_lists::SHORT);
            let init = CustomEventInit::new();
            init.set_detail(&event.data());
            if let (Some(document), Ok(event)) = (
                dom::document(),
                CustomEvent::new_with_event_init_dict(REGISTRATION, &init),
            ) {
                drop(document.dispatch_event(&event));
            }
        });
    });
}

/// Calls `handle` for each registration of the visitor that changes.
pub fn on_registration(handle: impl Fn(OwnRegistration) + 'static) {
    let Some(document) = dom::document() else {
        return;
    };
    dom::on(&document, REGISTRATION, move |event: CustomEvent| {
        let text = event.detail().as_string();
        if let Some(view) = text.and_then(|text| json::parse(&text)) {
            handle(view);
        }
    });
}

/// Returns the address of the stream. It begins with the registration for the competition of the page, since
/// that may have changed after the page was rendered.
fn url(document: &Document) -> String {
    let article = document.query_selector("[data-competition]").ok().flatten();
    let competition = article.and_then(|article| article.get_attribute("data-competition"));
    match competition {
        Some(id) => format!("{}?competitionId={id}", paths::OWN_EVENTS),
        None => paths::OWN_EVENTS.to_owned(),
    }
}

/// Returns the number of unread messages as the page shows it; nothing for none.
fn said(unread: u32) -> String {
    match unread {
        0 => String::new(),
        unread => island_text().number(unread.into()),
    }
}

/// Returns the number of unread messages that the page shows.
fn shown_unread(link: &Element) -> String {
    let count = link.query_selector(".count").ok().flatten();
    let text = count.and_then(|count| count.text_content());
    text.map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// Shows the number of unread messages beside the link to the mailbox.
fn show_unread(link: &Element, count: u32) {
    for old in dom::all(link, ".count, .unread-words") {
        old.remove();
    }
    if count == 0 {
        return;
    }
    let words = island_text().unread(count.into());
    for (class, text) in [("count", said(count)), ("sr-only unread-words", words)] {
        let Some(span) = dom::document().and_then(|page| page.create_element("span").ok()) else {
            return;
        };
        span.set_class_name(class);
        if class == "count" {
            drop(span.set_attribute("data-testid", "unread-count"));
        }
        span.set_text_content(Some(&text));
        drop(link.append_child(&span));
    }
}
