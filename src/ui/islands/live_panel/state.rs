//! What the registration panel shows: a pure function of the competition's phase, its seats and the
//! visitor. Badge, title, words and button all follow from it, so that they never contradict each other.

use serde::{Deserialize, Serialize};

use crate::{
    model::{
        CompetitionId, LiveView, Phase, PhaseRules, RegistrationId, RegistrationStatus,
        RegistrationView,
    },
    ui::{
        components::Glyph,
        text::{PANEL, PHASES, PhaseText},
    },
};

/// What a visitor is to a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// The visitor's registration, as far as the panel shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRegistration {
    /// The id, for the link that cancels it.
    pub id: RegistrationId,
    /// `PENDING`, `CONFIRMED` or `WAITLISTED`.
    pub status: RegistrationStatus,
    /// The position in the waitlist, from 1.
    pub position: Option<u32>,
}

impl From<&RegistrationView> for OwnRegistration {
    fn from(view: &RegistrationView) -> Self {
        Self {
            id: view.registration_id,
            status: view.status,
            position: view.waitlist_position,
        }
    }
}

/// Everything that the panel depends on. The server puts it into the page, and events change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelState {
    /// The competition.
    pub competition: CompetitionId,
    /// Seats and phase.
    pub live: LiveView,
    /// When the phase changes by itself.
    pub rules: PhaseRules,
    /// The opening, as clocks at the venue show it.
    pub opening: String,
    /// Who looks at the page.
    pub visitor: Visitor,
    /// Whether the account wants to be reminded of the opening.
    pub reminded: bool,
    /// Whether a seat became free since the page was opened, while no seat and no waitlist was there.
    #[serde(default)]
    pub freed: bool,
    /// Whether the visitor got a seat from the waitlist since the page was opened.
    #[serde(default)]
    pub promoted: bool,
}

/// What a visitor can do in the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelAction {
    /// The register form, with the label of its button.
    Register(&'static str),
    /// The register form with a locked button, until registration opens.
    Wait,
    /// A link to other competitions.
    Browse,
    /// A link to the page that manages the competition.
    Manage,
    /// Links to the own registrations and, with a label, to the question before it is cancelled.
    Registered(RegistrationId, Option<&'static str>),
}

/// What the panel shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelContent {
    /// The tone of the message: `good`, `accent`, `neutral` or `bad`.
    pub tone: &'static str,
    /// The icon beside the message.
    pub glyph: Glyph,
    /// The heading.
    pub title: String,
    /// The sentence below the heading.
    pub words: String,
    /// What the visitor can do.
    pub action: PanelAction,
}

/// Returns the tone and the words of a phase's badge.
#[must_use]
pub const fn badge(phase: Phase) -> (&'static str, &'static str) {
    const T: PhaseText = PHASES;
    match phase {
        Phase::Draft => ("quiet", T.draft),
        Phase::OpensSoon => ("accent", T.opens_soon),
        Phase::Open => ("good", T.open),
        Phase::FewLeft => ("warn", T.few_left),
        Phase::Waitlist => ("accent", T.waitlist),
        Phase::Full => ("quiet", T.full),
        Phase::Closed => ("quiet", T.closed),
        Phase::Cancelled => ("bad", T.cancelled),
        Phase::Running => ("accent", T.running),
        Phase::Ended => ("quiet", T.ended),
    }
}

impl PanelState {
    /// Takes a new state of the competition from the event stream or the clock.
    #[must_use]
    pub fn with_live(mut self, live: LiveView) -> Self {
        let was_full = self.live.phase == Phase::Full;
        let takes_seats = matches!(live.phase, Phase::Open | Phase::FewLeft);
        self.freed = takes_seats && (self.freed || was_full);
        self.live = live;
        self
    }

    /// Takes a change of one of the visitor's registrations.
    #[must_use]
    pub fn with_registration(mut self, registration: &RegistrationView) -> Self {
        if registration.competition_id != self.competition {
            return self;
        }
        let own = OwnRegistration::from(registration);
        match self.visitor {
            Visitor::Registered(before) if before.id == own.id => {
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

    /// Returns what the panel shows.
    #[must_use]
    pub fn content(&self) -> PanelContent {
        match &self.visitor {
            Visitor::Registered(own) => self.registered(*own),
            Visitor::Organizer => self.own(),
            Visitor::Anonymous | Visitor::Unregistered => self.open(),
        }
    }

    /// Returns the content for a visitor without a registration.
    fn open(&self) -> PanelContent {
        let t = PANEL;
        let (seats, waitlisted) = (self.live.seats_left, self.live.waitlisted);
        let (title, words, action) = match self.live.phase {
            Phase::OpensSoon => (
                (t.soon_title)(&self.opening),
                t.soon.to_owned(),
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
                (t.few_hint)(seats),
                PanelAction::Register(t.register),
            ),
            Phase::Waitlist => (
                t.your_place.to_owned(),
                (t.waitlist_hint)(waitlisted),
                PanelAction::Register(t.join_waitlist),
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
            Phase::OpensSoon => ("accent", Glyph::Clock),
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
    fn own(&self) -> PanelContent {
        let (title, words) = match self.live.phase {
            Phase::Draft => (PANEL.draft_title, PANEL.draft),
            _ => (PANEL.yours_title, PANEL.yours),
        };
        PanelContent {
            tone: "neutral",
            glyph: Glyph::Info,
            title: title.to_owned(),
            words: words.to_owned(),
            action: PanelAction::Manage,
        }
    }

    /// Returns the content for a participant.
    fn registered(&self, own: OwnRegistration) -> PanelContent {
        let t = PANEL;
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
        let (tone, glyph, title, words) = match (phase, waits, own.position) {
            (Phase::Cancelled, ..) => (
                "bad",
                Glyph::Info,
                t.cancelled_title.to_owned(),
                t.cancelled.to_owned(),
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
                (t.waitlisted_title)(position),
                (t.waitlisted)(position.saturating_sub(1)),
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
            action: PanelAction::Registered(own.id, (!over).then_some(cancel)),
        }
    }
}

fn refused(title: &str, words: &str) -> (String, String, PanelAction) {
    (title.to_owned(), words.to_owned(), PanelAction::Browse)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::model::{CompetitionStatus, SeatsView, UserId};

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    /// A competition of 20 seats that opens at hour 1, closes at 2, starts at 3 and ends at 4.
    fn rules(waitlist_enabled: bool) -> PhaseRules {
        PhaseRules {
            status: CompetitionStatus::Published,
            waitlist_enabled,
            opens_at: Some(at(1)),
            reg_deadline: at(2),
            starts_at: at(3),
            ends_at: Some(at(4)),
        }
    }

    fn live(rules: &PhaseRules, seats_left: u32, hour: i64) -> LiveView {
        let seats = SeatsView {
            seats_left,
            capacity: 20,
            waitlisted: if seats_left == 0 { 3 } else { 0 },
        };
        rules.live(seats, 0, at(hour))
    }

    fn state(visitor: Visitor, waitlist: bool, seats_left: u32, hour: i64) -> PanelState {
        let rules = rules(waitlist);
        PanelState {
            competition: CompetitionId(uuid::Uuid::from_u128(1)),
            live: live(&rules, seats_left, hour),
            rules,
            opening: "Sat 18:00 CET".to_owned(),
            visitor,
            reminded: false,
            freed: false,
            promoted: false,
        }
    }

    fn registration(status: RegistrationStatus, position: Option<u32>) -> RegistrationView {
        RegistrationView {
            registration_id: RegistrationId(uuid::Uuid::from_u128(2)),
            user_id: UserId(uuid::Uuid::from_u128(3)),
            competition_id: CompetitionId(uuid::Uuid::from_u128(1)),
            status,
            registered_at: at(1),
            waitlist_position: position,
            competition_title: None,
            user_name: None,
            user_email: None,
        }
    }

    #[test]
    fn the_button_says_what_a_press_does_in_every_phase() {
        for waitlist in [true, false] {
            for seats_left in [20, 2, 0] {
                for hour in 0..6 {
                    let state = state(Visitor::Unregistered, waitlist, seats_left, hour);
                    let action = state.content().action;
                    let expected = match state.live.phase {
                        Phase::OpensSoon => PanelAction::Wait,
                        Phase::Open | Phase::FewLeft => PanelAction::Register(PANEL.register),
                        Phase::Waitlist => PanelAction::Register(PANEL.join_waitlist),
                        _ => PanelAction::Browse,
                    };
                    assert_eq!(action, expected, "{:?}", state.live);
                    let takes = state.live.phase.takes_registrations();
                    assert_eq!(takes, matches!(action, PanelAction::Register(_)));
                }
            }
        }
    }

    #[test]
    fn an_opening_turns_the_locked_button_into_the_real_one() {
        let before = state(Visitor::Anonymous, true, 20, 0);
        assert_eq!(before.content().title, "Opens Sat 18:00 CET");
        let open = live(&before.rules, 20, 1);
        let after = before.with_live(open).content();
        assert_eq!(after.action, PanelAction::Register(PANEL.register));
    }

    #[test]
    fn a_freed_seat_is_announced_only_where_there_was_none() {
        let full = state(Visitor::Unregistered, false, 0, 1);
        assert_eq!(full.content().title, PANEL.full_title);
        let one = live(&full.rules, 1, 1);
        let freed = full.with_live(one);
        assert_eq!(freed.content().title, PANEL.freed_title);
        let none = live(&freed.rules, 0, 1);
        assert_eq!(freed.with_live(none).content().title, PANEL.full_title);
        let open = state(Visitor::Unregistered, false, 3, 1);
        let few = live(&open.rules, 2, 1);
        assert_ne!(open.with_live(few).content().title, PANEL.freed_title);
    }

    #[test]
    fn a_promotion_reaches_the_one_who_waits() {
        let waiting = registration(RegistrationStatus::Waitlisted, Some(2));
        let visitor = Visitor::Registered(OwnRegistration::from(&waiting));
        let before = state(visitor, true, 0, 1);
        assert_eq!(before.content().title, "Number 2 on the waitlist");
        let next = before.with_registration(&registration(RegistrationStatus::Waitlisted, Some(1)));
        assert_eq!(next.content().words, (PANEL.waitlisted)(0));
        let promoted = next.with_registration(&registration(RegistrationStatus::Pending, None));
        assert_eq!(promoted.content().words, PANEL.promoted);
        let cancelled =
            promoted.with_registration(&registration(RegistrationStatus::Cancelled, None));
        assert_eq!(cancelled.visitor, Visitor::Unregistered);
        let again = cancelled.with_registration(&registration(RegistrationStatus::Cancelled, None));
        assert_eq!(again.visitor, Visitor::Unregistered);
    }

    #[test]
    fn news_of_another_competition_changes_nothing() {
        let before = state(Visitor::Unregistered, true, 0, 1);
        let other = RegistrationView {
            competition_id: CompetitionId(uuid::Uuid::from_u128(9)),
            ..registration(RegistrationStatus::Pending, None)
        };
        assert_eq!(before.clone().with_registration(&other), before);
    }

    #[test]
    fn who_is_registered_can_cancel_until_the_end() {
        for (hour, can) in [(0, true), (1, true), (2, true), (3, true), (5, false)] {
            let seat = registration(RegistrationStatus::Confirmed, None);
            let visitor = Visitor::Registered(OwnRegistration::from(&seat));
            let PanelAction::Registered(_, cancel) = state(visitor, true, 5, hour).content().action
            else {
                panic!("registered");
            };
            assert_eq!(cancel.is_some(), can, "hour {hour}");
        }
    }
}
