//! Transactions, and statements outside of transactions, on either database behind one interface.

use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult,
    QueryResult, Statement,
};
use tokio::sync::Mutex;

use super::{
    postgres::{Checkout, PostgresPool},
    time_limits::TimeLimits,
};

/// Runs each statement by itself, on any free connection, within [`TimeLimits::ORDINARY`].
#[derive(Debug, Clone)]
pub struct Pool(pub(super) PoolBackend);

/// The connections behind a [`Pool`].
#[derive(Debug, Clone)]
pub(super) enum PoolBackend {
    Sqlite(DatabaseConnection),
    Postgres(PostgresPool),
}

/// A transaction that is open until [`commit`](Self::commit). If it is dropped, it is rolled back.
///
/// On PostgreSQL it keeps its [`TimeLimits`]: a statement that takes longer fails, and the connection is
/// closed if there is no response at all. It is then unknown whether a commit happened.
#[derive(Debug)]
pub struct Transaction(TransactionBackend);

/// The open transaction of the driver; on PostgreSQL with the limit for each response.
#[derive(Debug)]
enum TransactionBackend {
    Sqlite(DatabaseTransaction),
    Postgres(Mutex<Checkout>, Duration),
}

impl Transaction {
    pub(super) fn sqlite(transaction: DatabaseTransaction) -> Self {
        Self(TransactionBackend::Sqlite(transaction))
    }

    /// Begins a transaction with the statements `begin`, which must set the same limits on the server.
    pub(super) async fn postgres(
        pool: &PostgresPool,
        begin: String,
        limits: TimeLimits,
    ) -> Result<Self, DbErr> {
        let mut checkout = pool.acquire().await?;
        checkout.begin(begin).await?;
        Ok(Self(TransactionBackend::Postgres(
            Mutex::new(checkout),
            limits.response_timeout(),
        )))
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if the commit failed. If the database is unavailable, the transaction may have
    /// been committed nevertheless.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            TransactionBackend::Sqlite(transaction) => transaction.commit().await,
            TransactionBackend::Postgres(checkout, limit) => {
                checkout.into_inner().commit(limit).await
            }
        }
    }

    /// Rolls the transaction back at once, rather than when the connection is next used.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if the database did not confirm; the transaction is undone in any case.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.0 {
            TransactionBackend::Sqlite(transaction) => transaction.rollback().await,
            TransactionBackend::Postgres(checkout, limit) => {
                checkout.into_inner().rollback(limit).await
            }
        }
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DatabaseBackend {
        match self.0 {
            TransactionBackend::Sqlite(_) => DatabaseBackend::Sqlite,
            TransactionBackend::Postgres(..) => DatabaseBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            TransactionBackend::Sqlite(transaction) => transaction.execute_raw(statement).await,
            TransactionBackend::Postgres(checkout, limit) => {
                checkout.lock().await.execute(statement, *limit).await
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            TransactionBackend::Sqlite(transaction) => transaction.execute_unprepared(sql).await,
            TransactionBackend::Postgres(checkout, limit) => {
                checkout.lock().await.execute_unprepared(sql, *limit).await
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            TransactionBackend::Sqlite(transaction) => transaction.query_one_raw(statement).await,
            TransactionBackend::Postgres(checkout, limit) => {
                checkout.lock().await.query_one(statement, *limit).await
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            TransactionBackend::Sqlite(transaction) => transaction.query_all_raw(statement).await,
            TransactionBackend::Postgres(checkout, limit) => {
                checkout.lock().await.query_all(statement, *limit).await
            }
        }
    }
}

/// How long the client waits for the response to a statement outside of transactions.
const RESPONSE_TIMEOUT: Duration = TimeLimits::ORDINARY.response_timeout();

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DatabaseBackend {
        match self.0 {
            PoolBackend::Sqlite(_) => DatabaseBackend::Sqlite,
            PoolBackend::Postgres(_) => DatabaseBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            PoolBackend::Sqlite(pool) => pool.execute_raw(statement).await,
            PoolBackend::Postgres(pool) => {
                pool.acquire()
                    .await?
                    .execute(statement, RESPONSE_TIMEOUT)
                    .await
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            PoolBackend::Sqlite(pool) => pool.execute_unprepared(sql).await,
            PoolBackend::Postgres(pool) => {
                pool.acquire()
                    .await?
                    .execute_unprepared(sql, RESPONSE_TIMEOUT)
                    .await
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            PoolBackend::Sqlite(pool) => pool.query_one_raw(statement).await,
            PoolBackend::Postgres(pool) => {
                pool.acquire()
                    .await?
                    .query_one(statement, RESPONSE_TIMEOUT)
                    .await
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            PoolBackend::Sqlite(pool) => pool.query_all_raw(statement).await,
            PoolBackend::Postgres(pool) => {
                pool.acquire()
                    .await?
                    .query_all(statement, RESPONSE_TIMEOUT)
                    .await
            }
        }
    }
}
