//! The directory of all accounts, for administrators: the newest ones, those with a role, and a search.
//!
//! A search finds the accounts whose e-mail address, name, or last word of the name begins with the text, and the one
//! with this id. Each of these is a range of an index, of which at most [`FOUND_MAX`] entries are read, so a search
//! costs the same among a million accounts as among a hundred.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, DatabaseBackend, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement, Value, sea_query::Expr,
};
use uuid::Uuid;

use super::Accounts;
use crate::{
    domain::{Actor, Result, administrators},
    model::{
        AccountView, DomainError, Page, Role, UserId,
        forms::{AccountFilter, Paging, SEARCH_LENGTH},
    },
    store::{bulk, by_index, entity::user},
};

/// The end of the e-mail addresses of accounts that their owners have deleted.
pub const DELETED_DOMAIN: &str = "@deleted.invalid";
/// The number of entries of each index that a search reads.
const FOUND_MAX: usize = 200;
/// The number of accounts up to which a list without a search counts and pages.
const LISTED_MAX: u64 = 10_000;
/// The greatest character: with it, a text becomes the end of the range of those that begin with the text.
const LAST_CHARACTER: char = '\u{10FFFF}';

/// The columns by whose beginnings a search finds accounts, as they are indexed.
const NAMES: [&str; 2] = [
    "lower(name)",
    "lower(replace(name, rtrim(name, replace(name, ' ', '')), ''))",
];
const EMAIL: &str = "lower(email)";

impl Accounts {
    /// Returns a page of accounts: those that a search finds, in the order of their names, or else all, the newest
    /// first. Accounts that their owners have deleted are left out.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment.
    pub async fn directory(
        &self,
        actor: Actor,
        filter: &AccountFilter,
        paging: Paging,
    ) -> Result<Page<AccountView>> {
        administrators::require(&self.database, &self.guard.audit, actor).await?;
        match &filter.search {
            Some(search) => self.found(search, filter.role, paging).await,
            None => self.newest(filter.role, paging).await,
        }
    }

    /// Returns an account, for an administrator.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an administrator at this moment, and
    /// [`DomainError::NotFound`] if there is no such account, or it was deleted.
    pub async fn account_for_administrator(&self, actor: Actor, id: UserId) -> Result<AccountView> {
        administrators::require(&self.database, &self.guard.audit, actor).await?;
        let row = self
            .row(id)
            .await?
            .filter(|row| !row.email.ends_with(DELETED_DOMAIN));
        Ok(account_view(row.ok_or(DomainError::NotFound)?))
    }

    /// Returns the names of accounts by their ids, for a page of administrators; those that do not exist are left out.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn names(&self, ids: &[UserId]) -> Result<BTreeMap<UserId, String>> {
        use user::Column;
        let among = bulk::among(self.database.backend(), (user::Entity, Column::Id), ids);
        let rows: Vec<(UserId, String)> = user::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Name])
            .filter(among)
            .into_tuple()
            .all(self.database.read())
            .await?;
        Ok(rows.into_iter().collect())
    }

    async fn newest(&self, role: Option<Role>, paging: Paging) -> Result<Page<AccountView>> {
        let mut query =
            user::Entity::find().filter(user::Column::Email.not_like(format!("%{DELETED_DOMAIN}")));
        if let Some(role) = role {
            query = query.filter(user::Column::Role.eq(role));
        }
        if role.is_some_and(|role| role > Role::Participant) {
            // The condition of the index, which a planner does not derive from a parameter.
            query = query.filter(Expr::cust("role <> 'PARTICIPANT'"));
        }
        let database = self.database.read();
        let counted = query.clone().select_only().column(user::Column::Id);
        let total = counted.limit(LISTED_MAX).count(database).await?;
        let left = LISTED_MAX.saturating_sub(paging.offset());
        let rows = match Ord::min(left, paging.per_page) {
            0 => Vec::new(),
            limit => {
                query
                    .order_by_desc(user::Column::Id)
                    .offset(paging.offset())
                    .limit(limit)
                    .all(database)
                    .await?
            }
        };
        Ok(Page {
            items: rows.into_iter().map(account_view).collect(),
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    async fn found(
        &self,
        search: &str,
        role: Option<Role>,
        paging: Paging,
    ) -> Result<Page<AccountView>> {
        let search: String = search.chars().take(SEARCH_LENGTH).collect();
        let statement = search_statement(self.database.backend(), &search);
        let rows = by_index::query_all(&self.database, statement).await?;
        let rows: Vec<user::Model> = rows
            .iter()
            .map(|row| user::Model::from_query_result(row, ""))
            .collect::<Result<_, _>>()?;
        let mut found: Vec<_> = rows
            .into_iter()
            .filter(|row| !row.email.ends_with(DELETED_DOMAIN))
            .filter(|row| role.is_none_or(|role| row.role == role))
            .collect();
        found.sort_by_cached_key(|row| (row.name.to_lowercase(), row.id));
        let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let skipped = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
        let shown = usize::try_from(paging.per_page).unwrap_or(usize::MAX);
        let items = found.into_iter().skip(skipped).take(shown);
        Ok(Page {
            items: items.map(account_view).collect(),
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }
}

/// Returns the statement that reads the accounts of a search.
fn search_statement(backend: DatabaseBackend, search: &str) -> Statement {
    let is_postgres = backend == DatabaseBackend::Postgres;
    let mut values: Vec<Value> = Vec::new();
    let mut parameter = |value: Value| {
        values.push(value);
        match is_postgres {
            true => format!("${}", values.len()),
            false => format!("?{}", values.len()),
        }
    };
    let mut ids = Vec::new();
    let mut range = |column: &str, text: &str| {
        let column = match is_postgres {
            true => format!("{column} COLLATE \"C\""),
            false => column.to_owned(),
        };
        let from = parameter(text.into());
        let to = parameter(format!("{text}{LAST_CHARACTER}").into());
        ids.push(format!(
            "SELECT id FROM (SELECT id FROM users WHERE {column} >= {from} AND {column} < {to} \
             ORDER BY {column} LIMIT {FOUND_MAX}) AS found_{}",
            ids.len()
        ));
    };
    range(EMAIL, &search.to_lowercase());
    for text in spellings(search) {
        for column in NAMES {
            range(column, &text);
        }
    }
    if let Ok(id) = search.parse::<Uuid>() {
        let id = parameter(id.into());
        ids.push(format!("SELECT id FROM users WHERE id = {id}"));
    }
    let sql = format!("SELECT * FROM users WHERE id IN ({})", ids.join(" UNION "));
    Statement::from_sql_and_values(backend, sql, values)
}

/// Returns the texts with which a name that begins like the search may begin in an index. Databases may turn ASCII
/// alone into lower case, so a first letter such as "É" is looked for as it is, too.
fn spellings(search: &str) -> Vec<String> {
    let lower = search.to_lowercase();
    let mut capitalized = String::with_capacity(lower.len());
    let mut begins = true;
    for letter in lower.chars() {
        match begins && !letter.is_ascii() {
            true => capitalized.extend(letter.to_uppercase()),
            false => capitalized.push(letter),
        }
        begins = !letter.is_alphanumeric();
    }
    let mut all = vec![lower, capitalized];
    all.dedup();
    all
}

/// Returns an account as administrators see it.
pub(super) fn account_view(row: user::Model) -> AccountView {
    AccountView {
        id: row.id,
        name: row.name,
        email: row.email,
        role: row.role,
        created_at: row.created_at,
        email_confirmed: row.email_confirmed,
        disabled_at: row.disabled_at,
        second_factor_at: row.second_factor_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_looks_for_a_first_letter_that_a_database_leaves_as_it_is() {
        assert_eq!(spellings("Ada"), ["ada"]);
        assert_eq!(spellings("élodie ögren"), ["élodie ögren", "Élodie Ögren"]);
        assert_eq!(spellings("Zoé"), ["zoé"]);
    }
}
