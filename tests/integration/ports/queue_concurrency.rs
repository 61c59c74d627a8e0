//! The queue with many concurrent workers, and with abandoned calls.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{LONG, eventually, on_both_implementations};
use mini_compete::store::ports::{Envelope, Ports};

on_both_implementations!(
    each_of_ten_thousand_jobs_reaches_one_of_four_workers_once,
    eight_waiting_workers_get_eight_jobs,
    an_abandoned_take_loses_no_job,
);

const Q: &str = "mail";
const SHORT: Duration = Duration::from_millis(20);

async fn each_of_ten_thousand_jobs_reaches_one_of_four_workers_once(ports: Ports) {
    const JOBS: usize = 10_000;
    let done = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..4)
        .map(|i| {
            let (queue, done) = (Arc::clone(&ports.queue), Arc::clone(&done));
            let worker = format!("worker-{i}");
            tokio::spawn(async move {
                let mut taken = Vec::new();
                while done.load(Ordering::SeqCst) < JOBS {
                    let jobs = queue.take(Q, &worker, 64, SHORT).await.unwrap();
                    queue.ack(Q, &worker, &jobs).await.unwrap();
                    done.fetch_add(jobs.len(), Ordering::SeqCst);
                    taken.extend(jobs);
                }
                taken
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

async fn eight_waiting_workers_get_eight_jobs(ports: Ports) {
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
    let mut taken = HashSet::new();
    for worker in waiting {
        taken.extend(worker.await.unwrap().unwrap());
    }
    assert_eq!(taken.len(), 8);
}

async fn an_abandoned_take_loses_no_job(ports: Ports) {
    const JOBS: u64 = 200;
    for i in 0..JOBS {
        let queue = Arc::clone(&ports.queue);
        let take = tokio::spawn(async move { queue.take(Q, "w", 1, LONG).await });
        if i % 2 == 0 {
            // A job is available, so the call is abandoned while it takes the job.
            let job = Envelope::new(i.to_string());
            ports.queue.push(Q, &[job]).await.unwrap();
        }
        // Otherwise it is abandoned while it waits.
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
