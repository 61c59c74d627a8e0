//! Submits a form in the background, with retries until the server responds.

use leptos::ev::SubmitEvent;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{FormData, HtmlFormElement, Response, UrlSearchParams};

use super::dom;

/// The waits between attempts, in milliseconds. Every attempt has the same idempotency key, so that
/// none can take a second seat.
const WAITS: [i32; 5] = [500, 1000, 2000, 4000, 8000];

/// How a submission ended.
pub enum SubmissionResult {
    /// The server has responded, and the browser loads the page that shows the result.
    Redirecting,
    /// The server did not respond to any attempt.
    Failed,
}

/// Returns the form that was submitted.
pub fn form_of(event: &SubmitEvent) -> Option<HtmlFormElement> {
    event.target()?.dyn_into().ok()
}

/// Sends a form until the server responds, and loads the page that the response names. Calls
/// `on_retry` before each new attempt.
pub async fn submit_with_retries(form: &HtmlFormElement, on_retry: impl Fn()) -> SubmissionResult {
    let mut waits = WAITS.iter();
    loop {
        if let Some(url) = submit_once(form).await {
            dom::go(&url);
            return SubmissionResult::Redirecting;
        }
        let Some(wait) = waits.next() else {
            return SubmissionResult::Failed;
        };
        on_retry();
        // Jitter, since many visitors may lose the network at the same moment.
        #[allow(
            clippy::cast_possible_truncation,
            reason = "at most a quarter of a second"
        )]
        let jitter = (js_sys::Math::random() * 250.0) as i32;
        dom::sleep(wait + jitter).await;
    }
}

/// Sends a form once. Returns the URL of the next page, or `None` if there was no usable response.
pub async fn submit_once(form: &HtmlFormElement) -> Option<String> {
    let body = encoded(form).ok()?;
    // The attribute, not the property: a field named `action` would hide it.
    let action = form.get_attribute("action")?;
    let response: Response = dom::fetch(&action, Some(&body)).await.ok()?;
    // Conflict: registration opens a moment later by the clock that decides.
    if response.status() >= 500 || matches!(response.status(), 409 | 429) {
        return None;
    }
    let location = response.headers().get("Location").ok().flatten();
    // A response of middleware has no `Location`: the current page, loaded again, shows the state.
    location.or_else(|| dom::window()?.location().href().ok())
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
