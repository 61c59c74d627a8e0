//! Reads what the panel depends on from the JSON of the page and of the event streams.

use super::{LivePanelData, OwnRegistration, PanelState, Visitor};
use crate::{
    model::{LiveView, PhaseRules},
    ui::islands::browser::json::{FromJson, Json},
};

impl FromJson for OwnRegistration {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            registration_id: json.parsed("registrationId")?,
            competition_id: json.parsed("competitionId")?,
            status: json.parsed("status")?,
            waitlist_position: json.count("waitlistPosition"),
        })
    }
}

impl FromJson for Visitor {
    fn from_json(json: &Json) -> Option<Self> {
        if let Some(own) = json.field("Registered") {
            return OwnRegistration::from_json(&own).map(Self::Registered);
        }
        match json.as_text()?.as_str() {
            "Unregistered" => Some(Self::Unregistered),
            "Organizer" => Some(Self::Organizer),
            _ => Some(Self::Anonymous),
        }
    }
}

impl FromJson for PanelState {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            competition: json.parsed("competition")?,
            live: LiveView::from_json(&json.field("live")?)?,
            revision: json.integer("revision")?,
            results_revision: json.count("results_revision")?.try_into().ok()?,
            rules: PhaseRules::from_json(&json.field("rules")?)?,
            opening: json.text("opening")?,
            takes_codes: json.is_true("takes_codes"),
            visitor: Visitor::from_json(&json.field("visitor")?)?,
            freed: json.is_true("freed"),
            promoted: json.is_true("promoted"),
        })
    }
}

impl FromJson for LivePanelData {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            panel: PanelState::from_json(&json.field("panel")?)?,
            key: json.text("key")?,
        })
    }
}
