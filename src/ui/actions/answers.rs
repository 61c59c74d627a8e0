//! The server function that changes the answers of a registration, and how forms send answers.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::action_response::{ActionResult, actor, fail, id, services, succeed};
use crate::{
    domain::Error,
    model::{
        CompetitionId, DomainError, RegistrationId,
        forms::{GivenAnswers, answer_field, answers_of_form, question_of_field},
    },
    ui::{flash::FormInput, paths, text::text},
};

/// The name of the form for the answers of a registration.
pub const ANSWERS_FORM: &str = "answers";

/// Answers as they were typed into a form: texts, and lists of chosen options, by the ids of their questions.
#[derive(Debug, Clone, Default)]
pub(super) struct TypedAnswers {
    pub texts: BTreeMap<String, String>,
    pub chosen: BTreeMap<String, Vec<String>>,
}

impl TypedAnswers {
    /// Takes answers from the fields of a form, whose names have a letter before the id of the question.
    pub(super) fn of(
        answers: BTreeMap<String, String>,
        chosen: BTreeMap<String, Vec<String>>,
    ) -> Self {
        Self {
            texts: answers.into_iter().map(|(q, a)| (id_in(q), a)).collect(),
            chosen: chosen.into_iter().map(|(q, a)| (id_in(q), a)).collect(),
        }
    }

    /// Takes answers from the input of a form that [`kept_in`](Self::kept_in) has filled. Which of the two a question
    /// has depends on its kind.
    pub(super) fn from_kept(form_input: &FormInput) -> Self {
        let mut typed = Self::default();
        for (field, value) in &form_input.values {
            let Some(question) = question_of_field(field) else {
                continue;
            };
            let options = value.lines().map(str::to_owned).collect();
            typed.texts.insert(question.to_owned(), value.clone());
            typed.chosen.insert(question.to_owned(), options);
        }
        typed
    }

    /// Returns whether nothing was typed.
    pub(super) fn is_empty(&self) -> bool {
        self.texts.values().all(|text| text.trim().is_empty()) && self.chosen.is_empty()
    }

    /// Returns the answers to the questions of a competition, by the kinds of which they are read.
    pub(super) async fn given(&self, competition: CompetitionId) -> Result<GivenAnswers, Error> {
        // Most competitions ask nothing.
        if self.texts.is_empty() && self.chosen.is_empty() {
            return Ok(GivenAnswers::new());
        }
        let services = services()?;
        let view = services.catalog.competition(competition, None).await?;
        let questions = services.questions.of(&view).await?;
        Ok(answers_of_form(&questions.asked, &self.texts, &self.chosen))
    }

    /// Adds what was typed to the input of a form, by the names of the fields in errors.
    pub(super) fn kept_in(&self, mut form_input: FormInput) -> FormInput {
        for (question, text) in &self.texts {
            form_input
                .values
                .insert(answer_field(question), text.clone());
        }
        for (question, options) in &self.chosen {
            let lines = options.join("\n");
            form_input.values.insert(answer_field(question), lines);
        }
        form_input
    }
}

/// Returns the id in the name of a field. What is no such name is the id of no question.
fn id_in(name: String) -> String {
    match name.strip_prefix('q') {
        Some(id) => id.to_owned(),
        None => name,
    }
}

/// Changes the answers of a registration of the account. `shown` are the questions that the form has: others keep their
/// answers.
#[server(prefix = "/act", endpoint = "change-answers")]
pub async fn change_answers(
    #[server(default)]
    #[server(rename = "registrationId")]
    registration_id: String,
    #[server(default)] answers: BTreeMap<String, String>,
    #[server(default)] chosen: BTreeMap<String, Vec<String>>,
    #[server(default)] shown: Vec<String>,
) -> ActionResult {
    let typed = TypedAnswers::of(answers, chosen);
    let changed: Result<(), Error> = async {
        let actor = actor()?;
        let registration: RegistrationId = id(&registration_id)?;
        let services = services()?;
        let registrations = &services.registrations;
        let own = registrations.get(actor, registration).await?;
        let questions = services.questions.of(&own.competition).await?;
        let mut asked = questions.asked.clone();
        asked.retain(|question| shown.contains(&question.id.to_string()));
        let given = answers_of_form(&asked, &typed.texts, &typed.chosen);
        registrations
            .change_answers(actor, registration, &given)
            .await
    }
    .await;
    let Ok(registration) = registration_id.parse() else {
        let form_input = FormInput::default();
        fail(
            paths::MY_REGISTRATIONS,
            form_input,
            DomainError::NotFound.into(),
        )
        .await;
        return Ok(());
    };
    match changed {
        Ok(()) => succeed(&paths::ticket(registration), text().questions.answers_flash).await,
        Err(error) => {
            let form_input = typed.kept_in(FormInput::named(ANSWERS_FORM));
            fail(&paths::answers(registration), form_input, error).await;
        }
    }
    Ok(())
}
