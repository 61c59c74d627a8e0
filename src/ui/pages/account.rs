//! The pages for signing up, logging in, and the profile.

use std::sync::Arc;

use leptos::prelude::*;

use super::security::AccountPages;
use crate::{
    model::{
        CONTACT_LENGTH, MailTopic, Role,
        forms::{FieldProblem, ProfileForm},
        time_zone,
    },
    text::OFFERED,
    ui::{
        components::{
            Checkbox, ErrorSummary, Field, FormPage, PageHeader, PushSwitch, PushSwitchKind,
            Select, When, WhenStyle,
        },
        flash::FormInput,
        intent, log_in_page,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        session::viewer,
        text::{language, text},
    },
};

/// The page `/signup`: creates an account.
#[component]
pub fn Signup() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let next = next_for_anonymous(&request)?;
        let t = &text().account;
        let form_input = request.form_input("signup");
        let carried = request.carried.as_ref().map(log_in_page::carried_text);
        let login = paths::login_then(&next);
        let button = match intent::for_log_in_to(&next) {
            Some(_) => t.signup_and_register,
            None => t.signup,
        };
        let taken = form_input.errors.of("email") == Some(&FieldProblem::EmailTaken);
        let login_instead = taken.then(|| {
            view! { <p><WayWithEmail to=login.clone() words=t.login_instead button=true/></p> }
        });
        let body = view! {
            <FormPage title=t.signup_title lead=t.signup_lead>
                <form class="form" id=EMAIL_FORM method="post" action="/act/signup" data-testid="signup-form">
                    <ErrorSummary form_input=form_input.clone()/>
                    <input type="hidden" name="next" value=next/>
                    <Field form_input=form_input.clone() name="name" label=t.name hint=t.name_hint autocomplete="name" max_length="100"/>
                    <Field form_input=form_input.clone() name="email" kind="email" label=t.email hint=t.email_hint autocomplete="email" max_length="254"/>
                    <Field form_input=form_input name="password" kind="password" label=t.password hint=t.password_hint autocomplete="new-password" min_length="10"/>
                    {carrying(carried)}
                    <button type="submit" class="button primary wide">{button}</button>
                </form>
                {login_instead}
                <p>{t.have_account}" "<WayWithEmail to=login words=t.login/></p>
            </FormPage>
        };
        Ok(PageContent::new(t.signup_title, body))
    })
}

/// The page `/login`: logs in to an account.
#[component]
pub fn Login() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let next = next_for_anonymous(&request)?;
        let t = &text().account;
        let form_input = request.form_input("login");
        let with = request
            .query("with")
            .filter(|_| request.services.accounts.sends_mail());
        let carried = request.carried.as_ref().map(log_in_page::carried_text);
        if let Some(step) = with {
            return Ok(login_with_code(&step, next, form_input, carried));
        }
        let sends_mail = request.services.accounts.sends_mail();
        // Where an address is typed already, the press sends the code.
        let code_instead = sends_mail.then(|| {
            view! { <p><button type="submit" class="link" form=EMAIL_FORM formaction="/act/login-code" formnovalidate=true name="offered" value="on">{t.with_code}</button></p> }
        });
        let signup = paths::signup_then(&next);
        let forgot = paths::forgot_then(&next);
        let button = match intent::for_log_in_to(&next) {
            Some(_) => t.login_and_register,
            None => t.login,
        };
        let body = view! {
            <FormPage title=t.login_title lead=t.login_lead>
                <form class="form" id=EMAIL_FORM method="post" action="/act/login" data-testid="login-form">
                    <ErrorSummary form_input=form_input.clone()/>
                    <input type="hidden" name="next" value=next/>
                    <Field form_input=form_input.clone() name="email" kind="email" label=t.email autocomplete="username" max_length="254"/>
                    <Field form_input=form_input name="password" kind="password" label=t.password autocomplete="current-password"/>
                    {carrying(carried)}
                    <button type="submit" class="button primary wide">{button}</button>
                </form>
                {code_instead}
                <p><WayWithEmail to=forgot words=t.forgot/></p>
                <p>{t.no_account}" "<WayWithEmail to=signup words=t.signup/></p>
            </FormPage>
        };
        Ok(PageContent::new(t.login_title, body))
    })
}

/// Returns the log-in page that asks for an address to send a code to, or for the code.
fn login_with_code(
    step: &str,
    next: String,
    form_input: Arc<FormInput>,
    carried: Option<String>,
) -> PageContent {
    let t = &text().account;
    let password = paths::login_then(&next);
    if step != "code" {
        let body = view! {
            <FormPage title=t.login_title lead=t.code_lead>
                <form class="form" id=EMAIL_FORM method="post" action="/act/login-code" data-testid="code-form">
                    <ErrorSummary form_input=form_input.clone()/>
                    <input type="hidden" name="next" value=next/>
                    <Field form_input=form_input name="email" kind="email" label=t.email autocomplete="username" max_length="254"/>
                    {carrying(carried)}
                    <button type="submit" class="button primary wide">{t.send_code}</button>
                </form>
                <p><WayWithEmail to=password words=t.with_password/></p>
            </FormPage>
        };
        return PageContent::new(t.login_title, body);
    }
    let button = match intent::for_log_in_to(&next) {
        Some(_) => t.login_and_register,
        None => t.login,
    };
    let again = paths::login_with_code("email", &next);
    let body = view! {
        <FormPage title=t.code_title lead=t.code_lead_sent>
            <form class="form" id=EMAIL_FORM method="post" action="/act/login" data-testid="login-form">
                <ErrorSummary form_input=form_input.clone()/>
                <input type="hidden" name="next" value=next/>
                <Field form_input=form_input.clone() name="email" kind="email" label=t.email autocomplete="username" max_length="254"/>
                <Field form_input=form_input name="code" label=t.code autocomplete="one-time-code" max_length="12"/>
                {carrying(carried)}
                <button type="submit" class="button primary wide">{button}</button>
            </form>
            <p><WayWithEmail to=again words=t.new_code/></p>
        </FormPage>
    };
    PageContent::new(t.code_title, body)
}

/// The id of a form before the log-in that asks for the e-mail address.
pub(super) const EMAIL_FORM: &str = "email-form";
/// The id of the form whose buttons lead to other pages before the log-in, on pages that ask for no address.
const CARRYING_FORM: &str = "carrying-form";

/// Returns the form for the buttons of [`WayOn`], on pages that carry what was typed.
pub(super) fn carrying_form(carried: Option<String>) -> Option<impl IntoView> {
    let carried = carrying(Some(carried?));
    Some(
        view! { <form id=CARRYING_FORM method="post" action="/act/before-log-in">{carried}</form> },
    )
}

/// Leads to another page before the log-in: a link or, if this page carries what was typed into a form whose session
/// had ended, a button, since a link would lose that.
#[component]
pub(super) fn WayOn(
    /// The path of the page.
    to: String,
    /// What the link or the button says.
    words: &'static str,
    /// Whether this page carries what was typed.
    carries: bool,
) -> impl IntoView {
    if carries {
        view! { <button type="submit" class="button" form=CARRYING_FORM name="to" value=to>{words}</button> }.into_any()
    } else {
        view! { <a href=to>{words}</a> }.into_any()
    }
}

/// Leads from a page with the form [`EMAIL_FORM`] to another page before the log-in, which has the address that was
/// typed. A button of that form rather than a link: a link would lose the address, or show it to everyone who sees
/// addresses of pages.
#[component]
pub(super) fn WayWithEmail(
    /// The path of the page.
    to: String,
    /// What the button says.
    words: &'static str,
    /// Whether it looks like a button rather than like a link.
    #[prop(optional)]
    button: bool,
) -> impl IntoView {
    let class = if button { "button" } else { "link" };
    view! {
        <button type="submit" class=class form=EMAIL_FORM formaction="/act/before-log-in" formnovalidate=true name="to" value=to>{words}</button>
    }
    .into_any()
}

/// Returns the hidden field with what was typed into a form whose session had ended.
pub(super) fn carrying(carried: Option<String>) -> Option<impl IntoView> {
    carried.map(|carried| view! { <input type="hidden" name="carried" value=carried/> })
}

/// Returns the path to go to after the log-in; an account that is logged in already is redirected there at
/// once.
pub(super) fn next_for_anonymous(request: &PageRequest) -> Result<String, PageError> {
    let next = request.query("next").unwrap_or_default();
    let next = paths::local(&next).unwrap_or_default().to_owned();
    if request.viewer.is_none() {
        Ok(next)
    } else if next.is_empty() {
        Err(PageError::SeeOther(paths::COMPETITIONS.to_owned()))
    } else {
        Err(PageError::SeeOther(next))
    }
}

/// The longest contact, as an attribute has it.
const CONTACT_LENGTH_TEXT: &str = "254";
const _: () = assert!(CONTACT_LENGTH == 254, "the attribute says the same");

/// The page `/me/profile`: changes the name, how participants reach an organizer, and the choices.
#[component]
pub fn Profile() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let user = request.viewer.clone().ok_or(PageError::Login)?;
        let t = &text().account;
        let actor = request.require()?;
        let chosen = request.services.preferences.of(actor).await?;
        let languages = OFFERED
            .iter()
            .map(|one| (one.tag(), one.own_name()))
            .collect();
        let zones = std::iter::once(("", t.time_zone_of_browser))
            .chain(time_zone::offered().map(|name| (name, name)))
            .collect();
        let organizes = user.role >= Role::Organizer;
        let typed = request.form_input("profile");
        let unsaved = typed.unsaved();
        let form_input = match typed {
            form_input if form_input.values.is_empty() => {
                let form = ProfileForm {
                    name: Some(user.name.clone()),
                    contact: user.contact.clone(),
                    ..ProfileForm::default()
                };
                Arc::new(FormInput::of("profile", &form))
            }
            form_input => form_input,
        };
        let typed_zone = form_input.values.get("timeZone").cloned();
        let zone = typed_zone.or(chosen.time_zone).unwrap_or_default();
        let checked = |field: &str, stored: bool| match form_input.values.get(field) {
            Some(typed) => !typed.is_empty(),
            None => stored,
        };
        let reminders = checked(MailTopic::Reminders.field(), chosen.reminders);
        let opening_reminders = checked(
            MailTopic::OpeningReminders.field(),
            chosen.opening_reminders,
        );
        let announcements = checked(MailTopic::Announcements.field(), chosen.announcements);
        let sends_push = request.services.push_subscriptions.is_on();
        let push_choices = sends_push.then(|| {
            let promotions = checked("pushPromotions", chosen.push_promotions);
            let reminders = checked("pushReminders", chosen.push_reminders);
            let openings = checked("pushOpeningReminders", chosen.push_opening_reminders);
            view! {
                <fieldset>
                    <legend>{t.devices_section}</legend>
                    <p class="muted">{t.devices_words}</p>
                    <input type="hidden" name="pushChoices" value="asked"/>
                    <Checkbox name="pushPromotions" label=t.push_promotions checked=promotions/>
                    <Checkbox name="pushReminders" label=t.push_reminders checked=reminders/>
                    <Checkbox name="pushOpeningReminders" label=t.push_opening_reminders checked=openings/>
                </fieldset>
            }
        });
        let present = match form_input.value("language") {
            typed if typed.is_empty() => {
                viewer().language.unwrap_or_else(language).tag().to_owned()
            }
            typed => typed,
        };
        let body = view! {
            <PageHeader title=t.profile_title lead=t.profile_lead/>
            <AccountPages path=paths::PROFILE/>
            <form class="form narrow" method="post" action="/act/profile" data-testid="profile-form" data-unsaved=unsaved>
                <ErrorSummary form_input=form_input.clone()/>
                <Field form_input=form_input.clone() name="name" label=t.name hint=t.name_hint autocomplete="name" max_length="100"/>
                {organizes.then(|| view! {
                    <Field form_input=form_input name="contact" label=t.contact hint=t.contact_hint optional=true max_length=CONTACT_LENGTH_TEXT/>
                })}
                <Select name="language" label=t.language_label hint=t.language_hint value=present choices=languages of_languages=true/>
                <Select name="timeZone" label=t.time_zone value=zone choices=zones/>
                <fieldset>
                    <legend>{t.mail_section}</legend>
                    <p class="muted">{t.mail_words}</p>
                    <Checkbox name="reminders" label=t.reminders checked=reminders/>
                    <Checkbox name="openingReminders" label=t.opening_reminders checked=opening_reminders/>
                    <Checkbox name="announcements" label=t.announcements checked=announcements/>
                </fieldset>
                {push_choices}
                <dl class="facts">
                    <div><dt>{t.email}</dt><dd>{user.email}<br/><a href=paths::SECURITY>{t.change_email}</a></dd></div>
                    <div><dt>{t.role}</dt><dd>{t.role_name(user.role)}<br/><span class="muted">{t.role_hint}</span></dd></div>
                    <div><dt>{t.since}</dt><dd><When time=user.created_at style=WhenStyle::Date/></dd></div>
                </dl>
                <p class="buttons"><button type="submit" class="button primary">{t.save}</button></p>
            </form>
            {sends_push.then(|| view! { <PushSwitch kind=PushSwitchKind::Choice/> })}
        };
        Ok(PageContent::new(t.profile_title, body))
    })
}
