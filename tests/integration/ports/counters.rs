//! The counters: hits within a window of time.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{LONG, eventually, on_both_implementations, on_memory};
use mini_compete::store::ports::Ports;

on_both_implementations!(
    hits_are_counted_in_the_window_of_the_first_hit,
    a_counter_starts_again_after_its_window,
    concurrent_hits_are_all_counted,
    a_hit_that_is_taken_back_does_not_count,
);

const SHORT: Duration = Duration::from_millis(30);
const HOUR: Duration = Duration::from_secs(3_600);

async fn hits_are_counted_in_the_window_of_the_first_hit(ports: Ports) {
    let first = ports.counters.hit("key", LONG).await;
    assert_eq!(first.hits, 1);
    let mut left = first.left;
    assert!(left <= LONG && left > LONG / 2);
    for expected in 2..5 {
        // The first hit determines the window. Later hits do not extend it.
        let next = ports.counters.hit("key", LONG * 2).await;
        assert_eq!(next.hits, expected);
        assert!(next.left <= left);
        left = next.left;
    }
}

async fn a_counter_starts_again_after_its_window(ports: Ports) {
    assert_eq!(ports.counters.hit("key", SHORT).await.hits, 1);
    eventually(async || (ports.counters.hit("key", SHORT).await.hits == 1).then_some(())).await;
}

async fn concurrent_hits_are_all_counted(ports: Ports) {
    let hits: Vec<_> = (0..50)
        .map(|_| {
            let counters = Arc::clone(&ports.counters);
            tokio::spawn(async move { counters.hit("key", LONG).await.hits })
        })
        .collect();
    let mut counts = Vec::new();
    for hit in hits {
        counts.push(hit.await.unwrap());
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=50).collect::<Vec<_>>());
}

async fn a_hit_that_is_taken_back_does_not_count(ports: Ports) {
    for window in [LONG, HOUR] {
        let key = format!("{window:?}");
        for _ in 0..3 {
            ports.counters.hit(&key, window).await;
            ports.counters.take_back(&key).await;
        }
        assert_eq!(ports.counters.hit(&key, window).await.hits, 1);
        assert_eq!(ports.counters.hit(&key, window).await.hits, 2);
        ports.counters.take_back(&key).await;
        assert_eq!(ports.counters.hit(&key, window).await.hits, 2);
    }
    ports.counters.take_back("never counted").await;
    assert_eq!(ports.counters.hit("never counted", LONG).await.hits, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counters_of_failed_log_ins_are_not_evicted_by_other_entries() {
    let ports = on_memory();
    for _ in 0..7 {
        ports.counters.hit("log-in", HOUR).await;
    }
    // More than the memory limit of values and counters.
    let value = Bytes::from(vec![0; 1 << 20]);
    for number in 0..100 {
        let key = format!("session:{number}");
        ports.cache.set(&key, value.clone(), LONG).await.unwrap();
    }
    for number in 0..200_000 {
        ports
            .counters
            .hit(&format!("anonymous:{number}"), LONG)
            .await;
    }
    assert_eq!(ports.counters.hit("log-in", HOUR).await.hits, 8);
}
