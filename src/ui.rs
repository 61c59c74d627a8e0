//! What people see and press.
//!
//! Pages are documents: rendered on the server, complete without JavaScript. A page asks the
//! domain, never an entity; a form posts to a server function in [`actions`], which always answers
//! with a redirect, so that a reload repeats nothing and tells the truth. Only the [`islands`] are
//! compiled to WebAssembly, and each makes something live that works without it.
//!
//! | room | what |
//! | --- | --- |
//! | `shell`, `app` | the document, the routes |
//! | `page` | what surrounds each page: who looks, what just happened, what went wrong |
//! | `pages/` | one file a page |
//! | `components/` | what pages are made of |
//! | `islands/` | what is alive in the browser |
//! | `actions/` | server functions: what forms post to |
//! | `session`, `flash` | who is logged in; what the next page has to say |
//! | `text/` | every sentence, one catalogue |

pub mod address;
pub mod components;
pub mod islands;
pub mod text;

#[cfg(feature = "ssr")]
pub mod actions;
#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
pub mod flash;
#[cfg(feature = "ssr")]
mod markdown;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "ssr")]
pub use {
    app::App,
    shell::{refused, shell},
};

/// Whether `cargo xtask site` has built the browser's bundle. Without it pages leave out its
/// scripts, and everything still works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bundle {
    /// It lies in the site folder.
    pub present: bool,
}
