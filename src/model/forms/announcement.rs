//! The form of an announcement, which an organizer writes to participants.

use serde::{Deserialize, Serialize};

use super::{
    errors::{FieldErrors, block, line},
    field_problem::FieldProblem,
};

/// The length of the longest subject, in characters.
pub const SUBJECT_MAX: usize = 120;
/// The length of the longest text, in characters.
pub const BODY_MAX: usize = 5_000;

/// An announcement as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AnnouncementForm {
    /// The subject, one line of at most 120 characters.
    pub subject: String,
    /// The text, without markup, at most 5,000 characters.
    pub body: String,
}

impl AnnouncementForm {
    /// Returns the subject and the text, trimmed.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn parse(&self) -> Result<(String, String), FieldErrors> {
        let mut errors = FieldErrors::default();
        let subject = errors.check(
            "subject",
            line(&self.subject, FieldProblem::NoSubject, 1, SUBJECT_MAX),
        );
        let body = errors.check(
            "body",
            block(self.body.trim(), FieldProblem::NoBody, 1, BODY_MAX),
        );
        match (subject, body) {
            (Some(subject), Some(body)) => Ok((subject, body)),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_has_a_subject_line_and_a_text() {
        let form = |subject: &str, body: &str| AnnouncementForm {
            subject: subject.to_owned(),
            body: body.to_owned(),
        };
        let good = form(" Parking ", "Use gate 2.\r\nThank\ryou.\n").parse();
        assert_eq!(
            good,
            Ok(("Parking".to_owned(), "Use gate 2.\nThank\nyou.".to_owned()))
        );
        for bad in [
            form("", "x"),
            form("two\nlines", "x"),
            form("x", "  "),
            form("x", "a\u{0}b"),
            form("x", &"x".repeat(BODY_MAX + 1)),
        ] {
            assert!(bad.parse().is_err(), "{bad:?}");
        }
    }
}
