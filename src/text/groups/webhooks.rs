//! Sentences of the page about webhooks.

use crate::model::{WebhookDeliveryStatus, WebhookDeliveryView, WebhookEvent, WebhookProblem};

sentences! {
    /// Sentences of the page about webhooks.
    WebhooksText {
        title;
        lead;
        docs;
        none_title;
        none;
        new_title;
        url;
        url_hint;
        url_form;
        not_public_address;
        what;
        no_event;
        registration_created;
        registration_confirmed;
        registration_promoted;
        registration_cancelled;
        competition_changed;
        create;
        too_many(n: u64);
        secret_title;
        secret_lead;
        saved;
        yours;
        works;
        failing;
        off;
        both_secrets;
        deliveries;
        deliveries_lead;
        deliveries_none;
        col_event;
        col_time;
        col_state;
        col_attempts;
        pending;
        delivered;
        failed;
        answered(status: &str);
        redirected;
        timed_out;
        unreachable;
        not_public;
        no_secret;
        replay;
        replayed;
        older;
        new_secret;
        new_secret_words;
        new_secret_yes;
        delete;
        delete_words;
        delete_yes;
        deleted;
    }
}

impl WebhooksText {
    /// Says what an event is about.
    #[must_use]
    pub const fn event(&self, event: WebhookEvent) -> &'static str {
        match event {
            WebhookEvent::RegistrationCreated => self.registration_created,
            WebhookEvent::RegistrationConfirmed => self.registration_confirmed,
            WebhookEvent::RegistrationPromoted => self.registration_promoted,
            WebhookEvent::RegistrationCancelled => self.registration_cancelled,
            WebhookEvent::CompetitionChanged => self.competition_changed,
        }
    }

    /// Says how far a delivery is.
    #[must_use]
    pub const fn status(&self, status: WebhookDeliveryStatus) -> &'static str {
        match status {
            WebhookDeliveryStatus::Pending => self.pending,
            WebhookDeliveryStatus::Delivered => self.delivered,
            WebhookDeliveryStatus::Failed => self.failed,
        }
    }

    /// Says why the last attempt at a delivery failed, if it did.
    #[must_use]
    pub fn problem(&self, delivery: &WebhookDeliveryView) -> Option<String> {
        Some(match delivery.problem? {
            WebhookProblem::Refused => {
                // A status is a name, so its digits are not grouped.
                let status = delivery.response_status.unwrap_or_default().to_string();
                self.answered(&status)
            }
            WebhookProblem::Redirect => self.redirected.to_owned(),
            WebhookProblem::Timeout => self.timed_out.to_owned(),
            WebhookProblem::Unreachable => self.unreachable.to_owned(),
            WebhookProblem::NotPublic => self.not_public.to_owned(),
            WebhookProblem::NoSecret => self.no_secret.to_owned(),
        })
    }
}
