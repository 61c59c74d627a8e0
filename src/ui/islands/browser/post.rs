//! Submits a form in the background, with retries until the server answers.

use leptos::ev::SubmitEvent;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{FormData, HtmlFormElement, Response, UrlSearchParams};

use super::dom;

/// The waits between attempts, in milliseconds. Every attempt has the same idempotency key, so that
/// none can take a second seat.
const WAITS: [i32; 5] = [500, 1000, 2000, 4000, 8000];

/// How a submission ended.
pub enum Sent {
    /// The server has answered, and the browser is going to the page that shows the result.
    Leaving,
    /// The server did not answer any attempt.
    Lost,
}

/// Returns the form that was submitted.
pub fn form_of(event: &SubmitEvent) -> Option<HtmlFormElement> {
    event.target()?.dyn_into().ok()
}

/// Sends a form until the server answers, and goes to the address in the response. Calls `again`
/// before each new attempt.
pub async fn until_answered(form: &HtmlFormElement, again: impl Fn()) -> Sent {
    let mut waits = WAITS.iter();
    loop {
        if let Some(place) = once(form).await {
            dom::go(&place);
            return Sent::Leaving;
        }
        let Some(wait) = waits.next() else {
            return Sent::Lost;
        };
        again();
        // Some jitter, since whole crowds lose the network together.
        #[allow(
            clippy::cast_possible_truncation,
            reason = "at most a quarter of a second"
        )]
        let jitter = (js_sys::Math::random() * 250.0) as i32;
        dom::sleep(wait + jitter).await;
    }
}

/// Sends a form once. Returns the address to go to, or `None` if there was no usable response.
pub async fn once(form: &HtmlFormElement) -> Option<String> {
    let body = encoded(form).ok()?;
    // The attribute, not the property: a field named `action` would hide it.
    let action = form.get_attribute("action")?;
    let response: Response = dom::fetch(&action, Some(&body)).await.ok()?;
    if response.status() >= 500 || response.status() == 429 {
        return None;
    }
    let place = response.headers().get("Location").ok().flatten();
    // A refusal of some layer in between has no address: the page itself tells what is the case.
    place.or_else(|| dom::window()?.location().href().ok())
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
