//! The document around every page.

use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*, tachys::html::InertElement};
use leptos_meta::{HashedStylesheet, MetaTags};

use super::{
    App, BrowserBundle,
    page::{RefusedPage, RefusedPageProps},
    text::text,
};

/// Script that runs before the first paint. It applies the stored theme and opts in to view
/// transitions between pages. The browser checks for the opt-in as soon as a new page begins, and
/// skips the transition if the style sheet has not arrived, so the opt-in can't wait for the style
/// sheet; the promise that is rejected then is no error. These lines are not part of the bundle
/// because the bundle is loaded after the content.
const EARLY: &str = "try{let t=localStorage.getItem('theme');\
if(t)document.documentElement.dataset.theme=t;\
let s=new CSSStyleSheet;s.replaceSync('@media (prefers-reduced-motion:no-preference)\
{@view-transition{navigation:auto}}');document.adoptedStyleSheets.push(s)}catch(e){}\
addEventListener('pagereveal',e=>e.viewTransition?.ready.catch(()=>{}))";

/// Returns the elements that load the bundle. Leptos writes the nonce into the `crossorigin`
/// attribute of its preloads, where it does not belong. Browsers read any unknown value there as
/// `anonymous`, so this writes `anonymous`.
fn scripts(options: LeptosOptions) -> impl IntoView {
    let html = view! { <HydrationScripts options=options islands=true/> }.to_html();
    let html = match use_nonce() {
        Some(nonce) => html.replace(
            &format!("crossorigin=\"{nonce}\""),
            "crossorigin=\"anonymous\"",
        ),
        None => html,
    };
    InertElement::new(html)
}

/// Renders the whole HTML document around the page of the requested path.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, || view! { <App/> }.into_any())
}

/// Renders the HTML document for a request that was refused before any page was chosen.
pub fn refused(options: LeptosOptions, title: String, words: String) -> impl IntoView {
    document(options, || {
        RefusedPage(RefusedPageProps { title, words }).into_any()
    })
}

fn document(options: LeptosOptions, body: impl FnOnce() -> AnyView) -> impl IntoView {
    let bundle = use_context::<BrowserBundle>().unwrap_or_default();
    let scripts = bundle.present.then(|| scripts(options.clone()));
    view! {
        <!DOCTYPE html>
        <html lang=text().language>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#fbfaf8" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#15161a" media="(prefers-color-scheme: dark)"/>
                <script nonce=use_nonce()>{EARLY}</script>
                <HashedStylesheet options=options.clone()/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <MetaTags/>
                {scripts}
            </head>
            <body>
                {body()}
            </body>
        </html>
    }
}
