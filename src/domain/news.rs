//! Says on the bus for which accounts something has changed. `own_news` listens to it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    model::{CompetitionId, UserId},
    store::ports::Bus,
};

/// The topic of news on the bus.
pub(super) const TOPIC: &str = "own-news";

/// A message on the bus.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Announced {
    /// The accounts for which something has changed.
    pub users: Vec<UserId>,
    /// The competitions whose waitlists have moved up, so that all positions have changed.
    #[serde(default)]
    pub waitlists: Vec<CompetitionId>,
}

/// Announces news of accounts to every process. Cheap to clone.
#[derive(Clone)]
pub struct News(Arc<dyn Bus>);

impl std::fmt::Debug for News {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("News")
    }
}

impl News {
    /// Creates the announcer over a bus.
    #[must_use]
    pub const fn new(bus: Arc<dyn Bus>) -> Self {
        Self(bus)
    }

    /// Says that something was committed that these accounts can see.
    pub async fn changed(&self, users: Vec<UserId>) {
        self.moved(users, None).await;
    }

    /// Does the same, and says that everyone on the waitlist of `waitlist` has moved up, if it is given.
    pub(super) async fn moved(&self, users: Vec<UserId>, waitlist: Option<CompetitionId>) {
        if users.is_empty() && waitlist.is_none() {
            return;
        }
        let announced = Announced {
            users,
            waitlists: waitlist.into_iter().collect(),
        };
        let Ok(payload) = serde_json::to_vec(&announced) else {
            return;
        };
        if let Err(error) = self.0.publish(TOPIC, payload.into()).await {
            tracing::debug!(%error, "Could not publish news of accounts; other processes read them later");
        }
    }
}
