//! Helpers for the document that the other modules share.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Element, Event, EventTarget, Headers, RequestInit, Response,
    SupportedType, Window,
};

/// Returns the window of the page.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// Returns the document of the page.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// Returns every element below `root` that matches a selector.
pub fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|i| found.item(i))
        .filter_map(|node| node.dyn_into().ok())
        .collect()
}

/// Calls `handle` for every event of that name until the page is left.
pub fn on<E: JsCast + 'static>(
    target: &EventTarget,
    name: &str,
    mut handle: impl FnMut(E) + 'static,
) {
    listen(
        target,
        name,
        Box::new(move |event: Event| {
            if let Ok(event) = event.dyn_into::<E>() {
                handle(event);
            }
        }),
    );
}

/// Adds a listener. It is the same code for all of them, which keeps the bundle small.
fn listen(target: &EventTarget, name: &str, handle: Box<dyn FnMut(Event)>) {
    let listener = Closure::wrap(handle);
    if target
        .add_event_listener_with_callback(name, listener.as_ref().unchecked_ref())
        .is_ok()
    {
        listener.forget();
    }
}

/// Waits for that many milliseconds.
pub async fn sleep(milliseconds: i32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            // Without a timer this returns at once; nothing here depends on how long it takes.
            drop(
                window
                    .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds),
            );
        }
    });
    drop(JsFuture::from(promise).await);
}

/// Waits until the browser has a network again.
pub async fn back_online() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            drop(window.add_event_listener_with_callback("online", &resolve));
        }
    });
    drop(JsFuture::from(promise).await);
}

/// Sends a request. With a `body` it is a POST of a form that asks for a response without a redirect
/// (see `actions::action_response::see_other`).
pub async fn fetch(url: &str, body: Option<&JsValue>) -> Result<Response, JsValue> {
    let request = RequestInit::new();
    if let Some(body) = body {
        let headers = Headers::new()?;
        headers.set("Accept", "application/json")?;
        request.set_method("POST");
        request.set_headers(&headers);
        request.set_body(body);
    }
    let window = window().ok_or(JsValue::NULL)?;
    JsFuture::from(window.fetch_with_str_and_init(url, &request))
        .await?
        .dyn_into()
}

/// Fetches another page of this site as a document. Returns `None` if that fails, or if the page is in another
/// language, which the visitor has chosen in another tab.
pub async fn page(url: &str) -> Option<Document> {
    let response = fetch(url, None).await.ok()?;
    if !response.ok() {
        return None;
    }
    let html = JsFuture::from(response.text().ok()?)
        .await
        .ok()?
        .as_string()?;
    let page = DomParser::new()
        .ok()?
        .parse_from_string(&html, SupportedType::TextHtml)
        .ok()?;
    (language_of(&page) == language_of(&document()?)).then_some(page)
}

/// Returns the language of a page.
pub fn language_of(page: &Document) -> Option<String> {
    page.document_element()?.get_attribute("lang")
}

/// Loads this page again in the background. Returns `None` if that fails.
pub async fn this_page() -> Option<Document> {
    page(&window()?.location().href().ok()?).await
}

/// Loads another page in this window.
pub fn go(url: &str) {
    if let Some(window) = window() {
        drop(window.location().assign(url));
    }
}

/// Loads this page again.
pub fn reload() {
    if let Some(window) = window() {
        drop(window.location().reload());
    }
}
