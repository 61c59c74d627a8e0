//! The page on which helpers check participants in, and the list for the printer.
//!
//! The page is complete without JavaScript: a code is typed, or a name is searched for. A script of its own
//! (`public/check-in.js`, no part of the browser bundle) adds the camera, keeps the number of those who are there up to
//! date, and keeps scans on the device while there is no network. The service worker keeps the page itself.

mod list;

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

pub use self::list::CheckInList;
use crate::{
    model::{
        CheckInCounts, CompetitionId, CompetitionView, ExpectedPersonView, Permission, UserId,
    },
    ui::{
        actions::CHECK_IN_FORM,
        components::{ErrorSummary, Field, PageHeader, SearchField, When, WhenStyle},
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The page `/organize/{id}/check-in`: checks participants in.
#[component]
pub fn CheckIn() -> impl IntoView {
    // Every other page is denied the camera.
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(self)"),
        );
    }
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::CheckIn).await?;
    let check_ins = &request.services.check_ins;
    let id = competition.id;
    let counts = check_ins.counts(actor, id).await?;
    let newest = check_ins.newest(actor, id).await?;
    let search = request.query("search");
    let found = match &search {
        Some(search) => Some(check_ins.search(actor, id, search).await?),
        None => None,
    };
    let form_input = request.form_input(CHECK_IN_FORM);
    let t = &text().check_in;
    let body = view! {
        <p class="crumb"><a href=paths::organize(id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title lead=t.lead>
            <a class="button" href=paths::organize(id, "check-in/list")>{t.printable}</a>
            <a class="button" href=paths::badges(id, 1, false) download="">{text().certificates.badges}</a>
        </PageHeader>
        {enhanced(
            &competition,
            actor.id,
            view! {
                <p class="check-in-counter" data-testid="check-in-counter" data-counter="">{counter(counts)}</p>
                {camera()}
                {code_form(id, &form_input)}
                <p class="check-in-result" data-result="" role="status"></p>
                {search_section(&competition, search, found)}
                <section class="section" aria-labelledby="newest">
                    <h2 id="newest">{t.newest}</h2>
                    <div data-part="newest">{newest_list(&competition, newest)}</div>
                </section>
            }
            .into_any(),
        )}
        <script src=paths::CHECK_IN_SCRIPT defer=true></script>
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

/// Puts what the script needs to know around the content of the page: where the API is, whose scans it keeps, and the
/// sentences that it shows.
fn enhanced(competition: &CompetitionView, account: UserId, content: AnyView) -> AnyView {
    let t = &text().check_in;
    let errors = &text().domain_errors;
    view! {
        <div class="check-in" data-check-in=paths::check_ins(competition.id)
            data-account=account.to_string()
            data-tzid=competition.time_zone.clone() data-reader=paths::QR_READER_SCRIPT
            data-counter-words=t.counter("{done}", "{all}")
            data-done=t.done("{name}") data-already=t.already("{name}", "{time}", "{by}")
            data-kept=t.kept("{name}") data-not-on-list=t.not_on_list data-failed=t.scan_failed
            data-invalid=errors.ticket_invalid data-ready=t.offline_ready("{n}")
            data-offline=t.offline_now data-waiting=t.waiting("{n}")
            data-camera-refused=t.camera_refused data-camera-missing=t.camera_missing
            data-log-out=t.log_out_question("{n}") data-check=t.check_in
            data-check-of=t.check_in_of("{name}") data-no-match=t.no_match>
            <p class="check-in-network" data-connect="" role="status" hidden=true></p>
            <section class="panel" data-refused="" hidden=true aria-labelledby="refused">
                <h2 id="refused">{t.refused_title}</h2>
                <p>{t.refused_hint}</p>
                <ul data-refused-list=""></ul>
                <button type="button" class="button" data-dismiss="">{t.dismiss}</button>
            </section>
            {content}
        </div>
    }
    .into_any()
}

fn counter(counts: CheckInCounts) -> String {
    let (done, all) = (number(counts.checked_in), number(counts.expected));
    text().check_in.counter(&done, &all)
}

/// Shows the switch of the camera, which the script makes visible.
fn camera() -> AnyView {
    let t = &text().check_in;
    view! {
        <section class="check-in-camera" data-camera="" hidden=true aria-label=t.camera_title>
            <video data-video="" playsinline=true muted=true hidden=true aria-label=t.camera_title></video>
            <p class="muted" data-camera-hint="" hidden=true>{t.camera_hint}</p>
            <p class="buttons">
                <button type="button" class="button primary" data-scan="">{t.scan}</button>
                <button type="button" class="button" data-stop="" hidden=true>{t.stop}</button>
            </p>
        </section>
    }
    .into_any()
}

fn code_form(competition: CompetitionId, form_input: &Arc<FormInput>) -> AnyView {
    let t = &text().check_in;
    let form_input = || Arc::clone(form_input);
    view! {
        <form class="form check-in-form" method="post" action="/act/check-in-to-competition" data-testid="check-in-form" data-code-form="">
            <ErrorSummary form_input=form_input()/>
            <input type="hidden" name="competitionId" value=competition.to_string()/>
            <Field form_input=form_input() name="code" label=t.code hint=t.code_hint autocomplete="off" max_length="100"/>
            <p class="buttons"><button type="submit" class="button primary">{t.check_in}</button></p>
        </form>
    }
    .into_any()
}

fn search_section(
    competition: &CompetitionView,
    search: Option<String>,
    found: Option<Vec<ExpectedPersonView>>,
) -> AnyView {
    let t = &text().check_in;
    let found = found.map(|found| match found.is_empty() {
        true => view! { <p class="muted">{t.no_match}</p> }.into_any(),
        false => people(competition, found),
    });
    let page = paths::organize(competition.id, "check-in");
    view! {
        <section class="section" aria-labelledby="by-name">
            <h2 id="by-name">{t.search_title}</h2>
            <search>
                <form class="filters" method="get" action=page data-search-form="">
                    <SearchField value=search placeholder=t.name/>
                    <button type="submit" class="button">{text().browse.show}</button>
                </form>
            </search>
            <div data-found="" data-testid="found">{found}</div>
        </section>
    }
    .into_any()
}

fn newest_list(competition: &CompetitionView, newest: Vec<ExpectedPersonView>) -> AnyView {
    match newest.is_empty() {
        true => view! { <p class="muted">{text().check_in.nobody}</p> }.into_any(),
        false => people(competition, newest),
    }
}

/// Lists people, each with what can be done: checking in, or undoing that.
fn people(competition: &CompetitionView, people: Vec<ExpectedPersonView>) -> AnyView {
    let items = people.into_iter().map(|person| item(competition, person));
    let items = items.collect_view();
    view! { <ul class="check-in-list">{items}</ul> }.into_any()
}

fn item(competition: &CompetitionView, person: ExpectedPersonView) -> AnyView {
    let t = &text().check_in;
    let names = &text().account;
    let name = names.account_name(&person.user_name).to_owned();
    let (id, registration) = (
        competition.id.to_string(),
        person.registration_id.to_string(),
    );
    let division = person.division.map(|division| {
        view! { <span class="muted small"><bdi>{division}</bdi></span> }
    });
    let start_number = person.start_number.map(|it| {
        let words = text().start_numbers.column;
        view! { <span class="small">{words}" "{it.to_string()}</span> }
    });
    let zone = competition.time_zone.clone();
    let act = match person.checked_in {
        Some((at, by)) => {
            let by = t.by(names.account_name(&by));
            view! {
                <span class="muted small"><When time=at zone=zone style=WhenStyle::Recent/>" "{by}</span>
                <form method="post" action="/act/undo-check-in-to-competition">
                    <input type="hidden" name="competitionId" value=id/>
                    <input type="hidden" name="registrationId" value=registration/>
                    <button type="submit" class="button quiet" aria-label=t.undo_of(&name)>{t.undo}</button>
                </form>
            }
            .into_any()
        }
        None => view! {
            <form method="post" action="/act/check-in-to-competition" data-code-form="">
                <input type="hidden" name="competitionId" value=id/>
                <input type="hidden" name="code" value=registration/>
                <button type="submit" class="button" aria-label=t.check_in_of(&name)>{t.check_in}</button>
            </form>
        }
        .into_any(),
    };
    view! { <li><span class="check-in-name"><bdi>{name}</bdi>{start_number}{division}</span>{act}</li> }
        .into_any()
}
