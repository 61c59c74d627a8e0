//! Sentences about what other sites show of a competition.

use super::language::LANGUAGE;
use crate::text::EmbedText;

pub(super) const EMBED: EmbedText = EmbedText {
    language: LANGUAGE,
    title: "En tu propia web",
    lead: "Copia uno de estos en una página tuya. Ambos muestran las plazas del momento, sin scripts ni cookies.",
    frame: "Un recuadro",
    badge: "Una insignia",
    open: "Ver la competición",
    copy: "Copiar",
};
