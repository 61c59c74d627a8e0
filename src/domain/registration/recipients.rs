//! Recipients: the registrations that messages are about, read for many at once.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    domain::mailbox::message_texts::{CompetitionDetails, LaterChange},
    model::{CompetitionId, CompetitionStatus, RegistrationId, RegistrationStatus, UserId},
    store::{
        InfrastructureError, bulk,
        entity::{competition, registration, user},
    },
};

/// A registration with everything that messages about it say.
#[derive(Debug, Clone)]
pub(super) struct Recipient {
    /// The participant who gets the message.
    pub user: UserId,
    pub competition: CompetitionId,
    /// The status of the registration.
    pub status: RegistrationStatus,
    /// The status of the competition.
    pub competition_status: CompetitionStatus,
    /// Whether the competition was deleted, so that its rows are about to be removed.
    pub deleted: bool,
    /// What the message says about the competition.
    pub about: CompetitionDetails,
}

impl Recipient {
    /// Returns what has happened to the registration since its message was due.
    pub(super) fn later_change(&self) -> LaterChange {
        if !self.status.is_live() {
            LaterChange::RegistrationCancelled
        } else if self.competition_status == CompetitionStatus::Cancelled {
            LaterChange::CompetitionCancelled
        } else {
            LaterChange::None
        }
    }

    /// Returns whether the participant is to be reminded of the competition.
    pub(super) fn needs_reminder(&self, now: DateTime<Utc>) -> bool {
        self.status.holds_seat()
            && self.competition_status == CompetitionStatus::Published
            && self.about.starts_at > now
    }
}

/// Reads the recipients of messages about `ids`, as far as they exist. Links begin with `public_url`.
///
/// Three queries by key rather than a join: PostgreSQL might start a join at the competition and read all of
/// its registrations.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn read_recipients<C: ConnectionTrait>(
    transaction: &C,
    ids: &[RegistrationId],
    public_url: &str,
) -> Result<HashMap<RegistrationId, Recipient>, InfrastructureError> {
    type RegistrationRow = (RegistrationId, UserId, CompetitionId, RegistrationStatus);
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = transaction.get_database_backend();
    let registered: Vec<RegistrationRow> = registration::Entity::find()
        .select_only()
        .columns([
            registration::Column::Id,
            registration::Column::UserId,
            registration::Column::CompetitionId,
            registration::Column::Status,
        ])
        .filter(bulk::among(
            backend,
            (registration::Entity, registration::Column::Id),
            ids,
        ))
        .into_tuple()
        .all(transaction)
        .await?;
    let users: Vec<_> = registered.iter().map(|(_, user, ..)| *user).collect();
    let names: Vec<(UserId, String)> = user::Entity::find()
        .select_only()
        .columns([user::Column::Id, user::Column::Name])
        .filter(bulk::among(
            backend,
            (user::Entity, user::Column::Id),
            &users,
        ))
        .into_tuple()
        .all(transaction)
        .await?;
    let competitions: HashSet<_> = registered.iter().map(|(_, _, at, _)| *at).collect();
    let competitions: Vec<_> = competitions.into_iter().collect();
    let competitions_by_id = competition::Entity::find()
        .filter(bulk::among(
            backend,
            (competition::Entity, competition::Column::Id),
            &competitions,
        ))
        .all(transaction)
        .await?;
    let names: HashMap<_, _> = names.into_iter().collect();
    let competitions_by_id: HashMap<_, _> = competitions_by_id
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let recipient = |(id, user, competition, status): RegistrationRow| {
        let row = competitions_by_id.get(&competition)?;
        let about = CompetitionDetails {
            name: names.get(&user)?.clone(),
            title: row.title.clone(),
            location: row.location.clone(),
            starts_at: row.starts_at,
            link: row
                .deleted_at
                .is_none()
                .then(|| format!("{public_url}/competitions/{competition}")),
        };
        let recipient = Recipient {
            user,
            competition,
            status,
            competition_status: row.status,
            deleted: row.deleted_at.is_some(),
            about,
        };
        Some((id, recipient))
    };
    Ok(registered.into_iter().filter_map(recipient).collect())
}
