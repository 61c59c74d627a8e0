//! Submits a form in the background, with retries until the server responds.

use leptos::ev::SubmitEvent;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{FormData, HtmlFormElement, Response, UrlSearchParams};

use super::dom;

/// The waits between attempts, in milliseconds. Every attempt has the same idempotency key, so that
/// none can take a second seat.
const WAITS: [f64; 5] = [500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0];

/// The wait before a form is sent again that came too early by the clock that decides, in milliseconds.
const TOO_EARLY_WAIT: f64 = 150.0;
/// How often a form that came too early is sent again.
const TOO_EARLY_ATTEMPTS: usize = 20;

/// How the server has responded to a form.
enum FormReply {
    /// It has done what the form says, or has refused it for good: the page with this address says so.
    Settled(String),
    /// Registration opens in a moment.
    TooEarly,
    /// There was no usable response.
    Missing,
}

/// Returns the form that was submitted.
pub fn form_of(event: &SubmitEvent) -> Option<HtmlFormElement> {
    event.target()?.dyn_into().ok()
}

/// How far a submission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubmissionProgress {
    /// There was no response, and the form is sent again in a moment.
    Retrying,
    /// There was no response to any attempt. The form is sent again when the browser is back online.
    Waiting,
}

/// Sends a form until the server responds, and loads the page that the response names. Calls
/// `on_progress` while there is no response.
pub async fn submit_with_retries(form: &HtmlFormElement, on_progress: impl Fn(SubmissionProgress)) {
    let mut waits = WAITS.iter();
    let mut too_early = 0;
    loop {
        match send(form).await.unwrap_or(FormReply::Missing) {
            FormReply::Settled(url) => return dom::go(&url),
            FormReply::TooEarly if too_early < TOO_EARLY_ATTEMPTS => {
                too_early += 1;
                sleep(TOO_EARLY_WAIT).await;
            }
            FormReply::TooEarly | FormReply::Missing => match waits.next() {
                Some(wait) => {
                    on_progress(SubmissionProgress::Retrying);
                    sleep(*wait).await;
                }
                None => {
                    on_progress(SubmissionProgress::Waiting);
                    dom::back_online().await;
                    on_progress(SubmissionProgress::Retrying);
                    waits = WAITS.iter();
                }
            },
        }
    }
}

/// Waits a little longer than that many milliseconds, since many visitors may press, or lose the network, at
/// the same moment.
async fn sleep(milliseconds: f64) {
    let jitter = js_sys::Math::random() * milliseconds.min(250.0);
    #[allow(clippy::cast_possible_truncation, reason = "a few seconds")]
    dom::sleep((milliseconds + jitter) as i32).await;
}

/// Sends a form once. Returns the URL of the next page, or `None` if there was no usable response.
pub async fn submit_once(form: &HtmlFormElement) -> Option<String> {
    match send(form).await? {
        FormReply::Settled(url) => Some(url),
        FormReply::TooEarly | FormReply::Missing => None,
    }
}

/// Sends a form once. Returns `None` if there was no response.
async fn send(form: &HtmlFormElement) -> Option<FormReply> {
    let body = encoded(form).ok()?;
    // The attribute, not the property: a field named `action` would hide it.
    let action = form.get_attribute("action")?;
    let response: Response = dom::fetch(&action, Some(&body)).await.ok()?;
    match response.status() {
        409 => return Some(FormReply::TooEarly),
        429 | 500.. => return Some(FormReply::Missing),
        _ => {}
    }
    let location = response.headers().get("Location").ok().flatten();
    // A response of middleware has no `Location`: the current page, loaded again, shows the state.
    let url = location.or_else(|| dom::window()?.location().href().ok())?;
    Some(FormReply::Settled(url))
}

fn encoded(form: &HtmlFormElement) -> Result<JsValue, JsValue> {
    let fields = FormData::new_with_form(form)?;
    let body = UrlSearchParams::new()?;
    for pair in fields.entries() {
        let pair: js_sys::Array = pair?.unchecked_into();
        if let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string()) {
            body.append(&name, &value);
        }
    }
    Ok(body.into())
}
