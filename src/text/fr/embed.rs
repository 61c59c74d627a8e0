//! Sentences about what other sites show of a competition.

use super::language::LANGUAGE;
use crate::text::EmbedText;

pub(super) const EMBED: EmbedText = EmbedText {
    language: LANGUAGE,
    title: "Sur votre propre site",
    lead: "Copiez l’un d’eux dans une de vos pages. Les deux montrent les places du moment, sans scripts ni cookies.",
    frame: "Un encadré",
    badge: "Un badge",
    open: "Voir la compétition",
    copy: "Copier",
};
