//! The database schema of Mini Compete: one file a change, each with a way back.
//!
//! Rules that must hold under any load stand here, in the database itself: the CHECKs on seats,
//! one live registration a person, foreign keys. The application's code may be wrong; these may
//! not.

pub use sea_orm_migration::prelude::*;

mod columns;
mod m20261122_000001_accounts;
mod m20261122_000002_competitions;
mod m20261122_000003_registrations;
mod m20261122_000004_jobs;
mod m20261122_000005_background;
mod m20261122_000006_mail;
mod m20261125_000010_waiting;
mod m20261125_000015_relay_index;
mod m20261125_000016_chore_states;
mod m20261125_000020_deleted_competitions;
mod m20261125_000021_schedule_changes;
mod m20261125_000022_change_messages;
mod m20261125_000025_edited_at_version;

/// Applies and reverts the changes.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_accounts::Migration),
            Box::new(m20261122_000002_competitions::Migration),
            Box::new(m20261122_000003_registrations::Migration),
            Box::new(m20261122_000004_jobs::Migration),
            Box::new(m20261122_000005_background::Migration),
            Box::new(m20261122_000006_mail::Migration),
            Box::new(m20261125_000010_waiting::Migration),
            Box::new(m20261125_000015_relay_index::Migration),
            Box::new(m20261125_000016_chore_states::Migration),
            Box::new(m20261125_000020_deleted_competitions::Migration),
            Box::new(m20261125_000021_schedule_changes::Migration),
            Box::new(m20261125_000022_change_messages::Migration),
            Box::new(m20261125_000025_edited_at_version::Migration),
        ]
    }
}
