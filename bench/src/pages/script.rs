//! The requests of the load generator for one page, again and again, and the check of each response.
//!
//! A response with the same bytes as one that was verified needs no further check. Other bytes are
//! verified: the content must contain texts that only the requested page has. Compressed bytes that
//! are new for each request are verified if their length differs from the usual one, and otherwise
//! now and then, because the load generator shares the cores with the server.

use std::io::Read;

use anyhow::{Context, Result, bail, ensure};

use super::requests::{CONNECTIONS, Form};
use crate::http::{Response, find};
use crate::load_generator::Script;

/// Of this number of compressed bodies of the usual length, one is verified.
const SAMPLE: usize = 16;
/// The share of the usual length, in per cent, by which a body may differ from it.
const TOLERANCE: usize = 2;
/// The share of responses to conditional requests that may be something else than 304, in per cent:
/// documents are rendered again from time to time.
const CHANGED: usize = 5;

/// What a response must be.
#[derive(Debug, Clone)]
pub struct Expected {
    pub form: Form,
    /// Texts that the content contains.
    pub markers: Vec<String>,
}

impl Expected {
    /// Checks the encoding and the content of a response with the status 200.
    ///
    /// # Errors
    /// Returns an error that says what is wrong.
    pub fn verify(&self, encoding: Option<&str>, body: &[u8]) -> Result<()> {
        let decoded = match (self.form, encoding) {
            (Form::Compressed, Some("br")) => Some(from_brotli(body)?),
            (Form::Compressed, Some("gzip")) => Some(from_gzip(body)?),
            (Form::Identity | Form::Unchanged, None) => None,
            _ => bail!("the encoding is {encoding:?}"),
        };
        let content = decoded.as_deref().unwrap_or(body);
        for marker in &self.markers {
            if find(content, marker.as_bytes()).is_none() {
                let begin = String::from_utf8_lossy(&content[..content.len().min(300)]);
                bail!("{marker} is missing in: {begin}");
            }
        }
        Ok(())
    }
}

fn from_gzip(body: &[u8]) -> Result<Vec<u8>> {
    let mut decoded = Vec::with_capacity(8 * body.len());
    let mut decoder = flate2::read::GzDecoder::new(body);
    decoder
        .read_to_end(&mut decoded)
        .context("the body is not gzip")?;
    Ok(decoded)
}

fn from_brotli(mut body: &[u8]) -> Result<Vec<u8>> {
    let mut decoded = Vec::with_capacity(8 * body.len());
    brotli::BrotliDecompress(&mut body, &mut decoded).context("the body is not Brotli")?;
    Ok(decoded)
}

/// A request, and what its response must be.
#[derive(Debug, Clone)]
pub struct Request {
    /// The request without the empty line at its end.
    head: String,
    expected: Expected,
}

impl Request {
    /// Creates a request for a path.
    pub fn new(path: &str, headers: &[(&str, &str)], expected: Expected) -> Self {
        let mut head = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n");
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        Self { head, expected }
    }
}

/// What is known of the responses to one request.
#[derive(Debug, Clone, Default)]
struct Known {
    etag: Option<Vec<u8>>,
    verified: Vec<u8>,
    /// The number of bodies of the usual length that were not verified.
    unverified: usize,
}

/// A script that sends the requests in turn, without end, until a response is wrong.
#[derive(Debug, Default)]
pub struct RepeatedRequests<'a> {
    requests: &'a [Request],
    known: Vec<Known>,
    sent: usize,
    received: usize,
    unchanged: usize,
    wrong: Option<anyhow::Error>,
}

impl<'a> RepeatedRequests<'a> {
    pub fn new(requests: &'a [Request]) -> Self {
        Self {
            requests,
            known: vec![Known::default(); requests.len()],
            ..Self::default()
        }
    }

    /// Returns what was wrong with the responses so far. `errors` is the number of requests without
    /// a response, or with an error of the server.
    ///
    /// # Errors
    /// Returns an error for the first wrong response, or if too few responses to conditional
    /// requests were 304.
    pub fn outcome(&mut self, errors: usize) -> Result<()> {
        if let Some(wrong) = self.wrong.take() {
            return Err(wrong);
        }
        ensure!(errors == 0, "{errors} requests failed");
        let changed = self.received - self.unchanged;
        let conditional = self
            .requests
            .iter()
            .any(|request| request.expected.form == Form::Unchanged);
        // The first requests of all connections can't name an entity tag.
        ensure!(
            !conditional || changed <= CONNECTIONS + self.received * CHANGED / 100,
            "{changed} of {} responses to conditional requests had a body",
            self.received
        );
        Ok(())
    }

    fn check(&mut self, id: usize, response: &Response<'_>) -> Result<()> {
        let expected = &self.requests[id].expected;
        let known = &mut self.known[id];
        if response.status == 304 && expected.form == Form::Unchanged && known.etag.is_some() {
            self.unchanged += 1;
            return Ok(());
        }
        ensure!(response.status == 200, "the status is {}", response.status);
        let body = &*response.body;
        if known.verified != body {
            let usual = known.verified.len();
            let is_usual = body.len().abs_diff(usual) * 100 <= usual * TOLERANCE;
            known.unverified += 1;
            if expected.form == Form::Compressed && is_usual && known.unverified < SAMPLE {
                return Ok(());
            }
            let encoding = response.header("content-encoding");
            expected.verify(encoding.map(std::str::from_utf8).transpose()?, body)?;
            known.verified.clear();
            known.verified.extend_from_slice(body);
            known.unverified = 0;
        }
        if expected.form == Form::Unchanged {
            let etag = response.header("etag").context("there is no entity tag")?;
            known.etag = Some(etag.to_vec());
        }
        Ok(())
    }
}

impl Script for RepeatedRequests<'_> {
    fn write_next(&mut self, request: &mut Vec<u8>) -> Option<usize> {
        if self.wrong.is_some() {
            return None;
        }
        let id = self.sent % self.requests.len().max(1);
        self.sent += 1;
        request.extend_from_slice(self.requests.get(id)?.head.as_bytes());
        if let Some(etag) = &self.known[id].etag {
            request.extend_from_slice(b"If-None-Match: ");
            request.extend_from_slice(etag);
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        Some(id)
    }

    fn on_response(&mut self, id: usize, response: &Response<'_>) {
        self.received += 1;
        if let Err(error) = self.check(id, response) {
            let line = self.requests[id].head.lines().next().unwrap_or_default();
            self.wrong.get_or_insert(error.context(line.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::requests::{CONNECTIONS, Form};
    use super::{Expected, RepeatedRequests, Request, SAMPLE};
    use crate::http::Response;
    use crate::load_generator::Script;

    const PAGE: &[u8] = b"<p>Hello, Ada</p> and some more text, so that lengths are similar";

    fn requests(form: Form) -> Vec<Request> {
        let expected = Expected {
            form,
            markers: vec!["Ada".to_owned()],
        };
        vec![Request::new("/", &[("Cookie", "a=b")], expected)]
    }

    fn response<'a>(status: u16, head: &'a [u8], body: &'a [u8]) -> Response<'a> {
        Response {
            status,
            replayed: false,
            head,
            body: body.into(),
            length: 0,
        }
    }

    /// Sends a request and returns it.
    fn send(script: &mut RepeatedRequests<'_>) -> String {
        let mut request = Vec::new();
        script.write_next(&mut request);
        String::from_utf8_lossy(&request).into_owned()
    }

    fn compressed(text: &str) -> Vec<u8> {
        let (mut text, mut compressed) = (text.as_bytes(), Vec::new());
        let parameters = brotli::enc::BrotliEncoderParams::default();
        brotli::BrotliCompress(&mut text, &mut compressed, &parameters)
            .map_or(vec![], |_| compressed)
    }

    #[test]
    fn a_page_of_somebody_else_and_a_redirect_are_wrong() {
        let requests = requests(Form::Identity);
        for (status, body) in [(200, &b"<p>Log in</p>"[..]), (303, PAGE), (200, b"")] {
            let mut script = RepeatedRequests::new(&requests);
            script.on_response(0, &response(200, b"", PAGE));
            script.on_response(0, &response(status, b"", body));
            assert_eq!(send(&mut script), "", "no further request is sent");
            assert!(script.outcome(0).is_err(), "{status}");
        }
    }

    #[test]
    fn the_expected_page_is_right_although_its_bytes_change() {
        let requests = requests(Form::Identity);
        let mut script = RepeatedRequests::new(&requests);
        assert_eq!(
            send(&mut script),
            "GET / HTTP/1.1\r\nHost: bench\r\nCookie: a=b\r\n\r\n"
        );
        for body in [PAGE, b"<p>Ada again</p>", PAGE] {
            script.on_response(0, &response(200, b"", body));
        }
        assert!(script.outcome(0).is_ok());
        assert!(script.outcome(1).is_err(), "a request failed");
    }

    #[test]
    fn a_conditional_request_names_the_newest_tag_and_must_mostly_get_304() {
        let requests = requests(Form::Unchanged);
        let mut script = RepeatedRequests::new(&requests);
        assert!(!send(&mut script).contains("If-None-Match"));
        script.on_response(0, &response(200, b"HTTP/1.1 200 OK\r\nETag: \"1\"", PAGE));
        script.on_response(0, &response(200, b"HTTP/1.1 200 OK\r\nETag: \"2\"", PAGE));
        assert!(send(&mut script).contains("If-None-Match: \"2\"\r\n\r\n"));
        script.on_response(0, &response(304, b"", b""));
        assert!(script.outcome(0).is_ok());
        for _ in 0..2 * CONNECTIONS {
            script.on_response(0, &response(200, b"HTTP/1.1 200 OK\r\nETag: \"3\"", PAGE));
        }
        assert!(script.outcome(0).is_err());
    }

    #[test]
    fn a_response_304_to_an_unconditional_request_is_wrong() {
        let requests = requests(Form::Identity);
        let mut script = RepeatedRequests::new(&requests);
        script.on_response(0, &response(304, b"", b""));
        assert!(script.outcome(0).is_err());
    }

    #[test]
    fn compressed_bytes_are_verified_if_their_length_is_unusual_and_now_and_then() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: br";
        let right =
            compressed("Ada Ada Ada, and something that has no repetition in it: 0123456789");
        let requests = requests(Form::Compressed);
        let mut script = RepeatedRequests::new(&requests);
        script.on_response(0, &response(200, head, &right));
        let other = compressed("<p>Log in</p>");
        script.on_response(0, &response(200, head, &other));
        assert!(script.outcome(0).is_err(), "another length");

        let mut script = RepeatedRequests::new(&requests);
        script.on_response(0, &response(200, head, &right));
        let broken = vec![0; right.len()];
        for _ in 1..SAMPLE {
            script.on_response(0, &response(200, head, &broken));
        }
        assert!(script.outcome(0).is_ok());
        script.on_response(0, &response(200, head, &broken));
        assert!(script.outcome(0).is_err(), "the sample");

        let mut script = RepeatedRequests::new(&requests);
        script.on_response(0, &response(200, b"HTTP/1.1 200 OK", PAGE));
        assert!(script.outcome(0).is_err(), "not compressed");
    }
}
