use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{LONG, contract};
use mini_compete::store::ports::Ports;

contract!(
    those_who_wait_for_a_lock_exclude_each_other,
    a_released_lock_is_free_at_once,
    a_waiter_gives_up_when_its_patience_is_over,
    a_lock_whose_holder_died_is_free_when_its_time_is_over,
    an_expired_lock_that_another_took_is_not_deleted_by_the_first,
    locks_with_different_names_do_not_hinder_each_other,
);

const NOW: Duration = Duration::ZERO;

async fn those_who_wait_for_a_lock_exclude_each_other(ports: Ports) {
    let inside = Arc::new(AtomicUsize::new(0));
    let visits: Vec<_> = (0..8)
        .map(|_| {
            let (lock, inside) = (Arc::clone(&ports.lock), Arc::clone(&inside));
            tokio::spawn(async move {
                for _ in 0..5 {
                    let lease = lock.acquire("door", LONG, LONG).await.unwrap().unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "alone inside");
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    lock.release(lease).await.unwrap();
                }
            })
        })
        .collect();
    for visit in visits {
        visit.await.unwrap();
    }
}

async fn a_released_lock_is_free_at_once(ports: Ports) {
    let first = ports.lock.acquire("door", LONG, NOW).await.unwrap();
    ports.lock.release(first.unwrap()).await.unwrap();
    let second = ports.lock.acquire("door", LONG, NOW).await.unwrap();
    assert!(second.is_some());
}

async fn a_waiter_gives_up_when_its_patience_is_over(ports: Ports) {
    let held = ports.lock.acquire("door", LONG, NOW).await.unwrap();
    assert!(held.is_some());
    let start = Instant::now();
    let patience = Duration::from_millis(30);
    let refused = ports.lock.acquire("door", LONG, patience).await.unwrap();
    assert_eq!(refused, None);
    assert!(start.elapsed() >= patience);
}

async fn a_lock_whose_holder_died_is_free_when_its_time_is_over(ports: Ports) {
    let ttl = Duration::from_millis(30);
    let dead = ports.lock.acquire("door", ttl, NOW).await.unwrap();
    assert!(dead.is_some());
    let next = ports.lock.acquire("door", LONG, LONG).await.unwrap();
    assert!(next.is_some());
}

async fn an_expired_lock_that_another_took_is_not_deleted_by_the_first(ports: Ports) {
    let ttl = Duration::from_millis(30);
    let first = ports.lock.acquire("door", ttl, NOW).await.unwrap().unwrap();
    let second = ports.lock.acquire("door", LONG, LONG).await.unwrap();

    ports.lock.release(first).await.unwrap();
    let third = ports.lock.acquire("door", LONG, NOW).await.unwrap();
    assert_eq!(third, None, "the second still holds it");

    ports.lock.release(second.unwrap()).await.unwrap();
    let third = ports.lock.acquire("door", LONG, NOW).await.unwrap();
    assert!(third.is_some());
}

async fn locks_with_different_names_do_not_hinder_each_other(ports: Ports) {
    let one = ports.lock.acquire("one", LONG, NOW).await.unwrap();
    let other = ports.lock.acquire("other", LONG, NOW).await.unwrap();
    assert!(one.is_some() && other.is_some());
}
