//! The landing page: what the application is for, which competitions are open, how it works.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::CompetitionView,
    ui::{
        components::{CompetitionCard, CoverImage, CoverPicture, EmptyState, Glyph, Hall, When},
        fragments::Fragment,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The page `/`: the landing page.
#[component]
pub fn Home() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let catalog = &request.services.catalog;
    let featured = catalog.featured(6).await?;
    let soon = catalog.opening_soon(3).await?;
    let tags = catalog.tags(12).await?;
    request.declare_public(featured.items.iter().chain(&soon.items));
    let shown: Vec<_> = featured.items.iter().chain(&soon.items).collect();
    let (open, next) = shown.split_at(featured.items.len());
    let render = || landing(open, next, &tags, request.now);
    let body = request.fragment(Fragment::Landing, &shown, render).await;
    let page = PageContent::new(text().frame.name, body);
    Ok(page
        .described(text().home.lead.to_owned())
        .canonical("/".to_owned()))
}

fn landing(
    featured: &[&CompetitionView],
    soon: &[&CompetitionView],
    tags: &[(String, u64)],
    now: DateTime<Utc>,
) -> AnyView {
    let t = &text().home;
    let open = if featured.is_empty() {
        view! {
            <EmptyState glyph=Glyph::Calendar title=t.featured_none_title words=t.featured_none>
                <a class="button" href=paths::COMPETITIONS>{t.all}</a>
            </EmptyState>
        }
        .into_any()
    } else {
        cards(featured, now)
    };
    let (next, later) = soon.split_first().unzip();
    let next = next.map(|one| opens_next(one));
    let soon = later.filter(|later| !later.is_empty()).map(|soon| {
        view! {
            <section class="section" aria-labelledby="soon">
                <h2 id="soon">{t.soon}</h2>
                {cards(soon, now)}
            </section>
        }
    });
    let topics = (!tags.is_empty()).then(|| {
        let links = tags
            .iter()
            .map(|(tag, count)| {
                let href = paths::with_query(paths::COMPETITIONS, &[("tag", tag)]);
                view! { <li><a class="chip" href=href>{tag.clone()}<small>{number(*count)}</small></a></li> }
            })
            .collect_view();
        view! {
            <section class="section" aria-labelledby="topics">
                <h2 id="topics">{t.tags}</h2>
                <ul class="chips">{links}</ul>
            </section>
        }
    });
    let step = |title: &'static str, words: &'static str| {
        view! { <li><h3>{title}</h3><p>{words}</p></li> }
    };
    view! {
        <section class="welcome">
            <Hall/>
            <h1>{t.title}</h1>
            <p class="lead">{t.lead}</p>
            <p class="buttons">
                <a class="button primary large" href=paths::COMPETITIONS>{t.browse}</a>
                <a class="button large" href=paths::ORGANIZE>{t.run}</a>
            </p>
        </section>
        {next}
        {soon}
        <section class="section" aria-labelledby="featured">
            <div class="section-head">
                <h2 id="featured">{t.featured}</h2>
                <a href=paths::COMPETITIONS>{t.all}</a>
            </div>
            {open}
        </section>
        {topics}
        <section class="section" aria-labelledby="how">
            <h2 id="how">{t.how}</h2>
            <ol class="steps">
                {step(t.step_1, t.step_1_text)}
                {step(t.step_2, t.step_2_text)}
                {step(t.step_3, t.step_3_text)}
            </ol>
        </section>
        <section class="section invite" aria-labelledby="invite">
            <div>
                <h2 id="invite">{t.invite_title}</h2>
                <p>{t.invite}</p>
            </div>
            <a class="button large" href=paths::ORGANIZE>{t.invite_button}</a>
        </section>
    }
    .into_any()
}

/// Shows the competition whose registration opens next, as large as the page.
fn opens_next(one: &CompetitionView) -> AnyView {
    let t = &text().home;
    let zone = || one.time_zone.clone();
    let page = paths::competition(one.id);
    let place = (!one.location.is_empty()).then(|| view! { <bdi>{one.location.clone()}</bdi> });
    let opening = one.opens_at.map(|opens_at| {
        view! { <p>{t.next_line(one.capacity.into())}" "<When time=opens_at zone=zone()/></p> }
    });
    view! {
        <section class="section competition-banner next" aria-labelledby="next"
            data-palette=one.cover().palette.number.to_string()>
            <CoverPicture cover=CoverImage::of(one) class="competition-cover" sizes="(width >= 70rem) 49rem, 100vw"/>
            <div class="competition-words">
                <h2 id="next">{t.next}</h2>
                <h3><a href=page.clone()><bdi>{one.title.clone()}</bdi></a></h3>
                <p class="competition-line"><When time=one.starts_at zone=zone() venue_only=true/>{place}</p>
                {opening}
                <a class="button" href=page>{t.get_ready}</a>
            </div>
        </section>
    }
    .into_any()
}

fn cards(competitions: &[&CompetitionView], now: DateTime<Utc>) -> AnyView {
    let cards = competitions
        .iter()
        .map(|one| view! { <CompetitionCard competition=(*one).clone() now=now/> })
        .collect_view();
    view! { <div class="cards">{cards}</div> }.into_any()
}
