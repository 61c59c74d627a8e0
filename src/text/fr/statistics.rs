//! Sentences of the charts of a competition.

use super::language::LANGUAGE;
use crate::text::StatisticsText;

pub(super) const STATISTICS: StatisticsText = StatisticsText {
    language: LANGUAGE,
    chart_title: "Places prises et capacité",
    chart_now: "{taken} places prises sur {capacity}, {waiting} en attente.",
    chart_most: "Le maximum d’inscriptions, {n}, est arrivé à {when}.",
    chart_cancelled: "{n, plural, one {{n} inscription a été annulée.} many {{n} d’inscriptions ont été annulées.} other {{n} inscriptions ont été annulées.}}",
    as_table: "Afficher sous forme de tableau",
    col_time: "Heure",
    col_registered: "Inscriptions",
    col_cancelled: "Annulations",
    col_taken: "Places prises",
    col_waiting: "En attente",
    capacity: "Capacité",
    section: "Évolution",
    none: "Pas encore d’inscriptions. Le graphique commence avec la première.",
    referrers: "D’où viennent les visites",
    languages: "Langues des visites",
    direct: "Direct",
    others: "Autres",
    attendance: "Qui est venu",
    bars_of: "{title} : {values}.",
    col_name: "Nom",
    col_number: "Nombre",
};
