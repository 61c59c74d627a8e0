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

use super::client::RedisClient;
use crate::store::ports::{Bus, BusMessage, PortError};

/// How many messages a slow subscriber may lag behind before it loses the oldest.
const BACKLOG: usize = 1024;

/// How long to wait before connecting again after a failure.
const RECONNECT_DELAY: Duration = Duration::from_millis(500);

/// The time limit for connecting and for a ping.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// The time without messages after which the connection is checked by a ping.
const PING_AFTER: Duration = Duration::from_secs(5);

pub(super) struct RedisBus {
    client: RedisClient,
    channel: String,
    subscribers: broadcast::Sender<BusMessage>,
    _subscriber: AbortOnDropHandle<()>,
}

impl RedisBus {
    /// Starts the subscription. Returns after the first attempt to connect, so that, if Redis is
    /// available, messages that are published from now on are received here too.
    pub(super) async fn start(client: RedisClient) -> Self {
        let channel = client.key("bus");
        let (subscribers, _) = broadcast::channel(BACKLOG);
        let subscriber = Subscriber {
            client: client.clone(),
            channel: channel.clone(),
            subscribers: subscribers.clone(),
            attempted: Arc::default(),
        };
        let attempted = Arc::clone(&subscriber.attempted);
        let subscriber = AbortOnDropHandle::new(tokio::spawn(subscriber.run()));
        attempted.notified().await;
        Self {
            client,
            channel,
            subscribers,
            _subscriber: subscriber,
        }
    }
}

#[async_trait]
impl Bus for RedisBus {
    async fn publish(&self, topic: &str, payload: Bytes) -> Result<(), PortError> {
        let frame = frame(topic, &payload);
        let published = self.client.query(&Cmd::publish(&self.channel, frame)).await;
        if published.is_err() {
            let topic = topic.to_owned();
            deliver(&self.subscribers, BusMessage { topic, payload });
        }
        published
    }

    async fn publish_all(&self, messages: Vec<BusMessage>) -> Result<(), PortError> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut commands = redis::pipe();
        for message in &messages {
            let frame = frame(&message.topic, &message.payload);
            commands
                .add_command(Cmd::publish(&self.channel, frame))
                .ignore();
        }
        let published = self.client.pipeline(&commands).await;
        if published.is_err() {
            for message in messages {
                deliver(&self.subscribers, message);
            }
        }
        published
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.subscribers.subscribe()
    }
}

/// The task that receives messages from the channel and passes them to the subscribers in this process.
struct Subscriber {
    client: RedisClient,
    channel: String,
    subscribers: broadcast::Sender<BusMessage>,
    /// Notified after each attempt to connect.
    attempted: Arc<Notify>,
}

impl Subscriber {
    async fn run(self) {
        let mut was_disconnected = false;
        loop {
            let connection = self.connect().await;
            self.attempted.notify_one();
            let end = match connection {
                Ok(connection) => {
                    if std::mem::take(&mut was_disconnected) {
                        tracing::info!("The Redis bus is connected again");
                        let topic = BusMessage::RESYNC.to_owned();
                        let payload = Bytes::new();
                        deliver(&self.subscribers, BusMessage { topic, payload });
                    }
                    self.receive(connection).await
                }
                Err(reason) => reason,
            };
            if !std::mem::replace(&mut was_disconnected, true) {
                tracing::warn!(
                    error = end,
                    "The Redis bus is disconnected; it connects again"
                );
            }
            sleep(RECONNECT_DELAY).await;
        }
    }

    async fn connect(&self) -> Result<PubSub, String> {
        within(TIME_LIMIT, async {
            let mut connection = self.client.client().get_async_pubsub().await?;
            connection.subscribe(&self.channel).await?;
            Ok(connection)
        })
        .await
    }

    /// Passes messages on until the connection ends. Returns the reason.
    async fn receive(&self, connection: PubSub) -> String {
        let (mut sink, mut messages) = connection.split();
        loop {
            match timeout(PING_AFTER, messages.next()).await {
                Ok(Some(message)) => {
                    if let Some(message) = decode(message.get_payload_bytes()) {
                        deliver(&self.subscribers, message);
                    }
                }
                Ok(None) => return "the connection was closed".to_owned(),
                Err(_quiet) => {
                    if let Err(reason) = within(TIME_LIMIT, sink.ping::<()>()).await {
                        return reason;
                    }
                }
            }
        }
    }
}

/// Runs an exchange within a time limit.
async fn within<T>(
    limit: Duration,
    exchange: impl Future<Output = RedisResult<T>>,
) -> Result<T, String> {
    match timeout(limit, exchange).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(elapsed) => Err(elapsed.to_string()),
    }
}

/// Encodes a message as a frame.
fn frame(topic: &str, payload: &[u8]) -> Vec<u8> {
    [topic.as_bytes(), b"\n", payload].concat()
}

/// Decodes a frame. Returns `None` for frames that other software published on the channel.
fn decode(frame: &[u8]) -> Option<BusMessage> {
    let end = frame.iter().position(|byte| *byte == b'\n')?;
    let (topic, payload) = frame.split_at(end);
    Some(BusMessage {
        topic: str::from_utf8(topic).ok()?.to_owned(),
        payload: Bytes::copy_from_slice(payload.get(1..)?),
    })
}

fn deliver(subscribers: &broadcast::Sender<BusMessage>, message: BusMessage) {
    // An error means that there is no subscriber.
    drop(subscribers.send(message));
}
