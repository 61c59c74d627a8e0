//! The cache: values with a lifetime.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{LONG, eventually, on_both_implementations};
use mini_compete::store::ports::Ports;

on_both_implementations!(
    a_value_is_there_until_it_is_deleted,
    a_later_value_replaces_an_earlier_one,
    a_value_expires_after_its_lifetime,
    a_replaced_value_has_the_new_lifetime,
    many_values_are_stored_at_once,
    only_one_of_many_concurrent_writers_stores_an_absent_value,
    an_expired_value_counts_as_absent,
    the_cache_answers_a_ping,
);

const SHORT: Duration = Duration::from_millis(30);

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

async fn a_value_is_there_until_it_is_deleted(ports: Ports) {
    let value = Bytes::from_static(b"\xff\x00\n{}");
    assert_eq!(ports.cache.get("key").await.unwrap(), None);
    ports.cache.set("key", value.clone(), LONG).await.unwrap();
    assert_eq!(ports.cache.get("key").await.unwrap(), Some(value));
    ports.cache.delete("key").await.unwrap();
    assert_eq!(ports.cache.get("key").await.unwrap(), None);
    ports.cache.delete("key").await.unwrap();
}

async fn a_later_value_replaces_an_earlier_one(ports: Ports) {
    ports.cache.set("key", bytes("old"), LONG).await.unwrap();
    ports.cache.set("key", bytes("new"), LONG).await.unwrap();
    assert_eq!(ports.cache.get("key").await.unwrap(), Some(bytes("new")));
}

async fn a_value_expires_after_its_lifetime(ports: Ports) {
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

async fn a_replaced_value_has_the_new_lifetime(ports: Ports) {
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

async fn many_values_are_stored_at_once(ports: Ports) {
    let entry = |i: i32| (format!("key:{i}"), Bytes::from(i.to_string()));
    let entries = (0..1000).map(entry).collect();
    ports.cache.set_many(entries, LONG).await.unwrap();
    ports.cache.set_many(Vec::new(), LONG).await.unwrap();
    for (key, value) in (0..1000).step_by(111).map(entry) {
        assert_eq!(ports.cache.get(&key).await.unwrap(), Some(value));
    }
}

async fn only_one_of_many_concurrent_writers_stores_an_absent_value(ports: Ports) {
    let attempts: Vec<_> = (0..40)
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
    for attempt in attempts {
        stored.extend(attempt.await.unwrap());
    }
    assert_eq!(stored.len(), 1);
    assert_eq!(ports.cache.get("key").await.unwrap(), stored.pop());
}

async fn an_expired_value_counts_as_absent(ports: Ports) {
    ports.cache.set("key", bytes("old"), SHORT).await.unwrap();
    eventually(async || {
        let set = ports.cache.set_if_absent("key", bytes("new"), LONG).await;
        set.unwrap().then_some(())
    })
    .await;
    assert_eq!(ports.cache.get("key").await.unwrap(), Some(bytes("new")));
}

async fn the_cache_answers_a_ping(ports: Ports) {
    ports.cache.ping().await.unwrap();
}
