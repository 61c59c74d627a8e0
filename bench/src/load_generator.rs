//! The load generator: one thread with many keep-alive connections and one request per connection
//! at a time.
//!
//! The load is either a *closed loop*, in which each connection sends its next request as soon as
//! it has received a response, or an *open loop* with a fixed rate of requests. In an open loop the
//! latency is measured from the time at which the request was due, so that a stalled server cannot
//! hide its stall by delaying the requests (*coordinated omission*; Tene, *How NOT to Measure
//! Latency*).

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::http::{self, Response};
use super::statistics::Latencies;
use xtask::process;

/// The run fails if requests are in flight and no response arrives for this long.
const STALL_LIMIT: Duration = Duration::from_secs(30);
/// The size of the buffer for one read, in bytes.
const READ_BUFFER: usize = 16 * 1024;

/// Decides which requests are sent, and evaluates the responses.
pub trait Script {
    /// Appends the next request to `request` and returns its id, or `None` if there are no more
    /// requests.
    fn write_next(&mut self, request: &mut Vec<u8>) -> Option<usize>;

    /// Receives the response to the request with this id.
    fn on_response(&mut self, id: usize, response: &Response<'_>);
}

/// How the load generator sends the requests of a script.
#[derive(Debug, Clone)]
pub struct LoadProfile {
    /// The connections are distributed over all of these servers.
    pub servers: Vec<SocketAddr>,
    pub connections: usize,
    /// How long new requests are sent. After that the generator waits for responses only.
    pub duration: Duration,
    /// Requests per second in an open loop; `None` is a closed loop.
    pub rate: Option<u32>,
}

/// What the load generator has measured.
#[derive(Debug)]
pub struct LoadResult {
    pub latencies: Latencies,
    pub statuses: BTreeMap<u16, usize>,
    /// The number of requests whose connection failed before the response.
    pub broken: usize,
    /// The time from the first request to the last response.
    pub elapsed: Duration,
    /// The time of the last response.
    pub ended: Instant,
}

impl LoadResult {
    /// Returns the number of requests that received no response or one with a status of 500 or
    /// more.
    pub fn errors(&self) -> usize {
        let failed = self.statuses.iter().filter(|(status, _)| **status >= 500);
        self.broken + failed.map(|(_, count)| count).sum::<usize>()
    }
}

struct Connection {
    server: SocketAddr,
    stream: TcpStream,
    /// The id of the request in flight and the time at which it was due; `None` while idle.
    in_flight: Option<(usize, Instant)>,
    request: Vec<u8>,
    written: usize,
    received: Vec<u8>,
}

impl Connection {
    fn open(poll: &Poll, token: Token, server: SocketAddr) -> Result<Self> {
        let stream = std::net::TcpStream::connect(server)
            .with_context(|| format!("cannot connect to {server}"))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, token, interest)?;
        Ok(Self {
            server,
            stream,
            in_flight: None,
            request: Vec::with_capacity(1024),
            written: 0,
            received: Vec::with_capacity(2048),
        })
    }

    /// Writes as many bytes as the socket accepts.
    fn flush(&mut self) -> std::io::Result<()> {
        while self.written < self.request.len() {
            match self.stream.write(&self.request[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads everything that has arrived. Returns `false` at the end of the stream.
    fn fill(&mut self, chunk: &mut [u8]) -> std::io::Result<bool> {
        loop {
            match self.stream.read(chunk) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.received.extend_from_slice(&chunk[..count]);
                    // A short read has emptied the socket; the poll announces more data.
                    if count < chunk.len() {
                        return Ok(true);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

struct Run<'a, S> {
    profile: &'a LoadProfile,
    script: &'a mut S,
    poll: Poll,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    started: Instant,
    sent: u32,
    /// No more requests are sent.
    finished: bool,
    result: LoadResult,
}

/// Sends requests until the time is over or the script ends, and then waits for the last responses.
///
/// # Errors
/// Returns an error if a server does not accept connections, stalls, or sends something other than
/// HTTP.
pub fn run(profile: &LoadProfile, script: &mut impl Script) -> Result<LoadResult> {
    let poll = Poll::new()?;
    let connections: Vec<Connection> = (0..profile.connections)
        .map(|at| {
            let server = profile.servers[at % profile.servers.len()];
            Connection::open(&poll, Token(at), server)
        })
        .collect::<Result<_>>()?;
    let started = Instant::now();
    let mut run = Run {
        profile,
        script,
        poll,
        idle: (0..connections.len()).rev().collect(),
        connections,
        started,
        sent: 0,
        finished: false,
        result: LoadResult {
            latencies: Latencies::default(),
            statuses: BTreeMap::new(),
            broken: 0,
            elapsed: Duration::ZERO,
            ended: started,
        },
    };
    run.run_to_end()?;
    Ok(run.result)
}

impl<S: Script> Run<'_, S> {
    fn run_to_end(&mut self) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut chunk = vec![0; READ_BUFFER];
        loop {
            let wait = self.send_due_requests()?;
            if self.finished && self.idle.len() == self.connections.len() {
                self.result.elapsed = self.result.ended - self.started;
                return Ok(());
            }
            process::check_interrupted()?;
            if self.result.ended.max(self.started).elapsed() > STALL_LIMIT {
                bail!("no response has arrived for {} s", STALL_LIMIT.as_secs());
            }
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            }
            for event in &events {
                let at = event.token().0;
                if event.is_writable() && self.connections[at].flush().is_err() {
                    self.reconnect(at)?;
                } else if event.is_readable() || event.is_read_closed() {
                    self.receive(at, &mut chunk)?;
                }
            }
        }
    }

    /// Sends the requests that are due on idle connections. Returns how long to wait for events.
    fn send_due_requests(&mut self) -> Result<Duration> {
        const LONGEST_WAIT: Duration = Duration::from_millis(100);
        while let Some(at) = self.idle.pop() {
            let now = Instant::now();
            self.finished |= now - self.started >= self.profile.duration;
            let due = match self.profile.rate {
                None => now,
                Some(rate) => {
                    self.started + Duration::from_secs_f64(f64::from(self.sent) / f64::from(rate))
                }
            };
            if self.finished || due > now {
                self.idle.push(at);
                return Ok(LONGEST_WAIT
                    .min(due.saturating_duration_since(now))
                    .max(SHORTEST_WAIT));
            }
            let connection = &mut self.connections[at];
            connection.request.clear();
            connection.written = 0;
            let Some(id) = self.script.write_next(&mut connection.request) else {
                self.finished = true;
                self.idle.push(at);
                return Ok(LONGEST_WAIT);
            };
            self.sent += 1;
            connection.in_flight = Some((id, due));
            if connection.flush().is_err() {
                self.reconnect(at)?;
            }
        }
        Ok(LONGEST_WAIT)
    }

    fn receive(&mut self, at: usize, chunk: &mut [u8]) -> Result<()> {
        let connection = &mut self.connections[at];
        let open = connection.fill(chunk).unwrap_or(false);
        if let Some((id, due)) = connection.in_flight
            && let Some(response) = http::parse_response(&connection.received)?
        {
            let now = Instant::now();
            self.result.latencies.add(now - due);
            *self.result.statuses.entry(response.status).or_default() += 1;
            self.result.ended = now;
            self.script.on_response(id, &response);
            let length = response.length;
            connection.received.drain(..length);
            connection.in_flight = None;
            self.idle.push(at);
        }
        if open { Ok(()) } else { self.reconnect(at) }
    }

    /// Replaces a failed connection. Its request in flight counts as broken.
    fn reconnect(&mut self, at: usize) -> Result<()> {
        let connection = &mut self.connections[at];
        if connection.in_flight.is_some() {
            self.result.broken += 1;
            self.result.ended = Instant::now();
            self.idle.push(at);
        }
        self.poll.registry().deregister(&mut connection.stream)?;
        *connection = Connection::open(&self.poll, Token(at), connection.server)?;
        Ok(())
    }
}

/// A shorter wait is not worth a system call.
const SHORTEST_WAIT: Duration = Duration::from_micros(500);
