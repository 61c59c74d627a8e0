//! The queues, which administrators pause and resume.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    AdminPages,
    queue_table::{minute_table, queue_table},
};
use crate::ui::{
    components::PageHeader,
    page::{PageContent, page},
    page_request::{PageError, PageRequest},
    paths,
    text::text,
};

/// The page `/admin/queues`: pauses and resumes queues.
#[component]
pub fn QueuesPage() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let health = request.services.health.report(actor).await?;
    let t = &text().admin;
    let body = view! {
        <PageHeader title=t.queues lead=t.queues_lead>
            <a class="button" href=paths::ADMIN_QUEUES>{t.reload}</a>
        </PageHeader>
        <AdminPages path=paths::ADMIN_QUEUES/>
        {queue_table(&health.queues, paths::ADMIN_QUEUES, health.checked_at)}
        {minute_table(&health.queues, health.checked_at)}
    };
    Ok(PageContent::new(t.queues, body))
}
