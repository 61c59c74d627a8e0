//! [`Bus`] within one process: a broadcast channel.

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::broadcast;

use crate::store::ports::{Bus, BusMessage, PortError};

/// How many messages a slow subscriber may lag behind before it loses the oldest.
const BACKLOG: usize = 1024;

pub(super) struct MemoryBus {
    subscribers: broadcast::Sender<BusMessage>,
}

impl MemoryBus {
    pub(super) fn new() -> Self {
        let (subscribers, _) = broadcast::channel(BACKLOG);
        Self { subscribers }
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<(), PortError> {
        let topic = topic.to_owned();
        // An error means that there is no subscriber.
        drop(self.subscribers.send(BusMessage { topic, payload }));
        Ok(())
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.subscribers.subscribe()
    }
}
