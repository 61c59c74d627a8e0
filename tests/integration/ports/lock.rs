//! Tests of the distributed lock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{LONG, on_both_implementations};
use mini_compete::store::ports::Ports;

on_both_implementations!(
    only_one_waiter_at_a_time_holds_a_lock,
    a_released_lock_is_free_at_once,
    a_waiter_gives_up_when_its_waiting_time_ends,
    the_lock_of_a_dead_holder_is_free_when_it_expires,
    the_former_holder_of_an_expired_lock_cannot_release_it,
    locks_with_different_names_are_independent,
);

const NOW: Duration = Duration::ZERO;

async fn only_one_waiter_at_a_time_holds_a_lock(ports: Ports) {
    let holders = Arc::new(AtomicUsize::new(0));
    let waiters: Vec<_> = (0..8)
        .map(|_| {
            let (lock, holders) = (Arc::clone(&ports.lock), Arc::clone(&holders));
            tokio::spawn(async move {
                for _ in 0..5 {
                    let lease = lock.acquire("name", LONG, LONG).await.unwrap().unwrap();
                    assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "no other holder");
                    tokio::task::yield_now().await;
                    holders.fetch_sub(1, Ordering::SeqCst);
                    lock.release(lease).await.unwrap();
                }
            })
        })
        .collect();
    for waiter in waiters {
        waiter.await.unwrap();
    }
}

async fn a_released_lock_is_free_at_once(ports: Ports) {
    let first = ports.lock.acquire("name", LONG, NOW).await.unwrap();
    ports.lock.release(first.unwrap()).await.unwrap();
    let second = ports.lock.acquire("name", LONG, NOW).await.unwrap();
    assert!(second.is_some());
}

async fn a_waiter_gives_up_when_its_waiting_time_ends(ports: Ports) {
    let held = ports.lock.acquire("name", LONG, NOW).await.unwrap();
    assert!(held.is_some());
    let start = Instant::now();
    let patience = Duration::from_millis(30);
    let refused = ports.lock.acquire("name", LONG, patience).await.unwrap();
    assert_eq!(refused, None);
    assert!(start.elapsed() >= patience);
}

async fn the_lock_of_a_dead_holder_is_free_when_it_expires(ports: Ports) {
    let ttl = Duration::from_millis(30);
    let dead = ports.lock.acquire("name", ttl, NOW).await.unwrap();
    assert!(dead.is_some());
    let next = ports.lock.acquire("name", LONG, LONG).await.unwrap();
    assert!(next.is_some());
}

async fn the_former_holder_of_an_expired_lock_cannot_release_it(ports: Ports) {
    let ttl = Duration::from_millis(30);
    let first = ports.lock.acquire("name", ttl, NOW).await.unwrap().unwrap();
    let second = ports.lock.acquire("name", LONG, LONG).await.unwrap();

    ports.lock.release(first).await.unwrap();
    let third = ports.lock.acquire("name", LONG, NOW).await.unwrap();
    assert_eq!(third, None, "the second holder keeps the lock");

    ports.lock.release(second.unwrap()).await.unwrap();
    let third = ports.lock.acquire("name", LONG, NOW).await.unwrap();
    assert!(third.is_some());
}

async fn locks_with_different_names_are_independent(ports: Ports) {
    let one = ports.lock.acquire("one", LONG, NOW).await.unwrap();
    let other = ports.lock.acquire("other", LONG, NOW).await.unwrap();
    assert!(one.is_some() && other.is_some());
}
