//! A sentence with its place in the catalogue.

/// A sentence with its place in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text) struct Sentence {
    /// The type of the group.
    pub(in crate::text) group: &'static str,
    /// The name within the group.
    pub(in crate::text) key: &'static str,
    /// The sentence, with placeholders.
    pub(in crate::text) template: &'static str,
    /// The names and the types of the values.
    pub(in crate::text) values: &'static [(&'static str, &'static str)],
}
