//! Known devices: devices from which an account has logged in before.
//!
//! An attacker who guesses passwords uses up an account's limit of failures and so would lock out its
//! owner. A device that logged in once therefore keeps a token by which it is recognised, and has a
//! limit of its own (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
//!
//! A token is a list of entries, the newest first, one for each of the last five accounts that logged in
//! on the device. An entry has 32 bytes, in base64:
//!
//! | bytes | content |
//! | --- | --- |
//! | 12 | the name of the device, random |
//! | 4 | the day of the log-in, as days since 1970 |
//! | 16 | the authentication code of the account's id, the two fields above, and the account's password hash |
//!
//! After a change of the password the account has no known devices, so a person who knew the old one and
//! kept tokens gets no additional guesses.
//!
//! A token contains no account, so on a shared device it does not reveal who logged in there.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::origin::DeviceToken;
use crate::{domain::purpose_key::PurposeKey, model::UserId, ops::Clock, store::entity::user};

/// The maximum number of entries in a token.
const MAX_ENTRIES: usize = 5;
/// How long an entry is valid, in days. Each log-in creates a new entry.
pub const DAYS: i64 = 365;
const NAME_BYTES: usize = 12;
const DAY_BYTES: usize = 4;
const ENTRY_BYTES: usize = NAME_BYTES + DAY_BYTES + crate::domain::purpose_key::MAC_BYTES;
const SECONDS_A_DAY: i64 = 24 * 60 * 60;

type DeviceEntry = [u8; ENTRY_BYTES];

/// The account that a device may be known to.
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
    pub(super) const fn unknown() -> Self {
        Self {
            account: UserId(uuid::Uuid::nil()),
            password_hash: "",
        }
    }
}

impl DeviceOwner<'_> {
    /// Returns what an entry's code authenticates. Only the last part has a variable length, so different
    /// parts have different concatenations.
    fn parts<'p>(&'p self, given: &'p [u8]) -> [&'p [u8]; 3] {
        let hash = self.password_hash.as_bytes();
        [self.account.0.as_bytes(), given, hash]
    }
}

/// Recognises known devices. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Devices {
    key: PurposeKey,
    clock: Clock,
}

impl Devices {
    /// Creates the service; `key` authenticates the entries.
    #[must_use]
    pub fn new(key: PurposeKey, clock: Clock) -> Self {
        Self { key, clock }
    }

    /// Returns the name of the device if it is a known device of `owner`.
    pub(super) fn recognise(
        &self,
        shown: Option<&DeviceToken>,
        owner: DeviceOwner<'_>,
    ) -> Option<String> {
        let entry = entries(shown).find(|entry| self.is_of(entry, owner))?;
        Some(hex::encode(entry.split_at(NAME_BYTES).0))
    }

    /// Returns the new token of a device after `owner` logged in on it.
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
        let entries = others.map(|entry| entry.to_vec()).take(MAX_ENTRIES - 1);
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

/// Returns the well-formed entries of a token.
fn entries(shown: Option<&DeviceToken>) -> impl Iterator<Item = DeviceEntry> {
    let text = shown.map_or("", |token| token.0.as_str());
    text.split('.')
        .take(MAX_ENTRIES)
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
    fn after_a_change_of_the_password_no_device_is_known() {
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
    fn a_device_is_known_only_to_the_accounts_that_logged_in_on_it() {
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
    fn a_token_keeps_the_last_five_accounts_and_each_once() {
        let (devices, _) = devices();
        let people: Vec<_> = (0..=MAX_ENTRIES).map(|_| UserId::new()).collect();
        let mut token = None;
        for person in people.iter().chain(&people) {
            token = Some(devices.remember(token.as_ref(), of(*person)));
        }
        let known = |person: &UserId| devices.recognise(token.as_ref(), of(*person)).is_some();
        assert!(!known(&people[0]));
        assert!(people[1..].iter().all(known));
        assert_eq!(entries(token.as_ref()).count(), MAX_ENTRIES);
    }

    #[test]
    fn an_entry_is_valid_for_a_year_and_cannot_be_forged_or_extended() {
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
