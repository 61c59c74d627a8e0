//! What the audit log says about an edit of a competition.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    domain::{Actor, audit::AuditEvent},
    model::{AuditAction, AuditOutcome, CompetitionStatus, forms::CompetitionPatch},
    store::entity::competition,
};

/// The fields that change, with their values. The patch is compared with the row as it was read; a concurrent edit
/// has an event of its own.
#[derive(Debug, Default)]
struct FieldChanges {
    changed: Vec<&'static str>,
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl FieldChanges {
    /// Adds a field if its value changes.
    fn add<T: PartialEq + Serialize>(&mut self, field: &'static str, old: &T, new: Option<&T>) {
        let Some(new) = new.filter(|new| *new != old) else {
            return;
        };
        self.changed.push(field);
        // Descriptions are long, and the log is kept for years.
        if field != "description" {
            self.before.insert(field.to_owned(), json!(old));
            self.after.insert(field.to_owned(), json!(new));
        }
    }
}

/// Returns the audit event of an edit, with the names of the fields that change and their values before and after.
pub(super) fn of(actor: Actor, row: &competition::Model, patch: &CompetitionPatch) -> AuditEvent {
    let action = match patch.status.filter(|status| *status != row.status) {
        Some(CompetitionStatus::Published) => AuditAction::CompetitionPublish,
        Some(CompetitionStatus::Cancelled) => AuditAction::CompetitionCancel,
        Some(CompetitionStatus::Draft) | None => AuditAction::CompetitionEdit,
    };
    let tags = patch.tags.as_ref().map(|tags| json!(tags));
    let capacity = i64::from(row.capacity);
    let mut changes = FieldChanges::default();
    changes.add("title", &row.title, patch.title.as_ref());
    changes.add("description", &row.description, patch.description.as_ref());
    changes.add("location", &row.location, patch.location.as_ref());
    changes.add("tags", &row.tags, tags.as_ref());
    changes.add("capacity", &capacity, patch.capacity.as_ref());
    let waitlist = patch.waitlist_enabled.as_ref();
    changes.add("waitlistEnabled", &row.waitlist_enabled, waitlist);
    let required = patch.code_required.as_ref();
    changes.add("codeRequired", &row.code_required, required);
    let domains = patch.email_domains.as_ref();
    changes.add("emailDomains", &row.email_domains(), domains);
    let ages = [
        ("ageMin", row.age_min, patch.age_min),
        ("ageMax", row.age_max, patch.age_max),
    ];
    for (field, before, after) in ages {
        changes.add(field, &before.map(i64::from), after.as_ref());
    }
    let unchecked = patch.ages_unchecked.as_ref();
    changes.add("agesUnchecked", &row.ages_unchecked, unchecked);
    changes.add("publishAt", &row.publish_at, patch.publish_at.as_ref());
    changes.add("opensAt", &row.opens_at, patch.opens_at.as_ref());
    changes.add("timeZone", &row.time_zone, patch.time_zone.as_ref());
    changes.add(
        "regDeadline",
        &row.reg_deadline,
        patch.reg_deadline.as_ref(),
    );
    changes.add("startsAt", &row.starts_at, patch.starts_at.as_ref());
    changes.add("endsAt", &row.ends_at, patch.ends_at.as_ref());
    let FieldChanges {
        changed,
        before,
        after,
    } = changes;
    let detail = match before.is_empty() {
        true => json!({ "changed": changed }),
        false => json!({ "changed": changed, "before": before, "after": after }),
    };
    AuditEvent::by(actor, action, AuditOutcome::Done)
        .on(Some(row.id))
        .with(detail)
}
