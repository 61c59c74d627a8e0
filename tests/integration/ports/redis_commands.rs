//! How many commands the ports send to Redis.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::{TcpStream, tcp::OwnedReadHalf},
};
use url::Url;

use super::{LONG, connect, eventually, new_prefix, redis_url};
use mini_compete::store::ports::{Envelope, Ports};

const Q: &str = "mail";

/// A connection on which Redis reports all commands.
struct Monitor {
    lines: Lines<BufReader<OwnedReadHalf>>,
    prefix: String,
    _open: tokio::net::tcp::OwnedWriteHalf,
}

impl Monitor {
    async fn start(prefix: &str) -> Self {
        let url: Url = redis_url().parse().unwrap();
        let address = (url.host_str().unwrap(), url.port().unwrap_or(6379));
        let (reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
        writing.write_all(b"MONITOR\r\n").await.unwrap();
        let mut lines = BufReader::new(reading).lines();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "+OK");
        Self {
            lines,
            prefix: prefix.to_owned(),
            _open: writing,
        }
    }

    /// Returns how often `command` was sent about the keys of this test, up to now.
    async fn count(&mut self, command: &str, ports: &Ports) -> usize {
        let end = format!("end-{}", uuid::Uuid::now_v7());
        ports
            .cache
            .set(&end, Bytes::new(), Duration::from_secs(60))
            .await
            .unwrap();
        let (mut count, command) = (0, format!("\"{command}\" "));
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if line.contains(&end) {
                break;
            }
            count += usize::from(line.contains(&command) && line.contains(&self.prefix));
        }
        count
    }
}

#[tokio::test]
async fn of_the_workers_of_a_process_one_waits_for_jobs_at_a_time() {
    let prefix = new_prefix();
    let ports = connect(&prefix).await;
    let mut monitor = Monitor::start(&prefix).await;
    let workers: Vec<_> = (0..2)
        .map(|i| {
            let queue = Arc::clone(&ports.queue);
            tokio::spawn(async move { queue.take(Q, &format!("worker-{i}"), 1, LONG).await })
        })
        .collect();
    for finished in 1..=2 {
        let job = Envelope::new(finished.to_string());
        ports.queue.push(Q, &[job]).await.unwrap();
        eventually(async || {
            let done = workers.iter().filter(|worker| worker.is_finished()).count();
            (done == finished).then_some(())
        })
        .await;
    }
    // Each waited at most once, and neither was woken for the job of the other.
    assert!(monitor.count("BLMOVE", &ports).await <= 2);
}

#[tokio::test]
async fn reads_that_come_together_are_sent_together_and_each_gets_its_value() {
    let prefix = new_prefix();
    let ports = connect(&prefix).await;
    let value = |i: usize| Bytes::from(i.to_string());
    let entries = (0..600).step_by(2).map(|i| (format!("key-{i}"), value(i)));
    ports.cache.set_many(entries.collect(), LONG).await.unwrap();
    let mut monitor = Monitor::start(&prefix).await;
    let reads = (0..600).map(|i| {
        let cache = Arc::clone(&ports.cache);
        async move { cache.get(&format!("key-{i}")).await.unwrap() }
    });
    let found = futures::future::join_all(reads).await;
    for (i, found) in found.into_iter().enumerate() {
        assert_eq!(found, (i % 2 == 0).then(|| value(i)));
    }
    assert!(monitor.count("MGET", &ports).await <= 10);
}
