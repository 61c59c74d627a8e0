//! The page of one competition: what it is, when and where it takes place, its seats, and what to
//! do next.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::{registration_panel::registration_panel, registrations::own_results};
use crate::{
    model::{CompetitionStatus, CompetitionView, Phase, RegistrationView},
    text::template::without_isolation,
    ui::{
        components::{
            CompetitionCard, ContactLink, Countdown, CoverImage, CoverPicture, Glyph, Icon,
            PhaseBadge, When, WhenAndWhere,
        },
        fragments::Fragment,
        markdown,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        public_url::PublicUrl,
        structured_data,
        text::{language, panel_text, text},
    },
};

/// The number of similar competitions that are shown.
const SIMILAR: usize = 3;

/// The page `/competitions/{id}`: shows one competition.
#[component]
pub fn Competition() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.actor();
    let catalog = &request.services.catalog;
    let one = catalog.competition(request.id()?, actor).await?;
    let similar = match one.status {
        CompetitionStatus::Draft => None,
        _ => Some(catalog.similar(&one, SIMILAR).await?),
    };
    let similar: Vec<_> = similar.iter().flat_map(|list| &list.items).collect();
    request.declare_public(similar.iter().copied().chain([&*one]));
    let registration = match actor {
        Some(actor) => request.services.registrations.live(actor, one.id).await?,
        None => None,
    };
    let reminded = match actor {
        Some(actor) if one.phase(request.now) == Phase::OpensSoon => {
            let reminders = &request.services.opening_reminders;
            reminders.is_wanted(actor, one.id).await?
        }
        _ => false,
    };
    let questions = request.services.questions.of(&one).await?;
    let registration = registration.as_ref();
    let results = results_section(&request, &one, registration).await?;
    let panel = registration_panel(&request, &one, registration, reminded, &questions.asked);
    let title = one.title.clone();
    let about = markdown::rendered(&one.description).await;
    let (id, now) = (one.id, request.now);
    let head = request
        .fragment(Fragment::CompetitionHead(id), &[&one], || head(&one, now))
        .await;
    let body = request
        .fragment(Fragment::CompetitionBody(id), &[&one], || {
            let event = structured_data::event(&one, &about.summary, &request.site);
            view! { {body(&one, &about.html, &request.site, now)}<script type="application/ld+json" inner_html=event></script> }
                .into_any()
        })
        .await;
    let others = match &similar[..] {
        [] => None,
        shown => Some(
            request
                .fragment(Fragment::Similar(id), shown, || others(shown, now))
                .await,
        ),
    };
    let layout = view! { {layout(&one, now, panel, head, body, results)}{others} };
    Ok(PageContent::new(title, layout)
        .described(about.summary.clone())
        .canonical(paths::competition(one.id))
        .pictured(
            paths::social_card(&one, language()),
            paths::social_card_size(&one),
        ))
}

/// Leads to the results and brackets, if any are published, and shows the results of the visitor.
async fn results_section(
    request: &PageRequest,
    one: &CompetitionView,
    registration: Option<&RegistrationView>,
) -> Result<Option<AnyView>, PageError> {
    let results = &request.services.results;
    let stages = results.stages(one, None).await?;
    let brackets = request.services.brackets.list(one, None).await?;
    let has_results = stages.iter().any(|stage| stage.version > 0);
    if !has_results && brackets.is_empty() {
        return Ok(None);
    }
    let own = match registration {
        Some(registration) => results.own(one, registration.registration_id).await?,
        None => Vec::new(),
    };
    let title = text().results.title;
    let title = match has_results {
        true => view! { <a href=paths::standings(one.id)>{title}</a> }.into_any(),
        false => title.into_any(),
    };
    let brackets = brackets.iter().map(|bracket| {
        let href = paths::bracket(one.id, bracket.id);
        view! { <p data-testid="bracket-link"><a href=href><bdi>{bracket.name.clone()}</bdi></a></p> }
    });
    let section = view! {
        <section class="competition-results" aria-labelledby="results" data-testid="results">
            <h2 id="results">{title}</h2>
            {own_results(&own)}
            {brackets.collect_view()}
        </section>
    };
    Ok(Some(section.into_any()))
}

/// Lays the page out: the head, what the visitor can do, and what there is to know.
fn layout(
    one: &CompetitionView,
    now: DateTime<Utc>,
    panel: AnyView,
    head: AnyView,
    body: AnyView,
    results: Option<AnyView>,
) -> AnyView {
    let phase = one.phase(now);
    view! {
        <article class="competition" data-live-phase="" data-competition=one.id.to_string() data-phase=format!("{phase:?}")>
            {head}
            <aside class="panel" id="panel" aria-labelledby="your-place">
                {panel}
            </aside>
            <div class="competition-about">{body}{to_panel()}</div>
            <div class="published-results">{results}</div>
        </article>
    }
    .into_any()
}

/// Leads back to the panel from what is below it on a phone, where the style sheet keeps this at the bottom of the screen while
/// one can register.
fn to_panel() -> impl IntoView {
    let t = panel_text();
    view! {
        <p class="to-panel"><a class="button primary large wide" href="#panel">
            <span class="to-register">{t.register}</span><span class="to-waitlist">{t.join_waitlist}</span>
        </a></p>
    }
}

/// Shows similar competitions, without their seats, which would not be kept up to date.
fn others(shown: &[&CompetitionView], now: DateTime<Utc>) -> AnyView {
    let cards = shown
        .iter()
        .map(|one| view! { <CompetitionCard competition=(*one).clone() now=now without_state=true/> })
        .collect_view();
    view! {
        <section class="section similar" aria-labelledby="similar">
            <h2 id="similar">{text().competition.similar}</h2>
            <div class="cards">{cards}</div>
        </section>
    }
    .into_any()
}

/// Shows the title, the date and the place over the cover. The palette is inside of the part that is exchanged
/// after an edit (`page_refresh`), since an edit of the tags changes it.
fn head(one: &CompetitionView, now: DateTime<Utc>) -> AnyView {
    let place = (!one.location.is_empty()).then(|| view! { <bdi>{one.location.clone()}</bdi> });
    view! {
        <header class="competition-head">
            <div class="competition-banner" data-palette=one.cover().palette.number.to_string()>
                <CoverPicture cover=CoverImage::of(one) class="competition-cover" lazy=false described=true sizes="(width >= 70rem) 49rem, 100vw"/>
                <div class="competition-words">
                    <PhaseBadge phase=one.phase(now)/>
                    <h1><bdi>{one.title.clone()}</bdi></h1>
                    <p class="competition-line"><When time=one.starts_at zone=one.time_zone.clone() venue_only=true/>{place}</p>
                </div>
            </div>
        </header>
    }
    .into_any()
}

/// Shows the facts, the description, the tags, and the links to calendar and sharing.
fn body(one: &CompetitionView, about: &str, site: &PublicUrl, now: DateTime<Utc>) -> AnyView {
    let t = &text().competition;
    let description = if one.description.trim().is_empty() {
        view! { <p class="muted">{t.no_description}</p> }.into_any()
    } else {
        view! { <div class="prose" dir="auto" inner_html=about.to_owned()></div> }.into_any()
    };
    let tags = one
        .tags
        .iter()
        .map(|tag| {
            let href = paths::with_query(paths::COMPETITIONS, &[("tag", tag)]);
            view! { <li><a class="chip" href=href>{tag.clone()}</a></li> }
        })
        .collect_view();
    let topics = (!one.tags.is_empty()).then(|| {
        view! {
            <section aria-labelledby="topics">
                <h2 id="topics">{t.topics}</h2>
                <ul class="chips">{tags}</ul>
            </section>
        }
    });
    let share = format!(
        "mailto:?{}",
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("subject", &without_isolation(&t.share_subject(&one.title)))
            .append_pair("body", &site.absolute(&paths::competition(one.id)))
            .finish()
            .replace('+', "%20")
    );
    let (address, ticket) = (site.absolute(&paths::competition(one.id)), &text().ticket);
    // Nobody needs an entry for what does not take place.
    let calendar = (one.status != CompetitionStatus::Cancelled).then(|| {
        view! {
            <a class="button" href=paths::calendar(one.id) download="">
                <Icon glyph=Glyph::Calendar/>{t.calendar}
            </a>
        }
    });
    view! {
        <div class="competition-body">
            {facts(one, now)}
            <p class="buttons">
                {calendar}
                <a class="button" href=share data-share=one.title.clone()>
                    <Icon glyph=Glyph::Share/>{t.share}
                </a>
                <button type="button" class="button" hidden=true aria-live="polite" data-copy=address data-copied=ticket.copied>{ticket.copy}</button>
            </p>
            <section aria-labelledby="about">
                <h2 id="about">{t.about}</h2>
                {description}
            </section>
            {topics}
            {organizer(one)}
        </div>
    }
    .into_any()
}

/// Shows who organizes the competition and how to reach them, and leads to their other competitions.
fn organizer(one: &CompetitionView) -> AnyView {
    let name = text().account.account_name(&one.organizer_name).to_owned();
    let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    let name = if one.organizer_has_page {
        view! { <a href=paths::organizer(one.organizer_id)>{name}</a> }.into_any()
    } else {
        view! { <span>{name}</span> }.into_any()
    };
    let contact = one.organizer_contact.clone();
    let contact = contact.map(|contact| view! { <ContactLink contact=contact/> });
    view! {
        <section class="organizer" aria-labelledby="organizer">
            <span class="avatar" aria-hidden="true">{initial}</span>
            <div>
                <h2 id="organizer">{text().competition.organizer}</h2>
                {name}
                {contact}
            </div>
        </section>
    }
    .into_any()
}

/// Shows when and where the competition takes place, and until when people can register.
fn facts(one: &CompetitionView, now: DateTime<Utc>) -> AnyView {
    let t = &text().competition;
    let phase = one.phase(now);
    let deadline = by_phase(
        phase,
        one.reg_deadline > now,
        ("until-deadline", t.deadline),
        ("from-deadline", t.deadline_was),
    );
    let counts_down = one.reg_deadline > now && moves(phase);
    let countdown = counts_down.then(|| {
        view! { <span class="muted while-open"><br/><Countdown deadline=one.reg_deadline now=now/></span> }
    });
    let zone = || one.time_zone.clone();
    let opening = one.opens_at.map(|opens_at| {
        let label = by_phase(
            phase,
            now < opens_at,
            ("until-opening", t.opening),
            ("from-opening", t.opening_was),
        );
        view! {
            <div class="opening">
                <dt><Icon glyph=Glyph::Clock/>{label}</dt>
                <dd><When time=opens_at zone=zone()/></dd>
            </div>
        }
    });
    view! {
        <dl class="facts">
            <WhenAndWhere competition=one map_class="fact-link"/>
            {opening}
            <div>
                <dt><Icon glyph=Glyph::Clock/>{deadline}</dt>
                <dd><When time=one.reg_deadline zone=zone()/>{countdown}</dd>
            </div>
        </dl>
    }
    .into_any()
}

/// Returns whether the clock can move a competition out of this phase.
const fn moves(phase: Phase) -> bool {
    !matches!(phase, Phase::Draft | Phase::Cancelled | Phase::Ended)
}

/// Shows one of two labels, each with the class of the phases in which it is true. Both are in the page if the
/// phase may change while it is open: the style sheet shows the one that the phase of the page asks for.
fn by_phase(
    phase: Phase,
    is_before: bool,
    before: (&'static str, &'static str),
    after: (&'static str, &'static str),
) -> impl IntoView {
    let label = |(class, words)| view! { <span class=class>{words}</span> };
    if moves(phase) {
        return view! { {label(before)}{label(after)} }.into_any();
    }
    let (_, words) = if is_before { before } else { after };
    words.into_any()
}
