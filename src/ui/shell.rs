//! The document around every page.

use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_meta::{HashedStylesheet, MetaTags};

use super::{App, Bundle, text::text};

/// Before the first paint: the remembered theme; and that a transition between pages which the browser
/// gives up rejects a promise is no error of ours. A few lines of script rather than the bundle's,
/// because the bundle comes after the content.
const EARLY: &str = "try{let t=localStorage.getItem('theme');\
if(t)document.documentElement.dataset.theme=t}catch(e){}\
addEventListener('pagereveal',e=>e.viewTransition?.ready.catch(()=>{}))";

/// Pages fade into each other. Here and not in the style sheet, because the browser asks whether the
/// new page wants it as soon as that page begins, and gives up if the style sheet is still on its
/// way.
const TRANSITIONS: &str = "@view-transition{navigation:auto}\
@media (prefers-reduced-motion:reduce){@view-transition{navigation:none}}";

/// The whole document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let bundle = use_context::<Bundle>().unwrap_or_default();
    let scripts = bundle
        .present
        .then(|| view! { <HydrationScripts options=options.clone() islands=true/> });
    view! {
        <!DOCTYPE html>
        <html lang=text().language>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#fbfaf8" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#15161a" media="(prefers-color-scheme: dark)"/>
                <style nonce=use_nonce()>{TRANSITIONS}</style>
                <script nonce=use_nonce()>{EARLY}</script>
                <HashedStylesheet options=options.clone()/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <MetaTags/>
                {scripts}
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
