//! Sentences about the second factor of an account, which visitors know as two-step log-in.

use super::language::LANGUAGE;
use crate::text::SecondFactorText;

pub(super) const SECOND_FACTOR: SecondFactorText = SecondFactorText {
    language: LANGUAGE,
    title: "Einloggen in zwei Schritten",
    lead: "Damit kommt mit deinem Passwort allein niemand hinein: Zum Einloggen braucht es auch einen Code aus einer App auf deinem Handy.",
    required: "Du betreibst diese Seite, also darf mit deinem Passwort allein niemand hineinkommen. Richte eine App auf deinem Handy ein und mach weiter.",
    off: "Aus. Damit kommt mit deinem Passwort allein niemand hinein.",
    on_since: "An seit",
    codes_left: "{left, plural, one {Noch 1 Wiederherstellungscode.} other {Noch {left} Wiederherstellungscodes.}}",
    set_up: "Einloggen in zwei Schritten einrichten",
    change: "Ausschalten oder ändern",
    another_secret: "Anderen QR-Code holen",
    scan: "Scanne das mit deiner Authenticator-App.",
    qr_title: "QR-Code für deine Authenticator-App",
    open_app: "App auf diesem Gerät öffnen",
    type_secret: "oder tippe diesen Schlüssel ein:",
    app_code: "Code aus deiner App",
    app_code_hint: "Die sechs Ziffern, die sie gerade zeigt.",
    turn_on: "Einschalten",
    codes_title: "Sichere deine Wiederherstellungscodes",
    codes_lead: "Ohne Handy loggt dich jeder davon einmal ein. Bewahre sie dort auf, wo du sie findest. Wir können sie nicht noch einmal zeigen.",
    codes_saved: "Ich habe sie gesichert",
    new_codes_title: "Neue Wiederherstellungscodes",
    new_codes_lead: "Codes verloren oder verbraucht? Erstelle neue. Die bisherigen gelten dann sofort nicht mehr.",
    new_codes: "Neue Wiederherstellungscodes erstellen",
    remove_lead: "Zum Einloggen braucht es einen Code aus deiner App. Neues Handy? Schalte es aus und richte es neu ein.",
    turn_off: "Einloggen in zwei Schritten ausschalten",
    step_title: "Gib deinen Code ein",
    step_lead: "Deine Authenticator-App zeigt ihn.",
    code: "Code aus deiner App",
    recovery_hint: "Handy verloren? Gib stattdessen einen Wiederherstellungscode ein.",
    other_account: "In ein anderes Konto einloggen",
    begin_again: "Das hat etwas lange gedauert. Logge dich noch einmal ein.",
};
