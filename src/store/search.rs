//! The search index of competitions: a search document for each one that everyone may see.
//!
//! # Words
//!
//! Texts are folded into words by this module ([`words`]), the same way for both databases and for
//! queries, so neither database needs an extension or a language's configuration. A search document holds
//! every word once for each field ([`SearchField`]) in which a search should find it, with the field's letter in
//! front:
//!
//! | field | letter | words of |
//! | --- | --- | --- |
//! | title | `a` | the title |
//! | tags | `b` | the title and the tags |
//! | place | `c` | the title, the tags and the location |
//! | text | `d` | all of these and the description |
//!
//! So "all of these words, in the title or the tags" is a conjunction of single entries of the index. Neither
//! database reads a document to answer it, and nothing has to be ranked afterwards: the better matches are
//! those that a narrower field finds.
//!
//! # Typing errors
//!
//! `search_spellings` holds each word of titles, tags and places under every spelling that omits one or two of
//! its first letters ([`spellings`]). A typing error is found by looking up the same of what was typed: the
//! symmetric delete algorithm (Garbe, *`SymSpell`*, 2012).
//!
//! # Keeping up
//!
//! [`write_documents`] runs in the transaction of each change. Triggers note every other change in
//! `search_updates`; [`write_outdated`] does what is noted there.

mod documents;
mod fields;
mod matches;
mod spellings;
mod words;

pub use documents::{write_documents, write_outdated};
pub use fields::SearchField;
pub use matches::{MatchSelection, SearchExpression, SearchTerm, matching};
pub use spellings::{similar_among, similar_words};
pub use words::{QueryWord, folded_text, query_words, text_words};
