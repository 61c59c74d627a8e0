//! Sentences about the saved views of a competition's participants.

use super::language::LANGUAGE;
use crate::text::SavedViewsText;

pub(super) const SAVED_VIEWS: SavedViewsText = SavedViewsText {
    language: LANGUAGE,
    title: "保存したビュー",
    everyone: "全員",
    save_title: "この表示を保存",
    name: "ビューの名前",
    save: "ビューを保存",
    saved: "ビュー「{name}」を保存しました。このコンペのスタッフ全員に表示されます。",
    change_title: "「{name}」を変更",
    rename: "名前を変更",
    renamed: "ビューの名前を変更しました。",
    delete: "ビューを削除",
    deleted: "ビューを削除しました。参加登録には影響ありません。",
    audience_hint: "送信時にビューに表示される人に届きます。取り消した人には届きません。",
    send_at_least: "{n, plural, other {{n}人以上に送信}}",
    schedule_at_least: "{n, plural, other {{n}人以上への送信を予約}}",
    enter_name: "ビューの名前を入力してください。",
    name_taken: "同じ名前のビューがあります。",
    too_many: "{n, plural, other {一つのコンペに保存できるビューは最大{n}件です。先に一つ削除してください。}}",
    unknown: "このコンペの保存したビューを選択してください。",
};
