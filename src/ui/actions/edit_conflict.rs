//! Edit conflicts: two people change a competition at the same time. The form comes back with both edits in it,
//! so that neither is lost and saving again reverts nothing unseen.
//!
//! A form says what it showed, as a hash of each value ([`shown`]). A field that its visitor did not change takes
//! what is saved now; a field that both changed keeps what was typed, with what is saved beside it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    action_response::{actor, fail, leave, services, succeed},
    competition_fields::{FIELDS, field_words},
};
use crate::{
    domain::Error,
    model::{
        CompetitionId, CompetitionView, DomainError,
        forms::{CompetitionForm, CompetitionInput, FieldErrors, FieldProblem},
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::{domain_error, text},
    },
};

/// The name under which the input of a competition's form is kept after an error.
pub const COMPETITION_FORM: &str = "competition";
/// The name of the hidden field that says what a form showed.
pub const SHOWN: &str = "shown";

/// The name of the value that lists the fields which somebody else has changed meanwhile, for the page that shows them.
pub const CHANGED_BY_OTHERS: &str = "changedByOthers";

/// Returns the text of the hidden field [`SHOWN`] of a form that shows these values.
#[must_use]
pub fn shown(form: &CompetitionForm) -> String {
    let values = FormInput::of(COMPETITION_FORM, form).values;
    let hashes: Vec<_> = values
        .iter()
        .map(|(field, value)| format!("{field}:{}", short_hash(value)))
        .collect();
    hashes.join(" ")
}

/// Returns a hash of a value. It is short: a collision only means that the value of somebody else is kept.
fn short_hash(value: &str) -> String {
    // Browsers submit other line breaks than they were given.
    let value = value.replace("\r\n", "\n");
    hex::encode(&Sha256::digest(value)[..4])
}

/// Redirects to the form after an edit conflict, filled in with both edits. `before` is what the form showed.
pub(super) async fn collide(competition: CompetitionId, form: &CompetitionForm, before: &str) {
    let back = paths::organize(competition, "edit");
    let saved: Result<CompetitionView, Error> = async {
        services()?
            .competitions
            .get_owned(actor()?, competition)
            .await
    }
    .await;
    let saved = match saved {
        Ok(saved) => saved,
        Err(error) => {
            let form_input = FormInput::of(COMPETITION_FORM, form);
            return fail(&back, form_input, error).await;
        }
    };
    let stored = CompetitionForm::from(&CompetitionInput::from(&saved));
    let (form_input, changed) = merged(form, before, &stored);
    if form_input.values == FormInput::of(COMPETITION_FORM, &stored).values {
        // The same values are saved already, for example by the same form.
        let page = paths::organize(competition, "");
        return succeed(&page, text().flash.saved).await;
    }
    let form_input = form_input
        .with("version", saved.version.to_string())
        .with(SHOWN, shown(&stored))
        .with(CHANGED_BY_OTHERS, changed.join(" "));
    let words = domain_error(&DomainError::PreconditionFailed);
    leave(&back, &Flash::say(Tone::Bad, words).with(form_input)).await;
}

/// Returns the values of both edits, and the fields in which the saved edit differs from what was shown or typed. Where
/// both have changed a field, the saved value is an error of the field.
fn merged(
    form: &CompetitionForm,
    before: &str,
    stored: &CompetitionForm,
) -> (FormInput, Vec<&'static str>) {
    let typed = match form.parse() {
        Ok(input) => CompetitionForm::from(&input),
        Err(_) => form.clone(),
    };
    let before: BTreeMap<_, _> = before
        .split(' ')
        .filter_map(|pair| pair.split_once(':'))
        .collect();
    let zone = &stored.time_zone;
    let stored = FormInput::of(COMPETITION_FORM, stored).values;
    let mut form_input = FormInput::of(COMPETITION_FORM, &typed);
    let mut differences = FieldErrors::default();
    let mut changed = Vec::new();
    for field in FIELDS {
        let (Some(theirs), Some(typed)) = (stored.get(field), form_input.values.get_mut(field))
        else {
            continue;
        };
        let is_as_before = |value: &str| before.get(field) == Some(&&*short_hash(value));
        if typed == theirs || is_as_before(theirs) {
            continue;
        }
        changed.push(field);
        if is_as_before(typed) {
            typed.clone_from(theirs);
        } else {
            let words = field_words(field, theirs, zone);
            differences.add(field, FieldProblem::SavedMeanwhile(words));
        }
    }
    (form_input.with_errors(differences), changed)
}
