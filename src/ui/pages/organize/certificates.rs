//! The page on which an organizer issues certificates, sees how far that is, and revokes single ones.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        Audience, CertificateRunView, CertificateState, CheckInCounts, CompetitionId,
        CompetitionStatus, CompetitionView, IssuedCertificate, Page, Permission, forms::Paging,
    },
    ui::{
        actions::CERTIFICATES_FORM,
        components::{
            EmptyState, ErrorSummary, Field, Glyph, Icon, PageHeader, Pagination, SearchField,
            TableBox, When, WhenStyle,
        },
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// How many certificates a page lists.
const PER_PAGE: u64 = 50;

/// The page `/organize/{id}/certificates`: issues certificates and lists them.
#[component]
pub fn Certificates() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::Edit).await?;
    let id = competition.id;
    let certificates = &request.services.certificates;
    let run = certificates.newest_run(actor, id).await?;
    let here = request.services.check_ins.counts(actor, id).await?;
    let search = request.query("search");
    let listed = match &search {
        Some(search) => {
            let items = certificates.search(actor, id, search).await?;
            let total = items.len() as u64;
            Page {
                items,
                page: 1,
                per_page: PER_PAGE,
                total,
            }
        }
        None => {
            let paging = Paging::new(request.query_as("page"), None, PER_PAGE);
            certificates.list(actor, id, paging).await?
        }
    };
    request.within(&listed)?;
    let t = &text().certificates;
    let form_input = request.form_input(CERTIFICATES_FORM);
    let has_begun = competition.starts_at <= request.now;
    let issue = match has_begun && competition.status == CompetitionStatus::Published {
        true => issue_form(&competition, here, &form_input),
        false => view! { <p class="muted">{t.before_start}</p> }.into_any(),
    };
    let body = view! {
        <p class="crumb"><a href=paths::organize(id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title lead=t.lead/>
        {run.map(|run| progress(id, run))}
        {issue}
        {list(&competition, search, listed)}
        {badges(id)}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

/// Shows how far the newest run is.
fn progress(competition: CompetitionId, run: CertificateRunView) -> AnyView {
    let t = &text().certificates;
    let running = run.finished_at.is_none().then(|| {
        let page = paths::organize(competition, "certificates");
        view! {
            <p class="buttons">
                <span class="badge">{t.running}</span>
                <a class="button" href=page>{text().announce.refresh}</a>
            </p>
        }
    });
    view! {
        <section class="panel" aria-label=t.running data-testid="certificate-run">
            {running}
            <progress max=run.total.max(1) value=run.done aria-hidden="true"></progress>
            <p class="counts">
                <span>{t.progress(&number(run.done), &number(run.total))}</span>
                <span>{t.issued_number(run.issued)}</span>
            </p>
        </section>
    }
    .into_any()
}

fn issue_form(
    competition: &CompetitionView,
    here: CheckInCounts,
    form_input: &Arc<FormInput>,
) -> AnyView {
    let t = &text().certificates;
    let chosen = form_input.value("audience");
    let audiences = [
        (Audience::CheckedIn, t.to_checked_in, here.checked_in),
        (Audience::Seated, t.to_seated, here.expected),
    ]
    .map(|(audience, words, people)| {
        let name = audience.as_str();
        let checked = chosen == name || (chosen.is_empty() && audience == Audience::CheckedIn);
        view! {
            <label class="audience">
                <input type="radio" name="audience" value=name checked=checked/>
                <span>{words}</span>
                <b>{text().announce.people(people)}</b>
            </label>
        }
    });
    let form_input = || Arc::clone(form_input);
    view! {
        <section class="section" aria-labelledby="issue">
            <h2 id="issue">{t.issue_title}</h2>
            <form class="form" method="post" action="/act/issue-certificates" data-testid="issue-certificates">
                <ErrorSummary form_input=form_input()/>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <fieldset class="audiences">
                    <legend>{t.to}</legend>
                    {audiences.into_iter().collect_view()}
                </fieldset>
                <Field form_input=form_input() name="remark" label=t.remark hint=t.remark_hint optional=true max_length="120"/>
                <p class="field-hint">{t.issue_hint}</p>
                <p class="buttons"><button type="submit" class="button primary">{t.issue}</button></p>
            </form>
        </section>
    }
    .into_any()
}

fn list(
    competition: &CompetitionView,
    search: Option<String>,
    listed: Page<IssuedCertificate>,
) -> AnyView {
    let t = &text().certificates;
    let url = paths::organize(competition.id, "certificates");
    let (page, pages, total) = (listed.page, listed.pages(), listed.total);
    let table = match (listed.items.is_empty(), search.is_some()) {
        (true, true) => view! { <p class="muted">{t.no_match}</p> }.into_any(),
        (true, false) => {
            view! { <EmptyState glyph=Glyph::Check title=t.none_title words=t.none/> }.into_any()
        }
        (false, _) => table(competition, listed.items),
    };
    let find = (total > 0 || search.is_some()).then(|| {
        view! {
            <search>
                <form class="filters" method="get" action=url.clone()>
                    <SearchField value=search.clone() placeholder=t.search/>
                    <button type="submit" class="button">{text().browse.show}</button>
                </form>
            </search>
        }
    });
    view! {
        <section class="section" aria-labelledby="issued">
            <h2 id="issued">{t.list_title}</h2>
            {find}
            {table}
            <Pagination page=page pages=pages path=url.clone() query=Vec::new()/>
        </section>
    }
    .into_any()
}

fn table(competition: &CompetitionView, items: Vec<IssuedCertificate>) -> AnyView {
    let t = &text().certificates;
    let rows = items.into_iter().map(|item| row(competition, item));
    let rows = rows.collect_view();
    view! {
        <TableBox label=t.list_title>
            <table class="table" data-testid="certificates">
                <caption class="sr-only">{t.list_title}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text().check_in.name}</th>
                        <th scope="col">{t.serial}</th>
                        <th scope="col">{t.issued_on}</th>
                        <th scope="col">{t.state}</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableBox>
    }
    .into_any()
}

fn row(competition: &CompetitionView, item: IssuedCertificate) -> AnyView {
    let t = &text().certificates;
    let certificate = item.certificate;
    let name = certificate.name.clone();
    let is_valid = certificate.state == CertificateState::Valid;
    let state = if is_valid { t.valid } else { t.revoked };
    let zone = competition.time_zone.clone();
    let act = |action: &'static str, words: &'static str, label: String| {
        view! {
            <form method="post" action=action>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name="certificateId" value=item.id.to_string()/>
                <button type="submit" class="button quiet" aria-label=label>{words}</button>
            </form>
        }
    };
    let revoke = is_valid.then(|| act("/act/revoke-certificate", t.revoke, t.revoke_of(&name)));
    let again = act("/act/issue-certificate-again", t.again, t.again_of(&name));
    let person = paths::person(competition.id, item.registration_id);
    let verification = paths::certificate(&certificate.serial);
    view! {
        <tr>
            <th scope="row"><a href=person><bdi>{name.clone()}</bdi></a></th>
            <td data-label=t.serial><a href=verification><code>{certificate.serial.clone()}</code></a></td>
            <td data-label=t.issued_on><When time=certificate.issued_at zone=zone style=WhenStyle::Short/></td>
            <td data-label=t.state>{state}</td>
            <td><div class="buttons">{revoke}{again}</div></td>
        </tr>
    }
    .into_any()
}

fn badges(competition: CompetitionId) -> AnyView {
    let t = &text().certificates;
    view! {
        <section class="section" aria-labelledby="badges">
            <h2 id="badges">{t.badges}</h2>
            <p class="muted">{t.badges_hint}</p>
            <p class="buttons">
                <a class="button" href=paths::badges(competition, 1, false) download=""><Icon glyph=Glyph::Download/>{t.cards}</a>
                <a class="button" href=paths::badges(competition, 1, true) download=""><Icon glyph=Glyph::Download/>{t.large}</a>
            </p>
        </section>
    }
    .into_any()
}
