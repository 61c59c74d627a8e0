//! The page that is shown when there is no network.

use std::sync::Arc;

use leptos::prelude::*;

use crate::ui::{
    components::PageHeader,
    page::{PageContent, page},
    page_request::PageRequest,
    paths,
    text::text,
};

/// The page `/offline`: says that there is no network, and leads to what can be read without one. The service
/// worker keeps it in each language.
#[component]
pub fn Offline() -> impl IntoView {
    page(async |_: Arc<PageRequest>| {
        let t = &text().frame;
        let body = view! {
            <PageHeader title=t.offline_title lead=t.offline/>
            <p class="buttons">
                <a class="button primary" href="">{t.try_again}</a>
                <a class="button" href=paths::MY_REGISTRATIONS>{t.my_registrations}</a>
            </p>
        };
        Ok(PageContent::new(t.offline_title, body))
    })
}
