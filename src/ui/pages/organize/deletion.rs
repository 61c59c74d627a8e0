//! The page that asks before a competition is deleted.

use std::sync::Arc;

use leptos::prelude::*;

use super::question::permitted;
use crate::{
    model::{Permission, Phase},
    ui::{
        actions::DELETION_FORM,
        components::Field,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/organize/{id}/delete`: asks for the title before a competition is deleted, and leads those who would
/// delete registrations of a published competition to its cancellation.
#[component]
pub fn Delete() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let competition = permitted(&request, Permission::Delete).await?;
    let (t, e) = (&text().organize, &text().editing);
    let registered = u64::from(competition.registered());
    let is_ahead = !matches!(
        competition.phase(request.now),
        Phase::Draft | Phase::Cancelled | Phase::Ended
    );
    let form = if registered > 0 && is_ahead {
        view! {
            <p>{e.delete_registered(registered)}</p>
            <p class="buttons">
                <a class="button danger" href=paths::organize(competition.id, "call-off")>{t.call_off}</a>
                <a class="button" href=paths::organize(competition.id, "")>{t.keep}</a>
            </p>
        }
        .into_any()
    } else {
        let form_input = request.form_input(DELETION_FORM);
        let hint = e.delete_type(&competition.title);
        view! {
            <p>{t.delete_text}</p>
            <form method="post" class="form" action="/act/delete-competition">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <p id="title-to-type">{hint}</p>
                <Field form_input=form_input name="title" label=t.field_title autocomplete="off"/>
                <p class="buttons">
                    <button type="submit" class="button danger">{t.delete_yes}</button>
                    <a class="button" href=paths::organize(competition.id, "") data-close="">{t.keep}</a>
                </p>
            </form>
        }
        .into_any()
    };
    let body = view! {
        <div class="form-page" data-question="">
            <h1>{t.delete_title}</h1>
            <p><strong>{competition.title.clone()}</strong></p>
            {form}
        </div>
    };
    Ok(PageContent::new(t.delete_title, body))
}
