//! Sentences about what other sites show of a competition.

use super::language::LANGUAGE;
use crate::text::EmbedText;

pub(super) const EMBED: EmbedText = EmbedText {
    language: LANGUAGE,
    title: "自分のサイトに",
    lead: "どちらかをページに貼り付けてください。どちらもスクリプトとCookieなしで、現在の席数を表示します。",
    frame: "ボックス",
    badge: "バッジ",
    open: "コンペを見る",
    copy: "コピー",
};
