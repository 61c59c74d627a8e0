//! Sentences about the second factor of an account, which visitors know as two-step log-in.

use super::language::LANGUAGE;
use crate::text::SecondFactorText;

pub(super) const SECOND_FACTOR: SecondFactorText = SecondFactorText {
    language: LANGUAGE,
    title: "Two-step log-in",
    lead: "With it, your password alone lets nobody in: logging in also takes a code of an app on your phone.",
    required: "You run this site, so your password alone must let nobody in. Set up an app on your phone, and go on.",
    off: "Off. With it, your password alone lets nobody in.",
    on_since: "On since",
    codes_left: "{left, plural, one {1 recovery code left.} other {{left} recovery codes left.}}",
    set_up: "Set up two-step log-in",
    change: "Turn off or change",
    another_secret: "Get another QR code",
    scan: "Scan this with your authenticator app.",
    qr_title: "QR code for your authenticator app",
    open_app: "Open the app on this device",
    type_secret: "or type this key into it:",
    app_code: "Code from your app",
    app_code_hint: "The six digits that it shows now.",
    turn_on: "Turn on",
    codes_title: "Save your recovery codes",
    codes_lead: "Without your phone, each of these logs you in once. Keep them where you find them. We can’t show them again.",
    codes_saved: "I’ve saved them",
    new_codes_title: "New recovery codes",
    new_codes_lead: "Lost or used up your codes? Make new ones. Those from before stop working at once.",
    new_codes: "Make new recovery codes",
    remove_lead: "Logging in takes a code of your app. Got a new phone? Turn it off, and set it up again.",
    turn_off: "Turn off two-step log-in",
    step_title: "Enter your code",
    step_lead: "Your authenticator app shows it.",
    code: "Code from your app",
    recovery_hint: "Lost your phone? Enter a recovery code instead.",
    other_account: "Log in to another account",
    begin_again: "That took a little long. Log in once more.",
};
