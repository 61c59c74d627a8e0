//! The load generator: many keep-alive connections, one thread, one request a connection at a time.
//!
//! Either *closed*: each connection asks again as soon as it has its answer, as an impatient crowd
//! does; or *open*: so many requests a second, whatever the server does. Then a latency counts from
//! when the request was due, so that a server which stalls cannot hide that by stalling us as well.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::figures::Latencies;
use super::http::{self, Answer};
use xtask::process;

/// Silence for so long, with requests under way, is the end of the run.
const STALLED: Duration = Duration::from_secs(30);
/// Room for an answer.
const CHUNK: usize = 16 * 1024;

/// What is asked, and what becomes of the answers.
pub trait Script {
    /// Writes the next request and names it; `None` if there is nothing more to ask.
    fn next(&mut self, request: &mut Vec<u8>) -> Option<usize>;

    /// The answer to the request of that name.
    fn answered(&mut self, name: usize, answer: &Answer<'_>);
}

/// How the load generator sends its requests.
#[derive(Debug, Clone)]
pub struct Load {
    /// Connections are spread over all of them.
    pub servers: Vec<SocketAddr>,
    pub connections: usize,
    /// After that nothing new is asked; what is under way is waited for.
    pub time: Duration,
    /// So many a second, or as many as come back.
    pub rate: Option<u32>,
}

/// The responses to a load.
#[derive(Debug)]
pub struct Outcome {
    pub latencies: Latencies,
    pub statuses: BTreeMap<u16, usize>,
    /// Requests whose connection broke before the answer.
    pub broken: usize,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    pub ended: Instant,
}

impl Outcome {
    /// Requests that got no answer, or one that says it is our fault.
    pub fn errors(&self) -> usize {
        let failed = self.statuses.iter().filter(|(status, _)| **status >= 500);
        self.broken + failed.map(|(_, count)| count).sum::<usize>()
    }
}

struct Connection {
    server: SocketAddr,
    stream: TcpStream,
    /// What is asked, and since when; `None` while idle.
    asked: Option<(usize, Instant)>,
    request: Vec<u8>,
    written: usize,
    inbox: Vec<u8>,
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
            asked: None,
            request: Vec::with_capacity(1024),
            written: 0,
            inbox: Vec::with_capacity(2048),
        })
    }

    /// Writes as much as the socket takes.
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

    /// Reads what is there; `false` at the end of the stream.
    fn fill(&mut self, chunk: &mut [u8]) -> std::io::Result<bool> {
        loop {
            match self.stream.read(chunk) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.inbox.extend_from_slice(&chunk[..count]);
                    // A short read has emptied the socket; more will be announced.
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
    load: &'a Load,
    script: &'a mut S,
    poll: Poll,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    begun: Instant,
    asked: u32,
    exhausted: bool,
    outcome: Outcome,
}

/// Asks until the time is over or the script has nothing more, then waits for the last answers.
pub fn run(load: &Load, script: &mut impl Script) -> Result<Outcome> {
    let poll = Poll::new()?;
    let connections: Vec<Connection> = (0..load.connections)
        .map(|at| Connection::open(&poll, Token(at), load.servers[at % load.servers.len()]))
        .collect::<Result<_>>()?;
    let begun = Instant::now();
    let mut run = Run {
        load,
        script,
        poll,
        idle: (0..connections.len()).rev().collect(),
        connections,
        begun,
        asked: 0,
        exhausted: false,
        outcome: Outcome {
            latencies: Latencies::default(),
            statuses: BTreeMap::new(),
            broken: 0,
            elapsed: Duration::ZERO,
            ended: begun,
        },
    };
    run.until_over()?;
    Ok(run.outcome)
}

impl<S: Script> Run<'_, S> {
    fn until_over(&mut self) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut chunk = vec![0; CHUNK];
        loop {
            let wait = self.ask()?;
            if self.exhausted && self.idle.len() == self.connections.len() {
                self.outcome.elapsed = self.outcome.ended - self.begun;
                return Ok(());
            }
            process::check_interrupted()?;
            if self.outcome.ended.max(self.begun).elapsed() > STALLED {
                bail!("the server has not answered for {} s", STALLED.as_secs());
            }
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            }
            for event in &events {
                let at = event.token().0;
                if event.is_writable() && self.connections[at].flush().is_err() {
                    self.broke(at)?;
                } else if event.is_readable() || event.is_read_closed() {
                    self.receive(at, &mut chunk)?;
                }
            }
        }
    }

    /// Lets idle connections ask what is due; how long until there may be more to do.
    fn ask(&mut self) -> Result<Duration> {
        const LONG: Duration = Duration::from_millis(100);
        while let Some(at) = self.idle.pop() {
            let now = Instant::now();
            self.exhausted |= now - self.begun >= self.load.time;
            let due = match self.load.rate {
                None => now,
                Some(rate) => {
                    self.begun + Duration::from_secs_f64(f64::from(self.asked) / f64::from(rate))
                }
            };
            if self.exhausted || due > now {
                self.idle.push(at);
                return Ok(LONG.min(due.saturating_duration_since(now)).max(TICK));
            }
            let connection = &mut self.connections[at];
            connection.request.clear();
            connection.written = 0;
            let Some(name) = self.script.next(&mut connection.request) else {
                self.exhausted = true;
                self.idle.push(at);
                return Ok(LONG);
            };
            self.asked += 1;
            connection.asked = Some((name, due));
            if connection.flush().is_err() {
                self.broke(at)?;
            }
        }
        Ok(LONG)
    }

    fn receive(&mut self, at: usize, chunk: &mut [u8]) -> Result<()> {
        let connection = &mut self.connections[at];
        let open = connection.fill(chunk).unwrap_or(false);
        if let Some((name, since)) = connection.asked
            && let Some(answer) = http::read(&connection.inbox)?
        {
            let now = Instant::now();
            self.outcome.latencies.add(now - since);
            *self.outcome.statuses.entry(answer.status).or_default() += 1;
            self.outcome.ended = now;
            self.script.answered(name, &answer);
            let length = answer.length;
            connection.inbox.drain(..length);
            connection.asked = None;
            self.idle.push(at);
        }
        if open { Ok(()) } else { self.broke(at) }
    }

    /// A connection is gone: what it asked was not answered, and the next one takes its place.
    fn broke(&mut self, at: usize) -> Result<()> {
        let connection = &mut self.connections[at];
        if connection.asked.is_some() {
            self.outcome.broken += 1;
            self.outcome.ended = Instant::now();
            self.idle.push(at);
        }
        self.poll.registry().deregister(&mut connection.stream)?;
        *connection = Connection::open(&self.poll, Token(at), connection.server)?;
        Ok(())
    }
}

/// Waiting for less is not worth a system call.
const TICK: Duration = Duration::from_micros(500);
