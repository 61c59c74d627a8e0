//! The drawer that shows a participant beside the list of participants.

use leptos::prelude::*;

use crate::ui::{paths, text::text};

/// Shows the drawer, closed, in which a script shows the participant whose name is pressed: what the participant's own
/// page shows (`public/person-drawer.js`). `list` is the path of the list.
pub fn person_drawer(list: String) -> AnyView {
    let (t, frame) = (&text().person, &text().frame);
    view! {
        <dialog id="person" class="drawer" aria-labelledby="person-name" data-testid="person-drawer">
            <div class="drawer-page">
                <div class="drawer-bar">
                    <h2 id="person-name" tabindex="-1" dir="auto" aria-live="polite"></h2>
                    <a class="button small quiet" href=list data-page="">{t.open_page}</a>
                    <button type="button" class="button small quiet" data-step="-1">{frame.previous}</button>
                    <button type="button" class="button small quiet" data-step="1">{frame.next}</button>
                    <button type="button" class="button small" data-close="">{frame.close}</button>
                </div>
                <p class="alert" data-tone="bad" role="alert" data-failed="" hidden=true>{t.not_sent}</p>
                <div class="drawer-body"></div>
            </div>
        </dialog>
        <script src=paths::PERSON_DRAWER_SCRIPT defer=true></script>
    }
    .into_any()
}
