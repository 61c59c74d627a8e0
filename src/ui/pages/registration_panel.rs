//! The panel of a competition's page: the registration of the visitor, or what the visitor can do. What it
//! shows is decided in [`islands::LivePanel`](crate::ui::islands::LivePanel), here and in the browser.

use leptos::prelude::*;

use crate::{
    model::{CompetitionView, IdempotencyKey, RegistrationView, time_zone},
    ui::{
        islands::{LivePanel, OwnRegistration, PanelState, Visitor},
        page_request::PageRequest,
    },
};

/// How a panel names the opening.
const OPENING: &str = "%a %-d %b, %H:%M %Z";

/// Returns the panel for the viewer of `request`, with the viewer's live registration if there is one.
/// `reminded` says whether the viewer wants to be reminded of the opening.
pub(super) fn registration_panel(
    request: &PageRequest,
    competition: &CompetitionView,
    registration: Option<&RegistrationView>,
    reminded: bool,
) -> AnyView {
    let now = request.now;
    let opens_at = competition.opens_at.unwrap_or(now);
    let visitor = match (registration, &request.viewer) {
        (Some(registration), _) => Visitor::Registered(OwnRegistration::from(registration)),
        (None, None) => Visitor::Anonymous,
        (None, Some(viewer)) if viewer.id == competition.organizer_id => Visitor::Organizer,
        (None, Some(_)) => Visitor::Unregistered,
    };
    let panel = PanelState {
        competition: competition.id,
        live: competition.live(now),
        rules: competition.rules(),
        opening: time_zone::format(&competition.time_zone, opens_at, OPENING),
        visitor,
        reminded,
        freed: false,
        promoted: false,
    };
    // A key in the flash data belongs to a request whose outcome is unknown, which is repeated with it.
    let previous_key = request
        .form_input(&format!("register-{}", competition.id))
        .value("idempotencyKey");
    let key = IdempotencyKey::parse(&previous_key).unwrap_or_else(|_| IdempotencyKey::mint());
    let opens_in = (opens_at - now).num_seconds().max(0);
    view! { <LivePanel panel=panel key=key.to_string() opens_in=opens_in/> }.into_any()
}
