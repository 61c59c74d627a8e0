//! Says on the bus for which accounts something has changed. `own_news` listens to it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    model::{CompetitionId, UserId},
    store::ports::{Bus, BusMessage},
};

/// The topic of news on the bus.
pub(super) const TOPIC: &str = "own-news";

/// A message on the bus: the accounts that may see something new.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Audience {
    /// Accounts, by their ids.
    #[serde(default)]
    pub users: Vec<UserId>,
    /// The competitions whose waitlists have moved up: everyone who waits has another position.
    #[serde(default)]
    pub waitlists: Vec<CompetitionId>,
    /// The competitions that concern everyone who is registered for them.
    #[serde(default)]
    pub participants: Vec<CompetitionId>,
}

impl Audience {
    /// Returns the message that tells the audience, unless it is empty.
    pub(super) fn message(&self) -> Option<BusMessage> {
        if *self == Self::default() {
            return None;
        }
        let payload = serde_json::to_vec(self).ok()?;
        Some(BusMessage {
            topic: TOPIC.to_owned(),
            payload: payload.into(),
        })
    }
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
        let audience = Audience {
            users,
            ..Audience::default()
        };
        self.publish(&audience).await;
    }

    /// Says that something was committed that everyone can see who is registered for a competition.
    pub async fn changed_for_participants(&self, competition: CompetitionId) {
        let audience = Audience {
            participants: vec![competition],
            ..Audience::default()
        };
        self.publish(&audience).await;
    }

    /// Publishes an audience, if it is not empty.
    async fn publish(&self, audience: &Audience) {
        let Some(BusMessage { topic, payload }) = audience.message() else {
            return;
        };
        if let Err(error) = self.0.publish(&topic, payload).await {
            tracing::debug!(%error, "Could not publish news of accounts; they are read later");
        }
    }
}
