//! What was done to a competition: who, when, and each value before and after.

use std::sync::Arc;

use leptos::prelude::*;
use serde_json::Value;

use crate::{
    model::{
        AuditEventView, AuditOutcome, CompetitionId, CompetitionStatus, Permission, RegistrationId,
        StaffRole,
        forms::{AuditFilter, Paging},
        ticket_number, time_zone,
    },
    ui::{
        components::{PageHeader, Pagination, TableBox, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        pages::admin::audit::{Names, concerned_account, names_in},
        paths,
        text::text,
    },
};

/// The page `/organize/{id}/audit`: lists who did what to a competition.
#[component]
pub fn CompetitionAudit() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::SeeHistory).await?;
    let services = &request.services;
    let paging = Paging::new(request.query_as("page"), None, 50);
    let events = services
        .audit
        .of_competition(actor, competition.id, AuditFilter::default(), paging)
        .await?;
    request.within(&events)?;
    let names = names_in(&request, &events.items).await?;
    let (number, pages) = (events.page, events.pages());
    let t = &text().history;
    let rows = events
        .items
        .into_iter()
        .map(|event| row(competition.id, &event, &names, &competition.time_zone))
        .collect_view();
    let url = paths::organize(competition.id, "audit");
    let body = view! {
        <p class="crumb"><a href=paths::organize(competition.id, "")>{competition.title.clone()}</a></p>
        <PageHeader title=t.title lead=t.lead/>
        <TableBox label=t.title>
            <table class="table dense">
                <caption class="sr-only">{t.title}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.col_when}</th>
                        <th scope="col">{t.col_who}</th>
                        <th scope="col">{t.col_what}</th>
                        <th scope="col">{t.col_change}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableBox>
        <Pagination page=number pages=pages path=url query=Vec::new()/>
    };
    Ok(PageContent::new(
        format!("{} · {}", competition.title, t.title),
        body,
    ))
}

fn row(competition: CompetitionId, event: &AuditEventView, names: &Names, zone: &str) -> AnyView {
    let t = &text().history;
    let who = event.actor_id.and_then(|id| names.get(&id).cloned());
    let who = match (who, event.actor_id.is_some()) {
        (Some(name), _) => {
            let name = text().account.account_name(&name).to_owned();
            view! { <bdi>{name}</bdi> }.into_any()
        }
        (None, true) => text().admin.somebody.into_any(),
        (None, false) if event.operator.is_none() => t.automatic.into_any(),
        (None, false) => t.operator.into_any(),
    };
    let refused = (event.outcome != AuditOutcome::Done).then(|| {
        view! { " "<span class="badge" data-tone="warn">{text().admin.refused}</span> }
    });
    let whom = concerned_account(event).and_then(|id| names.get(&id));
    let whom = whom.map(|name| {
        let name = text().account.account_name(name).to_owned();
        view! { ": "<bdi>{name}</bdi> }
    });
    let cause = event.detail.get("cause").map(|_| t.author_may_not);
    view! {
        <tr>
            <th scope="row"><When time=event.occurred_at style=WhenStyle::Short/></th>
            <td data-label=t.col_who class="cell-text">{who}</td>
            <td data-label=t.col_what>{text().audit_action(event.action)}{whom}{refused}</td>
            <td data-label=t.col_change class="cell-text">{changes(&event.detail, zone)}{act(competition, &event.detail)}{cause}</td>
        </tr>
    }
    .into_any()
}

/// Shows each value that changed, before and after.
fn changes(detail: &Value, zone: &str) -> Option<AnyView> {
    let fields = detail.get("changed")?.as_array()?;
    let value = |of: &str, field: &str| shown(field, detail.get(of)?.get(field)?, zone);
    let lines: Vec<_> = fields
        .iter()
        .filter_map(Value::as_str)
        .map(|field| {
            let both = value("before", field).zip(value("after", field));
            let both = both.map(|(before, after)| {
                view! {
                    ": "<del><bdi>{before}</bdi></del>" → "<ins><bdi>{after}</bdi></ins>
                }
            });
            view! { <li>{label(field)}{both}</li> }
        })
        .collect();
    (!lines.is_empty()).then(|| view! { <ul class="changes">{lines}</ul> }.into_any())
}

/// Says to how many registrations an act was done, why, and to which.
fn act(competition: CompetitionId, detail: &Value) -> Option<AnyView> {
    let t = &text().history;
    detail.get("act")?.as_str()?;
    let number = |field: &str| detail.get(field).and_then(Value::as_u64);
    let done = number("done")?;
    let promoted = number("promoted").filter(|number| *number > 0);
    let promoted = promoted.map(|number| view! { <br/>{text().people.moved_up(number)} });
    let reason = detail.get("reason").and_then(Value::as_str);
    let reason = reason.map(|reason| {
        let reason = reason.to_owned();
        view! { <br/>{text().people.reason}": "<bdi class="as-typed">{reason}</bdi> }
    });
    let ids = detail.get("registrations").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    let ids: Vec<RegistrationId> = ids.filter_map(|id| id.parse().ok()).collect();
    let rest = done.saturating_sub(u64::try_from(ids.len()).unwrap_or(u64::MAX));
    let rest = (rest > 0).then(|| view! { <li>{text().import.more(rest)}</li> });
    let links = ids.into_iter().map(|id| {
        view! { <li><a href=paths::person(competition, id)>{ticket_number(id)}</a></li> }
    });
    let links = links.collect_view();
    Some(
        view! {
            <details class="as-table">
                <summary>{t.registrations(done)}</summary>
                <ul class="changes">{links}{rest}</ul>
            </details>
            {promoted}
            {reason}
        }
        .into_any(),
    )
}

/// Returns the words for a value of a field; an absent one is a dash.
fn shown(field: &str, value: &Value, zone: &str) -> Option<String> {
    let t = &text().organize;
    let none = || "–".to_owned();
    Some(match value {
        Value::Null => none(),
        Value::Bool(true) => t.yes.to_owned(),
        Value::Bool(false) => t.no.to_owned(),
        Value::String(text) if text.is_empty() => none(),
        Value::String(status) if field == "status" => match status.parse() {
            Ok(CompetitionStatus::Draft) => t.status_draft.to_owned(),
            Ok(CompetitionStatus::Published) => t.status_published.to_owned(),
            Ok(CompetitionStatus::Cancelled) => t.status_cancelled.to_owned(),
            Err(_) => status.clone(),
        },
        Value::String(role) if field == "role" => match role.parse::<StaffRole>() {
            Ok(role) => text().staff.role_name(role).to_owned(),
            Err(_) => role.clone(),
        },
        Value::String(text) => match text.parse() {
            Ok(time) => time_zone::format(zone, time, "%Y-%m-%d %H:%M"),
            Err(_) => text.clone(),
        },
        Value::Array(items) if items.is_empty() => none(),
        Value::Array(items) => {
            let words: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            words.join(", ")
        }
        Value::Number(number) => number.to_string(),
        Value::Object(_) => return None,
    })
}

/// Returns the label of a field in the form of a competition.
fn label(field: &str) -> String {
    let t = &text().organize;
    let label = match field {
        "title" => t.field_title,
        "description" => t.field_description,
        "location" => t.field_location,
        "tags" => t.field_tags,
        "capacity" => t.field_capacity,
        "waitlistEnabled" => t.field_waitlist,
        "publishAt" => t.field_publish,
        "opensAt" => t.field_opens,
        "timeZone" => t.field_zone,
        "regDeadline" => t.field_deadline,
        "startsAt" => t.field_starts,
        "endsAt" => t.field_ends,
        "status" => t.field_status,
        "picture" => text().picture.title,
        "role" => text().staff.role,
        "division" => text().divisions.division,
        "question" => text().questions.question,
        "stage" => text().results.stage_name,
        "code" => text().codes.code,
        "codeRequired" => text().codes.required,
        "emailDomains" => text().codes.domains,
        "ageMin" => text().divisions.age_min,
        "ageMax" => text().divisions.age_max,
        "bracket" => text().brackets.bracket,
        other => return other.to_owned(),
    };
    label.to_owned()
}
