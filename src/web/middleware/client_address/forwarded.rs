//! Parses the header `Forwarded` (RFC 7239, section 4).

use super::hop::{Hop, address};

/// Parses a line and returns, for each of its elements, the address after `for=`. A line that breaks the grammar
/// anywhere is one element that can't be read, since a quotation mark that is left open changes the
/// meaning of all that follows.
pub(super) fn elements(line: &str) -> impl DoubleEndedIterator<Item = Hop> {
    let parsed = Parser { rest: line }.elements();
    parsed.unwrap_or_else(|Malformed| vec![None]).into_iter()
}

/// A line that does not follow the grammar.
struct Malformed;

/// The part of a line that has not been parsed yet.
struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    /// Parses `Forwarded = 1#forwarded-element`.
    fn elements(&mut self) -> Result<Vec<Hop>, Malformed> {
        let mut elements = Vec::new();
        loop {
            elements.push(self.element()?);
            match self.next() {
                None => return Ok(elements),
                Some(',') => {}
                Some(_) => return Err(Malformed),
            }
        }
    }

    /// `forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )`, with space around it as
    /// lists allow.
    fn element(&mut self) -> Result<Hop, Malformed> {
        let (mut client, mut named) = (None, false);
        loop {
            self.space();
            if !self.rest.is_empty() && !self.rest.starts_with([';', ',']) {
                let (name, value) = self.pair()?;
                if name.eq_ignore_ascii_case("for") {
                    // Each parameter stands once at most.
                    if named {
                        return Err(Malformed);
                    }
                    (client, named) = (address(&value), true);
                }
            }
            self.space();
            if !self.rest.starts_with(';') {
                return Ok(client);
            }
            self.next();
        }
    }

    /// `forwarded-pair = token "=" value`. Values without quotes should be tokens, but others are
    /// accepted too: some proxies write `for=192.0.2.1:4711`.
    fn pair(&mut self) -> Result<(String, String), Malformed> {
        let name = self.until(|c| !is_token(c));
        if name.is_empty() || self.next() != Some('=') {
            return Err(Malformed);
        }
        let value = if self.rest.starts_with('"') {
            self.quoted()?
        } else {
            self.until(|c| !is_token(c) && !matches!(c, ':' | '[' | ']'))
        };
        Ok((name, value))
    }

    /// `quoted-string` (RFC 9110, section 5.6.4).
    fn quoted(&mut self) -> Result<String, Malformed> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next().ok_or(Malformed)? {
                '"' => return Ok(text),
                '\\' => text.push(self.next().ok_or(Malformed)?),
                c => text.push(c),
            }
        }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn until(&mut self, ends: impl Fn(char) -> bool) -> String {
        let (text, rest) = self
            .rest
            .split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        text.to_owned()
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }
}

/// `tchar` (RFC 9110, section 5.6.2).
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}
