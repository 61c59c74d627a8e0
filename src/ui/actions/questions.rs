//! Server functions that decide what a competition asks.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, services, succeed},
    common_questions::CommonQuestion,
    competition::known,
};
use crate::{
    domain::Error,
    model::{
        CompetitionId, DomainError, QuestionId,
        forms::{QuestionForm, QuestionPatch},
    },
    ui::{flash::FormInput, paths, text::text},
};

/// The name of the form for a question.
pub const QUESTION_FORM: &str = "question";
/// The field with the id of a question.
pub const QUESTION_FIELD: &str = "questionId";

/// Adds a question behind the others.
#[server(prefix = "/act", endpoint = "add-question")]
pub async fn add_question(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: QuestionForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let added: Result<(), Error> = async {
        let actor = actor()?;
        let competitions = &services()?.competitions;
        // What anybody else may not do is not checked for them.
        competitions.get_owned(actor, competition).await?;
        let added = competitions.add_question(actor, competition, form.parse()?);
        added.await.map(drop)
    }
    .await;
    let form_input = FormInput::of(QUESTION_FORM, &form);
    answer(competition, added, text().questions.added_flash, form_input).await;
    Ok(())
}

/// Adds one of the common questions.
#[server(prefix = "/act", endpoint = "add-common-question")]
pub async fn add_common_question(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] question: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let added: Result<(), Error> = async {
        let actor = actor()?;
        let question: CommonQuestion = id(&question)?;
        let competitions = &services()?.competitions;
        let added = competitions.add_question(actor, competition, question.input());
        added.await.map(drop)
    }
    .await;
    let form_input = FormInput::named(QUESTION_FORM);
    answer(competition, added, text().questions.added_flash, form_input).await;
    Ok(())
}

/// Changes every field of a question but its kind.
#[server(prefix = "/act", endpoint = "change-question")]
pub async fn change_question(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "questionId")]
    question_id: String,
    #[server(flatten)] form: QuestionForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let changed: Result<(), Error> = async {
        let actor = actor()?;
        let question: QuestionId = id(&question_id)?;
        let competitions = &services()?.competitions;
        let all = competitions.all_questions(actor, competition).await?;
        let former = all.iter().find(|one| one.id == question);
        let patch = form.patch(former.ok_or(DomainError::NotFound)?.kind);
        let changed = competitions.edit_question(actor, competition, question, patch);
        changed.await.map(drop)
    }
    .await;
    let page = paths::organize(competition, "questions");
    match changed {
        Ok(()) => succeed(&page, text().questions.saved_flash).await,
        Err(error) => {
            let page = paths::with_query(&page, &[("edit", &question_id)]);
            let form_input =
                FormInput::of(QUESTION_FORM, &form).with(QUESTION_FIELD, question_id.clone());
            fail(&page, form_input, error).await;
        }
    }
    Ok(())
}

/// Moves a question to another place.
#[server(prefix = "/act", endpoint = "move-question")]
pub async fn move_question(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "questionId")]
    question_id: String,
    #[server(default)] position: String,
) -> ActionResult {
    // A place that is no number is none.
    let patch = QuestionPatch {
        position: Some(position.parse().unwrap_or(0)),
        ..QuestionPatch::default()
    };
    patch_question(&competition_id, &question_id, patch, |t| t.saved_flash).await;
    Ok(())
}

/// Asks a question no longer. Without answers it is removed.
#[server(prefix = "/act", endpoint = "archive-question")]
pub async fn archive_question(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "questionId")]
    question_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let archived: Result<(), Error> = async {
        let question: QuestionId = id(&question_id)?;
        let competitions = &services()?.competitions;
        competitions
            .remove_question(actor()?, competition, question)
            .await
    }
    .await;
    let form_input = FormInput::default();
    answer(
        competition,
        archived,
        text().questions.archived_flash,
        form_input,
    )
    .await;
    Ok(())
}

/// Asks an archived question again.
#[server(prefix = "/act", endpoint = "restore-question")]
pub async fn restore_question(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "questionId")]
    question_id: String,
) -> ActionResult {
    let patch = QuestionPatch {
        archived: Some(false),
        ..QuestionPatch::default()
    };
    patch_question(&competition_id, &question_id, patch, |t| t.added_flash).await;
    Ok(())
}

/// Changes a question without a form of its own.
async fn patch_question(
    competition_id: &str,
    question_id: &str,
    patch: QuestionPatch,
    words: impl Fn(&crate::text::QuestionsText) -> &'static str,
) {
    let Some(competition) = known(competition_id).await else {
        return;
    };
    let changed: Result<(), Error> = async {
        let question: QuestionId = id(question_id)?;
        let competitions = &services()?.competitions;
        let changed = competitions.edit_question(actor()?, competition, question, patch);
        changed.await.map(drop)
    }
    .await;
    let form_input = FormInput::named(QUESTION_FORM);
    answer(competition, changed, words(&text().questions), form_input).await;
}

/// Shows the questions again, with a message.
async fn answer(
    competition: CompetitionId,
    result: Result<(), Error>,
    words: &'static str,
    form_input: FormInput,
) {
    let page = paths::organize(competition, "questions");
    match result {
        Ok(()) => succeed(&page, words).await,
        Err(error) => fail(&page, form_input, error).await,
    }
}
