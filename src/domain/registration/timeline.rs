//! What became of a registration: read from the rows themselves, so that it can't say anything
//! else than they do.

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
    /// The entries of a registration, in order: for its holder, and for who runs the competition.
    ///
    /// A job that is done has left its letter; one that is not done shows as queued, with what its
    /// last attempt ran into.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if there is none, or it is not theirs to see.
    pub async fn timeline(&self, actor: Actor, id: RegistrationId) -> Result<Vec<TimelineEntry>> {
        let database = self.database.read();
        let (row, competition) = registration::Entity::find_by_id(id)
            .find_also_related(competition::Entity)
            .filter(competition::Column::DeletedAt.is_null())
            .one(database)
            .await?
            .ok_or(DomainError::NotFound)?;
        let runs_it = competition.is_some_and(|c| actor.runs(c.organizer_id));
        if !actor.owns(row.user_id) && !runs_it {
            return Err(DomainError::NotFound.into());
        }
        let letters = message::Entity::find()
            .filter(message::Column::RegistrationId.eq(id))
            .order_by_asc(message::Column::CreatedAt)
            .order_by_asc(message::Column::Id)
            .all(database)
            .await?;
        let about: Vec<Uuid> = letters
            .iter()
            .map(|letter| letter.id.0)
            .chain([id.0])
            .collect();
        let backend = self.database.backend();
        let open = outbox_job::Entity::find()
            .filter(bulk::among(
                backend,
                (outbox_job::Entity, outbox_job::Column::SubjectId),
                &about,
            ))
            .all(database)
            .await?;
        let dead = failed_job::Entity::find()
            .filter(bulk::among(
                backend,
                (failed_job::Entity, failed_job::Column::SubjectId),
                &about,
            ))
            .all(database)
            .await?;

        let mut entries = seat(&row);
        entries.extend(letters.into_iter().flat_map(letter));
        // What a job ran into is nobody's business but theirs who can do something about it.
        let tell = |error: Option<String>| error.filter(|_| actor.role == Role::Admin);
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
                        error: tell(job.last_error),
                    },
                });
            }
        }
        entries.extend(dead.into_iter().map(|job| TimelineEntry {
            at: job.failed_at,
            event: TimelineEvent::GivenUp {
                job: job.kind,
                error: tell(Some(job.error)),
            },
        }));
        // Stable: what is of one moment stays in the order of cause and effect.
        entries.sort_by_key(|step| step.at);
        Ok(entries)
    }
}

fn seat(row: &registration::Model) -> Vec<TimelineEntry> {
    let begun = match row.waitlist_seq {
        Some(_) => TimelineEvent::Waitlisted,
        None => TimelineEvent::SeatTaken,
    };
    [
        (Some(row.registered_at), begun),
        (row.promoted_at, TimelineEvent::Promoted),
        (row.cancelled_at, TimelineEvent::GivenBack),
    ]
    .into_iter()
    .filter_map(|(at, event)| at.map(|at| TimelineEntry { at, event }))
    .collect()
}

fn letter(row: message::Model) -> Vec<TimelineEntry> {
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
