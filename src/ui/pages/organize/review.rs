//! The page that asks before many registrations are cancelled, promoted or notified. It says what will happen.

use std::sync::Arc;

use leptos::prelude::*;

use super::participants::participants_url;
use crate::{
    model::{
        BulkAction, IdempotencyKey, Permission,
        forms::{BulkInput, REASON_MAX},
    },
    ui::{
        actions::{BULK_FORM, bulk_input, effects},
        components::{ErrorSummary, TextArea},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/organize/{id}/registrations/review`: asks before something is done to registrations.
#[component]
pub fn RegistrationsReview() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::ManagePeople).await?;
    let services = &request.services;
    let form_input = request.form_input(BULK_FORM);
    let list = participants_url(competition.id);
    // Nobody was chosen, or the page is loaded again.
    let Ok(input) = bulk_input(&form_input.value("action"), &form_input.value("ids"), "") else {
        return Err(PageError::SeeOther(list));
    };
    let BulkInput {
        action, ref ids, ..
    } = input;
    let chosen: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let result = services
        .registrations
        .preview(actor, competition.id, input)
        .await?;
    let t = &text().people;
    let done = u64::from(result.done);
    let (title, yes, class) = match action {
        BulkAction::Cancel => (t.cancel_title(done), t.cancel_yes(done), "button danger"),
        BulkAction::Promote => (t.promote_title(done), t.promote_yes(done), "button primary"),
        BulkAction::Resend => (t.resend_title(done), t.resend_yes(done), "button primary"),
    };
    let title = if done == 0 {
        t.review_title.to_owned()
    } else {
        title
    };
    let sentences = effects(&result)
        .into_iter()
        .map(|words| view! { <li>{words}</li> });
    let reason = (action == BulkAction::Cancel && done > 0).then(|| {
        let form_input = Arc::clone(&form_input);
        view! {
            <TextArea form_input=form_input name="reason" label=t.reason hint=t.reason_hint optional=true max_length=REASON_MAX/>
        }
    });
    let yes = (done > 0).then(|| view! { <button type="submit" class=class>{yes}</button> });
    let body = view! {
        <div class="form-page">
            <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
            <h1>{title.clone()}</h1>
            <ul data-testid="effects">{sentences.collect_view()}</ul>
            <form class="form" method="post" action="/act/act-on-registrations-of-competition" data-testid="review-form">
                <ErrorSummary form_input=Arc::clone(&form_input)/>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name="idempotencyKey" value=IdempotencyKey::mint().to_string()/>
                <input type="hidden" name="action" value=action.as_str()/>
                <input type="hidden" name="ids" value=chosen.join(",")/>
                {reason}
                <p class="buttons">
                    {yes}
                    <a class="button" href=list>{t.back}</a>
                </p>
            </form>
        </div>
    };
    Ok(PageContent::new(title, body))
}
