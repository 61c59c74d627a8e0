//! Adding many participants at once, from a list.

use std::{collections::HashSet, time::Duration};

use futures::{StreamExt, stream};
use tokio::time::Instant;

use super::{Participants, import_list};
use crate::{
    domain::{Actor, Error, Result},
    model::{
        CompetitionId, DomainError, ImportLine, ImportPreview, ImportResult, RegistrationStatus,
        forms::{FieldProblem, ParticipantForm},
    },
};

/// The number of participants who are added at the same time: they share transactions.
const AT_ONCE: usize = 16;
/// How long people of one list are added. Those who come later are refused, so that the request ends in time.
const TIMEOUT: Duration = Duration::from_secs(45);

impl Participants {
    /// Says what a list would do, and changes nothing.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], or [`DomainError::Invalid`] if the list can't be
    /// read as a whole. A line that can't be used is no error.
    pub async fn preview_import(
        &self,
        actor: Actor,
        competition: CompetitionId,
        list: &str,
    ) -> Result<ImportPreview> {
        let divisions = self.registrations.divisions_to_choose(actor, competition);
        let lines = import_list::read(list, &divisions.await?)?;
        let usable = lines.iter().filter(|line| line.problem.is_none());
        let addresses: Vec<_> = usable.map(|line| line.email.clone()).collect();
        let registrations = &self.registrations;
        let registered: HashSet<String> = registrations
            .registered_among(competition, &addresses)
            .await?
            .into_iter()
            .map(|address| address.to_lowercase())
            .collect();
        let mut preview = ImportPreview::default();
        for line in lines {
            if line.problem.is_some() {
                preview.wrong.push(line);
            } else if registered.contains(&line.email) {
                preview.registered += 1;
            } else {
                preview.new.push(line);
            }
        }
        Ok(preview)
    }

    /// Adds the people of a list in whose lines nothing is wrong. A repeat adds nobody twice.
    ///
    /// # Errors
    /// Returns the errors of [`preview_import`](Self::preview_import). Those of single people are in the result.
    pub async fn import(
        &self,
        actor: Actor,
        competition: CompetitionId,
        list: &str,
    ) -> Result<ImportResult> {
        let preview = self.preview_import(actor, competition, list).await?;
        let mut result = ImportResult {
            registered: preview.registered,
            ..ImportResult::default()
        };
        let deadline = Instant::now() + TIMEOUT;
        let additions = preview.new.into_iter().map(|line| async move {
            let added = match Instant::now() < deadline {
                true => self.add_line(actor, competition, &line).await,
                false => Err(DomainError::Overloaded { retry_after: 1 }.into()),
            };
            (line, added)
        });
        // In the order of the list, as far as people are added one after the other.
        let mut additions = stream::iter(additions).buffered(AT_ONCE);
        while let Some((line, added)) = additions.next().await {
            match added {
                Ok(RegistrationStatus::Waitlisted) => result.waiting += 1,
                Ok(_) => result.seated += 1,
                Err(Error::Domain(DomainError::AlreadyRegistered)) => result.registered += 1,
                Err(error) => result.refused.push(ImportLine {
                    problem: problem_of(error),
                    ..line
                }),
            }
        }
        Ok(result)
    }

    async fn add_line(
        &self,
        actor: Actor,
        competition: CompetitionId,
        line: &ImportLine,
    ) -> Result<RegistrationStatus> {
        let form = ParticipantForm {
            email: line.email.clone(),
            name: line.name.clone(),
            division_id: line.division_id,
        };
        let reply = self.add(actor, competition, None, &form).await?;
        match reply.outcome()?.registration() {
            Ok(registration) => Ok(registration.status),
            Err(error) => Err(error.clone().into()),
        }
    }
}

/// Returns what is wrong with a line whose participant could not be added, if it is the line.
fn problem_of(error: Error) -> Option<FieldProblem> {
    match error {
        Error::Domain(DomainError::Invalid(errors)) => {
            errors.iter().next().map(|error| error.problem.clone())
        }
        Error::Domain(_) => None,
        Error::Infrastructure(error) => {
            tracing::error!(%error, "A participant of an imported list could not be added");
            None
        }
    }
}
