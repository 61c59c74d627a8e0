//! Sentences about the second factor of an account, which visitors know as two-step log-in.

use super::language::LANGUAGE;
use crate::text::SecondFactorText;

pub(super) const SECOND_FACTOR: SecondFactorText = SecondFactorText {
    language: LANGUAGE,
    title: "2段階認証",
    lead: "オンにすると、パスワードだけでは誰もログインできません。スマートフォンのアプリに表示されるコードも必要になります。",
    required: "あなたはサイトの運営者です。パスワードだけでログインできないように、スマートフォンのアプリを設定してから続けてください。",
    off: "オフです。オンにすると、パスワードだけでは誰もログインできません。",
    on_since: "オンにした日:",
    codes_left: "{left, plural, =0 {残りのリカバリーコードはありません。} other {残りのリカバリーコードは{left}個です。}}",
    set_up: "2段階認証を設定",
    change: "オフにする・変更する",
    another_secret: "別のQRコードを表示",
    scan: "認証アプリで読み取ってください。",
    qr_title: "認証アプリ用のQRコード",
    open_app: "このデバイスのアプリを開く",
    type_secret: "または、次のキーをアプリに入力してください:",
    app_code: "アプリのコード",
    app_code_hint: "今アプリに表示されている6桁の数字です。",
    turn_on: "オンにする",
    codes_title: "リカバリーコードを保存",
    codes_lead: "スマートフォンがないときに、コード1個につき1回ログインできます。すぐに見つけられる場所に保管してください。もう一度表示することはできません。",
    codes_saved: "保存しました",
    new_codes_title: "新しいリカバリーコード",
    new_codes_lead: "コードをなくしたり使い切ったりしたときは、新しく作成できます。以前のコードはすぐに使えなくなります。",
    new_codes: "新しいリカバリーコードを作成",
    remove_lead: "ログインにはアプリのコードが必要です。スマートフォンを替えたときは、いったんオフにしてから設定し直してください。",
    turn_off: "2段階認証をオフにする",
    step_title: "コードを入力",
    step_lead: "認証アプリに表示されています。",
    code: "アプリのコード",
    recovery_hint: "スマートフォンをなくしたときは、代わりにリカバリーコードを入力してください。",
    other_account: "別のアカウントでログイン",
    begin_again: "少し時間がかかりすぎました。もう一度ログインしてください。",
};
