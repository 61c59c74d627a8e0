//! Suggestions while a search is typed: a list box below an input with `data-suggest`, which names the
//! address that suggests titles (the combobox pattern of the ARIA Authoring Practices Guide).
//!
//! | key | effect |
//! | --- | --- |
//! | ↓ and ↑ | moves to the next or previous suggestion, which is shown in the input |
//! | Enter | searches for what the input shows |
//! | Escape | closes the list, and shows again what was typed |

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, Event, HtmlInputElement, KeyboardEvent, MouseEvent};

use super::{dom, json::Json};
use crate::ui::text::island_text;

/// How long after the last key suggestions are asked for, in milliseconds.
const PAUSE: i32 = 120;

/// Shows suggestions for every such input of the page.
pub fn start() {
    let Some(root) = dom::document().and_then(|document| document.document_element()) else {
        return;
    };
    for input in dom::all(&root, "input[data-suggest]") {
        if let Ok(input) = input.dyn_into::<HtmlInputElement>() {
            // Without a list the input stays a plain one.
            if let Some(combobox) = Combobox::new(&input) {
                combobox.listen();
            }
        }
    }
}

/// An input with its list box.
#[derive(Clone)]
struct Combobox {
    input: HtmlInputElement,
    list: Element,
    address: String,
    /// The number of changes of the input: a response to an earlier one is dropped.
    changes: Rc<Cell<u32>>,
    /// What was typed, while the input shows a suggestion.
    typed: Rc<Cell<String>>,
}

impl Combobox {
    fn new(input: &HtmlInputElement) -> Option<Self> {
        let list = dom::document()?.create_element("ul").ok()?;
        let id = format!("{}-suggestions", input.id());
        for (name, value) in [
            ("id", id.as_str()),
            ("role", "listbox"),
            ("class", "suggestions"),
            ("aria-label", island_text().suggestions),
            ("hidden", ""),
        ] {
            list.set_attribute(name, value).ok()?;
        }
        input.parent_element()?.append_child(&list).ok()?;
        for (name, value) in [
            ("role", "combobox"),
            ("aria-autocomplete", "list"),
            ("aria-expanded", "false"),
            ("aria-controls", id.as_str()),
        ] {
            input.set_attribute(name, value).ok()?;
        }
        Some(Self {
            input: input.clone(),
            list,
            address: input.get_attribute("data-suggest")?,
            changes: Rc::default(),
            typed: Rc::default(),
        })
    }

    fn listen(&self) {
        let this = self.clone();
        dom::on(&self.input, "input", move |_: Event| this.ask());
        let this = self.clone();
        dom::on(&self.input, "keydown", move |event: KeyboardEvent| {
            this.press(&event)
        });
        let this = self.clone();
        dom::on(&self.input, "blur", move |_: Event| this.close());
        // Before the input loses the focus, which would close the list.
        let this = self.clone();
        dom::on(&self.list, "mousedown", move |event: MouseEvent| {
            event.prevent_default();
            let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            if let Some(option) = target.and_then(|it| it.closest("[role=option]").ok().flatten()) {
                this.show_value(&option.text_content().unwrap_or_default());
                this.close();
                this.changed();
            }
        });
    }

    /// Asks for suggestions, shortly after the last key.
    fn ask(&self) {
        let this = self.clone();
        let mine = self.changes.get().wrapping_add(1);
        self.changes.set(mine);
        spawn_local(async move {
            dom::sleep(PAUSE).await;
            if this.changes.get() != mine {
                return;
            }
            let typed = this.input.value();
            let titles = this.titles(&typed).await.unwrap_or_default();
            if this.changes.get() == mine {
                this.typed.set(typed);
                this.open(&titles);
            }
        });
    }

    async fn titles(&self, typed: &str) -> Option<Vec<String>> {
        if typed.trim().is_empty() {
            return None;
        }
        let query = js_sys::encode_uri_component(typed);
        let response = dom::fetch(&format!("{}?q={query}", self.address), None)
            .await
            .ok()?;
        let text = JsFuture::from(response.text().ok()?)
            .await
            .ok()?
            .as_string()?;
        let items = Json::parse(&text)?.items("items");
        Some(items.iter().filter_map(|one| one.text("title")).collect())
    }

    fn open(&self, titles: &[String]) {
        self.list.set_inner_html("");
        for (index, title) in titles.iter().enumerate() {
            let Some(option) = dom::document().and_then(|it| it.create_element("li").ok()) else {
                return;
            };
            option.set_id(&format!("{}-{index}", self.list.id()));
            drop(option.set_attribute("role", "option"));
            drop(option.set_attribute("aria-selected", "false"));
            option.set_text_content(Some(title));
            drop(self.list.append_child(&option));
        }
        self.set_open(!titles.is_empty());
    }

    fn close(&self) {
        // What is still being asked for is not shown.
        self.changes.set(self.changes.get().wrapping_add(1));
        self.set_open(false);
    }

    fn set_open(&self, open: bool) {
        drop(
            self.input
                .set_attribute("aria-expanded", if open { "true" } else { "false" }),
        );
        drop(self.input.remove_attribute("aria-activedescendant"));
        drop(self.list.toggle_attribute_with_force("hidden", !open));
    }

    fn is_open(&self) -> bool {
        !self.list.has_attribute("hidden")
    }

    fn press(&self, event: &KeyboardEvent) {
        if !self.is_open() {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" => self.step(1),
            "ArrowUp" => self.step(-1),
            "Escape" => {
                let typed = self.typed.take();
                self.show_value(&typed);
                self.close();
            }
            "Enter" => {
                self.close();
                self.changed();
            }
            _ => return,
        }
        event.prevent_default();
    }

    /// Selects the suggestion that many places after the selected one. Before the first and after the last is
    /// what was typed.
    fn step(&self, by: i32) {
        let options = dom::all(&self.list, "[role=option]");
        let is_selected =
            |it: &Element| it.get_attribute("aria-selected").as_deref() == Some("true");
        let places = i32::try_from(options.len()).unwrap_or(0) + 1;
        let selected = options
            .iter()
            .position(is_selected)
            .map_or(0, |index| index + 1);
        let next = (i32::try_from(selected).unwrap_or(0) + by).rem_euclid(places);
        for (index, option) in (1..).zip(&options) {
            let chosen = index == next;
            drop(option.set_attribute("aria-selected", if chosen { "true" } else { "false" }));
            if chosen {
                drop(
                    self.input
                        .set_attribute("aria-activedescendant", &option.id()),
                );
                self.show_value(&option.text_content().unwrap_or_default());
            }
        }
        if next == 0 {
            drop(self.input.remove_attribute("aria-activedescendant"));
            let typed = self.typed.take();
            self.show_value(&typed);
            self.typed.set(typed);
        }
    }

    fn show_value(&self, value: &str) {
        self.input.set_value(value);
    }

    /// Tells the form that the input has another value, so that it shows its results.
    fn changed(&self) {
        if let Some(form) = self.input.form()
            && let Ok(event) = Event::new("input")
        {
            drop(form.dispatch_event(&event));
        }
    }
}
