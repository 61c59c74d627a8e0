//! Shows times in the visitor's zone.

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlInputElement, HtmlSelectElement};

use super::dom;
use crate::ui::{islands::island_data::ZONE_COOKIE, text::island_text};

/// Rewrites every time of the page in the visitor's zone, and names the zone.
pub fn localize_all() {
    let Some(root) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    // Without the cookie the server shows times in UTC, as without JavaScript.
    let _noted = note_zone();
    localize(&root);
    if let Some(zone) = zone() {
        for note in dom::all(&root, "[data-zone]") {
            note.set_text_content(Some(&island_text().your_time(&zone)));
        }
    }
}

/// Rewrites every time below `root` in the visitor's zone. Times of a venue stay, and get the visitor's
/// time beside them where the two differ.
pub fn localize(root: &Element) {
    let (language, own_zone) = (language(), zone());
    for time in dom::all(root, "time[data-venue]") {
        // The server has written it already where it knows the zone.
        if let Ok(Some(written)) = time.query_selector("[data-own]") {
            if written.get_attribute("data-own") == own_zone {
                continue;
            }
            written.remove();
        }
        if let Some(own) = own_zone.as_deref() {
            // A time that the browser can't read stays as the server wrote it.
            let _added = add_own_time(&time, &language, own);
        }
    }
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

/// Adds the time in the visitor's zone to that of a venue, if clocks show another one there.
fn add_own_time(time: &Element, language: &str, own_zone: &str) -> Option<()> {
    let date = Date::new(&JsValue::from_str(&time.get_attribute("datetime")?));
    let there = in_zone(&date, &time.get_attribute("data-venue")?)?;
    let own = in_zone(&date, own_zone)?;
    let written = time.owner_document()?.create_element("span").ok()?;
    written.set_attribute("data-own", own_zone).ok()?;
    if own != there {
        // On the same day the time of the day says enough.
        let same_day = own.get(..10) == there.get(..10);
        let style = time.get_attribute("data-style")?;
        let style = if same_day { "time" } else { &style };
        let own = String::from(date.to_locale_string(language, &options(style)));
        written.set_text_content(Some(&format!(" {}", island_text().for_you(&own))));
    }
    time.append_child(&written).ok()?;
    Some(())
}

/// Notes the browser's zone in a cookie, so that the server shows times in it, and nothing moves when this
/// rewrites them.
fn note_zone() -> Option<()> {
    let document = dom::document()?;
    let cookie = format!(
        "{ZONE_COOKIE}={};path=/;max-age=31536000;samesite=lax",
        browser_zone()?
    );
    Reflect::set(&document, &"cookie".into(), &cookie.into()).ok()?;
    Some(())
}

/// Chooses the visitor's zone in a form that has no zone yet (`data-own-zone`).
fn choose_own_zone(root: &Element) {
    for select in dom::all(root, "select[data-own-zone]") {
        if let (Ok(select), Some(zone)) = (select.dyn_into::<HtmlSelectElement>(), zone()) {
            let before = select.value();
            select.set_value(&zone);
            if select.value().is_empty() {
                select.set_value(&before);
            }
        }
    }
}

/// Returns how clocks in a zone show a moment, as `2030-01-31 18:00:00`; `None` if the browser does not
/// know the zone.
fn in_zone(date: &Date, zone: &str) -> Option<String> {
    let options = Object::new();
    Reflect::set(&options, &"timeZone".into(), &zone.into()).ok()?;
    // Called by its name, since it throws for an unknown zone.
    let method = Reflect::get(date, &"toLocaleString".into()).ok()?;
    let method: Function = method.dyn_into().ok()?;
    // The Swedish form is that of ISO 8601.
    let words = method.call2(date, &"sv-SE".into(), &options).ok()?;
    words.as_string()
}

/// Returns the moment at which clocks in a zone show a local time like `2030-01-31T18:00`.
fn moment_in_zone(local: &str, zone: &str) -> Option<Date> {
    let as_utc = |text: &str| Date::parse(&format!("{}Z", text.replace(' ', "T")));
    let shown = as_utc(local);
    let mut guess = shown;
    // The offset at the first guess may be that of the other side of a change of the clocks.
    for _ in 0..2 {
        let there = in_zone(&Date::new(&guess.into()), zone)?;
        guess += shown - as_utc(&there);
    }
    (!guess.is_nan()).then(|| Date::new(&guess.into()))
}

/// Shows the time in the visitor's zone beside every input for a time, which is in the zone that the form
/// chooses.
pub fn explain_fields() {
    let Some(document) = dom::document() else {
        return;
    };
    let Some(root) = document.document_element() else {
        return;
    };
    choose_own_zone(&root);
    let chosen = document
        .query_selector("select[name=timeZone]")
        .ok()
        .flatten()
        .and_then(|select| select.dyn_into::<HtmlSelectElement>().ok());
    for field in dom::all(&root, "input[type=datetime-local]") {
        let hint = document.get_element_by_id(&format!("{}-hint", field.id()));
        if let (Ok(field), Some(hint)) = (field.dyn_into::<HtmlInputElement>(), hint) {
            let plain = hint.text_content().unwrap_or_default();
            let watched = field.clone();
            let zone = chosen.clone();
            let explain = move || {
                let zone = zone
                    .as_ref()
                    .map_or_else(|| "UTC".to_owned(), |zone| zone.value());
                let words = match moment_in_zone(&watched.value(), &zone) {
                    None => plain.clone(),
                    Some(date) => {
                        let own = date.to_locale_string(&language(), &options("full"));
                        island_text().field_for_you(&zone, &String::from(own))
                    }
                };
                hint.set_text_content(Some(&words));
            };
            explain();
            if let Some(zone) = &chosen {
                let explain = explain.clone();
                dom::on(zone, "change", move |_: Event| explain());
            }
            dom::on(&field, "input", move |_: Event| explain());
        }
    }
}

/// Returns the visitor's own variant of the page's language, so that a time does not switch
/// languages in the middle of a sentence. For visitors with another language English is that of the most
/// countries, where the day has 24 hours.
fn language() -> String {
    let page = dom::document()
        .and_then(|page| dom::language_of(&page))
        .unwrap_or_default();
    let own = dom::window()
        .and_then(|window| window.navigator().language())
        .filter(|own| own.split('-').next() == Some(&page));
    match (page.as_str(), own) {
        // With the digits and the 24 hours of the rest of the page.
        ("ar", own) => format!("{}-u-hc-h23-nu-latn", own.unwrap_or(page)),
        (_, Some(own)) => own,
        ("en", None) => "en-GB".to_owned(),
        (_, None) => page,
    }
}

/// Returns the zone that the visitor has chosen, or that of the browser.
fn zone() -> Option<String> {
    let root = dom::document()?.document_element()?;
    if let Some(chosen) = root.get_attribute("data-zone-chosen") {
        return Some(chosen);
    }
    browser_zone()
}

fn browser_zone() -> Option<String> {
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
            ("hour", "numeric"),
            ("minute", "2-digit"),
        ],
        "time" => &[
            ("hour", "numeric"),
            ("minute", "2-digit"),
            ("timeZoneName", "short"),
        ],
        "short" => &[
            ("day", "numeric"),
            ("month", "short"),
            ("year", "numeric"),
            ("hour", "numeric"),
            ("minute", "2-digit"),
        ],
        _ => &[
            ("weekday", "short"),
            ("day", "numeric"),
            ("month", "short"),
            ("year", "numeric"),
            ("hour", "numeric"),
            ("minute", "2-digit"),
            ("timeZoneName", "short"),
        ],
    };
    let options = Object::new();
    let set = |name: &str, value: &str| {
        drop(Reflect::set(
            &options,
            &JsValue::from_str(name),
            &JsValue::from_str(value),
        ));
    };
    for (name, value) in parts {
        set(name, value);
    }
    if let Some(zone) = zone() {
        set("timeZone", &zone);
    }
    options.into()
}
