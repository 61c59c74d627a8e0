//! Checks every line that the application logs in this test run: none may contain an e-mail address, a
//! password or a token (`docs/LOGGING.md`).
//!
//! The log of applications in this process goes through [`CheckingWriter`], with level `debug` for this crate
//! and `info` for all others. The log of other processes goes through [`check`] when a test reads it or when
//! the process ends. A line that leaks something is written to standard error at once, and fails the test
//! that drops the next [`LogGuard`].

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, Once, PoisonError},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use super::{PASSWORD, process::SECRET};

/// Addresses that are not personal data: examples in the descriptions of settings, and the demo accounts
/// that `serve --demo` publishes.
const EXAMPLES: &[&str] = &[
    "admin@demo.test",
    "organizer@demo.test",
    "participant@demo.test",
    "no-reply@example.org",
    "smtps://user:password@mail.example.org",
    "name@example.org",
];
/// The length of the shortest token in characters: the id of a session, 16 bytes in base64.
const SHORTEST_TOKEN: usize = 22;

static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn leaks() -> MutexGuard<'static, Vec<String>> {
    LEAKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Belongs to a value that writes a log. When it is dropped, it fails the test if a line has leaked something
/// since the last guard was dropped.
#[derive(Debug)]
pub struct LogGuard;

impl LogGuard {
    /// Returns a guard. The first one installs the subscriber that checks the log of this process.
    pub fn new() -> Self {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            tracing_subscriber::fmt()
                .with_env_filter(EnvFilter::new("info,audit=debug,mini_compete=debug"))
                .with_ansi(false)
                .with_writer(CheckingWriter)
                .init();
        });
        Self
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        // A test that already fails must not panic twice. The next guard reports the lines.
        if !std::thread::panicking() {
            let found = std::mem::take(&mut *leaks());
            assert!(
                found.is_empty(),
                "the log contains secrets or personal data: {found:#?}"
            );
        }
    }
}

/// Checks the lines of a log, and records those that leak something.
pub fn check(text: &str) {
    for line in text.lines() {
        if let Some(leak) = leak(line) {
            let report = format!("{leak}: {line}");
            // Written directly, so that it is not captured as output of this test: the line may belong to
            // another one.
            let _unwritable = writeln!(io::stderr(), "LEAK IN A LOG LINE: {report}");
            leaks().push(report);
        }
    }
}

/// Returns what a line leaks, if anything.
fn leak(line: &str) -> Option<&'static str> {
    let line = EXAMPLES
        .iter()
        .fold(line.to_owned(), |line, example| line.replace(example, ""));
    if line.contains(PASSWORD) || line.contains(SECRET) {
        Some("a password")
    } else if line.split_whitespace().any(has_address) {
        Some("an e-mail address")
    } else if words(&line, "-_.").any(is_access_token) || words(&line, "-_").any(is_token) {
        Some("a token")
    } else {
        None
    }
}

/// Returns whether a word contains an e-mail address: `[^\s@]+@[^\s@]+\.[a-z]+`. A host that is an IP address
/// does not match.
fn has_address(word: &str) -> bool {
    let parts: Vec<_> = word.split('@').collect();
    parts.windows(2).any(|pair| {
        let host = pair[1].split_once('.');
        !pair[0].is_empty()
            && host.is_some_and(|(first, rest)| {
                let mut labels = rest.split('.');
                let is_name = |label: &str| label.starts_with(|c: char| c.is_ascii_lowercase());
                !first.is_empty() && labels.any(is_name)
            })
    })
}

/// Splits a line into words of ASCII letters, digits and the given other characters.
fn words<'a>(line: &'a str, others: &'static str) -> impl Iterator<Item = &'a str> {
    line.split(move |c: char| !(c.is_ascii_alphanumeric() || others.contains(c)))
}

/// Returns whether a word contains a JWT, which begins with a JSON object in base64: `eyJ[\w-]+\.[\w-]+\.`.
fn is_access_token(word: &str) -> bool {
    word.find("eyJ").is_some_and(|at| {
        let mut parts = word[at..].split('.');
        let [header, payload] = [parts.next(), parts.next()].map(Option::unwrap_or_default);
        header.len() > 3 && !payload.is_empty() && parts.next().is_some()
    })
}

/// Returns whether a word looks like base64, as refresh tokens and session ids do.
fn is_token(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    word.len() >= SHORTEST_TOKEN
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

/// Checks log records, and writes none of them.
struct CheckingWriter;

impl<'a> MakeWriter<'a> for CheckingWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        Self
    }
}

impl Write for CheckingWriter {
    /// Checks one log record, which the subscriber writes in one call.
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        check(&String::from_utf8_lossy(record));
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_line_with_an_address_a_password_or_a_token_is_a_leak() {
    for bad in [
        "mail to ada@example.test waits",
        "error=\"550 <ada.b@mail.example.test>: no such user\"",
        "smtp://user:hidden@mail.example",
        "password=correct horse battery",
        "authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTkzIn0.c2lnbmF0dXJl",
        "cookie id=Zk3aVbQ9xY7-LmN_4pRsTw",
        "refresh=q8Vn1zT0cJ5mXhPyR2sLwD7eKb4uGfAo9iNvEt6rYjU",
    ] {
        assert!(leak(bad).is_some(), "{bad}");
    }
    for good in [
        "2030-01-01T09:00:00.000000Z  INFO mini_compete::startup::cli: Listening",
        "registration.id=0193a5b2-7c4e-7d21-9f00-3c5b8a1e6d42 duration_ms=12",
        "error=postgres://postgres@127.0.0.1:5432/t0193a5b27c4e7d219f003c5b8a1e6d42",
        "error=the relay refused it: 550 5.1.1 …@… no such user",
        "address_hash=3f8a9b0c1d2e4f5061728394a5b6c7d8",
    ] {
        assert_eq!(leak(good), None, "{good}");
    }
}
