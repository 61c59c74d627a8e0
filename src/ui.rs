//! The user interface: pages, components, islands and server functions.
//!
//! Pages are documents: they are rendered on the server and complete without JavaScript. A page calls
//! services of the domain and uses no entity. A form posts to a server function in [`actions`], which
//! responds with a redirect, so that a reload repeats nothing and shows the current state. Only the
//! [`islands`] are compiled to WebAssembly; each of them adds live behaviour to something that works
//! without it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `shell`, `bundle`, `app` | the HTML document, what it loads, the routes |
//! | `page`, `page_request` | what every page has in common: the request, the frame, error pages |
//! | `pages/` | one file for each page |
//! | `components/` | the parts that pages are made of |
//! | `islands/` | what also runs in the browser |
//! | `actions/` | server functions: what forms post to |
//! | `own_zone` | the time zone that the viewer has chosen |
//! | `fragments` | parts of pages that are the same for everyone, rendered once |
//! | `cookie_text` | the text of a cookie that pages read and write |
//! | `structured_data` | what search engines read of a competition |
//! | `log_in_page` | the log-in page as the response to a form whose session had ended |
//! | `public_url` | the address at which people reach this site |
//! | `shown_once` | a new secret that the next page shows |
//! | `session`, `flash`, `intent`, `second_factor` | the account that is logged in; what the next page shows once; what is done after the log-in; a log-in between its two steps |
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
mod attached;
#[cfg(feature = "ssr")]
mod bundle;
#[cfg(feature = "ssr")]
pub mod cookie_text;
#[cfg(feature = "ssr")]
pub mod flash;
#[cfg(feature = "ssr")]
pub mod fragments;
#[cfg(feature = "ssr")]
pub mod intent;
#[cfg(feature = "ssr")]
pub mod log_in_page;
#[cfg(feature = "ssr")]
mod markdown;
#[cfg(feature = "ssr")]
pub mod own_zone;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod page_request;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
pub mod public_url;
#[cfg(feature = "ssr")]
pub mod second_factor;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub mod shown_once;
#[cfg(feature = "ssr")]
mod structured_data;
#[cfg(feature = "ssr")]
mod waiting_answers;

#[cfg(feature = "ssr")]
pub use {
    app::App,
    bundle::BrowserBundle,
    shell::{refused, shell},
};
