//! Creates the workers and the scheduler: which handler does which kind of job, and when tasks run.

use std::sync::Arc;

use chrono::TimeDelta;
use cron::Schedule;
use lettre::message::Mailbox as Address;
use url::{Host, Url};

use super::StartError;
use crate::{
    domain::{
        Services,
        account_deletion::{self, RegistrationsOfDeletedAccount},
        accounts::{
            SecondFactors,
            account_mail::{self, AccountMailSender},
        },
        announcements::{self, ScheduledAnnouncements},
        certificates::{CERTIFICATES, CertificateIssue, CertificateLetters},
        cleanup::Cleanup,
        competitions::{PhaseUpdates, Publications, SearchUpdates},
        mailbox::{
            MessageWriter, Preferences,
            mail::{self, MailSender},
            push::{self, PushSender},
        },
        news::News,
        opening_reminders::{self, OpeningReminderTask},
        picture_removal::{self, PictureRemoval},
        registration::{
            CompetitionDeletion, FanOut, NotificationHandler, Promotions, Registrations,
            RosterUpdates, SEAT_DRIFT, ScheduleChanges, SeatDrift, SeatDriftGauge, job_kinds,
        },
        reminders::{self, Latecomers, Reminders, latecomers},
        signing::SigningKeys,
        staff::invitation_letters::{self, InvitationLetters},
        tickets::codes::TicketCodes,
        webhooks::{self, WebhookDelivery, secrets::WebhookSecrets},
    },
    external::{
        mailer::Mailer, object_storage::ObjectStorage, web_push::PushServices,
        webhook_sender::WebhookSender,
    },
    jobs::{
        Context, Handlers, Heartbeat, JobKinds, QueuePace, QueuePauses, Queues, Throughput,
        outbox::Outbox,
        retry::{RetryPolicies, RetryPolicy},
        scheduler::{RunsIn, ScheduledTasks, Scheduler},
        worker::Worker,
    },
    ops::{Clock, settings::Settings},
    store::{Database, ports::Ports},
};

/// When latecomers are reminded and seat counters are checked: every minute.
const EVERY_MINUTE: &str = "0 * * * * *";
/// When each process reads what the check of the seat counters has found.
const EVERY_TEN_SECONDS: &str = "*/10 * * * * *";

/// What background work and services are created from.
pub(super) struct SharedParts<'a> {
    pub database: &'a Database,
    pub ports: &'a Ports,
    pub clock: &'a Clock,
    pub outbox: Outbox,
    pub preferences: Preferences,
    pub public_url: &'a Url,
    pub keys: &'a SigningKeys,
    pub second_factors: SecondFactors,
    pub storage: Option<ObjectStorage>,
    pub push: Option<PushServices>,
    pub webhooks: Option<WebhookSender>,
    pub webhook_secrets: WebhookSecrets,
}

impl SharedParts<'_> {
    /// Returns what writes messages, with all the ways in which they are sent.
    pub fn message_writer(&self, settings: &Settings) -> MessageWriter {
        MessageWriter {
            also_by_mail: settings.secrets.smtp_url().is_some(),
            also_by_push: self.push.is_some(),
        }
    }
}

/// Returns the kinds of jobs that this release knows, whether or not this process handles them.
pub(super) fn job_kinds() -> JobKinds {
    JobKinds::new(job_kinds::ALL.into_iter().chain([
        mail::KIND,
        push::KIND,
        account_mail::KIND,
        account_deletion::KIND,
        picture_removal::KIND,
        webhooks::KIND,
        invitation_letters::KIND,
        CERTIFICATES,
    ]))
}

/// Creates the task pool with the handlers of all kinds.
///
/// # Errors
/// Returns a [`StartError`] that names the wrong setting.
pub(super) fn worker(
    settings: &Settings,
    parts: &SharedParts<'_>,
    registrations: &Registrations,
) -> Result<Worker, StartError> {
    if let Some(unknown) = settings
        .job_workers
        .names()
        .find(|name| !Queues::ALL.contains(name))
    {
        return Err(StartError(format!(
            "JOB_WORKERS: there is no queue {unknown:?}; there are {}",
            Queues::ALL.join(", ")
        )));
    }
    let mailer = mailer(settings, parts.public_url)?;
    let writer = parts.message_writer(settings);
    let public_url = parts.public_url.as_str().trim_end_matches('/');
    let news = News::new(Arc::clone(&parts.ports.bus));
    let mut handlers = Handlers::default();
    for kind in NotificationHandler::KINDS {
        handlers = handlers.with(
            *kind,
            Arc::new(NotificationHandler::new(
                *kind,
                public_url,
                writer,
                news.clone(),
            )),
        );
    }
    for kind in FanOut::KINDS {
        handlers = handlers.with(
            *kind,
            Arc::new(FanOut::new(public_url, writer, news.clone())),
        );
    }
    let changes = ScheduleChanges::new(public_url, writer, news.clone());
    handlers = handlers.with(job_kinds::SCHEDULE_CHANGE, Arc::new(changes));
    let deletion = CompetitionDeletion::new(public_url, writer, news.clone());
    handlers = handlers.with(job_kinds::COMPETITION_DELETION, Arc::new(deletion));
    let certificates = CertificateIssue::new(CertificateLetters {
        writer,
        news: news.clone(),
        public_url: public_url.to_owned(),
    });
    handlers = handlers.with(CERTIFICATES, Arc::new(certificates));
    let deleted = RegistrationsOfDeletedAccount::new(parts.database.clone(), registrations.clone());
    handlers = handlers.with_effect(account_deletion::KIND, Arc::new(deleted));
    let removal = PictureRemoval::new(parts.storage.clone());
    handlers = handlers.with_effect(picture_removal::KIND, Arc::new(removal));
    if let Some(services) = &parts.push {
        let push = PushSender::new(parts.database.clone(), services.clone());
        handlers = handlers.with_effect(push::KIND, Arc::new(push));
    }
    let retry_policies = RetryPolicies {
        jobs: RetryPolicy {
            base: TimeDelta::milliseconds(settings.job_retry_base_ms),
            max_retries: settings.job_max_retries,
        },
        mail: RetryPolicy {
            base: TimeDelta::milliseconds(settings.mail_retry_base_ms),
            max_retries: settings.mail_max_retries,
        },
    };
    if let Some(sender) = &parts.webhooks {
        let delivery = WebhookDelivery::new(
            parts.database.clone(),
            sender.clone(),
            parts.webhook_secrets.clone(),
            retry_policies.for_queue(webhooks::KIND.queue),
        );
        handlers = handlers.with_effect(webhooks::KIND, Arc::new(delivery));
    }
    let invitations = InvitationLetters::new(
        parts.database.clone(),
        news.clone(),
        mailer.clone(),
        parts.public_url.clone(),
    );
    handlers = handlers.with_effect(invitation_letters::KIND, Arc::new(invitations));
    if let Some(mailer) = mailer {
        let account_mail = AccountMailSender::new(
            parts.database.clone(),
            parts.clock.clone(),
            mailer.clone(),
            parts.public_url.clone(),
            parts.keys.for_codes("log-in codes"),
        );
        handlers = handlers.with_effect(account_mail::KIND, Arc::new(account_mail));
        let mail = MailSender::new(
            parts.database.clone(),
            mailer,
            parts.preferences.clone(),
            parts.public_url.clone(),
            TicketCodes::new(parts.keys.for_codes("tickets")),
        );
        handlers = handlers.with_effect(mail::KIND, Arc::new(mail));
    }
    Ok(Worker {
        context: Context {
            database: parts.database.clone(),
            queue: Arc::clone(&parts.ports.queue),
            clock: parts.clock.clone(),
            job_kinds: job_kinds(),
            retry_policies,
            pauses: QueuePauses::new(parts.database.clone()),
            pace: QueuePace::default(),
            throughput: Throughput::new(parts.clock.clone()),
            job_timeout: settings.job_timeout(),
        },
        handlers,
        heartbeat: Heartbeat::default(),
    })
}

/// Creates the scheduler with all scheduled tasks.
///
/// # Errors
/// Never returns an error in practice, since the schedules are known to parse.
pub(super) fn scheduler(
    settings: &Settings,
    parts: &SharedParts<'_>,
    services: &Services,
    search_updates: SearchUpdates,
) -> Result<Scheduler, StartError> {
    let schedule = |text: &str| {
        text.parse::<Schedule>()
            .map_err(|error| StartError(format!("schedule: {error}")))
    };
    let every_minute = schedule(EVERY_MINUTE)?;
    let seat_drift = SeatDrift::new(parts.database.clone());
    let reminders = Reminders::new(
        parts.database.clone(),
        parts.outbox.clone(),
        parts.clock.clone(),
        settings.reminder_cron.clone(),
    );
    let opening_reminders = OpeningReminderTask {
        database: parts.database.clone(),
        clock: parts.clock.clone(),
        outbox: parts.outbox.clone(),
        writer: parts.message_writer(settings),
        news: News::new(Arc::clone(&parts.ports.bus)),
        public_url: parts.public_url.as_str().trim_end_matches('/').to_owned(),
    };
    let tasks = ScheduledTasks::default()
        .with(
            reminders::TASK_NAME,
            settings.reminder_cron.clone(),
            RunsIn::OneProcess,
            Arc::new(reminders.clone()),
        )
        .with(
            latecomers::TASK_NAME,
            every_minute.clone(),
            RunsIn::OneProcess,
            Arc::new(Latecomers(reminders)),
        )
        .with(
            "cleanup",
            settings.cleanup_cron.clone(),
            RunsIn::OneProcess,
            Arc::new(Cleanup::new(
                parts.database.clone(),
                parts.second_factors.secrets.clone(),
                parts.webhook_secrets.clone(),
            )),
        )
        .with(
            "promotions",
            every_minute.clone(),
            RunsIn::OneProcess,
            Arc::new(Promotions(services.registrations.clone())),
        )
        .with(
            opening_reminders::TASK_NAME,
            every_minute.clone(),
            RunsIn::OneProcess,
            Arc::new(opening_reminders),
        )
        .with(
            announcements::TASK_NAME,
            every_minute.clone(),
            RunsIn::OneProcess,
            Arc::new(ScheduledAnnouncements {
                database: parts.database.clone(),
                outbox: parts.outbox.clone(),
                audit: services.audit.clone(),
            }),
        )
        .with(
            Publications::TASK_NAME,
            every_minute.clone(),
            RunsIn::OneProcess,
            Arc::new(Publications(services.competitions.clone())),
        )
        .with(
            PhaseUpdates::TASK_NAME,
            every_minute.clone(),
            RunsIn::OneProcess,
            Arc::new(PhaseUpdates::new(parts.database.clone())),
        )
        .with(
            SearchUpdates::TASK_NAME,
            every_minute.clone(),
            RunsIn::OneProcess,
            Arc::new(search_updates),
        )
        .with(
            RosterUpdates::TASK_NAME,
            every_minute.clone(),
            RunsIn::OneProcess,
            Arc::new(RosterUpdates(parts.database.clone())),
        )
        .with(
            SEAT_DRIFT,
            every_minute,
            RunsIn::OneProcess,
            Arc::new(seat_drift.clone()),
        )
        // Each process shows the metric, so each must read it.
        .with(
            "seat-drift-gauge",
            schedule(EVERY_TEN_SECONDS)?,
            RunsIn::EveryProcess,
            Arc::new(SeatDriftGauge(seat_drift)),
        );
    Ok(Scheduler::new(
        parts.database.clone(),
        Arc::clone(&parts.ports.cache),
        parts.clock.clone(),
        tasks,
    ))
}

/// Creates the client of the SMTP server, if the settings name one.
///
/// # Errors
/// Returns a [`StartError`] that names the wrong setting.
pub(super) fn mailer(settings: &Settings, public_url: &Url) -> Result<Option<Mailer>, StartError> {
    let Some(url) = settings.secrets.smtp_url() else {
        return Ok(None);
    };
    let from = match &settings.smtp_from {
        Some(from) => from.clone(),
        None => no_reply(public_url)
            .ok_or_else(|| StartError("SMTP_FROM: required with this PUBLIC_URL".to_owned()))?,
    };
    Mailer::new(url, from)
        .map(Some)
        .map_err(|error| StartError(format!("SMTP_URL: {error}")))
}

fn no_reply(public_url: &Url) -> Option<Address> {
    let host = match public_url.host()? {
        Host::Domain(name) => name.to_owned(),
        // A server on the local machine has no name.
        Host::Ipv4(_) | Host::Ipv6(_) => "localhost".to_owned(),
    };
    format!("Mini Compete <no-reply@{host}>").parse().ok()
}
