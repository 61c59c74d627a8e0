//! One account, and what an administrator does to it.

use std::sync::Arc;

use leptos::prelude::*;

use super::{AdminPages, account_path, accounts::state, role_words};
use crate::{
    model::{AccountView, Role, UserId},
    ui::{
        actions::ACCOUNT_FORM,
        components::{ErrorSummary, PageHeader, Select, When, WhenStyle},
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/admin/users/{id}`: changes an account.
#[component]
pub fn Account() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let id: UserId = request.id()?;
    let accounts = &request.services.accounts;
    let account = accounts.account_for_administrator(actor, id).await?;
    let t = &text().admin;
    let own = (account.id == actor.id).then(|| view! { <p role="status">{t.own_account}</p> });
    let email = match account.email_confirmed {
        true => t.confirmed,
        false => t.unconfirmed,
    };
    let two_step = match account.second_factor_at {
        Some(_) => t.two_step,
        None => t.one_step,
    };
    let audit = paths::with_query(paths::ADMIN_AUDIT, &[("actor", &id.to_string())]);
    let badges = state(&account);
    let body = view! {
        <p class="crumb"><a href=paths::ADMIN_USERS>{t.all_accounts}</a></p>
        <PageHeader title=account.name.clone()>{badges}</PageHeader>
        <AdminPages path=paths::ADMIN_USERS/>
        {own}
        <dl class="facts" data-testid="account">
            <div><dt>{t.col_email}</dt><dd>{account.email.clone()}<br/><span class="muted">{email}</span></dd></div>
            <div><dt>{t.role}</dt><dd>{role_words(account.role)}<br/><span class="muted">{two_step}</span></dd></div>
            <div><dt>{t.col_created}</dt><dd><When time=account.created_at style=WhenStyle::Short/></dd></div>
        </dl>
        <section class="panel-section" aria-labelledby="actions">
            <h2 id="actions">{text().organize.actions}</h2>
            {role_form(&account, &request.form_input(ACCOUNT_FORM))}
            {buttons(&account)}
        </section>
        <p class="after-table"><a class="button quiet" href=audit>{t.audit_of}</a></p>
    };
    Ok(PageContent::new(account.name, body))
}

fn role_form(account: &AccountView, form_input: &Arc<FormInput>) -> AnyView {
    let t = &text().admin;
    let role = match form_input.value("role") {
        typed if typed.is_empty() => account.role.as_str().to_owned(),
        typed => typed,
    };
    let choices = vec![
        (Role::Participant.as_str(), t.role_participant),
        (Role::Organizer.as_str(), t.role_organizer),
        (Role::Admin.as_str(), t.role_admin),
    ];
    view! {
        <form class="form narrow" method="post" action="/act/change-account" data-testid="role-form">
            <input type="hidden" name="id" value=account.id.to_string()/>
            <ErrorSummary form_input=form_input.clone()/>
            <Select name="role" label=t.role value=role choices=choices hint=t.role_hint/>
            <p><button type="submit" class="button">{t.save_role}</button></p>
        </form>
    }
    .into_any()
}

fn buttons(account: &AccountView) -> AnyView {
    let t = &text().admin;
    let id = || account.id.to_string();
    let confirm = (!account.email_confirmed).then(|| {
        view! {
            <form method="post" action="/act/confirm-account-email">
                <input type="hidden" name="id" value=id()/>
                <button type="submit" class="button">{t.confirm_email}</button>
            </form>
        }
    });
    let disabled = match account.disabled_at {
        Some(_) => view! {
            <form method="post" action="/act/change-account">
                <input type="hidden" name="id" value=id()/>
                <input type="hidden" name="disabled" value="false"/>
                <button type="submit" class="button">{t.enable}</button>
            </form>
        }
        .into_any(),
        None => view! {
            <a class="button" href=account_path(account.id, "disable") data-confirm="">{t.disable}</a>
        }
        .into_any(),
    };
    view! {
        <div class="buttons after-table">
            <form method="post" action="/act/sign-out-account">
                <input type="hidden" name="id" value=id()/>
                <button type="submit" class="button">{t.sign_out}</button>
            </form>
            {confirm}
            {disabled}
        </div>
    }
    .into_any()
}

/// The page `/admin/users/{id}/disable`: asks before an account is disabled.
#[component]
pub fn DisableAccount() -> impl IntoView {
    page(load_question)
}

async fn load_question(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.require_administrator().await?;
    let accounts = &request.services.accounts;
    let account = accounts.account_for_administrator(actor, request.id()?);
    let account = account.await?;
    let t = &text().admin;
    let title = t.disable_title(&account.name);
    let body = view! {
        <div class="form-page" data-question="">
            <h1>{title.clone()}</h1>
            <p>{t.disable_words}</p>
            <form method="post" action="/act/change-account" data-testid="disable-form">
                <input type="hidden" name="id" value=account.id.to_string()/>
                <input type="hidden" name="disabled" value="true"/>
                <p class="buttons">
                    <button type="submit" class="button danger">{t.disable_yes}</button>
                    <a class="button" href=account_path(account.id, "") data-close="">{t.keep}</a>
                </p>
            </form>
        </div>
    };
    Ok(PageContent::new(title, body))
}
