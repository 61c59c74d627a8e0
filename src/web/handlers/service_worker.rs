//! The service worker of the site (`service_worker.js`), with which registrations and tickets can be read
//! offline.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{text::OFFERED, ui::BrowserBundle};

/// The script, in which the values of this release are still missing.
const SCRIPT: &str = include_str!("service_worker.js");
/// The worker fetches from this site and loads nothing else.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; connect-src 'self'");
const JAVASCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// The script of this release. Cheap to clone.
#[derive(Debug, Clone)]
pub(in crate::web) struct ServiceWorker(Bytes);

impl ServiceWorker {
    /// Puts the values of this release into the script. Another script, style sheet or version is another
    /// release, which browsers take over at the next visit.
    pub(in crate::web) fn new(bundle: &BrowserBundle) -> Self {
        let languages: Vec<_> = OFFERED.iter().map(|language| language.tag()).collect();
        let script = SCRIPT
            .replace("{stylesheet}", bundle.stylesheet_path())
            .replace("{languages}", &languages.join(" "));
        let digest = Sha256::new()
            .chain_update(env!("CARGO_PKG_VERSION"))
            .chain_update(&script)
            .finalize();
        let release = hex::encode(&digest[..8]);
        Self(script.replace("{release}", &release).into())
    }

    /// Returns the response with the script. Browsers ask for it at each visit, and never use an old one.
    pub(in crate::web) fn response(&self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, JAVASCRIPT),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::CONTENT_SECURITY_POLICY, POLICY),
        ];
        (headers, self.0.clone()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_the_values_of_its_release() {
        let worker = ServiceWorker::new(&BrowserBundle::default());
        let script = String::from_utf8(worker.0.to_vec()).unwrap();
        assert!(script.contains("const LANGUAGES = 'en de es fr ja ar'.split(' ');"));
        for placeholder in ["{release}", "{stylesheet}", "{languages}"] {
            assert!(!script.contains(placeholder), "{placeholder}");
        }
    }
}
