//! A minimal HTTP/1.1 client for the load generator: it parses the responses that our server sends,
//! and nothing else. Load generator and server share the cores of one machine, so each microsecond
//! spent here is taken from the server.

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
    pub body: &'a [u8],
    /// The length of head and body in bytes.
    pub length: usize,
}

/// Parses the response at the beginning of `buffer`. Returns `None` if it is incomplete.
///
/// # Errors
/// Returns an error if the buffer does not hold HTTP/1.1, or if the response has no
/// `Content-Length`, which every response of the API has.
pub fn parse_response(buffer: &[u8]) -> Result<Option<Response<'_>>> {
    let Some(end) = find(buffer, END_OF_HEAD) else {
        return Ok(None);
    };
    let (head, begin) = (&buffer[..end], end + END_OF_HEAD.len());
    let status = status(head)?;
    let body = match header(head, "content-length") {
        Some(length) => std::str::from_utf8(length)?.trim().parse::<usize>()?,
        None if matches!(status, 204 | 304) => 0,
        None => bail!("response {status} has no Content-Length"),
    };
    let length = begin + body;
    Ok(buffer.get(begin..length).map(|body| Response {
        status,
        replayed: header(head, "idempotency-replayed") == Some(&b"true"[..]),
        body,
        length,
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

/// Sends one request on a new connection and returns the body of the response, for everything that
/// is not measured.
///
/// # Errors
/// Returns an error if the status is not 200.
pub fn get(address: SocketAddr, path: &str, token: Option<&str>, accept: &str) -> Result<String> {
    let exchange = || -> Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let bearer = token.map_or_else(String::new, |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\n{bearer}Connection: close\r\n\r\n"
        )?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        Ok(response)
    };
    let response = exchange().with_context(|| format!("GET {path}"))?;
    let end = find(&response, END_OF_HEAD)
        .with_context(|| format!("GET {path}: the response is incomplete"))?;
    let (head, body) = response.split_at(end);
    let status = status(head)?;
    if status != 200 {
        bail!("GET {path}: {status}");
    }
    let body = &body[END_OF_HEAD.len()..];
    let body = if header(head, "transfer-encoding") == Some(&b"chunked"[..]) {
        decode_chunked(body)?
    } else {
        body.to_vec()
    };
    Ok(String::from_utf8(body)?)
}

/// Decodes a body with the transfer coding `chunked` (RFC 9112, section 7.1).
fn decode_chunked(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::with_capacity(rest.len());
    loop {
        let line = find(rest, b"\r\n").context("a chunk has no length")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line])?.trim(), 16)?;
        if length == 0 {
            return Ok(body);
        }
        let begin = line + 2;
        body.extend(
            rest.get(begin..begin + length)
                .context("a chunk is incomplete")?,
        );
        rest = rest
            .get(begin + length + 2..)
            .context("a chunk is incomplete")?;
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
            body: b"{}",
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
    fn chunks_are_joined() -> anyhow::Result<()> {
        assert_eq!(decode_chunked(b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n")?, b"abcd");
        assert!(decode_chunked(b"3\r\nab").is_err());
        Ok(())
    }
}
