//! Many workers at once.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{LONG, contract, eventually};
use mini_compete::store::ports::{Envelope, Ports};

contract!(
    of_ten_thousand_jobs_each_reaches_one_of_four_workers_once,
    workers_that_wait_for_few_jobs_get_them_all,
    a_take_that_is_abandoned_loses_nothing,
);

const Q: &str = "mail";
const SHORT: Duration = Duration::from_millis(20);

async fn of_ten_thousand_jobs_each_reaches_one_of_four_workers_once(ports: Ports) {
    const JOBS: usize = 10_000;
    let done = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..4)
        .map(|i| {
            let (queue, done) = (Arc::clone(&ports.queue), Arc::clone(&done));
            let worker = format!("worker-{i}");
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while done.load(Ordering::SeqCst) < JOBS {
                    let jobs = queue.take(Q, &worker, 64, SHORT).await.unwrap();
                    queue.ack(Q, &worker, &jobs).await.unwrap();
                    done.fetch_add(jobs.len(), Ordering::SeqCst);
                    mine.extend(jobs);
                }
                mine
            })
        })
        .collect();
    let jobs: Vec<_> = (0..JOBS).map(|i| Envelope::new(i.to_string())).collect();
    for batch in jobs.chunks(700) {
        ports.queue.push(Q, batch).await.unwrap();
    }
    let mut delivered = Vec::new();
    for worker in workers {
        delivered.extend(worker.await.unwrap());
    }
    assert_eq!(delivered.len(), JOBS);
    assert_eq!(delivered.into_iter().collect::<HashSet<_>>().len(), JOBS);
    assert_eq!(ports.queue.depth(Q).await.unwrap().total(), 0);
}

async fn workers_that_wait_for_few_jobs_get_them_all(ports: Ports) {
    let waiting: Vec<_> = (0..8)
        .map(|i| {
            let queue = Arc::clone(&ports.queue);
            tokio::spawn(async move { queue.take(Q, &format!("worker-{i}"), 1, LONG).await })
        })
        .collect();
    for i in 0..8 {
        let job = Envelope::new(i.to_string());
        ports.queue.push(Q, &[job]).await.unwrap();
    }
    let mut got = HashSet::new();
    for worker in waiting {
        got.extend(worker.await.unwrap().unwrap());
    }
    assert_eq!(got.len(), 8);
}

async fn a_take_that_is_abandoned_loses_nothing(ports: Ports) {
    const JOBS: u64 = 200;
    for i in 0..JOBS {
        let queue = Arc::clone(&ports.queue);
        let take = tokio::spawn(async move { queue.take(Q, "w", 1, LONG).await });
        if i % 2 == 0 {
            // Abandoned at some point of a take that has something to take, ...
            let job = Envelope::new(i.to_string());
            ports.queue.push(Q, &[job]).await.unwrap();
        }
        // ... at some point of a wait.
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..1500))).await;
        take.abort();
        if let Ok(taken) = take.await {
            let taken = taken.unwrap();
            ports.queue.give_back(Q, "w", &taken).await.unwrap();
        }
    }
    eventually(async || {
        let depth = ports.queue.depth(Q).await.unwrap();
        (depth.ready == JOBS / 2 && depth.in_hand == 0).then_some(())
    })
    .await;
}
