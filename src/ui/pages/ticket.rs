//! The page of a registration: "You're in!" with the ticket or, without a seat, what has become of it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::{
        AnsweredQuestion, CertificateView, Phase, RegistrationId, TicketState, TicketView,
        calendar_links,
    },
    ui::{
        components::{
            AnswerList, CoverImage, CoverPicture, Glyph, Icon, PushSwitch, PushSwitchKind, QrCode,
            When, WhenAndWhere, WhenStyle,
        },
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        public_url::PublicUrl,
        text::{panel_text, text},
    },
};

/// The page `/me/registrations/{id}`: shows the ticket of a registration to its participant.
#[component]
pub fn Ticket() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require()?;
    let holder = request.viewer.as_ref().map(|viewer| viewer.name.as_str());
    let tickets = &request.services.tickets;
    let ticket = tickets
        .of(actor, holder.unwrap_or_default(), request.id()?)
        .await?;
    let phase = ticket.competition.phase(request.now);
    let registrations = &request.services.registrations;
    let answers = registrations.answered(&ticket.competition, &ticket.registration);
    let answers = answers.await?;
    let answers = (!answers.is_empty()).then(|| answer_section(&ticket, answers, request.now));
    let certificates = &request.services.certificates;
    let id = ticket.registration.registration_id;
    let certificate = certificates.of_registration(actor, id).await?;
    let certificate = certificate.map(|certificate| certificate_section(id, &certificate));
    let (heading, words) = outcome(&ticket, phase);
    let title = match ticket.state.admits() {
        true => text().ticket.page_title(&ticket.competition.title),
        false => format!("{heading}: {}", ticket.competition.title),
    };
    let confetti = (request.flash.has_registered && ticket.state.admits()).then(confetti);
    let status = ticket.registration.status.as_str();
    let offers_push = ticket.state.is_open() && request.services.push_subscriptions.is_on();
    let body = view! {
        <article class="ticket" data-own-list="">
            <header class="ticket-head" data-testid="registration-status" data-status=status>
                {confetti}
                <h1>{heading}</h1>
                <p class="lead" role="status">{words}</p>
            </header>
            {certificate}
            {pass(&ticket)}
            {answers}
            {actions(&ticket, phase, &request.site)}
        </article>
        {offers_push.then(|| view! { <PushSwitch kind=PushSwitchKind::Offer/> })}
    };
    Ok(PageContent::new(title, body))
}

/// Leads to the certificate that the organizer has issued.
fn certificate_section(id: RegistrationId, certificate: &CertificateView) -> AnyView {
    let t = &text().certificates;
    let file = paths::certificate_file(id);
    let verification = paths::certificate(&certificate.serial);
    view! {
        <section class="section no-print" aria-labelledby="certificate" data-testid="own-certificate">
            <h2 id="certificate">{t.own_title}</h2>
            <p class="buttons">
                <a class="button primary" href=file download=""><Icon glyph=Glyph::Download/>{t.download}</a>
                <a class="button" href=verification>{t.verify}</a>
            </p>
        </section>
    }
    .into_any()
}

/// Shows what the participant has answered, and leads to the page that changes it until the start.
fn answer_section(
    ticket: &TicketView,
    answers: Vec<AnsweredQuestion>,
    now: DateTime<Utc>,
) -> AnyView {
    let t = &text().questions;
    let one = &ticket.competition;
    let may_change = ticket.state.is_open() && now < one.starts_at;
    let change = may_change.then(|| {
        let href = paths::answers(ticket.registration.registration_id);
        view! { <p class="no-print"><a class="button" href=href>{t.change_answers}</a></p> }
    });
    view! {
        <section class="section" aria-labelledby="answers">
            <h2 id="answers">{t.ask}</h2>
            <AnswerList answers=answers zone=one.time_zone.clone()/>
            {change}
        </section>
    }
    .into_any()
}

/// Returns the heading and the sentence that say what has become of the registration.
fn outcome(ticket: &TicketView, phase: Phase) -> (String, String) {
    let (t, panel) = (&text().ticket, panel_text());
    let position = ticket.registration.waitlist_position;
    let (heading, words) = match ticket.state {
        TicketState::Seated => (t.title, t.seated),
        TicketState::Pending => (t.title, t.pending),
        TicketState::Waiting => {
            return match position {
                Some(position) => (
                    panel.waitlisted_title(position.into()),
                    panel.waitlisted(position.saturating_sub(1).into()),
                ),
                None => (panel.waitlisted_title_plain.to_owned(), String::new()),
            };
        }
        TicketState::WithoutSeat if phase == Phase::Running => {
            (panel.running_title, panel.waitlisted_gone)
        }
        TicketState::WithoutSeat => (panel.past_title, panel.waitlisted_gone),
        TicketState::Cancelled => (t.cancelled_title, t.cancelled),
        TicketState::CalledOff => (panel.cancelled_title, panel.cancelled),
        TicketState::Ended => (panel.past_title, panel.had_seat),
    };
    (heading.to_owned(), words.to_owned())
}

/// Shows the cover with title and date, when and where, and for those who are admitted the code.
fn pass(ticket: &TicketView) -> AnyView {
    let t = &text().ticket;
    let one = &ticket.competition;
    let stub = ticket.code.clone().map(|code| {
        let picture = paths::ticket_picture(ticket.registration.registration_id);
        view! {
            <div class="stub">
                <p class="ticket-number">{t.number}<strong data-testid="ticket-number">{ticket.number()}</strong></p>
                <QrCode content=code title=t.qr_title/>
                <p class="small"><strong>{ticket.holder.clone()}</strong><br/><span class="muted">{t.show_code}</span></p>
                <p class="no-print"><a class="button quiet" href=picture download="">
                    <Icon glyph=Glyph::Download/>{t.save}
                </a></p>
            </div>
        }
    });
    let division = ticket.registration.division_name.clone().map(|name| {
        view! {
            <div data-testid="division">
                <dt><Icon glyph=Glyph::Queue/>{text().divisions.division}</dt>
                <dd><bdi>{name}</bdi></dd>
            </div>
        }
    });
    let start_number = ticket.registration.start_number.map(|it| {
        let words = text().start_numbers.number;
        view! {
            <div data-testid="start-number">
                <dt><Icon glyph=Glyph::User/>{words}</dt>
                <dd>{it.to_string()}</dd>
            </div>
        }
    });
    let checked_in = ticket.registration.checked_in_at.map(|at| {
        let (words, zone) = (text().check_in.filter_here, one.time_zone.clone());
        view! {
            <div data-testid="checked-in">
                <dt><Icon glyph=Glyph::Check/>{words}</dt>
                <dd><When time=at zone=zone/></dd>
            </div>
        }
    });
    view! {
        <div class="pass">
            <div class="pass-main">
                <div class="competition-banner" data-palette=one.cover().palette.number.to_string()>
                    <CoverPicture cover=CoverImage::of(one) class="competition-cover" lazy=false sizes="(width >= 48rem) 36rem, 100vw"/>
                    <div class="competition-words">
                        <h2><a href=paths::competition(one.id)>{one.title.clone()}</a></h2>
                        <p class="competition-line"><When time=one.starts_at zone=one.time_zone.clone() style=WhenStyle::Date/><span>{text().account.account_name(&one.organizer_name).to_owned()}</span></p>
                    </div>
                </div>
                <dl class="facts"><WhenAndWhere competition=one map_class="fact-link no-print"/>{division}{start_number}{checked_in}</dl>
            </div>
            {stub}
        </div>
    }
    .into_any()
}

/// Shows what there is to do next: the calendar, telling friends, and last of all cancelling.
fn actions(ticket: &TicketView, phase: Phase, site: &PublicUrl) -> AnyView {
    let t = &text().ticket;
    let one = &ticket.competition;
    let address = site.absolute(&paths::competition(one.id));
    let calendar = ticket.state.admits().then(|| {
        let (google, outlook) = (
            calendar_links::google(one, &address),
            calendar_links::outlook(one, &address),
        );
        view! {
            <section aria-labelledby="calendar">
                <h2 id="calendar">{text().competition.calendar}</h2>
                <p class="buttons">
                    <a class="button" href=google rel="noreferrer">{t.google}</a>
                    <a class="button" href=outlook rel="noreferrer">{t.outlook}</a>
                    <a class="button" href=paths::calendar(one.id) download="">{t.file}</a>
                </p>
            </section>
        }
    });
    let friends = (ticket.state.is_open() && phase.takes_registrations()).then(|| {
        view! {
            <section aria-labelledby="friends">
                <h2 id="friends">{t.friends}</h2>
                <p class="muted">{t.friends_text}</p>
                <p class="share-line">
                    <a href=address.clone() data-testid="share-link">{address.clone()}</a>
                    <button type="button" class="button" hidden=true aria-live="polite" data-copy=address.clone() data-copied=t.copied>{t.copy}</button>
                </p>
            </section>
        }
    });
    let cancel = ticket.state.is_open().then(|| {
        let own = &text().registrations;
        let (question, words, label) = match ticket.state {
            TicketState::Waiting => (t.changed_mind, own.leave, own.leave_of(&one.title)),
            _ => (t.cannot_come, own.cancel, own.cancel_of(&one.title)),
        };
        let href = paths::cancel_registration(ticket.registration.registration_id);
        view! {
            <p class="ticket-cancel">
                <span class="muted">{question}</span>
                <a class="button quiet" href=href aria-label=label data-confirm="">{words}</a>
            </p>
        }
    });
    view! {
        <div class="ticket-actions no-print">
            {calendar}
            {friends}
            <p><a href=paths::competition(one.id)>{t.view_competition}</a>" · "<a href=paths::MY_REGISTRATIONS>{text().registrations.title}</a></p>
            {cancel}
        </div>
    }
    .into_any()
}

/// Shows confetti: once, right after registering.
fn confetti() -> AnyView {
    view! {
        <svg class="confetti" viewBox="0 0 560 160" preserveAspectRatio="xMaxYMid slice" aria-hidden="true">
            <path class="a" d="M159 130l8 14 7-15zM195 60l7-18 7 4-7 18zM528 112l19-6 2 7-19 6z"></path>
            <path class="b" d="M22 84l12-15 6 5-12 15zM282 31a4 4 0 1 0 8 0a4 4 0 1 0-8 0zM511 96l4-19 7 2-4 19z"></path>
            <path class="c" d="M66 6l14 8-12 8zM348 72l19 1v7l-19-1zM409 112l12 11-14 5zM458 60a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"></path>
            <path class="d" d="M130 20l-12 10-3-15zM211 122a4 4 0 1 0 8 0a4 4 0 1 0-8 0zM334 128l11 15-6 4-11-15zM384 26a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"></path>
        </svg>
    }
    .into_any()
}
