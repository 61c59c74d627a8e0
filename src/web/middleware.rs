//! The layers that every request passes on its way to a handler, in the order of the table: the
//! first one sees the request first and the response last.
//!
//! | layer | what it does |
//! | --- | --- |
//! | [`client_address`] | finds the address of the client behind proxies |
//! | [`access_log`] | logs and measures the request, names it in the response |
//! | [`response_headers`] | sets the security and caching headers of every response |
//! | [`cors`] | lets the configured frontend call the API from a browser |
//! | [`languages`] | chooses the language of pages and errors, and keeps the visitor's choice |
//! | [`error_pages`] | renders errors for people as pages of the site |
//! | [`body_bounds`] | bounds the body's size and the time to the response |
//! | [`request_target`] | refuses targets and `Host` fields that HTTP does not allow |
//! | [`panics`] | turns a panic into a response |
//! | [`compression`] | compresses responses |
//! | [`overload`] | bounds the number of requests in progress |
//! | [`csrf`] | refuses changes that another site's page asks for |
//! | [`page_encoding`] | compresses pages, whose length is known |
//! | [`rate_limits`] | counts forms by network, and API calls by account or network |
//! | [`cookies`] | reads and sets the cookies of visitors and devices |
//! | [`sessions`] | looks up the session and its account |
//!
//! The steps from [`client_address`] to [`panics`] are one layer, [`every_request`]; [`overload`] and
//! [`csrf`] are another, [`guard`]. [`wrap`] is how such layers are made: each layer of axum costs about a
//! microsecond for each request. [`form_pages`] surrounds the server functions only. A layer may use the domain, the API's
//! error type and the pages' texts; it never calls a handler of its own.

mod access_log;
mod body_bounds;
mod client_address;
pub(super) mod compression;
pub(super) mod cookies;
mod cors;
mod csrf;
mod error_pages;
pub(super) mod every_request;
pub(super) mod form_pages;
pub(super) mod guard;
pub(super) mod languages;
mod overload;
pub(super) mod page_encoding;
mod panics;
pub(super) mod rate_limits;
pub(super) mod request_language;
mod request_target;
pub(super) mod response_headers;
pub(super) mod sessions;
pub(super) mod wrap;
