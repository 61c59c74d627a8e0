//! Transactions, and statements outside of them.

use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult,
    QueryResult, Statement,
};
use tokio::sync::Mutex;

use super::{
    postgres::{self, Checkout},
    time_limits::TimeLimits,
};

/// Runs each statement by itself, on whatever connection is free, within [`TimeLimits::ORDINARY`].
#[derive(Debug, Clone)]
pub struct Pool(pub(super) Kind);

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Sqlite(DatabaseConnection),
    Postgres(postgres::Pool),
}

/// A transaction that is open until [`commit`](Self::commit); dropped, it is rolled back.
///
/// On PostgreSQL it keeps its [`TimeLimits`]: a statement that takes longer fails, and one that is not
/// answered at all closes the connection. Whether a commit that is not answered came to pass, nobody
/// knows.
#[derive(Debug)]
pub struct Transaction(Open);

#[derive(Debug)]
enum Open {
    Sqlite(DatabaseTransaction),
    Postgres(Mutex<Checkout>, Duration),
}

impl Transaction {
    pub(super) fn sqlite(transaction: DatabaseTransaction) -> Self {
        Self(Open::Sqlite(transaction))
    }

    /// Begins one with the statement `begin`, which must tell the server the same limits.
    pub(super) async fn postgres(
        pool: &postgres::Pool,
        begin: String,
        limits: TimeLimits,
    ) -> Result<Self, DbErr> {
        let mut checkout = pool.acquire().await?;
        checkout.begin(begin).await?;
        Ok(Self(Open::Postgres(Mutex::new(checkout), limits.answer())))
    }

    /// Commits.
    ///
    /// # Errors
    /// What the database says. If it is away, the transaction may have been committed all the same.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Open::Sqlite(transaction) => transaction.commit().await,
            Open::Postgres(checkout, limit) => checkout.into_inner().commit(limit).await,
        }
    }

    /// Rolls back now rather than when the connection is next used.
    ///
    /// # Errors
    /// What the database says; the transaction is undone in any case.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.0 {
            Open::Sqlite(transaction) => transaction.rollback().await,
            Open::Postgres(checkout, limit) => checkout.into_inner().rollback(limit).await,
        }
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DatabaseBackend {
        match self.0 {
            Open::Sqlite(_) => DatabaseBackend::Sqlite,
            Open::Postgres(..) => DatabaseBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.execute_raw(statement).await,
            Open::Postgres(checkout, limit) => {
                checkout.lock().await.execute(&statement, *limit).await
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.execute_unprepared(sql).await,
            Open::Postgres(checkout, limit) => {
                checkout.lock().await.execute_unprepared(sql, *limit).await
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.query_one_raw(statement).await,
            Open::Postgres(checkout, limit) => {
                checkout.lock().await.query_one(&statement, *limit).await
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Open::Sqlite(transaction) => transaction.query_all_raw(statement).await,
            Open::Postgres(checkout, limit) => {
                checkout.lock().await.query_all(&statement, *limit).await
            }
        }
    }
}

/// How long the client waits for the answer to a statement outside of transactions.
const ANSWER: Duration = TimeLimits::ORDINARY.answer();

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DatabaseBackend {
        match self.0 {
            Kind::Sqlite(_) => DatabaseBackend::Sqlite,
            Kind::Postgres(_) => DatabaseBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::Sqlite(pool) => pool.execute_raw(statement).await,
            Kind::Postgres(pool) => pool.acquire().await?.execute(&statement, ANSWER).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::Sqlite(pool) => pool.execute_unprepared(sql).await,
            Kind::Postgres(pool) => pool.acquire().await?.execute_unprepared(sql, ANSWER).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Kind::Sqlite(pool) => pool.query_one_raw(statement).await,
            Kind::Postgres(pool) => pool.acquire().await?.query_one(&statement, ANSWER).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Kind::Sqlite(pool) => pool.query_all_raw(statement).await,
            Kind::Postgres(pool) => pool.acquire().await?.query_all(&statement, ANSWER).await,
        }
    }
}
