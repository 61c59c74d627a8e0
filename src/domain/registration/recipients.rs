//! What letters about registrations say: read for many at once.

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

/// A registration with what its letters say.
#[derive(Debug, Clone)]
pub(super) struct Recipient {
    /// Whose.
    pub user: UserId,
    /// Where.
    pub competition: CompetitionId,
    /// How it stands.
    pub status: RegistrationStatus,
    /// How the competition stands.
    pub competition_status: CompetitionStatus,
    /// Whether the competition was deleted: its rows are about to go.
    pub deleted: bool,
    /// The words.
    pub about: CompetitionDetails,
}

impl Recipient {
    /// What has become of the registration.
    pub(super) fn since(&self) -> LaterChange {
        if !self.status.is_live() {
            LaterChange::RegistrationCancelled
        } else if self.competition_status == CompetitionStatus::Cancelled {
            LaterChange::CompetitionCancelled
        } else {
            LaterChange::None
        }
    }

    /// Whether there is anything to be reminded of.
    pub(super) fn is_ahead(&self, now: DateTime<Utc>) -> bool {
        self.status.holds_seat()
            && self.competition_status == CompetitionStatus::Published
            && self.about.starts_at > now
    }
}

/// Those that exist; links begin with `public_url`.
///
/// Three reads by key rather than a join, which PostgreSQL may begin at the one competition and go
/// through all that are registered there.
pub(super) async fn read_recipients<C: ConnectionTrait>(
    transaction: &C,
    ids: &[RegistrationId],
    public_url: &str,
) -> Result<HashMap<RegistrationId, Recipient>, InfrastructureError> {
    type Registered = (RegistrationId, UserId, CompetitionId, RegistrationStatus);
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = transaction.get_database_backend();
    let registered: Vec<Registered> = registration::Entity::find()
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
    let places = competition::Entity::find()
        .filter(bulk::among(
            backend,
            (competition::Entity, competition::Column::Id),
            &competitions,
        ))
        .all(transaction)
        .await?;
    let names: HashMap<_, _> = names.into_iter().collect();
    let places: HashMap<_, _> = places.into_iter().map(|row| (row.id, row)).collect();
    let recipient = |(id, user, competition, status): Registered| {
        let place = places.get(&competition)?;
        let about = CompetitionDetails {
            name: names.get(&user)?.clone(),
            title: place.title.clone(),
            location: place.location.clone(),
            starts_at: place.starts_at,
            link: place
                .deleted_at
                .is_none()
                .then(|| format!("{public_url}/competitions/{competition}")),
        };
        let recipient = Recipient {
            user,
            competition,
            status,
            competition_status: place.status,
            deleted: place.deleted_at.is_some(),
            about,
        };
        Some((id, recipient))
    };
    Ok(registered.into_iter().filter_map(recipient).collect())
}
