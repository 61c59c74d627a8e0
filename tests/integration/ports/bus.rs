use bytes::Bytes;
use tokio::sync::broadcast::error::RecvError;

use super::{contract, eventually};
use mini_compete::store::ports::Ports;

contract!(
    everyone_who_listens_hears_the_news,
    news_before_listening_is_not_heard,
    a_slow_listener_loses_the_oldest_news_and_hears_the_latest,
    news_that_nobody_hears_is_no_error,
);

async fn everyone_who_listens_hears_the_news(ports: Ports) {
    let mut one = ports.bus.subscribe();
    let mut other = ports.bus.subscribe();
    let payload = Bytes::from_static(b"any\n\xff bytes\n");
    ports.bus.publish("seats", payload.clone()).await.unwrap();
    for listener in [&mut one, &mut other] {
        let news = listener.recv().await.unwrap();
        assert_eq!((news.topic.as_str(), &news.payload), ("seats", &payload));
    }
}

async fn news_before_listening_is_not_heard(ports: Ports) {
    let mut early = ports.bus.subscribe();
    ports.bus.publish("old", Bytes::new()).await.unwrap();
    early.recv().await.unwrap();
    let mut late = ports.bus.subscribe();
    ports.bus.publish("new", Bytes::new()).await.unwrap();
    assert_eq!(late.recv().await.unwrap().topic, "new");
}

async fn a_slow_listener_loses_the_oldest_news_and_hears_the_latest(ports: Ports) {
    const NEWS: usize = 1500;
    let mut slow = ports.bus.subscribe();
    let mut quick = ports.bus.subscribe();
    for i in 0..NEWS {
        let payload = Bytes::from(i.to_string());
        ports.bus.publish("seats", payload).await.unwrap();
        quick.recv().await.unwrap();
    }
    assert!(matches!(slow.recv().await, Err(RecvError::Lagged(_))));
    let last = eventually(async || {
        let news = slow.recv().await.unwrap();
        (news.payload == (NEWS - 1).to_string()).then_some(news)
    });
    assert_eq!(last.await.topic, "seats");
}

async fn news_that_nobody_hears_is_no_error(ports: Ports) {
    ports.bus.publish("seats", Bytes::new()).await.unwrap();
}
