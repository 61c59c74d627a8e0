//! The public page of an organizer, with their competitions.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::{CompetitionView, Phase, UserId},
    ui::{
        components::{CompetitionCard, ContactLink},
        fragments::Fragment,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/organizers/{id}`: shows the competitions of one organizer. Accounts without a published
/// competition have no such page, so that it tells nothing about them, and neither have accounts that are
/// disabled or deleted.
#[component]
pub fn Organizer() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let id: UserId = request.id()?;
    let found = request.services.catalog.organizer(id).await?;
    let first = found.items.first().filter(|one| one.organizer_has_page);
    let first = first.ok_or(PageError::NotFound)?;
    request.declare_public(&found.items);
    let shown: Vec<_> = found.items.iter().collect();
    let name = first.organizer_name.clone();
    let render = || organizer(&name, &shown, request.now);
    let body = request
        .fragment(Fragment::Organizer(id), &shown, render)
        .await;
    let described = text().organizer.described(&name);
    Ok(PageContent::new(name, body)
        .described(described)
        .canonical(paths::organizer(id)))
}

fn organizer(name: &str, shown: &[&CompetitionView], now: DateTime<Utc>) -> AnyView {
    let t = &text().organizer;
    let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    let ended = |one: &&CompetitionView| one.phase(now) == Phase::Ended;
    let (earlier, ahead): (Vec<_>, Vec<_>) = shown.iter().copied().partition(ended);
    let part = |id: &'static str, title: &'static str, shown: Vec<&CompetitionView>| {
        let cards = shown
            .iter()
            .map(|one| view! { <CompetitionCard competition=(*one).clone() now=now/> })
            .collect_view();
        (!shown.is_empty()).then(|| {
            view! {
                <section class="section" aria-labelledby=id>
                    <h2 id=id>{title}</h2>
                    <div class="cards">{cards}</div>
                </section>
            }
        })
    };
    let contact = shown.first().and_then(|one| one.organizer_contact.clone());
    let contact = contact.map(|contact| view! { <ContactLink contact=contact/> });
    view! {
        <header class="organizer-head">
            <span class="avatar" aria-hidden="true">{initial}</span>
            <div>
                <h1>{name.to_owned()}</h1>
                {contact}
            </div>
        </header>
        {part("ahead", t.ahead, ahead)}
        {part("earlier", t.earlier, earlier)}
    }
    .into_any()
}
