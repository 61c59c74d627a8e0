//! [`Bus`] on Redis publish/subscribe: one channel for all topics and all processes.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use redis::{Cmd, RedisResult, aio::PubSub};
use tokio::{
    sync::{Notify, broadcast},
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::link::Link;
use crate::store::ports::{Bus, BusMessage, PortError};

/// How much news a slow listener may lag behind before it loses the oldest.
const BACKLOG: usize = 1024;

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_millis(500);

/// How long Redis has for connecting and for answering.
const LIMIT: Duration = Duration::from_secs(2);

/// After this long a quiet connection is asked whether it is still one.
const QUIET: Duration = Duration::from_secs(5);

pub(super) struct RedisBus {
    link: Link,
    channel: String,
    listeners: broadcast::Sender<BusMessage>,
    _ear: AbortOnDropHandle<()>,
}

impl RedisBus {
    /// Starts listening. Returns when the first try to connect has come to an end, so that what is
    /// published from now on is heard here too (if Redis is there).
    pub(super) async fn start(link: Link) -> Self {
        let channel = link.key("news");
        let (listeners, _) = broadcast::channel(BACKLOG);
        let ear = Ear {
            link: link.clone(),
            channel: channel.clone(),
            listeners: listeners.clone(),
            tried: Arc::default(),
        };
        let tried = Arc::clone(&ear.tried);
        let ear = AbortOnDropHandle::new(tokio::spawn(ear.listen()));
        tried.notified().await;
        Self {
            link,
            channel,
            listeners,
            _ear: ear,
        }
    }
}

#[async_trait]
impl Bus for RedisBus {
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<(), PortError> {
        let frame = [topic.as_bytes(), b"\n", &payload[..]].concat();
        let published = self.link.query(&Cmd::publish(&self.channel, frame)).await;
        if published.is_err() {
            let topic = topic.to_owned();
            tell(&self.listeners, BusMessage { topic, payload });
        }
        published
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.listeners.subscribe()
    }
}

/// The task that hears the channel and tells the listeners in this process.
struct Ear {
    link: Link,
    channel: String,
    listeners: broadcast::Sender<BusMessage>,
    /// A try to connect has come to an end.
    tried: Arc<Notify>,
}

impl Ear {
    async fn listen(self) {
        let mut missed_some = false;
        loop {
            let connection = self.connect().await;
            self.tried.notify_one();
            let end = match connection {
                Ok(connection) => {
                    if std::mem::take(&mut missed_some) {
                        tracing::info!("the bus listens again");
                        let topic = BusMessage::RESYNC.to_owned();
                        let payload = Bytes::new();
                        tell(&self.listeners, BusMessage { topic, payload });
                    }
                    self.hear(connection).await
                }
                Err(reason) => reason,
            };
            if !std::mem::replace(&mut missed_some, true) {
                tracing::warn!(reason = end, "the bus hears nothing; connecting again");
            }
            sleep(PAUSE).await;
        }
    }

    async fn connect(&self) -> Result<PubSub, String> {
        within(LIMIT, async {
            let mut connection = self.link.client().get_async_pubsub().await?;
            connection.subscribe(&self.channel).await?;
            Ok(connection)
        })
        .await
    }

    /// Passes on what comes until the connection ends; why it did.
    async fn hear(&self, connection: PubSub) -> String {
        let (mut mouth, mut messages) = connection.split();
        loop {
            match timeout(QUIET, messages.next()).await {
                Ok(Some(message)) => {
                    if let Some(news) = read(message.get_payload_bytes()) {
                        tell(&self.listeners, news);
                    }
                }
                Ok(None) => return "the connection was closed".to_owned(),
                Err(_quiet) => {
                    if let Err(reason) = within(LIMIT, mouth.ping::<()>()).await {
                        return reason;
                    }
                }
            }
        }
    }
}

async fn within<T>(
    limit: Duration,
    exchange: impl Future<Output = RedisResult<T>>,
) -> Result<T, String> {
    match timeout(limit, exchange).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(elapsed) => Err(elapsed.to_string()),
    }
}

/// Reads a frame; `None` for what some stranger put on the channel.
fn read(frame: &[u8]) -> Option<BusMessage> {
    let end = frame.iter().position(|byte| *byte == b'\n')?;
    let (topic, payload) = frame.split_at(end);
    Some(BusMessage {
        topic: str::from_utf8(topic).ok()?.to_owned(),
        payload: Bytes::copy_from_slice(payload.get(1..)?),
    })
}

fn tell(listeners: &broadcast::Sender<BusMessage>, news: BusMessage) {
    // An error would say that nobody listens.
    drop(listeners.send(news));
}
