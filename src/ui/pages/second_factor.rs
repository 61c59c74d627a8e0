//! The pages about the second factor: the second step of a log-in, and the page on which its owner sets it up.

use std::sync::Arc;

use leptos::prelude::*;

use super::account::{WayOn, carrying, carrying_form, next_for_anonymous};
use crate::{
    model::{RecoveryCodesView, SecondFactorView, TotpSetupView},
    ui::{
        components::{ErrorSummary, Field, FormPage, QrCode, When, WhenStyle},
        flash::FormInput,
        intent, log_in_page,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths, second_factor,
        session::is_recent,
        text::text,
    },
};

/// The page `/second-factor?next=…`: asks for the second factor after the password.
#[component]
pub fn SecondStep() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let next = next_for_anonymous(&request)?;
        let login = paths::login_then(&next);
        let pending = second_factor::pending_log_in();
        if pending.is_none_or(|pending| !pending.is_valid_at(request.now)) {
            return Err(PageError::SeeOther(login));
        }
        let t = &text().second_factor;
        let button = match intent::for_log_in_to(&next) {
            Some(_) => text().account.login_and_register,
            None => text().account.login,
        };
        let form_input = request.form_input("second-factor");
        let carried = request.carried.as_ref().map(log_in_page::carried_text);
        let carries = carried.is_some();
        let body = view! {
            <FormPage title=t.step_title lead=t.step_lead>
                <form class="form" method="post" action="/act/second-factor" data-testid="second-factor-form">
                    <ErrorSummary form_input=form_input.clone()/>
                    <input type="hidden" name="next" value=next/>
                    <Field form_input=form_input name="totp" label=t.code hint=t.recovery_hint autocomplete="one-time-code" max_length="24"/>
                    {carrying(carried.clone())}
                    <button type="submit" class="button primary wide">{button}</button>
                </form>
                <p><WayOn to=login words=t.other_account carries/></p>
                {carrying_form(carried)}
            </FormPage>
        };
        Ok(PageContent::new(t.step_title, body))
    })
}

/// The page `/me/second-factor?next=…`: sets the second factor up, shows the recovery codes, makes new ones, and removes
/// it.
#[component]
pub fn SecondFactor() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let actor = request.require()?;
        let t = &text().second_factor;
        let accounts = &request.services.accounts;
        let next = request.query("next").unwrap_or_default();
        let next = paths::local(&next).unwrap_or_default().to_owned();
        if let Some(active) = accounts.second_factor(actor).await? {
            let sealed = second_factor::sealed_codes();
            let codes = sealed.and_then(|sealed| accounts.open_recovery_codes(actor, &sealed));
            if let Some(codes) = codes {
                return Ok(recovery_codes(codes, next));
            }
            if request.query("codes").is_none() {
                return Ok(removal(active, request.form_input("remove-second-factor")));
            }
            if !is_recent().await? {
                return Err(PageError::ConfirmPassword);
            }
            return Ok(replacement(request.form_input("new-recovery-codes")));
        }
        // Who sees the secret can log in later: a browser that was left open must not show it.
        if !is_recent().await? {
            return Err(PageError::ConfirmPassword);
        }
        let secret = accounts.unconfirmed_second_factor(actor).await?;
        let lead = match request.lacks_second_factor {
            true => t.required,
            false => t.lead,
        };
        let (begin, class) = match secret {
            Some(_) => (t.another_secret, "button"),
            None => (t.set_up, "button primary"),
        };
        let confirmation = secret.map(|secret| {
            let form_input = request.form_input("confirm-second-factor");
            confirmation(secret, next.clone(), form_input)
        });
        let body = view! {
            <FormPage title=t.title lead=lead>
                {confirmation}
                <form method="post" action="/act/set-up-second-factor" data-testid="set-up-form">
                    <input type="hidden" name="next" value=next/>
                    <p class="buttons"><button type="submit" class=class>{begin}</button></p>
                </form>
            </FormPage>
        };
        Ok(PageContent::new(t.title, body))
    })
}

/// The secret as a picture and as text, and the form that confirms that the app has it.
fn confirmation(secret: TotpSetupView, next: String, form_input: Arc<FormInput>) -> AnyView {
    let t = &text().second_factor;
    view! {
        <ol class="steps">
            <li>
                <p>{t.scan}</p>
                <QrCode content=secret.otpauth_url.clone() title=t.qr_title/>
                <p>
                    <a href=secret.otpauth_url rel="noreferrer">{t.open_app}</a>" "{t.type_secret}<br/>
                    <code class="secret" data-testid="totp-secret">{secret.secret}</code>
                </p>
            </li>
            <li>
                <form class="form" method="post" action="/act/confirm-second-factor" data-testid="confirm-form">
                    <ErrorSummary form_input=form_input.clone()/>
                    <input type="hidden" name="next" value=next/>
                    <Field form_input=form_input name="code" label=t.app_code hint=t.app_code_hint autocomplete="one-time-code" max_length="12"/>
                    <button type="submit" class="button primary wide">{t.turn_on}</button>
                </form>
            </li>
        </ol>
    }
    .into_any()
}

/// The page that shows the recovery codes, until their owner says that they are saved.
fn recovery_codes(codes: RecoveryCodesView, next: String) -> PageContent {
    let t = &text().second_factor;
    let items = codes
        .recovery_codes
        .into_iter()
        .map(|code| view! { <li><code>{code}</code></li> })
        .collect_view();
    let body = view! {
        <FormPage title=t.codes_title lead=t.codes_lead>
            <ul class="codes" data-testid="recovery-codes">{items}</ul>
            <form method="post" action="/act/recovery-codes-saved" data-testid="saved-form">
                <input type="hidden" name="next" value=next/>
                <button type="submit" class="button primary wide">{t.codes_saved}</button>
            </form>
        </FormPage>
    };
    PageContent::new(t.codes_title, body)
}

/// The page that asks for a code before it makes new recovery codes.
fn replacement(form_input: Arc<FormInput>) -> PageContent {
    let t = &text().second_factor;
    let body = view! {
        <FormPage title=t.new_codes_title lead=t.new_codes_lead>
            <form class="form" method="post" action="/act/new-recovery-codes" data-testid="new-codes-form">
                <ErrorSummary form_input=form_input.clone()/>
                <Field form_input=form_input name="code" label=t.app_code hint=t.app_code_hint autocomplete="one-time-code" max_length="12"/>
                <button type="submit" class="button primary wide">{t.new_codes}</button>
            </form>
            <p><a href=paths::SECOND_FACTOR>{t.title}</a></p>
        </FormPage>
    };
    PageContent::new(t.new_codes_title, body)
}

/// The page about a second factor that is in use.
fn removal(active: SecondFactorView, form_input: Arc<FormInput>) -> PageContent {
    let t = &text().second_factor;
    let body = view! {
        <FormPage title=t.title lead=t.remove_lead>
            <p>{t.on_since}" "<When time=active.since style=WhenStyle::Date/>". "{t.codes_left(active.recovery_codes_left)}" "<a href=paths::NEW_RECOVERY_CODES>{t.new_codes}</a></p>
            <form class="form" method="post" action="/act/remove-second-factor" data-testid="remove-form">
                <ErrorSummary form_input=form_input.clone()/>
                <Field form_input=form_input name="code" label=t.code hint=t.recovery_hint autocomplete="one-time-code" max_length="24"/>
                <button type="submit" class="button danger wide">{t.turn_off}</button>
            </form>
            <p><a href=paths::SECURITY>{text().account.security}</a></p>
        </FormPage>
    };
    PageContent::new(t.title, body)
}
