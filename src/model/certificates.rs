//! Certificates of participants, and the serials by which they are verified.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Audience, CertificateId, RegistrationId,
    enumerations::{UnknownName, enumeration},
};

enumeration! {
    /// What a certificate says about a participant.
    CertificateKind {
        /// The participant took part.
        Participation = "PARTICIPATION",
        /// The participant reached a place.
        Place = "PLACE",
    }
}

enumeration! {
    /// Whether a certificate counts.
    CertificateState {
        /// It has not been revoked.
        Valid = "VALID",
        /// The organizer has revoked it.
        Revoked = "REVOKED",
    }
}

enumeration! {
    /// How large badges are.
    BadgeSize {
        /// 90 × 54 mm, ten on a sheet of A4.
        Card = "CARD",
        /// 90 × 130 mm, four on a sheet of A4.
        Large = "LARGE",
    }
}

impl Default for BadgeSize {
    /// Returns the size of a card.
    fn default() -> Self {
        Self::Card
    }
}

/// The digits of a serial: Crockford's base 32, which has no letters that look like digits.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The number of digits: 100 bits.
const LENGTH: usize = 20;
/// The number of digits between two hyphens.
const GROUP: usize = 5;

/// The serial of a certificate, such as `7K4MQ-2XP9D-4F6H8-J1N5R`. Whoever knows it sees what is printed on the
/// certificate, so it can't be guessed: it has 100 random bits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertificateSerial(String);

/// The error for a text that is no serial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no serial of a certificate")]
pub struct NoSerial;

impl CertificateSerial {
    /// Returns the serial of random bytes.
    #[must_use]
    pub fn of(random: [u8; 20]) -> Self {
        let digit = |byte: u8| char::from(DIGITS[usize::from(byte & 31)]);
        Self(grouped(random.into_iter().map(digit)))
    }

    /// Returns the serial as it is printed and stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn grouped(digits: impl Iterator<Item = char>) -> String {
    let mut serial = String::with_capacity(LENGTH + LENGTH / GROUP);
    for (index, digit) in digits.enumerate() {
        if index > 0 && index % GROUP == 0 {
            serial.push('-');
        }
        serial.push(digit);
    }
    serial
}

impl FromStr for CertificateSerial {
    type Err = NoSerial;

    /// Reads a serial as people type it: with or without hyphens and blanks, in any case, and with letters that look
    /// like digits.
    fn from_str(text: &str) -> Result<Self, NoSerial> {
        let mut digits = Vec::with_capacity(LENGTH);
        for typed in text.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let digit = match typed.to_ascii_uppercase() {
                'I' | 'L' => '1',
                'O' => '0',
                other => other,
            };
            let is_digit = u8::try_from(digit).is_ok_and(|digit| DIGITS.contains(&digit));
            if !is_digit || digits.len() == LENGTH {
                return Err(NoSerial);
            }
            digits.push(digit);
        }
        match digits.len() {
            LENGTH => Ok(Self(grouped(digits.into_iter()))),
            _ => Err(NoSerial),
        }
    }
}

impl fmt::Display for CertificateSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is printed on a certificate, for whoever verifies it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CertificateView {
    /// The serial as it is printed: four groups of five digits and letters.
    pub serial: String,
    /// Whether the certificate is valid or was revoked.
    pub state: CertificateState,
    /// What the certificate says about the participant.
    pub kind: CertificateKind,
    /// The name of the participant.
    pub name: String,
    /// The title of the competition.
    pub competition_title: String,
    /// The name of the organizer who has issued it.
    pub issuer_name: String,
    /// The time at which the competition began.
    pub starts_at: DateTime<Utc>,
    /// The time at which the competition ended; null if none was given.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub ends_at: Option<DateTime<Utc>>,
    /// The time zone of the venue, by its IANA name.
    pub time_zone: String,
    /// What else the organizer says; null if that is nothing.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub remark: Option<String>,
    /// The time at which the certificate was issued.
    pub issued_at: DateTime<Utc>,
    /// The time at which the certificate was revoked; null while it is valid.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A certificate, as the organizer of the competition sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// The id by which it is revoked.
    pub id: CertificateId,
    /// The registration of the participant.
    pub registration_id: RegistrationId,
    /// What is printed on it.
    pub certificate: CertificateView,
}

/// The state of a run that issues certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateRunView {
    /// Who gets a certificate.
    pub audience: Audience,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it was finished; `None` while it runs.
    pub finished_at: Option<DateTime<Utc>>,
    /// The number of participants.
    pub total: u64,
    /// The number of participants who were looked at.
    pub done: u64,
    /// The number of those who got a certificate; the others had one.
    pub issued: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_read_however_it_is_typed() {
        let serial = CertificateSerial::of(std::array::from_fn(|index| index as u8));
        assert_eq!(serial.as_str(), "01234-56789-ABCDE-FGHJK");
        for typed in [
            "01234-56789-ABCDE-FGHJK",
            "0123456789abcdefghjk",
            "O1234 56789 abcde fghjk",
            "ol234-56789-ABCDE-FGHJK",
        ] {
            assert_eq!(typed.parse(), Ok(serial.clone()), "{typed}");
        }
        for typed in [
            "",
            "01234-56789-ABCDE-FGHJ",
            "01234-56789-ABCDE-FGHJKM",
            "01234-56789-ABCDE-FGHJU",
            "../../../../etc/passwd",
        ] {
            assert_eq!(typed.parse::<CertificateSerial>(), Err(NoSerial), "{typed}");
        }
    }

    #[test]
    fn every_random_byte_has_an_effect_on_the_serial() {
        let none = CertificateSerial::of([0; 20]);
        for index in 0..20 {
            let mut random = [0; 20];
            random[index] = 1;
            assert_ne!(CertificateSerial::of(random), none);
        }
    }
}
