//! The frame around every page: skip link, header, flash message and footer.

use std::sync::Arc;

use leptos::{prelude::*, tachys::html::InertElement};

use super::{Glyph, Icon};
use crate::{
    model::{Role, UserView, html::escape},
    text::OFFERED,
    ui::{
        flash::{FlashMessage, Tone, UndoOffer},
        islands::PageEnhancements,
        page_request::PageRequest,
        paths,
        text::{language, number, text},
    },
};

/// Renders the frame around a page. Without a request, because something failed early, the frame is
/// that of an anonymous visitor.
#[component]
pub fn Frame(
    /// The request, with the viewer and the flash message.
    request: Option<Arc<PageRequest>>,
    /// The content of the page.
    children: Children,
) -> impl IntoView {
    let t = &text().frame;
    let viewer = request.as_ref().and_then(|request| request.viewer.clone());
    let unread = request.as_ref().map_or(0, |request| request.unread);
    let organizes = request.as_ref().is_some_and(|request| organizes(request));
    let path = request
        .as_ref()
        .and_then(|request| request.path_and_query.split('?').next().map(str::to_owned))
        .unwrap_or_default();
    let address = request
        .as_ref()
        .map(|request| request.path_and_query.clone())
        .unwrap_or_default();
    let next = next(request.as_deref());
    let is_kept = viewer.is_some() && path.starts_with(paths::MY_REGISTRATIONS);
    // Links would lose what this page carries.
    let carries = request
        .as_ref()
        .is_some_and(|request| request.carried.is_some());
    let notice = request.and_then(|request| request.flash.notice.clone());
    view! {
        <a class="skip" href="#main">{t.skip}</a>
        <header class="site-header">
            <div class="bar">
                <a class="brand" href="/">
                    <svg class="brand-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
                        <rect width="32" height="32" rx="9"></rect>
                        <path d="M8 22V11l5.5 7 5.5-7M24 10v12"></path>
                    </svg>
                    <span>{t.name}</span>
                </a>
                <nav class="main-nav" aria-label=t.main_navigation>
                    <NavLink href=paths::COMPETITIONS words=t.competitions path=path.clone()/>
                    {organizes.then(|| view! {
                        <NavLink href=paths::ORGANIZE words=t.organize path=path.clone()/>
                    })}
                    {administers(viewer.as_ref()).then(|| view! {
                        <NavLink href=paths::ADMIN words=text().admin.title path=path.clone()/>
                    })}
                </nav>
                {match viewer {
                    Some(user) => view! { <AccountMenu user=user unread=unread organizes=organizes path=path.clone()/> }.into_any(),
                    None if carries => ().into_any(),
                    None => view! {
                        <nav class="account-nav" aria-label=t.account_navigation>
                            <NavLink href=paths::LOGIN to=paths::login_then(&next) words=t.log_in path=path.clone()/>
                            <a class="button primary" href=paths::signup_then(&next)>{t.sign_up}</a>
                        </nav>
                    }.into_any(),
                }}
            </div>
        </header>
        <main id="main" tabindex="-1">
            {is_kept.then(|| InertElement::new(saved_copy()).into_any())}
            {notice.map(|notice| view! { <Outcome notice=notice/> })}
            {children()}
        </main>
        <footer class="site-footer">
            <div class="bar">
                <p>{t.footer}</p>
                <p data-zone="">{t.times_utc}</p>
                <a href="/api/docs">{t.api}</a>
                <PageEnhancements/>
                {(!carries).then(|| languages(&address))}
            </div>
        </footer>
    }
    .into_any()
}

/// Returns where the log-in leads to: to the page that shows the link, or where that page leads to if it is
/// one of the log-in itself.
fn next(request: Option<&PageRequest>) -> String {
    let Some(request) = request else {
        return String::new();
    };
    let here = request.path_and_query.as_str();
    let path = here.split('?').next().unwrap_or_default();
    let of_log_in = [
        paths::LOGIN,
        paths::SIGNUP,
        paths::FORGOT,
        paths::RESET,
        paths::VERIFY_EMAIL,
        paths::SECOND_STEP,
    ];
    match path {
        "/" => String::new(),
        _ if of_log_in.contains(&path) => request.query("next").unwrap_or_default(),
        _ => here.to_owned(),
    }
}

/// Shows a link to the same page in each language.
fn languages(address: &str) -> Option<AnyView> {
    let present = language();
    let links = OFFERED.iter().map(|other| {
        let tag = other.tag();
        let href = paths::in_language(address, tag);
        let current = (*other == present).then_some("true");
        view! { <a href=href hreflang=tag lang=tag aria-current=current>{other.own_name()}</a> }
    });
    let menu = view! {
        <nav class="languages" aria-label=text().frame.languages>{links.collect_view()}</nav>
    };
    // Without a request there is no page that could be shown in another language.
    (!address.is_empty()).then(|| menu.into_any())
}

/// Returns the notice that the service worker reveals when it shows a page without a network; it finds it by these
/// attributes in this order.
fn saved_copy() -> String {
    let words = escape(text().frame.saved_copy);
    format!("<p id=\"saved-copy\" hidden class=\"alert\" role=\"status\">{words}</p>")
}

/// Returns whether the viewer has something to organize: competitions of its own, or those of others on which it works.
fn organizes(request: &PageRequest) -> bool {
    let viewer = request.viewer.as_ref();
    request.works_for_others || viewer.is_some_and(|user| user.role >= Role::Organizer)
}

fn administers(viewer: Option<&UserView>) -> bool {
    viewer.is_some_and(|user| user.role == Role::Admin)
}

#[component]
fn NavLink(
    href: &'static str,
    /// Where the link leads, if there is more to say than `href`.
    #[prop(optional)]
    to: Option<String>,
    words: &'static str,
    #[prop(into)] path: String,
) -> impl IntoView {
    let current = path == href
        || path
            .strip_prefix(href)
            .is_some_and(|rest| rest.starts_with('/'));
    let to = to.unwrap_or_else(|| href.to_owned());
    view! { <a class="nav-link" href=to aria-current=current.then_some("page")>{words}</a> }
        .into_any()
}

/// Shows the link to the mailbox, and the menu of the account.
#[component]
fn AccountMenu(user: UserView, unread: u64, organizes: bool, path: String) -> impl IntoView {
    let t = &text().frame;
    let initial: String = user
        .name
        .chars()
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    let unread = (unread > 0).then(|| {
        view! {
            <span class="count" data-testid="unread-count">{number(unread)}</span>
            <span class="sr-only unread-words">{text().islands.unread(unread)}</span>
        }
    });
    view! {
        <nav class="account-nav" aria-label=t.account_navigation>
            <a class="icon-link" href=paths::MAILBOX data-mailbox=""
                aria-current=(path == paths::MAILBOX).then_some("page")>
                <Icon glyph=Glyph::Mail/>
                <span class="sr-only">{t.mailbox}</span>
                {unread}
            </a>
            <details class="menu">
                <summary>
                    <span class="avatar" aria-hidden="true">{initial}</span>
                    <span class="menu-name">{user.name.clone()}</span>
                    <span class="sr-only">{t.account_navigation}</span>
                </summary>
                <div class="menu-panel">
                    <p class="menu-account">{user.name}<br/><small>{user.email}</small></p>
                    <a href=paths::MY_REGISTRATIONS>{t.my_registrations}</a>
                    <a href=paths::MAILBOX>{t.mailbox}</a>
                    {organizes.then(|| view! { <a href=paths::ORGANIZE>{t.organize}</a> })}
                    {(user.role == Role::Admin).then(|| view! { <a href=paths::ADMIN>{text().admin.title}</a> })}
                    <a href=paths::PROFILE>{t.profile}</a>
                    <form method="post" action="/act/logout">
                        <button type="submit">{t.log_out}</button>
                    </form>
                </div>
            </details>
        </nav>
    }
    .into_any()
}

/// Shows the outcome of the last action.
#[component]
fn Outcome(notice: FlashMessage) -> impl IntoView {
    let (tone, role, glyph) = match notice.tone {
        Tone::Good => ("good", "status", Glyph::Check),
        Tone::Neutral => ("neutral", "status", Glyph::Info),
        Tone::Bad => ("bad", "alert", Glyph::Alert),
    };
    let undo = notice.undo.map(undo_form);
    view! {
        <div class="alert flash" data-tone=tone role=role>
            <Icon glyph=glyph/>
            <p>{notice.text}</p>
            {undo}
        </div>
    }
    .into_any()
}

/// Shows the button that undoes a removal.
fn undo_form(offer: UndoOffer) -> AnyView {
    view! {
        <form method="post" action="/act/undo-removal-of-competition" data-testid="undo-form">
            <input type="hidden" name="competitionId" value=offer.competition.to_string()/>
            <input type="hidden" name="idempotencyKey" value=offer.removal.to_string()/>
            <button type="submit" class="button small">{text().people.undo}</button>
        </form>
    }
    .into_any()
}
