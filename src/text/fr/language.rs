//! The language of these sentences.

use crate::model::Language;

/// The language of every group beside this file.
pub(super) const LANGUAGE: Language = Language::French;
