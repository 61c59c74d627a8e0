//! Sentences of the page about one participant of a competition.

use super::language::LANGUAGE;
use crate::text::PersonText;

pub(super) const PERSON: PersonText = PersonText {
    language: LANGUAGE,
    timeline: "経過",
    seat_taken: "席ありで参加登録",
    waitlisted: "キャンセル待ちに登録",
    promoted: "キャンセル待ちから席を獲得",
    cancelled: "キャンセル済み",
    queued: "まもなくメッセージが作成されます（{job}）",
    attempt_failed: "{n, plural, other {メッセージを作成できませんでした（{n}回）。再試行します（{job}）}}",
    given_up: "メッセージを作成できませんでした（{job}）。管理者が再試行できます。",
    written: "受信箱のメッセージ：{kind}",
    sent: "メールで送信：{kind}",
    notes: "メモ",
    notes_lead: "このコンペの主催者だけに表示されます。",
    notes_none: "メモはまだありません。",
    note: "メモ",
    add_note: "メモを追加",
    delete_note: "{author}さんのメモを削除",
    note_added: "メモを保存しました。",
    note_deleted: "メモを削除しました。",
    too_many_notes: "{n, plural, other {一つの参加登録に付けられるメモは最大{n}件です。先に一つ削除してください。}}",
    acts: "参加登録",
    cancel: "参加登録を取り消す…",
    to_list: "全員",
    open_page: "ページとして開く",
    not_sent: "サーバーに接続できませんでした。入力した内容は残っています。もう一度お試しください。",
};
