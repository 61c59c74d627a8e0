//! Competitions with their seat counter and rules.

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, QueryFilter, QuerySelect, Select, entity::prelude::*, sea_query::LockType,
};

use crate::model::{CompetitionId, CompetitionStatus, UserId, picture::Picture};

/// A row of `competitions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "competitions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CompetitionId,
    pub organizer_id: UserId,
    pub title: String,
    /// The description in Markdown.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    pub location: String,
    /// The tags, as a JSON array of texts.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    /// The number of seats, at least 1.
    pub capacity: i32,
    /// The seat counter, 0 to `capacity`: `capacity` minus the registrations that are PENDING or
    /// CONFIRMED.
    pub seats_left: i32,
    /// The number of WAITLISTED registrations.
    pub waitlisted: i32,
    /// The highest `waitlist_seq` that was assigned to a registration.
    pub waitlist_seq: i64,
    /// Raised by every change of this row, registrations included (optimistic concurrency control).
    pub version: i64,
    /// The revision: the `version` that the latest edit by an organizer produced. A client that knows
    /// this version or a later one has seen every edit.
    pub edited_at_version: i64,
    /// Whether participants may join the waitlist when all seats are taken.
    pub waitlist_enabled: bool,
    pub status: CompetitionStatus,
    /// The moment at which a draft is published by itself; none for every other competition.
    pub publish_at: Option<DateTime<Utc>>,
    /// The moment at which registration opens; if there is none, it is open once it is published.
    pub opens_at: Option<DateTime<Utc>>,
    /// Whether the organizer has paused registration.
    pub paused: bool,
    /// Whether the competition has divisions, so that each live registration is in exactly one.
    pub has_divisions: bool,
    /// The number of changes of the questions; 0 if there never were any.
    pub questions_revision: i32,
    /// The number of changes of its stages and standings; 0 if it never had any.
    pub results_revision: i32,
    /// The number of codes; those that were deleted do not count.
    pub code_count: i32,
    /// The number of free seats that are set aside for holders of a code.
    pub seats_reserved: i32,
    /// The moment at which a code expires whose seats come back, if there is one.
    pub codes_due_at: Option<DateTime<Utc>>,
    /// Whether nobody registers without a code.
    pub code_required: bool,
    /// The domains of e-mail addresses with which one can register, as a JSON array of texts; any if there is none.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub email_domains: Option<Json>,
    /// The lowest age of participants on the day of the start, in years.
    pub age_min: Option<i32>,
    /// The highest age of participants on the day of the start, in years.
    pub age_max: Option<i32>,
    /// Whether limits of age, those of divisions included, are only shown: nobody is asked for the date of birth.
    pub ages_unchecked: bool,
    /// The moment at which registration closes.
    pub reg_deadline: DateTime<Utc>,
    /// The deadline that was in force before an organizer closed registration early.
    pub deadline_before_closing: Option<DateTime<Utc>>,
    pub starts_at: DateTime<Utc>,
    /// The end, if it is known.
    pub ends_at: Option<DateTime<Utc>>,
    /// The time zone of the venue, by its IANA name.
    pub time_zone: String,
    /// The uploaded picture, as JSON (`model/picture.rs`).
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub picture: Option<Json>,
    /// The number of the current schedule: start, end and location. Each change raises it.
    pub schedule_revision: i32,
    pub created_at: DateTime<Utc>,
    /// The time of the organizer's latest edit.
    pub updated_at: DateTime<Utc>,
    /// The time of deletion. A deleted competition is visible to no one while its rows are removed in
    /// chunks.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Model {
    /// Returns the uploaded picture. One that another release has written in another form counts as none.
    #[must_use]
    pub fn picture(&self) -> Option<Picture> {
        serde_json::from_value(self.picture.clone()?).ok()
    }

    /// Returns the domains of e-mail addresses with which one can register; any if there are none.
    #[must_use]
    pub fn email_domains(&self) -> Vec<String> {
        let domains = self.email_domains.clone();
        domains
            .and_then(|domains| serde_json::from_value(domains).ok())
            .unwrap_or_default()
    }

    /// Returns the number of free seats that are not set aside for holders of a code.
    #[must_use]
    pub const fn open_seats(&self) -> i32 {
        self.seats_left - self.seats_reserved
    }
}

impl Entity {
    /// Returns a query for the competitions that are not deleted.
    #[must_use]
    pub fn existing() -> Select<Self> {
        Self::find().filter(Column::DeletedAt.is_null())
    }

    /// Returns a query for the competition, unless it is deleted.
    #[must_use]
    pub fn existing_by_id(id: CompetitionId) -> Select<Self> {
        Self::existing().filter(Column::Id.eq(id))
    }

    /// Locks the row of a competition until the transaction ends, and returns whether the competition exists. Rows that
    /// merely refer to it can still be inserted meanwhile.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if the database is unavailable.
    pub async fn lock<C: ConnectionTrait>(
        transaction: &C,
        id: CompetitionId,
    ) -> Result<bool, DbErr> {
        let found = Self::existing_by_id(id)
            .select_only()
            .column(Column::Id)
            .lock(LockType::NoKeyUpdate)
            .into_tuple::<CompetitionId>()
            .one(transaction)
            .await?;
        Ok(found.is_some())
    }
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The account that owns the competition.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::OrganizerId",
        to = "super::user::Column::Id"
    )]
    Organizer,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organizer.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
