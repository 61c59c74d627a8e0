//! The page behind the unsubscribe link of a mail. It asks, and confirms afterwards. Following
//! the link changes nothing, since mail scanners follow links; mail programs post to the same
//! address (RFC 8058).

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::MailTopic,
    ui::{
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The page `/unsubscribe?token=…`, and `/unsubscribe?done=1` afterwards.
#[component]
pub fn Unsubscribe() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let t = &text().unsubscribe;
    if request.query("done").is_some() {
        let body = view! {
            <div class="form-page">
                <h1>{t.done_title}</h1>
                <p role="status">{t.done}</p>
                <p><a class="button" href=paths::MAILBOX>{t.to_mailbox}</a></p>
            </div>
        };
        return Ok(PageContent::new(t.done_title, body));
    }
    let Some(token) = request.query("token") else {
        return Err(PageError::NotFound);
    };
    let topic = request.services.preferences.topic_of(&token);
    let topic = topic.unwrap_or(MailTopic::Reminders);
    let body = view! {
        <div class="form-page">
            <h1>{t.title(topic)}</h1>
            <p>{t.words}</p>
            <form method="post" action="/unsubscribe">
                <input type="hidden" name="token" value=token/>
                <button type="submit" class="button primary">{t.yes}</button>
            </form>
        </div>
    };
    Ok(PageContent::new(t.title(topic), body))
}
