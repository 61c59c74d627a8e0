//! Sentences that explain domain errors to people.

use super::language::LANGUAGE;
use crate::text::DomainErrorText;

pub(super) const DOMAIN_ERRORS: DomainErrorText = DomainErrorText {
    language: LANGUAGE,
    unauthenticated: "Connectez-vous d’abord.",
    invalid_credentials: "Adresse e-mail ou mot de passe incorrect.",
    second_factor_required: "Saisissez aussi le code de votre application d’authentification.",
    invalid_second_factor: "Ce code est incorrect, ou il a déjà servi. Attendez le suivant.",
    second_factor_active: "La connexion en deux étapes est déjà activée. Désactivez-la d’abord pour configurer une autre application.",
    recent_login_required: "Saisissez votre mot de passe pour continuer.",
    token_invalid: "Ce lien n’est plus valable : il a déjà servi, ou il est trop ancien. Demandez-en un nouveau.",
    email_not_verified: "Confirmez d’abord votre adresse e-mail : ouvrez le lien que nous vous avons envoyé par e-mail.",
    account_disabled: "Ce compte est désactivé. Adressez-vous aux personnes qui gèrent ce site.",
    organizes_competitions: "Vous organisez des compétitions qui ne sont pas terminées. Annulez-les d’abord.",
    forbidden: "Vous n’avez pas le droit de faire cela.",
    not_found: "Cela n’existe plus.",
    invalid: "Certains champs sont à revoir.",
    email_taken: "Un compte existe déjà avec cette adresse e-mail.",
    stale_form: "Ce formulaire n’était plus à jour. Appuyez encore une fois sur le bouton.",
    request_in_progress: "Votre premier clic est encore en cours de traitement. Revenez voir dans un instant.",
    competition_full: "Toutes les places sont prises : la dernière est partie juste avant vous.",
    already_registered: "Votre inscription est déjà enregistrée.",
    registration_closed: "Les inscriptions sont closes.",
    not_open_yet: "Pas encore ouvert : les inscriptions ouvrent le {when}.",
    capacity_below_registrations: "Davantage de places sont déjà prises. Choisissez au moins le nombre de places prises.",
    precondition_failed: "Quelqu’un d’autre a enregistré des modifications pendant votre saisie. Les champs que vous n’avez pas touchés affichent maintenant les siennes. Là où vous avez tous deux modifié un champ, il contient votre saisie, et la sienne figure à côté. Enregistrez de nouveau pour garder ce résultat.",
    too_many_requests: "C’était un peu rapide. Réessayez dans {seconds} s.",
    unsupported_picture: "Ce fichier n’est pas une image JPEG, PNG ou WebP. Choisissez-en un autre.",
    pictures_unavailable: "Les images sont indisponibles pour le moment. Rien n’a été modifié : réessayez plus tard.",
    overloaded: "Il y a foule en ce moment. Rien n’a encore été fait : vous pouvez réessayer sans risque.",
    api_recent_login_required: "Reconnectez-vous pour faire cela : votre connexion date de plus de 15 minutes.",
    api_idempotency_key_required: "Une Idempotency-Key valide est requise : de 1 à 255 caractères ASCII visibles.",
    api_idempotency_key_reused: "Cette Idempotency-Key a servi à une autre requête.",
    api_request_in_progress: "La première requête avec cette Idempotency-Key est encore en cours de traitement.",
    api_precondition_failed: "La ressource a changé entre-temps. Rechargez-la et refaites votre modification.",
};
