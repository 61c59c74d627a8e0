//! The settings in force, for people who look for the cause of what a server does. Secrets are never a part of it.

use super::{ConnectionSettings, Settings, WebPushSettings};

/// The value of a setting, as far as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueInForce {
    /// A value that is no secret.
    Shown(String),
    /// A value that is set and secret.
    Secret,
    /// No value is set.
    Unset,
}

impl Settings {
    /// Returns every setting by the name of its environment variable. A setting that is added and left out here does
    /// not compile.
    #[must_use]
    pub fn in_force(&self) -> Vec<(&'static str, ValueInForce)> {
        let Self {
            secrets,
            database_connections,
            redis_prefix,
            bind,
            public_url,
            frontend_url,
            storage_url,
            trusted_proxies,
            hsts,
            metrics_bind,
            rate_limit,
            connections,
            web_push,
            job_retry_base_ms,
            job_max_retries,
            job_workers,
            job_timeout_seconds,
            smtp_from,
            mail_retry_base_ms,
            mail_max_retries,
            idempotency_ttl_hours,
            reminder_cron,
            cleanup_cron,
            site_root,
            log_format,
            log,
        } = self;
        let ConnectionSettings {
            max_connections,
            max_connections_per_address,
            max_streams_per_address,
            max_streams_per_account,
        } = connections;
        let WebPushSettings {
            web_push,
            vapid_subject,
            webhook_allow_private,
        } = web_push;
        let storage = match storage_url {
            Some(url) if url.password().is_some() || url.query().is_some() => ValueInForce::Secret,
            other => optional(other.as_ref()),
        };
        vec![
            ("DATABASE_URL", ValueInForce::Secret),
            ("REDIS_URL", secret(secrets.redis_url().is_some())),
            ("JWT_SECRET", secret(secrets.jwt_secret().is_some())),
            (
                "JWT_SECRET_PREVIOUS",
                secret(secrets.jwt_secret_previous().is_some()),
            ),
            ("SMTP_URL", secret(secrets.smtp_url().is_some())),
            ("DATABASE_CONNECTIONS", shown(database_connections)),
            ("REDIS_PREFIX", shown(redis_prefix)),
            ("BIND", shown(bind)),
            ("PUBLIC_URL", optional(public_url.as_ref())),
            ("FRONTEND_URL", optional(frontend_url.as_ref())),
            ("STORAGE_URL", storage),
            ("TRUSTED_PROXIES", shown(trusted_proxies)),
            ("HSTS", shown(hsts)),
            ("METRICS_BIND", optional(metrics_bind.as_ref())),
            ("RATE_LIMIT", shown(rate_limit)),
            ("MAX_CONNECTIONS", shown(max_connections)),
            (
                "MAX_CONNECTIONS_PER_ADDRESS",
                shown(max_connections_per_address),
            ),
            ("MAX_STREAMS_PER_ADDRESS", shown(max_streams_per_address)),
            ("MAX_STREAMS_PER_ACCOUNT", shown(max_streams_per_account)),
            ("WEB_PUSH", optional(web_push.as_ref())),
            ("VAPID_SUBJECT", optional(vapid_subject.as_ref())),
            ("WEBHOOK_ALLOW_PRIVATE", shown(webhook_allow_private)),
            ("JOB_RETRY_BASE_MS", shown(job_retry_base_ms)),
            ("JOB_MAX_RETRIES", shown(job_max_retries)),
            ("JOB_WORKERS", shown(job_workers)),
            ("JOB_TIMEOUT_SECONDS", shown(job_timeout_seconds)),
            ("SMTP_FROM", optional(smtp_from.as_ref())),
            ("MAIL_RETRY_BASE_MS", shown(mail_retry_base_ms)),
            ("MAIL_MAX_RETRIES", shown(mail_max_retries)),
            ("IDEMPOTENCY_TTL_HOURS", shown(idempotency_ttl_hours)),
            ("REMINDER_CRON", shown(reminder_cron)),
            ("CLEANUP_CRON", shown(cleanup_cron)),
            (
                "SITE_ROOT",
                optional(site_root.as_ref().map(|path| path.display()).as_ref()),
            ),
            ("LOG_FORMAT", shown(log_format)),
            ("RUST_LOG", shown(log)),
        ]
    }
}

/// Returns a value; an empty one counts as not set.
fn shown(value: &impl ToString) -> ValueInForce {
    match value.to_string() {
        empty if empty.is_empty() => ValueInForce::Unset,
        value => ValueInForce::Shown(value),
    }
}

fn optional(value: Option<&impl ToString>) -> ValueInForce {
    value.map_or(ValueInForce::Unset, shown)
}

fn secret(is_set: bool) -> ValueInForce {
    match is_set {
        true => ValueInForce::Secret,
        false => ValueInForce::Unset,
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, Parser};

    use super::*;

    #[derive(Parser)]
    struct SettingsLine {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn every_setting_is_listed_and_no_secret_is_shown() {
        let line = [
            "test",
            "--database-url=postgres://u:geheim-1@db/x",
            "--redis-url=redis://:geheim-2@redis",
            "--jwt-secret=geheim-3-geheim-3-geheim-3-geheim-3",
            "--smtp-url=smtps://u:geheim-4@mail.example",
            "--job-workers=2,mail=8",
            "--trusted-proxies=10.0.0.0/8,2001:db8::7",
        ];
        let settings = SettingsLine::try_parse_from(line).unwrap().settings;
        let listed = settings.in_force();
        assert!(!format!("{listed:?}").contains("geheim"));
        let value = |name| {
            let found = listed.iter().find(|(other, _)| *other == name);
            found.unwrap().1.clone()
        };
        let shown = |text: &str| ValueInForce::Shown(text.to_owned());
        assert_eq!(value("JWT_SECRET"), ValueInForce::Secret);
        assert_eq!(value("JWT_SECRET_PREVIOUS"), ValueInForce::Unset);
        assert_eq!(value("JOB_WORKERS"), shown("2,mail=8"));
        assert_eq!(
            value("TRUSTED_PROXIES"),
            shown("10.0.0.0/8,2001:db8::7/128")
        );
        assert_eq!(value("HSTS"), shown("on"));
        let command = Settings::augment_args(Command::new("test"));
        let names = command
            .get_arguments()
            .filter_map(|argument| argument.get_env());
        for name in names.filter_map(|name| name.to_str()) {
            let listed = listed.iter().any(|(other, _)| *other == name);
            assert!(listed || name.ends_with("_FILE"), "{name}");
        }
    }
}
