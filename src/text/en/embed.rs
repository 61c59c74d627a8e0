//! Sentences about what other sites show of a competition.

use super::language::LANGUAGE;
use crate::text::EmbedText;

pub(super) const EMBED: EmbedText = EmbedText {
    language: LANGUAGE,
    title: "On your own website",
    lead: "Copy one of these into a page of yours. Both show the seats of the moment, without scripts and cookies.",
    frame: "A box",
    badge: "A badge",
    open: "Show competition",
    copy: "Copy",
};
