//! Sentences about the second factor of an account, which visitors know as two-step log-in.

use super::language::LANGUAGE;
use crate::text::SecondFactorText;

pub(super) const SECOND_FACTOR: SecondFactorText = SecondFactorText {
    language: LANGUAGE,
    title: "Connexion en deux étapes",
    lead: "Avec elle, votre mot de passe seul ne laisse entrer personne : se connecter demande aussi un code d’une application de votre téléphone.",
    required: "Vous gérez ce site : votre mot de passe seul ne doit donc laisser entrer personne. Configurez une application sur votre téléphone, puis continuez.",
    off: "Désactivée. Avec elle, votre mot de passe seul ne laisse entrer personne.",
    on_since: "Activée depuis le",
    codes_left: "{left, plural, one {Il reste {left} code de récupération.} many {Il reste {left} de codes de récupération.} other {Il reste {left} codes de récupération.}}",
    set_up: "Configurer la connexion en deux étapes",
    change: "Désactiver ou changer",
    another_secret: "Obtenir un autre QR code",
    scan: "Scannez-le avec votre application d’authentification.",
    qr_title: "QR code pour votre application d’authentification",
    open_app: "Ouvrir l’application sur cet appareil",
    type_secret: "ou saisissez-y cette clé :",
    app_code: "Code de votre application",
    app_code_hint: "Les six chiffres qu’elle affiche en ce moment.",
    turn_on: "Activer",
    codes_title: "Conservez vos codes de récupération",
    codes_lead: "Sans votre téléphone, chacun d’eux vous connecte une fois. Gardez-les là où vous les retrouverez. Nous ne pourrons plus les afficher.",
    codes_saved: "Je les ai conservés",
    new_codes_title: "Nouveaux codes de récupération",
    new_codes_lead: "Codes perdus ou épuisés ? Créez-en de nouveaux. Les précédents cessent aussitôt de fonctionner.",
    new_codes: "Créer de nouveaux codes de récupération",
    remove_lead: "Se connecter demande un code de votre application. Nouveau téléphone ? Désactivez la connexion en deux étapes, puis configurez-la de nouveau.",
    turn_off: "Désactiver la connexion en deux étapes",
    step_title: "Saisissez votre code",
    step_lead: "Votre application d’authentification l’affiche.",
    code: "Code de votre application",
    recovery_hint: "Téléphone perdu ? Saisissez plutôt un code de récupération.",
    other_account: "Se connecter à un autre compte",
    begin_again: "Cela a pris un peu trop de temps. Connectez-vous de nouveau.",
};
