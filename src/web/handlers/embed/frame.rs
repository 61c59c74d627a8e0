//! The box that other sites show in an `<iframe>`: title, seats and a link.

use std::{fmt::Write as _, sync::LazyLock};

use axum::http::HeaderValue;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    model::{CompetitionView, Language, html::escape},
    text::catalogue,
};

pub(super) const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// The style of the box, which follows the colours that the visitor prefers.
const STYLE: &str = "\
:root{color-scheme:light dark;font:1rem/1.4 system-ui,sans-serif}\
body{margin:0;padding:.75rem 1rem;background:light-dark(#fff,#1d1f25);color:light-dark(#1a1b20,#ecebe8)}\
h1{margin:0 0 .25rem;font-size:1.05rem}\
p{margin:0 0 .5rem}\
svg{display:block;width:100%;height:.5rem;margin:0 0 .5rem;border-radius:.25rem;background:light-dark(#eeece8,#2a2c33)}\
rect{fill:light-dark(#3538cd,#a3adff)}\
a{color:light-dark(#3538cd,#a3adff)}";

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors *"
    );
    // Base64 always fits; without the hash the box has no style.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(
        "default-src 'none'; frame-ancestors *",
    ))
});

/// Returns the content security policy of the box: no scripts, its own style, and any frame.
pub(super) fn policy() -> HeaderValue {
    POLICY.clone()
}

/// How often the box loads itself again, and how long it may be kept, in seconds.
pub(super) const SECONDS: u32 = 15;

/// Returns the box as an HTML document.
pub(super) fn document(
    competition: &CompetitionView,
    site: &Url,
    language: Language,
    now: DateTime<Utc>,
) -> String {
    let t = catalogue(language);
    let phase = competition.phase(now);
    let seats = competition.seats();
    let (title, words) = (
        escape(&competition.title),
        escape(&t.chips.words(phase, seats)),
    );
    let (hidden, of_capacity) = match seats.seats_left {
        0 => (" hidden", t.islands.seats_taken(seats.capacity.into())),
        _ => ("", t.islands.seats_of(seats.capacity.into())),
    };
    let of_capacity = escape(&of_capacity);
    let address = escape(&format!(
        "{}/competitions/{}",
        site.as_str().trim_end_matches('/'),
        competition.id
    ));
    let mut html = String::new();
    // Writing to a String can't fail.
    let _infallible = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"{lang}\" dir=\"{dir}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"refresh\" content=\"{SECONDS}\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1 dir=\"auto\">{title}</h1>\n\
         <p><strong>{words}</strong> · <span data-testid=\"seats-left\"{hidden}>{left}</span> {of_capacity}</p>\n\
         <svg viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{percent}\" height=\"1\"/></svg>\n\
         <p><a href=\"{address}\" target=\"_top\">{open}</a></p>\n\
         </main>\n</body>\n</html>\n",
        lang = language.tag(),
        dir = language.direction(),
        left = t.islands.number(seats.seats_left.into()),
        percent = seats.percent_taken(),
        open = escape(t.embed.open),
    );
    html
}
