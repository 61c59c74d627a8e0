//! The user interface: pages, components, islands and server functions.
//!
//! Pages are documents: they are rendered on the server and complete without JavaScript. A page calls
//! services of the domain and uses no entity. A form posts to a server function in [`actions`], which
//! always responds with a redirect, so that a reload repeats nothing and shows the current state. Only the
//! [`islands`] are compiled to WebAssembly; each of them adds live behaviour to something that works
//! without it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `shell`, `app` | the HTML document, the routes |
//! | `page`, `page_request` | what every page has in common: the request, the frame, error pages |
//! | `pages/` | one file for each page |
//! | `components/` | the parts that pages are made of |
//! | `islands/` | what also runs in the browser |
//! | `actions/` | server functions: what forms post to |
//! | `session`, `flash` | the account that is logged in; what the next page shows once |
//! | `paths` | the paths of pages, server functions and event streams |
//! | `text/` | every sentence that people see, in one catalogue |

pub mod components;
pub mod islands;
pub mod paths;
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
pub mod page_request;
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

/// Tells whether `cargo xtask site` has built the browser bundle. Without it pages leave out its
/// scripts, and everything still works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BrowserBundle {
    /// Whether the bundle is in the site folder.
    pub present: bool,
}
