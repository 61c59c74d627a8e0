//! Participants who ask to become organizers, for administrators.

use std::sync::Arc;

use leptos::prelude::*;

use super::{AdminPages, account_path};
use crate::{
    model::{OrganizerRequestView, forms::Paging},
    ui::{
        components::{EmptyState, Glyph, PageHeader, Pagination, TableBox, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/admin/organizer-requests`: lists the requests that wait for a decision.
#[component]
pub fn OrganizerRequests() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let paging = Paging::new(request.query_as("page"), None, 50);
    let accounts = &request.services.accounts;
    let requests = accounts.organizer_requests(actor, paging).await?;
    request.within(&requests)?;
    let t = &text().admin;
    let (number, pages) = (requests.page, requests.pages());
    let listed = if requests.items.is_empty() {
        view! { <EmptyState glyph=Glyph::User title=t.requests_none_title words=t.requests_none/> }
            .into_any()
    } else {
        table(requests.items)
    };
    let url = paths::ADMIN_ORGANIZER_REQUESTS;
    let body = view! {
        <PageHeader title=t.requests lead=t.requests_lead/>
        <AdminPages path=url/>
        {listed}
        <Pagination page=number pages=pages path=url query=Vec::new()/>
    };
    Ok(PageContent::new(t.requests, body))
}

fn table(requests: Vec<OrganizerRequestView>) -> AnyView {
    let t = &text().admin;
    let rows = requests
        .into_iter()
        .map(|request| {
            let id = || request.user_id.to_string();
            let email = match request.email_confirmed {
                true => t.confirmed,
                false => t.unconfirmed,
            };
            view! {
                <tr>
                    <th scope="row">
                        <a href=account_path(request.user_id, "")><bdi>{request.name.clone()}</bdi></a>
                    </th>
                    <td data-label=t.col_email class="cell-text">{request.email.clone()}<br/><span class="muted">{email}</span></td>
                    <td data-label=t.col_when><When time=request.requested_at style=WhenStyle::Short/></td>
                    <td data-label=t.col_reason class="cell-text prewrap"><bdi>{request.reason.clone()}</bdi></td>
                    <td data-label=text().organize.actions>
                        <div class="buttons">
                            <form method="post" action="/act/approve-organizer-request">
                                <input type="hidden" name="id" value=id()/>
                                <button type="submit" class="button primary">{t.approve}</button>
                            </form>
                            <form method="post" action="/act/decline-organizer-request">
                                <input type="hidden" name="id" value=id()/>
                                <button type="submit" class="button">{t.decline}</button>
                            </form>
                        </div>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableBox label=t.requests><table class="table dense">
            <caption class="sr-only">{t.requests}</caption>
            <thead>
                <tr>
                    <th scope="col">{t.col_who}</th>
                    <th scope="col">{t.col_email}</th>
                    <th scope="col">{t.col_when}</th>
                    <th scope="col">{t.col_reason}</th>
                    <th scope="col">{text().organize.actions}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table></TableBox>
    }
    .into_any()
}
