//! Sentences about the saved views of a competition's participants.

use super::language::LANGUAGE;
use crate::text::SavedViewsText;

pub(super) const SAVED_VIEWS: SavedViewsText = SavedViewsText {
    language: LANGUAGE,
    title: "Saved views",
    everyone: "Everyone",
    save_title: "Save this view",
    name: "Name of the view",
    save: "Save view",
    saved: "The view “{name}” is saved. Everyone who works on this competition sees it.",
    change_title: "Change “{name}”",
    rename: "Rename",
    renamed: "The view has a new name.",
    delete: "Delete view",
    deleted: "The view is deleted. Nobody’s registration has changed.",
    audience_hint: "Those whom the view shows when the announcement is sent, unless they have cancelled.",
    send_at_least: "{n, plural, one {Send to at least 1 person} other {Send to at least {n} people}}",
    schedule_at_least: "{n, plural, one {Schedule for at least 1 person} other {Schedule for at least {n} people}}",
    enter_name: "Enter a name for the view.",
    name_taken: "Another view has this name.",
    too_many: "{n, plural, one {A competition has at most 1 saved view. Delete one first.} other {A competition has at most {n} saved views. Delete one first.}}",
    unknown: "Choose a saved view of this competition.",
};
