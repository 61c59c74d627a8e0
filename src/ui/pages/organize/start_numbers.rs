//! The page on which an organizer gives start numbers: a rule, what it would do, and the button that does it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionView, Permission, StartNumberOrder, StartNumberView, StartNumbersView,
        forms::StartNumberForm,
    },
    ui::{
        actions::START_NUMBERS_FORM,
        components::{ErrorSummary, Field, PageHeader, Select, TableBox},
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The page `/organize/{id}/start-numbers`: gives start numbers to participants.
#[component]
pub fn StartNumbers() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::Edit).await?;
    let asked = request.query("order").is_some();
    let typed = StartNumberForm {
        order: request.query("order").unwrap_or_default(),
        from: request.query("from").unwrap_or_default(),
    };
    let mut form_input = request.form_input(START_NUMBERS_FORM);
    let mut preview = None;
    if asked {
        form_input = Arc::new(FormInput::of(START_NUMBERS_FORM, &typed));
        match typed.parse(true) {
            Ok(input) => {
                let start_numbers = &request.services.start_numbers;
                preview = Some(start_numbers.give(actor, competition.id, input).await?);
            }
            Err(errors) => {
                let input = FormInput::of(START_NUMBERS_FORM, &typed);
                form_input = Arc::new(input.with_errors(errors));
            }
        }
    }
    let t = &text().start_numbers;
    let body = view! {
        <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title lead=t.lead/>
        {rule(&competition, &form_input)}
        {preview.map(|preview| shown(&competition, &typed, preview))}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

/// Shows the form for the rule, which leads to the preview.
fn rule(competition: &CompetitionView, form_input: &Arc<FormInput>) -> AnyView {
    let t = &text().start_numbers;
    let order = match form_input.value("order").as_str() {
        "REGISTERED_AT" => StartNumberOrder::RegisteredAt.as_str(),
        _ => StartNumberOrder::Name.as_str(),
    };
    let orders = vec![
        (StartNumberOrder::Name.as_str(), t.by_name),
        (StartNumberOrder::RegisteredAt.as_str(), t.by_registration),
    ];
    let form_input = || Arc::clone(form_input);
    view! {
        <form class="form" method="get" action=paths::organize(competition.id, "start-numbers") data-testid="start-number-rule">
            <ErrorSummary form_input=form_input()/>
            <Select name="order" label=t.order value=order choices=orders/>
            <Field form_input=form_input() name="from" kind="number" label=t.from hint=t.from_hint optional=true min="1"/>
            <p class="buttons"><button type="submit" class="button">{t.preview}</button></p>
        </form>
    }
    .into_any()
}

/// Shows what the rule would do, with the button that does it.
fn shown(
    competition: &CompetitionView,
    typed: &StartNumberForm,
    preview: StartNumbersView,
) -> AnyView {
    let t = &text().start_numbers;
    let without = (preview.without_number > 0).then(|| {
        view! { <p><strong>{t.without(&number(preview.without_number))}</strong></p> }
    });
    let act = match preview.given {
        0 => view! { <p class="muted">{t.nobody}</p> }.into_any(),
        given => view! {
            <p>{t.to_give(&number(given))}</p>
            {table(preview.items)}
            <form method="post" action="/act/give-start-numbers-of-competition" data-testid="give-start-numbers">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name="order" value=typed.order.clone()/>
                <input type="hidden" name="from" value=typed.from.clone()/>
                <p class="buttons"><button type="submit" class="button primary">{t.give}</button></p>
            </form>
        }
        .into_any(),
    };
    view! {
        <section class="section" aria-labelledby="preview" data-testid="start-number-preview">
            <h2 id="preview">{t.preview_title}</h2>
            <p>{t.kept(&number(preview.kept))}</p>
            {without}
            {act}
        </section>
    }
    .into_any()
}

fn table(items: Vec<StartNumberView>) -> AnyView {
    let (t, c) = (&text().start_numbers, &text().check_in);
    let has_divisions = items.iter().any(|item| item.division.is_some());
    let head = has_divisions.then(|| view! { <th scope="col">{text().divisions.division}</th> });
    let rows = items.into_iter().map(move |item| {
        let name = text().account.account_name(&item.user_name).to_owned();
        let division = has_divisions.then(|| {
            let label = text().divisions.division;
            view! { <td data-label=label><bdi>{item.division.unwrap_or_default()}</bdi></td> }
        });
        view! {
            <tr>
                <td data-label=t.column>{item.start_number.to_string()}</td>
                <th scope="row"><bdi>{name}</bdi></th>
                {division}
            </tr>
        }
    });
    view! {
        <TableBox label=t.first_of_them>
            <table class="table">
                <caption>{t.first_of_them}</caption>
                <thead><tr><th scope="col">{t.column}</th><th scope="col">{c.name}</th>{head}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </TableBox>
    }
    .into_any()
}
