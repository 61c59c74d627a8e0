//! The page of one competition: what it is, when and where it takes place, its seats, and what to
//! do next.

use std::sync::Arc;

use leptos::prelude::*;

use super::registration_panel::{RegistrationPanel, RegistrationPanelState};
use crate::{
    model::{CompetitionView, Phase},
    ui::{
        components::{Countdown, Glyph, Icon, PhaseBadge, When, WhenStyle},
        islands::LiveSeats,
        markdown,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/competitions/{id}`: shows one competition.
#[component]
pub fn Competition() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.actor();
    let one = request
        .services
        .competitions
        .get(request.id()?, actor)
        .await?;
    let registration = match actor {
        Some(actor) => request.services.registrations.live(actor, one.id).await?,
        None => None,
    };
    let panel_state = RegistrationPanelState::of(&request, &one, registration);
    let title = one.title.clone();
    let about = markdown::rendered(&one.description).await;
    let layout = layout(&request, one, panel_state, about.html.clone());
    Ok(PageContent::new(title, layout).described(about.summary.clone()))
}

fn layout(
    request: &PageRequest,
    one: CompetitionView,
    panel_state: RegistrationPanelState,
    about: String,
) -> AnyView {
    let t = &text().competition;
    let phase = one.phase(request.now);
    let description = if one.description.trim().is_empty() {
        view! { <p class="muted">{t.no_description}</p> }.into_any()
    } else {
        view! { <div class="prose" inner_html=about></div> }.into_any()
    };
    let tags = one
        .tags
        .iter()
        .map(|tag| {
            let href = paths::with_query(paths::COMPETITIONS, &[("tag", tag)]);
            view! { <li><a class="chip" href=href>{tag.clone()}</a></li> }
        })
        .collect_view();
    let seats_matter = !matches!(phase, Phase::Cancelled | Phase::Past);
    let seats = seats_matter
        .then(|| view! { <LiveSeats competition=one.id seats=one.seats()/> }.into_any());
    // A participant with a seat sees that first, and the free seats after it.
    let panel = if matches!(panel_state, RegistrationPanelState::Registered { .. }) {
        view! { <RegistrationPanel state=panel_state/>{seats} }.into_any()
    } else {
        view! { {seats}<RegistrationPanel state=panel_state/> }.into_any()
    };
    let share = format!(
        "mailto:?{}",
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("subject", &(t.share_subject)(&one.title))
            .finish()
            .replace('+', "%20")
    );
    view! {
        <article class="competition" data-phase=format!("{phase:?}")>
            <header class="competition-head">
                <p class="date-block large">
                    <span class="date-month"><When time=one.starts_at style=WhenStyle::Month/></span>
                    <span class="date-day"><When time=one.starts_at style=WhenStyle::Day/></span>
                </p>
                <div>
                    <PhaseBadge phase=phase/>
                    <h1>{one.title.clone()}</h1>
                    <p class="muted">{(t.by)(&one.organizer_name)}</p>
                </div>
            </header>
            <aside class="panel" aria-labelledby="your-place">
                {panel}
            </aside>
            <div class="competition-body">
                {facts(&one, request)}
                <section aria-labelledby="about">
                    <h2 id="about">{t.about}</h2>
                    {description}
                    <ul class="chips">{tags}</ul>
                </section>
                <p class="buttons">
                    <a class="button" href=paths::calendar(one.id) download="">
                        <Icon glyph=Glyph::Calendar/>{t.calendar}
                    </a>
                    <a class="button" href=share data-share=one.title>
                        <Icon glyph=Glyph::Share/>{t.share}
                    </a>
                </p>
            </div>
        </article>
    }
    .into_any()
}

/// Shows when and where the competition takes place, and until when people can register.
fn facts(one: &CompetitionView, request: &PageRequest) -> AnyView {
    let t = &text().competition;
    let until = one.ends_at.map(|end| {
        view! { <br/><span class="muted">{t.until}" "<When time=end/></span> }
    });
    let location = if one.location.is_empty() {
        t.online.to_owned()
    } else {
        one.location.clone()
    };
    let ahead = one.reg_deadline > request.now;
    let deadline = if ahead { t.deadline } else { t.deadline_was };
    let takes_people = matches!(
        one.phase(request.now),
        Phase::Open | Phase::FewLeft | Phase::Waitlist | Phase::Full
    );
    let countdown = takes_people.then(|| {
        view! { <br/><span class="muted"><Countdown deadline=one.reg_deadline now=request.now/></span> }
    });
    view! {
        <dl class="facts">
            <div>
                <dt><Icon glyph=Glyph::Calendar/>{t.when}</dt>
                <dd><When time=one.starts_at/>{until}</dd>
            </div>
            <div>
                <dt><Icon glyph=Glyph::Pin/>{t.place}</dt>
                <dd>{location}</dd>
            </div>
            <div>
                <dt><Icon glyph=Glyph::Clock/>{deadline}</dt>
                <dd><When time=one.reg_deadline/>{countdown}</dd>
            </div>
        </dl>
    }
    .into_any()
}
