//! Sentences of the page on which an organizer changes the picture of a competition.

use super::language::LANGUAGE;
use crate::text::PictureText;

pub(super) const PICTURE: PictureText = PictureText {
    language: LANGUAGE,
    title: "Bild",
    lead: "Zu sehen auf den Karten, auf der Seite und in der Vorschau von Links. Ohne Bild zeichnen wir ein Titelbild.",
    present: "Was man jetzt sieht",
    file: "Neues Bild",
    file_hint: "JPEG, PNG oder WebP, höchstens 10 MB und mindestens 600 × 315 Pixel. Der Ort, an dem ein Foto entstand, wird entfernt.",
    alt: "Was zeigt es?",
    alt_hint: "Ein Satz für alle, die es nicht sehen können, etwa: Bei Sonnenaufgang laufen Menschen über eine Brücke.",
    focus: "Sichtbar bleibt",
    focus_center: "Die Mitte",
    focus_top: "Der obere Rand",
    focus_bottom: "Der untere Rand",
    focus_left: "Der linke Rand",
    focus_right: "Der rechte Rand",
    focus_top_left: "Die Ecke oben links",
    focus_top_right: "Die Ecke oben rechts",
    focus_bottom_left: "Die Ecke unten links",
    focus_bottom_right: "Die Ecke unten rechts",
    save: "Dieses Bild verwenden",
    remove: "Bild entfernen",
    change: "Bild ändern",
    unavailable: "Hier lassen sich keine Bilder hochladen: Wer diese Seite betreibt, muss erst STORAGE_URL setzen.",
    too_large: "Ein Bild hat höchstens 10 MB. Wähle eine kleinere Datei.",
    none_chosen: "Wähle erst eine Datei.",
    too_small: "Dieses Bild ist zu klein: Mindestens 600 × 315 Pixel sind nötig.",
    too_many_pixels: "Dieses Bild hat zu viele Pixel: Höchstens 50 Millionen sind möglich, und 16.000 auf einer Seite.",
    unreadable: "Dieses Bild konnte nicht gelesen werden. Vielleicht ist es beschädigt: Speichere es neu und versuch es noch einmal.",
    alt_too_long: "Beschreibe das Bild mit höchstens 250 Zeichen.",
    unknown_type: "Diese Datei ist kein Bild im Format JPEG, PNG oder WebP. Wähle eine andere.",
};
