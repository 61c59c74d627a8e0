//! Registering: the first function of the registration path.

use std::time::Duration;

use sea_orm::{EntityTrait, QuerySelect};
use tokio::time::Instant;
use tracing::Instrument;

use super::{
    answers::repeated,
    code_state::code_digest,
    command::{Command, Reply},
    outcome::{Outcome, RegistrationReply},
    pending_reply::PendingReply,
    service::Registrations,
};
use crate::{
    domain::{Actor, Error, Result, rate_limits::RateLimit},
    model::{
        CompetitionId, DomainError, IdempotencyKey, Ineligibility, TallyKind,
        forms::RegistrationInput,
    },
    ops::metrics::names,
    store::{InfrastructureError, entity::user},
};

/// How often the answers of a request are checked, while the questions of the competition change.
const CHECKS: usize = 10;
/// After this time the request's key is marked as in progress.
const SLOW: Duration = Duration::from_secs(1);
/// How long a repeat waits for the first request.
const REPEAT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the first request waits.
const FIRST_TIMEOUT: Duration = Duration::from_secs(10);

impl Registrations {
    /// Takes a seat in a competition without divisions and questions, or joins its waitlist; see
    /// [`register_with`](Self::register_with).
    ///
    /// # Errors
    /// Returns the errors of [`register_with`](Self::register_with).
    pub async fn register(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: &IdempotencyKey,
    ) -> Result<RegistrationReply> {
        let input = RegistrationInput::default();
        self.register_with(actor, competition, key, input).await
    }

    /// Takes a seat in a competition and in the chosen division, or joins the waitlist. A domain error that is stored under the key is
    /// an [`Outcome`] too: it is repeated like a seat.
    ///
    /// # Errors
    /// Returns a [`DomainError`] that is not stored: [`DomainError::IdempotencyKeyReused`],
    /// [`DomainError::RequestInProgress`], [`DomainError::Overloaded`], [`DomainError::TooManyRequests`],
    /// [`DomainError::NotOpenYet`], [`DomainError::RegistrationPaused`], [`DomainError::EmailNotVerified`],
    /// [`DomainError::Unauthenticated`], or [`DomainError::Invalid`] if the division or an answer is
    /// missing or wrong.
    /// Trying again with the same key is safe after any error.
    pub async fn register_with(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: &IdempotencyKey,
        input: RegistrationInput,
    ) -> Result<RegistrationReply> {
        let started_at = Instant::now();
        let result = self.cached_or_decided(actor, competition, key, input).await;
        let outcome = match &result {
            Ok(reply) if reply.replayed => "replayed",
            Ok(reply) if matches!(reply.stored.outcome, Some(Outcome::Refused(_))) => "refused",
            Err(Error::Domain(
                DomainError::NotOpenYet { .. }
                | DomainError::RegistrationPaused { .. }
                | DomainError::EmailNotVerified
                | DomainError::Invalid(_),
            )) => "refused",
            Ok(_) => "accepted",
            Err(_) => "failed",
        };
        if let Some(reason) = refusal(&result) {
            self.tallies.count(competition, TallyKind::Refusal, reason);
        }
        metrics::counter!(names::REGISTRATIONS, "outcome" => outcome).increment(1);
        metrics::histogram!(names::REGISTRATION_SECONDS).record(started_at.elapsed().as_secs_f64());
        result
    }

    async fn cached_or_decided(
        &self,
        actor: Actor,
        competition: CompetitionId,
        key: &IdempotencyKey,
        input: RegistrationInput,
    ) -> Result<RegistrationReply> {
        let account = actor.id.to_string();
        let counted = self.limits.count(RateLimit::REGISTRATIONS, &account).await;
        counted.map_err(DomainError::from)?;
        if self.requires_confirmed_email && !actor.email_confirmed {
            self.must_have_confirmed_email(actor).await?;
        }
        let fingerprint = (self.codec.fingerprint)(competition, &input);
        if let Some(stored) = self.responses.get(actor.id, key).await {
            return repeated(stored, &fingerprint);
        }
        let Some(code) = input.code.as_deref().filter(|code| !code.trim().is_empty()) else {
            let request = (actor, competition, key);
            return self.decided(request, input, None, fingerprint).await;
        };
        // What can't be a code is refused like a code that does not exist.
        let digest = code_digest(competition, code).unwrap_or_default();
        // A client that leaves before the response neither keeps a right code counted nor tries one in secret.
        let (registrations, key) = (self.clone(), key.clone());
        let attempt = async move {
            let request = (actor, competition, &key);
            registrations
                .attempted(request, input, digest, fingerprint)
                .await
        };
        let attempt = tokio::spawn(attempt.in_current_span());
        attempt.await.map_err(InfrastructureError::internal)?
    }

    /// Has a request with a code decided, and counts it if the code is wrong.
    async fn attempted(
        &self,
        request: (Actor, CompetitionId, &IdempotencyKey),
        input: RegistrationInput,
        digest: String,
        fingerprint: String,
    ) -> Result<RegistrationReply> {
        let account = request.0.id.to_string();
        // Counted before, so that many attempts at once are counted, too.
        let counted = self.limits.count(RateLimit::WRONG_CODES, &account).await;
        counted.map_err(DomainError::from)?;
        let result = self
            .decided(request, input, Some(digest), fingerprint)
            .await;
        if tried_no_wrong_code(&result) {
            self.limits
                .take_back(RateLimit::WRONG_CODES, &account)
                .await;
        }
        result
    }

    /// Checks the answers, and has the request decided.
    async fn decided(
        &self,
        (actor, competition, key): (Actor, CompetitionId, &IdempotencyKey),
        input: RegistrationInput,
        code: Option<String>,
        fingerprint: String,
    ) -> Result<RegistrationReply> {
        let mut checked = match self.check(competition, &input.answers).await? {
            Ok(checked) => checked,
            Err(errors) => {
                let request = (actor.id, key, &*fingerprint);
                return self.refuse_answers(request, competition, errors).await;
            }
        };
        for _ in 0..CHECKS {
            let command = Command::Register {
                user: actor.id,
                key: key.clone(),
                division: input.division_id,
                answers: checked,
                code: code.clone(),
                fingerprint: fingerprint.clone(),
                language: actor.language,
            };
            let pending = self.queues.submit(competition, command)?;
            match self.wait(actor, key, pending).await? {
                Reply::Outcome(reply) => {
                    let stored = reply.stored.clone();
                    self.responses.insert_local(actor.id, key, stored).await;
                    return Ok(reply);
                }
                Reply::Done(Err(error)) => return Err(error.into()),
                Reply::Done(Ok(())) => {
                    let error = InfrastructureError::internal("a registration without an outcome");
                    return Err(error.into());
                }
                Reply::OtherQuestions => {
                    let newest = self.questions.read(competition).await?;
                    checked = self.check_against(&newest, &input.answers)?;
                }
            }
        }
        // The questions change all the time.
        Err(DomainError::Overloaded { retry_after: 1 }.into())
    }

    /// Looks the account up whose session or token does not say that its address is confirmed: it may have
    /// been confirmed since the token was issued. All others, which are nearly all, cost no query.
    async fn must_have_confirmed_email(&self, actor: Actor) -> Result<()> {
        let confirmed: Option<bool> = user::Entity::find_by_id(actor.id)
            .select_only()
            .column(user::Column::EmailConfirmed)
            .into_tuple()
            .one(self.database.read())
            .await?;
        match confirmed {
            Some(true) => Ok(()),
            Some(false) => Err(DomainError::EmailNotVerified.into()),
            None => Err(DomainError::Unauthenticated.into()),
        }
    }

    /// Waits for the reply. Only if it takes long, the first request under the key is told apart from
    /// its repeats, across all processes: this costs a fast request nothing.
    async fn wait(
        &self,
        actor: Actor,
        key: &IdempotencyKey,
        mut pending: PendingReply,
    ) -> Result<Reply> {
        let started_at = Instant::now();
        if let Some(reply) = pending.reply_by(started_at + SLOW).await {
            return Ok(reply?);
        }
        let first = self.in_flight.begin(actor.id, key, FIRST_TIMEOUT).await;
        let (timeout, error) = match first {
            Some(_) => (FIRST_TIMEOUT, DomainError::Overloaded { retry_after: 2 }),
            None => (REPEAT_TIMEOUT, DomainError::RequestInProgress),
        };
        let reply = pending.reply_by(started_at + timeout).await;
        if let Some(first) = first {
            first.end().await;
        }
        if let Some(reply) = reply {
            return Ok(reply?);
        }
        // The response says that nothing happened, so the command must not be started later.
        pending.withdraw();
        Err(error.into())
    }
}

/// Returns whether a request surely tried no wrong code. It may have where there is no outcome yet: who asks again with the same
/// key learns it then, and is not counted for a repeat.
fn tried_no_wrong_code(result: &Result<RegistrationReply>) -> bool {
    match result {
        Ok(_) => !is_wrong_code(result),
        Err(Error::Domain(error)) => matches!(
            error,
            DomainError::Invalid(_)
                | DomainError::NotFound
                | DomainError::NotOpenYet { .. }
                | DomainError::RegistrationClosed
                | DomainError::RegistrationPaused { .. }
                | DomainError::EmailNotVerified
                | DomainError::IdempotencyKeyReused
        ),
        Err(Error::Infrastructure(_)) => false,
    }
}

/// Returns whether a request was refused because of its code. A repeat tries no code.
fn is_wrong_code(result: &Result<RegistrationReply>) -> bool {
    let refused = DomainError::NotEligible(Ineligibility::Code);
    let Ok(reply) = result else { return false };
    let outcome = reply.stored.outcome.as_ref();
    !reply.replayed && outcome.is_some_and(|outcome| outcome.registration() == Err(&refused))
}

/// Returns the reason of a new refusal, for the tallies of the competition. A repeat of one is none.
fn refusal(result: &Result<RegistrationReply>) -> Option<&'static str> {
    let error = match result {
        Ok(reply) if reply.replayed => return None,
        Ok(reply) => match &reply.stored.outcome {
            Some(Outcome::Refused(error)) => error,
            _ => return None,
        },
        Err(Error::Domain(error)) => error,
        Err(Error::Infrastructure(_)) => return Some("unavailable"),
    };
    // Nobody is refused by a competition that does not exist.
    (*error != DomainError::NotFound).then(|| error.code())
}
