//! Deletes expired rows, and encrypts values again whose key is being replaced.
//!
//! The outbox needs no clean-up: the row of a job is deleted in the transaction that completes it.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::{
    accounts::TotpSecrets,
    api_keys, audit, processes, push_subscriptions, staff,
    webhooks::{self, secrets::WebhookSecrets},
};
use crate::{
    jobs::scheduler::{self, RunOutcome, ScheduledTask},
    store::{Database, InfrastructureError, prune},
};

/// The tables and the column that says when a row expires.
const EXPIRING: &[(&str, &str)] = &[
    ("idempotency_logs", "expires_at"),
    ("sessions", "expires_at"),
    ("refresh_tokens", "expires_at"),
    ("account_tokens", "expires_at"),
];

/// The scheduled task that deletes expired rows, a bounded batch at a time.
#[derive(Debug, Clone)]
pub struct Cleanup {
    database: Database,
    totp_secrets: TotpSecrets,
    webhook_secrets: WebhookSecrets,
}

impl Cleanup {
    /// Creates the task over a database. Secrets that are encrypted with a key which is being replaced are encrypted
    /// again.
    #[must_use]
    pub fn new(
        database: Database,
        totp_secrets: TotpSecrets,
        webhook_secrets: WebhookSecrets,
    ) -> Self {
        Self {
            database,
            totp_secrets,
            webhook_secrets,
        }
    }

    /// Deletes rows that have expired at `now`, until the shutdown signal `stop`.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable. Batches before that stay
    /// committed.
    pub async fn sweep(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        for (table, column) in EXPIRING {
            let rows = prune::delete_expired(&self.database, table, column, now, stop).await?;
            if rows > 0 {
                tracing::info!(
                    table,
                    count = rows,
                    "Deleted {rows} expired rows of table {table}"
                );
            }
        }
        push_subscriptions::sweep(&self.database, now, stop).await?;
        for (table, column, kept) in [
            (
                "audit_events",
                "occurred_at",
                TimeDelta::days(audit::KEPT_DAYS),
            ),
            (
                "api_keys",
                "expires_at",
                TimeDelta::days(api_keys::LISTED_DAYS),
            ),
            ("staff", "expires_at", TimeDelta::days(staff::LISTED_DAYS)),
            ("queue_throughput", "minute", TimeDelta::days(1)),
            (
                "webhook_deliveries",
                "created_at",
                TimeDelta::days(webhooks::KEPT_DAYS),
            ),
            (
                "processes",
                "seen_at",
                TimeDelta::hours(processes::SHOWN_HOURS),
            ),
        ] {
            prune::delete_expired(&self.database, table, column, now - kept, stop).await?;
        }
        let rewritten = self.totp_secrets.rewrite(&self.database, stop).await?;
        if rewritten > 0 {
            tracing::info!(
                count = rewritten,
                "Encrypted {rewritten} secrets of second factors with the new JWT_SECRET"
            );
        }
        let rewritten = self.webhook_secrets.rewrite(&self.database, stop).await?;
        if rewritten > 0 {
            tracing::info!(
                count = rewritten,
                "Encrypted the secrets of {rewritten} webhooks with the new JWT_SECRET"
            );
        }
        if !stop.is_cancelled() {
            scheduler::prune(&self.database, now).await?;
        }
        Ok(RunOutcome::unless_stopped(stop))
    }
}

#[async_trait]
impl ScheduledTask for Cleanup {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        self.sweep(now, stop).await
    }
}
