//! Sentences of presets: what competitions of a kind usually have.

use super::language::LANGUAGE;
use crate::text::PresetsText;

pub(super) const PRESETS: PresetsText = PresetsText {
    language: LANGUAGE,
    title: "どのような大会ですか？",
    lead: "種類ごとに、よく使われる部門、質問、時刻、定員が用意されています。すべて変更できます。",
    scratch: "白紙から始める",
    comes_with: "含まれるもの：",
    hackathon: "ハッカソン",
    race: "レース",
    tournament: "トーナメント",
    exam: "試験",
    workshop: "ワークショップ",
    hackathon_intro: "週末ひとつ、アイデアひとつ、デモひとつ。まだ存在しないものを一緒に作りましょう。",
    race_intro: "タイムに挑むもよし、楽しく走るもよし。完走した全員をお祝いします。",
    tournament_intro: "一試合ごとに、全員が最終ラウンドまで戦います。",
    exam_intro: "身分証明書を持って、開始15分前までに試験室へお越しください。",
    workshop_intro: "少人数で、質問の時間をたっぷり取りながら、実践を通して学びます。",
    about: "概要",
    programme: "プログラム",
    bring: "持ち物",
    rules: "ルール",
    prizes: "賞",
    race_5: "5 km",
    race_10: "10 km",
    race_half: "ハーフマラソン",
    race_children: "キッズラン 1 km",
    beginners: "初級",
    advanced: "上級",
    room: "試験室{number}",
    rating: "レーティング（お持ちの場合）",
    student_number: "学籍番号",
    exam_consent: "試験の規則を読み、それを守ります。",
    wish: "終了後に何ができるようになりたいですか？",
};
