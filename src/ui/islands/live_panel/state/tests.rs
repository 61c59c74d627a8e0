use std::sync::LazyLock;

use chrono::TimeDelta;

use super::*;
use crate::{
    model::{CompetitionStatus, Language, SeatsView},
    text::catalogue,
};

static PANEL: LazyLock<PanelText> = LazyLock::new(|| catalogue(Language::English).panel);

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
}

/// A competition of 20 seats that opens at hour 1, closes at 2, starts at 3 and ends at 4.
fn rules(waitlist_enabled: bool) -> PhaseRules {
    PhaseRules {
        status: CompetitionStatus::Published,
        waitlist_enabled,
        opens_at: Some(at(1)),
        paused: false,
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
    rules.live(seats, 0, 0, at(hour))
}

fn state(visitor: Visitor, waitlist: bool, seats_left: u32, hour: i64) -> PanelState {
    let rules = rules(waitlist);
    PanelState {
        competition: CompetitionId(uuid::Uuid::from_u128(1)),
        live: live(&rules, seats_left, hour),
        revision: 0,
        results_revision: 0,
        rules,
        opening: "Sat 18:00 CET".to_owned(),
        visitor,
        takes_codes: false,
        freed: false,
        promoted: false,
    }
}

fn registration(status: RegistrationStatus, position: Option<u32>) -> OwnRegistration {
    OwnRegistration {
        registration_id: RegistrationId(uuid::Uuid::from_u128(2)),
        competition_id: CompetitionId(uuid::Uuid::from_u128(1)),
        status,
        waitlist_position: position,
    }
}

#[test]
fn the_button_says_what_a_press_does_in_every_phase() {
    for waitlist in [true, false] {
        for seats_left in [20, 2, 0] {
            for hour in 0..6 {
                let state = state(Visitor::Unregistered, waitlist, seats_left, hour);
                let action = state.content(&PANEL).action;
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
    assert_eq!(before.content(&PANEL).title, "Opens Sat 18:00 CET");
    let open = live(&before.rules, 20, 1);
    let after = before.with_live(open).content(&PANEL);
    assert_eq!(after.action, PanelAction::Register(PANEL.register));
}

#[test]
fn the_clock_begins_phases_unless_an_edit_is_not_read_yet_or_the_competition_is_cancelled() {
    let before = state(Visitor::Anonymous, true, 20, 0);
    assert_eq!(before.live_at(at(1)).phase, Phase::Open);
    assert_eq!(before.live_at(at(2)).phase, Phase::Closed);
    let edited = LiveView {
        revision: 1,
        ..before.live
    };
    let behind = before.clone().with_live(edited);
    assert_eq!(behind.live_at(at(1)), edited);
    let cancelled = LiveView {
        phase: Phase::Cancelled,
        ..before.live
    };
    assert_eq!(before.with_live(cancelled).live_at(at(2)), cancelled);
}

#[test]
fn a_pause_locks_the_button_and_its_end_unlocks_it_without_an_edit() {
    let open = state(Visitor::Anonymous, true, 20, 1);
    let paused = LiveView {
        phase: Phase::Paused,
        ..open.live
    };
    let during = open.clone().with_live(paused);
    let content = during.content(&PANEL);
    assert_eq!(
        (content.title.as_str(), content.action),
        (PANEL.paused_title, PanelAction::Wait)
    );
    // The clock does not end the pause, but the deadline does.
    assert_eq!(during.live_at(at(1)).phase, Phase::Paused);
    assert_eq!(during.live_at(at(2)).phase, Phase::Closed);
    let after = during.clone().with_live(open.live);
    assert_eq!(
        after.content(&PANEL).action,
        PanelAction::Register(PANEL.register)
    );
    assert_eq!(after.live_at(at(1)).phase, Phase::Open);
    assert!(during.outdates_flash(&after));
    // Before the opening nobody is promised a button at its second.
    let soon = state(Visitor::Anonymous, true, 20, 0).with_live(paused);
    assert_eq!(soon.live_at(at(1)).phase, Phase::Paused);
    let own = PanelState {
        visitor: Visitor::Organizer,
        ..during.clone()
    };
    assert_eq!(own.content(&PANEL).words, PANEL.paused_title);
    let seat = registration(RegistrationStatus::Confirmed, None);
    let seated = PanelState {
        visitor: Visitor::Registered(seat),
        ..during
    };
    assert_eq!(seated.content(&PANEL).title, PANEL.seat_title);
}

#[test]
fn an_edit_changes_what_the_page_says_and_not_who_looks_at_it() {
    let seat = registration(RegistrationStatus::Pending, None);
    let visitor = Visitor::Registered(seat);
    let before = state(visitor, true, 5, 1);
    let mut page = state(Visitor::Unregistered, true, 7, 0);
    page.opening = "Sun 9:00 CET".to_owned();
    page.revision = 1;
    let after = before.clone().with_page(page.clone());
    assert_eq!(after.visitor, before.visitor);
    assert_eq!((after.live, after.revision), (page.live, 1));
    assert_eq!(after.opening, page.opening);
}

#[test]
fn a_page_lacks_results_until_it_was_loaded_with_them() {
    let before = state(Visitor::Unregistered, true, 5, 1);
    let published = LiveView {
        results_revision: 2,
        ..before.live
    };
    assert!(!before.lacks_results_of(before.live));
    assert!(before.lacks_results_of(published));
    assert!(
        before
            .clone()
            .with_live(published)
            .lacks_results_of(published)
    );
    let page = PanelState {
        live: published,
        results_revision: 2,
        ..before.clone()
    };
    let after = before.clone().with_page(page);
    assert!(!after.lacks_results_of(published));
    // News of a process that has not heard of it yet.
    assert!(!after.lacks_results_of(before.live));
}

#[test]
fn a_freed_seat_is_announced_only_where_there_was_none() {
    let full = state(Visitor::Unregistered, false, 0, 1);
    assert_eq!(full.content(&PANEL).title, PANEL.full_title);
    let one = live(&full.rules, 1, 1);
    let freed = full.with_live(one);
    assert_eq!(freed.content(&PANEL).title, PANEL.freed_title);
    let none = live(&freed.rules, 0, 1);
    assert_eq!(
        freed.with_live(none).content(&PANEL).title,
        PANEL.full_title
    );
    let open = state(Visitor::Unregistered, false, 3, 1);
    let few = live(&open.rules, 2, 1);
    assert_ne!(open.with_live(few).content(&PANEL).title, PANEL.freed_title);
}

#[test]
fn whoever_would_wait_learns_that_a_code_may_have_a_seat() {
    let plain = state(Visitor::Unregistered, true, 0, 1);
    let takes_codes = PanelState {
        takes_codes: true,
        ..plain.clone()
    };
    assert!(!plain.content(&PANEL).words.contains(PANEL.full_code));
    let content = takes_codes.content(&PANEL);
    assert!(content.words.ends_with(PANEL.full_code));
    assert_eq!(content.action, PanelAction::Register(PANEL.join_waitlist));
}

#[test]
fn who_has_a_code_may_register_where_all_open_seats_are_taken() {
    let full = PanelState {
        takes_codes: true,
        ..state(Visitor::Unregistered, false, 0, 1)
    };
    let content = full.content(&PANEL);
    assert_eq!(content.title, PANEL.full_code_title);
    let with_code = PanelAction::Register(PANEL.register_with_code);
    assert_eq!(content.action, with_code);
    // The page has the same form when the phase changes.
    let one = live(&full.rules, 1, 1);
    let freed = full.clone().with_live(one).content(&PANEL);
    assert_eq!(freed.action, PanelAction::Register(PANEL.register));
    // With a newer page, the field for the code is gone from the page as well.
    let page = state(Visitor::Unregistered, false, 0, 1);
    assert_eq!(
        full.with_page(page.clone()).content(&PANEL),
        page.content(&PANEL)
    );
}

#[test]
fn a_promotion_reaches_the_one_who_waits() {
    let waiting = registration(RegistrationStatus::Waitlisted, Some(2));
    let visitor = Visitor::Registered(waiting);
    let before = state(visitor, true, 0, 1);
    assert_eq!(before.content(&PANEL).title, "Number 2 on the waitlist");
    let moved = registration(RegistrationStatus::Waitlisted, Some(1));
    assert!(!before.outdates_flash(&before.clone().with_registration(moved)));
    let seat = registration(RegistrationStatus::Pending, None);
    assert!(before.outdates_flash(&before.clone().with_registration(seat)));
    let next = before.with_registration(registration(RegistrationStatus::Waitlisted, Some(1)));
    assert_eq!(next.content(&PANEL).words, PANEL.waitlisted(0));
    let promoted = next.with_registration(registration(RegistrationStatus::Pending, None));
    assert_eq!(promoted.content(&PANEL).words, PANEL.promoted);
    let cancelled = promoted.with_registration(registration(RegistrationStatus::Cancelled, None));
    assert_eq!(cancelled.visitor, Visitor::Unregistered);
    let again = cancelled.with_registration(registration(RegistrationStatus::Cancelled, None));
    assert_eq!(again.visitor, Visitor::Unregistered);
}

/// The browser reads these names (`live_panel/decode.rs`), and takes no other.
#[test]
fn the_state_is_written_as_the_browser_reads_it() {
    let own = registration(RegistrationStatus::Waitlisted, Some(3));
    let state = PanelState {
        revision: 7,
        results_revision: 5,
        freed: true,
        ..state(Visitor::Registered(own), true, 0, 1)
    };
    let expected = serde_json::json!({
        "competition": "00000000-0000-0000-0000-000000000001",
        "live": {
            "seatsLeft": 0, "capacity": 20, "waitlisted": 3, "phase": "WAITLIST", "revision": 0,
            "resultsRevision": 0
        },
        "revision": 7,
        "results_revision": 5,
        "rules": {
            "status": "PUBLISHED", "waitlist_enabled": true, "opens_at": 3_600_000, "paused": false,
            "reg_deadline": 7_200_000, "starts_at": 10_800_000, "ends_at": 14_400_000
        },
        "opening": "Sat 18:00 CET",
        "takes_codes": false,
        "visitor": { "Registered": {
            "registrationId": "00000000-0000-0000-0000-000000000002",
            "competitionId": "00000000-0000-0000-0000-000000000001",
            "status": "WAITLISTED", "waitlistPosition": 3
        } },
        "freed": true,
        "promoted": false
    });
    assert_eq!(serde_json::to_value(&state).unwrap(), expected);
    for (visitor, name) in [
        (Visitor::Anonymous, "Anonymous"),
        (Visitor::Unregistered, "Unregistered"),
        (Visitor::Organizer, "Organizer"),
    ] {
        assert_eq!(serde_json::to_value(visitor).unwrap(), name);
    }
}

#[test]
fn a_registration_has_the_same_names_in_the_events_of_the_api() {
    let registration = RegistrationView {
        registration_id: RegistrationId(uuid::Uuid::from_u128(2)),
        user_id: crate::model::UserId(uuid::Uuid::from_u128(3)),
        competition_id: CompetitionId(uuid::Uuid::from_u128(1)),
        status: RegistrationStatus::Waitlisted,
        registered_at: at(1),
        division_id: None,
        division_name: None,
        waitlist_position: Some(3),
        start_number: None,
        checked_in_at: None,
        answers: None,
        ticket_code: None,
        competition_title: None,
        user_name: None,
        user_email: None,
    };
    let event = serde_json::to_value(&registration).unwrap();
    let own = serde_json::to_value(OwnRegistration::from(&registration)).unwrap();
    for (name, value) in own.as_object().unwrap() {
        assert_eq!(event.get(name), Some(value), "{name}");
    }
}

#[test]
fn news_of_another_competition_changes_nothing() {
    let before = state(Visitor::Unregistered, true, 0, 1);
    let other = OwnRegistration {
        competition_id: CompetitionId(uuid::Uuid::from_u128(9)),
        ..registration(RegistrationStatus::Pending, None)
    };
    assert_eq!(before.clone().with_registration(other), before);
}

#[test]
fn nobody_is_promised_a_seat_or_a_button_that_will_not_come() {
    let waiting = registration(RegistrationStatus::Waitlisted, Some(1));
    let visitor = Visitor::Registered(waiting);
    for (hour, waits) in [(1, true), (2, true), (3, false), (5, false)] {
        let words = state(visitor.clone(), true, 0, hour).content(&PANEL).words;
        assert_eq!(words == PANEL.waitlisted(0), waits, "hour {hour}");
    }
    for (hour, button) in [(0, false), (1, true), (2, false), (3, false), (5, false)] {
        let words = state(Visitor::Organizer, true, 5, hour)
            .content(&PANEL)
            .words;
        assert_eq!(words == PANEL.yours, button, "hour {hour}");
    }
}

#[test]
fn who_is_registered_can_cancel_until_the_end() {
    for (hour, can) in [(0, true), (1, true), (2, true), (3, true), (5, false)] {
        let seat = registration(RegistrationStatus::Confirmed, None);
        let visitor = Visitor::Registered(seat);
        let PanelAction::Registered(_, cancel) =
            state(visitor, true, 5, hour).content(&PANEL).action
        else {
            panic!("registered");
        };
        assert_eq!(cancel.is_some(), can, "hour {hour}");
    }
}
