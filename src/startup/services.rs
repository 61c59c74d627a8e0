//! Creates the domain's services from what this process has opened.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    StartError,
    background::{self, SharedParts},
    webhooks,
};
use crate::{
    api::REGISTRATION_RESPONSES,
    domain::{
        PdfPrinter, Services,
        account_deletion::AccountDeletion,
        account_export::AccountExport,
        accounts::{AccountMail, Accounts, LogInGuard, Passwords, devices::Devices},
        announcements::{Announcements, Letters},
        api_keys::ApiKeys,
        audit::Audit,
        badges::Badges,
        brackets::Brackets,
        catalog::Catalog,
        certificates::{CertificateLetters, CertificateParts, Certificates},
        changes::Changes,
        check_in::{CheckIns, NamedParticipants},
        competitions::Competitions,
        control_rooms::ControlRooms,
        covers::Covers,
        ended_log_ins::EndedLogIns,
        health::{Health, HealthParts},
        mailbox::Mailbox,
        news::News,
        opening_reminders::OpeningReminders,
        operations::Operations,
        own_news::OwnNewsFeed,
        participants::Participants,
        pictures::Pictures,
        push_subscriptions::PushSubscriptions,
        rasterizer::Rasterizer,
        rate_limits::RateLimiter,
        registration::{self, Registrations, SeatRepair},
        reports::Reports,
        results::Results,
        seats::SeatUpdates,
        shown_once::ShownOnce,
        staff::Staff,
        start_numbers::StartNumbers,
        stream_counts::StreamCounts,
        tallies::Tallies,
        tickets::{Tickets, codes::TicketCodes},
        webhooks::{WebhookParts, Webhooks},
    },
    jobs::outbox::RelayWaker,
    model::{SettingValue, SettingView},
    ops::settings::{Settings, ValueInForce},
    store::sessions::Sessions,
};

/// The number of queue slots of one process.
const QUEUE_SLOTS: usize = 8_192;

/// Creates the domain's services.
///
/// # Errors
/// Returns a [`StartError`] if passwords cannot be hashed on this machine.
pub(super) fn services(
    settings: &Settings,
    shared_parts: &SharedParts<'_>,
    wake: &RelayWaker,
    stop: &CancellationToken,
) -> Result<Services, StartError> {
    let SharedParts {
        database,
        ports,
        clock,
        outbox,
        preferences,
        keys,
        second_factors,
        public_url,
        ..
    } = shared_parts;
    let (database, ports, clock) = (*database, *ports, *clock);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let passwords =
        Passwords::new(cores).map_err(|error| StartError(format!("passwords: {error}")))?;
    let limits = if settings.rate_limit.0 {
        RateLimiter::new(Arc::clone(&ports.counters))
    } else {
        RateLimiter::off()
    };
    let audit = Audit::new(
        database.clone(),
        clock.clone(),
        keys.for_codes("audit"),
        limits.clone(),
    );
    let guard = LogInGuard {
        audit: audit.clone(),
        limits: limits.clone(),
        devices: Devices::new(keys.for_codes("devices"), clock.clone()),
    };
    let writer = shared_parts.message_writer(settings);
    let mail = AccountMail {
        writer,
        outbox: Some(outbox.clone()),
        code_key: keys.for_codes("log-in codes"),
    };
    let changes = Changes::new(Arc::clone(&ports.bus), stop.clone());
    let seats = SeatUpdates::new(
        database.clone(),
        clock.clone(),
        Arc::clone(&ports.bus),
        stop.clone(),
    );
    let tallies = Tallies::default();
    let registrations = Registrations::new(registration::Dependencies {
        database: database.clone(),
        ports: ports.clone(),
        clock: clock.clone(),
        changes: changes.clone(),
        relay: wake.clone(),
        codec: REGISTRATION_RESPONSES,
        idempotency_ttl: settings.idempotency_ttl(),
        slots: QUEUE_SLOTS,
        confirms_addresses: mail.is_configured(),
    })
    .guarded_by(limits.clone(), audit.clone())
    .tallied_by(tallies.clone())
    .requiring_confirmed_email(mail.is_configured());
    let competitions = Competitions::new(
        database.clone(),
        clock.clone(),
        seats,
        changes.clone(),
        registrations.clone(),
        outbox.clone(),
        audit.clone(),
    );
    let ended_log_ins = EndedLogIns::new(Arc::clone(&ports.bus), stop.clone());
    let pictures = Pictures::new(competitions.clone(), shared_parts.storage.clone());
    let sessions = Sessions::new(database.clone(), Arc::clone(&ports.cache), clock.clone());
    let accounts = Accounts::new(database.clone(), clock.clone(), passwords)
        .guarded_by(guard)
        .mailing_by(mail)
        .with_second_factors(second_factors.clone())
        .ending(sessions, ended_log_ins.clone())
        .published_by(changes.clone());
    let rasterizer = Rasterizer::default();
    let operations = Operations::new(
        database.clone(),
        Arc::clone(&ports.queue),
        outbox.clone(),
        background::job_kinds(),
        clock.clone(),
        audit.clone(),
    );
    let staff = Staff::new(
        database.clone(),
        clock.clone(),
        audit.clone(),
        limits.clone(),
        outbox.clone(),
        changes.clone(),
        writer.also_by_mail,
    );
    let ticket_codes = TicketCodes::new(keys.for_codes("tickets"));
    let check_ins = CheckIns::new(
        database.clone(),
        clock.clone(),
        audit.clone(),
        ticket_codes.clone(),
    );
    let named = NamedParticipants::new(database.clone(), ticket_codes.clone());
    let results = Results::new(
        database.clone(),
        clock.clone(),
        audit.clone(),
        changes.clone(),
        named.clone(),
        settings.idempotency_ttl(),
    );
    let printer = PdfPrinter::default();
    let stream_counts = StreamCounts::new(Arc::clone(&ports.bus), stop.clone());
    Ok(Services {
        limits: limits.clone(),
        api_keys: ApiKeys::new(
            database.clone(),
            clock.clone(),
            audit.clone(),
            limits.clone(),
        ),
        webhooks: Webhooks::new(WebhookParts {
            database: database.clone(),
            clock: clock.clone(),
            outbox: outbox.clone(),
            audit: audit.clone(),
            limits: limits.clone(),
            secrets: shared_parts.webhook_secrets.clone(),
            addresses: webhooks::address_rule(settings),
        }),
        shown_once: ShownOnce::new(keys.for_encryption("shown once")),
        account_deletion: AccountDeletion::new(
            database.clone(),
            clock.clone(),
            accounts.clone(),
            outbox.clone(),
            audit.clone(),
            changes.clone(),
        ),
        account_export: AccountExport::new(database.clone(), clock.clone(), accounts.clone()),
        participants: Participants::new(accounts.clone(), registrations.clone(), limits.clone()),
        accounts,
        catalog: Catalog::new(competitions.clone(), &changes, clock),
        ended_log_ins,
        changes: changes.clone(),
        control_rooms: ControlRooms::new(
            database.clone(),
            clock.clone(),
            competitions.clone(),
            stream_counts.clone(),
            Arc::clone(&ports.bus),
            stop.clone(),
        ),
        staff,
        stream_counts,
        competitions,
        pictures,
        covers: Covers::new(rasterizer.clone()),
        tickets: Tickets::new(
            registrations.clone(),
            clock.clone(),
            ticket_codes.clone(),
            rasterizer,
        ),
        tallies,
        brackets: Brackets::new(
            database.clone(),
            clock.clone(),
            audit.clone(),
            changes.clone(),
            named.clone(),
            results.clone(),
            settings.idempotency_ttl(),
        ),
        results,
        badges: Badges::new(
            database.clone(),
            check_ins.clone(),
            ticket_codes,
            printer.clone(),
        ),
        check_ins,
        certificates: Certificates::new(CertificateParts {
            database: database.clone(),
            clock: clock.clone(),
            audit: audit.clone(),
            limits: limits.clone(),
            outbox: outbox.clone(),
            printer,
            letters: CertificateLetters {
                writer,
                news: News::new(Arc::clone(&ports.bus)),
                public_url: public_url.as_str().trim_end_matches('/').to_owned(),
            },
        }),
        start_numbers: StartNumbers::new(
            database.clone(),
            clock.clone(),
            audit.clone(),
            changes.clone(),
        ),
        questions: registrations.questions(),
        registrations,
        mailbox: Mailbox::new(
            database.clone(),
            clock.clone(),
            News::new(Arc::clone(&ports.bus)),
        ),
        opening_reminders: OpeningReminders::new(database.clone(), clock.clone()),
        own_news: OwnNewsFeed::new(
            database.clone(),
            clock.clone(),
            Arc::clone(&ports.bus),
            stop.clone(),
        ),
        announcements: Announcements::new(
            database.clone(),
            outbox.clone(),
            clock.clone(),
            audit.clone(),
            Letters {
                writer,
                news: News::new(Arc::clone(&ports.bus)),
                public_url: public_url.as_str().trim_end_matches('/').to_owned(),
            },
        ),
        push_subscriptions: PushSubscriptions::new(
            database.clone(),
            clock.clone(),
            shared_parts.push.clone(),
            limits.clone(),
        ),
        preferences: preferences.clone().audited_by(audit.clone()),
        health: Health::new(HealthParts {
            database: database.clone(),
            cache: Arc::clone(&ports.cache),
            uses_redis: settings.secrets.redis_url().is_some(),
            mailer: background::mailer(settings, shared_parts.public_url)?,
            clock: clock.clone(),
            operations: operations.clone(),
        }),
        seat_repair: SeatRepair::new(database.clone(), audit.clone()).published_by(changes.clone()),
        operations,
        settings: settings_in_force(settings),
        reports: Reports::new(database.clone(), clock.clone()),
        audit,
    })
}

/// Returns the settings as administrators see them.
fn settings_in_force(settings: &Settings) -> Vec<SettingView> {
    let view = |(name, value): (&'static str, ValueInForce)| SettingView {
        name,
        value: match value {
            ValueInForce::Shown(text) => SettingValue::Shown(text),
            ValueInForce::Secret => SettingValue::Secret,
            ValueInForce::Unset => SettingValue::Unset,
        },
    };
    settings.in_force().into_iter().map(view).collect()
}
