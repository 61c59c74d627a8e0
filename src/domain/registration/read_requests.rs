//! Reads what requests to register depend on: whether their accounts exist, the live registrations of the
//! accounts, and the outcomes that are stored under the keys of the requests.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, QueryFilter, QueryResult,
    QuerySelect, Statement, Value, sea_query::ArrayType,
};
use serde_json::Value as Json;

use super::{
    decide::LiveRegistration,
    outcome::{ResponseCodec, StoredOutcome, StoredResponse},
};
use crate::{
    model::{
        CodeId, CompetitionId, DivisionId, IdempotencyKey, RegistrationId, RegistrationStatus,
        UserId,
    },
    store::{
        InfrastructureError, Transaction, bulk,
        entity::{idempotency_log, registration, user},
    },
};

/// What the database has about the commands of all batches.
#[derive(Default)]
pub(super) struct Found {
    /// Those of the accounts that register which exist.
    pub users: HashSet<UserId>,
    /// Live registrations, by competition. One may be there twice.
    pub live: HashMap<CompetitionId, Vec<LiveRegistration>>,
    /// Cancelled registrations and their owners, by competition.
    pub cancelled: HashMap<CompetitionId, HashMap<RegistrationId, UserId>>,
    /// The outcomes that are stored and have not expired.
    pub outcomes: HashMap<(UserId, IdempotencyKey), Arc<StoredOutcome>>,
}

/// An outcome as it is stored.
struct OutcomeRow {
    user: UserId,
    key: String,
    fingerprint: String,
    status: i32,
    response: Json,
    expires_at: DateTime<Utc>,
}

/// Reads what the requests, each an account and an idempotency key, depend on. An outcome that has expired
/// is deleted, so that its key can be used again.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn read_requests(
    transaction: &Transaction,
    found: &mut Found,
    requests: &[(UserId, &str)],
    now: DateTime<Utc>,
    codec: &ResponseCodec,
) -> Result<(), InfrastructureError> {
    let outcomes = match transaction.get_database_backend() {
        DatabaseBackend::Postgres => read_together(transaction, found, requests).await?,
        _ => {
            read_users(transaction, found, requests).await?;
            read_outcomes(transaction, requests).await?
        }
    };
    for row in outcomes {
        if row.expires_at <= now {
            idempotency_log::Entity::delete_by_id((row.user, row.key))
                .exec(transaction)
                .await?;
            continue;
        }
        let key = IdempotencyKey::stored(row.key).map_err(InfrastructureError::internal)?;
        let response = StoredResponse {
            status: u16::try_from(row.status).map_err(InfrastructureError::internal)?,
            body: (codec.canonical)(&row.response),
        };
        let stored = StoredOutcome::restore(codec, row.fingerprint, response, row.expires_at);
        found.outcomes.insert((row.user, key), Arc::new(stored));
    }
    Ok(())
}

/// Reads everything in one statement of PostgreSQL.
///
/// `OFFSET 0` keeps the planner from joining in another way than by looking each request up by its index.
/// A plan that was made while the tables were empty would read them as a whole later.
async fn read_together(
    transaction: &Transaction,
    found: &mut Found,
    requests: &[(UserId, &str)],
) -> Result<Vec<OutcomeRow>, InfrastructureError> {
    // A single request without arrays, since their length decides about the plan: PostgreSQL would make
    // one for each execution.
    let (rows, values): (&str, Vec<Value>) = match requests {
        [(user, key)] => (
            "(VALUES ($1::uuid, $2::text))",
            vec![(*user).into(), (*key).into()],
        ),
        _ => {
            let users = requests.iter().map(|(user, _)| (*user).into()).collect();
            let keys = requests.iter().map(|(_, key)| (*key).into()).collect();
            (
                "UNNEST($1::uuid[], $2::text[])",
                vec![
                    Value::Array(ArrayType::Uuid, Some(Box::new(users))),
                    Value::Array(ArrayType::String, Some(Box::new(keys))),
                ],
            )
        }
    };
    let sql = format!(
        "SELECT q.user_id, u.id IS NOT NULL, r.id, r.competition_id, r.status, \
         q.key, i.request_fingerprint, i.response_status, i.response, i.expires_at, r.division_id, r.code_id \
         FROM {rows} AS q (user_id, key) \
         LEFT JOIN LATERAL (SELECT id FROM users \
           WHERE id = q.user_id AND disabled_at IS NULL OFFSET 0) AS u ON true \
         LEFT JOIN LATERAL (SELECT id, competition_id, status, division_id, code_id FROM registrations \
           WHERE user_id = q.user_id AND status <> 'CANCELLED' OFFSET 0) AS r ON true \
         LEFT JOIN LATERAL (SELECT request_fingerprint, response_status, response, expires_at \
           FROM idempotency_logs WHERE user_id = q.user_id AND key = q.key OFFSET 0) AS i ON true"
    );
    let statement = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values);
    let mut outcomes = Vec::new();
    for row in transaction.query_all_raw(statement).await? {
        outcomes.extend(add_row(found, &row)?);
    }
    Ok(outcomes)
}

/// Adds a row of [`read_together`], and returns the outcome in it.
fn add_row(found: &mut Found, row: &QueryResult) -> Result<Option<OutcomeRow>, DbErr> {
    let user: UserId = row.try_get_by_index(0)?;
    if row.try_get_by_index(1)? {
        found.users.insert(user);
    }
    if let Some(id) = row.try_get_by_index(2)? {
        let status = row.try_get_by_index(4)?;
        let live = LiveRegistration {
            id,
            user,
            status,
            division: row.try_get_by_index(10)?,
            code: row.try_get_by_index(11)?,
        };
        let of_competition = found.live.entry(row.try_get_by_index(3)?);
        of_competition.or_default().push(live);
    }
    let Some(fingerprint) = row.try_get_by_index(6)? else {
        return Ok(None);
    };
    Ok(Some(OutcomeRow {
        user,
        key: row.try_get_by_index(5)?,
        fingerprint,
        status: row.try_get_by_index(7)?,
        response: row.try_get_by_index(8)?,
        expires_at: row.try_get_by_index(9)?,
    }))
}

/// Reads which of the accounts exist, and their live registrations.
async fn read_users(
    transaction: &Transaction,
    found: &mut Found,
    requests: &[(UserId, &str)],
) -> Result<(), InfrastructureError> {
    type Row = (
        RegistrationId,
        UserId,
        CompetitionId,
        RegistrationStatus,
        Option<DivisionId>,
        Option<CodeId>,
    );
    let backend = transaction.get_database_backend();
    let users: Vec<UserId> = requests.iter().map(|(user, _)| *user).collect();
    let known: Vec<UserId> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(bulk::among(
            backend,
            (user::Entity, user::Column::Id),
            &users,
        ))
        .filter(user::Column::DisabledAt.is_null())
        .into_tuple()
        .all(transaction)
        .await?;
    found.users.extend(known);
    let rows: Vec<Row> = registration::Entity::find()
        .select_only()
        .columns([
            registration::Column::Id,
            registration::Column::UserId,
            registration::Column::CompetitionId,
            registration::Column::Status,
            registration::Column::DivisionId,
            registration::Column::CodeId,
        ])
        .filter(bulk::among(
            backend,
            (registration::Entity, registration::Column::UserId),
            &users,
        ))
        .filter(registration::is_live())
        .into_tuple()
        .all(transaction)
        .await?;
    for (id, user, at, status, division, code) in rows {
        let live = LiveRegistration {
            id,
            user,
            status,
            division,
            code,
        };
        found.live.entry(at).or_default().push(live);
    }
    Ok(())
}

/// Reads the outcomes that are stored under the keys.
async fn read_outcomes(
    transaction: &Transaction,
    requests: &[(UserId, &str)],
) -> Result<Vec<OutcomeRow>, InfrastructureError> {
    let (users, keys): (Vec<UserId>, Vec<&str>) = requests.iter().copied().unzip();
    let backend = transaction.get_database_backend();
    let pairs = bulk::among_pairs(backend, ("user_id", "key"), &users, &keys);
    let rows = idempotency_log::Entity::find()
        .filter(pairs)
        .all(transaction)
        .await?;
    let outcome = |row: idempotency_log::Model| OutcomeRow {
        user: row.user_id,
        key: row.key,
        fingerprint: row.request_fingerprint,
        status: row.response_status,
        response: row.response,
        expires_at: row.expires_at,
    };
    Ok(rows.into_iter().map(outcome).collect())
}
