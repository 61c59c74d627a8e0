//! What letters about registrations say: read for many at once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait};

use crate::{
    domain::mailbox::letters::About,
    model::{CompetitionId, CompetitionStatus, RegistrationId, RegistrationStatus, UserId},
    store::{
        Fault, bulk,
        entity::{competition, registration, user},
    },
};

/// A registration with what its letters say.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// Whose.
    pub user: UserId,
    /// Where.
    pub competition: CompetitionId,
    /// How it stands.
    pub status: RegistrationStatus,
    /// How the competition stands.
    pub competition_status: CompetitionStatus,
    /// The words.
    pub about: About,
}

impl Subject {
    /// Whether there is anything to be reminded of.
    pub(super) fn is_ahead(&self, now: DateTime<Utc>) -> bool {
        self.status.holds_seat()
            && self.competition_status == CompetitionStatus::Published
            && self.about.starts_at > now
    }
}

/// Those that exist; links begin with `public_url`.
pub(super) async fn subjects<C: ConnectionTrait>(
    transaction: &C,
    ids: &[RegistrationId],
    public_url: &str,
) -> Result<HashMap<RegistrationId, Subject>, Fault> {
    type Row = (
        RegistrationId,
        UserId,
        CompetitionId,
        RegistrationStatus,
        String,
        CompetitionStatus,
        String,
        String,
        DateTime<Utc>,
    );
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = registration::Entity::find()
        .select_only()
        .columns([
            registration::Column::Id,
            registration::Column::UserId,
            registration::Column::CompetitionId,
            registration::Column::Status,
        ])
        .column(user::Column::Name)
        .columns([
            competition::Column::Status,
            competition::Column::Title,
            competition::Column::Location,
            competition::Column::StartsAt,
        ])
        .join(JoinType::InnerJoin, registration::Relation::User.def())
        .join(
            JoinType::InnerJoin,
            registration::Relation::Competition.def(),
        )
        .filter(bulk::among(
            transaction.get_database_backend(),
            (registration::Entity, registration::Column::Id),
            ids,
        ))
        .into_tuple()
        .all(transaction)
        .await?;
    let subject = |row: Row| {
        let (id, user, competition, status, name, competition_status, title, location, starts_at) =
            row;
        let about = About {
            name,
            title,
            location,
            starts_at,
            link: format!("{public_url}/competitions/{competition}"),
        };
        let subject = Subject {
            user,
            competition,
            status,
            competition_status,
            about,
        };
        (id, subject)
    };
    Ok(rows.into_iter().map(subject).collect())
}
