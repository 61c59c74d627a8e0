//! Sentences about requests that fail before or outside of the domain.

use super::language::LANGUAGE;
use crate::text::RequestErrorText;

pub(super) const REQUEST_ERRORS: RequestErrorText = RequestErrorText {
    language: LANGUAGE,
    malformed_json: "Der Inhalt ist kein JSON: siehe Zeile {line}, Spalte {column}.",
    malformed_body: "Der Inhalt konnte nicht bis zum Ende gelesen werden.",
    malformed_query: "Die Parameter der Adresse sind nicht lesbar: jeder Name höchstens einmal, als UTF-8.",
    media_type: "Sende den Inhalt als application/json.",
    body_too_large: "Der Inhalt ist größer, als einer von unseren sein kann.",
    request_too_large: "Eine Anfrage hat höchstens {kibibytes} KiB.",
    proxy: "Das ist kein Proxy.",
    no_path: "Eine Anfrage nennt einen Pfad, der mit einem Schrägstrich beginnt.",
    no_single_host: "Eine Anfrage nennt genau einen Host, in einem Host-Feld.",
    bad_request_title: "Ungültige Anfrage",
    too_slow: "Der Inhalt der Anfrage kam nicht innerhalb von {seconds} s an. Es ist nichts damit geschehen.",
    timed_out: "Das hat zu lange gedauert und wurde abgebrochen. Du kannst es gefahrlos noch einmal versuchen.",
    timed_out_title: "Hat zu lange gedauert",
    cross_site: "Diese Anfrage kam nicht von unseren eigenen Seiten. Öffne die Seite hier und versuch es noch einmal.",
    cross_site_title: "Kam von einer anderen Seite",
    unreadable_form: "Das ist kein Formular dieser Seite, oder es ging unterwegs ein Stück verloren. Nichts wurde geändert.",
    unreadable_form_title: "Unlesbares Formular",
    method_not_allowed: "So lässt sich diese Adresse nicht verwenden.",
    method_unknown: "Diese Adresse kennt die Methode nicht. `Allow` nennt die, die sie kennt.",
    method_not_allowed_title: "Methode nicht erlaubt",
    too_many_requests_title: "Zu viele Anfragen",
    overloaded_title: "Gerade sind sehr viele hier",
    unavailable: "Etwas, das wir brauchen, ist gerade nicht da. Du kannst es gefahrlos noch einmal versuchen.",
    unavailable_title: "Nicht verfügbar",
    internal_error: "Bei uns ist etwas schiefgegangen. Es ist vermerkt.",
    internal_error_title: "Interner Fehler",
    back_to_front_page: "Zurück zur Startseite",
};
