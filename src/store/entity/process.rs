//! The processes of the installation.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

/// A row of `processes`: a process, and when it last sent a heartbeat. A process that ends in order deletes its row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "processes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The name of the machine, and the number of the process there.
    pub name: String,
    /// The version of the program.
    pub version: String,
    /// What runs in the process: an array of names.
    #[sea_orm(column_type = "JsonBinary")]
    pub parts: Json,
    pub started_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
