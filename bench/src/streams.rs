//! Many open event streams in one thread: records the last seat update of each stream and the time
//! of its arrival.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

const FIELD: &[u8] = b"\"seatsLeft\":";
/// The number of unparsed bytes that are kept, more than an event is long.
const LONGEST_REST: usize = 256;

struct EventStream {
    socket: TcpStream,
    /// Received bytes that are not parsed yet.
    received: Vec<u8>,
    /// The number of free seats in the last seat update.
    last_value: Option<usize>,
    updated: Instant,
    open: bool,
}

/// What all streams together received.
#[derive(Debug)]
pub struct StreamResults {
    pub streams: usize,
    /// The number of streams that were closed or failed.
    pub broken: usize,
    /// The last value of each stream, and the time of its arrival.
    pub last_values: Vec<(Option<usize>, Instant)>,
    /// The number of events that arrived on all streams.
    pub events: usize,
}

impl StreamResults {
    /// Returns the time from `end` until the last stream had received `value`, or `None` if a
    /// stream never received it.
    pub fn lag(&self, value: usize, end: Instant) -> Option<Duration> {
        let lags = self.last_values.iter().map(|(last, updated)| {
            (*last == Some(value)).then(|| updated.saturating_duration_since(end))
        });
        lags.collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

/// Opens `count` streams, counts those that have received their first seat update in `ready`, and
/// receives seat updates until `stop` is set.
pub fn receive(
    server: SocketAddr,
    competition: &str,
    count: usize,
    ready: &AtomicUsize,
    stop: &AtomicBool,
) -> Result<StreamResults> {
    let mut poll = Poll::new()?;
    let request = format!(
        "GET /api/v1/competitions/{competition}/events HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n"
    );
    let (mut events, mut chunk) = (Events::with_capacity(1024), vec![0; 16 * 1024]);
    let (mut streams, mut updates) = (Vec::with_capacity(count), 0);
    while !stop.load(Ordering::Relaxed) {
        // A few at a time, because the kernel's queue of connections to accept is short.
        for _ in 0..100.min(count - streams.len()) {
            streams.push(open(&poll, Token(streams.len()), server, &request)?);
        }
        let opening = streams.len() < count;
        let wait = Duration::from_millis(if opening { 5 } else { 50 });
        match poll.poll(&mut events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other?,
        }
        for event in &events {
            let stream: &mut EventStream = &mut streams[event.token().0];
            let first = stream.last_value.is_none();
            updates += stream.read_updates(&mut chunk);
            if first && stream.last_value.is_some() {
                ready.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    ensure!(
        streams.len() == count,
        "stopped before all streams were open"
    );
    Ok(StreamResults {
        streams: count,
        broken: streams.iter().filter(|stream| !stream.open).count(),
        last_values: streams
            .iter()
            .map(|stream| (stream.last_value, stream.updated))
            .collect(),
        events: updates,
    })
}

fn open(poll: &Poll, token: Token, server: SocketAddr, request: &str) -> Result<EventStream> {
    let mut socket = std::net::TcpStream::connect(server)
        .with_context(|| format!("cannot open event stream {}", token.0))?;
    socket.write_all(request.as_bytes())?;
    socket.set_nonblocking(true)?;
    let mut socket = TcpStream::from_std(socket);
    poll.registry()
        .register(&mut socket, token, Interest::READABLE)?;
    Ok(EventStream {
        socket,
        received: Vec::new(),
        last_value: None,
        updated: Instant::now(),
        open: true,
    })
}

impl EventStream {
    /// Reads everything that has arrived. Returns the number of seat updates.
    fn read_updates(&mut self, chunk: &mut [u8]) -> usize {
        let mut count = 0;
        loop {
            match self.socket.read(chunk) {
                Ok(0) => {
                    self.open = false;
                    return count;
                }
                Ok(length) => {
                    self.received.extend_from_slice(&chunk[..length]);
                    count += self.parse_received();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.open &= error.kind() == ErrorKind::WouldBlock;
                    return count;
                }
            }
        }
    }

    /// Parses the seat updates that are complete and keeps the rest.
    fn parse_received(&mut self) -> usize {
        let (values, rest) = parse_values(&self.received);
        if let Some(last) = values.last() {
            self.last_value = Some(*last);
            self.updated = Instant::now();
        }
        self.received.drain(..rest);
        if self.received.is_empty() {
            // Frees the memory, because ten thousand empty buffers would keep their capacity.
            self.received = Vec::new();
        }
        values.len()
    }
}

/// Returns the complete values of `seatsLeft` in a part of a stream, and the position from which
/// bytes may belong to the next value.
fn parse_values(part: &[u8]) -> (Vec<usize>, usize) {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(begin) = super::http::find(&part[at..], FIELD).map(|it| at + it) {
        let digits = &part[begin + FIELD.len()..];
        let Some(length) = digits.iter().position(|byte| !byte.is_ascii_digit()) else {
            return (found, begin);
        };
        let number = std::str::from_utf8(&digits[..length]);
        found.extend(number.ok().and_then(|number| number.parse::<usize>().ok()));
        at = begin + FIELD.len() + length;
    }
    (found, at.max(part.len().saturating_sub(LONGEST_REST)))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{StreamResults, parse_values};

    #[test]
    fn values_are_parsed_wherever_the_stream_is_cut() {
        let stream = b"x data: {\"seatsLeft\":12,\"capacity\":9}\n\ndata: {\"seatsLeft\":7,\"c\"";
        for cut in 0..stream.len() {
            let (mut found, rest) = parse_values(&stream[..cut]);
            found.extend(parse_values(&stream[rest..]).0);
            assert_eq!(found, [12, 7], "cut at {cut}");
        }
    }

    #[test]
    fn the_lag_is_that_of_the_slowest_stream() {
        let end = Instant::now();
        let after = |ms| end + Duration::from_millis(ms);
        let results = |last_values| StreamResults {
            streams: 2,
            broken: 0,
            last_values,
            events: 2,
        };
        let both = results(vec![(Some(0), after(5)), (Some(0), after(9))]);
        assert_eq!(both.lag(0, end), Some(Duration::from_millis(9)));
        let one = results(vec![(Some(0), after(5)), (Some(3), after(9))]);
        assert_eq!(one.lag(0, end), None);
    }
}
