//! The scripts of the load generator: which registration each account requests under which
//! idempotency key, and a tally of the responses.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use anyhow::Result;

use super::http::Response;
use super::load_generator::Script;
use super::server::Seeded;
use super::token;

/// Builds the registration request of each seeded account.
pub struct RegistrationRequests {
    /// The access token of each account.
    tokens: Vec<String>,
    competitions: Vec<String>,
}

impl RegistrationRequests {
    /// Signs a token for each seeded account.
    pub fn new(seeded: &Seeded) -> Result<Self> {
        let users = seeded.users.iter();
        Ok(Self {
            tokens: users
                .map(|user| token::mint(user, "PARTICIPANT"))
                .collect::<Result<_>>()?,
            competitions: seeded.competitions.clone(),
        })
    }

    /// Appends the request of an account, which is the same every time. Returns `false` if there is
    /// no such account.
    fn write(&self, account: usize, request: &mut Vec<u8>) -> bool {
        let Some(token) = self.tokens.get(account) else {
            return false;
        };
        let competition = &self.competitions[account % self.competitions.len()];
        let mut text = String::with_capacity(512);
        let written = write!(
            text,
            "POST /api/v1/competitions/{competition}/registrations HTTP/1.1\r\nHost: bench\r\n\
             Authorization: Bearer {token}\r\nIdempotency-Key: 0190f0e0-0000-4000-8000-{account:012}\r\n\
             Content-Length: 0\r\n\r\n"
        );
        request.extend_from_slice(text.as_bytes());
        written.is_ok()
    }
}

/// Counts the responses by their meaning.
#[derive(Debug, Default)]
pub struct ResponseTally {
    /// For each account the hash of the body of its first response 201.
    pub first_bodies: Vec<Option<u64>>,
    /// The number of accounts that received a response 201.
    pub accepted: usize,
    /// The number of responses with a domain error (status below 500, but not 201).
    pub refused: usize,
    /// The number of responses that were replayed under their idempotency key.
    pub replayed: usize,
    /// The number of repeated requests whose response differs from the first one.
    pub contradictions: usize,
}

impl ResponseTally {
    fn add(&mut self, account: usize, response: &Response<'_>) {
        self.replayed += usize::from(response.replayed);
        if response.status != 201 {
            self.refused += usize::from(response.status < 500);
            return;
        }
        let mut hasher = DefaultHasher::new();
        response.body.hash(&mut hasher);
        let hash = hasher.finish();
        if self.first_bodies.len() <= account {
            self.first_bodies.resize(account + 1, None);
        }
        match self.first_bodies[account] {
            None => {
                self.first_bodies[account] = Some(hash);
                self.accepted += 1;
            }
            Some(first) => self.contradictions += usize::from(first != hash),
        }
    }
}

/// A script in which each account registers, with `copies` equal requests one after the other.
pub struct RegisterAll<'a> {
    requests: &'a RegistrationRequests,
    copies: usize,
    sent: usize,
    pub responses: ResponseTally,
}

impl<'a> RegisterAll<'a> {
    pub fn new(requests: &'a RegistrationRequests, copies: usize) -> Self {
        Self {
            requests,
            copies,
            sent: 0,
            responses: ResponseTally::default(),
        }
    }

    /// Returns whether every account has sent its requests. A measurement that reaches this point
    /// had too few accounts.
    pub fn is_exhausted(&self) -> bool {
        self.sent >= self.requests.tokens.len() * self.copies
    }
}

impl Script for RegisterAll<'_> {
    fn write_next(&mut self, request: &mut Vec<u8>) -> Option<usize> {
        let account = self.sent / self.copies;
        self.sent += 1;
        self.requests.write(account, request).then_some(account)
    }

    fn on_response(&mut self, account: usize, response: &Response<'_>) {
        self.responses.add(account, response);
    }
}

/// A script in which the accounts that hold a seat repeat their request under the same idempotency
/// key, in turn and without end.
pub struct ReplayAll<'a> {
    requests: &'a RegistrationRequests,
    accounts: usize,
    sent: usize,
    pub responses: ResponseTally,
}

impl<'a> ReplayAll<'a> {
    /// Continues after `first` with its first accounts, up to one that holds no seat.
    pub fn new(first: RegisterAll<'a>) -> Self {
        let bodies = first.responses.first_bodies.iter();
        Self {
            requests: first.requests,
            accounts: bodies.take_while(|body| body.is_some()).count().max(1),
            sent: 0,
            responses: ResponseTally {
                replayed: 0,
                ..first.responses
            },
        }
    }
}

impl Script for ReplayAll<'_> {
    fn write_next(&mut self, request: &mut Vec<u8>) -> Option<usize> {
        let account = self.sent % self.accounts;
        self.sent += 1;
        self.requests.write(account, request).then_some(account)
    }

    fn on_response(&mut self, account: usize, response: &Response<'_>) {
        self.responses.add(account, response);
    }
}

#[cfg(test)]
mod tests {
    use super::super::http::Response;
    use super::{RegisterAll, RegistrationRequests, ReplayAll, Script};

    fn requests() -> RegistrationRequests {
        RegistrationRequests {
            tokens: vec!["a".to_owned(), "b".to_owned()],
            competitions: vec!["x".to_owned()],
        }
    }

    fn created(body: &[u8]) -> Response<'_> {
        Response {
            status: 201,
            replayed: false,
            head: b"",
            body: body.into(),
            length: 0,
        }
    }

    #[test]
    fn each_account_sends_its_copies_and_then_the_script_is_exhausted() {
        let requests = requests();
        let mut script = RegisterAll::new(&requests, 2);
        let next = |script: &mut RegisterAll| script.write_next(&mut Vec::new());
        let accounts: Vec<_> = (0..5).map(|_| next(&mut script)).collect();
        assert_eq!(accounts, [Some(0), Some(0), Some(1), Some(1), None]);
        assert!(script.is_exhausted());
    }

    #[test]
    fn a_repeated_request_with_another_response_is_a_contradiction() {
        let requests = requests();
        let mut script = RegisterAll::new(&requests, 2);
        for body in [b"one", b"one", b"two"] {
            script.on_response(0, &created(body));
        }
        let responses = &script.responses;
        assert_eq!((responses.accepted, responses.contradictions), (1, 1));
    }

    #[test]
    fn only_accounts_with_a_seat_repeat_their_request() {
        let requests = requests();
        let mut script = RegisterAll::new(&requests, 1);
        let mut first = Vec::new();
        script.write_next(&mut first);
        script.on_response(0, &created(b"one"));
        let mut replays = ReplayAll::new(script);
        let mut second = Vec::new();
        assert_eq!(replays.write_next(&mut second), Some(0));
        assert_eq!(replays.write_next(&mut Vec::new()), Some(0));
        assert_eq!(first, second);
    }
}
