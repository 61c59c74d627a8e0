//! The page on which an organizer hands out codes, and decides who may register.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::{
        CodeId, CodeKind, CodeView, CompetitionView, IdempotencyKey, Page, Permission, Phase,
        forms::{CodeForm, EligibilityForm, Paging},
    },
    text::{DateStyle, date_time},
    ui::{
        actions::{CODE_FIELD, CODE_FORM, CODES_FORM, ELIGIBILITY_FORM},
        components::{
            Checkbox, EmptyState, ErrorSummary, Field, Glyph, PageHeader, Pagination, Select,
            TextArea,
        },
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        public_url::PublicUrl,
        text::{language, text},
    },
};

/// The number of codes on a page.
const PER_PAGE: u64 = 50;
/// The length of the longest list of domains, in characters.
const DOMAINS_LENGTH: usize = 13_000;

/// The page `/organize/{id}/codes`: lists, adds, generates, changes and deletes codes.
#[component]
pub fn Codes() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::Edit).await?;
    let id = competition.id;
    let competitions = &request.services.competitions;
    let paging = Paging {
        page: request.query_as("page").unwrap_or(1).max(1),
        per_page: PER_PAGE,
    };
    let codes = competitions.codes(actor, id, paging).await?;
    request.within(&codes)?;
    let edited = match request.query_as::<CodeId>("edit") {
        Some(code) => competitions.code(actor, id, code).await.ok(),
        None => None,
    };
    let t = &text().codes;
    let list = list(&competition, &codes, &request.site, request.now);
    let typed = request.form_input(CODE_FORM);
    let generates = request.query("generate").is_some();
    let form = match (&edited, generates) {
        (Some(code), _) => change_form(&competition, code, &typed),
        (None, true) => generate_form(&competition, &request.form_input(CODES_FORM)),
        (None, false) => add_form(&competition, &typed),
    };
    let rules = eligibility(&competition, &request.form_input(ELIGIBILITY_FORM));
    let body = view! {
        <p class="crumb"><a href=paths::organize(id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title lead=t.lead/>
        {list}
        {form}
        {rules}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

/// Shows a page of the codes.
fn list(
    competition: &CompetitionView,
    codes: &Page<CodeView>,
    site: &PublicUrl,
    now: DateTime<Utc>,
) -> AnyView {
    let t = &text().codes;
    if codes.total == 0 {
        return view! { <EmptyState glyph=Glyph::Plus title=t.none_title words=t.none/> }
            .into_any();
    }
    let items = codes
        .items
        .iter()
        .map(|code| item(competition, code, site, now));
    let reserved = u64::from(competition.seats_reserved);
    let reserved = (reserved > 0).then(|| {
        let words = match competition.phase(now) {
            // Nobody can use them any more.
            Phase::Closed => t.unused_reserved(reserved),
            _ => t.limits_reserved(reserved),
        };
        view! { <p class="muted" data-testid="set-aside">{words}</p> }
    });
    view! {
        {reserved}
        <ul class="division-list" data-testid="codes">{items.collect_view()}</ul>
        <Pagination page=codes.page pages=codes.pages() path=paths::organize(competition.id, "codes") query=Vec::new()/>
        <p class="buttons">
            <a class="button" href=paths::organize(competition.id, "codes.csv") download="">{text().organize.csv}</a>
        </p>
    }
    .into_any()
}

/// Shows a code with what it is good for, its link, and what can be done with it.
fn item(
    competition: &CompetitionView,
    code: &CodeView,
    site: &PublicUrl,
    now: DateTime<Utc>,
) -> AnyView {
    let t = &text().codes;
    let page = paths::organize(competition.id, "codes");
    let id = code.id.to_string();
    let edit = paths::with_query(&page, &[("edit", &id)]);
    let name = code.code.clone();
    let link = paths::with_query(&paths::competition(competition.id), &[("code", &name)]);
    let link = site.absolute(&link);
    let expiry = code.expires_at.map(|at| match code.has_expired(now) {
        true => t.expired.to_owned(),
        false => t.until(&date_time(
            language(),
            DateStyle::Full,
            at,
            &competition.time_zone,
        )),
    });
    let mut divisions = competition.divisions.iter();
    let division = code.division_id;
    let division = divisions.find(|one| Some(one.id) == division);
    let facts = [
        Some(t.kind_name(code.kind).to_owned()),
        Some(t.used(code.uses.into(), code.max_uses.into())),
        expiry,
        code.email.as_deref().map(|email| t.only_for(email)),
        division.map(|division| division.name.clone()),
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    let label = (!code.label.is_empty()).then(|| view! { <p><bdi>{code.label.clone()}</bdi></p> });
    view! {
        <li>
            <div>
                <h2><code>{name.clone()}</code></h2>
                {label}
                <p class="muted small"><bdi>{facts.join(" · ")}</bdi></p>
                <input class="code-link" type="text" readonly=true value=link aria-label=t.link_of(&name)/>
            </div>
            <div class="buttons">
                <a class="button" href=edit aria-label=t.change_of(&name)>{t.change}</a>
                <form method="post" action="/act/remove-code">
                    <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                    <input type="hidden" name=CODE_FIELD value=id/>
                    <button type="submit" class="button quiet" aria-label=t.remove_of(&name)>{t.remove}</button>
                </form>
            </div>
        </li>
    }
    .into_any()
}

fn add_form(competition: &CompetitionView, typed: &Arc<FormInput>) -> AnyView {
    let t = &text().codes;
    let generate = paths::organize(competition.id, "codes");
    let generate = paths::with_query(&generate, &[("generate", "on")]);
    view! {
        <section class="section narrow" aria-labelledby="new-code">
            <h2 id="new-code">{t.add}</h2>
            <form class="form" method="post" action="/act/add-code" data-testid="code-form" data-unsaved=typed.unsaved()>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <ErrorSummary form_input=Arc::clone(typed)/>
                <Field form_input=Arc::clone(typed) name="code" label=t.code hint=t.code_hint optional=true max_length="40"/>
                {kind_and_division(competition, typed)}
                {fields(typed, true)}
                <p class="buttons">
                    <button type="submit" class="button primary">{t.add}</button>
                    <a class="button quiet" href=generate>{t.generate}</a>
                </p>
            </form>
        </section>
    }
    .into_any()
}

fn generate_form(competition: &CompetitionView, typed: &Arc<FormInput>) -> AnyView {
    let t = &text().codes;
    view! {
        <section class="section narrow" aria-labelledby="new-codes">
            <h2 id="new-codes">{t.generate}</h2>
            <p class="muted">{t.generate_lead}</p>
            <form class="form" method="post" action="/act/generate-codes" data-testid="codes-form" data-unsaved=typed.unsaved()>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name="idempotencyKey" value=IdempotencyKey::mint().to_string()/>
                <ErrorSummary form_input=Arc::clone(typed)/>
                <Field form_input=Arc::clone(typed) name="count" kind="number" label=t.count min="1"/>
                {kind_and_division(competition, typed)}
                {fields(typed, false)}
                <p class="buttons">
                    <button type="submit" class="button primary">{t.generate}</button>
                    <a class="button quiet" href=paths::organize(competition.id, "codes") data-leave="">{text().organize.abort}</a>
                </p>
            </form>
        </section>
    }
    .into_any()
}

fn change_form(competition: &CompetitionView, code: &CodeView, typed: &Arc<FormInput>) -> AnyView {
    let t = &text().codes;
    let id = code.id.to_string();
    let (form_input, unsaved) = match typed.value(CODE_FIELD) == id {
        true => (Arc::clone(typed), typed.unsaved()),
        false => {
            let form = CodeForm::of(code, &competition.time_zone);
            (Arc::new(FormInput::of(CODE_FORM, &form)), "")
        }
    };
    view! {
        <section class="section narrow" aria-labelledby="change-code">
            <h2 id="change-code"><code>{code.code.clone()}</code></h2>
            <form class="form" method="post" action="/act/change-code" data-testid="code-form" data-unsaved=unsaved>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name=CODE_FIELD value=id/>
                <ErrorSummary form_input=Arc::clone(&form_input)/>
                <p class="muted">{t.kind_name(code.kind)}</p>
                {fields(&form_input, true)}
                <p class="buttons">
                    <button type="submit" class="button primary">{t.save}</button>
                    <a class="button quiet" href=paths::organize(competition.id, "codes") data-leave="">{text().organize.abort}</a>
                </p>
            </form>
        </section>
    }
    .into_any()
}

/// Shows what is chosen once, when a code is made.
fn kind_and_division(competition: &CompetitionView, typed: &Arc<FormInput>) -> AnyView {
    let t = &text().codes;
    let kinds = CodeKind::ALL.iter();
    let kinds = kinds
        .map(|kind| (kind.as_str(), t.kind_name(*kind)))
        .collect();
    let kind = match typed.value("kind") {
        chosen if chosen.is_empty() => CodeKind::Eligibility.to_string(),
        chosen => chosen,
    };
    let chosen = typed.value("divisionId");
    let options = competition.divisions.iter().map(|division| {
        let id = division.id.to_string();
        let selected = id == chosen;
        view! { <option value=id selected=selected>{division.name.clone()}</option> }
    });
    let options = options.collect_view();
    let error = typed.error("divisionId");
    let described = error.is_some().then_some("divisionId-error");
    let division = (!competition.divisions.is_empty()).then(|| {
        view! {
            <div class="field">
                <label for="divisionId">{text().divisions.division}</label>
                <select id="divisionId" name="divisionId" aria-describedby=described>
                    <option value="">{t.any_division}</option>
                    {options}
                </select>
                {error.map(|words| view! { <p class="field-error" id="divisionId-error">{words}</p> })}
            </div>
        }
    });
    view! {
        <Select name="kind" label=t.kind value=kind choices=kinds/>
        {division}
    }
    .into_any()
}

fn fields(form_input: &Arc<FormInput>, with_email: bool) -> AnyView {
    let t = &text().codes;
    let form_input = || Arc::clone(form_input);
    let email = with_email.then(|| {
        view! {
            <Field form_input=form_input() name="email" kind="email" label=t.email hint=t.email_hint optional=true autocomplete="off"/>
        }
    });
    view! {
        <Field form_input=form_input() name="label" label=t.label optional=true max_length="80"/>
        <Field form_input=form_input() name="maxUses" kind="number" label=t.max_uses min="1"/>
        {email}
        <Field form_input=form_input() name="expiresAt" kind="datetime-local" label=t.expires_at hint=t.expires_hint optional=true/>
    }
    .into_any()
}

/// Shows who may register.
fn eligibility(competition: &CompetitionView, typed: &Arc<FormInput>) -> AnyView {
    let t = &text().codes;
    let is_typed = !typed.values.is_empty();
    let on = |is_set: bool| if is_set { "on" } else { "" }.to_owned();
    let number = |age: Option<u32>| age.map(|age| age.to_string()).unwrap_or_default();
    let form_input = match is_typed {
        true => Arc::clone(typed),
        false => {
            let form = EligibilityForm {
                code_required: on(competition.code_required),
                email_domains: competition.email_domains.join("\n"),
                age_min: number(competition.age_min),
                age_max: number(competition.age_max),
                ages_unchecked: on(competition.ages_unchecked),
            };
            Arc::new(FormInput::of(ELIGIBILITY_FORM, &form))
        }
    };
    let input = || Arc::clone(&form_input);
    let required = !form_input.value("codeRequired").is_empty();
    let unchecked = !form_input.value("agesUnchecked").is_empty();
    view! {
        <section class="section narrow" aria-labelledby="who-may-register">
            <h2 id="who-may-register">{t.who_title}</h2>
            <p class="muted">{t.who_lead}</p>
            <form class="form" method="post" action="/act/change-eligibility" data-testid="eligibility-form" data-unsaved=typed.unsaved()>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <ErrorSummary form_input=input()/>
                <Checkbox name="codeRequired" label=t.required checked=required/>
                <TextArea form_input=input() name="emailDomains" label=t.domains hint=t.domains_hint max_length=DOMAINS_LENGTH/>
                <div class="columns">
                    <Field form_input=input() name="ageMin" kind="number" label=text().divisions.age_min hint=t.ages_hint optional=true min="1"/>
                    <Field form_input=input() name="ageMax" kind="number" label=text().divisions.age_max optional=true min="1"/>
                </div>
                <Checkbox name="agesUnchecked" label=t.ages_unchecked checked=unchecked/>
                <p class="buttons"><button type="submit" class="button primary">{t.save}</button></p>
            </form>
        </section>
    }
    .into_any()
}
