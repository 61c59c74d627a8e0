//! Behind the link in a reminder: asks, and says that it is done. A link alone changes nothing, since
//! mail scanners follow links; mail programs post to the same address (RFC 8058).

use std::sync::Arc;

use leptos::prelude::*;

use crate::ui::{
    address,
    page::{Halt, Page, Visit, page},
    text::text,
};

/// `/unsubscribe?token=…`, and `/unsubscribe?done=1` afterwards.
#[component]
pub fn Unsubscribe() -> impl IntoView {
    page(load)
}

async fn load(visit: Arc<Visit>) -> Result<Page, Halt> {
    let t = &text().unsubscribe;
    if visit.query("done").is_some() {
        let body = view! {
            <div class="form-page">
                <h1>{t.done_title}</h1>
                <p role="status">{t.done}</p>
                <p><a class="button" href=address::MAILBOX>{t.to_mailbox}</a></p>
            </div>
        };
        return Ok(Page::new(t.done_title, body));
    }
    let Some(token) = visit.query("token") else {
        return Err(Halt::NotFound);
    };
    let body = view! {
        <div class="form-page">
            <h1>{t.title}</h1>
            <p>{t.words}</p>
            <form method="post" action="/unsubscribe">
                <input type="hidden" name="token" value=token/>
                <button type="submit" class="button primary">{t.yes}</button>
            </form>
        </div>
    };
    Ok(Page::new(t.title, body))
}
