//! The code of a ticket: `mc1.<registration id>.<authentication code>`, both in base64url (RFC 4648, section 5).
//!
//! Who has the code has the ticket, so nobody can compute it without the installation's secret. The
//! authentication code covers the participant as well: when a registration gets another participant, the old
//! ticket is void, and nothing has to be stored for that.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    domain::purpose_key::{MAC_BYTES, PurposeKey},
    model::{RegistrationId, UserId},
};

/// The version of the form of a code.
const VERSION: &str = "mc1";
/// The number of bytes of an id.
const ID_BYTES: usize = 16;

/// Makes and verifies the codes of tickets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TicketCodes {
    key: PurposeKey,
}

/// A code that was read, and is not verified yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReadCode {
    /// The registration that the code names.
    pub registration: RegistrationId,
    mac: [u8; MAC_BYTES],
}

impl TicketCodes {
    /// Creates the service with the key for codes of tickets.
    #[must_use]
    pub const fn new(key: PurposeKey) -> Self {
        Self { key }
    }

    /// Returns the code of a registration while `participant` has it.
    #[must_use]
    pub fn code(&self, registration: RegistrationId, participant: UserId) -> String {
        let mac = self.key.code(&parts(&registration, &participant));
        let (id, mac) = (
            URL_SAFE_NO_PAD.encode(registration.0),
            URL_SAFE_NO_PAD.encode(mac),
        );
        format!("{VERSION}.{id}.{mac}")
    }

    /// Returns whether a code was made for its registration and this participant.
    #[must_use]
    pub fn verifies(&self, code: &ReadCode, participant: UserId) -> bool {
        let parts = parts(&code.registration, &participant);
        self.key.verifies(&parts, &code.mac)
    }
}

impl ReadCode {
    /// Reads a code. Returns `None` if the text has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('.');
        let (version, id, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if version != VERSION || parts.next().is_some() {
            return None;
        }
        let id: [u8; ID_BYTES] = URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?.try_into().ok()?;
        Some(Self {
            registration: RegistrationId(Uuid::from_bytes(id)),
            mac,
        })
    }
}

impl fmt::Debug for ReadCode {
    /// Writes only what is no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadCode({}, …)", self.registration)
    }
}

/// Returns what is authenticated. Both ids have the same length, so different ids make different bytes.
fn parts<'a>(registration: &'a RegistrationId, participant: &'a UserId) -> [&'a [u8]; 2] {
    [registration.0.as_bytes(), participant.0.as_bytes()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(secret: &[u8]) -> TicketCodes {
        TicketCodes::new(PurposeKey::derive(secret, None, "tickets"))
    }

    #[test]
    fn a_code_is_valid_for_its_registration_its_participant_and_its_installation_only() {
        let (id, ada, bob) = (RegistrationId::new(), UserId::new(), UserId::new());
        let codes = self::codes(b"secret");
        let read = ReadCode::parse(&codes.code(id, ada)).unwrap();
        assert_eq!(read.registration, id);
        assert!(codes.verifies(&read, ada));
        assert!(
            !codes.verifies(&read, bob),
            "the ticket of a former participant"
        );
        assert!(!self::codes(b"another").verifies(&read, ada));
        let forged = ReadCode {
            registration: RegistrationId::new(),
            ..read
        };
        assert!(
            !codes.verifies(&forged, ada),
            "the code of another registration"
        );
        assert!(!format!("{read:?}").contains(&codes.code(id, ada)[27..]));
    }

    #[test]
    fn a_code_is_short_and_survives_a_scanner() {
        let (id, ada) = (RegistrationId::new(), UserId::new());
        let code = codes(b"secret").code(id, ada);
        assert_eq!(code.len(), 49, "{code}");
        assert!(code.starts_with("mc1."), "{code}");
        let safe = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        assert!(code.chars().all(safe), "{code}");
        assert_eq!(
            ReadCode::parse(&format!(" {code}\r\n")),
            ReadCode::parse(&code)
        );
    }

    #[test]
    fn texts_of_another_form_are_no_codes() {
        let code = codes(b"secret").code(RegistrationId::new(), UserId::new());
        for text in [
            "",
            "mc1",
            "mc1..",
            "https://example.org",
            &code[..48],
            &code.replace("mc1", "mc2"),
            &format!("{code}.x"),
            &format!("{code}A"),
            &code.replace('.', ":"),
            "mc1.\u{1f3ab}.\u{1f3ab}",
        ] {
            assert_eq!(ReadCode::parse(text), None, "{text:?}");
        }
    }
}
