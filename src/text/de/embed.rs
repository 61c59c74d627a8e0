//! Sentences about what other sites show of a competition.

use super::language::LANGUAGE;
use crate::text::EmbedText;

pub(super) const EMBED: EmbedText = EmbedText {
    language: LANGUAGE,
    title: "Auf deiner eigenen Website",
    lead: "Kopiere eines davon in eine deiner Seiten. Beide zeigen die Plätze im Moment, ohne Skripte und Cookies.",
    frame: "Ein Kasten",
    badge: "Ein Abzeichen",
    open: "Wettbewerb ansehen",
    copy: "Kopieren",
};
