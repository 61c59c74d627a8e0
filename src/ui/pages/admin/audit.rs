//! The audit log, for administrators.

use std::{collections::BTreeMap, sync::Arc};

use leptos::prelude::*;

use super::{AdminPages, account_path};
use crate::{
    model::{
        AuditAction, AuditEventView, AuditOutcome, AuditSubject, CompetitionId, UserId,
        forms::{AuditFilter, Paging},
    },
    ui::{
        components::{
            EmptyState, Glyph, PageHeader, Pagination, Select, TableBox, When, WhenStyle,
        },
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/admin/audit`: lists who did what.
#[component]
pub fn Audit() -> impl IntoView {
    page(load)
}

/// The names of the accounts that a list of events mentions.
pub(in crate::ui::pages) type Names = BTreeMap<UserId, String>;

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let filter = AuditFilter {
        actor: request.query_as("actor"),
        action: request.query_as("action"),
        ..AuditFilter::default()
    };
    let paging = Paging::new(request.query_as("page"), None, 50);
    let events = request.services.audit.all(actor, filter, paging).await?;
    request.within(&events)?;
    let names = names_in(&request, &events.items).await?;
    let t = &text().admin;
    let (number, pages) = (events.page, events.pages());
    let listed = if events.items.is_empty() {
        view! { <EmptyState glyph=Glyph::Search title=t.audit_none_title words=t.audit_none/> }
            .into_any()
    } else {
        event_table(events.items, &names)
    };
    let action = filter.action.map_or("", AuditAction::as_str);
    let by = filter.actor.map(|id| id.to_string()).unwrap_or_default();
    let mut choices = vec![("", t.any_action)];
    choices.extend(
        AuditAction::ALL
            .iter()
            .map(|one| (one.as_str(), text().audit_action(*one))),
    );
    let kept =
        (!by.is_empty()).then(|| view! { <input type="hidden" name="actor" value=by.clone()/> });
    let query = vec![("action", action.to_owned()), ("actor", by.clone())];
    let body = view! {
        <PageHeader title=t.audit lead=t.audit_lead/>
        <AdminPages path=paths::ADMIN_AUDIT/>
        <search>
            <form class="filters" method="get" action=paths::ADMIN_AUDIT>
                {kept}
                <Select name="action" label=t.col_what value=action choices=choices/>
                <button type="submit" class="button">{text().browse.show}</button>
            </form>
        </search>
        {listed}
        <Pagination page=number pages=pages path=paths::ADMIN_AUDIT query=query/>
    };
    Ok(PageContent::new(t.audit, body))
}

/// Returns the names of the accounts that acted in these events, and of those that they are about.
pub(in crate::ui::pages) async fn names_in(
    request: &PageRequest,
    events: &[AuditEventView],
) -> Result<Names, PageError> {
    let subjects = events.iter().filter_map(|event| match event.subject_kind {
        Some(AuditSubject::Account) => event.subject_id.map(UserId),
        _ => None,
    });
    let actors = events.iter().filter_map(|event| event.actor_id);
    let concerned = events.iter().filter_map(concerned_account);
    let mut ids: Vec<UserId> = actors.chain(subjects).chain(concerned).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(request.services.accounts.names(&ids).await?)
}

/// Returns the account whose role in a competition an event is about.
pub(in crate::ui::pages) fn concerned_account(event: &AuditEventView) -> Option<UserId> {
    event.detail.get("account")?.as_str()?.parse().ok()
}

/// Shows events as a table.
pub(super) fn event_table(events: Vec<AuditEventView>, names: &Names) -> AnyView {
    let t = &text().admin;
    let rows = events
        .into_iter()
        .map(|event| row(event, names))
        .collect_view();
    view! {
        <TableBox label=t.audit><table class="table dense">
            <caption class="sr-only">{t.audit}</caption>
            <thead>
                <tr>
                    <th scope="col">{t.col_when}</th>
                    <th scope="col">{t.col_who}</th>
                    <th scope="col">{t.col_what}</th>
                    <th scope="col">{t.col_subject}</th>
                    <th scope="col">{t.col_detail}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table></TableBox>
    }
    .into_any()
}

fn row(event: AuditEventView, names: &Names) -> AnyView {
    let t = &text().admin;
    let who = match (event.actor_id, event.operator.clone()) {
        (Some(id), _) => account_link(id, names),
        (None, Some(operator)) => view! { <code>{operator}</code> }.into_any(),
        (None, None) => t.somebody.into_any(),
    };
    let outcome = match event.outcome {
        AuditOutcome::Done => None,
        AuditOutcome::Refused => Some(("warn", t.refused)),
        AuditOutcome::Failed => Some(("bad", t.failed_outcome)),
    };
    let outcome =
        outcome.map(|(tone, words)| view! { " "<span class="badge" data-tone=tone>{words}</span> });
    let detail = match &event.detail {
        serde_json::Value::Object(members) if members.is_empty() => String::new(),
        detail => detail.to_string(),
    };
    let detail = (!detail.is_empty()).then(|| view! { <code>{detail}</code> });
    let same = event.actor_id.map(|id| id.0) == event.subject_id;
    let subject = (!same).then(|| subject(&event, names));
    view! {
        <tr>
            <th scope="row"><When time=event.occurred_at style=WhenStyle::Short/></th>
            <td data-label=t.col_who class="cell-text">{who}</td>
            <td data-label=t.col_what>{text().audit_action(event.action)}{outcome}</td>
            <td data-label=t.col_subject class="cell-text">{subject}</td>
            <td data-label=t.col_detail class="cell-text">{detail}</td>
        </tr>
    }
    .into_any()
}

fn subject(event: &AuditEventView, names: &Names) -> AnyView {
    let Some(id) = event.subject_id else {
        return "–".into_any();
    };
    match event.subject_kind {
        Some(AuditSubject::Account) => account_link(UserId(id), names),
        Some(AuditSubject::Competition) => view! {
            <a href=paths::organize(CompetitionId(id), "")><code>{id.to_string()}</code></a>
        }
        .into_any(),
        Some(AuditSubject::FailedJob) | None => view! { <code>{id.to_string()}</code> }.into_any(),
    }
}

/// Shows an account by its name, or by its id if it does not exist any more.
fn account_link(id: UserId, names: &Names) -> AnyView {
    match names.get(&id) {
        Some(name) => {
            view! { <a href=account_path(id, "")><bdi>{text().account.account_name(name).to_owned()}</bdi></a> }.into_any()
        }
        None => view! { <code>{id.to_string()}</code> }.into_any(),
    }
}
