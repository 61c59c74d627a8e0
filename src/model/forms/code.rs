//! The forms of codes: as typed in the browser ([`CodeForm`]), and as the values that the REST API's JSON has ([`CodeInput`],
//! [`CodeBatchInput`], [`CodePatch`]).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    account_fields::email,
    code_problem::CodeProblem,
    competition_form::time,
    competition_times::is_plausible,
    errors::{FieldErrors, line},
    field_problem::FieldProblem,
    present::present,
    whole_number::{present_whole, whole},
};
use crate::model::{CodeKind, CodeView, DivisionId, time_zone, timestamp::storable};

/// The number of letters and digits of the shortest code that an organizer may choose.
pub const CODE_MIN: usize = 6;
/// The length of the longest code, in characters.
pub const CODE_MAX: usize = 40;
/// The length of the longest text that is looked at as a code, with what does not count in it, in bytes.
const TYPED_MAX: usize = 320;
/// The length of the longest label of a code, in characters.
pub const CODE_LABEL: usize = 80;
/// The most people who may be registered with one code.
pub const CODE_USES: i64 = 100_000;
/// The number of codes that are generated at once.
pub const CODE_BATCH: i64 = 1_000;
/// The number of codes that a competition may have.
pub const CODES_MAX: usize = 10_000;

/// Returns a code as it is handed out: in upper case, and without what a text editor or another keyboard has made of it, such
/// as dashes in place of hyphens, spaces that do not break, or letters of full width.
fn written_code(typed: &str) -> String {
    let plain = |c: char| match c {
        // Dashes and minus signs; soft hyphens are not seen.
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{30fc}' => '-',
        c if c.is_whitespace() => ' ',
        // Their places are in the order of those of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    let typed = typed.chars().filter(|c| !is_invisible(*c));
    let code: String = typed.map(|c| plain(c).to_ascii_uppercase()).collect();
    code.trim_matches(' ').to_owned()
}

const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
    )
}

/// Returns a code in the form in which codes are compared: as it is handed out, without spaces and hyphens, and with digits in
/// place of the letters that look like them. `None` if it can't be a code.
#[must_use]
pub fn comparable_code(typed: &str) -> Option<String> {
    // Long texts are not even read.
    if typed.len() > TYPED_MAX {
        return None;
    }
    let typed = written_code(typed);
    if typed.chars().count() > CODE_MAX {
        return None;
    }
    let mut code = String::new();
    for c in typed.chars() {
        match c {
            ' ' | '-' => {}
            'O' => code.push('0'),
            'I' | 'L' => code.push('1'),
            c if c.is_ascii_alphanumeric() => code.push(c),
            _ => return None,
        }
    }
    (code.len() >= CODE_MIN).then_some(code)
}

/// A new code of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CodeInput {
    /// The code: letters from A to Z, digits, hyphens and spaces, of which 6 at least are letters or digits. If it is absent
    /// or `null`, a code of 12 letters and digits is generated, which nobody can guess.
    #[serde(default)]
    pub code: Option<String>,
    /// What the code is for, one line of at most 80 characters.
    #[serde(default)]
    pub label: String,
    /// What it is good for.
    pub kind: CodeKind,
    /// The number of people who may be registered with it at the same time, 1 to 100,000.
    #[serde(deserialize_with = "whole")]
    pub max_uses: i64,
    /// The only e-mail address that may use it; everyone may if it is absent or `null`.
    #[serde(default)]
    pub email: Option<String>,
    /// The time from which on nobody registers with it, in the future; there is none if it is absent or `null`.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
    /// The division in which it is used; absent or `null` if it is not for one.
    #[serde(default)]
    pub division_id: Option<DivisionId>,
}

impl CodeInput {
    /// Checks every field, and returns the values in the form in which they are stored.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self, now: DateTime<Utc>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let typed = self.code.as_deref();
        if typed.is_some_and(|typed| comparable_code(typed).is_none()) {
            errors.add("code", CodeProblem::Form);
        }
        let code = typed.filter(|_| errors.is_empty()).map(written_code);
        let label = errors.check(
            "label",
            line(&self.label, FieldProblem::NoName, 0, CODE_LABEL),
        );
        check_uses(&mut errors, self.max_uses);
        let email = self
            .email
            .map(|address| errors.check("email", email(&address)));
        let expires_at = self.expires_at.map(storable);
        check_expiry(&mut errors, expires_at);
        if expires_at.is_some_and(|time| time <= now) {
            errors.add("expiresAt", FieldProblem::PastTime);
        }
        match label {
            Some(label) if errors.is_empty() => Ok(Self {
                code,
                label,
                email: email.flatten(),
                expires_at,
                ..self
            }),
            _ => Err(errors),
        }
    }
}

/// Many new codes, which differ in nothing but the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CodeBatchInput {
    /// The number of codes, 1 to 1,000.
    #[serde(deserialize_with = "whole")]
    pub count: i64,
    /// What the codes are for, one line of at most 80 characters.
    #[serde(default)]
    pub label: String,
    /// What they are good for.
    pub kind: CodeKind,
    /// The number of people who may be registered with each of them at the same time, 1 to 100,000.
    #[serde(deserialize_with = "whole")]
    pub max_uses: i64,
    /// The time from which on nobody registers with them, in the future; there is none if it is absent or `null`.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
    /// The division in which they are used; absent or `null` if they are not for one.
    #[serde(default)]
    pub division_id: Option<DivisionId>,
}

impl CodeBatchInput {
    /// Checks every field, and returns what each of the codes is.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self, now: DateTime<Utc>) -> Result<Vec<CodeInput>, FieldErrors> {
        let count = usize::try_from(self.count).unwrap_or(0);
        let bounds = 1..=CODE_BATCH;
        let one = CodeInput {
            code: None,
            label: self.label,
            kind: self.kind,
            max_uses: self.max_uses,
            email: None,
            expires_at: self.expires_at,
            division_id: self.division_id,
        };
        let one = one.check(now);
        if !bounds.contains(&self.count) {
            let mut errors = one.err().unwrap_or_default();
            errors.add(
                "count",
                FieldProblem::NumberOutOfBounds(CODE_BATCH.unsigned_abs()),
            );
            return Err(errors);
        }
        Ok(vec![one?; count])
    }
}

/// A change of a code. Absent fields stay as they are, and the code itself, its kind and its division always do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CodePatch {
    /// What the code is for, one line of at most 80 characters.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub label: Option<String>,
    /// The number of people who may be registered with it at the same time, 1 to 100,000, and not below the number of those
    /// who are.
    #[serde(default, deserialize_with = "present_whole")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub max_uses: Option<i64>,
    /// The only e-mail address that may use it; `null` means that everyone may.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>))]
    pub email: Option<Option<String>>,
    /// The time from which on nobody registers with it, at once if it has passed; `null` means that there is none.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<DateTime<Utc>>))]
    pub expires_at: Option<Option<DateTime<Utc>>>,
}

impl CodePatch {
    /// Checks every field, and returns the values in the form in which they are stored.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let label = self.label.map(|label| {
            errors
                .check("label", line(&label, FieldProblem::NoName, 0, CODE_LABEL))
                .unwrap_or_default()
        });
        if let Some(max_uses) = self.max_uses {
            check_uses(&mut errors, max_uses);
        }
        let email = self
            .email
            .map(|address| address.and_then(|address| errors.check("email", email(&address))));
        let expires_at = self.expires_at.map(|time| time.map(storable));
        check_expiry(&mut errors, expires_at.flatten());
        match errors.is_empty() {
            true => Ok(Self {
                label,
                email,
                expires_at,
                ..self
            }),
            false => Err(errors),
        }
    }
}

fn check_uses(errors: &mut FieldErrors, uses: i64) {
    if !(1..=CODE_USES).contains(&uses) {
        errors.add(
            "maxUses",
            FieldProblem::NumberOutOfBounds(CODE_USES.unsigned_abs()),
        );
    }
}

fn check_expiry(errors: &mut FieldErrors, expires_at: Option<DateTime<Utc>>) {
    if expires_at.is_some_and(|time| !is_plausible(time)) {
        errors.add("expiresAt", FieldProblem::ImplausibleYear);
    }
}

/// A code, or many of them, as they were typed in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CodeForm {
    /// The code; a new one is generated if it is empty.
    pub code: String,
    pub label: String,
    pub kind: String,
    pub max_uses: String,
    pub email: String,
    /// When it expires, like `2030-01-15T18:00` on clocks at the venue.
    pub expires_at: String,
    pub division_id: String,
    /// The number of codes that are generated.
    pub count: String,
}

impl CodeForm {
    /// Returns the form with the values of a code; times are those of clocks in `zone`.
    #[must_use]
    pub fn of(code: &CodeView, zone: &str) -> Self {
        let local = |time: DateTime<Utc>| time_zone::format(zone, time, "%Y-%m-%dT%H:%M");
        Self {
            code: code.code.clone(),
            label: code.label.clone(),
            kind: code.kind.to_string(),
            max_uses: code.max_uses.to_string(),
            email: code.email.clone().unwrap_or_default(),
            expires_at: code.expires_at.map(local).unwrap_or_default(),
            division_id: code
                .division_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            count: String::new(),
        }
    }

    /// Parses the form of one code. `zone` is the time zone of the venue, by its IANA name.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed.
    pub fn parse(&self, zone: &str) -> Result<CodeInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let input = CodeInput {
            code: non_blank(&self.code),
            label: self.label.clone(),
            kind: self.kind_of(&mut errors),
            max_uses: uses(&mut errors, &self.max_uses),
            email: non_blank(&self.email),
            expires_at: self.expiry(&mut errors, zone),
            // An id that is malformed is that of no division.
            division_id: self.division(),
        };
        match errors.is_empty() {
            true => Ok(input),
            false => Err(errors),
        }
    }

    /// Parses the form of many codes.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed.
    pub fn parse_batch(&self, zone: &str) -> Result<CodeBatchInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let bounds = FieldProblem::NumberOutOfBounds(CODE_BATCH.unsigned_abs());
        let count = self.count.trim().parse::<i64>().map_err(|_| bounds);
        let input = CodeBatchInput {
            count: errors.check("count", count).unwrap_or_default(),
            label: self.label.clone(),
            kind: self.kind_of(&mut errors),
            max_uses: uses(&mut errors, &self.max_uses),
            expires_at: self.expiry(&mut errors, zone),
            division_id: self.division(),
        };
        match errors.is_empty() {
            true => Ok(input),
            false => Err(errors),
        }
    }

    /// Parses the form as a change of every field that can change.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed.
    pub fn patch(&self, zone: &str) -> Result<CodePatch, FieldErrors> {
        let mut errors = FieldErrors::default();
        let patch = CodePatch {
            label: Some(self.label.clone()),
            max_uses: Some(uses(&mut errors, &self.max_uses)),
            email: Some(non_blank(&self.email)),
            expires_at: Some(self.expiry(&mut errors, zone)),
        };
        match errors.is_empty() {
            true => Ok(patch),
            false => Err(errors),
        }
    }

    fn kind_of(&self, errors: &mut FieldErrors) -> CodeKind {
        let kind = self.kind.parse().map_err(|_| FieldProblem::NotInList);
        errors.check("kind", kind).unwrap_or(CodeKind::Eligibility)
    }

    fn division(&self) -> Option<DivisionId> {
        self.division_id.trim().parse().ok()
    }

    fn expiry(&self, errors: &mut FieldErrors, zone: &str) -> Option<DateTime<Utc>> {
        match self.expires_at.trim() {
            "" => None,
            text => errors.check("expiresAt", time(text, time_zone::parse_or_utc(zone))),
        }
    }
}

fn uses(errors: &mut FieldErrors, text: &str) -> i64 {
    let bounds = FieldProblem::NumberOutOfBounds(CODE_USES.unsigned_abs());
    let number = text.trim().parse::<i64>().map_err(|_| bounds);
    errors.check("maxUses", number).unwrap_or_default()
}

fn non_blank(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_same_however_they_are_typed() {
        let code = comparable_code("4T7K-9QWX-02MN");
        assert_eq!(code.as_deref(), Some("4T7K9QWX02MN"));
        for typed in [
            "4t7k9qwxo2mn",
            " 4T7K 9QWX 02MN ",
            "4t7k-9qwx-O2mn",
            // As text editors, mails and keyboards write it.
            "4t7k–9qwx—02mn",
            "4T7K\u{2011}9QWX\u{2212}02MN",
            "\u{feff}4T7K\u{a0}9QWX\u{a0}02MN\u{200b}\n",
            "４Ｔ７Ｋ－９ｑｗｘ－０２ＭＮ",
        ] {
            assert_eq!(comparable_code(typed), code, "{typed}");
        }
        assert_eq!(comparable_code("hello-1"), comparable_code("HE110I"));
        assert_eq!(written_code(" early–bird\u{a0}１ "), "EARLY-BIRD 1");
    }

    #[test]
    fn what_is_too_short_or_too_long_or_has_other_characters_is_no_code() {
        for typed in [
            "",
            "A-B-C-D-E",
            "ABCDE!",
            "CÖLOGNE",
            "STRAßE",
            "ΑΒΓΔΕΖ",
            &"A".repeat(CODE_MAX + 1),
        ] {
            assert_eq!(comparable_code(typed), None, "{typed}");
        }
    }
}
