//! Server functions that record and publish results.

use bytes::Bytes;
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

use super::{
    action_response::{
        ActionResult, UnreadableForm, actor, fail, id, leave, parse_key, services, succeed,
        unreadable,
    },
    competition::known,
    multipart,
};
use crate::{
    domain::Error,
    model::{
        CompetitionId, StageId,
        forms::{
            FieldErrors, PERFORMANCES_MAX, PerformanceForm, PublicationInput, ResultProblem,
            utf8_lines,
        },
    },
    ui::{
        flash::{Flash, FormInput},
        paths,
        text::{number, text},
    },
};

/// The name of the form for one result.
pub const RESULT_FORM: &str = "result";
/// The name under which a list of results is kept between reading and recording it.
pub const RESULT_LIST_FORM: &str = "result-list";
/// The field that says that a list was read and can be shown.
pub const RESULT_LIST_READ: &str = "read";
/// The longest list, in bytes. It fits into what a session keeps for the next page.
const LIST_BYTES: usize = 96 << 10;
/// The longest text of another field, in bytes.
const TEXT_BYTES: usize = 1 << 10;

/// Records one result, which may correct another one.
#[server(prefix = "/act", endpoint = "record-result")]
pub async fn record_result(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "stageId")]
    stage_id: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
    #[server(flatten)] form: PerformanceForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let recorded: Result<(), Error> = async {
        let actor = actor()?;
        let key = parse_key(&idempotency_key)?;
        let results = &services()?.results;
        let stage = results.stage(actor, id(&stage_id)?).await?;
        let input = form.parse(stage.metric, stage.decimals)?;
        let recorded = results.record_one(actor, stage.id, Some(&key), input);
        recorded.await.map(drop)
    }
    .await;
    let page = stage_page(competition, &stage_id);
    match recorded {
        Ok(()) => succeed(&page, text().results.recorded_flash(&number(1))).await,
        Err(error) => {
            let page = match form.supersedes.is_empty() {
                true => page,
                false => paths::with_query(
                    &paths::organize(competition, "results"),
                    &[("stage", &stage_id), ("correct", &form.supersedes)],
                ),
            };
            // What names a participant is no secret here, unlike codes elsewhere.
            let form_input = FormInput::of(RESULT_FORM, &form).with("code", &form.code);
            fail(&page, form_input, error).await;
        }
    }
    Ok(())
}

/// The fields of the form with a list, as they were submitted.
#[derive(Debug, Default)]
struct ListFields {
    competition_id: String,
    stage_id: String,
    /// The lines that were pasted.
    results: Bytes,
    /// The content of the file that was chosen.
    file: Bytes,
    /// Whether a field was longer than it may be.
    is_too_long: bool,
}

/// Reads a list of results and shows what it would do.
#[server(prefix = "/act", endpoint = "read-results", input = MultipartFormData)]
pub async fn read_results(form: MultipartData) -> ActionResult {
    let fields = receive(form).await?;
    let Some(competition) = known(&fields.competition_id).await else {
        return Ok(());
    };
    let page = stage_page(competition, &fields.stage_id);
    let list = match fields.file.is_empty() {
        true => fields.results,
        false => fields.file,
    };
    let typed = FormInput::named(RESULT_LIST_FORM);
    let typed = match std::str::from_utf8(&list) {
        Ok(text) if !fields.is_too_long => typed.with("results", text),
        _ => typed,
    };
    let read: Result<String, Error> = async {
        let results = &services()?.results;
        let list = decode(&list, fields.is_too_long)?;
        let stage: StageId = id(&fields.stage_id)?;
        results.preview_list(actor()?, stage, &list).await?;
        Ok(list)
    }
    .await;
    match read {
        Ok(list) => {
            let shown = FormInput::named(RESULT_LIST_FORM)
                .with("results", list)
                .with(RESULT_LIST_READ, "on");
            leave(&page, &Flash::default().with(shown)).await;
        }
        Err(error) => fail(&page, typed, error).await,
    }
    Ok(())
}

async fn receive(form: MultipartData) -> Result<ListFields, UnreadableForm> {
    let mut form = form.into_inner().ok_or_else(unreadable)?;
    let mut fields = ListFields::default();
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.name().unwrap_or_default().to_owned();
        let most = match &*name {
            "results" | "file" => LIST_BYTES,
            _ => TEXT_BYTES,
        };
        let Some(content) = multipart::read(field, most).await else {
            fields.is_too_long = true;
            break;
        };
        let text = |content: Bytes| String::from_utf8(content.into()).map_err(|_| unreadable());
        match &*name {
            "competitionId" => fields.competition_id = text(content)?,
            "stageId" => fields.stage_id = text(content)?,
            "results" => fields.results = content,
            "file" => fields.file = content,
            _ => {}
        }
    }
    Ok(fields)
}

/// Returns the text of a list.
fn decode(list: &Bytes, is_too_long: bool) -> Result<String, FieldErrors> {
    if is_too_long {
        let problem = ResultProblem::TooManyResults(PERFORMANCES_MAX as u64);
        return Err(FieldErrors::one("results", problem));
    }
    match utf8_lines(list) {
        Ok(list) => Ok(list.to_owned()),
        Err(problem) => Err(FieldErrors::one("results", problem)),
    }
}

/// Records the results of a list, if no line is wrong.
#[server(prefix = "/act", endpoint = "record-results")]
pub async fn record_results(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "stageId")]
    stage_id: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
    #[server(default)] results: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let recorded: Result<u64, Error> = async {
        let actor = actor()?;
        let key = parse_key(&idempotency_key)?;
        let service = &services()?.results;
        let stage: StageId = id(&stage_id)?;
        let recorded = service.record_list(actor, stage, &key, &results).await?;
        Ok(recorded.recorded)
    }
    .await;
    let page = stage_page(competition, &stage_id);
    match recorded {
        Ok(count) => succeed(&page, text().results.recorded_flash(&number(count))).await,
        Err(error) => {
            let typed = FormInput::named(RESULT_LIST_FORM).with("results", results);
            fail(&page, typed, error).await;
        }
    }
    Ok(())
}

/// Publishes the standings of a stage.
#[server(prefix = "/act", endpoint = "publish-results")]
pub async fn publish_results(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "stageId")]
    stage_id: String,
    #[server(default)] official: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let published: Result<u32, Error> = async {
        let input = PublicationInput {
            official: !official.is_empty(),
        };
        let stage: StageId = id(&stage_id)?;
        let results = &services()?.results;
        let published = results.publish(actor()?, stage, input).await?;
        Ok(published.version)
    }
    .await;
    let page = stage_page(competition, &stage_id);
    match published {
        Ok(version) => {
            let words = text().results.published_flash(&number(version.into()));
            succeed(&page, words).await;
        }
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

fn stage_page(competition: CompetitionId, stage: &str) -> String {
    let page = paths::organize(competition, "results");
    paths::with_query(&page, &[("stage", stage)])
}
