//! The timeline of a registration: what happened to it, read from the rows of the registration, its
//! messages and its jobs.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::service::Registrations;
use crate::{
    domain::{Actor, Result},
    model::{DomainError, RegistrationId, Role, TimelineEntry, TimelineEvent},
    store::{
        bulk,
        entity::{competition, failed_job, message, outbox_job, registration},
    },
};

impl Registrations {
    /// Returns the timeline of a registration, for its participant or the organizer of its competition.
    ///
    /// A finished job shows as the message it wrote, an unfinished one as queued, with the error of its last
    /// attempt for administrators.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such registration or `actor` is neither.
    pub async fn timeline(&self, actor: Actor, id: RegistrationId) -> Result<Vec<TimelineEntry>> {
        let database = self.database.read();
        let (row, competition) = registration::Entity::find_by_id(id)
            .find_also_related(competition::Entity)
            .filter(competition::Column::DeletedAt.is_null())
            .one(database)
            .await?
            .ok_or(DomainError::NotFound)?;
        self.must_see(actor, row.user_id, competition.as_ref())
            .await?;
        let messages = message::Entity::find()
            .filter(message::Column::RegistrationId.eq(id))
            .order_by_asc(message::Column::CreatedAt)
            .order_by_asc(message::Column::Id)
            .all(database)
            .await?;
        let subject_ids: Vec<Uuid> = messages
            .iter()
            .map(|message| message.id.0)
            .chain([id.0])
            .collect();
        let backend = self.database.backend();
        let open = outbox_job::Entity::find()
            .filter(bulk::among(
                backend,
                (outbox_job::Entity, outbox_job::Column::SubjectId),
                &subject_ids,
            ))
            .all(database)
            .await?;
        let dead = failed_job::Entity::find()
            .filter(bulk::among(
                backend,
                (failed_job::Entity, failed_job::Column::SubjectId),
                &subject_ids,
            ))
            .all(database)
            .await?;

        let mut entries = seat_entries(&row);
        entries.extend(messages.into_iter().flat_map(message_entries));
        // Only administrators can act on errors of jobs.
        let for_admin = |error: Option<String>| error.filter(|_| actor.role == Role::Admin);
        for job in open {
            entries.push(TimelineEntry {
                at: job.created_at,
                event: TimelineEvent::Queued {
                    job: job.kind.clone(),
                },
            });
            if job.attempts > 0 {
                entries.push(TimelineEntry {
                    at: job.created_at,
                    event: TimelineEvent::AttemptFailed {
                        job: job.kind,
                        attempts: u32::try_from(job.attempts).unwrap_or(0),
                        error: for_admin(job.last_error),
                    },
                });
            }
        }
        entries.extend(dead.into_iter().map(|job| TimelineEntry {
            at: job.failed_at,
            event: TimelineEvent::GivenUp {
                job: job.kind,
                error: for_admin(Some(job.error)),
            },
        }));
        // A stable sort: entries of one moment stay in the order of cause and effect.
        entries.sort_by_key(|entry| entry.at);
        Ok(entries)
    }
}

fn seat_entries(row: &registration::Model) -> Vec<TimelineEntry> {
    let registered = match row.waitlist_seq {
        Some(_) => TimelineEvent::Waitlisted,
        None => TimelineEvent::SeatTaken,
    };
    [
        (Some(row.registered_at), registered),
        (row.promoted_at, TimelineEvent::Promoted),
        (row.cancelled_at, TimelineEvent::GivenBack),
    ]
    .into_iter()
    .filter_map(|(at, event)| at.map(|at| TimelineEntry { at, event }))
    .collect()
}

fn message_entries(row: message::Model) -> Vec<TimelineEntry> {
    let kind = row.kind;
    let mut entries = vec![TimelineEntry {
        at: row.created_at,
        event: TimelineEvent::Written { kind },
    }];
    entries.extend(row.sent_at.map(|at| TimelineEntry {
        at,
        event: TimelineEvent::Sent { kind },
    }));
    entries
}
