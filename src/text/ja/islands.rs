//! Sentences that both the server and the islands in the browser use.

use super::language::LANGUAGE;
use crate::text::IslandText;

pub(super) const ISLANDS: IslandText = IslandText {
    language: LANGUAGE,
    seats_of: "席空き（全{capacity}席）",
    seats_taken: "申し込める席はありません（全{capacity}席）",
    every_seat_taken: "申し込める席はありません。",
    every_seat_taken_waiting: "申し込める席はありません。{n}人が待っています。",
    seats_left: "残り{n}席です。",
    waiting: "{n}人待ち",
    registering: "参加登録中…",
    retrying: "通信が遅くなっています。再試行中…",
    gave_up: "サーバーに接続できませんでした。何も失われていません。もう一度ボタンを押すか、オンラインに戻ると自動で再試行します。",
    theme_auto: "テーマ: 自動",
    theme_light: "テーマ: ライト",
    theme_dark: "テーマ: ダーク",
    opens_in: "あと{span}です。",
    unread: "未読メッセージ{n}件",
    closes_in: "締切まで{span}",
    span_days: "{days}日",
    span_days_short: "{days}日",
    span_days_hours: "{days}日{hours}時間",
    span_hours_minutes: "{hours}時間{minutes}分",
    span_minutes: "{minutes}分",
    span_minutes_seconds: "{minutes}分{seconds}秒",
    closed: "受付終了",
    suggestions: "候補",
    field_for_you: "{zone}の時刻です。あなたの地域では{own}です。",
    for_you: "· あなたの地域では{own}",
    your_time: "あなたのタイムゾーン: {zone}",
};
