//! The size of requests in bytes, derived from the bounds of fields, which count characters.

use super::field_limits::{DESCRIPTION, LOCATION, TAG, TAGS, TITLE};

/// The most bytes that one character takes in a request's body: four bytes of UTF-8, each
/// percent-encoded in a form (`%F0%9F%98%80`), or two escaped surrogates in JSON
/// (`\ud83d\ude00`). A line break, `%0D%0A` or `\r\n`, takes less.
pub const BYTES_PER_CHAR: usize = 12;
/// The characters between two tags: a comma and a space, or quotes and a comma.
const BETWEEN_TAGS: usize = 4;
/// The bytes of everything that is not a text by a person: names of fields, numbers, times, ids.
const REST: usize = 8 * 1024;

/// The size of the largest valid request body, in bytes: a competition with every text at its bound
/// and the longest encoding of every character. Announcements and accounts are smaller.
pub const LARGEST_REQUEST: usize =
    BYTES_PER_CHAR * (TITLE.1 + DESCRIPTION + LOCATION + TAGS * (TAG + BETWEEN_TAGS)) + REST;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forms::CompetitionForm;

    #[test]
    fn the_largest_possible_competition_fits_as_form_and_as_json() {
        let longest = |count: usize| "\u{1f600}".repeat(count);
        let form = CompetitionForm {
            title: longest(TITLE.1),
            description: longest(DESCRIPTION),
            capacity: "1000000".to_owned(),
            publish_at: "2030-03-01T18:00:00.123456+00:00".to_owned(),
            opens_at: "2030-03-01T18:00:00.123456+00:00".to_owned(),
            time_zone: "America/Argentina/ComodRivadavia".to_owned(),
            reg_deadline: "2030-03-01T18:00:00.123456+00:00".to_owned(),
            starts_at: "2030-03-01T18:00:00.123456+00:00".to_owned(),
            ends_at: "2030-03-01T18:00:00.123456+00:00".to_owned(),
            location: longest(LOCATION),
            tags: vec![longest(TAG); TAGS].join(", "),
            waitlist_enabled: "on".to_owned(),
            status: "PUBLISHED".to_owned(),
        };
        let json = serde_json::to_string(&form).unwrap();
        let mut bytes = 0;
        for c in json.chars() {
            bytes += if c.is_ascii() { 1 } else { BYTES_PER_CHAR };
        }
        assert!(bytes <= LARGEST_REQUEST, "{bytes}");
        let text = BYTES_PER_CHAR * (TITLE.1 + DESCRIPTION + LOCATION + TAGS * TAG);
        assert!(
            LARGEST_REQUEST - text < 16 * 1024,
            "the bound is close to the largest"
        );
    }

    #[test]
    fn the_largest_announcement_is_smaller() {
        use crate::model::forms::announcement::{BODY_MAX, SUBJECT_MAX};
        const { assert!(BYTES_PER_CHAR * (BODY_MAX + SUBJECT_MAX) + REST < LARGEST_REQUEST) };
    }
}
