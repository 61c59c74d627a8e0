//! Sentences about editing, closing and deleting a competition.

use super::language::LANGUAGE;
use crate::text::EditingText;

pub(super) const EDITING: EditingText = EditingText {
    language: LANGUAGE,
    notify_title: "{n, plural, other {{n}人に知らせますか？}}",
    notify_lead: "別の日時または場所のときに参加登録した方々です。知らせる場合、変更前と変更後の内容を書いたメッセージが一人ひとりに届きます。",
    notify_was: "変更前：{value}",
    notify_unknown: "未定",
    notify_yes: "{n, plural, other {保存して{n}人に知らせる}}",
    notify_no: "誰にも知らせずに保存",
    capacity_title: "{n, plural, other {キャンセル待ちの{n}人を繰り上げますか？}}",
    capacity_yes: "{n, plural, other {保存して{n}人を繰り上げる}}",
    capacity_now: "埋まっている席：{taken}。キャンセル待ち：{waiting}。増やした席はまずキャンセル待ちの人に割り当てられます。埋まっている席より少なくすることはできません。",
    conflict_title: "ほかの人が変更した項目",
    conflict_lead: "これらの変更はすでに保存されています。同じ項目をあなたも変更した場合、あなたの入力がフォームに残っています。どちらにするか決めてください。",
    conflict_taken: "このフォームに反映済み",
    conflict_both: "あなたも変更しました",
    preview: "説明をプレビュー",
    preview_title: "説明はこのように表示されます",
    preview_empty: "説明はまだありません。",
    close: "受付を終了",
    close_title: "今すぐ受付を終了しますか？",
    close_words: "今後は誰も参加登録やキャンセル待ちの登録ができなくなります。すでに登録した方はそのままです。コンペが始まるまでは受付を再開できます。",
    close_numbers: "空席：{free}。キャンセル待ち：{waiting}。",
    seats_reserved: "コード用に確保中：{seats}。",
    close_yes: "はい、終了します",
    close_no: "受付を続ける",
    reopen: "受付を再開",
    reopen_title: "受付を再開",
    reopen_words: "参加登録の締め切りを指定してください。保存するとすぐに再開します。",
    reopen_before: "以前の締め切り：",
    reopen_yes: "再開する",
    delete_registered: "{n, plural, other {{n}人が参加登録しています。まずコンペを中止して参加者に知らせてください。その後で削除できます。}}",
    delete_type: "削除するには、タイトルを入力してください：{title}",
    delete_other_title: "このコンペのタイトルではありません。",
};
