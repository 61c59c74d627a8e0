//! The document around every page.

use leptos::{prelude::*, tachys::html::InertElement};
use leptos_meta::MetaTags;

use super::{
    App, BrowserBundle,
    bundle::EARLY,
    own_zone::chosen_zone,
    page::{RefusedPage, RefusedPageProps},
    text::language,
};
use crate::text::island_sentences;

/// Renders the whole HTML document around the page of the requested path.
pub fn shell() -> impl IntoView {
    document(|| view! { <App/> }.into_any())
}

/// Renders the HTML document for a request that was refused before any page was chosen.
pub fn refused(title: String, words: String) -> impl IntoView {
    document(|| RefusedPage(RefusedPageProps { title, words }).into_any())
}

fn document(body: impl FnOnce() -> AnyView) -> impl IntoView {
    let bundle = use_context::<BrowserBundle>().unwrap_or_default();
    let language = language();
    let sentences = format!(
        "<script type=\"application/json\" id=\"island-sentences\">{}</script>",
        island_sentences(language)
    );
    // What `HydrationScripts` does besides rendering: what is outside of islands is not hydrated.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() dir=language.direction() data-zone-chosen=chosen_zone()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#fbfaf8" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#15161a" media="(prefers-color-scheme: dark)"/>
                <script>{EARLY}</script>
                {InertElement::new(bundle.stylesheet().to_owned())}
                // The first paint waits for the end of the document, which is small: a footer or a menu that has
                // arrived in part would move when the rest of it arrives.
                <link rel="expect" href="#island-sentences" blocking="render"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/apple-touch-icon.png"/>
                <link rel="manifest" href=format!("/manifest.webmanifest?lang={language}")/>
                <MetaTags/>
                {InertElement::new(bundle.scripts().to_owned())}
            </head>
            <body>
                {body()}
                {InertElement::new(sentences)}
            </body>
        </html>
    }
}
