//! Sentences of the mailbox, and of the page behind the unsubscribe link of a mail.

use super::language::LANGUAGE;
use crate::text::{MailboxText, UnsubscribeText};

pub(super) const UNSUBSCRIBE: UnsubscribeText = UnsubscribeText {
    language: LANGUAGE,
    title_reminders: "リマインダーメールを停止しますか？",
    title_opening_reminders: "受付開始のリマインダーメールを停止しますか？",
    title_announcements: "お知らせメールを停止しますか？",
    words: "停止するのはメールだけです。引き続き、このサイトのメールボックスには届きます。確定通知もこれまでどおり届きます。",
    yes: "このメールを停止",
    done_title: "このメールを停止しました",
    done: "引き続き、このサイトのメールボックスには届きます。",
    to_mailbox: "メールボックスへ",
};

pub(super) const MAILBOX: MailboxText = MailboxText {
    language: LANGUAGE,
    title: "メールボックス",
    list: "メッセージ",
    all: "すべて",
    unread: "未読",
    none_title: "メッセージはありません",
    none: "確定通知、リマインダー、主催者からのお知らせがここに届きます。",
    none_unread_title: "すべて既読です",
    none_unread: "前回から新しいメッセージは届いていません。",
    choose: "読みたいメッセージを選んでください。",
    new: "新着",
    mark_read: "既読にする",
    to_list: "すべてのメッセージ",
    competition: "コンペを見る",
    registrations: "参加登録一覧を見る",
    kind_confirmation: "確定通知",
    kind_waitlist: "キャンセル待ち",
    kind_promotion: "繰り上げ",
    kind_reminder: "リマインダー",
    kind_cancellation: "キャンセル・中止",
    kind_change: "日時・場所の変更",
    kind_announcement: "お知らせ",
    kind_account: "アカウント",
};
