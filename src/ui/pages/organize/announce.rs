//! The page on which an organizer announces something to participants: the form, what its recipients get, and what
//! was announced before.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        AnnouncementLetter, AnnouncementView, Audience, CompetitionId, CompetitionStatus,
        CompetitionView, IdempotencyKey, Language, MailFailureView, Permission, RecipientCount,
        SavedView,
        forms::{
            AnnouncementForm, AnnouncementInput, BODY_MAX, CHOSEN, MATCHING_MAX, Paging,
            registration_ids,
        },
    },
    ui::{
        actions::{ANNOUNCEMENT_FORM, REVIEWED},
        components::{
            EmptyState, ErrorSummary, Field, Glyph, Icon, PageHeader, Pagination, TextArea, When,
            WhenStyle,
        },
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The page `/organize/{id}/announce`: announces something to participants, and lists what was announced.
#[component]
pub fn AnnouncementPage() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::Edit).await?;
    let services = &request.services;
    let paging = Paging::new(request.query_as("page"), None, 20);
    let announcements = services
        .announcements
        .list(actor, competition.id, paging)
        .await?;
    request.within(&announcements)?;
    let replies = Replies {
        address: services
            .announcements
            .reply_address(actor, competition.id)
            .await?,
        is_own: actor.id == competition.organizer_id,
    };
    let form_input = request.form_input(ANNOUNCEMENT_FORM);
    let here = services.check_ins.counts(actor, competition.id).await?;
    let here = here.checked_in;
    let letters = letters(&request, &competition, &form_input).await?;
    let views = services
        .registrations
        .saved_views(actor, competition.id)
        .await?;
    let input = typed(&form_input).parse(&competition.time_zone);
    let recipients = match input {
        Ok(input) if !letters.is_empty() => {
            let announcements = &services.announcements;
            let counted = announcements.recipients_of_view(actor, competition.id, &input);
            let counted = counted.await?;
            counted.unwrap_or_else(|| size(&competition, here, input.audience))
        }
        Ok(input) => size(&competition, here, input.audience),
        Err(_) => size(&competition, here, Audience::All),
    };
    let chosen = registration_ids(&form_input.value("people")).unwrap_or_default();
    let chosen = match chosen.len() {
        // Those who have cancelled since they were chosen get nothing.
        1..=MATCHING_MAX => {
            let to_chosen = AnnouncementInput {
                audience: Audience::View,
                chosen,
                ..AnnouncementInput::default()
            };
            let announcements = &services.announcements;
            let counted = announcements.recipients_of_view(actor, competition.id, &to_chosen);
            counted.await?.map(|counted| counted.number)
        }
        _ => None,
    };
    let t = &text().announce;
    let url = paths::organize(competition.id, "announce");
    let (number, pages) = (announcements.page, announcements.pages());
    let write = if competition.status == CompetitionStatus::Draft {
        view! { <p class="muted">{t.draft}</p> }.into_any()
    } else {
        view! {
            {(!letters.is_empty()).then(|| review(&competition, &form_input, recipients, letters))}
            {form(&competition, here, &form_input, chosen, views, replies)}
        }
        .into_any()
    };
    let body = view! {
        <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title/>
        <p class="lead">{t.lead}</p>
        {write}
        <section class="section" aria-labelledby="history">
            <h2 id="history">{t.history}</h2>
            {history(&competition, announcements.items)}
            <Pagination page=number pages=pages path=url query=Vec::new()/>
        </section>
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

/// Returns what was typed as its recipients get it, in each language, if the organizer has asked for that.
async fn letters(
    request: &PageRequest,
    competition: &CompetitionView,
    form_input: &FormInput,
) -> Result<Vec<(Language, AnnouncementLetter)>, PageError> {
    if form_input.value(REVIEWED).is_empty() {
        return Ok(Vec::new());
    }
    let Ok(input) = typed(form_input).parse(&competition.time_zone) else {
        return Ok(Vec::new());
    };
    let (actor, announcements) = (request.require()?, &request.services.announcements);
    let own = crate::ui::text::language();
    let others = Language::ALL.iter().copied().filter(|other| *other != own);
    let mut letters = Vec::new();
    for language in std::iter::once(own).chain(others) {
        let letter = announcements
            .preview(actor, competition.id, input.clone(), language)
            .await?;
        letters.push((language, letter));
    }
    Ok(letters)
}

/// Where replies to announcements go.
struct Replies {
    /// The address that the owner of the competition shows to everyone, if there is one.
    address: Option<String>,
    /// Whether the reader is the owner.
    is_own: bool,
}

/// Returns what was typed into the form.
fn typed(form_input: &FormInput) -> AnnouncementForm {
    AnnouncementForm {
        audience: form_input.value("audience"),
        people: form_input.value("people"),
        subject: form_input.value("subject"),
        body: form_input.value("body"),
        send_at: form_input.value("sendAt"),
    }
}

/// Returns the number of participants in an audience that the seats of the competition tell; `here` are checked in.
fn size(competition: &CompetitionView, here: u64, audience: Audience) -> RecipientCount {
    let seated = u64::from(competition.taken());
    let waitlisted = u64::from(competition.waitlisted);
    let number = match audience {
        Audience::All | Audience::View => seated + waitlisted,
        Audience::Seated => seated,
        Audience::Waitlisted => waitlisted,
        Audience::CheckedIn => here,
    };
    RecipientCount {
        number,
        is_exact: true,
    }
}

/// Shows what was typed as its recipients get it, with the buttons that send it.
fn review(
    competition: &CompetitionView,
    form_input: &FormInput,
    recipients: RecipientCount,
    letters: Vec<(Language, AnnouncementLetter)>,
) -> AnyView {
    let (t, views) = (&text().announce, &text().saved_views);
    let form = typed(form_input);
    let people = recipients.number;
    let send = match (form.send_at.trim(), recipients.is_exact) {
        ("", true) => t.send(people),
        ("", false) => views.send_at_least(people),
        (_, true) => t.schedule(people),
        (_, false) => views.schedule_at_least(people),
    };
    let shown = letters
        .into_iter()
        .enumerate()
        .map(|(n, (language, letter))| {
            view! {
                <details class="letter" open=n == 0>
                    <summary lang=language.tag()>{language.own_name()}</summary>
                    <div class="letter-text" lang=language.tag() dir=language.direction()>
                        <p><strong>{letter.subject}</strong></p>
                        <p class="as-typed" dir="auto">{letter.body}</p>
                    </div>
                </details>
            }
        });
    view! {
        <section class="panel announcement-review" aria-labelledby="review" data-testid="announcement-review">
            <h2 id="review">{t.review_title}</h2>
            <p class="muted">{t.review_lead}</p>
            {shown.collect_view()}
            <form method="post" action="/act/announce">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name="idempotencyKey" value=IdempotencyKey::mint().to_string()/>
                <input type="hidden" name="audience" value=form.audience/>
                <input type="hidden" name="people" value=form.people/>
                <input type="hidden" name="subject" value=form.subject/>
                <input type="hidden" name="body" value=form.body/>
                <input type="hidden" name="sendAt" value=form.send_at/>
                <p class="buttons">
                    <button type="submit" class="button primary">{send}</button>
                    <button type="submit" class="button" formaction="/act/test-announcement">{t.test}</button>
                </p>
            </form>
        </section>
    }
    .into_any()
}

/// Shows the form. Its button leads to what the recipients get. `people` is how many of those who were chosen in the list
/// would get it, if any were chosen.
fn form(
    competition: &CompetitionView,
    here: u64,
    form_input: &Arc<FormInput>,
    people: Option<u64>,
    views: Vec<SavedView>,
    replies: Replies,
) -> AnyView {
    let t = &text().announce;
    let chosen = match form_input.value("audience") {
        chosen if chosen.is_empty() => Audience::default().as_str().to_owned(),
        chosen => chosen,
    };
    let of_seats = Audience::ALL.iter().copied();
    let of_seats = of_seats.filter(|audience| *audience != Audience::View);
    let audiences = of_seats.map(|audience| {
        let checked = audience.as_str() == chosen;
        view! {
            <label class="audience">
                <input type="radio" name="audience" value=audience.as_str() checked=checked/>
                <span>{t.audience(audience)}</span>
                <b>{t.people(size(competition, here, audience).number)}</b>
            </label>
        }
    });
    let people = people.map(|number| {
        let people = form_input.value("people");
        let checked = chosen == CHOSEN;
        view! {
            <label class="audience">
                <input type="hidden" name="people" value=people/>
                <input type="radio" name="audience" value=CHOSEN checked=checked/>
                <span>{t.to_chosen}</span>
                <b>{t.people(number)}</b>
            </label>
        }
    });
    let hint = (!views.is_empty())
        .then(|| view! { <p class="field-hint">{text().saved_views.audience_hint}</p> });
    let views = views.into_iter().map(|saved| {
        let id = saved.id.to_string();
        let checked = id == chosen;
        view! {
            <label class="audience">
                <input type="radio" name="audience" value=id checked=checked/>
                <span>{t.to_view}": "<bdi>{saved.name}</bdi></span>
            </label>
        }
    });
    let replies = match (replies.address, replies.is_own) {
        (Some(address), _) => view! { <p class="field-hint">{t.replies(&address)}</p> }.into_any(),
        (None, true) => view! {
            <p class="field-hint">{t.no_replies}" "<a href=paths::PROFILE>{t.set_replies}</a></p>
        }
        .into_any(),
        (None, false) => view! { <p class="field-hint">{t.no_replies_to_owner}</p> }.into_any(),
    };
    let unsaved = form_input.unsaved();
    let form_input = || Arc::clone(form_input);
    view! {
        <form class="form wide-form" method="post" action="/act/review-announcement" data-testid="announcement-form" data-unsaved=unsaved>
            <ErrorSummary form_input=form_input()/>
            <input type="hidden" name="competitionId" value=competition.id.to_string()/>
            <fieldset class="audiences">
                <legend>{t.to}</legend>
                {people}
                {audiences.collect_view()}
                {views.collect_view()}
                {hint}
            </fieldset>
            <Field form_input=form_input() name="subject" label=t.subject max_length="120"/>
            <TextArea form_input=form_input() name="body" label=t.body hint=t.body_hint optional=false max_length=BODY_MAX/>
            <Field form_input=form_input() name="sendAt" kind="datetime-local" label=t.send_at hint=t.send_at_hint optional=true/>
            {replies}
            <p class="buttons">
                <button type="submit" class="button primary">{t.review}</button>
                <a class="button quiet" href=paths::organize(competition.id, "")>{text().organize.abort}</a>
            </p>
        </form>
    }
    .into_any()
}

/// Lists what was announced, the newest first.
fn history(competition: &CompetitionView, announcements: Vec<AnnouncementView>) -> AnyView {
    let t = &text().announce;
    if announcements.is_empty() {
        return view! { <EmptyState glyph=Glyph::Mail title=t.none_title words=t.none/> }
            .into_any();
    }
    let is_sending = announcements.iter().any(AnnouncementView::is_being_sent);
    let refresh = is_sending.then(|| {
        view! { <p><a class="button" href=paths::organize(competition.id, "announce")>{t.refresh}</a></p> }
    });
    let zone = &competition.time_zone;
    let rows = announcements
        .into_iter()
        .map(|announcement| row(competition.id, zone, announcement));
    view! {
        {refresh}
        <ul class="announcements" data-testid="announcements">{rows.collect_view()}</ul>
    }
    .into_any()
}

fn row(competition: CompetitionId, zone: &str, announcement: AnnouncementView) -> AnyView {
    let t = &text().announce;
    let state = t.state(&announcement);
    let at = announcement.send_at.unwrap_or(announcement.created_at);
    let view_name = announcement.view_name.clone();
    let is_chosen = announcement.audience == Audience::View && view_name.is_none();
    let audience = match is_chosen {
        true => t.to_chosen,
        false => t.audience(announcement.audience),
    };
    let view_name = view_name.map(|name| view! { ": "<bdi>{name}</bdi> });
    let numbers = announcement.started_at.map(|_| {
        let mailed = (announcement.mailed > 0).then(|| t.mailed(announcement.mailed));
        let failed = (announcement.failed > 0).then(|| t.failed(announcement.failed));
        view! {
            <progress max=announcement.total.max(1) value=announcement.written aria-hidden="true"></progress>
            <p class="counts">
                <span>{t.progress(announcement.written, announcement.total)}</span>
                {mailed.map(|words| view! { <span>{words}</span> })}
                {failed.map(|words| view! { <span class="bad"><Icon glyph=Glyph::Alert/>{words}</span> })}
            </p>
            {failures(&announcement.failures)}
        }
    });
    let withdraw = announcement.is_scheduled().then(|| {
        view! {
            <form method="post" action="/act/withdraw-announcement">
                <input type="hidden" name="competitionId" value=competition.to_string()/>
                <input type="hidden" name="announcementId" value=announcement.id.to_string()/>
                <button type="submit" class="button quiet">{t.withdraw}</button>
            </form>
        }
    });
    view! {
        <li>
            <p class="announcement-head">
                <strong dir="auto">{announcement.subject}</strong>
                {state.map(|words| view! { <span class="badge">{words}</span> })}
            </p>
            <p class="muted">
                {audience}{view_name}" · "<When time=at zone=zone.to_owned() style=WhenStyle::Short/>
            </p>
            {numbers}
            {withdraw}
        </li>
    }
    .into_any()
}

/// Says why mail failed, with the number of messages for each reason.
fn failures(failures: &[MailFailureView]) -> Option<AnyView> {
    if failures.is_empty() {
        return None;
    }
    let t = &text().announce;
    let reasons = failures.iter().map(|failure| {
        let status = failure.status.clone();
        let status = status.map(|status| view! { " ("<bdi>{status}</bdi>")" });
        view! { <span>{number(failure.count)}" · "{t.failure(failure.reason)}{status}</span> }
    });
    let reasons = reasons.collect_view();
    Some(view! { <p class="counts" data-testid="failures">{reasons}</p> }.into_any())
}
