//! The jobs that failed finally, grouped by cause, and the page that asks before some are deleted.

use std::sync::Arc;

use leptos::prelude::*;

use super::{AdminPages, queue_words};
use crate::{
    model::{FailedGroupView, FailedJobView, Page as List, forms::Paging},
    ui::{
        components::{EmptyState, Glyph, PageHeader, Pagination, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The number of groups that are shown; the largest come first.
const GROUPS: usize = 50;

/// The page `/admin/failed-jobs`: lists the causes, with `?queue=` those of one queue, or with `?group=` the jobs of
/// one cause.
#[component]
pub fn FailedJobs() -> impl IntoView {
    page(
        async |request: Arc<PageRequest>| match request.query("group") {
            Some(group) => one_group(&request, &group).await,
            None => all_groups(&request).await,
        },
    )
}

async fn all_groups(request: &PageRequest) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let mut groups = request.services.operations.failed_groups(actor).await?;
    let t = &text().admin;
    let queue = request.query("queue").filter(|queue| !queue.is_empty());
    if let Some(queue) = &queue {
        groups.retain(|group| group.queue == *queue);
    }
    let total: u64 = groups.iter().map(|group| group.count).sum();
    let of_queue = queue.as_ref().filter(|_| total > 0).map(|queue| {
        view! {
            <form method="post" action="/act/retry-failed-jobs">
                <input type="hidden" name="queue" value=queue.clone()/>
                <button type="submit" class="button">{t.retry(total)}</button>
            </form>
        }
    });
    let crumb = queue.as_ref().map(|queue| {
        let words = queue_words(queue);
        view! { <p class="crumb"><a href=paths::ADMIN_FAILED_JOBS>{t.all_groups}</a>" · "{words}</p> }
    });
    let actions = (total > 0 && queue.is_none()).then(|| {
        view! {
            <form method="post" action="/act/retry-failed-jobs">
                <input type="hidden" name="all" value="true"/>
                <button type="submit" class="button">{t.retry_all(total)}</button>
            </form>
            <a class="button" href=delete_path(&[("all", "true")]) data-confirm="">{t.delete(total)}</a>
        }
    });
    let listed = if groups.is_empty() {
        view! { <EmptyState glyph=Glyph::Check title=t.failed_none_title words=t.failed_none/> }
            .into_any()
    } else {
        let groups = groups
            .into_iter()
            .take(GROUPS)
            .map(group_view)
            .collect_view();
        view! { <ul class="groups">{groups}</ul> }.into_any()
    };
    let body = view! {
        {crumb}
        <PageHeader title=t.failed lead=t.failed_lead>{of_queue}{actions}</PageHeader>
        <AdminPages path=paths::ADMIN_FAILED_JOBS/>
        {listed}
    };
    Ok(PageContent::new(t.failed, body))
}

fn group_view(group: FailedGroupView) -> AnyView {
    let show = paths::with_query(paths::ADMIN_FAILED_JOBS, &[("group", &group.group)]);
    view! {
        <li class="group" data-testid="failed-group">
            <p class="group-count">{number(group.count)}</p>
            <div class="group-cause">
                <p><code>{group.error.clone()}</code></p>
                <p class="muted">
                    {queue_words(&group.queue)}" · "<code>{group.kind.clone()}</code>" · "
                    <When time=group.first style=WhenStyle::Recent/>" – "<When time=group.last style=WhenStyle::Recent/>
                </p>
            </div>
            {group_actions(&group.group, group.count, Some(show))}
        </li>
    }
    .into_any()
}

/// Shows what can be done about a group.
fn group_actions(group: &str, count: u64, show: Option<String>) -> AnyView {
    let t = &text().admin;
    view! {
        <div class="buttons">
            {show.map(|show| view! { <a class="button quiet" href=show>{t.show_group}</a> })}
            <form method="post" action="/act/retry-failed-jobs">
                <input type="hidden" name="group" value=group.to_owned()/>
                <button type="submit" class="button">{t.retry(count)}</button>
            </form>
            <a class="button" href=delete_path(&[("group", group)]) data-confirm="">{t.delete(count)}</a>
        </div>
    }
    .into_any()
}

async fn one_group(request: &PageRequest, group: &str) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let paging = Paging::new(request.query_as("page"), None, 20);
    let operations = &request.services.operations;
    let jobs = operations.failed_jobs(actor, Some(group), paging).await?;
    request.within(&jobs)?;
    let t = &text().admin;
    let List {
        page: number,
        total,
        ..
    } = jobs;
    let pages = jobs.pages();
    if total == 0 {
        return Err(PageError::SeeOther(paths::ADMIN_FAILED_JOBS.to_owned()));
    }
    let jobs = jobs.items.into_iter().map(job_view).collect_view();
    let query = vec![("group", group.to_owned())];
    let actions = group_actions(group, total, None);
    let body = view! {
        <p class="crumb"><a href=paths::ADMIN_FAILED_JOBS>{t.all_groups}</a></p>
        <PageHeader title=t.failed_count(total)>{actions}</PageHeader>
        <AdminPages path=paths::ADMIN_FAILED_JOBS/>
        <ul class="groups">{jobs}</ul>
        <Pagination page=number pages=pages path=paths::ADMIN_FAILED_JOBS query=query/>
    };
    Ok(PageContent::new(t.failed_count(total), body))
}

fn job_view(job: FailedJobView) -> AnyView {
    let t = &text().admin;
    let attempts = u64::try_from(job.attempts).unwrap_or(0);
    let id = job.id.to_string();
    view! {
        <li class="group" data-testid="failed-job">
            <div class="group-cause">
                <p><When time=job.failed_at style=WhenStyle::Short/>" · "{t.attempts(attempts)}" · "<code>{job.kind}</code></p>
                <p><span class="sr-only">{t.error}": "</span><code>{job.error}</code></p>
                <details>
                    <summary>{t.payload}</summary>
                    <pre class="payload" tabindex="0">{shown(&job.payload)}</pre>
                </details>
            </div>
            <div class="buttons">
                <form method="post" action="/act/retry-failed-jobs">
                    <input type="hidden" name="id" value=id.clone()/>
                    <input type="hidden" name="group" value=job.group/>
                    <button type="submit" class="button">{t.retry_one}</button>
                </form>
                <a class="button" href=delete_path(&[("id", &id)]) data-confirm="">{t.delete_one}</a>
            </div>
        </li>
    }
    .into_any()
}

/// The most characters of a payload that are shown.
const PAYLOAD: usize = 4_000;

/// Returns a payload as text. Payloads hold ids; where a text looks like an e-mail address, only its first letter and
/// its host are shown, since nobody needs more to find the cause.
fn shown(payload: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(&without_addresses(payload)).unwrap_or_default();
    text.chars().take(PAYLOAD).collect()
}

fn without_addresses(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => match text.split_once('@') {
            Some((name, host)) => {
                let first: String = name.chars().take(1).collect();
                Value::String(format!("{first}…@{host}"))
            }
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(without_addresses).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), without_addresses(member)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn delete_path(query: &[(&str, &str)]) -> String {
    paths::with_query("/admin/failed-jobs/delete", query)
}

/// The page `/admin/failed-jobs/delete`: asks before dead letters are deleted.
#[component]
pub fn DeleteFailedJobs() -> impl IntoView {
    page(load_question)
}

async fn load_question(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let (id, group) = (request.query("id"), request.query("group"));
    let count = match (&id, &group) {
        (Some(_), _) => 1,
        (None, group) => {
            let paging = Paging::new(None, Some(1), 1);
            let operations = &request.services.operations;
            let jobs = operations.failed_jobs(actor, group.as_deref(), paging);
            jobs.await?.total
        }
    };
    let chosen = id.is_some() || group.is_some() || request.query("all").is_some();
    if count == 0 || !chosen {
        return Err(PageError::SeeOther(paths::ADMIN_FAILED_JOBS.to_owned()));
    }
    let t = &text().admin;
    let title = t.delete_title(count);
    let all = (id.is_none() && group.is_none())
        .then(|| view! { <input type="hidden" name="all" value="true"/> });
    let back = match &group {
        Some(group) => paths::with_query(paths::ADMIN_FAILED_JOBS, &[("group", group)]),
        None => paths::ADMIN_FAILED_JOBS.to_owned(),
    };
    let body = view! {
        <div class="form-page" data-question="">
            <h1>{title.clone()}</h1>
            <p>{t.delete_words}</p>
            <form method="post" action="/act/delete-failed-jobs" data-testid="delete-form">
                {id.map(|id| view! { <input type="hidden" name="id" value=id/> })}
                {group.map(|group| view! { <input type="hidden" name="group" value=group/> })}
                {all}
                <p class="buttons">
                    <button type="submit" class="button danger">{t.delete_yes(count)}</button>
                    <a class="button" href=back data-close="">{t.keep}</a>
                </p>
            </form>
        </div>
    };
    Ok(PageContent::new(title, body))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_payload_shows_no_address_of_a_person() {
        let payload = json!({ "to": ["ada@example.org"], "id": 7, "text": "no address" });
        let shown = without_addresses(&payload);
        assert_eq!(
            shown,
            json!({ "to": ["a…@example.org"], "id": 7, "text": "no address" })
        );
    }
}
