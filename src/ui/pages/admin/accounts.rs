//! The list of accounts, with a search.

use std::sync::Arc;

use leptos::prelude::*;

use super::{AdminPages, account_path, role_words};
use crate::{
    model::{
        AccountView, Role,
        forms::{AccountFilter, Paging},
    },
    ui::{
        components::{
            EmptyState, Glyph, PageHeader, Pagination, SearchField, Select, TableBox, When,
            WhenStyle,
        },
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The number of accounts up to which the list counts.
const COUNTED: u64 = 10_000;

/// The page `/admin/users`: finds accounts.
#[component]
pub fn Accounts() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let filter = AccountFilter {
        search: request.query("search"),
        role: request.query_as("role"),
    };
    let paging = Paging::new(request.query_as("page"), None, 50);
    let accounts = request.services.accounts.directory(actor, &filter, paging);
    let accounts = accounts.await?;
    request.within(&accounts)?;
    let t = &text().admin;
    let search = filter.search.clone().unwrap_or_default();
    let role = filter.role.map_or("", Role::as_str);
    let (number, pages, total) = (accounts.page, accounts.pages(), accounts.total);
    let counted = match total {
        COUNTED.. => t.accounts_more(total),
        _ => t.accounts_count(total),
    };
    let listed = if accounts.items.is_empty() {
        view! { <EmptyState glyph=Glyph::User title=t.accounts_none_title words=t.accounts_none/> }
            .into_any()
    } else {
        table(accounts.items)
    };
    let choices = vec![
        ("", t.any_role),
        (Role::Participant.as_str(), t.role_participant),
        (Role::Organizer.as_str(), t.role_organizer),
        (Role::Admin.as_str(), t.role_admin),
    ];
    let query = vec![("search", search.clone()), ("role", role.to_owned())];
    let body = view! {
        <PageHeader title=t.users/>
        <AdminPages path=paths::ADMIN_USERS/>
        <search>
            <form class="filters" method="get" action=paths::ADMIN_USERS data-live="result-count results">
                <SearchField value=search placeholder=t.search hint=t.search_hint/>
                <Select name="role" label=t.role value=role choices=choices/>
                <button type="submit" class="button">{text().browse.show}</button>
            </form>
        </search>
        <p id="result-count" class="result-count" role="status">{counted}</p>
        <div id="results">
            {listed}
            <Pagination page=number pages=pages path=paths::ADMIN_USERS query=query/>
        </div>
    };
    Ok(PageContent::new(t.users, body))
}

fn table(accounts: Vec<AccountView>) -> AnyView {
    let t = &text().admin;
    let rows = accounts
        .into_iter()
        .map(|account| {
            view! {
                <tr>
                    <th scope="row"><a href=account_path(account.id, "")><bdi>{account.name.clone()}</bdi></a></th>
                    <td class="cell-text" data-label=t.col_email>{account.email.clone()}</td>
                    <td data-label=t.role>{role_words(account.role)}</td>
                    <td data-label=t.col_state>{state(&account)}</td>
                    <td data-label=t.col_created><When time=account.created_at style=WhenStyle::Date/></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableBox label=t.users><table class="table dense">
            <caption class="sr-only">{t.users}</caption>
            <thead>
                <tr>
                    <th scope="col">{t.col_name}</th>
                    <th scope="col">{t.col_email}</th>
                    <th scope="col">{t.role}</th>
                    <th scope="col">{t.col_state}</th>
                    <th scope="col">{t.col_created}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table></TableBox>
    }
    .into_any()
}

/// Shows whether an account is active, and what is unusual about it.
pub(super) fn state(account: &AccountView) -> AnyView {
    let t = &text().admin;
    let (tone, words) = match account.disabled_at {
        Some(_) => ("bad", t.disabled),
        None => ("good", t.active),
    };
    let unconfirmed = (!account.email_confirmed)
        .then(|| view! { " "<span class="badge" data-tone="warn">{t.unconfirmed}</span> });
    view! { <span class="badge" data-tone=tone>{words}</span>{unconfirmed} }.into_any()
}
