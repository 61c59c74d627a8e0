//! The headers of every response: what browsers may do with it, and whether they may keep it.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use leptos_axum::ResponseOptions;

use crate::{model::Language, ops::settings::Hsts, ui::BrowserBundle, web::config::Config};

/// The content security policy of everything but pages: nothing may be loaded or framed.
const STRICT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";
/// The same for a page that has asked for the camera ([`CAMERA`]).
const PERMISSIONS_WITH_CAMERA: &str = "accelerometer=(), camera=(self), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";
/// The policy with which the page for check-in asks for the camera.
const CAMERA: &str = "camera=(self)";
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Two years in seconds, as the preload list requires.
const HSTS: &str = "max-age=63072000";
const HSTS_SUBDOMAINS: &str = "max-age=63072000; includeSubDomains";

/// Returns the content security policy of a page: our own files, and the inline scripts that every page
/// has, by their hashes. `wasm-unsafe-eval` lets WebAssembly compile, not `eval` run.
pub(in crate::web) fn page_policy(bundle: &BrowserBundle) -> HeaderValue {
    let policy = format!(
        "default-src 'self'; script-src 'self' {scripts} 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
        scripts = bundle.script_sources()
    );
    // Base64 always fits; the strictest policy would leave pages without scripts and styles.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(STRICT_POLICY))
}

/// Sets the policy and the language of the page that is being rendered; must be called while it is.
pub(in crate::web) fn set_page_headers(policy: &HeaderValue, language: Language) {
    if let Some(response) = leptos::context::use_context::<ResponseOptions>() {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy.clone());
        let tag = HeaderValue::from_static(language.tag());
        response.insert_header(header::CONTENT_LANGUAGE, tag);
    }
}

/// Sets the headers on the response.
pub(super) fn set(config: &Config, response: &mut Response) {
    let hsts = config.https().then_some(config.hsts).and_then(hsts);
    apply(response.headers_mut(), hsts);
}

/// Returns the value of `Strict-Transport-Security` (RFC 6797); `None` if the header is not sent.
fn hsts(setting: Hsts) -> Option<&'static str> {
    match setting {
        Hsts::Off => None,
        Hsts::On => Some(HSTS),
        Hsts::IncludeSubDomains => Some(HSTS_SUBDOMAINS),
    }
}

fn apply(headers: &mut HeaderMap, hsts: Option<&'static str>) {
    let asked = headers.get(PERMISSIONS_POLICY);
    let permissions = match asked.is_some_and(|asked| asked == CAMERA) {
        true => PERMISSIONS_WITH_CAMERA,
        false => PERMISSIONS,
    };
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: a form that fails without JavaScript is led back to its page by `Referer`.
        (header::REFERRER_POLICY, "same-origin"),
        (PERMISSIONS_POLICY, permissions),
        (OPENER_POLICY, "same-origin"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(hsts) = hsts {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(hsts),
        );
    }
    // Other sites must not embed our responses, unless the handler allows it, for a picture perhaps.
    headers
        .entry(RESOURCE_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(STRICT_POLICY));
    // Browsers must ask before they reuse a response, unless its handler set another rule.
    let cache_control = if headers.contains_key(header::SET_COOKIE) {
        headers.remove(header::CACHE_CONTROL);
        "no-store"
    } else {
        "no-cache"
    };
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static(cache_control));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_that_asks_for_the_camera_may_use_it() {
        let policy = |headers: &mut HeaderMap| {
            apply(headers, None);
            headers[PERMISSIONS_POLICY].to_str().unwrap().to_owned()
        };
        assert!(policy(&mut HeaderMap::new()).contains("camera=(),"));
        let mut asking =
            HeaderMap::from_iter([(PERMISSIONS_POLICY, HeaderValue::from_static(CAMERA))]);
        let allowed = policy(&mut asking);
        assert!(allowed.contains("camera=(self),") && allowed.contains("microphone=()"));
    }

    #[test]
    fn a_page_keeps_its_own_policy_and_other_responses_get_the_strictest() {
        let mut page = HeaderMap::from_iter([(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'self'"),
        )]);
        apply(&mut page, None);
        assert_eq!(page[header::CONTENT_SECURITY_POLICY], "default-src 'self'");
        let mut other = HeaderMap::new();
        apply(&mut other, None);
        assert_eq!(other[header::CONTENT_SECURITY_POLICY], STRICT_POLICY);
    }

    #[test]
    fn a_response_that_sets_a_cookie_is_never_stored() {
        let mut headers = HeaderMap::from_iter([
            (header::SET_COOKIE, HeaderValue::from_static("a=b")),
            (header::CACHE_CONTROL, HeaderValue::from_static("public")),
        ]);
        apply(&mut headers, None);
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }

    #[test]
    fn other_sites_embed_only_what_a_handler_allows() {
        let mut headers = HeaderMap::new();
        apply(&mut headers, None);
        assert_eq!(headers[RESOURCE_POLICY], "same-origin");
        let mut shared =
            HeaderMap::from_iter([(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"))]);
        apply(&mut shared, None);
        assert_eq!(shared[RESOURCE_POLICY], "cross-origin");
    }
}
