//! What the registration panel shows: a pure function of the competition's phase, its seats and the
//! visitor. Badge, title, words and button all follow from it, so that they never contradict each other.

use chrono::{DateTime, Utc};
#[cfg(not(feature = "hydrate"))]
use serde::Serialize;

use crate::{
    model::{
        CompetitionId, LiveView, Phase, PhaseRules, RegistrationId, RegistrationStatus,
        RegistrationView,
    },
    text::{PanelText, PhaseText},
    ui::{components::Glyph, paths},
};

#[cfg(test)]
mod tests;

/// What a visitor is to a competition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), derive(Serialize))]
pub enum Visitor {
    /// Nobody is logged in.
    Anonymous,
    /// The account has no live registration.
    Unregistered,
    /// The account organizes the competition.
    Organizer,
    /// The account has a live registration.
    Registered(OwnRegistration),
}

/// The visitor's registration, as far as the panel shows it. Its JSON is a part of a registration's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "hydrate"),
    derive(Serialize),
    serde(rename_all = "camelCase")
)]
pub struct OwnRegistration {
    /// The id, for the link that cancels it.
    pub registration_id: RegistrationId,
    /// The competition of the registration.
    pub competition_id: CompetitionId,
    /// The status of the registration.
    pub status: RegistrationStatus,
    /// The position in the waitlist, from 1.
    pub waitlist_position: Option<u32>,
}

impl From<&RegistrationView> for OwnRegistration {
    fn from(view: &RegistrationView) -> Self {
        Self {
            registration_id: view.registration_id,
            competition_id: view.competition_id,
            status: view.status,
            waitlist_position: view.waitlist_position,
        }
    }
}

/// Everything that the panel depends on. The server puts it into the page, and events change it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), derive(Serialize))]
pub struct PanelState {
    /// The competition of the page.
    pub competition: CompetitionId,
    /// The seats and the phase.
    pub live: LiveView,
    /// The edit that `rules` and `opening` come from. They are out of date while `live` names a later one.
    pub revision: i64,
    /// The change of stages and standings that the results of the page come from.
    pub results_revision: i32,
    /// When the phase changes by itself.
    pub rules: PhaseRules,
    /// The opening, as clocks at the venue show it.
    pub opening: String,
    /// Whether the page has a field for a code, with which one may register although the competition is full.
    pub takes_codes: bool,
    /// Who looks at the page.
    pub visitor: Visitor,
    /// Whether a seat became free since the page was opened, while no seat and no waitlist was there.
    pub freed: bool,
    /// Whether the visitor got a seat from the waitlist since the page was opened.
    pub promoted: bool,
}

/// What a visitor can do in the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelAction {
    /// The register form, with the label of its button.
    Register(&'static str),
    /// The register form with a locked button, until registration opens or the organizer ends a pause.
    Wait,
    /// A link to other competitions.
    Browse,
    /// A link to the page that manages the competition.
    Manage,
    /// Links to the ticket and, with a label, to the question before it is cancelled.
    Registered(RegistrationId, Option<&'static str>),
}

/// A link that looks like a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelLink {
    /// Where it leads to.
    pub href: String,
    /// The words on it.
    pub label: &'static str,
    /// The classes that decide how it looks.
    pub class: &'static str,
    /// Whether the question on the page behind it may be asked in a dialog.
    pub asks: bool,
}

impl PanelLink {
    const fn new(href: String, label: &'static str, class: &'static str) -> Self {
        Self {
            href,
            label,
            class,
            asks: false,
        }
    }
}

/// What the panel shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelContent {
    /// The tone of the message: `good`, `accent`, `neutral` or `bad`.
    pub tone: &'static str,
    /// The icon beside the message.
    pub glyph: Glyph,
    /// The heading of the message.
    pub title: String,
    /// The sentence below the heading.
    pub words: String,
    /// What the visitor can do.
    pub action: PanelAction,
}

/// Returns the tone and the words of a phase's badge.
#[must_use]
pub const fn badge(phase: Phase, t: &PhaseText) -> (&'static str, &'static str) {
    match phase {
        Phase::Draft => ("quiet", t.draft),
        Phase::OpensSoon => ("accent", t.opens_soon),
        Phase::Open => ("good", t.open),
        Phase::FewLeft => ("warn", t.few_left),
        Phase::Waitlist => ("accent", t.waitlist),
        Phase::Full => ("quiet", t.full),
        Phase::Paused => ("warn", t.paused),
        Phase::Closed => ("quiet", t.closed),
        Phase::Cancelled => ("bad", t.cancelled),
        Phase::Running => ("accent", t.running),
        Phase::Ended => ("quiet", t.ended),
    }
}

impl PanelState {
    /// Takes a new state of the competition from the event stream or the clock.
    #[must_use]
    pub fn with_live(mut self, live: LiveView) -> Self {
        let was_full = self.live.phase == Phase::Full;
        let takes_seats = matches!(live.phase, Phase::Open | Phase::FewLeft);
        self.freed = takes_seats && (self.freed || was_full);
        // A pause is no edit, after which the page would be loaded again, and the clock needs to know of it.
        if live.phase.is_before_deadline() {
            self.rules.paused = live.phase == Phase::Paused;
        }
        self.live = live;
        self
    }

    /// Returns whether the page lacks results of which `live` tells.
    #[must_use]
    pub const fn lacks_results_of(&self, live: LiveView) -> bool {
        // A process of the site that learns of a change later than another may tell of an earlier one.
        self.results_revision < live.results_revision
    }

    /// Takes what an organizer has edited from a newer page. Who the visitor is stays as it is, since the
    /// own event stream may know more than that page.
    #[must_use]
    pub fn with_page(self, page: Self) -> Self {
        let next = Self {
            visitor: self.visitor,
            freed: self.freed,
            promoted: self.promoted,
            live: self.live,
            ..page
        };
        next.with_live(page.live)
    }

    /// Returns the state after the clock has reached `now`, with the phase that has begun by itself.
    #[must_use]
    pub fn live_at(&self, now: DateTime<Utc>) -> LiveView {
        let stays = matches!(self.live.phase, Phase::Draft | Phase::Cancelled);
        if stays || self.revision != self.live.revision {
            return self.live;
        }
        let (revision, results) = (self.live.revision, self.live.results_revision);
        self.rules.live(self.live.seats(), revision, results, now)
    }

    /// Returns whether a flash message of this page may be untrue in the state `next`: the visitor has got or
    /// lost a seat or a position, or registration has opened or was paused.
    #[must_use]
    pub fn outdates_flash(&self, next: &Self) -> bool {
        let standing = |state: &Self| match &state.visitor {
            Visitor::Registered(own) => Some(own.status.holds_seat()),
            _ => None,
        };
        let waits = |state: &Self| matches!(state.live.phase, Phase::OpensSoon | Phase::Paused);
        standing(self) != standing(next) || waits(self) != waits(next)
    }

    /// Takes a change of one of the visitor's registrations.
    #[must_use]
    pub fn with_registration(mut self, own: OwnRegistration) -> Self {
        if own.competition_id != self.competition {
            return self;
        }
        match self.visitor {
            Visitor::Registered(before) if before.registration_id == own.registration_id => {
                let waited = before.status == RegistrationStatus::Waitlisted;
                self.promoted |= waited && own.status.holds_seat();
                self.visitor = match own.status.is_live() {
                    true => Visitor::Registered(own),
                    false => Visitor::Unregistered,
                };
            }
            // News of an earlier registration may come after the present one.
            _ if own.status.is_live() => self.visitor = Visitor::Registered(own),
            _ => {}
        }
        self
    }

    /// Returns whether the number of seats is shown.
    #[must_use]
    pub const fn shows_seats(&self) -> bool {
        !matches!(self.live.phase, Phase::Cancelled | Phase::Ended)
    }

    /// Returns the links that the visitor can follow, at most two.
    #[must_use]
    pub fn links(&self, action: PanelAction, t: &PanelText) -> [Option<PanelLink>; 2] {
        match action {
            PanelAction::Register(_) | PanelAction::Wait => [None, None],
            PanelAction::Browse => {
                let href = paths::COMPETITIONS.to_owned();
                let link = PanelLink::new(href, t.see_competitions, "button wide");
                [Some(link), None]
            }
            PanelAction::Manage => {
                let href = format!("{}/{}", paths::ORGANIZE, self.competition);
                let link = PanelLink::new(href, t.manage, "button primary wide");
                [Some(link), None]
            }
            PanelAction::Registered(id, cancel) => {
                let label = match &self.visitor {
                    Visitor::Registered(own) if !own.status.holds_seat() => t.view_place,
                    _ => t.view_ticket,
                };
                let link = PanelLink::new(paths::ticket(id), label, "button wide");
                let cancel = cancel.map(|label| PanelLink {
                    asks: true,
                    ..PanelLink::new(paths::cancel_registration(id), label, "button quiet wide")
                });
                [Some(link), cancel]
            }
        }
    }

    /// Returns what the panel shows.
    #[must_use]
    pub fn content(&self, t: &PanelText) -> PanelContent {
        match &self.visitor {
            Visitor::Registered(own) => self.registered(*own, t),
            Visitor::Organizer => self.own(t),
            Visitor::Anonymous | Visitor::Unregistered => self.open(t),
        }
    }

    /// Returns the content for a visitor without a registration.
    fn open(&self, t: &PanelText) -> PanelContent {
        let (seats, waitlisted) = (self.live.seats_left, self.live.waitlisted);
        let (title, words, action) = match self.live.phase {
            Phase::OpensSoon => (
                t.soon_title(&self.opening),
                t.soon.to_owned(),
                PanelAction::Wait,
            ),
            Phase::Paused => (
                t.paused_title.to_owned(),
                t.paused.to_owned(),
                PanelAction::Wait,
            ),
            Phase::Open | Phase::FewLeft if self.freed => (
                t.freed_title.to_owned(),
                t.freed.to_owned(),
                PanelAction::Register(t.register),
            ),
            Phase::Open => (
                t.your_place.to_owned(),
                t.open_hint.to_owned(),
                PanelAction::Register(t.register),
            ),
            Phase::FewLeft => (
                t.your_place.to_owned(),
                t.few_hint(seats.into()),
                PanelAction::Register(t.register),
            ),
            Phase::Waitlist => (
                t.your_place.to_owned(),
                match self.takes_codes {
                    true => format!("{} {}", t.waitlist_hint(waitlisted.into()), t.full_code),
                    false => t.waitlist_hint(waitlisted.into()),
                },
                PanelAction::Register(t.join_waitlist),
            ),
            // A seat may be set aside for them.
            Phase::Full if self.takes_codes => (
                t.full_code_title.to_owned(),
                t.full_code.to_owned(),
                PanelAction::Register(t.register_with_code),
            ),
            Phase::Full => refused(t.full_title, t.full),
            Phase::Closed => refused(t.closed_title, t.closed),
            Phase::Running => refused(t.running_title, t.running),
            Phase::Ended => refused(t.past_title, t.past),
            Phase::Cancelled => refused(t.cancelled_title, t.cancelled),
            Phase::Draft => refused(t.draft_title, t.draft),
        };
        let (tone, glyph) = match self.live.phase {
            Phase::Cancelled => ("bad", Glyph::Info),
            Phase::OpensSoon | Phase::Paused => ("accent", Glyph::Clock),
            Phase::Open | Phase::FewLeft if self.freed => ("good", Glyph::Seat),
            _ => ("neutral", Glyph::Info),
        };
        PanelContent {
            tone,
            glyph,
            title,
            words,
            action,
        }
    }

    /// Returns the content for the organizer.
    fn own(&self, t: &PanelText) -> PanelContent {
        let visitors = self.open(t);
        let (title, words) = match self.live.phase {
            Phase::Draft | Phase::Cancelled => (visitors.title, visitors.words),
            Phase::OpensSoon => (t.yours_title.to_owned(), t.yours_soon(&self.opening)),
            Phase::Paused => (t.yours_title.to_owned(), visitors.title),
            phase if phase.takes_registrations() => (t.yours_title.to_owned(), t.yours.to_owned()),
            _ => (t.yours_title.to_owned(), visitors.words),
        };
        PanelContent {
            tone: visitors.tone,
            glyph: visitors.glyph,
            title,
            words,
            action: PanelAction::Manage,
        }
    }

    /// Returns the content for a participant.
    fn registered(&self, own: OwnRegistration, t: &PanelText) -> PanelContent {
        let (phase, waits) = (
            self.live.phase,
            own.status == RegistrationStatus::Waitlisted,
        );
        let over = matches!(phase, Phase::Cancelled | Phase::Ended);
        let seat = if self.promoted {
            t.promoted
        } else if own.status == RegistrationStatus::Pending {
            t.pending
        } else {
            t.confirmed
        };
        let (tone, glyph, title, words) = match (phase, waits, own.waitlist_position) {
            (Phase::Cancelled, ..) => (
                "bad",
                Glyph::Info,
                t.cancelled_title.to_owned(),
                t.cancelled.to_owned(),
            ),
            // From the start on no seat goes to the waitlist.
            (Phase::Running, true, _) => (
                "neutral",
                Glyph::Info,
                t.running_title.to_owned(),
                t.waitlisted_gone.to_owned(),
            ),
            (Phase::Ended, true, _) => (
                "neutral",
                Glyph::Info,
                t.past_title.to_owned(),
                t.waitlisted_gone.to_owned(),
            ),
            (Phase::Ended, false, _) => (
                "neutral",
                Glyph::Check,
                t.past_title.to_owned(),
                t.had_seat.to_owned(),
            ),
            (_, true, Some(position)) => (
                "accent",
                Glyph::Queue,
                t.waitlisted_title(position.into()),
                t.waitlisted(position.saturating_sub(1).into()),
            ),
            (_, true, None) => (
                "accent",
                Glyph::Queue,
                t.waitlisted_title_plain.to_owned(),
                String::new(),
            ),
            (_, false, _) => (
                "good",
                Glyph::Check,
                t.seat_title.to_owned(),
                seat.to_owned(),
            ),
        };
        let cancel = if waits { t.leave_waitlist } else { t.give_back };
        PanelContent {
            tone,
            glyph,
            title,
            words,
            action: PanelAction::Registered(own.registration_id, (!over).then_some(cancel)),
        }
    }
}

fn refused(title: &str, words: &str) -> (String, String, PanelAction) {
    (title.to_owned(), words.to_owned(), PanelAction::Browse)
}
