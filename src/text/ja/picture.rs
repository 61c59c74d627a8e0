//! Sentences of the page on which an organizer changes the picture of a competition.

use super::language::LANGUAGE;
use crate::text::PictureText;

pub(super) const PICTURE: PictureText = PictureText {
    language: LANGUAGE,
    title: "画像",
    lead: "カード、ページ、リンクのプレビューに表示されます。画像がないときは、こちらで表紙を描きます。",
    present: "現在の表示",
    file: "新しい画像",
    file_hint: "JPEG、PNG、WebP形式。10 MB以下、600 × 315ピクセル以上。写真の撮影場所の情報は削除されます。",
    alt: "何が写っていますか？",
    alt_hint: "見ることができない人のための一文です。例：朝日の中、ランナーたちが橋を渡っています。",
    focus: "残す部分",
    focus_center: "中央",
    focus_top: "上",
    focus_bottom: "下",
    focus_left: "左",
    focus_right: "右",
    focus_top_left: "左上",
    focus_top_right: "右上",
    focus_bottom_left: "左下",
    focus_bottom_right: "右下",
    save: "この画像を使う",
    remove: "画像を削除",
    change: "画像を変更",
    unavailable: "ここでは画像をアップロードできません。サイトの運営者がSTORAGE_URLを設定する必要があります。",
    too_large: "画像は10 MBまでです。もっと小さいファイルを選んでください。",
    none_chosen: "先にファイルを選んでください。",
    too_small: "画像が小さすぎます。600 × 315ピクセル以上が必要です。",
    too_many_pixels: "画像のピクセル数が多すぎます。合計5,000万、一辺16,000までです。",
    unreadable: "画像を読み込めませんでした。壊れている可能性があります。保存し直してから、もう一度お試しください。",
    alt_too_long: "画像の説明は250文字以内にしてください。",
    unknown_type: "このファイルはJPEG、PNG、WebPの画像ではありません。別のファイルを選んでください。",
};
