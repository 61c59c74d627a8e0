//! The queue: taking, acknowledging, delaying and returning jobs.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;

use super::{LONG, PortsWithClock, on_both_implementations};
use mini_compete::store::ports::{Depth, Envelope};

on_both_implementations!(
    jobs_are_taken_in_the_order_in_which_they_were_pushed,
    a_waiting_worker_gets_a_job_when_it_is_pushed,
    a_worker_that_waits_in_vain_gets_nothing,
    a_worker_that_takes_zero_jobs_gets_none,
    queues_are_separate,
    an_acknowledged_job_is_removed,
    an_acknowledgement_removes_one_of_two_equal_jobs,
    the_jobs_of_a_dead_worker_return_to_the_head_of_the_queue,
    the_jobs_of_a_worker_that_dies_before_its_first_heartbeat_return_too,
    a_live_worker_keeps_its_jobs,
    a_worker_wrongly_considered_dead_loses_and_duplicates_no_job,
    a_delayed_job_returns_in_its_new_form_when_it_is_due,
    delayed_jobs_return_in_the_order_in_which_they_are_due,
    equal_jobs_are_stored_once_while_delayed,
    a_job_that_no_worker_holds_cannot_be_delayed,
    jobs_given_back_are_at_the_head_in_their_old_order,
    an_unreadable_job_is_taken_and_removed_like_any_other,
    the_depth_counts_every_job_once,
);

const NOW: Duration = Duration::ZERO;
const Q: &str = "mail";

/// Returns a job with any text.
fn job(text: impl ToString) -> Envelope {
    Envelope::new(text.to_string())
}

/// Returns jobs with these texts.
fn jobs<T: ToString>(texts: impl IntoIterator<Item = T>) -> Vec<Envelope> {
    texts.into_iter().map(job).collect()
}

/// How long a worker may be silent before it is considered dead.
const SILENCE: Duration = Duration::from_secs(10);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Advances the clock of the queue.
fn advance(ports: &PortsWithClock, seconds: i64) {
    ports.clock.advance(TimeDelta::seconds(seconds));
}

/// Returns the jobs of dead workers to the queue.
async fn reap(ports: &PortsWithClock) -> usize {
    ports.queue.reap(Q, SILENCE).await.unwrap()
}

/// Moves delayed jobs that are due to the queue.
async fn promote_due(ports: &PortsWithClock, max: usize) -> usize {
    ports.queue.promote_due(Q, max).await.unwrap()
}

/// Returns the numbers of ready, claimed and delayed jobs.
async fn depth(ports: &PortsWithClock) -> [u64; 3] {
    let depth = ports.queue.depth(Q).await.unwrap();
    [depth.ready, depth.in_hand, depth.delayed]
}

/// Takes jobs without waiting.
async fn take(ports: &PortsWithClock, worker: &str, max: usize) -> Vec<Envelope> {
    ports.queue.take(Q, worker, max, NOW).await.unwrap()
}

async fn jobs_are_taken_in_the_order_in_which_they_were_pushed(ports: PortsWithClock) {
    ports.queue.push(Q, &jobs(0..3)).await.unwrap();
    ports.queue.push(Q, &jobs(3..1203)).await.unwrap();
    ports.queue.push(Q, &[]).await.unwrap();
    assert_eq!(take(&ports, "w", 2).await, jobs(0..2));
    assert_eq!(take(&ports, "w", 1000).await, jobs(2..1002));
    assert_eq!(take(&ports, "w", 1000).await, jobs(1002..1203));
}

async fn a_waiting_worker_gets_a_job_when_it_is_pushed(ports: PortsWithClock) {
    let queue = Arc::clone(&ports.queue);
    let waiting = tokio::spawn(async move { queue.take(Q, "w", 10, LONG).await });
    tokio::task::yield_now().await;
    ports.queue.push(Q, &[job("a")]).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), [job("a")]);
}

async fn a_worker_that_waits_in_vain_gets_nothing(ports: PortsWithClock) {
    let start = Instant::now();
    let patience = Duration::from_millis(20);
    assert_eq!(ports.queue.take(Q, "w", 1, patience).await.unwrap(), []);
    assert!(start.elapsed() >= patience);
}

async fn a_worker_that_takes_zero_jobs_gets_none(ports: PortsWithClock) {
    ports.queue.push(Q, &[job("a")]).await.unwrap();
    assert_eq!(ports.queue.take(Q, "w", 0, LONG).await.unwrap(), []);
    assert_eq!(depth(&ports).await, [1, 0, 0]);
}

async fn queues_are_separate(ports: PortsWithClock) {
    ports.queue.push("reminder", &[job("a")]).await.unwrap();
    assert_eq!(take(&ports, "w", 1).await, []);
    assert_eq!(
        ports.queue.depth(Q).await.unwrap(),
        Depth::default(),
        "the other queue's job does not count here"
    );
}

async fn an_acknowledged_job_is_removed(ports: PortsWithClock) {
    ports.queue.push(Q, &jobs(["a", "b", "c"])).await.unwrap();
    take(&ports, "w", 3).await;
    // Acknowledgements may come in any order and be repeated.
    let done = jobs(["c", "a", "c"]);
    ports.queue.ack(Q, "w", &done).await.unwrap();
    assert_eq!(depth(&ports).await, [0, 1, 0]);
    advance(&ports, 60);
    assert_eq!(reap(&ports).await, 1);
    assert_eq!(take(&ports, "w", 3).await, [job("b")]);
}

async fn an_acknowledgement_removes_one_of_two_equal_jobs(ports: PortsWithClock) {
    ports.queue.push(Q, &jobs(["a", "a"])).await.unwrap();
    take(&ports, "w", 2).await;
    ports.queue.ack(Q, "w", &[job("a")]).await.unwrap();
    assert_eq!(depth(&ports).await, [0, 1, 0]);
}

async fn the_jobs_of_a_dead_worker_return_to_the_head_of_the_queue(ports: PortsWithClock) {
    ports.queue.push(Q, &jobs(0..6)).await.unwrap();
    ports.queue.heartbeat(Q, "dead").await.unwrap();
    take(&ports, "dead", 2).await;
    take(&ports, "dead", 2).await;
    advance(&ports, 11);
    assert_eq!(reap(&ports).await, 4);
    assert_eq!(take(&ports, "w", 10).await, jobs(0..6));
    assert_eq!(reap(&ports).await, 0, "a job returns only once");
}

async fn the_jobs_of_a_worker_that_dies_before_its_first_heartbeat_return_too(
    ports: PortsWithClock,
) {
    ports.queue.push(Q, &[job("a")]).await.unwrap();
    take(&ports, "dead", 1).await;
    advance(&ports, 60);
    assert_eq!(reap(&ports).await, 1);
    assert_eq!(take(&ports, "w", 1).await, [job("a")]);
}

async fn a_live_worker_keeps_its_jobs(ports: PortsWithClock) {
    ports.queue.push(Q, &[job("a")]).await.unwrap();
    ports.queue.heartbeat(Q, "w").await.unwrap();
    take(&ports, "w", 1).await;
    advance(&ports, 10);
    assert_eq!(reap(&ports).await, 0, "the heartbeat is not too old");
    ports.queue.heartbeat(Q, "w").await.unwrap();
    advance(&ports, 5);
    assert_eq!(reap(&ports).await, 0);
    assert_eq!(depth(&ports).await, [0, 1, 0]);
}

async fn a_worker_wrongly_considered_dead_loses_and_duplicates_no_job(ports: PortsWithClock) {
    ports.queue.push(Q, &jobs(["a", "b", "c"])).await.unwrap();
    ports.queue.heartbeat(Q, "slow").await.unwrap();
    let held = take(&ports, "slow", 3).await;
    advance(&ports, 11);
    assert_eq!(reap(&ports).await, 3);
    let taken = take(&ports, "w", 1).await;

    ports.queue.ack(Q, "slow", &held[..1]).await.unwrap();
    ports.queue.give_back(Q, "slow", &held[1..2]).await.unwrap();
    assert_eq!(
        depth(&ports).await,
        [2, 1, 0],
        "no job is lost or duplicated"
    );
    assert_eq!(taken, [job("a")]);

    // The worker is alive and continues.
    assert_eq!(take(&ports, "slow", 3).await, jobs(["b", "c"]));
    ports.queue.heartbeat(Q, "slow").await.unwrap();
    advance(&ports, 11);
    assert_eq!(
        reap(&ports).await,
        3,
        "including the job of the other worker"
    );
}

async fn a_delayed_job_returns_in_its_new_form_when_it_is_due(ports: PortsWithClock) {
    ports.queue.push(Q, &jobs(["a", "b"])).await.unwrap();
    take(&ports, "w", 1).await;
    let (first, second) = (job("a"), job("a, second try"));
    let delay = ports.queue.delay(Q, "w", &first, &second, seconds(10));
    delay.await.unwrap();
    assert_eq!(depth(&ports).await, [1, 0, 1]);
    advance(&ports, 9);
    assert_eq!(promote_due(&ports, 10).await, 0);
    advance(&ports, 1);
    assert_eq!(promote_due(&ports, 10).await, 1);
    assert_eq!(take(&ports, "w", 2).await, [job("b"), second]);
}

async fn delayed_jobs_return_in_the_order_in_which_they_are_due(ports: PortsWithClock) {
    ports.queue.push(Q, &jobs([30, 10, 20])).await.unwrap();
    for held in take(&ports, "w", 3).await {
        let wait = seconds(held.text().parse().unwrap());
        let delay = ports.queue.delay(Q, "w", &held, &held, wait);
        delay.await.unwrap();
    }
    advance(&ports, 60);
    assert_eq!(promote_due(&ports, 2).await, 2);
    assert_eq!(take(&ports, "w", 3).await, jobs([10, 20]));
    assert_eq!(promote_due(&ports, 2).await, 1);
    assert_eq!(take(&ports, "w", 3).await, jobs([30]));
}

async fn equal_jobs_are_stored_once_while_delayed(ports: PortsWithClock) {
    ports.queue.push(Q, &jobs(["a", "a"])).await.unwrap();
    for (held, wait) in take(&ports, "w", 2).await.iter().zip([10, 20]) {
        let delay = ports.queue.delay(Q, "w", held, held, seconds(wait));
        delay.await.unwrap();
    }
    assert_eq!(depth(&ports).await, [0, 0, 1]);
    advance(&ports, 19);
    assert_eq!(promote_due(&ports, 9).await, 0);
    advance(&ports, 1);
    assert_eq!(promote_due(&ports, 9).await, 1);
}

async fn a_job_that_no_worker_holds_cannot_be_delayed(ports: PortsWithClock) {
    let unknown = job("a");
    let delay = ports.queue.delay(Q, "w", &unknown, &unknown, NOW);
    delay.await.unwrap();
    assert_eq!(depth(&ports).await, [0, 0, 0]);
}

async fn jobs_given_back_are_at_the_head_in_their_old_order(ports: PortsWithClock) {
    ports.queue.push(Q, &jobs(0..1300)).await.unwrap();
    let held = take(&ports, "w", 1200).await;
    ports.queue.ack(Q, "w", &held[..1]).await.unwrap();
    // More jobs than one batch. The acknowledged job is not returned.
    ports.queue.give_back(Q, "w", &held).await.unwrap();
    assert_eq!(depth(&ports).await, [1299, 0, 0]);
    assert_eq!(take(&ports, "w", 1300).await, jobs(1..1300));
}

async fn an_unreadable_job_is_taken_and_removed_like_any_other(ports: PortsWithClock) {
    let unreadable = [
        Envelope::new(""),
        Envelope::new("not json\r\n"),
        Envelope::new(&b"\xff\xfe\x00not even text"[..]),
        Envelope::new(vec![b'x'; 1 << 20]),
    ];
    ports.queue.push(Q, &unreadable).await.unwrap();
    let taken = take(&ports, "w", 10).await;
    assert_eq!(taken, unreadable);
    assert!(taken[2].text().contains("not even text"));
    ports.queue.ack(Q, "w", &taken[..2]).await.unwrap();
    let delay = ports.queue.delay(Q, "w", &taken[2], &taken[2], NOW);
    delay.await.unwrap();
    ports.queue.ack(Q, "w", &taken[3..]).await.unwrap();
    assert_eq!(depth(&ports).await, [0, 0, 1]);
}

async fn the_depth_counts_every_job_once(ports: PortsWithClock) {
    assert_eq!(depth(&ports).await, [0, 0, 0]);
    ports.queue.push(Q, &jobs(0..10)).await.unwrap();
    let held = take(&ports, "one", 3).await;
    take(&ports, "other", 2).await;
    let delay = ports.queue.delay(Q, "one", &held[0], &held[0], NOW);
    delay.await.unwrap();
    assert_eq!(depth(&ports).await, [5, 4, 1]);
    let delay = ports.queue.delay(Q, "one", &held[1], &held[1], seconds(10));
    delay.await.unwrap();
    let depth = ports.queue.depth(Q).await.unwrap();
    assert_eq!((depth.total(), depth.delayed, depth.due), (10, 2, 1));
}
