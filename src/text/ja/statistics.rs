//! Sentences of the charts of a competition.

use super::language::LANGUAGE;
use crate::text::StatisticsText;

pub(super) const STATISTICS: StatisticsText = StatisticsText {
    language: LANGUAGE,
    chart_title: "埋まった席と定員",
    chart_now: "{capacity}席のうち{taken}席が埋まり、{waiting}人が待っています。",
    chart_most: "最も多かったのは{when}の{n}件です。",
    chart_cancelled: "{n, plural, other {{n}件がキャンセルされました。}}",
    as_table: "表で表示する",
    col_time: "時刻",
    col_registered: "登録",
    col_cancelled: "キャンセル",
    col_taken: "埋まった席",
    col_waiting: "待ち",
    capacity: "定員",
    section: "推移",
    none: "まだ登録がありません。最初の登録からグラフが始まります。",
    referrers: "訪問元",
    languages: "訪問者の言語",
    direct: "直接",
    others: "その他",
    attendance: "来場状況",
    bars_of: "{title}：{values}。",
    col_name: "名前",
    col_number: "数",
};
