//! The forms of a page, with what people type into them and each of their buttons.

use reqwest::RequestBuilder;
use scraper::{ElementRef, Html, Selector};

use super::Reply;

/// A control that people fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    pub name: String,
    /// The type of the input, or `textarea` or `select`.
    pub kind: String,
    pub value: String,
    /// Whether browsers ask for a value.
    pub required: bool,
}

/// A form of a page as one of its buttons submits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageForm {
    /// The path that it is submitted to.
    pub action: String,
    /// The names and values of its hidden fields, and those of its button.
    pub hidden: Vec<(String, String)>,
    /// What people fill in.
    pub controls: Vec<Control>,
    /// Whether it is sent in parts, as forms with files are (RFC 7578).
    pub in_parts: bool,
}

/// The line between the parts of a form that is sent in parts.
const BOUNDARY: &str = "boundary-of-a-form";

impl PageForm {
    /// Returns the form with other values in the controls that people fill in; `None` leaves a value as it is.
    pub fn filled(&self, value: impl Fn(&Control) -> Option<String>) -> Self {
        let mut filled = self.clone();
        for control in &mut filled.controls {
            if let Some(value) = value(control) {
                control.value = value;
            }
        }
        filled
    }

    /// Returns all fields that are sent.
    pub fn fields(&self) -> Vec<(&str, &str)> {
        let hidden = self.hidden.iter();
        let hidden = hidden.map(|(name, value)| (name.as_str(), value.as_str()));
        let controls = self.controls.iter();
        let controls = controls.map(|one| (one.name.as_str(), one.value.as_str()));
        hidden.chain(controls).collect()
    }

    /// Puts the fields into a request.
    pub(super) fn put_into(&self, request: RequestBuilder) -> RequestBuilder {
        if !self.in_parts {
            return request.form(&self.fields());
        }
        let mut body = String::new();
        for (name, value) in self.fields() {
            let is_file = |one: &Control| one.name == name && one.kind == "file";
            let file = match self.controls.iter().any(is_file) {
                true => "; filename=\"picture.png\"\r\ncontent-type: image/png",
                false => "",
            };
            body.push_str(&format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str(&format!("--{BOUNDARY}--\r\n"));
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        request.header("content-type", content_type).body(body)
    }
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector")
}

impl Reply {
    /// Returns the forms of a page that change something, once for each of their buttons.
    pub fn page_forms(&self) -> Vec<PageForm> {
        let page = Html::parse_document(&self.text);
        let forms = selector("form[method=post]");
        page.select(&forms)
            .flat_map(|form| with_buttons(&page, form))
            .collect()
    }
}

fn with_buttons(page: &Html, form: ElementRef<'_>) -> Vec<PageForm> {
    let bare = bare(form);
    let buttons = selector("button[type=submit]");
    let inside = form
        .select(&buttons)
        .filter(|button| button.attr("form").is_none());
    let id = form.attr("id").map(str::to_owned);
    let outside = page
        .select(&buttons)
        .filter(|button| id.is_some() && button.attr("form") == id.as_deref());
    inside
        .chain(outside)
        .map(|button| {
            let mut pressed = bare.clone();
            if let Some(action) = button.attr("formaction") {
                action.clone_into(&mut pressed.action);
            }
            if let Some(name) = button.attr("name") {
                let value = button.attr("value").unwrap_or_default();
                pressed.hidden.push((name.to_owned(), value.to_owned()));
            }
            pressed
        })
        .collect()
}

fn bare(form: ElementRef<'_>) -> PageForm {
    let chosen = selector("option[selected]");
    let mut bare = PageForm {
        action: form.attr("action").expect("an action").to_owned(),
        hidden: Vec::new(),
        controls: Vec::new(),
        in_parts: form.attr("enctype") == Some("multipart/form-data"),
    };
    for control in form.select(&selector("input[name], textarea[name], select[name]")) {
        let name = control.attr("name").unwrap_or_default().to_owned();
        let element = control.value().name();
        let kind = match element {
            "input" => control.attr("type").unwrap_or("text"),
            element => element,
        };
        let value = match element {
            "textarea" => control.text().collect(),
            "select" => {
                let chosen = control.select(&chosen).next();
                let value = chosen.and_then(|option| option.attr("value"));
                value.unwrap_or_default().to_owned()
            }
            _ => control.attr("value").unwrap_or_default().to_owned(),
        };
        let is_choice = matches!(kind, "checkbox" | "radio");
        match kind {
            "hidden" => bare.hidden.push((name, value)),
            _ if is_choice && control.attr("checked").is_none() => {}
            kind => bare.controls.push(Control {
                name,
                kind: kind.to_owned(),
                value,
                required: control.attr("required").is_some(),
            }),
        }
    }
    bare
}
