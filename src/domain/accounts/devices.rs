//! Devices from which somebody logged in before.
//!
//! Whoever guesses passwords uses up an account's budget of failures, and its owner would be shut
//! out with them. So a device that logged in once is known afterwards, by a token that it keeps, and
//! has a budget of its own (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
//!
//! A token is a list of entries, the latest first, one for each of the last few accounts that
//! logged in there. An entry is 32 bytes, in base64:
//!
//! | bytes | |
//! | --- | --- |
//! | 12 | random: what the device is called |
//! | 4 | the day on which it was given, counted from 1970 |
//! | 16 | the authentication code of the account's id, those, and the account's password hash |
//!
//! With another password every device of the account is unknown: whoever knew the old one and kept
//! tokens has no guesses beyond everybody's.
//!
//! It names no account, so what is left on a shared device says nothing about who was there.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::origin::DeviceToken;
use crate::{domain::purpose_key::PurposeKey, model::UserId, ops::Clock, store::entity::user};

/// Most accounts that one device is known to.
const ACCOUNTS_MAX: usize = 5;
/// How long an entry holds, in days. Each log-in makes a new one.
pub const DAYS: i64 = 365;
const NAME_BYTES: usize = 12;
const DAY_BYTES: usize = 4;
const ENTRY_BYTES: usize = NAME_BYTES + DAY_BYTES + crate::domain::purpose_key::MAC_BYTES;
const SECONDS_A_DAY: i64 = 24 * 60 * 60;

type DeviceEntry = [u8; ENTRY_BYTES];

/// The account of which a device is asked whether it knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct DeviceOwner<'a> {
    account: UserId,
    password_hash: &'a str,
}

impl<'a> From<&'a user::Model> for DeviceOwner<'a> {
    fn from(row: &'a user::Model) -> Self {
        Self {
            account: row.id,
            password_hash: &row.password_hash,
        }
    }
}

impl DeviceOwner<'static> {
    /// Returns an owner that no device knows, for an account that does not exist.
    pub(super) const fn nobody() -> Self {
        Self {
            account: UserId(uuid::Uuid::nil()),
            password_hash: "",
        }
    }
}

impl DeviceOwner<'_> {
    /// What the code of an entry is made of. Only the last part has no fixed length.
    fn parts<'p>(&'p self, given: &'p [u8]) -> [&'p [u8]; 3] {
        let hash = self.password_hash.as_bytes();
        [self.account.0.as_bytes(), given, hash]
    }
}

/// Recognises devices. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Devices {
    key: PurposeKey,
    clock: Clock,
}

impl Devices {
    /// Devices that are recognised by codes of `key`.
    #[must_use]
    pub fn new(key: PurposeKey, clock: Clock) -> Self {
        Self { key, clock }
    }

    /// Returns the name of the device, if `owner` logged in on it before, with the same password.
    pub(super) fn recognise(
        &self,
        shown: Option<&DeviceToken>,
        owner: DeviceOwner<'_>,
    ) -> Option<String> {
        let entry = entries(shown).find(|entry| self.is_of(entry, owner))?;
        Some(hex::encode(entry.split_at(NAME_BYTES).0))
    }

    /// Returns what a device shows from now on, after `owner` logged in on it.
    pub(super) fn remember(
        &self,
        shown: Option<&DeviceToken>,
        owner: DeviceOwner<'_>,
    ) -> DeviceToken {
        let name: [u8; NAME_BYTES] = rand::random();
        let day = u32::try_from(self.today()).unwrap_or(0).to_be_bytes();
        let code = self
            .key
            .code(&owner.parts(&[name.as_slice(), &day].concat()));
        let new = [name.as_slice(), &day, &code].concat();
        let others = entries(shown).filter(|entry| !self.is_of(entry, owner));
        let entries = others.map(|entry| entry.to_vec()).take(ACCOUNTS_MAX - 1);
        let texts: Vec<_> = std::iter::once(new)
            .chain(entries)
            .map(|entry| URL_SAFE_NO_PAD.encode(entry))
            .collect();
        DeviceToken(texts.join("."))
    }

    fn is_of(&self, entry: &DeviceEntry, owner: DeviceOwner<'_>) -> bool {
        let (given, code) = entry.split_at(NAME_BYTES + DAY_BYTES);
        let day = given
            .iter()
            .skip(NAME_BYTES)
            .fold(0, |day, byte| day << 8 | i64::from(*byte));
        let holds = (day..day + DAYS).contains(&self.today());
        self.key.verifies(&owner.parts(given), code) && holds
    }

    fn today(&self) -> i64 {
        self.clock.now().timestamp() / SECONDS_A_DAY
    }
}

/// The entries of a token, as far as they read.
fn entries(shown: Option<&DeviceToken>) -> impl Iterator<Item = DeviceEntry> {
    let text = shown.map_or("", |token| token.0.as_str());
    text.split('.')
        .take(ACCOUNTS_MAX)
        .filter_map(|text| URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn devices() -> (Devices, Clock) {
        let clock = Clock::manual("2030-01-01T00:00:00Z".parse().unwrap());
        let key = PurposeKey::derive(b"secret", None, "devices");
        (Devices::new(key, clock.clone()), clock)
    }

    fn of(account: UserId) -> DeviceOwner<'static> {
        DeviceOwner {
            account,
            password_hash: "hash",
        }
    }

    #[test]
    fn with_another_password_no_device_is_known_any_more() {
        let (devices, _) = devices();
        let before = of(UserId::new());
        let token = devices.remember(None, before);
        let after = DeviceOwner {
            password_hash: "another",
            ..before
        };
        assert!(devices.recognise(Some(&token), before).is_some());
        assert_eq!(devices.recognise(Some(&token), after), None);
    }

    #[test]
    fn a_device_is_known_to_the_accounts_that_logged_in_on_it_and_to_no_other() {
        let (devices, _) = devices();
        let [ada, bob, eve] = [(); 3].map(|()| UserId::new());
        let token = devices.remember(None, of(ada));
        let name = devices.recognise(Some(&token), of(ada)).unwrap();
        assert_eq!(devices.recognise(Some(&token), of(bob)), None);
        let token = devices.remember(Some(&token), of(bob));
        assert_eq!(devices.recognise(Some(&token), of(ada)), Some(name));
        assert!(devices.recognise(Some(&token), of(bob)).is_some());
        assert_eq!(devices.recognise(Some(&token), of(eve)), None);
        assert!(!token.0.contains(&ada.to_string()));
    }

    #[test]
    fn the_last_few_accounts_are_remembered_and_each_once() {
        let (devices, _) = devices();
        let people: Vec<_> = (0..=ACCOUNTS_MAX).map(|_| UserId::new()).collect();
        let mut token = None;
        for person in people.iter().chain(&people) {
            token = Some(devices.remember(token.as_ref(), of(*person)));
        }
        let known = |person: &UserId| devices.recognise(token.as_ref(), of(*person)).is_some();
        assert!(!known(&people[0]));
        assert!(people[1..].iter().all(known));
        assert_eq!(entries(token.as_ref()).count(), ACCOUNTS_MAX);
    }

    #[test]
    fn an_entry_holds_for_a_year_and_cannot_be_made_up_or_moved() {
        let (devices, clock) = devices();
        let ada = UserId::new();
        let token = devices.remember(None, of(ada));
        clock.advance(TimeDelta::days(DAYS - 1));
        assert!(devices.recognise(Some(&token), of(ada)).is_some());
        clock.advance(TimeDelta::days(1));
        assert_eq!(devices.recognise(Some(&token), of(ada)), None);
        // A later day than the one that the code was made for.
        let mut entry = URL_SAFE_NO_PAD.decode(&token.0).unwrap();
        entry[NAME_BYTES + DAY_BYTES - 1] = entry[NAME_BYTES + DAY_BYTES - 1].wrapping_add(9);
        let moved = DeviceToken(URL_SAFE_NO_PAD.encode(entry));
        for shown in [
            moved,
            DeviceToken("x.y".repeat(9000)),
            DeviceToken(String::new()),
        ] {
            assert_eq!(devices.recognise(Some(&shown), of(ada)), None);
        }
    }
}
