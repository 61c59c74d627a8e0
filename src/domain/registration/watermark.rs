//! A watermark: how far a scheduled task has read changes of registrations.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, QuerySelect, prelude::Uuid};
use serde::{Deserialize, Serialize};

use crate::{
    model::RegistrationId,
    store::{
        InfrastructureError,
        entity::registration::{Column, Entity},
    },
};

/// How far below the watermark the next run begins. A transaction may commit this long after it took an id
/// or a time, and the clocks of two machines may differ.
const OVERLAP: TimeDelta = TimeDelta::minutes(2);

/// How far a task has read changes of registrations.
///
/// New registrations are found by their ids: UUIDs of version 7 (RFC 9562) are in the order of time, so the
/// primary key serves as the index. Changes of older registrations are found by their times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::domain) struct Watermark {
    newest: Option<RegistrationId>,
    at: DateTime<Utc>,
}

impl Watermark {
    /// Reads the present watermark, which has to be done before the changes below it are read.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    pub(in crate::domain) async fn read<C: ConnectionTrait>(
        connection: &C,
        now: DateTime<Utc>,
    ) -> Result<Self, InfrastructureError> {
        let newest = Entity::find()
            .select_only()
            .column(Column::Id)
            .order_by_desc(Column::Id)
            .limit(1)
            .into_tuple()
            .one(connection)
            .await?;
        Ok(Self { newest, at: now })
    }

    /// Returns an id below those of all registrations that were inserted since then.
    pub(in crate::domain) fn id(&self) -> RegistrationId {
        let newest = self.newest.and_then(|id| id.0.get_timestamp());
        let millis = newest.map_or(0, |made| {
            let (seconds, nanos) = made.to_unix();
            seconds.saturating_mul(1_000) + u64::from(nanos / 1_000_000)
        });
        // A machine whose clock is far ahead must not hide what other machines write.
        let now = u64::try_from(self.at.timestamp_millis()).unwrap_or(0);
        let overlap = u64::try_from(OVERLAP.num_milliseconds()).unwrap_or(0);
        let floor = Ord::min(millis, now).saturating_sub(overlap);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&floor.to_be_bytes()[2..]);
        RegistrationId(Uuid::from_bytes(bytes))
    }

    /// Returns a time before that of every change since then.
    pub(in crate::domain) fn time(&self) -> DateTime<Utc> {
        self.at - OVERLAP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrations_of_the_last_two_minutes_lie_above_the_watermark_and_older_ones_below() {
        let at: DateTime<Utc> = "2030-01-01T09:00:00Z".parse().unwrap();
        let made = |moment: DateTime<Utc>| {
            let seconds = u64::try_from(moment.timestamp()).unwrap();
            let stamp = uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0);
            RegistrationId(Uuid::new_v7(stamp))
        };
        let floor = |newest| Watermark { newest, at }.id();
        let newest = Some(made(at));
        assert!(floor(newest) < made(at - TimeDelta::seconds(119)));
        assert!(floor(newest) > made(at - TimeDelta::seconds(121)));
        // By a clock that is an hour ahead.
        let ahead = Some(made(at + TimeDelta::hours(1)));
        assert!(floor(ahead) < made(at - TimeDelta::seconds(119)));
        assert_eq!(floor(None).0, Uuid::nil());
    }
}
