//! What the server may do with islands whose client has left.

use chrono::{DateTime, TimeDelta};
use leptos::prelude::*;

use super::*;
use crate::{
    model::{CompetitionId, CompetitionStatus, LiveView, PhaseRules, SeatsView},
    ui::components::SeatBar,
};

const SEATS: SeatsView = SeatsView {
    seats_left: 3,
    capacity: 20,
    waitlisted: 2,
};

fn rules() -> PhaseRules {
    let start = DateTime::UNIX_EPOCH + TimeDelta::hours(2);
    PhaseRules {
        status: CompetitionStatus::Published,
        waitlist_enabled: true,
        opens_at: None,
        paused: false,
        reg_deadline: start,
        starts_at: start,
        ends_at: None,
    }
}

fn live() -> LiveView {
    rules().live(SEATS, 0, 0, DateTime::UNIX_EPOCH)
}

fn panel() -> LivePanelData {
    LivePanelData {
        panel: PanelState {
            competition: CompetitionId(uuid::Uuid::from_u128(1)),
            live: live(),
            revision: 0,
            results_revision: 0,
            rules: rules(),
            opening: String::new(),
            visitor: Visitor::Unregistered,
            takes_codes: false,
            freed: false,
            promoted: false,
        },
        key: "key".to_owned(),
    }
}

fn seats() -> LiveSeatsData {
    LiveSeatsData {
        competition: CompetitionId(uuid::Uuid::from_u128(1)),
        live: live(),
    }
}

/// Leptos looks at the views of a page once more after it has resolved them, in a task of its own. The page may have
/// been sent by then, or its client may have left: then all signals of the page are gone.
#[test]
fn a_view_may_be_looked_at_after_its_signals_are_gone() {
    let views: [fn() -> AnyView; 4] = [
        || PageEnhancements().into_any(),
        || panel().show(),
        || seats().show(),
        || view! { <SeatBar seats=SEATS/> }.into_any(),
    ];
    for view in views {
        let owner = Owner::new();
        let mut view = owner.with(view);
        owner.cleanup();
        drop(owner);
        view.dry_resolve();
    }
}
