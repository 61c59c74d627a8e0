use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;

use super::{LONG, On, contract};
use mini_compete::store::ports::{Depth, Envelope};

contract!(
    jobs_are_taken_in_the_order_in_which_they_were_pushed,
    a_worker_that_waits_gets_a_job_when_it_comes,
    a_worker_that_waits_in_vain_goes_home_with_nothing,
    a_worker_that_wants_nothing_gets_nothing,
    queues_do_not_mix,
    a_job_that_was_acked_is_gone,
    of_two_equal_jobs_one_is_acked,
    a_job_taken_by_a_worker_that_dies_comes_back_at_the_head,
    a_worker_that_dies_before_its_first_heartbeat_loses_its_jobs_too,
    a_worker_that_lives_keeps_its_jobs,
    a_worker_that_was_presumed_dead_does_no_harm,
    a_delayed_job_comes_back_in_its_new_form_when_it_is_due,
    delayed_jobs_come_back_in_the_order_in_which_they_are_due,
    equal_jobs_are_one_while_delayed,
    a_job_that_is_not_held_cannot_be_delayed,
    jobs_given_back_stand_at_the_head_as_they_stood_before,
    garbage_comes_out_like_any_other_job_and_can_be_removed,
    the_depth_counts_every_job_once,
);

const NOW: Duration = Duration::ZERO;
const Q: &str = "mail";

fn job(text: impl ToString) -> Envelope {
    Envelope::new(text.to_string())
}

fn jobs<T: ToString>(texts: impl IntoIterator<Item = T>) -> Vec<Envelope> {
    texts.into_iter().map(job).collect()
}

/// A worker that is silent for longer is dead.
const SILENCE: Duration = Duration::from_secs(10);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Lets time pass, which only the tests move.
fn pass(ports: &On, seconds: i64) {
    ports.clock.advance(TimeDelta::seconds(seconds));
}

async fn reap(ports: &On) -> usize {
    ports.queue.reap(Q, SILENCE).await.unwrap()
}

async fn promote_due(ports: &On, max: usize) -> usize {
    ports.queue.promote_due(Q, max).await.unwrap()
}

async fn depth(ports: &On) -> [u64; 3] {
    let depth = ports.queue.depth(Q).await.unwrap();
    [depth.ready, depth.in_hand, depth.delayed]
}

async fn take(ports: &On, worker: &str, max: usize) -> Vec<Envelope> {
    ports.queue.take(Q, worker, max, NOW).await.unwrap()
}

async fn jobs_are_taken_in_the_order_in_which_they_were_pushed(ports: On) {
    ports.queue.push(Q, &jobs(0..3)).await.unwrap();
    ports.queue.push(Q, &jobs(3..1203)).await.unwrap();
    ports.queue.push(Q, &[]).await.unwrap();
    assert_eq!(take(&ports, "w", 2).await, jobs(0..2));
    assert_eq!(take(&ports, "w", 1000).await, jobs(2..1002));
    assert_eq!(take(&ports, "w", 1000).await, jobs(1002..1203));
}

async fn a_worker_that_waits_gets_a_job_when_it_comes(ports: On) {
    let queue = Arc::clone(&ports.queue);
    let waiting = tokio::spawn(async move { queue.take(Q, "w", 10, LONG).await });
    tokio::task::yield_now().await;
    ports.queue.push(Q, &[job("a")]).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), [job("a")]);
}

async fn a_worker_that_waits_in_vain_goes_home_with_nothing(ports: On) {
    let start = Instant::now();
    let patience = Duration::from_millis(20);
    assert_eq!(ports.queue.take(Q, "w", 1, patience).await.unwrap(), []);
    assert!(start.elapsed() >= patience);
}

async fn a_worker_that_wants_nothing_gets_nothing(ports: On) {
    ports.queue.push(Q, &[job("a")]).await.unwrap();
    assert_eq!(ports.queue.take(Q, "w", 0, LONG).await.unwrap(), []);
    assert_eq!(depth(&ports).await, [1, 0, 0]);
}

async fn queues_do_not_mix(ports: On) {
    ports.queue.push("reminder", &[job("a")]).await.unwrap();
    assert_eq!(take(&ports, "w", 1).await, []);
    assert_eq!(
        ports.queue.depth(Q).await.unwrap(),
        Depth::default(),
        "the other queue's job does not count here"
    );
}

async fn a_job_that_was_acked_is_gone(ports: On) {
    ports.queue.push(Q, &jobs(["a", "b", "c"])).await.unwrap();
    take(&ports, "w", 3).await;
    // In any order, and more than once.
    let done = jobs(["c", "a", "c"]);
    ports.queue.ack(Q, "w", &done).await.unwrap();
    assert_eq!(depth(&ports).await, [0, 1, 0]);
    pass(&ports, 60);
    assert_eq!(reap(&ports).await, 1);
    assert_eq!(take(&ports, "w", 3).await, [job("b")]);
}

async fn of_two_equal_jobs_one_is_acked(ports: On) {
    ports.queue.push(Q, &jobs(["a", "a"])).await.unwrap();
    take(&ports, "w", 2).await;
    ports.queue.ack(Q, "w", &[job("a")]).await.unwrap();
    assert_eq!(depth(&ports).await, [0, 1, 0]);
}

async fn a_job_taken_by_a_worker_that_dies_comes_back_at_the_head(ports: On) {
    ports.queue.push(Q, &jobs(0..6)).await.unwrap();
    ports.queue.heartbeat(Q, "dead").await.unwrap();
    take(&ports, "dead", 2).await;
    take(&ports, "dead", 2).await;
    pass(&ports, 11);
    assert_eq!(reap(&ports).await, 4);
    assert_eq!(take(&ports, "w", 10).await, jobs(0..6));
    assert_eq!(reap(&ports).await, 0, "once only");
}

async fn a_worker_that_dies_before_its_first_heartbeat_loses_its_jobs_too(ports: On) {
    ports.queue.push(Q, &[job("a")]).await.unwrap();
    take(&ports, "dead", 1).await;
    pass(&ports, 60);
    assert_eq!(reap(&ports).await, 1);
    assert_eq!(take(&ports, "w", 1).await, [job("a")]);
}

async fn a_worker_that_lives_keeps_its_jobs(ports: On) {
    ports.queue.push(Q, &[job("a")]).await.unwrap();
    ports.queue.heartbeat(Q, "w").await.unwrap();
    take(&ports, "w", 1).await;
    pass(&ports, 10);
    assert_eq!(reap(&ports).await, 0, "just in time");
    ports.queue.heartbeat(Q, "w").await.unwrap();
    pass(&ports, 5);
    assert_eq!(reap(&ports).await, 0);
    assert_eq!(depth(&ports).await, [0, 1, 0]);
}

async fn a_worker_that_was_presumed_dead_does_no_harm(ports: On) {
    ports.queue.push(Q, &jobs(["a", "b", "c"])).await.unwrap();
    ports.queue.heartbeat(Q, "slow").await.unwrap();
    let held = take(&ports, "slow", 3).await;
    pass(&ports, 11);
    assert_eq!(reap(&ports).await, 3);
    let taken = take(&ports, "w", 1).await;

    ports.queue.ack(Q, "slow", &held[..1]).await.unwrap();
    ports.queue.give_back(Q, "slow", &held[1..2]).await.unwrap();
    assert_eq!(
        depth(&ports).await,
        [2, 1, 0],
        "nothing twice, nothing lost"
    );
    assert_eq!(taken, [job("a")]);

    // It lives on and works on.
    assert_eq!(take(&ports, "slow", 3).await, jobs(["b", "c"]));
    ports.queue.heartbeat(Q, "slow").await.unwrap();
    pass(&ports, 11);
    assert_eq!(reap(&ports).await, 3, "with what the other one held");
}

async fn a_delayed_job_comes_back_in_its_new_form_when_it_is_due(ports: On) {
    ports.queue.push(Q, &jobs(["a", "b"])).await.unwrap();
    take(&ports, "w", 1).await;
    let (first, second) = (job("a"), job("a, second try"));
    let delay = ports.queue.delay(Q, "w", &first, &second, seconds(10));
    delay.await.unwrap();
    assert_eq!(depth(&ports).await, [1, 0, 1]);
    pass(&ports, 9);
    assert_eq!(promote_due(&ports, 10).await, 0);
    pass(&ports, 1);
    assert_eq!(promote_due(&ports, 10).await, 1);
    assert_eq!(take(&ports, "w", 2).await, [job("b"), second]);
}

async fn delayed_jobs_come_back_in_the_order_in_which_they_are_due(ports: On) {
    ports.queue.push(Q, &jobs([30, 10, 20])).await.unwrap();
    for held in take(&ports, "w", 3).await {
        let wait = seconds(held.text().parse().unwrap());
        let delay = ports.queue.delay(Q, "w", &held, &held, wait);
        delay.await.unwrap();
    }
    pass(&ports, 60);
    assert_eq!(promote_due(&ports, 2).await, 2);
    assert_eq!(take(&ports, "w", 3).await, jobs([10, 20]));
    assert_eq!(promote_due(&ports, 2).await, 1);
    assert_eq!(take(&ports, "w", 3).await, jobs([30]));
}

async fn equal_jobs_are_one_while_delayed(ports: On) {
    ports.queue.push(Q, &jobs(["a", "a"])).await.unwrap();
    for (held, wait) in take(&ports, "w", 2).await.iter().zip([10, 20]) {
        let delay = ports.queue.delay(Q, "w", held, held, seconds(wait));
        delay.await.unwrap();
    }
    assert_eq!(depth(&ports).await, [0, 0, 1]);
    pass(&ports, 19);
    assert_eq!(promote_due(&ports, 9).await, 0);
    pass(&ports, 1);
    assert_eq!(promote_due(&ports, 9).await, 1);
}

async fn a_job_that_is_not_held_cannot_be_delayed(ports: On) {
    let stranger = job("a");
    let delay = ports.queue.delay(Q, "w", &stranger, &stranger, NOW);
    delay.await.unwrap();
    assert_eq!(depth(&ports).await, [0, 0, 0]);
}

async fn jobs_given_back_stand_at_the_head_as_they_stood_before(ports: On) {
    ports.queue.push(Q, &jobs(0..1300)).await.unwrap();
    let held = take(&ports, "w", 1200).await;
    ports.queue.ack(Q, "w", &held[..1]).await.unwrap();
    // More than one batch; the one that was acked is not held any more.
    ports.queue.give_back(Q, "w", &held).await.unwrap();
    assert_eq!(depth(&ports).await, [1299, 0, 0]);
    assert_eq!(take(&ports, "w", 1300).await, jobs(1..1300));
}

async fn garbage_comes_out_like_any_other_job_and_can_be_removed(ports: On) {
    let garbage = [
        Envelope::new(""),
        Envelope::new("not json\r\n"),
        Envelope::new(&b"\xff\xfe\x00not even text"[..]),
        Envelope::new(vec![b'x'; 1 << 20]),
    ];
    ports.queue.push(Q, &garbage).await.unwrap();
    let taken = take(&ports, "w", 10).await;
    assert_eq!(taken, garbage);
    assert!(taken[2].text().contains("not even text"));
    ports.queue.ack(Q, "w", &taken[..2]).await.unwrap();
    let delay = ports.queue.delay(Q, "w", &taken[2], &taken[2], NOW);
    delay.await.unwrap();
    ports.queue.ack(Q, "w", &taken[3..]).await.unwrap();
    assert_eq!(depth(&ports).await, [0, 0, 1]);
}

async fn the_depth_counts_every_job_once(ports: On) {
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
