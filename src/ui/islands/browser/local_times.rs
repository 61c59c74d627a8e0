//! Shows times in the visitor's zone.

use js_sys::{Array, Date, Intl, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlInputElement};

use super::dom;
use crate::ui::text::island_text;

/// Rewrites every time of the page in the visitor's zone, and names the zone.
pub fn localize_all() {
    let Some(root) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    localize(&root);
    if let Some(zone) = zone() {
        for note in dom::all(&root, "[data-zone]") {
            note.set_text_content(Some(&(island_text().your_time)(zone.clone())));
        }
    }
}

/// Rewrites every time below `root` in the visitor's zone.
pub fn localize(root: &Element) {
    let language = language();
    for time in dom::all(root, "time[data-local]") {
        let (Some(moment), Some(style)) = (
            time.get_attribute("datetime"),
            time.get_attribute("data-local"),
        ) else {
            continue;
        };
        let date = Date::new(&JsValue::from_str(&moment));
        if date.get_time().is_nan() {
            continue;
        }
        let words = date.to_locale_string(&language, &options(&style));
        time.set_text_content(Some(&String::from(words)));
    }
}

/// Shows the time in the visitor's zone beside every input for a time, which is in UTC.
pub fn explain_fields() {
    let Some(document) = dom::document() else {
        return;
    };
    let Some(root) = document.document_element() else {
        return;
    };
    for field in dom::all(&root, "input[type=datetime-local]") {
        let hint = document.get_element_by_id(&format!("{}-hint", field.id()));
        if let (Ok(field), Some(hint)) = (field.dyn_into::<HtmlInputElement>(), hint) {
            let plain = hint.text_content().unwrap_or_default();
            let watched = field.clone();
            let explain = move || {
                let date = Date::new(&JsValue::from_str(&format!("{}Z", watched.value())));
                let words = if date.get_time().is_nan() {
                    plain.clone()
                } else {
                    let own = date.to_locale_string(&language(), &options("full"));
                    (island_text().utc_is)(String::from(own))
                };
                hint.set_text_content(Some(&words));
            };
            explain();
            dom::on(&field, "input", move |_: Event| explain());
        }
    }
}

/// Returns the visitor's own variant of the page's language, so that a time does not switch
/// languages in the middle of a sentence.
fn language() -> String {
    let page = dom::document()
        .and_then(|document| document.document_element())
        .and_then(|root| root.get_attribute("lang"))
        .unwrap_or_default();
    dom::window()
        .and_then(|window| window.navigator().language())
        .filter(|own| own.starts_with(&page))
        .unwrap_or(page)
}

fn zone() -> Option<String> {
    let format = Intl::DateTimeFormat::new(&Array::new(), &Object::new());
    let resolved = format.resolved_options();
    Reflect::get(&resolved, &JsValue::from_str("timeZone"))
        .ok()?
        .as_string()
}

/// Returns the options of `Intl.DateTimeFormat` for a style of `components::WhenStyle`.
fn options(style: &str) -> JsValue {
    let parts: &[(&str, &str)] = match style {
        "day" => &[("day", "numeric")],
        "month" => &[("month", "short")],
        "date" => &[("day", "numeric"), ("month", "short"), ("year", "numeric")],
        "recent" => &[
            ("day", "numeric"),
            ("month", "short"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
        ],
        "short" => &[
            ("day", "numeric"),
            ("month", "short"),
            ("year", "numeric"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
        ],
        _ => &[
            ("weekday", "short"),
            ("day", "numeric"),
            ("month", "short"),
            ("year", "numeric"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
            ("timeZoneName", "short"),
        ],
    };
    let options = Object::new();
    for (name, value) in parts {
        drop(Reflect::set(
            &options,
            &JsValue::from_str(name),
            &JsValue::from_str(value),
        ));
    }
    options.into()
}
