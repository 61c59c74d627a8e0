//! One competition of an organizer: its numbers, its participants and its actions, and the pages
//! that ask before an action that can't be undone.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::{
    closing::registration_switch,
    embed::embed_section,
    participants::{participants_table, participants_url},
    pause_switch::pause_switch,
    question::{Question, owned, permitted},
    statistics,
};
use crate::{
    model::{
        CompetitionStatus, CompetitionView, Page as List, Permission, Phase, RegistrationView,
        StaffRole,
        forms::{Paging, RegistrationFilter},
    },
    ui::{
        components::{
            Countdown, DivisionFacts, EmptyState, Glyph, Icon, PageHeader, PhaseBadge, When,
        },
        islands::LiveSeatsData,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/organize/{id}`: shows a competition to its organizer.
#[component]
pub fn OrganizedCompetition() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, role) = request.permitted(Permission::SeeOverview).await?;
    let services = &request.services;
    let people = match role.permits(Permission::SeePeople) {
        true => {
            let filter = RegistrationFilter::default();
            let paging = Paging::new(None, None, 10);
            let registrations = &services.registrations;
            let people = registrations.of_competition(actor, competition.id, &filter, paging);
            Some(newest_people(&competition, people.await?, role))
        }
        false => None,
    };
    let every = statistics::interval(&competition, request.now);
    let over_time = services
        .competitions
        .statistics(actor, competition.id, every)
        .await?;
    let t = &text().organize;
    let phase = competition.phase(request.now);
    let countdown = matches!(
        phase,
        Phase::Open | Phase::FewLeft | Phase::Waitlist | Phase::Full
    )
    .then(|| view! { <br/><span class="muted"><Countdown deadline=competition.reg_deadline now=request.now/></span> });
    let seats = LiveSeatsData {
        competition: competition.id,
        live: competition.live(request.now),
    };
    let zone = || competition.time_zone.clone();
    let opening = competition.opens_at.map(
        |opens_at| view! { <div><dt>{t.col_opening}</dt><dd><When time=opens_at zone=zone()/></dd></div> },
    );
    let publication = competition.publish_at.map(
        |publish_at| view! { <div><dt>{t.field_publish}</dt><dd><When time=publish_at zone=zone()/></dd></div> },
    );
    let may = |permission| role.permits(permission);
    let is_published = competition.status == CompetitionStatus::Published;
    let control_room = (is_published && may(Permission::SeeControlRoom)).then(|| {
        view! { <a class="button" href=paths::control_room(competition.id)>{text().control_room.title}</a> }
    });
    let check_in = (is_published && may(Permission::CheckIn)).then(|| {
        view! { <a class="button" href=paths::organize(competition.id, "check-in")>{text().check_in.title}</a> }
    });
    let results = may(Permission::RecordResults).then(|| {
        view! { <a class="button" href=paths::organize(competition.id, "results")>{text().results.title}</a> }
    });
    let brackets = may(Permission::RecordResults).then(|| {
        view! { <a class="button" href=paths::organize(competition.id, "brackets")>{text().brackets.title}</a> }
    });
    let edits = may(Permission::Edit).then(|| view! {
        <a class="button" href=paths::organize(competition.id, "announce")><Icon glyph=Glyph::Mail/>{text().announce.title}</a>
        <a class="button" href=paths::organize(competition.id, "divisions")>{text().divisions.title}</a>
        <a class="button" href=paths::organize(competition.id, "start-numbers")>{text().start_numbers.title}</a>
        <a class="button" href=paths::organize(competition.id, "certificates")>{text().certificates.title}</a>
        <a class="button" href=paths::organize(competition.id, "questions")>{text().questions.title}</a>
        <a class="button" href=paths::organize(competition.id, "codes")>{text().codes.title}</a>
        <a class="button" href=paths::organize(competition.id, "picture")>{text().picture.title}</a>
        <a class="button primary" href=paths::organize(competition.id, "edit")><Icon glyph=Glyph::Edit/>{t.edit}</a>
    });
    let own_role = (role != StaffRole::Owner).then(|| {
        let t = &text().staff;
        view! { <p class="muted" data-testid="own-role">{t.your_role}" "<strong>{t.role_name(role)}</strong>" – "{t.role_words(role)}</p> }
    });
    let history = may(Permission::SeeHistory).then(|| {
        view! { <p><a href=paths::organize(competition.id, "audit")>{text().history.title}</a></p> }
    });
    let paused = competition
        .paused
        .then(|| view! { <p class="muted" data-testid="paused">{t.paused_words}</p> });
    let body = view! {
        <p class="crumb"><a href=paths::ORGANIZE>{t.to_overview}</a></p>
        <PageHeader title=competition.title.clone()>
            <a class="button" href=paths::competition(competition.id)><Icon glyph=Glyph::Eye/>{t.view}</a>
            {control_room}
            {check_in}
            {results}
            {brackets}
            <a class="button" href=paths::organize(competition.id, "staff")>{text().staff.title}</a>
            {edits}
        </PageHeader>
        {own_role}
        <section class="panel summary" aria-label=t.summary data-live-phase="">
            <p><PhaseBadge phase=phase/></p>
            {seats.show()}
            <dl class="facts">
                {publication}
                {opening}
                <div><dt>{t.col_deadline}</dt><dd><When time=competition.reg_deadline zone=zone()/>{countdown}</dd></div>
                <div><dt>{t.col_start}</dt><dd><When time=competition.starts_at zone=zone()/></dd></div>
            </dl>
            {paused}
            {divisions(&competition)}
            {may(Permission::Edit).then(|| actions(&competition, request.now, role))}
        </section>
        {statistics::statistics_section(&competition, &over_time, request.now)}
        {people}
        {may(Permission::Edit).then(|| embed_section(&competition, &request.site))}
        {history}
    };
    // Not the title of the public page, since both may be open in tabs.
    Ok(PageContent::new(
        format!("{} · {}", competition.title, t.title),
        body,
    ))
}

/// Shows the divisions with their seats, if there are any.
fn divisions(competition: &CompetitionView) -> Option<impl IntoView + use<>> {
    let items = competition.divisions.iter().map(|division| {
        let zone = competition.time_zone.clone();
        view! {
            <li><bdi>{division.name.clone()}</bdi>" "<DivisionFacts division=division.clone() zone=zone with_counts=true/></li>
        }
    });
    let items = items.collect_view();
    (!competition.divisions.is_empty()).then(|| {
        view! { <ul class="division-lines" aria-label=text().divisions.title>{items}</ul> }
    })
}

/// Shows the first registrations of the competition.
fn newest_people(
    competition: &CompetitionView,
    people: List<RegistrationView>,
    role: StaffRole,
) -> AnyView {
    let t = &text().organize;
    let total = people.total;
    let listed = if people.items.is_empty() {
        view! { <EmptyState glyph=Glyph::User title=t.people_none_title words=t.people_none/> }
            .into_any()
    } else {
        view! {
            {participants_table(&competition.title, people.items, role)}
            <p class="after-table"><a href=participants_url(competition.id)>{t.people_all}" ("{total.to_string()}")"</a></p>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="people">
            <h2 id="people">{t.people}</h2>
            <div data-own-list="">{listed}</div>
        </section>
    }
    .into_any()
}

/// Shows the actions that the role of the viewer and the status and the phase of the competition allow.
fn actions(competition: &CompetitionView, now: DateTime<Utc>, role: StaffRole) -> AnyView {
    let t = &text().organize;
    let phase = competition.phase(now);
    let id = competition.id.to_string();
    let publish = (competition.status == CompetitionStatus::Draft).then(|| {
        view! {
            <form method="post" action="/act/publish-competition">
                <input type="hidden" name="competitionId" value=id.clone()/>
                <button type="submit" class="button primary">{t.publish}</button>
            </form>
        }
    });
    let registration = registration_switch(competition, now);
    let is_published = competition.status == CompetitionStatus::Published;
    let call_off = (is_published && role.permits(Permission::CallOff)).then(|| {
        view! { <a class="button quiet" href=paths::organize(competition.id, "call-off") data-confirm="">{t.call_off}</a> }
    });
    let delete = role.permits(Permission::Delete).then(|| {
        view! { <a class="button quiet" href=paths::organize(competition.id, "delete") data-confirm="">{t.delete}</a> }
    });
    let pause = pause_switch(competition, phase, "");
    view! {
        <div class="buttons" role="group" aria-label=t.actions>
            {publish}
            {pause}
            {registration}
            <form method="post" action="/act/duplicate-competition">
                <input type="hidden" name="competitionId" value=id/>
                <button type="submit" class="button"><Icon glyph=Glyph::Copy/>{t.duplicate}</button>
            </form>
            {call_off}
            {delete}
        </div>
    }
    .into_any()
}

/// The page `/organize/{id}/call-off`: asks before a competition is cancelled.
#[component]
pub fn CallOff() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let competition = permitted(&request, Permission::CallOff).await?;
        let t = &text().organize;
        let taken = competition.taken();
        let words = t.call_off_words(taken, competition.waitlisted);
        Ok(Question {
            title: t.call_off_title.to_owned(),
            words,
            action: "/act/call-off-competition",
            fields: Vec::new(),
            back: "",
            yes: t.call_off_yes,
            no: t.keep,
            is_final: true,
        }
        .ask_about(&competition))
    })
}

/// The page `/organize/{id}/pause`: asks before registration is paused.
#[component]
pub fn Pause() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let competition = owned(&request).await?;
        let t = &text().organize;
        let seats = t.pause_seats(competition.seats_left.into());
        let back = match request.query("back").as_deref() {
            Some("live") => "live",
            _ => "",
        };
        Ok(Question {
            title: t.pause_title.to_owned(),
            words: format!("{seats} {}", t.pause_words),
            action: "/act/pause-competition",
            fields: Vec::new(),
            back,
            yes: t.pause_yes,
            no: t.pause_no,
            is_final: false,
        }
        .ask_about(&competition))
    })
}
