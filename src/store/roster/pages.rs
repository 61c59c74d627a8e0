//! Reads pages of a list of registrations in a bounded time, whatever is searched and in whichever order.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr,
    sea_query::{Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement, SimpleExpr},
};

use super::{
    driver::Driver,
    query::{Attendance, RosterOrder, RosterPage, RosterQuery, RosterStart, count},
    terms::{RosterTerm, words_condition},
};
use crate::{
    model::{
        Language, RecipientCount, RegistrationId, RegistrationStatus, forms::COUNTED_REGISTRATIONS,
    },
    store::{Database, bulk, by_index, check_ins},
};

/// The statuses of registrations that hold a seat.
const SEATED: [RegistrationStatus; 2] =
    [RegistrationStatus::Pending, RegistrationStatus::Confirmed];

impl RosterQuery<'_> {
    /// Reads the page.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if the database is unavailable.
    pub async fn read(&self, database: &Database) -> Result<RosterPage, DbErr> {
        let backend = database.backend();
        if let Some(driver) = self.driver(database).await? {
            let few = self.few(backend, driver);
            let all = ids(database, &few).await?;
            let total = all.len() as u64;
            let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
            let skipped = match self.start {
                RosterStart::Offset(offset) => usize::try_from(offset).unwrap_or(usize::MAX),
                RosterStart::After(id) => match all.iter().position(|one| *one == id) {
                    Some(last) => last + 1,
                    // It has left the list since the last page, so the place where it stood counts.
                    None => {
                        let ids = self.few_behind(database, few, id).await?;
                        let ids = ids.into_iter().take(limit).collect();
                        return Ok(RosterPage { ids, total });
                    }
                },
            };
            let ids = all.into_iter().skip(skipped).take(limit).collect();
            return Ok(RosterPage { ids, total });
        }
        let total = self.count(database, Some(COUNTED_REGISTRATIONS)).await?;
        let ids = match self.walk(database).await? {
            Some(walk) => ids(database, &walk).await?,
            None => Vec::new(),
        };
        Ok(RosterPage { ids, total })
    }

    /// Returns the query that reads all registrations that meet one condition, and sorts those that meet all.
    fn few(&self, backend: DatabaseBackend, driver: Driver) -> SelectStatement {
        let mut rows = self.rows_of(driver);
        if matches!(driver, Driver::Term(_)) {
            // Who has several words which begin with what was typed is in the list once.
            rows.distinct();
        }
        let mut query = Query::select();
        query.from_subquery(rows, "d");
        join_entry(backend, &mut query, ("d", "registration_id"));
        if self.reads_registrations() {
            join_registration(backend, &mut query);
        }
        query.cond_where(self.conditions(backend));
        self.sorted(query, self.key_of_entry(), ("e", "registration_id"))
    }

    /// Reads those who meet all conditions and stand behind a registration that does not; nobody if it does not exist.
    async fn few_behind(
        &self,
        database: &Database,
        mut few: SelectStatement,
        last: RegistrationId,
    ) -> Result<Vec<RegistrationId>, DbErr> {
        let Some(value) = self.value_of(database, last).await? else {
            return Ok(Vec::new());
        };
        let key = (self.key_of_entry(), ("e", "registration_id"));
        few.and_where(self.is_behind(key, (value, last)));
        few.limit(self.limit);
        ids(database, &few).await
    }

    /// Returns the condition that a registration stands behind another in the order.
    fn is_behind(
        &self,
        (key, id): ((&'static str, &'static str), (&'static str, &'static str)),
        (value, last): (SimpleExpr, RegistrationId),
    ) -> SimpleExpr {
        let key = Expr::tuple([Expr::col(key), Expr::col(id)]);
        let last = Expr::tuple([value, Expr::val(last.0)]);
        match self.descending {
            true => key.lt(last),
            false => key.gt(last),
        }
    }

    /// Returns the query that follows the index of the order from where the page begins; `None` if it begins
    /// behind a registration that does not exist.
    async fn walk(&self, database: &Database) -> Result<Option<SelectStatement>, DbErr> {
        let mut query = self.unsorted_walk(database.backend());
        match self.start {
            RosterStart::Offset(offset) => {
                query.offset(offset);
            }
            RosterStart::After(last) => {
                let Some(value) = self.value_of(database, last).await? else {
                    return Ok(None);
                };
                query.and_where(self.is_behind(self.key(), (value, last)));
            }
        }
        query.limit(self.limit);
        let (key, id) = self.key();
        Ok(Some(self.sorted(query, key, id)))
    }

    /// Returns the query from the table whose index has the order.
    fn unsorted_walk(&self, backend: DatabaseBackend) -> SelectStatement {
        let mut query = Query::select();
        if self.walks_registrations() {
            let of_competition = Expr::col(("r", "competition_id")).eq(self.competition.0);
            query
                .from_as("registrations", "r")
                .and_where(of_competition);
            if !self.terms.is_empty() {
                join_entry(backend, &mut query, ("r", "id"));
            }
        } else {
            let of_competition = Expr::col(("e", "competition_id")).eq(self.competition.0);
            query
                .from_as("roster_entries", "e")
                .and_where(of_competition);
            if self.reads_registrations() {
                join_registration(backend, &mut query);
            }
        }
        query.cond_where(self.conditions(backend));
        query
    }

    /// Returns whether a condition is one of the registrations themselves.
    const fn reads_registrations(&self) -> bool {
        self.status.is_some() || self.attendance.is_some()
    }

    /// Returns whether the order is that of an index of registrations. With a language, the index of entries has
    /// it, too.
    fn walks_registrations(&self) -> bool {
        self.order == RosterOrder::RegisteredAt && self.language.is_none()
    }

    /// Returns the column of the order, and that of the ids, from the table whose index is followed.
    fn key(&self) -> ((&'static str, &'static str), (&'static str, &'static str)) {
        let of_entry = ("e", "registration_id");
        match self.order {
            RosterOrder::Name => (("e", "name"), of_entry),
            RosterOrder::Email => (("e", "email"), of_entry),
            RosterOrder::RegisteredAt if self.walks_registrations() => {
                (("r", "registered_at"), ("r", "id"))
            }
            RosterOrder::RegisteredAt => (("e", "registered_at"), of_entry),
        }
    }

    /// Returns the column of the order in the entries.
    const fn key_of_entry(&self) -> (&'static str, &'static str) {
        match self.order {
            RosterOrder::Name => ("e", "name"),
            RosterOrder::Email => ("e", "email"),
            RosterOrder::RegisteredAt => ("e", "registered_at"),
        }
    }

    fn sorted(
        &self,
        mut query: SelectStatement,
        key: (&'static str, &'static str),
        id: (&'static str, &'static str),
    ) -> SelectStatement {
        let order = match self.descending {
            true => Order::Desc,
            false => Order::Asc,
        };
        query
            .expr_as(Expr::col(id), "id")
            .order_by(key, order.clone())
            .order_by(id, order);
        query
    }

    /// Returns the value by which a registration is sorted.
    async fn value_of(
        &self,
        database: &Database,
        id: RegistrationId,
    ) -> Result<Option<SimpleExpr>, DbErr> {
        let mut query = Query::select();
        query
            .columns(["name", "email", "registered_at"])
            .from("roster_entries")
            .and_where(Expr::col("registration_id").eq(id.0))
            .and_where(Expr::col("competition_id").eq(self.competition.0));
        let Some(row) = database.read().query_one(&query).await? else {
            return Ok(None);
        };
        Ok(Some(match self.order {
            RosterOrder::Name => Expr::val(row.try_get::<String>("", "name")?),
            RosterOrder::Email => Expr::val(row.try_get::<String>("", "email")?),
            RosterOrder::RegisteredAt => {
                Expr::val(row.try_get::<DateTime<Utc>>("", "registered_at")?)
            }
        }))
    }

    fn conditions(&self, backend: DatabaseBackend) -> Condition {
        let language = self
            .language
            .map(|_| Expr::col(("e", "language")).eq(self.language_tag()));
        let status = self
            .status
            .map(|_| Expr::col(("r", "status")).eq(self.status_name()));
        let words = words_condition(backend, "e", self.terms);
        let attendance = self.attendance.map(|attendance| {
            let seated = Expr::col(("r", "status")).is_in(SEATED.map(|it| it.to_string()));
            let is_here = || check_ins::is_checked_in(("r", "id"));
            match attendance {
                Attendance::Expected => seated,
                Attendance::CheckedIn => seated.and(is_here()),
                Attendance::Missing => seated.and(is_here().not()),
            }
        });
        let mut all = Condition::all();
        for condition in [language, status, words, attendance].into_iter().flatten() {
            all = all.add(condition);
        }
        all
    }

    /// Counts the registrations in the list, whatever page it is. If several conditions are met by many, no more than
    /// `at_most` are counted.
    ///
    /// # Errors
    /// Returns a [`DbErr`] if the database is unavailable.
    pub async fn count_up_to(
        &self,
        database: &Database,
        at_most: Option<u64>,
    ) -> Result<RecipientCount, DbErr> {
        // A list by status alone needs no entries, which may be missing yet.
        let driver = match self.has_one_condition() {
            true => None,
            false => self.driver(database).await?,
        };
        let number = match driver {
            Some(driver) => count(database, self.few(database.backend(), driver)).await?,
            None => self.count(database, at_most).await?,
        };
        let is_exact = self.has_one_condition() || at_most.is_none_or(|most| number < most);
        Ok(RecipientCount { number, is_exact })
    }

    /// Counts the registrations in the list, no more than `at_most` if several conditions are met by many.
    async fn count(&self, database: &Database, at_most: Option<u64>) -> Result<u64, DbErr> {
        match (self.terms, self.language, self.status) {
            _ if self.attendance.is_some() => self.count_some(database, at_most).await,
            ([], None, None) => count(database, self.everybody()).await,
            ([], Some(_), None) => count(database, self.rows_of(Driver::Language)).await,
            ([], None, Some(_)) => count(database, self.rows_of(Driver::Status)).await,
            _ => self.count_some(database, at_most).await,
        }
    }

    /// Counts the registrations that meet several conditions, no more than `at_most`.
    async fn count_some(&self, database: &Database, at_most: Option<u64>) -> Result<u64, DbErr> {
        let mut some = self.unsorted_walk(database.backend());
        some.expr_as(Expr::val(1), "one");
        if let Some(most) = at_most {
            some.limit(most);
        }
        count(database, some).await
    }
}

/// Returns those of the registrations whose entries have a language and all terms.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn matching_among<C: ConnectionTrait>(
    connection: &C,
    registrations: &[RegistrationId],
    language: Option<Language>,
    terms: &[RosterTerm],
) -> Result<HashSet<RegistrationId>, DbErr> {
    let backend = connection.get_database_backend();
    let language = language.map(|language| Expr::col(("e", "language")).eq(language.tag()));
    let mut query = Query::select();
    query
        .column(("e", "registration_id"))
        .from_as("roster_entries", "e")
        .and_where(bulk::among(
            backend,
            ("e", "registration_id"),
            registrations,
        ))
        .and_where_option(language)
        .and_where_option(words_condition(backend, "e", terms));
    let rows = connection.query_all(&query).await?;
    rows.iter()
        .map(|row| row.try_get("", "registration_id"))
        .collect()
}

fn join_entry(
    backend: DatabaseBackend,
    query: &mut SelectStatement,
    id: (&'static str, &'static str),
) {
    join(
        backend,
        query,
        ("roster_entries", "e", "registration_id"),
        id,
    );
}

fn join_registration(backend: DatabaseBackend, query: &mut SelectStatement) {
    let id = ("e", "registration_id");
    join(backend, query, ("registrations", "r", "id"), id);
}

/// Joins a table by its primary key to what was read before, row by row: the planner would rather read the table as
/// a whole, and sort.
fn join(
    backend: DatabaseBackend,
    query: &mut SelectStatement,
    (table, alias, key): (&'static str, &'static str, &'static str),
    id: (&'static str, &'static str),
) {
    if backend == DatabaseBackend::Postgres {
        let mut one = Query::select();
        one.expr(Expr::cust("*"))
            .from(table)
            .and_where(Expr::col((table, key)).equals(id))
            .limit(1);
        query.join_lateral(JoinType::InnerJoin, one, alias, Expr::cust("true"));
    } else {
        let same = Expr::col((alias, key)).equals(id);
        // The condition of a cross join is not written, so it is one of the query.
        query.join_as(JoinType::CrossJoin, table, alias, same.clone());
        query.and_where(same);
    }
}

async fn ids(database: &Database, query: &SelectStatement) -> Result<Vec<RegistrationId>, DbErr> {
    let rows = by_index::query_all(database, database.backend().build(query)).await?;
    rows.iter().map(|row| row.try_get("", "id")).collect()
}
