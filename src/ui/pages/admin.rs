//! The pages of administrators, one file each, and what they have in common.

pub mod account;
pub mod accounts;
pub mod audit;
pub mod competitions;
pub mod failed_jobs;
pub mod health;
pub mod organizer_requests;
mod queue_table;
pub mod queues;
pub mod settings;

use leptos::prelude::*;

use crate::{
    model::{Role, UserId},
    ui::{paths, text::text},
};

/// Shows the links between the pages of administrators.
#[component]
fn AdminPages(
    /// The path of the page that is shown.
    path: &'static str,
) -> impl IntoView {
    let t = &text().admin;
    let links = [
        (paths::ADMIN, t.health),
        (paths::ADMIN_QUEUES, t.queues),
        (paths::ADMIN_FAILED_JOBS, t.failed),
        (paths::ADMIN_USERS, t.users),
        (paths::ADMIN_ORGANIZER_REQUESTS, t.requests),
        (paths::ADMIN_COMPETITIONS, t.competitions),
        (paths::ADMIN_SETTINGS, t.settings),
        (paths::ADMIN_AUDIT, t.audit),
    ];
    let link = |(href, words): (&'static str, &'static str)| {
        let current = (href == path).then_some("page");
        view! { <a href=href aria-current=current>{words}</a> }
    };
    view! { <nav class="tabs" aria-label=t.pages>{links.map(link).collect_view()}</nav> }.into_any()
}

/// Returns the words for a queue: those of its name, if this release knows it.
fn queue_words(name: &str) -> String {
    text().admin.queue_name(name)
}

/// Returns the word for a role.
fn role_words(role: Role) -> &'static str {
    let t = &text().admin;
    match role {
        Role::Participant => t.role_participant,
        Role::Organizer => t.role_organizer,
        Role::Admin => t.role_admin,
    }
}

/// Returns the path of the page about an account; `part` is empty or `disable`.
fn account_path(id: UserId, part: &str) -> String {
    match part {
        "" => format!("{}/{id}", paths::ADMIN_USERS),
        part => format!("{}/{id}/{part}", paths::ADMIN_USERS),
    }
}
