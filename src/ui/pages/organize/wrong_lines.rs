//! The table of the lines of a list that can't be used, for lists of people and of results.

use leptos::prelude::*;

use crate::{
    model::forms::FieldProblem,
    ui::{components::TableBox, text::text},
};

/// A line that can't be used.
pub(super) struct WrongLine {
    /// The number of the line, from 1.
    pub line: u64,
    /// What the line says, in short.
    pub shown: String,
    pub problem: Option<FieldProblem>,
}

/// Shows the lines that can't be used, and why. `heading` is that of what they say.
pub(super) fn wrong_lines(
    heading: &'static str,
    lines: impl IntoIterator<Item = WrongLine>,
) -> AnyView {
    let t = &text().import;
    let rows = lines.into_iter().map(|line| {
        let problem = line.problem.as_ref();
        let words = problem.map(|problem| text().field_problem(problem));
        view! {
            <tr>
                <th scope="row">{line.line}</th>
                <td class="cell-text"><bdi>{line.shown.trim().to_owned()}</bdi></td>
                <td>{words}</td>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    view! {
        <TableBox label=t.col_problem>
            <table class="table dense" data-testid="wrong-lines">
                <caption class="sr-only">{t.col_problem}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.col_line}</th>
                        <th scope="col">{heading}</th>
                        <th scope="col">{t.col_problem}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableBox>
    }
    .into_any()
}
