//! The registration panel of a competition's page: seats, message and button, kept up to date.
//!
//! ```text
//! event stream ──▶ seats, phase ─┐
//! clock of the server ─▶ phase  ─┼─▶ PanelState ─▶ badge, title, words, button
//! own event stream ─▶ registration
//! ```
//!
//! The server renders the same content from the same state, so the panel is complete without JavaScript.

mod state;

use leptos::{ev::SubmitEvent, prelude::*};

pub use self::state::{OwnRegistration, PanelAction, PanelContent, PanelState, Visitor, badge};
use super::register_form::{SubmissionState, submit};
use crate::{
    model::{LiveView, RegistrationView},
    ui::{
        components::{Icon, SeatBar, seat_level},
        paths,
        text::{PANEL, island_text},
    },
};

/// What the running script adds to the state.
#[derive(Debug, Clone, Copy)]
struct Script {
    /// Whether the script runs.
    runs: RwSignal<bool>,
    /// Whether the browser has a network.
    online: RwSignal<bool>,
    /// The number of seconds until registration opens.
    left: RwSignal<i64>,
    submission: RwSignal<SubmissionState>,
}

/// Shows the panel and keeps it up to date.
///
/// The live region says only what changes the message or the level of seats (plenty, few, full), not every
/// seat: a screen reader that never stops talking is worse than none.
#[island]
pub fn LivePanel(
    /// The state at the time of the request.
    panel: PanelState,
    /// The idempotency key that the form submits.
    key: String,
    /// The number of seconds until registration opens, at the time of the request.
    opens_in: i64,
) -> impl IntoView {
    let competition = panel.competition;
    let state = RwSignal::new(panel);
    let announcement = RwSignal::new(String::new());
    let script = Script {
        runs: RwSignal::new(false),
        online: RwSignal::new(true),
        left: RwSignal::new(opens_in),
        submission: RwSignal::new(SubmissionState::Idle),
    };
    let update = move |next: PanelState| {
        let before = state.get_untracked();
        if before == next {
            return;
        }
        let (old, new) = (before.content(), next.content());
        if (&old.title, &old.action) != (&new.title, &new.action) {
            announcement.set(format!("{} {}", new.title, new.words));
        } else if seat_level(before.live.seats()) != seat_level(next.live.seats()) {
            announcement.set((island_text().seats_said)(next.live.seats()));
        }
        state.set(next);
    };
    let on_live = move |live: LiveView| update(state.get_untracked().with_live(live));
    let on_registration = move |registration: RegistrationView| {
        update(state.get_untracked().with_registration(&registration));
    };
    // Effects run in the browser only; the server shows the state that it has.
    Effect::new(move || start(script, state, update, on_live, on_registration));

    let content = Memo::new(move |_| state.with(PanelState::content));
    let seats = Signal::derive(move || state.with(|state| state.live.seats()));
    let registered =
        Memo::new(move |_| state.with(|state| matches!(state.visitor, Visitor::Registered(_))));
    let shows_seats = Memo::new(move |_| state.with(PanelState::shows_seats));
    // A participant with a seat sees that first, and the free seats after it.
    let bar = move |after: bool| {
        (shows_seats.get() && registered.get() == after)
            .then(|| view! { <div class="live-seats"><SeatBar seats=seats/></div> })
    };
    let tone = move || content.with(|content| content.tone);
    let glyph = Memo::new(move |_| content.with(|content| content.glyph));
    let words = move || match content.get() {
        PanelContent {
            action: PanelAction::Wait,
            ..
        } if script.runs.get() => {
            let left = (island_text().opens_in)(script.left.get());
            format!("{left} {}", PANEL.soon_live)
        }
        content => content.words,
    };
    // Without a script, a locked button would stay locked.
    let has_form = Memo::new(move |_| match content.with(|content| content.action) {
        PanelAction::Register(_) => true,
        PanelAction::Wait => script.runs.get(),
        _ => false,
    });
    let key = StoredValue::new(key);
    let form = move || {
        has_form.get().then(|| {
            let label = move || match content.with(|content| content.action) {
                PanelAction::Register(label) => label,
                _ => PANEL.register,
            };
            let locked = move || content.with(|content| content.action) == PanelAction::Wait;
            let id = competition.to_string();
            let busy = move || script.submission.get().is_busy();
            let progress = move || script.submission.get().words();
            view! {
                <form data-testid="register-form" class="register" method="post" action=paths::ACT_REGISTER
                    on:submit=move |event: SubmitEvent| submit(&event, script.submission)>
                    <input type="hidden" name="competitionId" value=id/>
                    <input type="hidden" name="idempotencyKey" value=key.get_value()/>
                    <button type="submit" class="button primary large wide" aria-describedby="register-hint"
                        disabled=locked aria-disabled=move || busy().then_some("true")>
                        {label}
                    </button>
                    <p class="progress" role="status">{progress}</p>
                </form>
            }
        })
    };
    view! {
        {move || bar(false)}
        <div class="registration-state" data-tone=tone
            data-testid=move || registered.get().then_some("registration-status")
            data-status=move || state.with(own_status)>
            {move || view! { <Icon glyph=glyph.get()/> }}
            <div>
                <h2 id="your-place">{move || content.with(|content| content.title.clone())}</h2>
                <p id="register-hint">{words}</p>
            </div>
        </div>
        {form}
        {move || login_hint(&state.get(), content.with(|content| content.action))}
        {move || links(&state.get(), content.with(|content| content.action))}
        {move || ready_check(script, &state.get(), content.with(|content| content.action))}
        {move || bar(true)}
        <p class="sr-only" role="status">{announcement}</p>
    }
}

/// Returns the status of the visitor's registration.
fn own_status(state: &PanelState) -> Option<&'static str> {
    match &state.visitor {
        Visitor::Registered(own) => Some(own.status.as_str()),
        _ => None,
    }
}

/// Says that the button leads to the log-in.
fn login_hint(state: &PanelState, action: PanelAction) -> Option<AnyView> {
    let shown = state.visitor == Visitor::Anonymous && matches!(action, PanelAction::Register(_));
    shown.then(|| view! { <p class="muted small">{PANEL.login_hint}</p> }.into_any())
}

/// Shows the links of an action.
fn links(state: &PanelState, action: PanelAction) -> Option<AnyView> {
    let t = PANEL;
    let view = match action {
        PanelAction::Register(_) | PanelAction::Wait => return None,
        PanelAction::Browse => {
            view! { <a class="button wide" href=paths::COMPETITIONS>{t.see_competitions}</a> }
                .into_any()
        }
        PanelAction::Manage => {
            let href = format!("{}/{}", paths::ORGANIZE, state.competition);
            view! { <a class="button primary wide" href=href>{t.manage}</a> }.into_any()
        }
        PanelAction::Registered(id, cancel) => {
            let cancel = cancel.map(|label| {
                let href = paths::cancel_registration(id);
                view! { <a class="button quiet wide" href=href data-confirm="">{label}</a> }
            });
            view! {
                <a class="button wide" href=paths::MY_REGISTRATIONS>{t.my_registrations}</a>
                {cancel}
            }
            .into_any()
        }
    };
    Some(view)
}

/// Shows, before the opening, what the visitor can prepare: to be logged in and online, and the calendar.
fn ready_check(script: Script, state: &PanelState, action: PanelAction) -> Option<AnyView> {
    let t = PANEL;
    if action != PanelAction::Wait {
        return None;
    }
    let account = match state.visitor {
        Visitor::Anonymous => {
            let href = paths::login_for(state.competition);
            view! { <li data-ready="no"><a href=href>{t.check_log_in}</a></li> }.into_any()
        }
        _ => view! { <li data-ready="yes">{t.check_logged_in}</li> }.into_any(),
    };
    let network = move || {
        script.runs.get().then(|| match script.online.get() {
            true => view! { <li data-ready="yes">{t.check_online}</li> },
            false => view! { <li data-ready="no">{t.check_offline}</li> },
        })
    };
    let calendar = paths::opening_calendar(state.competition);
    let remind = (state.visitor != Visitor::Anonymous).then(|| {
        let (label, wanted) = match state.reminded {
            false => (t.remind, "on"),
            true => (t.remind_not, ""),
        };
        view! {
            <form method="post" action=paths::ACT_REMIND_ME>
                <input type="hidden" name="competitionId" value=state.competition.to_string()/>
                <input type="hidden" name="wanted" value=wanted/>
                <button type="submit" class="button wide">{label}</button>
            </form>
        }
    });
    let view = view! {
        <div class="ready" data-testid="ready-check">
            <h3>{t.check_title}</h3>
            <ul>{account}{network}</ul>
            {remind}
            <p><a href=calendar download="">{t.remind_calendar}</a></p>
        </div>
    };
    Some(view.into_any())
}

#[cfg(feature = "hydrate")]
fn start(
    script: Script,
    state: RwSignal<PanelState>,
    update: impl Fn(PanelState) + Copy + 'static,
    on_live: impl Fn(LiveView) + Copy + 'static,
    on_registration: impl Fn(RegistrationView) + Copy + 'static,
) {
    use super::browser::{live_competition, own_news, page_refresh, phase_clock, phase_display};
    let competition = state.with_untracked(|state| state.competition);
    script.runs.set(true);
    live_competition::watch_network(move |online| script.online.set(online));
    live_competition::subscribe(competition, move |live: LiveView| {
        let known = state.with_untracked(|state| state.live.revision);
        on_live(live);
        if live.revision != known {
            page_refresh::refresh(move |next: PanelState| {
                let (freed, promoted) = state.with_untracked(|state| (state.freed, state.promoted));
                update(PanelState {
                    freed,
                    promoted,
                    ..next
                });
            });
        }
    });
    own_news::on_registration(on_registration);
    phase_clock::start(
        move || state.with_untracked(|state| (state.rules, state.live)),
        move |left| script.left.set(left),
        on_live,
    );
    // The badge is outside of the island, in a part of the page that is the same for everyone.
    Effect::new(move || phase_display::show(state.with(|state| state.live.phase)));
}

/// Does nothing: on the server the panel is only rendered.
#[cfg(not(feature = "hydrate"))]
fn start(
    _: Script,
    _: RwSignal<PanelState>,
    _: impl Fn(PanelState) + Copy + 'static,
    _: impl Fn(LiveView) + Copy + 'static,
    _: impl Fn(RegistrationView) + Copy + 'static,
) {
}
