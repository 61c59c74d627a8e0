//! Sentences of the page on which an organizer imports a list of participants.

use super::language::LANGUAGE;
use crate::text::ImportText;

pub(super) const IMPORT: ImportText = ImportText {
    language: LANGUAGE,
    title: "リストを取り込む",
    lead: "CSVで保存した表から、多くの人をまとめて追加できます。実行前に内容を確認できます。",
    file: "ファイル",
    file_hint: "UTF-8のCSV、最大2,000行。「名前」と「メールアドレス」の見出しで列を判別します。見出しがない場合は、各行にメールアドレスと名前を入れてください。",
    division_hint: "部門は「{column}」という見出しの列に入れてください。",
    people: "または行を貼り付ける",
    people_hint: "anna@example.org, Anna Ek",
    check: "リストを確認",
    add_title: "{n, plural, other {{n}人を追加しますか？}}",
    nobody_title: "追加する人がいません",
    problems: "{n, plural, other {使えない行が{n}行あります：}}",
    col_line: "行",
    col_problem: "問題",
    already: "{n, plural, other {{n}人はすでに参加登録しています。}}",
    yes: "{n, plural, other {{n}人を追加}}",
    people_to_add: "追加される人",
    more: "{n, plural, other {ほか{n}人。}}",
    other: "別のリストを選ぶ",
    done: "{n, plural, other {{n}人の席を確保しました。}}",
    done_waiting: "{n, plural, other {{n}人がキャンセル待ちです。}}",
    done_already: "{n, plural, other {{n}人はすでに参加登録していました。}}",
    done_refused: "{n, plural, other {{n}人を追加できませんでした。該当する行は下にあります。}}",
    not_utf8: "{line}行目がUTF-8ではありません。「CSV UTF-8」で保存してください。",
    too_many_lines: "{n, plural, other {リストが{n}行を超えています。分割してください。}}",
    too_large: "リストが{kib} KiBを超えています。分割するか、列を減らしてください。",
    long_line: "{line}行目が1人分としては長すぎます。改行が抜けていませんか？",
    ragged: "{n, plural, other {この行には{n}個を超える項目があります。カンマを含む名前は引用符で囲んでください。}}",
    cancelled: "この参加登録はキャンセルされています。",
    repeated: "同じアドレスが{line}行目にあります。",
    empty: "メールアドレスを含む行がありません。",
    paste_again: "リストの一部しか届きませんでした。いくつかに分けて、もう一度貼り付けてください。",
};
