//! Codes with which participants register, and who may register at all.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CodeId, DivisionId,
    enumerations::{UnknownName, enumeration},
};

enumeration! {
    /// What a code is good for.
    CodeKind {
        /// Who has it may register.
        Eligibility = "ELIGIBILITY",
        /// Who has it may register, and a seat is set aside for each of its uses.
        Reserved = "RESERVED",
    }
}

/// A code of a competition, as its organizer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CodeView {
    /// The id of the code.
    pub id: CodeId,
    /// The code as it is handed out. Upper and lower case, spaces and hyphens do not matter when it is typed.
    pub code: String,
    /// What the code is for, in the organizer's words; absent if nothing was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What it is good for.
    pub kind: CodeKind,
    /// The number of people who may be registered with it at the same time.
    pub max_uses: u32,
    /// The number of people who are registered with it. A registration that is cancelled gives its use back.
    pub uses: u32,
    /// The only e-mail address that may use it; absent if everyone may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub email: Option<String>,
    /// The time from which on nobody registers with it; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub expires_at: Option<DateTime<Utc>>,
    /// The division in which it is used; absent if it is not for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub division_id: Option<DivisionId>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

impl CodeView {
    /// Returns the number of seats that are set aside for the code at `now`.
    #[must_use]
    pub fn set_aside(&self, now: DateTime<Utc>) -> u32 {
        match self.kind == CodeKind::Reserved && !self.has_expired(now) {
            true => self.max_uses.saturating_sub(self.uses),
            false => 0,
        }
    }

    /// Returns whether nobody registers with the code at `now` any more.
    #[must_use]
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// Codes that were generated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CodeList {
    /// The codes in the order of their creation.
    #[cfg_attr(feature = "ssr", schema(max_items = 1_000))]
    pub items: Vec<CodeView>,
}

/// Why somebody may not register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ineligibility {
    /// The code is none of this competition, or not one for this account at this time. Nothing more is said, so that nobody
    /// learns which codes there are.
    Code,
    /// The e-mail address belongs to none of the domains that the competition admits.
    Address,
    /// The participant is too young or too old on the day of the start.
    Age,
    /// One of the conditions is not met.
    Conditions,
}

/// Who may register for a competition, besides what its codes say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Eligibility {
    /// Whether nobody registers without a code.
    pub code_required: bool,
    /// The domains of the e-mail addresses that may register, in lower case; any if there are none.
    pub email_domains: Vec<String>,
    /// The lowest age on the day of the start, in years.
    pub age_min: Option<i32>,
    /// The highest age on the day of the start, in years.
    pub age_max: Option<i32>,
    /// Whether ages are only shown, and nobody is asked for the date of birth.
    pub ages_unchecked: bool,
}

impl Eligibility {
    /// Returns whether there is a lowest or a highest age.
    #[must_use]
    pub const fn limits_age(&self) -> bool {
        self.age_min.is_some() || self.age_max.is_some()
    }

    /// Returns whether an e-mail address belongs to one of the domains. A domain does not admit those below it.
    #[must_use]
    pub fn admits_address(&self, email: &str) -> bool {
        let of_address = email
            .rsplit_once('@')
            .and_then(|(_, domain)| ascii_domain(domain));
        let mut admitted = self.email_domains.iter();
        self.email_domains.is_empty()
            || of_address.is_some_and(|domain| {
                admitted.any(|one| ascii_domain(one).as_deref() == Some(&*domain))
            })
    }
}

/// Returns a domain in the form in which domains are compared: in lower case, and with letters beyond ASCII as mail servers
/// write them (`xn--…`). `None` if it can't be a domain.
#[must_use]
pub fn ascii_domain(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return Some(domain.to_lowercase());
    }
    // What reads addresses of the web would decode percent signs.
    (!domain.contains('%')).then(|| to_ascii(domain)).flatten()
}

#[cfg(feature = "ssr")]
fn to_ascii(domain: &str) -> Option<String> {
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) => Some(ascii),
        _ => None,
    }
}

/// The browser compares no domains.
#[cfg(not(feature = "ssr"))]
fn to_ascii(domain: &str) -> Option<String> {
    Some(domain.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_compared_as_mail_servers_write_them() {
        let admitting = |domain: &str| Eligibility {
            email_domains: vec![domain.to_owned()],
            ..Eligibility::default()
        };
        for (domain, address) in [
            ("uni.example", "ada@UNI.example"),
            ("uni-köln.example", "ada@xn--uni-kln-e1a.example"),
            ("xn--uni-kln-e1a.example", "ada@Uni-Köln.example"),
        ] {
            assert!(
                admitting(domain).admits_address(address),
                "{domain}: {address}"
            );
        }
        for address in [
            "ada@köln.uni.example",
            "ada@unı.example",
            "ada@uni%2eexamplé",
            "ada",
        ] {
            assert!(
                !admitting("uni.example").admits_address(address),
                "{address}"
            );
        }
    }
}
