//! The bus: publishing and receiving messages.

use bytes::Bytes;
use tokio::sync::broadcast::error::RecvError;

use super::{eventually, on_both_implementations};
use mini_compete::store::ports::{BusMessage, Ports};

on_both_implementations!(
    every_subscriber_receives_a_message,
    messages_that_are_sent_together_are_received_one_by_one_in_their_order,
    messages_before_a_subscription_are_not_received,
    a_slow_subscriber_loses_the_oldest_messages_and_receives_the_latest,
    a_message_without_subscribers_is_not_an_error,
);

async fn every_subscriber_receives_a_message(ports: Ports) {
    let mut first = ports.bus.subscribe();
    let mut second = ports.bus.subscribe();
    let payload = Bytes::from_static(b"any\n\xff bytes\n");
    ports.bus.publish("seats", payload.clone()).await.unwrap();
    for subscriber in [&mut first, &mut second] {
        let message = subscriber.recv().await.unwrap();
        assert_eq!(
            (message.topic.as_str(), &message.payload),
            ("seats", &payload)
        );
    }
}

async fn messages_that_are_sent_together_are_received_one_by_one_in_their_order(ports: Ports) {
    let mut subscriber = ports.bus.subscribe();
    ports.bus.publish_all(Vec::new()).await.unwrap();
    let sent = [("seats", "1\n"), ("own-news", ""), ("seats", "2")];
    let messages = sent.map(|(topic, payload)| BusMessage {
        topic: topic.to_owned(),
        payload: payload.into(),
    });
    ports.bus.publish_all(messages.to_vec()).await.unwrap();
    for (topic, payload) in sent {
        let message = subscriber.recv().await.unwrap();
        assert_eq!(
            (&*message.topic, &*message.payload),
            (topic, payload.as_bytes())
        );
    }
}

async fn messages_before_a_subscription_are_not_received(ports: Ports) {
    let mut early = ports.bus.subscribe();
    ports.bus.publish("old", Bytes::new()).await.unwrap();
    early.recv().await.unwrap();
    let mut late = ports.bus.subscribe();
    ports.bus.publish("new", Bytes::new()).await.unwrap();
    assert_eq!(late.recv().await.unwrap().topic, "new");
}

async fn a_slow_subscriber_loses_the_oldest_messages_and_receives_the_latest(ports: Ports) {
    const MESSAGES: usize = 1500;
    let mut slow = ports.bus.subscribe();
    let mut quick = ports.bus.subscribe();
    for i in 0..MESSAGES {
        let payload = Bytes::from(i.to_string());
        ports.bus.publish("seats", payload).await.unwrap();
        quick.recv().await.unwrap();
    }
    assert!(matches!(slow.recv().await, Err(RecvError::Lagged(_))));
    let last = eventually(async || {
        let message = slow.recv().await.unwrap();
        (message.payload == (MESSAGES - 1).to_string()).then_some(message)
    });
    assert_eq!(last.await.topic, "seats");
}

async fn a_message_without_subscribers_is_not_an_error(ports: Ports) {
    ports.bus.publish("seats", Bytes::new()).await.unwrap();
}
