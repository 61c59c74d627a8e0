//! The certificates of participants.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CertificateId, CertificateKind, CompetitionId, RegistrationId};

/// A row of `certificates`: what is printed on the certificate of a participant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CertificateId,
    /// What the holder of the certificate proves it by: 100 random bits, as [`CertificateSerial`] writes them.
    ///
    /// [`CertificateSerial`]: crate::model::CertificateSerial
    pub serial: String,
    pub registration_id: RegistrationId,
    pub competition_id: CompetitionId,
    pub kind: CertificateKind,
    /// The name of the participant when it was issued.
    pub name: String,
    /// The title of the competition when it was issued.
    pub competition_title: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: Option<DateTime<Utc>>,
    /// The time zone of the venue, by its IANA name.
    pub time_zone: String,
    /// What else the organizer says, in one line.
    pub remark: Option<String>,
    pub issued_at: DateTime<Utc>,
    /// When it was revoked. At most one certificate of a kind is valid for a registration.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The registration of the participant.
    #[sea_orm(
        belongs_to = "super::registration::Entity",
        from = "Column::RegistrationId",
        to = "super::registration::Column::Id"
    )]
    Registration,
}

impl Related<super::registration::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Registration.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
