//! What people see (a stand-in until the pages arrive).
#![allow(missing_docs)]

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode, StaticSegment,
    components::{Route, Router, Routes},
};

pub mod session {
    use crate::model::UserView;

    /// The session key under which the account's id stands.
    pub const SESSION_USER: &str = "user";

    /// Who looks at the page.
    #[derive(Debug, Clone)]
    pub struct Viewer(pub Option<UserView>);
}

/// What there is of the browser bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundle {
    pub present: bool,
}

pub fn shell(_options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head><MetaTags/></head>
            <body><App/></body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=|| "Nothing here.">
                <Route path=StaticSegment("") view=|| view! { <h1>"Mini Compete"</h1> } ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}
