//! The mailbox: the list of messages, and the message that was chosen.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{MessageId, MessageView, forms::Paging},
    ui::{
        components::{EmptyState, Glyph, Icon, PageHeader, Pagination, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/me/mailbox`: lists messages and shows one.
#[component]
pub fn Mailbox() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require()?;
    let unread_only = request.query("unread").is_some();
    let paging = Paging::new(request.query_as("page"), None, 20);
    let mailbox = &request.services.mailbox;
    let list = mailbox.list(actor, unread_only, paging).await?;
    request.within(&list)?;
    let open = match request.query("message") {
        Some(id) => {
            let id: MessageId = id.parse().map_err(|_| PageError::NotFound)?;
            Some(mailbox.get(actor, id).await?)
        }
        None => None,
    };
    let t = &text().mailbox;
    let (page, pages) = (list.page, list.pages());
    let chosen = open.as_ref().map(|message| message.id);
    let nothing = list.items.is_empty();
    let rows = list
        .items
        .into_iter()
        .map(|message| row(message, chosen))
        .collect_view();
    let query = vec![("unread", if unread_only { "true" } else { "" }.to_owned())];
    let listed = if nothing {
        let (title, words) = if unread_only {
            (t.none_unread_title, t.none_unread)
        } else {
            (t.none_title, t.none)
        };
        view! { <EmptyState glyph=Glyph::Mail title=title words=words/> }.into_any()
    } else {
        view! { <ul class="messages">{rows}</ul> }.into_any()
    };
    let title = open
        .as_ref()
        .map_or_else(|| t.title.to_owned(), |message| message.subject.clone());
    let is_open = open.is_some();
    let reader = match open {
        Some(message) => reader(message).into_any(),
        None if nothing => ().into_any(),
        None => view! { <p class="muted message-view-empty">{t.choose}</p> }.into_any(),
    };
    let tab = |href: String, words: &'static str, on: bool| {
        view! { <a class="chip" class:on=on href=href aria-current=on.then_some("true")>{words}</a> }
    };
    let unread_list = paths::with_query(paths::MAILBOX, &[("unread", "true")]);
    let body = view! {
        <PageHeader title=t.title>
            {tab(paths::MAILBOX.to_owned(), t.all, !unread_only)}
            {tab(unread_list, t.unread, unread_only)}
        </PageHeader>
        <div class="mailbox" data-open=is_open.then_some("")>
            <section class="mailbox-list" aria-label=t.list data-own-list="">
                {listed}
                <Pagination page=page pages=pages path=paths::MAILBOX query=query/>
            </section>
            {reader}
        </div>
    };
    Ok(PageContent::new(title, body))
}

fn row(message: MessageView, chosen: Option<MessageId>) -> AnyView {
    let t = &text().mailbox;
    let new = message.read_at.is_none();
    let current = (chosen == Some(message.id)).then_some("true");
    let first_line: String = message
        .body
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(90)
        .collect();
    view! {
        <li>
            <a class="message-row" href=paths::message(message.id) aria-current=current
                data-unread=new.then_some("") data-testid="message">
                <span class="message-subject">
                    {new.then(|| view! { <span class="sr-only">{t.new}": "</span> })}
                    <bdi>{message.subject}</bdi>
                </span>
                <When time=message.created_at style=WhenStyle::Recent/>
                <span class="message-start" dir="auto">{first_line}</span>
            </a>
        </li>
    }
    .into_any()
}

/// Renders plain text with its web addresses as links.
fn with_links(text: &str) -> Vec<AnyView> {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            let address = word.trim_end();
            if !address.starts_with("https://") && !address.starts_with("http://") {
                return word.to_owned().into_any();
            }
            let space = word[address.len()..].to_owned();
            let (href, address) = (address.to_owned(), address.to_owned());
            view! { <a href=href rel="nofollow noopener">{address}</a>{space} }.into_any()
        })
        .collect()
}

fn reader(message: MessageView) -> AnyView {
    let t = &text().mailbox;
    let paragraphs = message
        .body
        .split("\n\n")
        .map(|paragraph| view! { <p dir="auto">{with_links(paragraph.trim())}</p> })
        .collect_view();
    let competition = message.competition_id.map(|id| {
        view! { <a class="button" href=paths::competition(id)>{t.competition}</a> }
    });
    let registrations = message.registration_id.map(|_| {
        view! { <a class="button quiet" href=paths::MY_REGISTRATIONS>{t.registrations}</a> }
    });
    // Opening a message does not mark it as read, since a GET request must not change anything: the visitor
    // presses the button, or JavaScript submits its form.
    let mark = message.read_at.is_none().then(|| {
        view! {
            <form method="post" action="/act/mark-read" data-auto="">
                <input type="hidden" name="messageId" value=message.id.to_string()/>
                <button type="submit" class="button">{t.mark_read}</button>
            </form>
        }
    });
    view! {
        <article class="message-view">
            <p class="message-view-back"><a href=paths::MAILBOX>{t.to_list}</a></p>
            <header>
                <p class="muted">
                    <Icon glyph=Glyph::Mail/>{t.kind(message.kind)}" · "<When time=message.created_at/>
                </p>
                <h2>{message.subject}</h2>
            </header>
            <div class="message-view-body">{paragraphs}</div>
            <div class="buttons">{competition}{registrations}{mark}</div>
        </article>
    }
    .into_any()
}
