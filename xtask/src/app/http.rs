//! As much HTTP/1.1 as a load generator needs: it knows what it sends, and reads what we answer. On
//! a machine that the server shares with the generator each microsecond here would be missing there.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Where the head of a message ends.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// How long a single question may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A complete answer at the beginning of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    pub status: u16,
    /// Whether the response has the header `Idempotency-Replayed: true`.
    pub replayed: bool,
    pub body: &'a [u8],
    /// How many bytes of the buffer it takes up.
    pub length: usize,
}

/// The answer at the beginning of `buffer`, or `None` while some of it is still on its way.
///
/// # Errors
/// What is no HTTP, or has a length that is not announced: the API's answers always announce it.
pub fn read(buffer: &[u8]) -> Result<Option<Answer<'_>>> {
    let Some(end) = find(buffer, END_OF_HEAD) else {
        return Ok(None);
    };
    let (head, begin) = (&buffer[..end], end + END_OF_HEAD.len());
    let status = status(head)?;
    let body = match header(head, "content-length") {
        Some(length) => std::str::from_utf8(length)?.trim().parse::<usize>()?,
        None if matches!(status, 204 | 304) => 0,
        None => bail!("an answer {status} of unknown length"),
    };
    let length = begin + body;
    Ok(buffer.get(begin..length).map(|body| Answer {
        status,
        replayed: header(head, "idempotency-replayed") == Some(&b"true"[..]),
        body,
        length,
    }))
}

fn status(head: &[u8]) -> Result<u16> {
    let status = head.strip_prefix(b"HTTP/1.1 ").and_then(|it| it.get(..3));
    let status = status.context("an answer that is no HTTP/1.1")?;
    Ok(std::str::from_utf8(status)?.parse()?)
}

/// The value of a header, by its name in lower case.
fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (found, value) = line.split_at_checked(name.len())?;
        (found.eq_ignore_ascii_case(name.as_bytes()) && value.first() == Some(&b':'))
            .then(|| value[1..].trim_ascii())
    })
}

/// Where `needle` begins first.
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// One question on a connection of its own, for everything that is not measured.
pub fn get(address: SocketAddr, path: &str, token: Option<&str>, accept: &str) -> Result<String> {
    let ask = || -> Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let bearer = token.map_or_else(String::new, |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\n{bearer}Connection: close\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().with_context(|| format!("GET {path}"))?;
    let end = find(&answer, END_OF_HEAD).with_context(|| format!("GET {path}: cut off"))?;
    let (head, body) = answer.split_at(end);
    let status = status(head)?;
    if status != 200 {
        bail!("GET {path}: {status}");
    }
    let body = &body[END_OF_HEAD.len()..];
    let body = if header(head, "transfer-encoding") == Some(&b"chunked"[..]) {
        unchunked(body)?
    } else {
        body.to_vec()
    };
    Ok(String::from_utf8(body)?)
}

/// A body that came in chunks, in one piece.
fn unchunked(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut whole = Vec::with_capacity(rest.len());
    loop {
        let line = find(rest, b"\r\n").context("a chunk without a length")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line])?.trim(), 16)?;
        if length == 0 {
            return Ok(whole);
        }
        let begin = line + 2;
        whole.extend(rest.get(begin..begin + length).context("a chunk cut off")?);
        rest = rest.get(begin + length + 2..).context("a chunk cut off")?;
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, read, unchunked};

    const ONE: &[u8] =
        b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nidempotency-replayed: true\r\n\r\n{}";

    #[test]
    fn an_answer_ends_where_its_length_says_and_the_next_one_begins() -> anyhow::Result<()> {
        let two = [ONE, ONE].concat();
        let expected = Answer {
            status: 201,
            replayed: true,
            body: b"{}",
            length: ONE.len(),
        };
        assert_eq!(read(&two)?, Some(expected));
        Ok(())
    }

    #[test]
    fn an_answer_on_its_way_is_none_yet() -> anyhow::Result<()> {
        for end in 0..ONE.len() {
            assert_eq!(read(&ONE[..end])?, None);
        }
        Ok(())
    }

    #[test]
    fn what_is_no_http_is_an_error() {
        assert!(read(b"SSH-2.0-OpenSSH\r\n\r\n").is_err());
        assert!(read(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn chunks_are_put_together() -> anyhow::Result<()> {
        assert_eq!(unchunked(b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n")?, b"abcd");
        assert!(unchunked(b"3\r\nab").is_err());
        Ok(())
    }
}
