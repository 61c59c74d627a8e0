//! Recipients: the registrations that messages are about, read for many at once.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait, RelationTrait,
    sea_query::Expr,
};

use crate::{
    domain::{
        mailbox::message_texts::{CompetitionDetails, LaterChange},
        webhooks::fan_out::webhooks_of_competition,
    },
    model::{
        CompetitionId, CompetitionStatus, Language, RegistrationId, RegistrationStatus, UserId,
    },
    store::{
        InfrastructureError, bulk,
        entity::{competition, registration, user},
    },
};

/// A registration with everything that messages about it say.
#[derive(Debug, Clone)]
pub(in crate::domain) struct Recipient {
    /// The participant who gets the message.
    pub user: UserId,
    pub competition: CompetitionId,
    /// The status of the registration.
    pub status: RegistrationStatus,
    /// The status of the competition.
    pub competition_status: CompetitionStatus,
    /// Whether the competition was deleted, so that its rows are about to be removed.
    pub deleted: bool,
    /// Whether the organizer may have webhooks that want to know of it. It is looked up for a single recipient only.
    pub may_have_webhooks: bool,
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

    /// Returns whether a confirmation of the seat is true.
    pub(super) fn confirms_seat(&self) -> bool {
        self.status.holds_seat() && self.competition_status == CompetitionStatus::Published
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
/// Three queries by key rather than a join, unless there is only one registration: PostgreSQL might start a
/// join at the competition and read all of its registrations.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(in crate::domain) async fn read_recipients<C: ConnectionTrait>(
    transaction: &C,
    ids: &[RegistrationId],
    public_url: &str,
) -> Result<HashMap<RegistrationId, Recipient>, InfrastructureError> {
    type RegistrationRow = (RegistrationId, UserId, CompetitionId, RegistrationStatus);
    match ids {
        [] => return Ok(HashMap::new()),
        [id] => {
            let recipient = read_recipient(transaction, *id, public_url).await?;
            return Ok(recipient.map(|it| (*id, it)).into_iter().collect());
        }
        _ => {}
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
    let readers: Vec<(UserId, String, Option<Language>, Option<String>)> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .columns(READER_COLUMNS)
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
    let competitions_by_id: Vec<(CompetitionId, CompetitionRow)> = competition::Entity::find()
        .select_only()
        .column(competition::Column::Id)
        .columns(COMPETITION_COLUMNS)
        .filter(bulk::among(
            backend,
            (competition::Entity, competition::Column::Id),
            &competitions,
        ))
        .into_tuple::<(CompetitionId, _, _, _, _, _, _)>()
        .all(transaction)
        .await?
        .into_iter()
        .map(|(id, a, b, c, d, e, f)| (id, (a, b, c, d, e, f)))
        .collect();
    let readers: HashMap<_, _> = readers
        .into_iter()
        .map(|(id, name, language, zone)| (id, (name, language, zone)))
        .collect();
    let competitions_by_id: HashMap<_, _> = competitions_by_id.into_iter().collect();
    let recipient = |(id, user, competition, status): RegistrationRow| {
        let (reader, row) = (readers.get(&user)?, competitions_by_id.get(&competition)?);
        let owner = (user, competition, status);
        Some((
            id,
            recipient(owner, reader.clone(), row.clone(), public_url),
        ))
    };
    Ok(registered.into_iter().filter_map(recipient).collect())
}

/// The columns of an account on which its messages depend, in the order of [`ReaderRow`].
const READER_COLUMNS: [user::Column; 3] = [
    user::Column::Name,
    user::Column::Language,
    user::Column::TimeZone,
];

/// The name, the language and the time zone of an account.
type ReaderRow = (String, Option<Language>, Option<String>);

/// The columns of a competition that messages are about, in the order of [`CompetitionRow`].
const COMPETITION_COLUMNS: [competition::Column; 6] = [
    competition::Column::Status,
    competition::Column::Title,
    competition::Column::Location,
    competition::Column::StartsAt,
    competition::Column::TimeZone,
    competition::Column::DeletedAt,
];

/// The status, title, location, start, time zone and time of deletion of a competition.
type CompetitionRow = (
    CompetitionStatus,
    String,
    String,
    DateTime<Utc>,
    String,
    Option<DateTime<Utc>>,
);

/// Reads one recipient, and whether there may be webhooks, in one statement.
async fn read_recipient<C: ConnectionTrait>(
    transaction: &C,
    id: RegistrationId,
    public_url: &str,
) -> Result<Option<Recipient>, InfrastructureError> {
    let statement = registration::Entity::find_by_id(id)
        .select_only()
        .columns([
            registration::Column::UserId,
            registration::Column::CompetitionId,
            registration::Column::Status,
        ])
        .columns(READER_COLUMNS)
        .columns(COMPETITION_COLUMNS)
        .column_as(Expr::exists(webhooks_of_competition()), "may_have_webhooks")
        .join(JoinType::InnerJoin, registration::Relation::User.def())
        .join(
            JoinType::InnerJoin,
            registration::Relation::Competition.def(),
        )
        .build(transaction.get_database_backend());
    let Some(row) = transaction.query_one_raw(statement).await? else {
        return Ok(None);
    };
    // By position, since two of the columns have one name.
    let owner = (
        row.try_get_by_index(0)?,
        row.try_get_by_index(1)?,
        row.try_get_by_index(2)?,
    );
    let reader = (
        row.try_get_by_index(3)?,
        row.try_get_by_index(4)?,
        row.try_get_by_index(5)?,
    );
    let about = (
        row.try_get_by_index(6)?,
        row.try_get_by_index(7)?,
        row.try_get_by_index(8)?,
        row.try_get_by_index(9)?,
        row.try_get_by_index(10)?,
        row.try_get_by_index(11)?,
    );
    Ok(Some(Recipient {
        may_have_webhooks: row.try_get_by_index(12)?,
        ..recipient(owner, reader, about, public_url)
    }))
}

fn recipient(
    (user, competition, status): (UserId, CompetitionId, RegistrationStatus),
    (name, language, own_zone): ReaderRow,
    (competition_status, title, location, starts_at, venue_zone, deleted_at): CompetitionRow,
    public_url: &str,
) -> Recipient {
    let link = || format!("{public_url}/competitions/{competition}");
    Recipient {
        user,
        competition,
        status,
        competition_status,
        deleted: deleted_at.is_some(),
        may_have_webhooks: true,
        about: CompetitionDetails {
            language: language.unwrap_or_default(),
            name,
            title,
            location,
            starts_at,
            venue_zone,
            own_zone,
            link: deleted_at.is_none().then(link),
        },
    }
}
