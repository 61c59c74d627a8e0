//! Server functions that change the picture of a competition.

use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};
use multer::Multipart;

use super::{
    action_response::{
        ActionResult, UnreadableForm, actor, fail, id, services, succeed, unreadable,
    },
    multipart,
};
use crate::{
    domain::{
        Error,
        pictures::{Upload, UploadError},
    },
    model::{
        CompetitionId,
        forms::{FieldErrors, FieldProblem},
        picture::{Focus, MAX_BYTES, PictureError},
    },
    ui::{flash::FormInput, paths, text::text},
};

/// The name under which the input of the form for a picture is kept after an error.
pub const PICTURE_FORM: &str = "picture";
/// The longest text of a field of the form, in bytes.
const TEXT_BYTES: usize = 4 << 10;

/// The fields of the form before the file.
#[derive(Debug, Default)]
struct PictureFields {
    competition_id: String,
    alt: String,
    focus: String,
}

impl PictureFields {
    /// Returns what the form shows after an error.
    fn input(&self) -> FormInput {
        FormInput::of(PICTURE_FORM, &())
            .with("alt", &self.alt)
            .with("focus", &self.focus)
    }
}

/// Stores the picture of a competition. The file is the last field, so that it is read only if the account
/// may change the competition.
#[server(prefix = "/act", endpoint = "upload-picture", input = MultipartFormData)]
pub async fn upload_picture(form: MultipartData) -> ActionResult {
    let mut form = form.into_inner().ok_or_else(unreadable)?;
    let mut fields = PictureFields::default();
    let stored = store(&mut form, &mut fields).await?;
    let page = match fields.competition_id.parse() {
        Ok(id) => paths::organize(id, "picture"),
        Err(_) => paths::ORGANIZE.to_owned(),
    };
    match stored {
        Ok(()) => succeed(&page, text().flash.picture_saved).await,
        Err(error) => fail(&page, fields.input(), error).await,
    }
    Ok(())
}

/// Reads the fields, and stores the file if the account may do that.
async fn store(
    form: &mut Multipart<'static>,
    fields: &mut PictureFields,
) -> Result<Result<(), Error>, UnreadableForm> {
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "picture" {
            return Ok(receive(field, fields).await);
        }
        let text = multipart::read(field, TEXT_BYTES)
            .await
            .ok_or_else(unreadable)?;
        let text = String::from_utf8(text.into()).map_err(|_| unreadable())?;
        match &*name {
            "competitionId" => fields.competition_id = text,
            "alt" => fields.alt = text,
            "focus" => fields.focus = text,
            _ => {}
        }
    }
    Err(unreadable())
}

/// Receives the file and stores it.
async fn receive(field: multer::Field<'static>, fields: &PictureFields) -> Result<(), Error> {
    let (actor, services) = (actor()?, services()?);
    let competition: CompetitionId = id(&fields.competition_id)?;
    let pictures = &services.pictures;
    let slot = pictures.admit(actor, competition).await?;
    let file = multipart::read(field, MAX_BYTES).await;
    let file = file.ok_or_else(|| refusal(PictureError::TooLarge))?;
    if file.is_empty() {
        return Err(FieldErrors::one("picture", FieldProblem::NoPicture).into());
    }
    let upload = Upload {
        file,
        alt: fields.alt.clone(),
        focus: Focus::named(&fields.focus).unwrap_or_default(),
    };
    let stored = pictures.replace(actor, competition, upload, slot).await;
    stored.map(|_| ()).map_err(|error| match error {
        UploadError::Unusable(error) => refusal(error),
        UploadError::Other(error) => error,
    })
}

/// Returns the error that the form shows for a picture that is not accepted.
fn refusal(error: PictureError) -> Error {
    FieldErrors::one(error.field(), FieldProblem::Picture(error)).into()
}

/// Removes the picture of a competition, which shows its drawn cover again.
#[server(prefix = "/act", endpoint = "remove-picture")]
pub async fn remove_picture(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> ActionResult {
    let removed: Result<CompetitionId, Error> = async {
        let competition = id(&competition_id)?;
        services()?.pictures.remove(actor()?, competition).await?;
        Ok(competition)
    }
    .await;
    match removed {
        Ok(competition) => {
            let page = paths::organize(competition, "picture");
            succeed(&page, text().flash.picture_removed).await;
        }
        Err(error) => fail(paths::ORGANIZE, FormInput::default(), error).await,
    }
    Ok(())
}
