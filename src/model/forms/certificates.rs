//! The form with which an organizer issues certificates.

use serde::{Deserialize, Serialize};

use super::{errors::FieldErrors, field_problem::FieldProblem};
use crate::model::{Audience, text_rules::line};

/// The length of the longest remark on a certificate, in characters.
const REMARK: usize = 120;

/// Who gets a certificate, and what it says besides. The fields are what was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateForm {
    /// Those who get a certificate: `CHECKED_IN` or `SEATED`.
    pub audience: String,
    /// One line that stands on every certificate of the run, or nothing.
    pub remark: String,
}

/// Who gets a certificate, and what it says besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateInput {
    /// Those with a seat, or those who are checked in.
    pub audience: Audience,
    /// One line that stands on every certificate of the run.
    pub remark: Option<String>,
}

impl CertificateForm {
    /// Reads the fields.
    ///
    /// # Errors
    /// Returns an error for each field that can't be read.
    pub fn parse(&self) -> Result<CertificateInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let audience = match self.audience.parse() {
            Ok(audience @ (Audience::Seated | Audience::CheckedIn)) => Ok(audience),
            _ => Err(FieldProblem::NotInList),
        };
        let audience = errors.check("audience", audience);
        let remark = line(&self.remark, 0, REMARK).map_err(FieldProblem::Text);
        let remark = errors.check("remark", remark);
        match (audience, remark) {
            (Some(audience), Some(remark)) => Ok(CertificateInput {
                audience,
                remark: (!remark.is_empty()).then_some(remark),
            }),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(audience: &str, remark: &str) -> Result<CertificateInput, FieldErrors> {
        let form = CertificateForm {
            audience: audience.to_owned(),
            remark: remark.to_owned(),
        };
        form.parse()
    }

    #[test]
    fn certificates_are_for_those_with_a_seat_or_those_who_were_there() {
        for (typed, audience) in [
            ("SEATED", Audience::Seated),
            ("CHECKED_IN", Audience::CheckedIn),
        ] {
            let input = parsed(typed, " 10 km ").unwrap();
            assert_eq!(input.audience, audience);
            assert_eq!(input.remark.as_deref(), Some("10 km"));
        }
        assert_eq!(parsed("SEATED", " ").unwrap().remark, None);
        for typed in ["", "ALL", "WAITLISTED", "VIEW", "seated"] {
            assert!(parsed(typed, "").is_err(), "{typed}");
        }
    }

    #[test]
    fn a_remark_is_one_line_and_has_a_bound() {
        assert!(parsed("SEATED", &"x".repeat(REMARK)).is_ok());
        assert!(parsed("SEATED", &"x".repeat(REMARK + 1)).is_err());
        assert!(parsed("SEATED", "two\nlines").is_err());
    }
}
