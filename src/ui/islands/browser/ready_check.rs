//! The ready check before an opening: whether the browser has a network (`data-network`), and how many questions are still to
//! be answered (`data-answers`).

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, Event};

use super::dom;
use crate::ui::text::panel_text;

/// The inputs that lack something. Those of several choices, of which browsers demand none, are in a field set.
const UNANSWERED: &str = ":is(input, select, textarea):invalid";
const NOTHING_CHOSEN: &str = "fieldset[data-required]:not(:has(:checked))";

/// Shows both now, and whenever one of them changes.
pub fn watch() {
    let (Some(window), Some(document)) = (dom::window(), dom::document()) else {
        return;
    };
    show();
    for name in ["online", "offline"] {
        dom::on(window.unchecked_ref(), name, |_: Event| show());
    }
    dom::on(&document, "input", |_: Event| show());
}

/// Shows what is ready in both lines.
pub fn show() {
    let (Some(window), Some(document)) = (dom::window(), dom::document()) else {
        return;
    };
    let t = panel_text();
    let (is_online, left) = (window.navigator().on_line(), unanswered(&document));
    let network = match is_online {
        true => t.check_online,
        false => t.check_offline,
    };
    let answers = match left {
        0 => t.check_answered.to_owned(),
        left => t.check_answers(left),
    };
    say(&document, "[data-network]", is_online, network);
    say(&document, "[data-answers]", left == 0, &answers);
}

/// Says something in a line of the ready check, if it has that line.
fn say(document: &Document, line: &str, is_ready: bool, words: &str) {
    let Ok(Some(line)) = document.query_selector(line) else {
        return;
    };
    drop(line.set_attribute("data-ready", if is_ready { "yes" } else { "no" }));
    drop(line.remove_attribute("hidden"));
    if line.text_content().as_deref() != Some(words) {
        line.set_text_content(Some(words));
    }
}

/// Returns how many answers are missing or can't be read. Inputs with one name are one question.
fn unanswered(document: &Document) -> u64 {
    let Ok(Some(inputs)) = document.query_selector(".registration-inputs") else {
        return 0;
    };
    let name = |input: Element| input.get_attribute("name");
    let mut names: Vec<_> = dom::all(&inputs, UNANSWERED)
        .into_iter()
        .map(name)
        .collect();
    names.sort();
    names.dedup();
    (names.len() + dom::all(&inputs, NOTHING_CHOSEN).len()) as u64
}
