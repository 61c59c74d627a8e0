//! Sentences of the page on which an organizer imports a list of participants.

use super::language::LANGUAGE;
use crate::text::ImportText;

pub(super) const IMPORT: ImportText = ImportText {
    language: LANGUAGE,
    title: "Importer une liste",
    lead: "Ajoutez beaucoup de personnes à la fois, depuis un tableau enregistré en CSV. Vous voyez ce qui va se passer avant que rien ne se passe.",
    file: "Fichier",
    file_hint: "CSV en UTF-8, 2 000 lignes au plus. Les en-têtes « Nom » et « E-mail » disent quelle colonne est laquelle ; sans en-têtes, chaque ligne a une adresse e-mail et un nom.",
    division_hint: "Mettez la catégorie dans une colonne intitulée « {column} ».",
    people: "Ou collez les lignes",
    people_hint: "anna@example.org, Anna Ek",
    check: "Vérifier la liste",
    add_title: "{n, plural, one {Ajouter {n} personne ?} many {Ajouter {n} de personnes ?} other {Ajouter {n} personnes ?}}",
    nobody_title: "Personne à ajouter",
    problems: "{n, plural, one {{n} ligne est inutilisable :} many {{n} de lignes sont inutilisables :} other {{n} lignes sont inutilisables :}}",
    col_line: "Ligne",
    col_problem: "Problème",
    already: "{n, plural, one {{n} personne est déjà inscrite.} many {{n} de personnes sont déjà inscrites.} other {{n} personnes sont déjà inscrites.}}",
    yes: "{n, plural, one {Ajouter {n} personne} many {Ajouter {n} de personnes} other {Ajouter {n} personnes}}",
    people_to_add: "Personnes qui seront ajoutées",
    more: "{n, plural, one {Et {n} autre.} many {Et {n} d’autres.} other {Et {n} autres.}}",
    other: "Choisir une autre liste",
    done: "{n, plural, one {{n} personne a une place.} many {{n} de personnes ont une place.} other {{n} personnes ont une place.}}",
    done_waiting: "{n, plural, one {{n} personne est sur la liste d’attente.} many {{n} de personnes sont sur la liste d’attente.} other {{n} personnes sont sur la liste d’attente.}}",
    done_already: "{n, plural, one {{n} personne était déjà inscrite.} many {{n} de personnes étaient déjà inscrites.} other {{n} personnes étaient déjà inscrites.}}",
    done_refused: "{n, plural, one {{n} personne n’a pas pu être ajoutée ; sa ligne est ci-dessous.} many {{n} de personnes n’ont pas pu être ajoutées ; leurs lignes sont ci-dessous.} other {{n} personnes n’ont pas pu être ajoutées ; leurs lignes sont ci-dessous.}}",
    not_utf8: "La ligne {line} n’est pas en UTF-8. Enregistrez le fichier en « CSV UTF-8 ».",
    too_many_lines: "{n, plural, one {La liste a plus de {n} ligne. Divisez-la.} many {La liste a plus de {n} de lignes. Divisez-la.} other {La liste a plus de {n} lignes. Divisez-la.}}",
    too_large: "La liste dépasse {kib} Kio. Divisez-la ou retirez des colonnes.",
    long_line: "La ligne {line} est trop longue pour une personne. Manque-t-il des retours à la ligne ?",
    ragged: "{n, plural, one {La ligne a plus de {n} champ. Mettez entre guillemets les noms qui contiennent des virgules.} many {La ligne a plus de {n} de champs. Mettez entre guillemets les noms qui contiennent des virgules.} other {La ligne a plus de {n} champs. Mettez entre guillemets les noms qui contiennent des virgules.}}",
    cancelled: "Cette inscription est annulée.",
    repeated: "La même adresse est à la ligne {line}.",
    empty: "Aucune ligne ne contient d’adresse e-mail.",
    paste_again: "La liste n’est pas arrivée en entier. Collez-la de nouveau, en plusieurs parties.",
};
