//! Sentences about start numbers.

use super::language::LANGUAGE;
use crate::text::StartNumbersText;

pub(super) const START_NUMBERS: StartNumbersText = StartNumbersText {
    language: LANGUAGE,
    title: "ゼッケン番号",
    lead: "席のある全員に、規則に従って番号が付きます。付けた番号は変わらず、キャンセルされた番号も含めて二度使われることはありません。",
    order: "順序",
    by_name: "名前順",
    by_registration: "登録順",
    from: "最初の番号",
    from_hint: "独自の番号がない部門に使います。部門ごとに順に付けます。",
    preview: "プレビューを表示",
    preview_title: "プレビュー",
    to_give: "付ける番号：{n}件",
    kept: "そのままの番号：{n}件",
    without: "部門の番号が足りず、番号のない人：{n}人",
    first_of_them: "先頭の人たち",
    give: "この番号を付ける",
    given: "番号を付けました：{n}件",
    nobody: "席のある全員に番号があります。",
    number: "ゼッケン",
    column: "番号",
    division_from: "最初のゼッケン番号",
    division_to: "最後のゼッケン番号",
    out_of_order: "最後の番号は最初の番号以上にしてください。",
    half_a_range: "最初と最後の番号を両方入力するか、両方とも空欄にしてください。",
};
