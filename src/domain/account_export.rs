//! What is stored for an account, for its owner.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Actor, Result, accounts::Accounts};
use crate::{
    model::{
        AccountExportView, DomainError, ExportedCompetitionView, ExportedMessageView,
        ExportedRegistrationView,
    },
    ops::Clock,
    store::{
        Database,
        entity::{competition, message, registration, user},
        sign_out::KeptLogIn,
    },
};

/// The largest number of rows of one kind in an export: the newest. It bounds the memory of a request.
pub const ROWS_MAX: u64 = 5_000;

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
        Ok(AccountExportView {
            exported_at: self.clock.now(),
            id: row.id,
            name: row.name,
            email: row.email,
            email_confirmed: row.email_confirmed,
            role: row.role,
            reminders: row.reminders,
            created_at: row.created_at,
            registrations: registrations
                .into_iter()
                .map(|(row, competition)| ExportedRegistrationView {
                    id: row.id,
                    competition_id: row.competition_id,
                    competition_title: competition.map(|row| row.title).unwrap_or_default(),
                    status: row.status,
                    registered_at: row.registered_at,
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
        })
    }
}
