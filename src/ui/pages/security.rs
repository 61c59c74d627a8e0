//! The page on which the owner of an account changes its password and its e-mail address.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::SecondFactorView,
    ui::{
        components::{ErrorSummary, Field, PageHeader, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/me/security`: changes the password and the e-mail address, and leads to the second factor.
#[component]
pub fn Security() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let user = request.viewer.clone().ok_or(PageError::Login)?;
        let t = &text().account;
        let accounts = &request.services.accounts;
        let sends_mail = accounts.sends_mail();
        let pending = accounts.address_state(user.id).await?.pending;
        let password = request.form_input("password");
        let email = request.form_input("email");
        let unconfirmed = sends_mail && !user.email_confirmed && pending.is_none();
        let waiting = pending.map(|address| t.email_pending(&address));
        let again = (waiting.is_some() || unconfirmed).then(|| {
            view! {
                <form method="post" action="/act/send-confirmation">
                    <input type="hidden" name="next" value=paths::SECURITY/>
                    <p><button type="submit" class="button">{t.verify_again}</button></p>
                </form>
            }
        });
        let second_factor = second_factor(accounts.second_factor(request.require()?).await?);
        let body = view! {
            <PageHeader title=t.security_title lead=t.security_lead/>
            <AccountPages path=paths::SECURITY/>
            <section class="narrow" aria-labelledby="password-section">
                <h2 id="password-section">{t.password_section}</h2>
                <form class="form" method="post" action="/act/password" data-testid="password-form">
                    <ErrorSummary form_input=password.clone()/>
                    <Field form_input=password.clone() name="currentPassword" kind="password" label=t.current_password autocomplete="current-password"/>
                    <Field form_input=password name="newPassword" kind="password" label=t.new_password hint=t.password_hint autocomplete="new-password" min_length="10"/>
                    <p class="muted">{t.change_password_hint}</p>
                    <p class="buttons"><button type="submit" class="button primary">{t.change_password}</button></p>
                </form>
            </section>
            {second_factor}
            <section class="narrow" aria-labelledby="email-section">
                <h2 id="email-section">{t.email_section}</h2>
                <p>{t.email_now(&user.email)}{unconfirmed.then(|| format!(" {}", t.email_unconfirmed))}</p>
                {waiting.map(|words| view! { <p role="status">{words}</p> })}
                {again}
                <form class="form" method="post" action="/act/email" data-testid="email-form">
                    <ErrorSummary form_input=email.clone()/>
                    <Field form_input=email.clone() name="email" kind="email" label=t.new_email hint=if sends_mail { t.change_email_hint } else { "" } autocomplete="email" max_length="254"/>
                    <Field form_input=email name="password" kind="password" label=t.password autocomplete="current-password"/>
                    <p class="buttons"><button type="submit" class="button primary">{t.change_email}</button></p>
                </form>
            </section>
        };
        Ok(PageContent::new(t.security_title, body))
    })
}

/// Says whether the account has a second factor, and leads to where that is changed.
fn second_factor(active: Option<SecondFactorView>) -> AnyView {
    let t = &text().second_factor;
    let (words, label) = match active {
        Some(active) => {
            let left = t.codes_left(active.recovery_codes_left);
            let since = view! { <When time=active.since style=WhenStyle::Date/> };
            (
                view! { {t.on_since}" "{since}". "{left} }.into_any(),
                t.change,
            )
        }
        None => (t.off.into_any(), t.set_up),
    };
    view! {
        <section class="narrow" aria-labelledby="second-factor-section">
            <h2 id="second-factor-section">{t.title}</h2>
            <p data-testid="second-factor">{words}</p>
            <p class="buttons"><a class="button" href=paths::SECOND_FACTOR>{label}</a></p>
        </section>
    }
    .into_any()
}

/// The links between the pages about the account.
#[component]
pub fn AccountPages(
    /// The path of the page that shows them.
    path: &'static str,
) -> impl IntoView {
    let t = &text().account;
    let pages = [
        (paths::PROFILE, t.profile_title),
        (paths::SECURITY, t.security),
        (paths::SESSIONS, t.sessions),
        (paths::DATA, t.data),
    ];
    let links = pages
        .into_iter()
        .map(|(href, words)| {
            view! { <a class="nav-link" href=href aria-current=(href == path).then_some("page")>{words}</a> }
        })
        .collect_view();
    view! { <nav class="account-pages" aria-label=t.account_pages>{links}</nav> }.into_any()
}
