//! Sentences of tickets, as pages and as pictures.

use super::language::LANGUAGE;
use crate::text::TicketText;

pub(super) const TICKET: TicketText = TicketText {
    language: LANGUAGE,
    page_title: "チケット：{title}",
    title: "席が取れました！",
    seated: "席が確定しました。これがあなたのチケットです。",
    pending: "席は確保されています。確認のメッセージをメールボックスにお送りしています。",
    cancelled_title: "参加登録はありません",
    cancelled: "この参加登録はキャンセルされました。チケットは無効です。",
    number: "チケット",
    qr_title: "受付用のQRコード",
    show_code: "受付でこのコードを見せてください",
    save: "画像として保存",
    google: "Google カレンダー",
    outlook: "Outlook",
    file: "カレンダーファイル（.ics）",
    friends: "友だちを誘いましょう",
    friends_text: "コンペのページを送れます：",
    copy: "リンクをコピー",
    copied: "コピーしました",
    cannot_come: "来られなくなりましたか？キャンセルすると、ほかの人が席を取れるようになります。",
    changed_mind: "気が変わりましたか？",
    view_competition: "コンペを見る",
};
