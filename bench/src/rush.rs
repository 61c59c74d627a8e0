//! The crowd: who asks for what under which key, and what they were told.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use anyhow::Result;

use super::http::Answer;
use super::load::Script;
use super::server::Seeded;
use super::token;

/// People with their tokens, and where they want to.
pub struct Crowd {
    tokens: Vec<String>,
    competitions: Vec<String>,
}

impl Crowd {
    pub fn new(seeded: &Seeded) -> Result<Self> {
        let tokens = seeded.users.iter();
        Ok(Self {
            tokens: tokens
                .map(|user| token::mint(user, "PARTICIPANT"))
                .collect::<Result<_>>()?,
            competitions: seeded.competitions.clone(),
        })
    }

    /// The request of a person: always the same for the same person.
    fn request(&self, person: usize, request: &mut Vec<u8>) -> bool {
        let Some(token) = self.tokens.get(person) else {
            return false;
        };
        let competition = &self.competitions[person % self.competitions.len()];
        let mut text = String::with_capacity(512);
        let written = write!(
            text,
            "POST /api/v1/competitions/{competition}/registrations HTTP/1.1\r\nHost: bench\r\n\
             Authorization: Bearer {token}\r\nIdempotency-Key: 0190f0e0-0000-4000-8000-{person:012}\r\n\
             Content-Length: 0\r\n\r\n"
        );
        request.extend_from_slice(text.as_bytes());
        written.is_ok()
    }
}

/// What became of everybody's wish.
#[derive(Debug, Default)]
pub struct Told {
    /// The hash of the first 201 that each person got.
    pub seats: Vec<Option<u64>>,
    /// People who hold a seat as far as they were told.
    pub accepted: usize,
    pub refused: usize,
    pub replayed: usize,
    /// Repeats that said something else than the first answer: never.
    pub contradictions: usize,
}

impl Told {
    fn note(&mut self, person: usize, answer: &Answer<'_>) {
        self.replayed += usize::from(answer.replayed);
        if answer.status != 201 {
            self.refused += usize::from(answer.status < 500);
            return;
        }
        let mut hasher = DefaultHasher::new();
        answer.body.hash(&mut hasher);
        let hash = hasher.finish();
        if self.seats.len() <= person {
            self.seats.resize(person + 1, None);
        }
        match self.seats[person] {
            None => {
                self.seats[person] = Some(hash);
                self.accepted += 1;
            }
            Some(first) => self.contradictions += usize::from(first != hash),
        }
    }
}

/// Everybody registers, each so many times in a row.
pub struct Rush<'a> {
    crowd: &'a Crowd,
    copies: usize,
    asked: usize,
    pub told: Told,
}

impl<'a> Rush<'a> {
    pub fn new(crowd: &'a Crowd, copies: usize) -> Self {
        Self {
            crowd,
            copies,
            asked: 0,
            told: Told::default(),
        }
    }

    /// Whether everybody has asked: the run was too short of people.
    pub fn is_over(&self) -> bool {
        self.asked >= self.crowd.tokens.len() * self.copies
    }
}

impl Script for Rush<'_> {
    fn next(&mut self, request: &mut Vec<u8>) -> Option<usize> {
        let person = self.asked / self.copies;
        self.asked += 1;
        self.crowd.request(person, request).then_some(person)
    }

    fn answered(&mut self, person: usize, answer: &Answer<'_>) {
        self.told.note(person, answer);
    }
}

/// Those who hold a seat ask again, under the same key, round and round.
pub struct Again<'a> {
    crowd: &'a Crowd,
    people: usize,
    asked: usize,
    pub told: Told,
}

impl<'a> Again<'a> {
    /// The people of a rush that came first, without gaps.
    pub fn new(rush: Rush<'a>) -> Self {
        let holders = rush.told.seats.iter();
        Self {
            crowd: rush.crowd,
            people: holders.take_while(|seat| seat.is_some()).count().max(1),
            asked: 0,
            told: Told {
                replayed: 0,
                ..rush.told
            },
        }
    }
}

impl Script for Again<'_> {
    fn next(&mut self, request: &mut Vec<u8>) -> Option<usize> {
        let person = self.asked % self.people;
        self.asked += 1;
        self.crowd.request(person, request).then_some(person)
    }

    fn answered(&mut self, person: usize, answer: &Answer<'_>) {
        self.told.note(person, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::super::http::Answer;
    use super::{Again, Crowd, Rush, Script};

    fn crowd() -> Crowd {
        Crowd {
            tokens: vec!["a".to_owned(), "b".to_owned()],
            competitions: vec!["x".to_owned()],
        }
    }

    fn created(body: &[u8]) -> Answer<'_> {
        Answer {
            status: 201,
            replayed: false,
            body,
            length: 0,
        }
    }

    #[test]
    fn everybody_asks_so_many_times_and_then_it_is_over() {
        let crowd = crowd();
        let mut rush = Rush::new(&crowd, 2);
        let asked = |rush: &mut Rush| rush.next(&mut Vec::new());
        let people: Vec<_> = (0..5).map(|_| asked(&mut rush)).collect();
        assert_eq!(people, [Some(0), Some(0), Some(1), Some(1), None]);
        assert!(rush.is_over());
    }

    #[test]
    fn a_repeat_that_says_something_else_is_noticed() {
        let crowd = crowd();
        let mut rush = Rush::new(&crowd, 2);
        for body in [b"one", b"one", b"two"] {
            rush.answered(0, &created(body));
        }
        assert_eq!((rush.told.accepted, rush.told.contradictions), (1, 1));
    }

    #[test]
    fn only_those_who_hold_a_seat_ask_again_with_the_same_request() {
        let crowd = crowd();
        let mut rush = Rush::new(&crowd, 1);
        let mut first = Vec::new();
        rush.next(&mut first);
        rush.answered(0, &created(b"one"));
        let mut again = Again::new(rush);
        let mut second = Vec::new();
        assert_eq!(again.next(&mut second), Some(0));
        assert_eq!(again.next(&mut Vec::new()), Some(0));
        assert_eq!(first, second);
    }
}
