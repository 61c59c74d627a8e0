//! Server functions that register for a competition and cancel a registration.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{
    action_response::{
        ActionResult, actor, ask_to_retry, fail, id, leave, leave_for_log_in, parse_key, see_other,
        services, succeed,
    },
    answers::TypedAnswers,
};
use crate::{
    domain::{Actor, Error},
    model::{
        CompetitionId, DivisionId, DomainError, IdempotencyKey, RegistrationId, RegistrationStatus,
        RegistrationView, forms::RegistrationInput,
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        intent::{self, Intent},
        log_in_page, paths,
        text::text,
        waiting_answers,
    },
};

/// How many seconds before the opening a press counts as one at the opening.
const MOMENT: u64 = 2;

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
    #[server(default)]
    #[server(rename = "divisionId")]
    division_id: String,
    #[server(default)] code: String,
    #[server(default)] answers: BTreeMap<String, String>,
    #[server(default)] chosen: BTreeMap<String, Vec<String>>,
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
    // An id that is malformed is that of no division.
    let division: Option<DivisionId> = division_id.parse().ok();
    let code = code.trim();
    let wish = Wish {
        division,
        code: (!code.is_empty()).then(|| code.to_owned()),
        answers: TypedAnswers::of(answers, chosen),
    };
    let actor = match actor() {
        Ok(actor) => actor,
        Err(Error::Domain(DomainError::Unauthenticated)) => {
            ask_to_log_in(competition, &idempotency_key, wish).await;
            return Ok(());
        }
        Err(error) => {
            let page = paths::competition(competition);
            fail(&page, wish.form_input(competition), error).await;
            return Ok(());
        }
    };
    if let Some(intent) = intent::waiting()
        && (intent.competition, intent.key.as_str()) == (competition, &*idempotency_key)
    {
        // The button of the page that was waiting for the confirmation of the address has no more than the intent.
        let is_button = !wish.is_typed() && wish.division == intent.division;
        if is_button && finish_intent(actor, &intent.path(), "").await {
            return Ok(());
        }
        // What was submitted now replaces it.
        intent::forget();
    }
    show_outcome(actor, competition, &idempotency_key, wish).await;
    Ok(())
}

/// What a visitor has chosen and answered.
#[derive(Debug, Clone, Default)]
struct Wish {
    division: Option<DivisionId>,
    /// The code that was typed.
    code: Option<String>,
    answers: TypedAnswers,
}

impl Wish {
    /// Returns whether it has what does not fit into the cookie that remembers it.
    fn is_typed(&self) -> bool {
        self.code.is_some() || !self.answers.is_empty()
    }

    /// Returns the input of the register form.
    fn form_input(&self, competition: CompetitionId) -> FormInput {
        let form_input = FormInput::named(&form_name(competition));
        let form_input = match self.division {
            Some(division) => form_input.with("divisionId", division.to_string()),
            None => form_input,
        };
        let form_input = match &self.code {
            Some(code) => form_input.with("code", code.clone()),
            None => form_input,
        };
        self.answers.kept_in(form_input)
    }
}

/// Returns the name of the register form of a competition.
fn form_name(competition: CompetitionId) -> String {
    format!("register-{competition}")
}

/// Keeps what an anonymous visitor wants, and asks them to log in. Answers may be too long for a cookie: the log-in page
/// carries them.
async fn ask_to_log_in(competition: CompetitionId, key: &str, wish: Wish) {
    let division = wish.division;
    // A key that is malformed is replaced: nothing was done with it.
    let key = IdempotencyKey::parse(key).unwrap_or_else(|_| IdempotencyKey::mint());
    let intent = Intent {
        competition,
        key,
        division,
        account: None,
        is_typed: wish.is_typed(),
    };
    intent::keep(&intent);
    let login = paths::login_then(&intent.path());
    let flash = Flash::say(Tone::Neutral, text().flash.login_to_register);
    let carried = match wish.is_typed() {
        true => log_in_page::carried_text(&wish.form_input(competition)),
        false => String::new(),
    };
    leave_for_log_in(&login, flash, &carried).await;
}

/// Does what this browser's visitor wanted before the log-in, if the log-in leads to it. `carried` is what was typed
/// into the form, if the log-in has carried it. Returns whether it did, in which case the response is set.
pub(super) async fn finish_intent(actor: Actor, next: &str, carried: &str) -> bool {
    let Some(intent) = intent::for_log_in_to(next) else {
        return false;
    };
    if intent.account.is_some_and(|account| account != actor.id) {
        intent::forget();
        return false;
    }
    let form = form_name(intent.competition);
    let typed = match log_in_page::carried_form(carried) {
        // The input of another form is shown again.
        Some(other) if other.form != form => return false,
        Some(typed) => Some(typed),
        None => waiting_answers::take(actor.id, &intent.key, &form).await,
    };
    let is_lost = typed.as_ref().is_none_or(|typed| typed.values.is_empty());
    if intent.is_typed && is_lost {
        intent::forget();
        // A first press may have registered the account, with what was typed.
        if !show_ticket(actor, intent.competition).await {
            ask_to_type_again(&intent).await;
        }
        return true;
    }
    let answers = typed.as_ref().map(TypedAnswers::from_kept);
    let code = typed.and_then(|typed| typed.values.get("code").cloned());
    intent::forget();
    show_outcome(
        actor,
        intent.competition,
        intent.key.as_str(),
        Wish {
            division: intent.division,
            answers: answers.unwrap_or_default(),
            code,
        },
    )
    .await;
    true
}

/// Leads to the ticket of an account that is registered already. Returns whether it is.
async fn show_ticket(actor: Actor, competition: CompetitionId) -> bool {
    let found: Result<Option<RegistrationView>, Error> =
        async { services()?.registrations.live(actor, competition).await }.await;
    match found {
        Ok(Some(registration)) => {
            let ticket = paths::ticket(registration.registration_id);
            leave(&ticket, &Flash::default()).await;
            true
        }
        Ok(None) => false,
        Err(error) => {
            tracing::warn!(%error, "Could not read whether an account is registered already");
            false
        }
    }
}

/// Leads to the page of the competition, since what was typed is lost on some ways, as that through a link in a mail.
/// Without it, somebody would get another registration than they have asked for.
async fn ask_to_type_again(intent: &Intent) {
    let wish = Wish {
        division: intent.division,
        ..Wish::default()
    };
    let flash = Flash::say(Tone::Neutral, text().flash.register_again);
    let flash = flash.with(wish.form_input(intent.competition));
    leave(&paths::competition(intent.competition), &flash).await;
}

/// Registers an account and redirects to the page that shows the outcome.
async fn show_outcome(actor: Actor, competition: CompetitionId, idempotency_key: &str, wish: Wish) {
    let page = paths::competition(competition);
    match take_seat(actor, competition, idempotency_key, &wish).await {
        Ok(registration) => {
            // The page of the ticket says the rest, as it is when it is shown.
            let flash = Flash {
                has_registered: registration.status.holds_seat(),
                ..Flash::default()
            };
            leave(&paths::ticket(registration.registration_id), &flash).await;
        }
        Err(Error::Domain(DomainError::EmailNotVerified)) => {
            // Done as soon as the address is confirmed, with the same key.
            if let Ok(key) = IdempotencyKey::parse(idempotency_key) {
                let is_typed = wish.is_typed();
                let form_input = is_typed.then(|| wish.form_input(competition));
                waiting_answers::keep(actor.id, &key, form_input).await;
                intent::keep(&Intent {
                    competition,
                    key,
                    division: wish.division,
                    account: Some(actor.id),
                    is_typed,
                });
            }
            see_other(&paths::verify_email_then(&page));
        }
        // The clock of the visitor, or the way to here, was a moment ahead.
        Err(Error::Domain(DomainError::NotOpenYet { retry_after, .. }))
            if retry_after <= MOMENT && ask_to_retry(retry_after) => {}
        // The button of a page that was waiting was pressed twice: the first press had more than it.
        Err(Error::Domain(DomainError::IdempotencyKeyReused))
            if show_ticket(actor, competition).await => {}
        Err(error) => {
            // After a domain error, the next submission is a new request. If the outcome is unknown, it
            // repeats this request, and has to have the same key. Before the opening and
            // during a pause there is no outcome.
            let is_without_outcome = matches!(
                error,
                Error::Infrastructure(_)
                    | Error::Domain(
                        DomainError::RequestInProgress
                            | DomainError::Overloaded { .. }
                            | DomainError::TooManyRequests { .. }
                            | DomainError::NotOpenYet { .. }
                            | DomainError::RegistrationPaused { .. }
                    )
            );
            let mut form_input = wish.form_input(competition);
            if is_without_outcome {
                form_input
                    .values
                    .insert("idempotencyKey".to_owned(), idempotency_key.to_owned());
            }
            fail(&page, form_input, error).await;
        }
    }
}

async fn take_seat(
    actor: Actor,
    competition: CompetitionId,
    key: &str,
    wish: &Wish,
) -> Result<RegistrationView, Error> {
    let key = parse_key(key)?;
    let input = RegistrationInput {
        division_id: wish.division,
        answers: wish.answers.given(competition).await?,
        code: wish.code.clone(),
    };
    let reply = services()?
        .registrations
        .register_with(actor, competition, &key, input)
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
    let cancelled: Result<RegistrationStatus, Error> = async {
        let actor = actor()?;
        let registration: RegistrationId = id(&registration_id)?;
        let registrations = &services()?.registrations;
        let before = registrations.get(actor, registration).await?;
        registrations.cancel(actor, registration).await?;
        Ok(before.registration.status)
    }
    .await;
    let t = &text().flash;
    match cancelled {
        Ok(RegistrationStatus::Waitlisted) => {
            succeed(paths::MY_REGISTRATIONS, t.left_waitlist).await;
        }
        Ok(_) => succeed(paths::MY_REGISTRATIONS, t.given_back).await,
        Err(error) => fail(paths::MY_REGISTRATIONS, FormInput::default(), error).await,
    }
    Ok(())
}
