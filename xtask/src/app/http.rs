//! A minimal HTTP/1.1 client for the load generator: it parses the responses that our server sends,
//! and nothing else. Load generator and server share the cores of one machine, so each microsecond
//! spent here is taken from the server.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Separates the head of a message from its body.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// How long a single request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A complete response at the beginning of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Response<'a> {
    pub status: u16,
    /// Whether the response has the header `Idempotency-Replayed: true`.
    pub replayed: bool,
    /// The status line and the headers.
    pub head: &'a [u8],
    /// The content, without transfer coding.
    pub body: Cow<'a, [u8]>,
    /// The length of head and body in the buffer, in bytes.
    pub length: usize,
}

impl<'a> Response<'a> {
    /// Returns the value of a header. `name` is compared without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        header(self.head, name)
    }
}

/// Parses the response at the beginning of `buffer`. Returns `None` if it is incomplete.
///
/// # Errors
/// Returns an error if the buffer does not hold HTTP/1.1, or if the response has neither a
/// `Content-Length` nor the transfer coding `chunked`.
pub fn parse_response(buffer: &[u8]) -> Result<Option<Response<'_>>> {
    let Some(end) = find(buffer, END_OF_HEAD) else {
        return Ok(None);
    };
    let (head, begin) = (&buffer[..end], end + END_OF_HEAD.len());
    let status = status(head)?;
    let content = &buffer[begin..];
    let body = match header(head, "content-length") {
        _ if matches!(status, 204 | 304) => Some((Cow::Borrowed(&content[..0]), 0)),
        Some(length) => {
            let length = std::str::from_utf8(length)?.parse::<usize>()?;
            content.get(..length).map(|body| (body.into(), length))
        }
        None if header(head, "transfer-encoding") == Some(&b"chunked"[..]) => {
            decode_chunked(content)?
        }
        None => bail!("response {status} has neither a length nor chunks"),
    };
    Ok(body.map(|(body, length)| Response {
        status,
        replayed: header(head, "idempotency-replayed") == Some(&b"true"[..]),
        head,
        body,
        length: begin + length,
    }))
}

fn status(head: &[u8]) -> Result<u16> {
    let status = head.strip_prefix(b"HTTP/1.1 ").and_then(|it| it.get(..3));
    let status = status.context("the response is not HTTP/1.1")?;
    Ok(std::str::from_utf8(status)?.parse()?)
}

/// Returns the value of a header. `name` is compared without regard to case.
fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (found, value) = line.split_at_checked(name.len())?;
        (found.eq_ignore_ascii_case(name.as_bytes()) && value.first() == Some(&b':'))
            .then(|| value[1..].trim_ascii())
    })
}

/// Returns the position of the first `needle`.
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// A response with everything in it, for requests that are not measured.
#[derive(Debug, Clone)]
pub struct Message {
    pub status: u16,
    /// The names and values of the headers, in their order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    /// Returns the value of the first header with this name, without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Sends one request on a new connection, for everything that is not measured.
///
/// # Errors
/// Returns an error if there is no complete response within 30 seconds.
pub fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Message> {
    let exchange = || -> Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        if !body.is_empty() {
            write!(head, "Content-Length: {}\r\n", body.len())?;
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        Ok(response)
    };
    let received = exchange().with_context(|| format!("{method} {path}"))?;
    let response = parse_response(&received)?
        .with_context(|| format!("{method} {path}: the response is incomplete"))?;
    let lines = std::str::from_utf8(response.head)?.lines().skip(1);
    Ok(Message {
        status: response.status,
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect(),
        body: response.body.into_owned(),
    })
}

/// Returns the text at a path, for everything that is not measured.
///
/// # Errors
/// Returns an error if the status is not 200.
pub fn get(address: SocketAddr, path: &str, token: Option<&str>, accept: &str) -> Result<String> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("Accept", accept)];
    headers.extend(
        bearer
            .as_ref()
            .map(|bearer| ("Authorization", bearer.as_str())),
    );
    let response = exchange(address, "GET", path, &headers, "")?;
    if response.status != 200 {
        bail!("GET {path}: {}", response.status);
    }
    Ok(String::from_utf8(response.body)?)
}

/// Decodes a body with the transfer coding `chunked` (RFC 9112, section 7.1) at the beginning of
/// `encoded`. Returns the body and its encoded length, or `None` if it is incomplete. A body in one
/// chunk is not copied.
fn decode_chunked(encoded: &[u8]) -> Result<Option<(Cow<'_, [u8]>, usize)>> {
    let mut body = Cow::Borrowed(&encoded[..0]);
    let mut at = 0;
    loop {
        let rest = &encoded[at..];
        let Some(line) = find(rest, b"\r\n") else {
            return Ok(None);
        };
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line])?.trim(), 16)?;
        let begin = line + 2;
        let Some(chunk) = rest.get(begin..begin + length) else {
            return Ok(None);
        };
        at += begin + length + 2;
        if encoded.len() < at {
            return Ok(None);
        }
        if length == 0 {
            return Ok(Some((body, at)));
        }
        if body.is_empty() {
            body = Cow::Borrowed(chunk);
        } else {
            body.to_mut().extend_from_slice(chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Response, decode_chunked, parse_response};

    const RESPONSE: &[u8] =
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nidempotency-replayed: true\r\n\r\n{}";

    #[test]
    fn a_response_ends_after_its_content_length() -> anyhow::Result<()> {
        let two = [RESPONSE, RESPONSE].concat();
        let expected = Response {
            status: 201,
            replayed: true,
            head: &RESPONSE[..RESPONSE.len() - 6],
            body: b"{}".into(),
            length: RESPONSE.len(),
        };
        assert_eq!(parse_response(&two)?, Some(expected));
        Ok(())
    }

    #[test]
    fn an_incomplete_response_is_none() -> anyhow::Result<()> {
        for end in 0..RESPONSE.len() {
            assert_eq!(parse_response(&RESPONSE[..end])?, None);
        }
        Ok(())
    }

    #[test]
    fn bytes_that_are_not_http_or_lack_a_length_are_an_error() {
        assert!(parse_response(b"SSH-2.0-OpenSSH\r\n\r\n").is_err());
        assert!(parse_response(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn chunks_are_joined_and_an_incomplete_body_is_none() -> anyhow::Result<()> {
        let encoded = b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\nHTTP/1.1";
        let complete = encoded.len() - 8;
        let expected = Some((b"abcd"[..].into(), complete));
        assert_eq!(decode_chunked(encoded)?, expected);
        for end in 0..complete {
            assert_eq!(decode_chunked(&encoded[..end])?, None, "{end}");
        }
        assert!(decode_chunked(b"x\r\nab").is_err());
        Ok(())
    }

    #[test]
    fn a_response_without_content_has_no_body_whatever_its_length_says() -> anyhow::Result<()> {
        let unchanged = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\n";
        let response = parse_response(unchanged)?;
        let found = response.map(|it| (it.status, it.length, it.header("etag")));
        assert_eq!(found, Some((304, unchanged.len(), Some(&b"\"a\""[..]))));
        Ok(())
    }
}
