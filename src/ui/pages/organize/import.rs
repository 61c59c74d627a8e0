//! The page on which an organizer imports a list of participants: first it shows what the list would do, line by line
//! where something is wrong, and then it adds the people.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    participants::participants_url,
    wrong_lines::{WrongLine, wrong_lines},
};
use crate::{
    model::{CompetitionId, CompetitionView, IMPORT_BYTES, ImportLine, ImportPreview, Permission},
    ui::{
        actions::{CHECKED, IMPORT_FORM},
        components::{ErrorSummary, Field, PageHeader, TableBox, TextArea},
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The number of people that the preview shows.
const SHOWN: usize = 20;
/// The most characters that are shown of what a line says.
const SHOWN_CHARS: usize = 120;

/// The page `/organize/{id}/import`: adds the people of a list to a competition.
#[component]
pub fn Import() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::ManagePeople).await?;
    let services = &request.services;
    let t = &text().import;
    let form_input = request.form_input(IMPORT_FORM);
    let content = if form_input.value(CHECKED).is_empty() {
        list_form(&competition, &form_input)
    } else {
        let list = form_input.value("people");
        let preview = services
            .participants
            .preview_import(actor, competition.id, &list)
            .await?;
        preview_form(competition.id, preview)
    };
    let body = view! {
        <p class="crumb"><a href=participants_url(competition.id)>{text().person.to_list}</a>" · "<bdi>{competition.title.clone()}</bdi></p>
        <PageHeader title=t.title lead=t.lead/>
        {content}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

/// Shows the form that takes a file, or lines that are pasted.
fn list_form(competition: &CompetitionView, form_input: &Arc<FormInput>) -> AnyView {
    let t = &text().import;
    let division = text().divisions.division;
    let division_hint = (!competition.divisions.is_empty())
        .then(|| view! { <p data-testid="division-hint">{t.division_hint(division)}</p> });
    let competition = competition.id;
    let input = || Arc::clone(form_input);
    view! {
        <form class="form wide-form" method="post" enctype="multipart/form-data" action=paths::ACT_READ_IMPORT data-testid="import-form">
            <ErrorSummary form_input=input()/>
            <input type="hidden" name="competitionId" value=competition.to_string()/>
            {division_hint}
            <TextArea form_input=input() name="people" label=t.people hint=t.people_hint max_length=IMPORT_BYTES/>
            <Field form_input=input() name="file" kind="file" label=t.file hint=t.file_hint accept=".csv,.txt,text/csv,text/plain" optional=true/>
            <p class="buttons">
                <button type="submit" class="button primary">{t.check}</button>
                <a class="button quiet" href=participants_url(competition)>{text().organize.abort}</a>
            </p>
        </form>
    }
    .into_any()
}

/// Shows what a list would do, and the button that does it.
fn preview_form(competition: CompetitionId, preview: ImportPreview) -> AnyView {
    let t = &text().import;
    let new = u64::try_from(preview.new.len()).unwrap_or(u64::MAX);
    let title = match new {
        0 => t.nobody_title.to_owned(),
        new => t.add_title(new),
    };
    let already =
        (preview.registered > 0).then(|| view! { <p>{t.already(preview.registered)}</p> });
    let wrong = (!preview.wrong.is_empty()).then(|| problems(preview.wrong));
    let list = ImportLine::csv(&preview.new);
    let people = (new > 0).then(|| people(&preview.new));
    let yes = (new > 0)
        .then(|| view! { <button type="submit" class="button primary">{t.yes(new)}</button> });
    view! {
        <section class="section" aria-labelledby="preview">
            <h2 id="preview">{title}</h2>
            {already}
            {people}
            {wrong}
            <form method="post" action=paths::ACT_IMPORT data-testid="import-preview">
                <input type="hidden" name="competitionId" value=competition.to_string()/>
                <input type="hidden" name="people" value=list/>
                <p class="buttons">
                    {yes}
                    <a class="button" href=paths::organize(competition, "import")>{t.other}</a>
                </p>
            </form>
        </section>
    }
    .into_any()
}

/// Shows the first people who would be added, so that a wrong column is seen before anybody is.
fn people(lines: &[ImportLine]) -> AnyView {
    let (t, columns) = (&text().import, &text().organize);
    let has_divisions = lines.iter().any(|line| line.division_id.is_some());
    let division_heading =
        has_divisions.then(|| view! { <th scope="col">{text().divisions.division}</th> });
    let rows = lines.iter().take(SHOWN).map(|line| {
        let division = line.division.clone();
        let division =
            has_divisions.then(|| view! { <td class="cell-text"><bdi>{division}</bdi></td> });
        view! {
            <tr>
                <th scope="row" class="cell-text"><bdi>{line.name.clone()}</bdi></th>
                <td class="cell-text"><bdi>{line.email.clone()}</bdi></td>
                {division}
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    let rest = u64::try_from(lines.len().saturating_sub(SHOWN)).unwrap_or(u64::MAX);
    let more = (rest > 0).then(|| view! { <p data-testid="more-people">{t.more(rest)}</p> });
    view! {
        <TableBox label=t.people_to_add>
            <table class="table dense" data-testid="people-to-add">
                <caption class="sr-only">{t.people_to_add}</caption>
                <thead>
                    <tr>
                        <th scope="col">{columns.col_name}</th>
                        <th scope="col">{columns.col_email}</th>
                        {division_heading}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableBox>
        {more}
    }
    .into_any()
}

/// Shows how many lines can't be used, and which.
fn problems(lines: Vec<ImportLine>) -> AnyView {
    let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let lines = lines.into_iter().map(|line| WrongLine {
        line: line.line,
        shown: format!("{} {}", line.email, line.name)
            .chars()
            .take(SHOWN_CHARS)
            .collect(),
        problem: line.problem,
    });
    view! {
        <p>{text().import.problems(count)}</p>
        {wrong_lines(text().organize.col_name, lines)}
    }
    .into_any()
}
