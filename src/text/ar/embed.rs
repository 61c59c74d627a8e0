//! Sentences about what other sites show of a competition.

use super::language::LANGUAGE;
use crate::text::EmbedText;

pub(super) const EMBED: EmbedText = EmbedText {
    language: LANGUAGE,
    title: "في موقعك الخاص",
    lead: "انسخ أحدهما إلى صفحة من صفحاتك. كلاهما يعرض المقاعد في هذه اللحظة، بلا نصوص برمجية ولا ملفات تعريف ارتباط.",
    frame: "إطار",
    badge: "شارة",
    open: "عرض المسابقة",
    copy: "نسخ",
};
