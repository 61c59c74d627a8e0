//! Making an account, logging in, the profile.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::forms::ProfileForm,
    ui::{
        address,
        components::{ErrorSummary, Field, FormPage, PageHeader, When, WhenStyle},
        flash::Typed,
        page::{Halt, Page, Visit, page},
        text::text,
    },
};

/// `/signup`
#[component]
pub fn Signup() -> impl IntoView {
    page(async |visit: Arc<Visit>| {
        let next = only_strangers(&visit)?;
        let t = &text().account;
        let typed = visit.typed("signup");
        let login = address::login_then(&next);
        let body = view! {
            <FormPage title=t.signup_title lead=t.signup_lead>
                <form class="form" method="post" action="/act/signup" data-testid="signup-form">
                    <ErrorSummary typed=typed.clone()/>
                    <input type="hidden" name="next" value=next/>
                    <Field typed=typed.clone() name="name" label=t.name hint=t.name_hint autocomplete="name" max_length="100"/>
                    <Field typed=typed.clone() name="email" kind="email" label=t.email hint=t.email_hint autocomplete="email" max_length="254"/>
                    <Field typed=typed name="password" kind="password" label=t.password hint=t.password_hint autocomplete="new-password" min_length="10"/>
                    <button type="submit" class="button primary wide">{t.signup}</button>
                </form>
                <p>{t.have_account}" "<a href=login>{t.login}</a></p>
            </FormPage>
        };
        Ok(Page::new(t.signup_title, body))
    })
}

/// `/login`
#[component]
pub fn Login() -> impl IntoView {
    page(async |visit: Arc<Visit>| {
        let next = only_strangers(&visit)?;
        let t = &text().account;
        let typed = visit.typed("login");
        let signup = address::signup_then(&next);
        let body = view! {
            <FormPage title=t.login_title lead=t.login_lead>
                <form class="form" method="post" action="/act/login" data-testid="login-form">
                    <ErrorSummary typed=typed.clone()/>
                    <input type="hidden" name="next" value=next/>
                    <Field typed=typed.clone() name="email" kind="email" label=t.email autocomplete="username" max_length="254"/>
                    <Field typed=typed name="password" kind="password" label=t.password autocomplete="current-password"/>
                    <button type="submit" class="button primary wide">{t.login}</button>
                </form>
                <p>{t.no_account}" "<a href=signup>{t.signup}</a></p>
            </FormPage>
        };
        Ok(Page::new(t.login_title, body))
    })
}

/// Where to go after logging in; whoever is logged in already goes there at once.
fn only_strangers(visit: &Visit) -> Result<String, Halt> {
    let next = visit.query("next").unwrap_or_default();
    let next = address::local(&next).unwrap_or_default().to_owned();
    if visit.viewer.is_none() {
        Ok(next)
    } else if next.is_empty() {
        Err(Halt::SeeOther(address::COMPETITIONS.to_owned()))
    } else {
        Err(Halt::SeeOther(next))
    }
}

/// `/me/profile`
#[component]
pub fn Profile() -> impl IntoView {
    page(async |visit: Arc<Visit>| {
        let user = visit.viewer.clone().ok_or(Halt::Login)?;
        let t = &text().account;
        let typed = match visit.typed("profile") {
            typed if typed.values.is_empty() => Arc::new(Typed::of(
                "profile",
                &ProfileForm {
                    name: Some(user.name.clone()),
                    email: Some(user.email.clone()),
                },
            )),
            typed => typed,
        };
        let body = view! {
            <PageHeader title=t.profile_title lead=t.profile_lead/>
            <form class="form narrow" method="post" action="/act/profile" data-testid="profile-form">
                <ErrorSummary typed=typed.clone()/>
                <Field typed=typed.clone() name="name" label=t.name hint=t.name_hint autocomplete="name" max_length="100"/>
                <Field typed=typed name="email" kind="email" label=t.email hint=t.email_hint autocomplete="email" max_length="254"/>
                <dl class="facts">
                    <div><dt>{t.role}</dt><dd>{(t.role_name)(user.role)}<br/><span class="muted">{t.role_hint}</span></dd></div>
                    <div><dt>{t.since}</dt><dd><When time=user.created_at style=WhenStyle::Date/></dd></div>
                </dl>
                <p class="buttons"><button type="submit" class="button primary">{t.save}</button></p>
            </form>
        };
        Ok(Page::new(t.profile_title, body))
    })
}
