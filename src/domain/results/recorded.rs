//! Lists results for those who record them, and reads lists that are pasted.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Results, newest_version, recording::ReadyResult, stage_view};
use crate::{
    domain::{Actor, Result, check_in::ScannedCode, registration::division_names},
    model::{
        DomainError, IdempotencyKey, Page, PerformanceId, PerformanceView, RecordedPerformances,
        RegistrationId, ResultLine, ResultListPreview, StageId, StageView,
        forms::{
            FieldErrors, FieldProblem, PERFORMANCES_MAX, Paging, PerformanceForm, PerformanceInput,
            ResultProblem,
        },
    },
    store::{
        InfrastructureError, account_names, bulk,
        entity::{performance, stage},
        start_numbers,
    },
};

/// The most lines of a list that are named as wrong.
const WRONG_MAX: usize = 100;

/// A line of a list, and what it says.
struct ReadLine {
    number: u64,
    form: PerformanceForm,
}

impl Results {
    /// Returns a stage, for those who record results in it.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn stage(&self, actor: Actor, id: StageId) -> Result<StageView> {
        let row = self.recorded_stage(actor, id).await?;
        let newest = newest_version(self.0.database.read(), id).await?;
        Ok(stage_view(&row, newest))
    }

    /// Returns a page of the results of a stage, the newest first; with a code, only those of the participant whom it
    /// names.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn performances(
        &self,
        actor: Actor,
        id: StageId,
        code: Option<&str>,
        paging: Paging,
    ) -> Result<Page<PerformanceView>> {
        use performance::Column;
        let stage = self.recorded_stage(actor, id).await?;
        let database = self.0.database.read();
        let mut query = performance::Entity::find().filter(Column::StageId.eq(id));
        if let Some(code) = code {
            let registration = self.registration_of(&stage, code).await?;
            // Nobody has the id of an unknown participant.
            let registration = registration.unwrap_or(RegistrationId(uuid::Uuid::nil()));
            query = query.filter(Column::RegistrationId.eq(registration));
        }
        let total = query.clone().count(database).await?;
        let rows = query
            .order_by_desc(Column::Id)
            .offset(paging.offset())
            .limit(paging.per_page)
            .all(database)
            .await?;
        Ok(Page {
            items: self.views(rows).await?,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns a result of a stage that may be corrected, if there is one with this id.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn performance(
        &self,
        actor: Actor,
        stage: StageId,
        id: PerformanceId,
    ) -> Result<Option<PerformanceView>> {
        self.recorded_stage(actor, stage).await?;
        let row = performance::Entity::find_by_id(id)
            .filter(performance::Column::StageId.eq(stage))
            .one(self.0.database.read())
            .await?;
        let mut views = self.views(row.into_iter().collect()).await?;
        Ok(views.pop().filter(|view| !view.superseded))
    }

    async fn registration_of(
        &self,
        stage: &stage::Model,
        code: &str,
    ) -> Result<Option<RegistrationId>> {
        let named = &self.0.participants;
        let numbers = named.numbered(stage.competition_id, &[code]).await?;
        let read = ScannedCode::read(code, &numbers);
        Ok(read.map(|code| code.registration()))
    }

    async fn views(&self, rows: Vec<performance::Model>) -> Result<Vec<PerformanceView>> {
        use performance::Column;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let database = &self.0.database;
        let registrations: HashSet<_> = rows.iter().map(|row| row.registration_id).collect();
        let registrations: Vec<_> = registrations.into_iter().collect();
        let people = self.0.participants.rows(&registrations).await?;
        let divisions = people.values().filter_map(|row| row.division_id);
        let divisions = division_names(database.read(), divisions).await?;
        let numbers = start_numbers::numbers(database.read(), &registrations)
            .await
            .map_err(InfrastructureError::from)?;
        let helpers: HashSet<_> = rows.iter().filter_map(|row| row.by).collect();
        let helpers = account_names::names(database.read(), helpers)
            .await
            .map_err(InfrastructureError::from)?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let supersedes = (performance::Entity, Column::Supersedes);
        let superseded: Vec<Option<PerformanceId>> = performance::Entity::find()
            .select_only()
            .column(Column::Supersedes)
            .filter(bulk::among(database.backend(), supersedes, &ids))
            .into_tuple()
            .all(database.read())
            .await?;
        let superseded: HashSet<_> = superseded.into_iter().flatten().collect();
        let view = |row: performance::Model| {
            let person = people.get(&row.registration_id);
            let division = person.and_then(|person| person.division_id);
            PerformanceView {
                user_name: person.map(|it| it.user_name.clone()).unwrap_or_default(),
                division: division.and_then(|id| divisions.get(&id).cloned()),
                start_number: numbers.get(&row.registration_id).copied(),
                registration_id: row.registration_id,
                value: row.value,
                status: row.status,
                note: row.note,
                at: row.at,
                by: row
                    .by
                    .and_then(|by| helpers.get(&by).cloned())
                    .unwrap_or_default(),
                supersedes: row.supersedes,
                superseded: superseded.contains(&row.id),
                id: row.id,
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Says what a list of results would do, and changes nothing. Each line has a participant, a value, a status and a
    /// note.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], or [`DomainError::Invalid`] if the list can't be
    /// read as a whole. A line that can't be used is no error.
    pub async fn preview_list(
        &self,
        actor: Actor,
        id: StageId,
        list: &str,
    ) -> Result<ResultListPreview> {
        let stage = self.recorded_stage(actor, id).await?;
        let lines = lines(list)?;
        let checked = self.checked_lines(&stage, &lines).await?;
        let mut preview = ResultListPreview::default();
        for (line, checked) in lines.into_iter().zip(checked) {
            let Err(errors) = checked else {
                preview.results += 1;
                continue;
            };
            preview.wrong_lines += 1;
            if preview.wrong.len() < WRONG_MAX {
                preview.wrong.push(ResultLine {
                    line: line.number,
                    code: line.form.code,
                    value: line.form.value,
                    problem: errors.iter().next().map(|error| error.problem.clone()),
                });
            }
        }
        Ok(preview)
    }

    /// Records the results of a list, if no line is wrong. A repeat with the same key records nothing more.
    ///
    /// # Errors
    /// Returns the errors of [`record`](Self::record) and of [`preview_list`](Self::preview_list).
    pub async fn record_list(
        &self,
        actor: Actor,
        id: StageId,
        key: &IdempotencyKey,
        list: &str,
    ) -> Result<RecordedPerformances> {
        let stage = self.recorded_stage(actor, id).await?;
        let inputs = lines(list)?.into_iter().map(|line| parsed(&stage, &line));
        let inputs: Result<Vec<_>, FieldErrors> = inputs.collect();
        let inputs = inputs.map_err(|errors| in_list(&errors))?;
        let recorded = self.record(actor, id, Some(key), inputs).await;
        let recorded = recorded.map_err(|error| match error {
            crate::domain::Error::Domain(DomainError::Invalid(errors)) => in_list(&errors).into(),
            other => other,
        });
        Ok(recorded?.recorded)
    }

    async fn checked_lines(
        &self,
        stage: &stage::Model,
        lines: &[ReadLine],
    ) -> Result<Vec<Result<ReadyResult, FieldErrors>>> {
        let inputs = lines.iter().map(|line| parsed(stage, line));
        self.checked(stage, inputs.collect()).await
    }
}

/// Returns the first error as one of the field with the list.
fn in_list(errors: &FieldErrors) -> FieldErrors {
    let first = errors.iter().next().map(|error| error.problem.clone());
    let problem = first.unwrap_or(FieldProblem::Result(ResultProblem::NoResults));
    FieldErrors::one("results", problem)
}

fn parsed(stage: &stage::Model, line: &ReadLine) -> Result<PerformanceInput, FieldErrors> {
    let decimals = u32::try_from(stage.decimals).unwrap_or(0);
    line.form.parse(stage.metric, decimals)
}

/// Reads the lines of a list, without empty ones and without a head.
fn lines(list: &str) -> Result<Vec<ReadLine>, FieldErrors> {
    let lines = list.lines().zip(1..);
    let lines = lines.filter(|(line, _)| !line.trim().is_empty());
    let lines = lines.map(|(line, number)| ReadLine {
        number,
        form: PerformanceForm::of_line(line.trim_start_matches('\u{feff}')),
    });
    // One more than there may be is as wrong as any more.
    let mut lines: Vec<_> = lines.take(PERFORMANCES_MAX + 2).collect();
    if lines.first().is_some_and(|line| is_head(&line.form)) {
        lines.remove(0);
    }
    if lines.is_empty() {
        return Err(FieldErrors::one("results", ResultProblem::NoResults));
    }
    if lines.len() > PERFORMANCES_MAX {
        let problem = ResultProblem::TooManyResults(PERFORMANCES_MAX as u64);
        return Err(FieldErrors::one("results", problem));
    }
    Ok(lines)
}

/// Returns whether a line has the names of the columns.
fn is_head(form: &PerformanceForm) -> bool {
    let has_digit = |text: &str| text.chars().any(char::is_numeric);
    !has_digit(&form.code) && !has_digit(&form.value) && !form.value.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_lines_with_numbers_and_may_have_a_head() {
        let read = lines("\u{feff}number;value;status;note\r\n12;59.1\n\n 13;DNF\n").unwrap();
        let shown: Vec<_> = read
            .iter()
            .map(|line| (line.number, line.form.code.as_str()))
            .collect();
        assert_eq!(shown, [(2, "12"), (4, "13")]);
        assert!(lines(" \n").is_err());
        let many = "1;1\n".repeat(PERFORMANCES_MAX + 1);
        assert!(lines(&many).is_err());
        assert!(lines(&many[4..]).is_ok());
    }
}
