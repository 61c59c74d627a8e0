use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{LONG, contract, eventually};
use mini_compete::store::ports::Ports;

contract!(
    a_value_is_there_until_it_is_deleted,
    a_later_value_replaces_an_earlier_one,
    a_value_is_gone_when_its_time_is_over,
    a_replaced_value_lives_as_long_as_the_new_one,
    many_values_are_stored_in_one_go,
    only_one_of_many_stores_a_value_that_was_absent,
    a_value_that_expired_is_absent,
    it_answers_a_ping,
);

const SHORT: Duration = Duration::from_millis(30);

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

async fn a_value_is_there_until_it_is_deleted(ports: Ports) {
    let any = Bytes::from_static(b"\xff\x00\n{}");
    assert_eq!(ports.cache.get("key").await.unwrap(), None);
    ports.cache.set("key", any.clone(), LONG).await.unwrap();
    assert_eq!(ports.cache.get("key").await.unwrap(), Some(any));
    ports.cache.delete("key").await.unwrap();
    assert_eq!(ports.cache.get("key").await.unwrap(), None);
    ports.cache.delete("key").await.unwrap();
}

async fn a_later_value_replaces_an_earlier_one(ports: Ports) {
    ports.cache.set("key", bytes("old"), LONG).await.unwrap();
    ports.cache.set("key", bytes("new"), LONG).await.unwrap();
    assert_eq!(ports.cache.get("key").await.unwrap(), Some(bytes("new")));
}

async fn a_value_is_gone_when_its_time_is_over(ports: Ports) {
    ports.cache.set("key", bytes("value"), SHORT).await.unwrap();
    eventually(async || {
        ports
            .cache
            .get("key")
            .await
            .unwrap()
            .is_none()
            .then_some(())
    })
    .await;
}

async fn a_replaced_value_lives_as_long_as_the_new_one(ports: Ports) {
    ports.cache.set("key", bytes("old"), LONG).await.unwrap();
    ports.cache.set("key", bytes("new"), SHORT).await.unwrap();
    eventually(async || {
        ports
            .cache
            .get("key")
            .await
            .unwrap()
            .is_none()
            .then_some(())
    })
    .await;
}

async fn many_values_are_stored_in_one_go(ports: Ports) {
    let entry = |i: i32| (format!("key:{i}"), Bytes::from(i.to_string()));
    let entries = (0..1000).map(entry).collect();
    ports.cache.set_many(entries, LONG).await.unwrap();
    ports.cache.set_many(Vec::new(), LONG).await.unwrap();
    for (key, value) in (0..1000).step_by(111).map(entry) {
        assert_eq!(ports.cache.get(&key).await.unwrap(), Some(value));
    }
}

async fn only_one_of_many_stores_a_value_that_was_absent(ports: Ports) {
    let tries: Vec<_> = (0..40)
        .map(|i: i32| {
            let cache = Arc::clone(&ports.cache);
            let value = Bytes::from(i.to_string());
            tokio::spawn(async move {
                let first = cache.set_if_absent("key", value.clone(), LONG).await;
                first.unwrap().then_some(value)
            })
        })
        .collect();
    let mut stored = Vec::new();
    for one in tries {
        stored.extend(one.await.unwrap());
    }
    assert_eq!(stored.len(), 1);
    assert_eq!(ports.cache.get("key").await.unwrap(), stored.pop());
}

async fn a_value_that_expired_is_absent(ports: Ports) {
    ports.cache.set("key", bytes("old"), SHORT).await.unwrap();
    eventually(async || {
        let set = ports.cache.set_if_absent("key", bytes("new"), LONG).await;
        set.unwrap().then_some(())
    })
    .await;
    assert_eq!(ports.cache.get("key").await.unwrap(), Some(bytes("new")));
}

async fn it_answers_a_ping(ports: Ports) {
    ports.cache.ping().await.unwrap();
}
