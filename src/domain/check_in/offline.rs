//! What a device needs that checks tickets without a network.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, FromQueryResult, Statement,
    sea_query::{Expr, ExprTrait, JoinType, Query},
};
use sha2::{Digest, Sha256};

use super::CheckIns;
use crate::{
    domain::{Actor, Result, registration::division_names, tickets::codes::TicketCodes},
    model::{
        CompetitionId, DivisionId, OfflineEntryView, OfflineListView, RegistrationId,
        RegistrationStatus, UserId, ticket_number,
    },
    store::InfrastructureError,
};

/// The most people in a list.
const MOST: u64 = 50_000;
/// The number of bytes of a hash that a device gets: nobody finds a code that has the same ones.
const HASH_BYTES: usize = 16;

#[derive(Debug, FromQueryResult)]
struct OfflineRow {
    id: RegistrationId,
    user_id: UserId,
    division_id: Option<DivisionId>,
    name: String,
    at: Option<DateTime<Utc>>,
    number: Option<i32>,
}

impl CheckIns {
    /// Returns everybody with a seat, as they are at one moment, without e-mail addresses and without the codes of
    /// their tickets.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`](crate::model::DomainError::NotFound),
    /// [`DomainError::Forbidden`](crate::model::DomainError::Forbidden), or
    /// [`DomainError::Overloaded`](crate::model::DomainError::Overloaded) while others are made.
    pub async fn offline_list(&self, actor: Actor, id: CompetitionId) -> Result<OfflineListView> {
        let competition = self.permitted(actor, id).await?;
        let database = &self.0.database;
        let server_time = self.0.clock.now();
        // One statement sees one moment.
        let statement = everybody(database.read().get_database_backend(), id);
        let rows = OfflineRow::find_by_statement(statement);
        let mut rows = rows.all(database.read()).await?;
        let complete = rows.len() as u64 <= MOST;
        rows.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
        let divisions = rows.iter().filter_map(|row| row.division_id);
        let names = division_names(database.read(), divisions).await?;
        let codes = self.0.codes.clone();
        let entries = move || {
            let entry = |row: OfflineRow| OfflineEntryView {
                registration_id: row.id,
                user_name: row.name,
                division: row.division_id.and_then(|id| names.get(&id).cloned()),
                start_number: row.number.and_then(|it| u32::try_from(it).ok()),
                ticket_number: ticket_number(row.id),
                code_hash: hash(&codes, row.id, row.user_id),
                checked_in_at: row.at,
            };
            rows.into_iter().map(entry).collect()
        };
        let items = self.0.offline.run(entries).await?;
        Ok(OfflineListView {
            competition_id: id,
            title: competition.title,
            server_time,
            complete,
            items: items.map_err(InfrastructureError::internal)?,
        })
    }
}

/// Returns the statement that reads everybody with a seat, and one more than there is room for.
fn everybody(backend: sea_orm::DatabaseBackend, id: CompetitionId) -> Statement {
    let column = |table: &'static str, name: &'static str| Expr::col((table, name));
    let seated = [RegistrationStatus::Pending, RegistrationStatus::Confirmed];
    let mut query = Query::select();
    query
        .columns(["id", "user_id", "division_id"].map(|name| ("registrations", name)))
        .column(("users", "name"))
        .column(("check_ins", "at"))
        .column(("start_numbers", "number"))
        .from("registrations")
        .inner_join(
            "users",
            column("users", "id").equals(("registrations", "user_id")),
        )
        .join(
            JoinType::LeftJoin,
            "check_ins",
            column("check_ins", "registration_id")
                .equals(("registrations", "id"))
                .and(column("check_ins", "undone_at").is_null()),
        )
        .left_join(
            "start_numbers",
            column("start_numbers", "registration_id").equals(("registrations", "id")),
        )
        .and_where(column("registrations", "competition_id").eq(id.0))
        .and_where(column("registrations", "status").is_in(seated.map(|it| it.to_string())))
        .limit(MOST + 1);
    backend.build(&query)
}

/// Returns the hash by which a device recognizes the code of a ticket.
fn hash(codes: &TicketCodes, id: RegistrationId, participant: UserId) -> String {
    let digest = Sha256::digest(codes.code(id, participant));
    URL_SAFE_NO_PAD.encode(&digest[..HASH_BYTES])
}
