//! [`Bus`] in one process: a broadcast channel.

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::broadcast;

use crate::store::ports::{Bus, BusMessage, PortError};

/// How much news a slow listener may lag behind before it loses the oldest.
const BACKLOG: usize = 1024;

pub(super) struct MemoryBus {
    listeners: broadcast::Sender<BusMessage>,
}

impl MemoryBus {
    pub(super) fn new() -> Self {
        let (listeners, _) = broadcast::channel(BACKLOG);
        Self { listeners }
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<(), PortError> {
        let topic = topic.to_owned();
        // An error would say that nobody listens.
        drop(self.listeners.send(BusMessage { topic, payload }));
        Ok(())
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.listeners.subscribe()
    }
}
