//! The database schema of Mini Compete: one file for each change, each reversible and append-only.
//!
//! Rules that must hold under any load are enforced here, in the database itself: the `CHECK` constraints on seats,
//! one live registration for each account and competition, foreign keys. They hold even if the
//! application is wrong.
//!
//! Every migration runs in one transaction together with its row in `seaql_migrations`, on both
//! databases: see [`Atomic`]. Two things follow for a new migration. What PostgreSQL rejects inside
//! a transaction (`CREATE INDEX CONCURRENTLY`) can't be used. And `PRAGMA foreign_keys = OFF` does
//! nothing inside one on SQLite, so a table that others refer to with `ON DELETE CASCADE` can't be
//! rebuilt by dropping it: that would delete their rows.

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
mod m20261125_000026_lists;
mod m20261125_000035_audit;
mod m20261125_000036_auth_epoch;
mod m20261125_000037_scheduled_task_states;
mod m20261128_000045_conditional_references;
mod m20261128_000046_one_index_of_accounts;
mod m20261128_000047_relay_index;
mod m20261129_000050_opening;
mod m20261129_000065_newest_rows;
mod m20261129_000066_competition_listings;
mod m20261129_000067_search;
mod m20261129_000070_opening_reminders;
mod m20261129_000080_account_tokens;
mod m20261129_000081_email_confirmed;
mod m20261129_000082_authenticated_at;
mod m20261129_000083_disabled_accounts;
mod m20261129_000084_code_attempts;
mod m20261129_000090_pictures;
mod m20261129_000091_organizer_contacts;
mod m20261129_000100_languages;
mod m20261129_000120_second_factors;
mod m20261129_000121_preferences;
mod m20261129_000130_account_search;
mod m20261129_000131_paused_queues;
mod m20261129_000132_queue_throughput;
mod m20261129_000133_processes;
mod m20261129_000140_push_subscriptions;
mod m20261129_000150_announcements;
mod m20261129_000160_push_choices;
mod m20261129_000170_rosters;
mod m20261129_000180_paused_registration;
mod m20261129_000181_registration_counts;
mod m20261129_000182_competition_tallies;
mod m20261129_000190_api_keys;
mod m20261129_000210_publication_time;
mod m20261129_000211_organizer_requests;
mod m20261130_000200_webhooks;
mod m20261130_000220_staff;
mod m20261130_000230_divisions;
mod m20261130_000240_silent_changes;
mod m20261130_000250_registration_notes;
mod m20261130_000260_questions;
mod m20261130_000270_saved_views;
mod m20261130_000271_staff_by_role;
mod m20261130_000280_check_ins;
mod m20261130_000290_start_numbers;
mod m20261130_000300_results;
mod m20261130_000310_codes;
mod m20261130_000311_open_seats;
mod m20261130_000330_certificates;
mod m20261130_000340_brackets;
mod m20261130_000350_saved_views_of_check_ins;
mod m20261130_000360_deadline_before_closing;
mod m20261130_000361_failed_jobs_by_competition;
mod m20261130_000430_seat_trigger;

/// Applies and reverts all migrations, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let all: Vec<Box<dyn MigrationTrait>> = vec![
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
            Box::new(m20261125_000026_lists::Migration),
            Box::new(m20261125_000035_audit::Migration),
            Box::new(m20261125_000036_auth_epoch::Migration),
            Box::new(m20261125_000037_scheduled_task_states::Migration),
            Box::new(m20261128_000045_conditional_references::Migration),
            Box::new(m20261128_000046_one_index_of_accounts::Migration),
            Box::new(m20261128_000047_relay_index::Migration),
            Box::new(m20261129_000050_opening::Migration),
            Box::new(m20261129_000065_newest_rows::Migration),
            Box::new(m20261129_000066_competition_listings::Migration),
            Box::new(m20261129_000067_search::Migration),
            Box::new(m20261129_000070_opening_reminders::Migration),
            Box::new(m20261129_000080_account_tokens::Migration),
            Box::new(m20261129_000081_email_confirmed::Migration),
            Box::new(m20261129_000082_authenticated_at::Migration),
            Box::new(m20261129_000083_disabled_accounts::Migration),
            Box::new(m20261129_000084_code_attempts::Migration),
            Box::new(m20261129_000090_pictures::Migration),
            Box::new(m20261129_000091_organizer_contacts::Migration),
            Box::new(m20261129_000100_languages::Migration),
            Box::new(m20261129_000120_second_factors::Migration),
            Box::new(m20261129_000121_preferences::Migration),
            Box::new(m20261129_000130_account_search::Migration),
            Box::new(m20261129_000131_paused_queues::Migration),
            Box::new(m20261129_000132_queue_throughput::Migration),
            Box::new(m20261129_000133_processes::Migration),
            Box::new(m20261129_000140_push_subscriptions::Migration),
            Box::new(m20261129_000150_announcements::Migration),
            Box::new(m20261129_000160_push_choices::Migration),
            Box::new(m20261129_000170_rosters::Migration),
            Box::new(m20261129_000180_paused_registration::Migration),
            Box::new(m20261129_000181_registration_counts::Migration),
            Box::new(m20261129_000182_competition_tallies::Migration),
            Box::new(m20261129_000190_api_keys::Migration),
            Box::new(m20261129_000210_publication_time::Migration),
            Box::new(m20261129_000211_organizer_requests::Migration),
            Box::new(m20261130_000200_webhooks::Migration),
            Box::new(m20261130_000220_staff::Migration),
            Box::new(m20261130_000230_divisions::Migration),
            Box::new(m20261130_000240_silent_changes::Migration),
            Box::new(m20261130_000250_registration_notes::Migration),
            Box::new(m20261130_000260_questions::Migration),
            Box::new(m20261130_000270_saved_views::Migration),
            Box::new(m20261130_000271_staff_by_role::Migration),
            Box::new(m20261130_000280_check_ins::Migration),
            Box::new(m20261130_000290_start_numbers::Migration),
            Box::new(m20261130_000300_results::Migration),
            Box::new(m20261130_000310_codes::Migration),
            Box::new(m20261130_000311_open_seats::Migration),
            Box::new(m20261130_000330_certificates::Migration),
            Box::new(m20261130_000340_brackets::Migration),
            Box::new(m20261130_000350_saved_views_of_check_ins::Migration),
            Box::new(m20261130_000360_deadline_before_closing::Migration),
            Box::new(m20261130_000361_failed_jobs_by_competition::Migration),
            Box::new(m20261130_000430_seat_trigger::Migration),
        ];
        all.into_iter().map(Atomic::boxed).collect()
    }
}

/// A migration that is applied completely or not at all.
///
/// By default, SeaORM uses a transaction on PostgreSQL only. A process that is killed between
/// two statements of a migration then leaves a SQLite file with some of its tables and no record of
/// them, and every later start fails at the first table that exists already.
struct Atomic(Box<dyn MigrationTrait>);

impl Atomic {
    fn boxed(migration: Box<dyn MigrationTrait>) -> Box<dyn MigrationTrait> {
        Box::new(Self(migration))
    }
}

impl MigrationName for Atomic {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Atomic {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.up(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.down(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_has_a_transaction_of_its_own_and_they_are_in_order() {
        let all = Migrator::migrations();
        assert!(all.iter().all(|m| m.use_transaction() == Some(true)));
        assert!(all.iter().map(|m| m.name()).is_sorted());
    }
}
