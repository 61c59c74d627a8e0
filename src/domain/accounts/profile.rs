//! How the owner of an account changes its name and how participants reach it, and chooses which messages are sent by
//! mail and to devices, and in which time zone times are shown.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::json;

use super::{Accounts, view};
use crate::{
    domain::{Actor, Result, audit::AuditEvent, rate_limits::RateLimit},
    model::{AuditAction, AuditOutcome, Contact, DomainError, Role, UserView, forms::ProfileForm},
};

impl Accounts {
    /// Changes the actor's name, contact, choices or e-mail address. With an SMTP server a new address has to be confirmed
    /// before the account has it. What is changed is recorded, and its values are not.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::EmailTaken`], [`DomainError::Forbidden`] if somebody other than
    /// an organizer sets a contact, or [`DomainError::TooManyRequests`] if the address, or name and contact, were changed too
    /// often within an hour.
    pub async fn change_profile(&self, actor: Actor, form: &ProfileForm) -> Result<UserView> {
        let change = form.parse()?;
        let row = self.row(actor.id).await?;
        let mut row = row.ok_or(DomainError::Unauthenticated)?;
        if let Some(Some(_)) = &change.contact {
            let allowed = Actor::new(row.id, row.role).must_be(Role::Organizer);
            self.guard.audit.access(actor, None, allowed).await?;
        }
        let name = change.name.as_ref();
        let contact = change.contact.as_ref();
        let contact = contact.map(|contact| contact.as_ref().map(Contact::as_str));
        if name.is_some_and(|name| *name != row.name)
            || contact.is_some_and(|contact| contact != row.contact.as_deref())
        {
            let account = actor.id.to_string();
            let counted = self.guard.limits.count(RateLimit::NAME_CHANGES, &account);
            counted.await.map_err(DomainError::from)?;
        }
        if let Some(email) = change.email.filter(|email| *email != row.email) {
            row = self.replace_email(actor, row, email).await?;
        }
        let before = row.clone();
        let mut row = row.into_active_model();
        let mut changed = Vec::new();
        if let Some(name) = change.name.filter(|name| *name != before.name) {
            changed.push("name");
            row.name = Set(name);
        }
        if let Some(zone) = change.time_zone.filter(|zone| *zone != before.time_zone) {
            changed.push("timeZone");
            row.time_zone = Set(zone);
        }
        let contact = change
            .contact
            .map(|contact| contact.map(|contact| contact.as_str().to_owned()));
        if let Some(contact) = contact.filter(|contact| *contact != before.contact) {
            changed.push("contact");
            row.contact = Set(contact);
        }
        for (wanted, was, field, value) in [
            (
                change.reminders,
                before.reminders,
                "reminders",
                &mut row.reminders,
            ),
            (
                change.opening_reminders,
                before.opening_reminders,
                "openingReminders",
                &mut row.opening_reminders,
            ),
            (
                change.announcements,
                before.announcements,
                "announcements",
                &mut row.announcements,
            ),
            (
                change.push_promotions,
                before.push_promotions,
                "pushPromotions",
                &mut row.push_promotions,
            ),
            (
                change.push_reminders,
                before.push_reminders,
                "pushReminders",
                &mut row.push_reminders,
            ),
            (
                change.push_opening_reminders,
                before.push_opening_reminders,
                "pushOpeningReminders",
                &mut row.push_opening_reminders,
            ),
        ] {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != was) {
                changed.push(field);
                *value = Set(wanted);
            }
        }
        if changed.is_empty() || !row.is_changed() {
            return Ok(view(before));
        }
        row.updated_at = Set(self.clock.now());
        let event = AuditEvent::by(actor, AuditAction::ProfileChange, AuditOutcome::Done);
        let event = event.on(Some(actor.id)).with(json!({ "changed": changed }));
        let record = self.guard.audit.record_bounded(event).await;
        self.update(row, record).await
    }
}
