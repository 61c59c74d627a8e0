//! The cover of a competition, as a picture beside its words.

use leptos::prelude::*;

/// Shows a cover. It is decoration: the title stands beside it.
#[component]
pub fn CoverPicture(
    /// The address of the cover (`paths::cover`).
    address: String,
    /// The class that lays the picture out.
    class: &'static str,
    /// Whether the picture is loaded only when it is about to be seen.
    #[prop(default = true)]
    lazy: bool,
) -> impl IntoView {
    let loading = if lazy { "lazy" } else { "eager" };
    view! {
        <img class=class src=address alt="" width="1200" height="630" loading=loading decoding="async"/>
    }
    .into_any()
}
