//! Server functions that issue and revoke certificates.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{CertificateId, CompetitionId, forms::CertificateForm},
    ui::{flash::FormInput, paths, text::text},
};

/// The name of the form that issues certificates.
pub const CERTIFICATES_FORM: &str = "certificates";

/// Issues certificates to those with a seat or those who are checked in, in the background.
#[server(prefix = "/act", endpoint = "issue-certificates")]
pub async fn issue_certificates(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: CertificateForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let issued: Result<(), Error> = async {
        let certificates = &services()?.certificates;
        certificates.issue(actor()?, competition, &form).await?;
        Ok(())
    }
    .await;
    let started = issued.map(|()| text().certificates.started.to_owned());
    answer(
        competition,
        started,
        FormInput::of(CERTIFICATES_FORM, &form),
    )
    .await;
    Ok(())
}

/// Revokes the certificate of a participant.
#[server(prefix = "/act", endpoint = "revoke-certificate")]
pub async fn revoke_certificate(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "certificateId")]
    certificate_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let revoked: Result<String, Error> = async {
        let certificate: CertificateId = id(&certificate_id)?;
        let certificates = &services()?.certificates;
        certificates
            .revoke(actor()?, competition, certificate)
            .await
    }
    .await;
    let revoked = revoked.map(|name| text().certificates.revoked_flash(&name));
    answer(competition, revoked, FormInput::default()).await;
    Ok(())
}

/// Issues the certificate of a participant anew, with the name that the participant has now.
#[server(prefix = "/act", endpoint = "issue-certificate-again")]
pub async fn issue_certificate_again(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "certificateId")]
    certificate_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let issued: Result<String, Error> = async {
        let certificate: CertificateId = id(&certificate_id)?;
        let certificates = &services()?.certificates;
        certificates
            .issue_again(actor()?, competition, certificate)
            .await
    }
    .await;
    let issued = issued.map(|name| text().certificates.again_flash(&name));
    answer(competition, issued, FormInput::default()).await;
    Ok(())
}

/// Shows the certificates again, with a message.
async fn answer(competition: CompetitionId, result: Result<String, Error>, form_input: FormInput) {
    let page = paths::organize(competition, "certificates");
    match result {
        Ok(words) => succeed(&page, words).await,
        Err(error) => fail(&page, form_input, error).await,
    }
}
