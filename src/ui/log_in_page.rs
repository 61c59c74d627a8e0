//! The log-in page, and the pages that lead to it, as the response to a form. A form may be sent after its session has
//! ended; a redirect to the log-in page would lose what was typed into it. The response is the log-in page itself
//! instead. It contains what was typed in a hidden field, and the log-in hands it over to the page of that form.
//!
//! ```text
//! form ──▶ no session: log-in page with `carried` ──▶ log-in ──▶ the form again, filled in
//!                        ▲                              │
//!                        └────── wrong password ────────┘
//! ```
//!
//! A second factor, a code from a mail, a forgotten password and a sign-up are pages in between, each of which is the
//! response to a form in the same way. Buttons lead from one to another, since links would lose what was typed.
//!
//! So it survives the log-in at any length and without JavaScript, and until then it is on the visitor's device
//! only. No other site can submit these forms (`web/middleware/csrf.rs`), so nobody fills in a form for others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use url::form_urlencoded::byte_serialize;

use super::{
    attached::attached,
    flash::{Flash, FormInput},
};
use crate::model::forms::LARGEST_REQUEST;

/// What the hidden field holds: the name of a form, and the values of its fields.
#[derive(Debug, Serialize, Deserialize)]
struct CarriedForm {
    form: String,
    values: BTreeMap<String, String>,
    /// Whether one of the values is a list.
    #[serde(default)]
    has_list: bool,
}

/// The most bytes that the hidden field takes in the body of a request, if it has a list. The other fields of a log-in
/// form take less than the rest.
const CARRIED_MAX: usize = LARGEST_REQUEST - 16 * 1024;

/// Returns the value of the hidden field that carries the input of a form.
#[must_use]
pub fn carried_text(form_input: &FormInput) -> String {
    let carried = CarriedForm {
        form: form_input.form.clone(),
        values: form_input.values.clone(),
        has_list: form_input.has_list,
    };
    // Texts by texts can always be written.
    serde_json::to_string(&carried).unwrap_or_default()
}

/// Reads the hidden field. Returns `None` if nothing was carried, or something else than a form.
#[must_use]
pub fn carried_form(text: &str) -> Option<FormInput> {
    let carried: CarriedForm = serde_json::from_str(text).ok()?;
    Some(FormInput {
        form: carried.form,
        values: carried.values,
        has_list: carried.has_list,
        ..FormInput::default()
    })
}

/// Drops a list with which a log-in form would be larger than any request may be, so that nobody could log in with it.
/// Everything else is kept.
#[must_use]
pub fn carriable(mut form_input: FormInput) -> FormInput {
    while form_input.has_list && bytes_in_request(&form_input) > CARRIED_MAX {
        let values = form_input.values.iter();
        let largest = values.max_by_key(|(_, value)| value.len());
        let Some(name) = largest.map(|(name, _)| name.clone()) else {
            break;
        };
        form_input.values.remove(&name);
    }
    form_input
}

/// Returns how many bytes the hidden field takes in the body of a request.
fn bytes_in_request(form_input: &FormInput) -> usize {
    let text = carried_text(form_input);
    byte_serialize(text.as_bytes()).map(str::len).sum()
}

/// A page before the log-in that a server function responds with.
#[derive(Debug, Clone)]
pub struct LogInPage {
    /// The path of the page, with the query that says where the log-in leads to.
    pub path: String,
    /// What the page shows once.
    pub flash: Flash,
    /// What was typed into the form whose session had ended.
    pub carried: FormInput,
}

/// Where a server function puts the log-in page. The web layer attaches it to forms that browsers submit, and
/// renders the page.
#[derive(Debug, Clone, Default)]
pub struct LogInPageSlot(Arc<Mutex<Option<LogInPage>>>);

impl LogInPageSlot {
    /// Takes the page that was put here.
    #[must_use]
    pub fn take(&self) -> Option<LogInPage> {
        self.page().take()
    }

    fn page(&self) -> std::sync::MutexGuard<'_, Option<LogInPage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Responds to this form with a log-in page. Returns `false` if the client wants no page, as scripts don't.
pub fn respond_with(page: &LogInPage) -> bool {
    let Some(slot) = attached::<LogInPageSlot>() else {
        return false;
    };
    *slot.page() = Some(page.clone());
    true
}

/// Returns the log-in page that this request asks for, if it is the response to a form.
pub(super) fn requested() -> Option<LogInPage> {
    attached()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_is_read_as_it_was_written_and_nothing_else_is() {
        let form_input = FormInput::default()
            .with("title", "A \"quoted\" title")
            .with("description", "Two\r\nlines, and 👩\u{200d}💻");
        let carried = carried_form(&carried_text(&form_input)).unwrap();
        assert_eq!(carried, form_input);
        let with_list = form_input.with_list("people", "a@example.org, Ada\r\n");
        let carried = carried_form(&carried_text(&with_list)).unwrap();
        assert_eq!(carried, with_list);
        for other in ["", "{}", "[]", "null", "{\"form\":\"x\"}"] {
            assert_eq!(carried_form(other), None, "{other}");
        }
    }

    #[test]
    fn a_list_is_carried_unless_nobody_could_log_in_with_it() {
        let form_input = |line: &str, lines: usize| {
            let form_input = FormInput::named("bulk").with("reason", "Rain");
            form_input.with_list("ids", line.repeat(lines))
        };
        let short = form_input("0198c0de-0000-7000-8000-000000000000,", 5_000);
        assert_eq!(carriable(short.clone()), short);
        // A line break takes more bytes in a request than in a list.
        for long in [form_input("x\r\n", 70_000), form_input("x", 300_000)] {
            let carried = carriable(long);
            assert_eq!(
                (carried.value("ids"), carried.value("reason")),
                (String::new(), "Rain".to_owned())
            );
        }
    }
}
