//! The cookies beside the session's: the flash data of a visitor without a session, and the token by which
//! a device is recognized at the next log-in.
//!
//! The pages and the domain know their content. Their names, their lifetimes and their protection
//! against forgery are decided here, for both the pages and the API.
//!
//! | cookie | content | lifetime |
//! | --- | --- | --- |
//! | `mc_flash` | a message for the next page, and what was typed into a form by an anonymous visitor; authenticated, so that no other text can appear on a page | 5 minutes |
//! | `mc_intent` | the registration that a visitor asked for before the log-in; authenticated, so that nobody else can ask for it | an hour |
//! | `mc_second_factor` | a log-in that waits for its second step, or encrypted recovery codes; authenticated | 15 minutes |
//! | `mc_shown_once` | a new secret that the next page shows, encrypted for the account; authenticated | 15 minutes |
//! | `mc_zone` | the time zone that the browser has noted; it is only read here | a year |
//! | `mc_device` | a [`DeviceToken`], which authenticates itself | a year |
//!
//! The cookie of [`languages`](super::languages) is set by the same functions.
//!
//! Under https all have the prefix `__Host-` (RFC 6265bis, section 4.1.3.2): neither another host
//! of the same domain nor plain http can set them.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tower_sessions::cookie::{Cookie, SameSite, time::Duration};

use super::request_language;
use crate::{
    domain::{
        ClientAddress,
        accounts::{DeviceToken, Origin, devices},
        purpose_key::MAC_BYTES,
    },
    ui::{
        cookie_text::CookieText, flash::FlashCookie, intent::IntentCookie, islands::ZONE_COOKIE,
        own_zone::NotedZone, second_factor::SecondFactorCookie, shown_once::ShownOnceCookie,
    },
    web::config::Config,
};

const FLASH: &str = "mc_flash";
const INTENT: &str = "mc_intent";
const SECOND_FACTOR: &str = "mc_second_factor";
const SHOWN_ONCE: &str = "mc_shown_once";
const DEVICE: &str = "mc_device";
/// How long a visitor may take to get to the next page.
const FLASH_LIFETIME: Duration = Duration::minutes(5);
/// How long a visitor may take to find the phone, and to write down the recovery codes.
const SECOND_FACTOR_LIFETIME: Duration = Duration::minutes(15);
/// How long the owner of a new secret may take to copy it.
const SHOWN_ONCE_LIFETIME: Duration = Duration::minutes(15);
/// How long a visitor may take to create an account, and to confirm its address.
const INTENT_LIFETIME: Duration = Duration::hours(1);
/// Largest cookie that is read, in bytes: browsers need not keep larger ones (RFC 6265, section 6.1).
const MAX_COOKIE_BYTES: usize = 4096;

/// Reads these cookies before a handler runs, and sets those that changed after it.
pub(in crate::web) async fn layer(
    State(config): State<Arc<Config>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let address = request.extensions().get::<ClientAddress>().copied();
    let shown = read(headers, &config, DEVICE).map(|text| DeviceToken(text.to_owned()));
    let carried = read(headers, &config, FLASH).and_then(|text| open(&config, text));
    let intended = read(headers, &config, INTENT).and_then(|text| open(&config, text));
    let second_factor = read(headers, &config, SECOND_FACTOR).and_then(|text| open(&config, text));
    let shown_once = read(headers, &config, SHOWN_ONCE).and_then(|text| open(&config, text));
    let zone = noted_zone(headers);
    let origin = Origin::new(address, shown).reading(request_language::known(&request));
    let second_factor = CookieText::new(second_factor);
    let shown_once = CookieText::new(shown_once);
    let intended = CookieText::new(intended);
    let carried = CookieText::new(carried);
    let extensions = request.extensions_mut();
    extensions.insert(origin.clone());
    if let Some(zone) = zone {
        extensions.insert(zone);
    }
    extensions.insert(IntentCookie(intended.clone()));
    extensions.insert(FlashCookie(carried.clone()));
    extensions.insert(SecondFactorCookie(second_factor.clone()));
    extensions.insert(ShownOnceCookie(shown_once.clone()));

    let mut response = next.run(request).await;

    let headers = response.headers_mut();
    if let Some(DeviceToken(token)) = origin.given() {
        set(
            headers,
            &config,
            DEVICE,
            token,
            Duration::days(devices::DAYS),
        );
    }
    leave(headers, &config, INTENT, &intended, INTENT_LIFETIME);
    leave(headers, &config, FLASH, &carried, FLASH_LIFETIME);
    leave(
        headers,
        &config,
        SECOND_FACTOR,
        &second_factor,
        SECOND_FACTOR_LIFETIME,
    );
    leave(
        headers,
        &config,
        SHOWN_ONCE,
        &shown_once,
        SHOWN_ONCE_LIFETIME,
    );
    response
}

/// Returns whether an earlier response left something for the next page to show.
pub(in crate::web) fn has_flash(headers: &HeaderMap, config: &Config) -> bool {
    headers.contains_key(header::COOKIE) && read(headers, config, FLASH).is_some()
}

/// Returns the full name of a cookie, with the prefix that https allows.
fn name(config: &Config, name: &str) -> String {
    let prefix = if config.https() { "__Host-" } else { "" };
    format!("{prefix}{name}")
}

/// Returns the value of a cookie, if the request has it and it is not too large.
pub(super) fn read<'a>(headers: &'a HeaderMap, config: &Config, cookie: &str) -> Option<&'a str> {
    value(headers, &name(config, cookie))
}

/// Returns the zone that the browser has noted. Its script sets the cookie, without a prefix.
fn noted_zone(headers: &HeaderMap) -> Option<NotedZone> {
    NotedZone::read(value(headers, ZONE_COOKIE)?)
}

/// Returns the value of the cookie with this full name, if it is not too large.
fn value<'a>(headers: &'a HeaderMap, cookie: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) =
        pairs.find(|(name, value)| *name == cookie && value.len() <= MAX_COOKIE_BYTES)?;
    Some(value)
}

/// Sets or removes the cookie if the request left another text for it.
fn leave(
    headers: &mut HeaderMap,
    config: &Config,
    cookie: &str,
    text: &CookieText,
    life: Duration,
) {
    match text.left() {
        Some(Some(text)) => set(headers, config, cookie, &seal(config, &text), life),
        Some(None) => set(headers, config, cookie, "", Duration::ZERO),
        None => {}
    }
}

pub(super) fn set(
    headers: &mut HeaderMap,
    config: &Config,
    cookie: &str,
    value: &str,
    life: Duration,
) {
    let cookie = Cookie::build((name(config, cookie), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(config.https())
        .max_age(life)
        .build();
    match HeaderValue::try_from(cookie.to_string()) {
        Ok(value) => {
            headers.append(header::SET_COOKIE, value);
        }
        Err(error) => {
            tracing::error!(%error, "Could not set a cookie: its text is no header value")
        }
    }
}

/// Returns text in the form of the cookie: its authentication code followed by the text, in base64.
fn seal(config: &Config, text: &str) -> String {
    let code = config.cookie_key.code(&[text.as_bytes()]);
    URL_SAFE_NO_PAD.encode([code.as_slice(), text.as_bytes()].concat())
}

/// Returns the text in a cookie if its authentication code is valid.
fn open(config: &Config, sealed: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (code, text) = bytes.split_at_checked(MAC_BYTES)?;
    let ours = config.cookie_key.verifies(&[text], code);
    ours.then(|| String::from_utf8(text.to_vec()).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::purpose_key::PurposeKey;

    fn config(url: &str) -> Config {
        Config::new(
            url.parse().unwrap(),
            PurposeKey::derive(b"secret", None, "cookies"),
        )
    }

    #[test]
    fn a_cookie_that_names_no_zone_is_as_good_as_none() {
        let zone = |line: &'static str| {
            let cookies = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
            noted_zone(&cookies)
        };
        assert_eq!(
            zone("a=b; mc_zone=Asia/Tokyo")
                .as_ref()
                .map(NotedZone::name),
            Some("Asia/Tokyo")
        );
        for line in [
            "",
            "mc_zone",
            "mc_zone=",
            "mc_zone=<b>",
            "xmc_zone=Asia/Tokyo",
        ] {
            assert_eq!(zone(line), None, "{line}");
        }
    }

    #[test]
    fn sealed_text_can_be_opened_and_forged_text_can_not() {
        let config = config("https://compete.example");
        let sealed = seal(&config, "{\"Grüße\":1}");
        assert_eq!(open(&config, &sealed).as_deref(), Some("{\"Grüße\":1}"));
        let forged = URL_SAFE_NO_PAD.encode([&[0; MAC_BYTES], b"{}".as_slice()].concat());
        for other in [&forged, "", "x", &sealed[1..]] {
            assert_eq!(open(&config, other), None, "{other}");
        }
    }

    #[test]
    fn under_https_no_other_host_can_set_the_cookies() {
        let mut headers = HeaderMap::new();
        set(
            &mut headers,
            &config("https://compete.example"),
            FLASH,
            "x",
            FLASH_LIFETIME,
        );
        let line = headers[header::SET_COOKIE].to_str().unwrap();
        for part in [
            "__Host-mc_flash=x",
            "Path=/",
            "HttpOnly",
            "Secure",
            "SameSite=Lax",
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(!line.contains("Domain"));
        let mut headers = HeaderMap::new();
        set(
            &mut headers,
            &config("http://127.0.0.1:3000"),
            FLASH,
            "x",
            FLASH_LIFETIME,
        );
        let line = headers[header::SET_COOKIE].to_str().unwrap();
        assert!(
            line.starts_with("mc_flash=x") && !line.contains("Secure"),
            "{line}"
        );
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let config = config("http://127.0.0.1:3000");
        let found = |line: &'static str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
            read(&headers, &config, DEVICE).map(str::to_owned)
        };
        assert_eq!(found("a=b; mc_device=x.y;c=d").as_deref(), Some("x.y"));
        assert_eq!(found("xmc_device=x; mc_device"), None);
    }
}
