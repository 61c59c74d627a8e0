//! What somebody has typed or chosen, while the inputs around it are exchanged.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

use super::dom;

/// The elements that hold what somebody types or chooses.
const INPUTS: &str = "input, select, textarea";
/// The properties that hold it.
const VALUE: &str = "value";
const CHECKED: &str = "checked";
/// The properties of the place at which somebody types.
const CARET: [&str; 2] = ["selectionStart", "selectionEnd"];

/// Exchanges the inputs below an element. Those that have the same name before and after, and for boxes the same value, keep
/// what they hold, and the focus.
pub fn keep(part: &Element, exchange: impl FnOnce()) {
    let before = dom::all(part, INPUTS);
    let focused = dom::document().and_then(|document| document.active_element());
    // An element that is not in the page any more has no caret.
    let caret: Vec<_> = focused
        .iter()
        .flat_map(|focused| CARET.map(|property| get(focused, property)))
        .collect();
    exchange();
    for new in dom::all(part, INPUTS) {
        let Some(old) = before.iter().find(|old| is_same(old, &new)) else {
            continue;
        };
        if is_box(&new) {
            let is_offered = !new.has_attribute("disabled");
            set(
                &new,
                CHECKED,
                get(old, CHECKED).filter(|_| is_offered).as_ref(),
            );
        } else {
            carry_value(old, &new);
        }
        if focused.as_ref() == Some(old) {
            if let Some(new) = new.dyn_ref::<HtmlElement>() {
                drop(new.focus());
            }
            for (property, position) in CARET.iter().zip(&caret) {
                set(&new, property, position.as_ref());
            }
        }
    }
}

/// Gives the value of an input to the one in its place. A list that does not offer it any more keeps its own.
fn carry_value(old: &Element, new: &Element) {
    let value = get(old, VALUE);
    let own = get(new, VALUE);
    set(new, VALUE, value.as_ref());
    if get(new, VALUE) != value {
        set(new, VALUE, own.as_ref());
    }
}

fn is_same(old: &Element, new: &Element) -> bool {
    let attribute = |name: &str| old.get_attribute(name) == new.get_attribute(name);
    let is_named = new.has_attribute("name") && !is_hidden(new);
    is_named && attribute("name") && attribute("type") && (!is_box(new) || attribute(VALUE))
}

/// Returns whether an input is a check box or one of several to choose from.
fn is_box(input: &Element) -> bool {
    let kind = input.get_attribute("type");
    matches!(kind.as_deref(), Some("checkbox" | "radio"))
}

/// Returns whether nobody types into an input.
fn is_hidden(input: &Element) -> bool {
    input.get_attribute("type").as_deref() == Some("hidden")
}

fn get(input: &Element, property: &str) -> Option<JsValue> {
    let value = Reflect::get(input, &JsValue::from_str(property)).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

fn set(input: &Element, property: &str, value: Option<&JsValue>) {
    if let Some(value) = value {
        // Inputs without a caret refuse to set it.
        let _is_set = Reflect::set(input, &JsValue::from_str(property), value);
    }
}
