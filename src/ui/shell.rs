//! The document around every page.

use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*, tachys::html::InertElement};
use leptos_meta::{HashedStylesheet, MetaTags};

use super::{
    App, Bundle,
    page::{Refused, RefusedProps},
    text::text,
};

/// Before the first paint: the remembered theme, and that pages fade into each other. The browser asks
/// whether a new page wants that as soon as it begins, and gives up if the style sheet is still on
/// its way, so it is said here; that a promise is rejected then is no error of ours. A few lines of
/// script rather than the bundle's, because the bundle comes after the content.
const EARLY: &str = "try{let t=localStorage.getItem('theme');\
if(t)document.documentElement.dataset.theme=t;\
let s=new CSSStyleSheet;s.replaceSync('@media (prefers-reduced-motion:no-preference)\
{@view-transition{navigation:auto}}');document.adoptedStyleSheets.push(s)}catch(e){}\
addEventListener('pagereveal',e=>e.viewTransition?.ready.catch(()=>{}))";

/// What loads the bundle. Leptos writes the nonce into its preloads' `crossorigin`, where it does not
/// belong: any text there means `anonymous`, so that is what it says.
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

/// The whole document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, || view! { <App/> }.into_any())
}

/// The document for a request that was refused before it came to a page.
pub fn refused(options: LeptosOptions, title: String, words: String) -> impl IntoView {
    document(options, || {
        Refused(RefusedProps { title, words }).into_any()
    })
}

fn document(options: LeptosOptions, body: impl FnOnce() -> AnyView) -> impl IntoView {
    let bundle = use_context::<Bundle>().unwrap_or_default();
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
