//! Sentences that explain domain errors to people.

use super::language::LANGUAGE;
use crate::text::DomainErrorText;

pub(super) const DOMAIN_ERRORS: DomainErrorText = DomainErrorText {
    language: LANGUAGE,
    unauthenticated: "Bitte logge dich zuerst ein.",
    invalid_credentials: "E-Mail-Adresse oder Passwort ist falsch.",
    second_factor_required: "Gib auch den Code deiner Authenticator-App ein.",
    invalid_second_factor: "Dieser Code ist falsch oder wurde schon benutzt. Warte auf den nächsten.",
    second_factor_active: "Das Einloggen in zwei Schritten ist schon an. Schalte es zuerst aus, um eine andere App einzurichten.",
    recent_login_required: "Gib dein Passwort ein, um weiterzumachen.",
    token_invalid: "Dieser Link gilt nicht mehr: Er wurde benutzt oder ist zu alt. Fordere einen neuen an.",
    email_not_verified: "Bestätige zuerst deine E-Mail-Adresse: Öffne den Link in der Mail, die wir dir geschickt haben.",
    account_disabled: "Dieses Konto ist gesperrt. Wende dich an die Betreiber dieser Seite.",
    organizes_competitions: "Du veranstaltest Wettbewerbe, die noch nicht vorbei sind. Sage sie zuerst ab.",
    forbidden: "Das darfst du nicht.",
    not_found: "Das gibt es nicht mehr.",
    invalid: "Sieh dir einige Felder noch einmal an.",
    email_taken: "Es gibt schon ein Konto mit dieser E-Mail-Adresse.",
    stale_form: "Dieses Formular war veraltet. Drück den Knopf noch einmal.",
    request_in_progress: "Dein erster Klick wird noch bearbeitet. Sieh gleich noch einmal nach.",
    competition_full: "Alle Plätze sind vergeben: Der letzte ging kurz vor dir weg.",
    already_registered: "Du bist schon angemeldet.",
    registration_closed: "Die Anmeldung ist geschlossen.",
    not_open_yet: "Noch nicht offen: Die Anmeldung öffnet am {when}.",
    capacity_below_registrations: "Es sind mehr Plätze vergeben. Wähle mindestens so viele, wie vergeben sind.",
    precondition_failed: "Jemand anderes hat gespeichert, während du getippt hast. Felder, die du nicht geändert hast, zeigen jetzt deren Stand. Wo ihr beide geändert habt, steht dein Text im Feld und der andere daneben. Speichere noch einmal, damit es so bleibt.",
    too_many_requests: "Das war etwas schnell. Versuch es in {seconds} s noch einmal.",
    unsupported_picture: "Diese Datei ist kein Bild im Format JPEG, PNG oder WebP. Wähle eine andere.",
    pictures_unavailable: "Bilder sind gerade nicht verfügbar. Nichts wurde geändert: Versuch es später noch einmal.",
    overloaded: "Gerade sind sehr viele hier. Es ist nichts passiert; du kannst es gefahrlos noch einmal versuchen.",
    api_recent_login_required: "Logge dich dafür noch einmal ein: Dein Login ist mehr als 15 Minuten her.",
    api_idempotency_key_required: "Ein gültiger Idempotency-Key ist nötig: 1 bis 255 sichtbare ASCII-Zeichen.",
    api_idempotency_key_reused: "Dieser Idempotency-Key wurde für eine andere Anfrage benutzt.",
    api_request_in_progress: "Die erste Anfrage mit diesem Idempotency-Key wird noch bearbeitet.",
    api_precondition_failed: "Es wurde inzwischen geändert. Lade es neu und wiederhole deine Änderung.",
};
