//! Why the mail of announcements failed finally: the most frequent reasons, with their numbers.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use sea_orm::{
    ColumnTrait, DatabaseBackend, FromQueryResult, QueryOrder, QuerySelect,
    sea_query::{Alias, Expr},
};

use super::{Announcements, progress::failed_mail};
use crate::{
    domain::{
        Result,
        mailbox::mail_failures::{beginning, classify},
    },
    model::{AnnouncementId, MailFailureReason, MailFailureView},
    store::entity::message,
};

/// The most reasons that are told of one announcement, besides all others together.
const REASONS: usize = 5;
/// The most different beginnings of errors that are read, the most frequent first. Mail servers know few.
const BEGINNINGS: u64 = 2_000;

/// The number of messages of one announcement whose errors begin alike.
#[derive(Debug, FromQueryResult)]
struct ErrorCount {
    announcement_id: AnnouncementId,
    beginning: String,
    number: i64,
}

impl Announcements {
    /// Returns why mail failed, for the announcements that have so much failed mail. Nothing is read where none failed;
    /// otherwise the failures of these announcements are, as they were to be counted.
    pub(super) async fn reasons(
        &self,
        failed: &HashMap<AnnouncementId, u64>,
    ) -> Result<HashMap<AnnouncementId, Vec<MailFailureView>>> {
        let ids: Vec<AnnouncementId> = failed.keys().copied().collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let error = "failed_jobs.error";
        let beginning = match self.database.backend() {
            DatabaseBackend::Postgres => beginning(error, "strpos", "greatest"),
            _ => beginning(error, "instr", "max"),
        };
        let counts = failed_mail(&ids)
            .expr_as(Expr::cust(beginning), "beginning")
            .group_by(Expr::col(Alias::new("beginning")))
            .order_by_desc(message::Column::Id.count())
            .limit(BEGINNINGS)
            .into_model::<ErrorCount>()
            .all(self.database.read())
            .await?;
        let mut by_reason: HashMap<AnnouncementId, Counts> = HashMap::new();
        for count in counts {
            let reasons = by_reason.entry(count.announcement_id).or_default();
            *reasons.entry(classify(&count.beginning)).or_default() += count.number.unsigned_abs();
        }
        let told = failed.iter().map(|(id, failed)| {
            let counts = by_reason.remove(id).unwrap_or_default();
            (*id, most_frequent(counts, *failed))
        });
        Ok(told.collect())
    }
}

/// The numbers of messages by the reason and the status codes of their failure.
type Counts = BTreeMap<(MailFailureReason, Option<String>), u64>;

/// Returns the most frequent reasons of so many failures, and then all others together.
fn most_frequent(counts: Counts, failed: u64) -> Vec<MailFailureView> {
    let mut reasons: Vec<MailFailureView> = counts
        .into_iter()
        .filter(|((reason, _), _)| *reason != MailFailureReason::Other)
        .map(|((reason, status), count)| MailFailureView {
            reason,
            status,
            count,
        })
        .collect();
    reasons.sort_by_key(|reason| Reverse(reason.count));
    reasons.truncate(REASONS);
    let told: u64 = reasons.iter().map(|reason| reason.count).sum();
    let others = failed.saturating_sub(told);
    if others > 0 {
        reasons.push(MailFailureView {
            reason: MailFailureReason::Other,
            status: None,
            count: others,
        });
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_most_frequent_reasons_are_told_and_the_others_together() {
        let mut counts = Counts::new();
        for (code, count) in [(550, 9), (551, 1), (552, 7), (553, 8), (554, 2), (555, 3)] {
            let key = (MailFailureReason::MailRefused, Some(code.to_string()));
            counts.insert(key, count);
        }
        counts.insert((MailFailureReason::Other, None), 4);
        let told = most_frequent(counts, 34);
        let told: Vec<_> = told
            .iter()
            .map(|one| (one.reason, one.status.as_deref().unwrap_or(""), one.count))
            .collect();
        let refused = |status, count: u64| (MailFailureReason::MailRefused, status, count);
        assert_eq!(
            told,
            [
                refused("550", 9),
                refused("553", 8),
                refused("552", 7),
                refused("555", 3),
                refused("554", 2),
                (MailFailureReason::Other, "", 5),
            ]
        );
    }
}
