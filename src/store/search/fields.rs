//! The fields of a search document, and how its words are written.

/// Open-ended words with fewer characters are found in titles only, in tags and locations, or everywhere.
const SHORTEST_IN_PLACE: usize = 2;
const SHORTEST_IN_TEXT: usize = 3;

/// The entry of cancelled competitions in the index, which is no word of a field.
pub(super) const CANCELLED: &str = "scancelled";

/// The fields of a competition in which words are found; each contains the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SearchField {
    /// The title of the competition.
    Title,
    /// The title and the tags.
    Tags,
    /// The title, the tags and the location.
    Place,
    /// The title, the tags, the location and the description.
    Text,
}

impl SearchField {
    /// Returns the letter with which the words of the field begin in the index.
    pub(super) const fn letter(self) -> char {
        match self {
            Self::Title => 'a',
            Self::Tags => 'b',
            Self::Place => 'c',
            Self::Text => 'd',
        }
    }

    /// Returns the length from which open-ended words are found in the field. Shorter ones are the
    /// beginning of a great many words of it.
    pub(super) const fn shortest_open_ended(self) -> usize {
        match self {
            Self::Title => 1,
            Self::Tags | Self::Place => SHORTEST_IN_PLACE,
            Self::Text => SHORTEST_IN_TEXT,
        }
    }
}
