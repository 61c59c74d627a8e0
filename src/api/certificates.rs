//! Certificates: verified by whoever has the serial, and downloaded by their holders.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{
    badges::pdf_response,
    caller::CallerAccount,
    error::ApiResult,
    extract::PathId,
    problem_responses::{NoCertificate, NotFound, Unauthenticated},
    state::ApiState,
};
use crate::{
    domain::{Actor, ClientAddress, certificates::Certificates},
    model::{CertificateSerial, CertificateView, Language, RegistrationId},
};

/// Verify a certificate
///
/// For everybody who has the serial that is printed on a certificate. The response contains what is printed, and says
/// whether the certificate was revoked. The serial may be written without hyphens and in lower case. Calls are counted
/// per network.
#[utoipa::path(get, path = "/certificates/{serial}", tag = "Certificates", operation_id = "verifyCertificate",
    params(("serial" = String, Path, description = "The serial of the certificate, such as `7K4MQ-2XP9D-4F6H8-J1N5R`.", min_length = 20, max_length = 23, pattern = "^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$")),
    security((), ("bearer" = []), ("session" = [])),
    responses((status = 200, description = "What is printed on the certificate.", body = CertificateView), NotFound))]
pub(super) async fn verify(
    State(api): State<ApiState>,
    address: Option<Extension<ClientAddress>>,
    PathId(serial): PathId<CertificateSerial>,
) -> ApiResult<Response> {
    let address = address.map(|Extension(address)| address);
    let found = api.services.certificates.verify(&serial, address).await?;
    // A certificate names a person: search engines keep none of it.
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("x-robots-tag"),
            HeaderValue::from_static("noindex"),
        ),
    ];
    Ok((headers, Json(found)).into_response())
}

/// Download my certificate
///
/// For the participant alone, once the organizer has issued it. The file is a PDF of one page, in the language that
/// `Accept-Language` prefers.
#[utoipa::path(get, path = "/registrations/{id}/certificate.pdf", tag = "Certificates", operation_id = "getCertificate",
    params(("id" = RegistrationId, Path, description = "The id of the registration.")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The certificate, on one page of A4.", body = Vec<u8>, content_type = "application/pdf"),
        Unauthenticated, NoCertificate))]
pub(super) async fn download(
    State(api): State<ApiState>,
    account: CallerAccount,
    language: Option<Extension<Language>>,
    PathId(id): PathId<RegistrationId>,
) -> ApiResult<Response> {
    let language = language.map(|Extension(language)| language);
    let certificates = &api.services.certificates;
    file(
        certificates,
        account.actor(),
        id,
        language.unwrap_or_default(),
    )
    .await
}

/// Returns the response with the certificate of a registration.
///
/// # Errors
/// Returns the domain's error if the actor has no such registration, or it has no valid certificate.
pub async fn file(
    certificates: &Certificates,
    actor: Actor,
    id: RegistrationId,
    language: Language,
) -> ApiResult<Response> {
    let file = certificates.pdf(actor, id, language).await?;
    Ok(pdf_response("certificate", file))
}
