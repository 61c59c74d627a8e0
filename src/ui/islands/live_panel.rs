//! The registration panel of a competition's page: seats, message and button, kept up to date.
//!
//! ```text
//! event stream ──▶ seats, phase ─┐
//! clock of the server ─▶ phase  ─┼─▶ PanelState ─▶ badge, title, words, button
//! own event stream ─▶ registration
//! ```
//!
//! The server renders the same content from the same state, so the panel is complete without JavaScript.

#[cfg(feature = "hydrate")]
mod decode;
mod state;

#[cfg(feature = "hydrate")]
use std::{cell::Cell, rc::Rc};

use leptos::{ev::SubmitEvent, prelude::*};
#[cfg(not(feature = "hydrate"))]
use serde::Serialize;

pub use self::state::{OwnRegistration, PanelAction, PanelLink, PanelState, Visitor, badge};
#[cfg(feature = "hydrate")]
use super::{
    browser::{
        flash, live_competition, own_news, page_refresh, phase_clock, phase_display, ready_check,
        refresh_scope::RefreshScope,
    },
    register_form::submit,
};
use super::{island_data, register_form::SubmissionState};
#[cfg(feature = "hydrate")]
use crate::{model::LiveView, ui::components::seat_level};
use crate::{
    model::{Phase, SeatsView},
    text::{IslandText, PanelText},
    ui::{
        components::SeatBar,
        paths,
        text::{island_text, panel_text},
    },
};

/// The id of the register form. The choice of a division, elsewhere in the page, belongs to it.
pub const REGISTER_FORM: &str = "register-form";

/// What the running script knows besides the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Script {
    /// Whether the script runs.
    runs: bool,
    /// The number of seconds until registration opens, once the clock of the server is known.
    left: Option<i64>,
    /// The submission of the register form.
    submission: SubmissionState,
}

/// Everything that the panel shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Panel {
    state: PanelState,
    script: Script,
}

/// The signals of a panel. They are few, since each type of signal is a lot of code in the bundle.
#[derive(Debug, Clone, Copy)]
struct Signals {
    #[cfg(feature = "hydrate")]
    panel: RwSignal<Panel>,
    seats: RwSignal<SeatsView>,
    /// What a screen reader says.
    announcement: RwSignal<String>,
    texts: Texts,
}

/// The sentences of the panel.
#[derive(Debug, Clone, Copy)]
struct Texts {
    panel: &'static PanelText,
    islands: &'static IslandText,
}

/// What the server gives to a panel.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "hydrate"), derive(Serialize))]
pub struct LivePanelData {
    /// The state at the time of the request.
    pub panel: PanelState,
    /// The idempotency key that the form submits.
    pub key: String,
}

impl LivePanelData {
    /// Shows the panel in a page.
    #[cfg(not(feature = "hydrate"))]
    pub fn show(self) -> AnyView {
        island_data::with_data(self, || view! { <LivePanel/> }.into_any())
    }
}

/// Shows the panel and keeps it up to date.
///
/// The live region says only what changes the message or the level of seats (plenty, few, full), not every
/// seat: a screen reader that never stops talking is worse than none.
#[island]
fn LivePanel() -> impl IntoView {
    island_data::read().map(live_panel)
}

fn live_panel(LivePanelData { panel, key }: LivePanelData) -> impl IntoView {
    let script = Script {
        runs: false,
        left: None,
        submission: SubmissionState::Idle,
    };
    let seats = RwSignal::new(panel.live.seats());
    let shown = ArcRwSignal::new(Panel {
        state: panel,
        script,
    });
    let signals = Signals {
        seats,
        #[cfg(feature = "hydrate")]
        panel: shown.clone().into(),
        announcement: RwSignal::new(String::new()),
        texts: Texts {
            panel: panel_text(),
            islands: island_text(),
        },
    };
    // Effects run in the browser only; the server shows the state that it has.
    #[cfg(feature = "hydrate")]
    Effect::new(move || signals.start());
    // The views have counted references: when a client leaves, the server disposes of the signals of its page while it
    // may still look at the views.
    let hides_seats = {
        let shown = shown.clone();
        move || shown.with(|panel| !panel.state.shows_seats())
    };
    view! {
        <div class="live-seats" hidden=hides_seats><SeatBar seats=signals.seats/></div>
        // One closure, since each is a lot of code, too.
        {move || shown.with(|panel| content_view(panel, signals, &key))}
        <p class="sr-only" role="status">{signals.announcement}</p>
    }
}

/// Shows the message and what the visitor can do.
fn content_view(panel: &Panel, signals: Signals, key: &str) -> impl IntoView + use<> {
    let Panel { state, script } = panel;
    let Texts { panel: t, islands } = signals.texts;
    let content = state.content(t);
    let own = match &state.visitor {
        Visitor::Registered(own) => Some(own.status.as_str()),
        _ => None,
    };
    let waits = content.action == PanelAction::Wait && script.runs;
    let words = match (waits, script.left) {
        (true, _) if state.live.phase == Phase::Paused => t.paused_live.to_owned(),
        (true, Some(left)) => format!("{} {}", islands.opens_in(&islands.span(left)), t.soon_live),
        (true, None) => t.soon_live.to_owned(),
        _ => content.words,
    };
    let link = |link: PanelLink| {
        let asks = link.asks.then_some("");
        view! { <a class=link.class href=link.href data-confirm=asks>{link.label}</a> }
    };
    let [first, second] = state.links(content.action, t);
    let leads_to_login =
        state.visitor == Visitor::Anonymous && matches!(content.action, PanelAction::Register(_));
    view! {
        <div class="registration-state" data-tone=content.tone data-status=own
            data-testid=own.map(|_| "registration-status")>
            <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                <path d=content.glyph.path()></path>
            </svg>
            <div>
                <h2 id="your-place">{content.title}</h2>
                <p id="register-hint">{words}</p>
            </div>
        </div>
        {register_form(panel, signals, content.action, key)}
        {leads_to_login.then(|| view! { <p class="muted small">{t.login_hint}</p> })}
        {first.map(link)}
        {second.map(link)}
    }
}

/// Shows the register form, if there is something to register for. Its button is locked before the opening and during a pause;
/// without a script it would stay locked, so there is none.
fn register_form(
    panel: &Panel,
    signals: Signals,
    action: PanelAction,
    key: &str,
) -> Option<impl IntoView + use<>> {
    let Panel { state, script } = panel;
    let (label, locked) = match action {
        PanelAction::Register(label) => (label, false),
        PanelAction::Wait if script.runs => (signals.texts.panel.register, true),
        _ => return None,
    };
    let submission = script.submission;
    let id = state.competition.to_string();
    let key = key.to_owned();
    let form = view! {
        <form id=REGISTER_FORM data-testid="register-form" class="register" method="post" action=paths::ACT_REGISTER
            on:submit=move |event: SubmitEvent| signals.submit(&event)>
            <input type="hidden" name="competitionId" value=id/>
            <input type="hidden" name="idempotencyKey" value=key/>
            <button type="submit" class="button primary large wide" aria-describedby="register-hint"
                disabled=locked aria-disabled=submission.is_busy().then_some("true")>
                {label}
            </button>
            <p class="progress" role="status">{submission.words(signals.texts.islands)}</p>
        </form>
    };
    Some(form)
}

#[cfg(feature = "hydrate")]
impl Signals {
    /// Returns the present state.
    fn state(self) -> PanelState {
        self.panel.with_untracked(|panel| panel.state.clone())
    }

    /// Changes what the script knows.
    fn set_script(self, change: impl FnOnce(&mut Script)) {
        self.panel.update(|panel| change(&mut panel.script));
    }

    /// Shows another state, in all parts of the page.
    fn show(self, next: PanelState) {
        let Texts { panel: t, islands } = self.texts;
        let before = self.state();
        phase_display::show(next.live.phase);
        if before == next {
            return;
        }
        if before.outdates_flash(&next) {
            flash::dismiss();
        }
        let (old, new) = (before.content(t), next.content(t));
        let (seats, seats_before) = (next.live.seats(), before.live.seats());
        if (&old.title, &old.action) != (&new.title, &new.action) {
            self.announcement
                .set(format!("{}. {}", new.title, new.words));
        } else if seat_level(seats_before) != seat_level(seats) {
            self.announcement.set(islands.seats_said(seats));
        }
        if seats != seats_before {
            self.seats.set(seats);
        }
        self.panel.update(|panel| panel.state = next);
    }

    /// Follows everything that changes the panel.
    fn start(self) {
        let competition = self.state().competition;
        self.set_script(|script| script.runs = true);
        ready_check::watch();
        let newest = Rc::new(Cell::new(self.state().live));
        own_news::on_registration({
            let newest = Rc::clone(&newest);
            move |registration: OwnRegistration| {
                let before = self.state();
                let next = before.clone().with_registration(registration);
                let may_register_again = matches!(before.visitor, Visitor::Registered(_))
                    && next.visitor == Visitor::Unregistered;
                if may_register_again {
                    // A page of someone who is registered lacks what belongs to the register form.
                    self.take_newer_page(next.live, RefreshScope::Page, Rc::clone(&newest));
                }
                self.show(next);
            }
        });
        live_competition::subscribe(competition, move |live: LiveView| {
            newest.set(live);
            let state = self.state();
            // Texts, times and the phase of an edit are shown together, from a newer page.
            if live.revision != state.revision {
                return self.take_newer_page(live, RefreshScope::Page, Rc::clone(&newest));
            }
            let lacks_results = state.lacks_results_of(live);
            self.show(state.with_live(live));
            if lacks_results {
                self.take_newer_page(live, RefreshScope::Results, Rc::clone(&newest));
            }
        });
        phase_clock::start(
            move || self.state(),
            move |left| self.set_script(|script| script.left = Some(left)),
            move |live| self.show(self.state().with_live(live)),
        );
    }

    /// Loads this page again, with the edit and the results of `wanted` or later ones, and shows what it says. `newest`
    /// is the newest state from the event stream, which may be newer than the page.
    fn take_newer_page(self, wanted: LiveView, scope: RefreshScope, newest: Rc<Cell<LiveView>>) {
        page_refresh::refresh(wanted, scope, move |page: Option<PanelState>| {
            let present = self.state();
            let next = match page {
                Some(page) => present.with_page(page),
                None => present,
            };
            let newest = newest.get();
            self.show(if newest.revision >= next.live.revision {
                next.with_live(newest)
            } else {
                next
            });
        });
    }

    /// Submits the register form in the background. A second click does nothing.
    fn submit(self, event: &SubmitEvent) {
        // The response is the log-in page, which carries what was answered: the browser shows it.
        if self.state().visitor == Visitor::Anonymous {
            return;
        }
        event.prevent_default();
        let submission = self.panel.with_untracked(|panel| panel.script.submission);
        if submission.is_busy() {
            return;
        }
        submit(event, move |state| {
            self.set_script(|script| script.submission = state);
        });
    }
}

#[cfg(not(feature = "hydrate"))]
impl Signals {
    /// Does nothing: on the server the form is only rendered.
    #[allow(clippy::unused_self, reason = "the same signature as in the browser")]
    const fn submit(self, _: &SubmitEvent) {}
}
