//! The standings of a round robin or of the Swiss system, as a table.

use leptos::prelude::*;

use crate::{
    model::{BracketDetailView, BracketStandingView},
    ui::{
        components::TableBox,
        text::{number, text},
    },
};

/// Shows the standings, if the bracket has any.
pub(in crate::ui::pages) fn standings(detail: &BracketDetailView) -> Option<AnyView> {
    let t = &text().brackets;
    let row = |row: &BracketStandingView| {
        let entrant = detail.entrant(row.seed);
        let name = entrant.map(|it| text().account.account_name(&it.user_name).to_owned());
        let count = |count: u32| number(count.into());
        view! {
            <tr>
                <td data-label=text().results.rank>{count(row.rank)}</td>
                <th scope="row"><bdi>{name}</bdi></th>
                <td data-label=t.points>{count(row.points)}</td>
                <td data-label=t.won>{count(row.won)}</td>
                <td data-label=t.drawn>{count(row.drawn)}</td>
                <td data-label=t.lost>{count(row.lost)}</td>
                <td data-label=t.byes>{count(row.byes)}</td>
                <td data-label=t.tie_break>{row.tie_break.to_string()}</td>
            </tr>
        }
    };
    let rows = detail.standings.iter().map(row).collect_view();
    (!detail.standings.is_empty()).then(|| {
        view! {
            <TableBox label=t.standings>
                <table class="table" data-testid="bracket-standings">
                    <caption>{t.standings}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{text().results.rank}</th>
                            <th scope="col">{text().check_in.name}</th>
                            <th scope="col">{t.points}</th>
                            <th scope="col">{t.won}</th>
                            <th scope="col">{t.drawn}</th>
                            <th scope="col">{t.lost}</th>
                            <th scope="col">{t.byes}</th>
                            <th scope="col">{t.tie_break}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableBox>
        }
        .into_any()
    })
}
