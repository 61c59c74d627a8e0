//! Server functions that register for a competition and cancel a registration.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::action_response::{ActionResult, actor, fail, id, leave, services, succeed};
use crate::{
    domain::Error,
    model::{
        CompetitionId, DomainError, IdempotencyKey, RegistrationId, RegistrationStatus,
        RegistrationView,
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::text,
    },
};

/// Registers for a competition. A second click, or a retry after a network failure, submits the same
/// idempotency key and gets the same outcome.
#[server(prefix = "/act", endpoint = "register")]
pub async fn register(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
) -> ActionResult {
    let Ok(competition) = id::<CompetitionId>(&competition_id) else {
        fail(
            paths::COMPETITIONS,
            FormInput::default(),
            DomainError::NotFound.into(),
        )
        .await;
        return Ok(());
    };
    let page = paths::competition(competition);
    let flash = &text().flash;
    match take_seat(competition, &idempotency_key).await {
        Ok(registration) => {
            let words = match (registration.status, registration.waitlist_position) {
                (RegistrationStatus::Waitlisted, Some(position)) => (flash.waitlisted)(position),
                (RegistrationStatus::Waitlisted, None) => flash.waitlisted_plain.to_owned(),
                _ => flash.seat.to_owned(),
            };
            succeed(&page, words).await;
        }
        Err(Error::Domain(DomainError::Unauthenticated)) => {
            let login = paths::login_then(&page);
            leave(&login, &Flash::say(Tone::Neutral, flash.login_to_register)).await;
        }
        Err(error) => {
            // After a domain error, the next submission is a new request. If the outcome is unknown, it
            // repeats this request, and has to have the same key. Before the opening there is no outcome.
            let is_without_outcome = matches!(
                error,
                Error::Infrastructure(_)
                    | Error::Domain(
                        DomainError::RequestInProgress
                            | DomainError::Overloaded { .. }
                            | DomainError::TooManyRequests { .. }
                            | DomainError::NotOpenYet { .. }
                    )
            );
            let mut form_input = FormInput {
                form: format!("register-{competition}"),
                values: BTreeMap::new(),
                ..FormInput::default()
            };
            if is_without_outcome {
                form_input
                    .values
                    .insert("idempotencyKey".to_owned(), idempotency_key);
            }
            fail(&page, form_input, error).await;
        }
    }
    Ok(())
}

async fn take_seat(competition: CompetitionId, key: &str) -> Result<RegistrationView, Error> {
    let actor = actor()?;
    let key = IdempotencyKey::parse(key).map_err(|_| DomainError::IdempotencyKeyRequired)?;
    let reply = services()?
        .registrations
        .register(actor, competition, &key)
        .await?;
    let registration = reply.outcome()?.registration();
    Ok(registration.map_err(Clone::clone)?.clone())
}

/// Cancels a registration of the account.
#[server(prefix = "/act", endpoint = "cancel-registration")]
pub async fn cancel_registration(
    #[server(default)]
    #[server(rename = "registrationId")]
    registration_id: String,
) -> ActionResult {
    let cancelled: Result<(), Error> = async {
        let actor = actor()?;
        let registration: RegistrationId = id(&registration_id)?;
        services()?.registrations.cancel(actor, registration).await
    }
    .await;
    match cancelled {
        Ok(()) => succeed(paths::MY_REGISTRATIONS, text().flash.given_back).await,
        Err(error) => fail(paths::MY_REGISTRATIONS, FormInput::default(), error).await,
    }
    Ok(())
}
