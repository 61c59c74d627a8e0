//! Sentences of the charts of a competition.

use super::language::LANGUAGE;
use crate::text::StatisticsText;

pub(super) const STATISTICS: StatisticsText = StatisticsText {
    language: LANGUAGE,
    chart_title: "Vergebene Plätze und Kapazität",
    chart_now: "{taken} von {capacity} Plätzen sind vergeben, {waiting} warten.",
    chart_most: "Die meisten Anmeldungen, {n}, kamen um {when}.",
    chart_cancelled: "{n, plural, one {1 Anmeldung wurde storniert.} other {{n} Anmeldungen wurden storniert.}}",
    as_table: "Als Tabelle zeigen",
    col_time: "Zeit",
    col_registered: "Anmeldungen",
    col_cancelled: "Abmeldungen",
    col_taken: "Vergebene Plätze",
    col_waiting: "Warten",
    capacity: "Kapazität",
    section: "Im Verlauf",
    none: "Noch keine Anmeldungen. Das Diagramm beginnt mit der ersten.",
    referrers: "Woher Besucher kommen",
    languages: "Sprachen der Besucher",
    direct: "Direkt",
    others: "Andere",
    attendance: "Wer gekommen ist",
    bars_of: "{title}: {values}.",
    col_name: "Name",
    col_number: "Anzahl",
};
