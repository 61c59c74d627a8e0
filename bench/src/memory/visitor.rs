//! Visitors of the site: a client that keeps its session cookie, and reads pages completely or goes away
//! in the middle.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::super::http;

/// How long a visitor waits for a page.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest time that an impatient visitor waits before they go away.
const MAX_PATIENCE_US: usize = 8_000;
/// The most bytes that a visitor reads before they go away.
const MAX_READ: usize = 48 * 1024;

/// A visitor, who may be logged in.
#[derive(Debug)]
pub(super) struct Visitor {
    server: SocketAddr,
    /// The field `Cookie` of each request, with its line end; empty for anonymous visitors.
    cookie: String,
    /// The paths that this visitor views.
    pub(super) pages: Vec<String>,
}

/// How a visitor views a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// The whole response is read.
    Complete,
    /// The connection is closed at a random moment: within the request, before the response, or within it.
    Aborted,
}

impl Visitor {
    pub(super) fn anonymous(server: SocketAddr) -> Self {
        Self {
            server,
            cookie: String::new(),
            pages: Vec::new(),
        }
    }

    /// Logs in with the form of the log-in page.
    ///
    /// # Errors
    /// Returns an error if the server sets no cookie.
    pub(super) fn log_in(server: SocketAddr, email: &str, password: &str) -> Result<Self> {
        let form = format!(
            "email={}&password={}",
            email.replace('@', "%40"),
            password.replace(' ', "+")
        );
        let request = format!(
            "POST /act/login HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\nAccept: text/html\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{form}",
            form.len()
        );
        let mut stream = connect(server)?;
        stream.write_all(request.as_bytes())?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        let head = String::from_utf8_lossy(&response);
        let cookies: Vec<&str> = head
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(':'))
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            .filter_map(|(_, value)| value.trim().split(';').next())
            .filter(|cookie| !cookie.ends_with('='))
            .collect();
        ensure!(!cookies.is_empty(), "{email} cannot log in");
        Ok(Self {
            cookie: format!("Cookie: {}\r\n", cookies.join("; ")),
            ..Self::anonymous(server)
        })
    }

    /// Returns the id of the first competition that the API lists.
    pub(super) fn first_competition(&self) -> Result<String> {
        #[derive(Deserialize)]
        struct List {
            items: Vec<Item>,
        }
        #[derive(Deserialize)]
        struct Item {
            id: String,
        }
        let path = "/api/v1/competitions";
        let list: List =
            serde_json::from_str(&http::get(self.server, path, None, "application/json")?)?;
        let first = list.items.into_iter().next();
        Ok(first.context("there is no competition")?.id)
    }

    /// Views a page on a new connection. Returns the status of a complete view.
    ///
    /// # Errors
    /// Returns an error if a complete view gets no response.
    pub(super) fn view(&self, path: &str, view: View, random: &mut Random) -> Result<Option<u16>> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html,*/*\r\nAccept-Encoding: br\r\n{}\
             Connection: close\r\n\r\n",
            self.server, self.cookie
        );
        let mut stream = connect(self.server)?;
        if view == View::Aborted {
            abort(&mut stream, request.as_bytes(), random);
            return Ok(None);
        }
        stream.write_all(request.as_bytes())?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        let status = response
            .get(9..12)
            .and_then(|it| std::str::from_utf8(it).ok());
        let status = status.with_context(|| format!("GET {path}: no response"))?;
        Ok(Some(status.parse()?))
    }
}

/// Sends a request, or a part of it, and goes away at a random moment. The server may close first.
fn abort(stream: &mut TcpStream, request: &[u8], random: &mut Random) {
    let moment = random.below(4);
    let sent = match moment {
        0 => &request[..random.below(request.len())],
        _ => request,
    };
    if stream.write_all(sent).is_err() {
        return;
    }
    match moment {
        2 => {
            let patience = random.below(MAX_PATIENCE_US);
            std::thread::sleep(Duration::from_micros(patience.try_into().unwrap_or(0)));
        }
        3 => {
            let mut received = vec![0; random.below(MAX_READ) + 1];
            // A response that is shorter, or a closed connection, ends the visit as well.
            let _read = stream.read(&mut received);
        }
        _ => {}
    }
}

fn connect(server: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&server, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A reproducible sequence of numbers (xorshift; Marsaglia, *Xorshift RNGs*, 2003).
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Begins the sequence that belongs to `seed`.
    pub(super) fn new(seed: usize) -> Self {
        Self(0x9e37_79b9_7f4a_7c15 ^ (seed as u64 + 1))
    }

    /// Returns a number below `bound`, or 0 if that is 0.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let number = usize::try_from(self.0 >> 33).unwrap_or(0);
        number % bound.max(1)
    }

    /// Returns one of the items. There must be one.
    pub(super) fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn numbers_stay_below_their_bound_and_reach_each_value() {
        let mut random = Random::new(7);
        let mut seen = [false; 10];
        for _ in 0..1_000 {
            seen[random.below(10)] = true;
        }
        assert_eq!(seen, [true; 10]);
        assert_eq!(random.below(0), 0);
    }
}
