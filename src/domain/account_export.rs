//! What is stored for an account, for its owner.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use url::Url;

use super::{
    Actor, Result,
    accounts::Accounts,
    api_keys,
    registration::{division_names, stored_answers},
    results, webhooks,
};
use crate::{
    model::{
        AccountExportView, BIRTH_DATE, CodeId, CompetitionId, DomainError, ExportedAnswerView,
        ExportedApiKeyView, ExportedAuditEventView, ExportedCertificateView,
        ExportedCompetitionView, ExportedMessageView, ExportedOpeningReminderView,
        ExportedOrganizerRequestView, ExportedPushSubscriptionView, ExportedRegistrationView,
        ExportedStaffRoleView, ExportedWebhookView, QuestionId, QuestionView, RegistrationId,
    },
    ops::Clock,
    store::{
        Database, bulk, check_ins,
        entity::{
            api_key, audit_event, certificate, code, competition, message, opening_reminder,
            organizer_request, push_subscription, question, registration, staff, user, webhook,
        },
        sign_out::KeptLogIn,
    },
};

/// The largest number of rows of one kind in an export: the newest. It bounds the memory of a request.
pub const ROWS_MAX: u64 = 5_000;
/// The number of competitions whose questions one statement reads.
const QUESTIONED_AT_ONCE: usize = 500;

/// Exports accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AccountExport {
    database: Database,
    clock: Clock,
    accounts: Accounts,
}

impl AccountExport {
    /// Creates the service over a database.
    #[must_use]
    pub fn new(database: Database, clock: Clock, accounts: Accounts) -> Self {
        Self {
            database,
            clock,
            accounts,
        }
    }

    /// Returns what is known about the actor's account. It contains no secret.
    ///
    /// # Errors
    /// Returns [`DomainError::Unauthenticated`] if the account does not exist any more.
    pub async fn export(&self, actor: Actor, current: &KeptLogIn) -> Result<AccountExportView> {
        let read = self.database.read();
        let row = user::Entity::find_by_id(actor.id).one(read).await?;
        let row = row.ok_or(DomainError::Unauthenticated)?;
        let registrations = registration::Entity::find()
            .find_also_related(competition::Entity)
            .filter(registration::Column::UserId.eq(actor.id))
            .order_by_desc(registration::Column::RegisteredAt)
            .limit(ROWS_MAX)
            .all(read)
            .await?;
        let messages = message::Entity::find()
            .filter(message::Column::UserId.eq(actor.id))
            .order_by_desc(message::Column::CreatedAt)
            .limit(ROWS_MAX)
            .all(read)
            .await?;
        let competitions = competition::Entity::find()
            .filter(competition::Column::OrganizerId.eq(actor.id))
            .filter(competition::Column::DeletedAt.is_null())
            .order_by_desc(competition::Column::StartsAt)
            .limit(ROWS_MAX)
            .all(read)
            .await?;
        let divisions = registrations.iter().filter_map(|(row, _)| row.division_id);
        let names = division_names(read, divisions).await?;
        let ids: Vec<_> = registrations.iter().map(|(row, _)| row.id).collect();
        let checked_in = check_ins::times(read, &ids).await?;
        let mut answers = self.answers(&registrations).await?;
        let mut results = results::of_registrations(read, &ids, ROWS_MAX).await?;
        let codes = self.codes(&registrations).await?;
        Ok(AccountExportView {
            exported_at: self.clock.now(),
            id: row.id,
            name: row.name,
            email: row.email,
            email_confirmed: row.email_confirmed,
            role: row.role,
            reminders: row.reminders,
            opening_reminders: row.opening_reminders,
            announcements: row.announcements,
            push_promotions: row.push_promotions,
            push_reminders: row.push_reminders,
            push_opening_reminders: row.push_opening_reminders,
            time_zone: row.time_zone,
            second_factor_since: row.second_factor_at,
            contact: row.contact,
            created_at: row.created_at,
            registrations: registrations
                .into_iter()
                .map(|(row, competition)| ExportedRegistrationView {
                    id: row.id,
                    competition_id: row.competition_id,
                    competition_title: competition.map(|row| row.title).unwrap_or_default(),
                    division_name: row.division_id.and_then(|id| names.get(&id).cloned()),
                    code: row.code_id.and_then(|id| codes.get(&id).cloned()),
                    status: row.status,
                    registered_at: row.registered_at,
                    checked_in_at: checked_in.get(&row.id).copied(),
                    results: results.remove(&row.id).unwrap_or_default(),
                    answers: answers.remove(&row.id).unwrap_or_default(),
                })
                .collect(),
            messages: messages
                .into_iter()
                .map(|row| ExportedMessageView {
                    id: row.id,
                    kind: row.kind,
                    subject: row.subject,
                    body: row.body,
                    read_at: row.read_at,
                    created_at: row.created_at,
                })
                .collect(),
            competitions: competitions
                .into_iter()
                .map(|row| ExportedCompetitionView {
                    id: row.id,
                    title: row.title,
                    description: row.description,
                    starts_at: row.starts_at,
                })
                .collect(),
            sessions: self.accounts.log_ins(actor, current).await?,
            organizer_request: self.organizer_request(actor).await?,
            staff_roles: self.staff_roles(actor).await?,
            opening_reminder_wishes: self.opening_reminders(actor).await?,
            push_subscriptions: self.push_subscriptions(actor).await?,
            api_keys: self.api_keys(actor).await?,
            webhooks: self.webhooks(actor).await?,
            certificates: self.certificates(&ids).await?,
            audit_events: self.audit_events(actor).await?,
        })
    }

    /// Returns the codes with which the owner has registered.
    async fn codes(
        &self,
        registrations: &[(registration::Model, Option<competition::Model>)],
    ) -> Result<HashMap<CodeId, String>> {
        let ids: Vec<CodeId> = registrations
            .iter()
            .filter_map(|(row, _)| row.code_id)
            .collect();
        let mut codes = HashMap::new();
        for some in ids.chunks(QUESTIONED_AT_ONCE) {
            let id = (code::Entity, code::Column::Id);
            let found: Vec<(CodeId, String)> = code::Entity::find()
                .select_only()
                .columns([code::Column::Id, code::Column::Code])
                .filter(bulk::among(self.database.backend(), id, some))
                .into_tuple()
                .all(self.database.read())
                .await?;
            codes.extend(found);
        }
        Ok(codes)
    }

    /// Returns the answers of registrations with what was asked.
    async fn answers(
        &self,
        registrations: &[(registration::Model, Option<competition::Model>)],
    ) -> Result<HashMap<RegistrationId, Vec<ExportedAnswerView>>> {
        let rows = registrations.iter().map(|(row, _)| row);
        let answered: Vec<_> = rows
            .filter_map(|row| Some((row.id, row.competition_id, stored_answers(row)?)))
            .collect();
        let competitions: HashSet<_> = answered.iter().map(|(_, id, _)| *id).collect();
        let competitions: Vec<_> = competitions.into_iter().collect();
        let mut labels: HashMap<QuestionId, String> = HashMap::new();
        for some in competitions.chunks(QUESTIONED_AT_ONCE) {
            let found: Vec<(QuestionId, String)> = question::Entity::find()
                .select_only()
                .columns([question::Column::Id, question::Column::Label])
                .filter(bulk::among(
                    self.database.backend(),
                    (question::Entity, question::Column::CompetitionId),
                    some,
                ))
                .into_tuple()
                .all(self.database.read())
                .await?;
            labels.extend(found);
        }
        labels.insert(BIRTH_DATE, QuestionView::birth_date().label);
        let with_question = |(id, answer)| ExportedAnswerView {
            question: labels.get(&id).cloned().unwrap_or_default(),
            answer,
        };
        let of_registration = answered.into_iter().map(|(id, _, answers)| {
            let answers = answers.into_iter().map(with_question);
            (id, answers.collect())
        });
        Ok(of_registration.collect())
    }

    async fn organizer_request(
        &self,
        actor: Actor,
    ) -> Result<Option<ExportedOrganizerRequestView>> {
        let row = organizer_request::Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?;
        Ok(row.map(|row| ExportedOrganizerRequestView {
            reason: row.reason,
            requested_at: row.requested_at,
            declined_at: row.declined_at,
        }))
    }

    async fn staff_roles(&self, actor: Actor) -> Result<Vec<ExportedStaffRoleView>> {
        let rows = staff::Entity::find()
            .filter(staff::Column::UserId.eq(actor.id))
            .filter(staff::Entity::is_member())
            .find_also_related(competition::Entity)
            .limit(ROWS_MAX)
            .all(self.database.read())
            .await?;
        let existing = |(row, competition): (staff::Model, Option<competition::Model>)| {
            let competition = competition.filter(|row| row.deleted_at.is_none())?;
            Some(ExportedStaffRoleView {
                competition_id: row.competition_id,
                competition_title: competition.title,
                role: row.role,
                since: row.accepted_at.unwrap_or(row.created_at),
            })
        };
        Ok(rows.into_iter().filter_map(existing).collect())
    }

    async fn opening_reminders(&self, actor: Actor) -> Result<Vec<ExportedOpeningReminderView>> {
        let read = self.database.read();
        let wishes = opening_reminder::Entity::find()
            .filter(opening_reminder::Column::UserId.eq(actor.id))
            .order_by_desc(opening_reminder::Column::CreatedAt)
            .limit(ROWS_MAX)
            .all(read)
            .await?;
        let ids: Vec<_> = wishes.iter().map(|wish| wish.competition_id).collect();
        let titles: HashMap<CompetitionId, String> = competition::Entity::find()
            .select_only()
            .columns([competition::Column::Id, competition::Column::Title])
            .filter(bulk::among(
                self.database.backend(),
                (competition::Entity, competition::Column::Id),
                &ids,
            ))
            .into_tuple::<(CompetitionId, String)>()
            .all(read)
            .await?
            .into_iter()
            .collect();
        let view = |wish: opening_reminder::Model| ExportedOpeningReminderView {
            competition_title: titles
                .get(&wish.competition_id)
                .cloned()
                .unwrap_or_default(),
            competition_id: wish.competition_id,
            reminded_of: wish.reminded_of,
            created_at: wish.created_at,
        };
        Ok(wishes.into_iter().map(view).collect())
    }

    async fn push_subscriptions(&self, actor: Actor) -> Result<Vec<ExportedPushSubscriptionView>> {
        use push_subscription::Column;
        let found = push_subscription::Entity::find()
            .filter(Column::UserId.eq(actor.id))
            .order_by_desc(Column::CreatedAt)
            .limit(ROWS_MAX)
            .all(self.database.read())
            .await?;
        let service = |endpoint: &str| {
            let url = Url::parse(endpoint).ok();
            let host = url.and_then(|url| url.host_str().map(str::to_owned));
            host.unwrap_or_default()
        };
        let view = |row: push_subscription::Model| ExportedPushSubscriptionView {
            service: service(&row.endpoint),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        };
        Ok(found.into_iter().map(view).collect())
    }

    async fn api_keys(&self, actor: Actor) -> Result<Vec<ExportedApiKeyView>> {
        use api_key::Column;
        let found = api_key::Entity::find()
            .filter(Column::UserId.eq(actor.id))
            .order_by_desc(Column::CreatedAt)
            .limit(ROWS_MAX)
            .all(self.database.read())
            .await?;
        let view = |key: api_key::Model| ExportedApiKeyView {
            scopes: api_keys::read_scopes(&key.scopes),
            name: key.name,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        };
        Ok(found.into_iter().map(view).collect())
    }

    async fn certificates(&self, ids: &[RegistrationId]) -> Result<Vec<ExportedCertificateView>> {
        use certificate::Column;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let of_them = (certificate::Entity, Column::RegistrationId);
        let found = certificate::Entity::find()
            .filter(bulk::among(self.database.backend(), of_them, ids))
            .order_by_desc(Column::IssuedAt)
            .limit(ROWS_MAX)
            .all(self.database.read())
            .await?;
        let view = |row: certificate::Model| ExportedCertificateView {
            serial: row.serial,
            kind: row.kind,
            registration_id: row.registration_id,
            name: row.name,
            competition_title: row.competition_title,
            issued_at: row.issued_at,
            revoked_at: row.revoked_at,
        };
        Ok(found.into_iter().map(view).collect())
    }

    async fn webhooks(&self, actor: Actor) -> Result<Vec<ExportedWebhookView>> {
        use webhook::Column;
        let found = webhook::Entity::find()
            .filter(Column::UserId.eq(actor.id))
            .order_by_desc(Column::CreatedAt)
            .limit(ROWS_MAX)
            .all(self.database.read())
            .await?;
        let view = |row: webhook::Model| ExportedWebhookView {
            events: webhooks::read_events(&row.events),
            url: row.url,
            created_at: row.created_at,
            off_at: row.off_at,
        };
        Ok(found.into_iter().map(view).collect())
    }

    /// Returns what the audit log says about the account. Who else acted is not part of it.
    async fn audit_events(&self, actor: Actor) -> Result<Vec<ExportedAuditEventView>> {
        use audit_event::Column;
        let mut events = Vec::new();
        // Two queries, since each has an index.
        for column in [Column::ActorId, Column::SubjectId] {
            let found = audit_event::Entity::find()
                .filter(column.eq(actor.id.0))
                .order_by_desc(Column::OccurredAt)
                .order_by_desc(Column::Id)
                .limit(ROWS_MAX)
                .all(self.database.read())
                .await?;
            events.extend(found);
        }
        events.sort_by_key(|event| std::cmp::Reverse((event.occurred_at, event.id)));
        events.dedup_by_key(|event| event.id);
        events.truncate(usize::try_from(ROWS_MAX).unwrap_or(usize::MAX));
        let view = |event: audit_event::Model| ExportedAuditEventView {
            id: event.id,
            occurred_at: event.occurred_at,
            action: event.action,
            outcome: event.outcome,
            own: event.actor_id == Some(actor.id),
            subject_kind: event.subject_kind,
            subject_id: event.subject_id,
            detail: event.detail,
        };
        Ok(events.into_iter().map(view).collect())
    }
}
