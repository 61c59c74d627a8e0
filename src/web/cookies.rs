//! Small cookies beside the session's: what a visitor without a session carries to the next page,
//! and what a device shows when somebody logs in on it again.
//!
//! The pages and the domain know what is in them; what they are called, how long they live and how
//! they are kept from being made up is decided here, for both the pages and the API.
//!
//! | cookie | holds | lives |
//! | --- | --- | --- |
//! | `mc_flash` | a notice, and what was typed into a form for strangers; authenticated, so that nobody else's words stand on our pages | 5 minutes |
//! | `mc_device` | a [`DeviceToken`], which authenticates itself | a year |
//!
//! Under https both have the prefix `__Host-` (RFC 6265bis, section 4.1.3.2): neither another host
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

use super::Config;
use crate::{
    domain::{
        ClientAddress,
        accounts::{DeviceToken, Origin, devices},
        keys::CODE_BYTES,
    },
    ui::flash::Carried,
};

const FLASH: &str = "mc_flash";
const DEVICE: &str = "mc_device";
/// How long a visitor may take to get to the next page.
const FLASH_LIFE: Duration = Duration::minutes(5);
/// Longest cookie that is looked at, in bytes: browsers keep no longer ones (RFC 6265, section 6.1).
const LONGEST: usize = 4096;

/// Reads both cookies before a handler runs, and sets what changed after it.
pub(super) async fn layer(
    State(config): State<Arc<Config>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let address = request.extensions().get::<ClientAddress>().copied();
    let shown = read(headers, &config, DEVICE).map(|text| DeviceToken(text.to_owned()));
    let carried = read(headers, &config, FLASH).and_then(|text| open(&config, text));
    let origin = Origin::new(address, shown);
    let carried = Carried::new(carried);
    request.extensions_mut().insert(origin.clone());
    request.extensions_mut().insert(carried.clone());

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
    match carried.left() {
        Some(Some(text)) => set(headers, &config, FLASH, &seal(&config, &text), FLASH_LIFE),
        Some(None) => set(headers, &config, FLASH, "", Duration::ZERO),
        None => {}
    }
    response
}

fn name(config: &Config, name: &str) -> String {
    let prefix = if config.https() { "__Host-" } else { "" };
    format!("{prefix}{name}")
}

/// The value of a cookie, if there is one and it is not absurdly long.
fn read<'a>(headers: &'a HeaderMap, config: &Config, wanted: &str) -> Option<&'a str> {
    let wanted = name(config, wanted);
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, value)| *name == wanted && value.len() <= LONGEST)?;
    Some(value)
}

fn set(headers: &mut HeaderMap, config: &Config, cookie: &str, value: &str, life: Duration) {
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
        Err(error) => tracing::error!(%error, "a cookie that does not fit in a header"),
    }
}

/// Text as a cookie carries it: its authentication code and itself, in base64.
fn seal(config: &Config, text: &str) -> String {
    let code = config.cookie_key.code(&[text.as_bytes()]);
    URL_SAFE_NO_PAD.encode([code.as_slice(), text.as_bytes()].concat())
}

/// The text in a cookie, if we put it there.
fn open(config: &Config, sealed: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (code, text) = bytes.split_at_checked(CODE_BYTES)?;
    let ours = config.cookie_key.verifies(&[text], code);
    ours.then(|| String::from_utf8(text.to_vec()).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::keys::Key;

    fn config(url: &str) -> Config {
        Config::new(
            url.parse().unwrap(),
            Key::derive(b"secret", None, "cookies"),
        )
    }

    #[test]
    fn what_is_carried_comes_back_and_what_is_made_up_does_not() {
        let config = config("https://compete.example");
        let sealed = seal(&config, "{\"Grüße\":1}");
        assert_eq!(open(&config, &sealed).as_deref(), Some("{\"Grüße\":1}"));
        let forged = URL_SAFE_NO_PAD.encode([&[0; CODE_BYTES], b"{}".as_slice()].concat());
        for other in [&forged, "", "x", &sealed[1..]] {
            assert_eq!(open(&config, other), None, "{other}");
        }
    }

    #[test]
    fn under_https_only_we_can_set_them() {
        let mut headers = HeaderMap::new();
        set(
            &mut headers,
            &config("https://compete.example"),
            FLASH,
            "x",
            FLASH_LIFE,
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
            FLASH_LIFE,
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
