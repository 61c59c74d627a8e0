//! Sentences about requests that fail before or outside of the domain.

use super::language::LANGUAGE;
use crate::text::RequestErrorText;

pub(super) const REQUEST_ERRORS: RequestErrorText = RequestErrorText {
    language: LANGUAGE,
    malformed_json: "本文がJSONではありません。{line}行目の{column}列目を確認してください。",
    malformed_body: "本文を最後まで読み取れませんでした。",
    malformed_query: "クエリ文字列を読み取れません。各名前は1回まで、UTF-8で指定してください。",
    media_type: "本文はapplication/jsonで送信してください。",
    body_too_large: "本文が、受け付けられる最大サイズを超えています。",
    request_too_large: "リクエストは最大{kibibytes} KiBです。",
    proxy: "このサーバーはプロキシではありません。",
    no_path: "リクエストには、スラッシュで始まるパスを指定してください。",
    no_single_host: "リクエストには、1つのHostフィールドでホストを1つだけ指定してください。",
    bad_request_title: "不正なリクエスト",
    too_slow: "リクエストの本文が{seconds}秒以内に届きませんでした。何も処理していません。",
    timed_out: "時間がかかりすぎたため、処理を中断しました。安心してもう一度お試しください。",
    timed_out_title: "時間がかかりすぎました",
    cross_site: "このリクエストは、当サイトのページから送られたものではありません。当サイトのページを開いて、もう一度お試しください。",
    cross_site_title: "ほかのサイトからのリクエスト",
    unreadable_form: "当サイトのフォームではないか、途中で一部が失われました。何も変更していません。",
    unreadable_form_title: "フォームを読み取れませんでした",
    method_not_allowed: "このアドレスは、その方法では利用できません。",
    method_unknown: "このアドレスはそのメソッドに対応していません。対応するメソッドは `Allow` にあります。",
    method_not_allowed_title: "許可されていないメソッド",
    too_many_requests_title: "リクエストが多すぎます",
    overloaded_title: "アクセスが集中しています",
    unavailable: "必要なサービスが一時的に利用できません。安心してもう一度お試しください。",
    unavailable_title: "利用できません",
    internal_error: "サーバー側で問題が発生しました。内容は記録済みです。",
    internal_error_title: "内部エラー",
    back_to_front_page: "トップページに戻る",
};
