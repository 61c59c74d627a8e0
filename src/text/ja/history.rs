//! Sentences of the page that says who changed what.

use super::language::LANGUAGE;
use crate::text::HistoryText;

pub(super) const HISTORY: HistoryText = HistoryText {
    language: LANGUAGE,
    title: "変更履歴",
    lead: "誰が何を変えたかを新しい順に表示します。時刻は会場のものです。",
    col_when: "日時",
    col_who: "操作した人",
    col_what: "内容",
    col_change: "変更",
    operator: "このサイトの運営者",
    automatic: "自動",
    author_may_not: "作成者は参加者にお知らせを送れなくなりました。",
    registrations: "{n, plural, other {{n}件の参加登録}}",
};
