//! The tags of upcoming competitions.

use std::cmp::Reverse;

use sea_orm::{ConnectionTrait, Statement};

use super::Competitions;
use crate::domain::Result;

impl Competitions {
    /// Returns up to `count` tags with the number of published competitions that have each and have not
    /// started, the most frequent first. Triggers keep the numbers; a start is counted within a minute.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn tags(&self, count: usize) -> Result<Vec<(String, u64)>> {
        let sql = format!(
            "SELECT tag, upcoming FROM tag_counts WHERE upcoming > 0 \
             ORDER BY upcoming DESC, tag DESC LIMIT {count}"
        );
        let statement = Statement::from_string(self.database.backend(), sql);
        let mut counts = Vec::with_capacity(count);
        for row in self.database.read().query_all_raw(statement).await? {
            let upcoming: i32 = row.try_get_by_index(1)?;
            let upcoming = u64::try_from(upcoming).unwrap_or(0);
            counts.push((row.try_get_by_index(0)?, upcoming));
        }
        counts.sort_by_key(|(tag, upcoming): &(String, u64)| (Reverse(*upcoming), tag.clone()));
        Ok(counts)
    }
}
