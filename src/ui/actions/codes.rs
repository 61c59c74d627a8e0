//! Server functions that hand out codes, and decide who may register.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, parse_key, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{
        CodeId, CompetitionId,
        forms::{CodeForm, EligibilityForm},
    },
    ui::{flash::FormInput, paths, text::text},
};

/// The name of the form for a code.
pub const CODE_FORM: &str = "code";
/// The name of the form for many codes.
pub const CODES_FORM: &str = "codes";
/// The name of the form that says who may register.
pub const ELIGIBILITY_FORM: &str = "eligibility";
/// The field with the id of the code that is changed.
pub const CODE_FIELD: &str = "codeId";

/// Adds a code to a competition.
#[server(prefix = "/act", endpoint = "add-code")]
pub async fn add_code(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: CodeForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let added: Result<(), Error> = async {
        let actor = actor()?;
        let input = form.parse(&zone(competition).await?)?;
        let competitions = &services()?.competitions;
        let added = competitions.add_code(actor, competition, input);
        added.await.map(drop)
    }
    .await;
    let form_input = FormInput::of(CODE_FORM, &form);
    answer(competition, added, text().codes.added_flash, form_input).await;
    Ok(())
}

/// Generates codes, all or none. A second press with the same `idempotencyKey` changes nothing.
#[server(prefix = "/act", endpoint = "generate-codes")]
pub async fn generate_codes(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
    #[server(flatten)] form: CodeForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let generated: Result<(), Error> = async {
        let actor = actor()?;
        let input = form.parse_batch(&zone(competition).await?)?;
        let key = parse_key(&idempotency_key)?;
        let competitions = &services()?.competitions;
        let generated = competitions.generate_codes(actor, competition, Some(&key), input);
        generated.await.map(drop)
    }
    .await;
    let words = text().codes.generated_flash;
    let page = paths::organize(competition, "codes");
    match generated {
        Ok(()) => succeed(&page, words).await,
        Err(error) => {
            let page = paths::with_query(&page, &[("generate", "on")]);
            fail(&page, FormInput::of(CODES_FORM, &form), error).await;
        }
    }
    Ok(())
}

/// Changes every field of a code that can change.
#[server(prefix = "/act", endpoint = "change-code")]
pub async fn change_code(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "codeId")]
    code_id: String,
    #[server(flatten)] form: CodeForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let changed: Result<(), Error> = async {
        let actor = actor()?;
        let code: CodeId = id(&code_id)?;
        let patch = form.patch(&zone(competition).await?)?;
        let competitions = &services()?.competitions;
        let changed = competitions.edit_code(actor, competition, code, patch);
        changed.await.map(drop)
    }
    .await;
    let page = paths::organize(competition, "codes");
    match changed {
        Ok(()) => succeed(&page, text().codes.saved_flash).await,
        Err(error) => {
            let page = paths::with_query(&page, &[("edit", &code_id)]);
            let form_input = FormInput::of(CODE_FORM, &form).with(CODE_FIELD, code_id.clone());
            fail(&page, form_input, error).await;
        }
    }
    Ok(())
}

/// Deletes a code of a competition.
#[server(prefix = "/act", endpoint = "remove-code")]
pub async fn remove_code(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "codeId")]
    code_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let removed: Result<(), Error> = async {
        let code: CodeId = id(&code_id)?;
        let competitions = &services()?.competitions;
        competitions.remove_code(actor()?, competition, code).await
    }
    .await;
    let form_input = FormInput::default();
    answer(competition, removed, text().codes.removed_flash, form_input).await;
    Ok(())
}

/// Changes who may register.
#[server(prefix = "/act", endpoint = "change-eligibility")]
pub async fn change_eligibility(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: EligibilityForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let changed: Result<(), Error> = async {
        let actor = actor()?;
        let competitions = &services()?.competitions;
        // What anybody else may not do is not checked for them.
        competitions.get_owned(actor, competition).await?;
        let changed = competitions.edit(actor, competition, form.parse()?, None);
        changed.await.map(drop)
    }
    .await;
    let form_input = FormInput::of(ELIGIBILITY_FORM, &form);
    answer(competition, changed, text().codes.who_flash, form_input).await;
    Ok(())
}

/// Returns the time zone of a competition that the account may edit.
async fn zone(competition: CompetitionId) -> Result<String, Error> {
    let competitions = &services()?.competitions;
    let owned = competitions.get_owned(actor()?, competition).await?;
    Ok(owned.time_zone)
}

/// Shows the codes again, with a message.
async fn answer(
    competition: CompetitionId,
    result: Result<(), Error>,
    words: &'static str,
    form_input: FormInput,
) {
    let page = paths::organize(competition, "codes");
    match result {
        Ok(()) => succeed(&page, words).await,
        Err(error) => fail(&page, form_input, error).await,
    }
}
