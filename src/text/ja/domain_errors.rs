//! Sentences that explain domain errors to people.

use super::language::LANGUAGE;
use crate::text::DomainErrorText;

pub(super) const DOMAIN_ERRORS: DomainErrorText = DomainErrorText {
    language: LANGUAGE,
    unauthenticated: "先にログインしてください。",
    invalid_credentials: "メールアドレスまたはパスワードが違います。",
    second_factor_required: "認証アプリのコードも入力してください。",
    invalid_second_factor: "コードが違うか、すでに使用されています。次のコードが表示されるまでお待ちください。",
    second_factor_active: "2段階認証はすでにオンです。別のアプリを設定するには、先にオフにしてください。",
    recent_login_required: "続けるには、パスワードを入力してください。",
    token_invalid: "このリンクは使えなくなりました。すでに使用されたか、有効期限が切れています。新しいリンクを取得してください。",
    email_not_verified: "先にメールアドレスを確認してください。お送りしたメールのリンクを開くと完了します。",
    account_disabled: "このアカウントは無効になっています。サイトの運営者にお問い合わせください。",
    organizes_competitions: "主催しているコンペの中に、まだ終了していないものがあります。先に中止してください。",
    forbidden: "この操作を行う権限がありません。",
    not_found: "見つかりませんでした。すでに削除された可能性があります。",
    invalid: "入力内容を確認してください。",
    email_taken: "このメールアドレスのアカウントはすでにあります。",
    stale_form: "フォームの有効期限が切れていました。もう一度ボタンを押してください。",
    request_in_progress: "最初の操作をまだ処理しています。少し待ってからご確認ください。",
    competition_full: "満席です。ほんの少し前に、最後の席が埋まりました。",
    already_registered: "すでに参加登録済みです。",
    registration_closed: "参加登録の受付は終了しました。",
    not_open_yet: "まだ受付前です。参加登録の受付は{when}に始まります。",
    capacity_below_registrations: "すでにそれより多くの席が埋まっています。埋まっている席数以上にしてください。",
    precondition_failed: "入力している間に、ほかの人が変更を保存しました。変更していない項目には、保存された内容が表示されています。両方で変更した項目には、あなたの入力が残り、相手の内容が横に表示されています。このままでよければ、もう一度保存してください。",
    too_many_requests: "操作が少し速すぎました。{seconds}秒後にもう一度お試しください。",
    unsupported_picture: "このファイルはJPEG、PNG、WebPの画像ではありません。別のファイルを選んでください。",
    pictures_unavailable: "ただいま画像を利用できません。何も変更されていません。しばらくしてからもう一度お試しください。",
    overloaded: "アクセスが集中しています。まだ何も処理されていませんので、安心してもう一度お試しください。",
    api_recent_login_required: "この操作には再ログインが必要です。前回のログインから15分以上たっています。",
    api_idempotency_key_required: "有効なIdempotency-Keyが必要です（表示可能なASCII文字で1〜255文字）。",
    api_idempotency_key_reused: "このIdempotency-Keyは、別のリクエストで使用されています。",
    api_request_in_progress: "このIdempotency-Keyの最初のリクエストをまだ処理しています。",
    api_precondition_failed: "その後、ほかの変更が加えられました。読み込み直してから、もう一度変更してください。",
};
