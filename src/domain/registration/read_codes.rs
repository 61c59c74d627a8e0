//! Reads the codes on which a batch depends: those that it names or gives back, and those that have expired with seats set
//! aside. For a competition without codes and conditions nothing is read.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{
    code_commands::CodeAction,
    code_state::{Address, CodeState, request_key},
    command::Command,
    competition_state::CompetitionState,
    decide::LiveRegistration,
};
use crate::{
    model::{BulkAction, CodeId, UserId},
    store::{
        InfrastructureError, Transaction, bulk,
        entity::{
            code::{Column, Entity},
            user,
        },
    },
};

/// The number of expired codes that one transaction releases.
const MAX_RELEASED: usize = 1_000;

/// The condition that seats are set aside for a code until it expires.
const SET_ASIDE: &str =
    "kind = 'RESERVED' AND released_at IS NULL AND removed_at IS NULL AND expires_at IS NOT NULL";

/// The codes on which a batch depends.
#[derive(Default)]
pub(super) struct CodesRead {
    pub codes: Vec<CodeState>,
    /// When the next code expires whose seats come back, if expired ones were read.
    pub next_expiry: Option<Option<DateTime<Utc>>>,
    /// The most seats that are not set aside any more after the batch.
    pub released: i32,
}

/// Reads the codes on which a batch depends. `live` are the registrations that it may cancel, among others.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn read_codes(
    transaction: &Transaction,
    state: &CompetitionState,
    commands: &[Command],
    live: &[LiveRegistration],
    now: DateTime<Utc>,
) -> Result<CodesRead, InfrastructureError> {
    let mut read = CodesRead::default();
    let backend = transaction.get_database_backend();
    let mut found: HashMap<CodeId, CodeState> = HashMap::new();
    let named = named(state, commands);
    if !named.is_empty() {
        let rows = Entity::find()
            .filter(bulk::among_texts(backend, (Entity, Column::Digest), &named))
            .filter(Column::RemovedAt.is_null())
            .all(transaction)
            .await?;
        found.extend(rows.into_iter().map(|row| (row.id, row.into())));
    }
    for request in requests(commands) {
        let known = format!("{}%", request_key(request));
        let rows = Entity::find()
            .filter(Column::CompetitionId.eq(state.id))
            .filter(Column::Request.like(known))
            // Those of one request are alike.
            .limit(1)
            .all(transaction)
            .await?;
        found.extend(rows.into_iter().map(|row| (row.id, row.into())));
    }
    let ids = referred_to(commands, live);
    if !ids.is_empty() {
        let rows = Entity::find()
            .filter(bulk::among(backend, (Entity, Column::Id), &ids))
            // A command may name a code of another competition.
            .filter(Column::CompetitionId.eq(state.id))
            .all(transaction)
            .await?;
        found.extend(rows.into_iter().map(|row| (row.id, row.into())));
    }
    if state.codes.due_at.is_some_and(|due| due <= now) {
        let expiring = Entity::find()
            .filter(Column::CompetitionId.eq(state.id))
            // The condition of the index, which has no parameters.
            .filter(Expr::cust(SET_ASIDE))
            .order_by_asc(Column::ExpiresAt)
            .limit(MAX_RELEASED as u64 + 1)
            .all(transaction)
            .await?;
        read.next_expiry = Some(match expiring.len() > MAX_RELEASED {
            true => expiring.last().and_then(|code| code.expires_at),
            false => {
                let later = expiring.iter().find(|code| code.expires_at > Some(now));
                later.and_then(|code| code.expires_at)
            }
        });
        let due = expiring.into_iter().take(MAX_RELEASED);
        let due = due.filter(|code| code.expires_at <= Some(now));
        found.extend(due.map(|code| (code.id, code.into())));
    }
    let changes = |command: &Command| matches!(command, Command::ChangeCodes(_));
    if read.next_expiry.is_some() || commands.iter().any(changes) {
        read.released = state.codes.reserved;
    }
    read.codes = found.into_values().collect();
    Ok(read)
}

/// Returns the digests of the codes that commands name, each once. A competition without codes knows none.
fn named<'a>(state: &CompetitionState, commands: &'a [Command]) -> Vec<&'a str> {
    let mut digests = HashSet::new();
    for command in commands {
        match command {
            Command::Register { code, .. } if state.codes.count > 0 => {
                digests.extend(code.as_deref().filter(|digest| !digest.is_empty()));
            }
            Command::ChangeCodes(change) => {
                if let CodeAction::Add(added) = &change.action {
                    digests.extend(added.iter().map(|code| &*code.digest));
                }
            }
            _ => {}
        }
    }
    digests.into_iter().collect()
}

/// Returns the digests of the requests with a key that generate codes.
fn requests(commands: &[Command]) -> impl Iterator<Item = &str> {
    commands.iter().filter_map(|command| match command {
        Command::ChangeCodes(change) => match &change.action {
            CodeAction::Add(added) => added.first()?.request.as_deref(),
            CodeAction::Edit(..) | CodeAction::Remove(_) => None,
        },
        _ => None,
    })
}

/// Returns the ids of the codes that commands change, give back with a registration, or use again.
fn referred_to(commands: &[Command], live: &[LiveRegistration]) -> Vec<CodeId> {
    let mut ids = HashSet::new();
    let of = |id| live.iter().find(|live| live.id == id)?.code;
    for command in commands {
        match command {
            Command::Cancel { registration, .. } => ids.extend(of(*registration)),
            Command::Act(act) if act.action == BulkAction::Cancel => {
                ids.extend(act.ids.iter().filter_map(|id| of(*id)));
            }
            Command::Undo(undo) => ids.extend(undo.people.iter().filter_map(|former| former.code)),
            Command::ChangeCodes(change) => match &change.action {
                CodeAction::Edit(id, _) | CodeAction::Remove(id) => {
                    ids.insert(*id);
                }
                CodeAction::Add(_) => {}
            },
            _ => {}
        }
    }
    ids.into_iter().collect()
}

/// Reads the addresses of the accounts that register, if a rule is about them.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn read_addresses(
    transaction: &Transaction,
    state: &CompetitionState,
    codes: &[CodeState],
    commands: &[Command],
) -> Result<HashMap<UserId, Address>, InfrastructureError> {
    let matters = !state.eligibility.email_domains.is_empty()
        || codes.iter().any(|code| code.email.is_some());
    let users = commands.iter().filter_map(|command| match command {
        Command::Register { user, .. } if matters => Some(*user),
        _ => None,
    });
    let users: Vec<UserId> = users.collect();
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let id = (user::Entity, user::Column::Id);
    let rows: Vec<(UserId, String, bool)> = user::Entity::find()
        .select_only()
        .columns([
            user::Column::Id,
            user::Column::Email,
            user::Column::EmailConfirmed,
        ])
        .filter(bulk::among(transaction.get_database_backend(), id, &users))
        .into_tuple()
        .all(transaction)
        .await?;
    let address = |(id, email, confirmed)| (id, Address { email, confirmed });
    Ok(rows.into_iter().map(address).collect())
}
