//! Very many people who watch the seats go: event streams that are held open, and what each of them
//! was told last, and when.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

const FIELD: &[u8] = b"\"seatsLeft\":";
/// More than an event; a longer rest of one is nothing.
const CARRY: usize = 256;

struct Watcher {
    stream: TcpStream,
    carry: Vec<u8>,
    told: Option<usize>,
    since: Instant,
    open: bool,
}

/// What the watchers saw.
#[derive(Debug)]
pub struct Seen {
    pub watchers: usize,
    /// The number of streams that were closed or failed.
    pub broken: usize,
    /// The last number of each, and when it came.
    pub last: Vec<(Option<usize>, Instant)>,
    /// The number of events that arrived on all streams.
    pub events: usize,
}

impl Seen {
    /// How long after `end` the last watcher had `value`; `None` if one never had it.
    pub fn lag(&self, value: usize, end: Instant) -> Option<Duration> {
        let lags = self.last.iter().map(|(told, since)| {
            (*told == Some(value)).then(|| since.saturating_duration_since(end))
        });
        lags.collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

/// Opens so many streams, counts them in `ready` as their first number comes, and watches until
/// `stop`.
pub fn watch(
    server: SocketAddr,
    competition: &str,
    watchers: usize,
    ready: &AtomicUsize,
    stop: &AtomicBool,
) -> Result<Seen> {
    let mut poll = Poll::new()?;
    let request = format!(
        "GET /api/v1/competitions/{competition}/events HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n"
    );
    let (mut events, mut chunk) = (Events::with_capacity(1024), vec![0; 16 * 1024]);
    let (mut all, mut count) = (Vec::with_capacity(watchers), 0);
    while !stop.load(Ordering::Relaxed) {
        // A few at a time: the queue of those who wait to be accepted is short.
        for _ in 0..100.min(watchers - all.len()) {
            all.push(open(&poll, Token(all.len()), server, &request)?);
        }
        let opening = all.len() < watchers;
        let wait = Duration::from_millis(if opening { 5 } else { 50 });
        match poll.poll(&mut events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other?,
        }
        for event in &events {
            let watcher: &mut Watcher = &mut all[event.token().0];
            let first = watcher.told.is_none();
            count += watcher.receive(&mut chunk);
            if first && watcher.told.is_some() {
                ready.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    ensure!(all.len() == watchers, "stopped before all had come");
    Ok(Seen {
        watchers,
        broken: all.iter().filter(|watcher| !watcher.open).count(),
        last: all.iter().map(|it| (it.told, it.since)).collect(),
        events: count,
    })
}

fn open(poll: &Poll, token: Token, server: SocketAddr, request: &str) -> Result<Watcher> {
    let mut stream = std::net::TcpStream::connect(server)
        .with_context(|| format!("stream {} does not open", token.0))?;
    stream.write_all(request.as_bytes())?;
    stream.set_nonblocking(true)?;
    let mut stream = TcpStream::from_std(stream);
    poll.registry()
        .register(&mut stream, token, Interest::READABLE)?;
    Ok(Watcher {
        stream,
        carry: Vec::new(),
        told: None,
        since: Instant::now(),
        open: true,
    })
}

impl Watcher {
    /// Reads what is there; how many numbers came.
    fn receive(&mut self, chunk: &mut [u8]) -> usize {
        let mut count = 0;
        loop {
            match self.stream.read(chunk) {
                Ok(0) => {
                    self.open = false;
                    return count;
                }
                Ok(length) => {
                    self.carry.extend_from_slice(&chunk[..length]);
                    count += self.digest();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.open &= error.kind() == ErrorKind::WouldBlock;
                    return count;
                }
            }
        }
    }

    /// Takes in the numbers that are complete and keeps the rest.
    fn digest(&mut self) -> usize {
        let (numbers, rest) = numbers(&self.carry);
        if let Some(last) = numbers.last() {
            self.told = Some(*last);
            self.since = Instant::now();
        }
        self.carry.drain(..rest);
        if self.carry.is_empty() {
            // Ten thousand small buffers are not small.
            self.carry = Vec::new();
        }
        numbers.len()
    }
}

/// The complete numbers in a piece of a stream, and where what may belong to the next one begins.
fn numbers(piece: &[u8]) -> (Vec<usize>, usize) {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(begin) = super::http::find(&piece[at..], FIELD).map(|it| at + it) {
        let digits = &piece[begin + FIELD.len()..];
        let Some(length) = digits.iter().position(|byte| !byte.is_ascii_digit()) else {
            return (found, begin);
        };
        let number = std::str::from_utf8(&digits[..length]);
        found.extend(number.ok().and_then(|number| number.parse::<usize>().ok()));
        at = begin + FIELD.len() + length;
    }
    (found, at.max(piece.len().saturating_sub(CARRY)))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Seen, numbers};

    #[test]
    fn numbers_are_found_however_the_stream_is_cut() {
        let stream = b"x data: {\"seatsLeft\":12,\"capacity\":9}\n\ndata: {\"seatsLeft\":7,\"c\"";
        for cut in 0..stream.len() {
            let (mut found, rest) = numbers(&stream[..cut]);
            found.extend(numbers(&stream[rest..]).0);
            assert_eq!(found, [12, 7], "cut at {cut}");
        }
    }

    #[test]
    fn the_lag_is_that_of_the_slowest_watcher() {
        let end = Instant::now();
        let after = |ms| end + Duration::from_millis(ms);
        let seen = |last| Seen {
            watchers: 2,
            broken: 0,
            last,
            events: 2,
        };
        let both = seen(vec![(Some(0), after(5)), (Some(0), after(9))]);
        assert_eq!(both.lag(0, end), Some(Duration::from_millis(9)));
        let one = seen(vec![(Some(0), after(5)), (Some(3), after(9))]);
        assert_eq!(one.lag(0, end), None);
    }
}
