//! Sentences about requests that fail before or outside of the domain.

use super::language::LANGUAGE;
use crate::text::RequestErrorText;

pub(super) const REQUEST_ERRORS: RequestErrorText = RequestErrorText {
    language: LANGUAGE,
    malformed_json: "Le corps n’est pas du JSON : voir ligne {line}, colonne {column}.",
    malformed_body: "Le corps n’a pas pu être lu jusqu’au bout.",
    malformed_query: "Les paramètres de l’adresse sont illisibles : chaque nom une fois au plus, en UTF-8.",
    media_type: "Envoyez le corps en application/json.",
    body_too_large: "Le corps est plus grand que tout ce que nous acceptons.",
    request_too_large: "Une requête fait au plus {kibibytes} Kio.",
    proxy: "Ce n’est pas un proxy.",
    no_path: "Une requête indique un chemin qui commence par une barre oblique.",
    no_single_host: "Une requête indique un seul hôte, dans un seul champ Host.",
    bad_request_title: "Requête incorrecte",
    too_slow: "Le corps de la requête n’est pas arrivé en {seconds} s. Rien n’a été fait.",
    timed_out: "L’opération a pris trop de temps et a été abandonnée. Vous pouvez réessayer sans risque.",
    timed_out_title: "Trop de temps écoulé",
    cross_site: "Cette requête ne vient pas de nos propres pages. Ouvrez la page ici et réessayez.",
    cross_site_title: "Vient d’un autre site",
    unreadable_form: "Ce formulaire n’est pas de ce site, ou il a perdu un morceau en route. Rien n’a été modifié.",
    unreadable_form_title: "Formulaire illisible",
    method_not_allowed: "Cette adresse ne s’utilise pas ainsi.",
    method_unknown: "Cette adresse ne connaît pas cette méthode. `Allow` énumère celles qu’elle connaît.",
    method_not_allowed_title: "Méthode non autorisée",
    too_many_requests_title: "Trop de requêtes",
    overloaded_title: "Il y a foule en ce moment",
    unavailable: "Un service dont nous avons besoin est absent pour un instant. Vous pouvez réessayer sans risque.",
    unavailable_title: "Indisponible",
    internal_error: "Un problème est survenu de notre côté. Nous en avons pris note.",
    internal_error_title: "Erreur interne",
    back_to_front_page: "Retour à l’accueil",
};
