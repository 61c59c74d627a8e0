//! The runs by which organizers issue certificates to many participants.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{Audience, CertificateRunId, CompetitionId};

/// A row of `certificate_runs`: certificates are issued, or were.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CertificateRunId,
    pub competition_id: CompetitionId,
    /// Who gets a certificate: those with a seat, or those who are checked in.
    pub audience: Audience,
    /// What else the certificates say, in one line.
    pub remark: Option<String>,
    pub started_at: DateTime<Utc>,
    /// When the last participant was looked at.
    pub finished_at: Option<DateTime<Utc>>,
    /// The number of participants when it was started, and the number of those who were looked at when it was finished.
    pub total: i64,
    /// The number of participants who were looked at.
    pub done: i64,
    /// The number of those who got a certificate; the others had one.
    pub issued: i64,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
