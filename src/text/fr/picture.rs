//! Sentences of the page on which an organizer changes the picture of a competition.

use super::language::LANGUAGE;
use crate::text::PictureText;

pub(super) const PICTURE: PictureText = PictureText {
    language: LANGUAGE,
    title: "Image",
    lead: "Visible sur les cartes, sur la page et dans l’aperçu des liens. Sans image, nous dessinons une couverture.",
    present: "Ce que l’on voit maintenant",
    file: "Nouvelle image",
    file_hint: "JPEG, PNG ou WebP, 10 Mo au plus et 600 × 315 pixels au moins. Le lieu où une photo a été prise est retiré.",
    alt: "Que montre-t-elle ?",
    alt_hint: "Une phrase pour qui ne peut pas la voir, par exemple : Des coureurs traversent un pont au lever du soleil.",
    focus: "À garder visible",
    focus_center: "Le centre",
    focus_top: "Le haut",
    focus_bottom: "Le bas",
    focus_left: "La gauche",
    focus_right: "La droite",
    focus_top_left: "Le coin en haut à gauche",
    focus_top_right: "Le coin en haut à droite",
    focus_bottom_left: "Le coin en bas à gauche",
    focus_bottom_right: "Le coin en bas à droite",
    save: "Utiliser cette image",
    remove: "Retirer l’image",
    change: "Changer l’image",
    unavailable: "On ne peut pas envoyer d’images ici : les responsables de ce site doivent d’abord définir STORAGE_URL.",
    too_large: "Une image fait 10 Mo au plus. Choisissez un fichier plus petit.",
    none_chosen: "Choisissez d’abord un fichier.",
    too_small: "Cette image est trop petite : il faut au moins 600 × 315 pixels.",
    too_many_pixels: "Cette image a trop de pixels : 50 millions au plus, et 16 000 par côté.",
    unreadable: "Cette image n’a pas pu être lue. Elle est peut-être endommagée : enregistrez-la de nouveau et réessayez.",
    alt_too_long: "Décrivez l’image en 250 caractères au plus.",
    unknown_type: "Ce fichier n’est pas une image JPEG, PNG ou WebP. Choisissez-en un autre.",
};
