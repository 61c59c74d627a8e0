//! What the next page has to say, and what was typed into a form that did not work out: kept from
//! the redirect to the page after it, then gone.
//!
//! It is kept in the session of whoever is logged in. Strangers have no session, and get none for
//! this: theirs is carried by a small cookie, so that nobody can fill the database by sending forms.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::request::Parts;
use leptos::prelude::with_context;
use serde::{Deserialize, Serialize};

use super::session::session;
use crate::{
    model::forms::FieldErrors,
    store::{InfrastructureError, sessions::account},
};

/// The session's field.
const FLASH: &str = "flash";
/// Longest text of a field that a stranger carries to the next page, in bytes: an e-mail address
/// has up to 254, a name up to 100 characters.
const STRANGERS_FIELD_MAX: usize = 400;
/// Most bytes that a stranger carries to the next page: with its encoding it fits into a cookie.
const STRANGERS_MAX: usize = 2_800;
/// Most bytes of typed texts that a session keeps: as many as the largest valid form has.
const TYPED_MAX: usize = 112 * 1024;

/// What a stranger carries from one page to the next, as text. The web layer reads it from a cookie,
/// puts it into the request's extensions, and afterwards sets the cookie to what was left. Cheap to
/// clone; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    received: Option<Arc<str>>,
    left: Arc<Mutex<Option<Option<String>>>>,
}

impl Carried {
    /// With what the cookie held.
    #[must_use]
    pub fn new(received: Option<String>) -> Self {
        Self {
            received: received.map(Into::into),
            left: Arc::default(),
        }
    }

    /// Returns what the cookie is to hold from now on: `None` if it stays as it is, `Some(None)` if
    /// it is to go.
    #[must_use]
    pub fn left(&self) -> Option<Option<String>> {
        self.left
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn leave(&self, text: Option<String>) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// Keeps a flash for the next page, as far as a cookie has room: the notice in any case.
    fn put(&self, flash: &Flash) -> Result<(), InfrastructureError> {
        let write =
            |flash: &Flash| serde_json::to_string(flash).map_err(InfrastructureError::internal);
        let mut flash = flash.clone();
        if let Some(typed) = &mut flash.typed {
            typed.keep_up_to(STRANGERS_FIELD_MAX);
        }
        let mut text = write(&flash)?;
        if text.len() > STRANGERS_MAX {
            flash.typed = None;
            text = write(&flash)?;
        }
        self.leave((text.len() <= STRANGERS_MAX).then_some(text));
        Ok(())
    }

    /// Takes what the page before left. What does not read was left by another release.
    fn take(&self) -> Option<Flash> {
        let received = self.received.as_deref()?;
        self.leave(None);
        serde_json::from_str(received).ok()
    }
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// It worked.
    Good,
    /// It is something to know.
    Neutral,
    /// It did not work.
    Bad,
}

/// One sentence at the top of the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
}

/// A form as it was typed, with what is wrong with it. Never a password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// Which form.
    pub form: String,
    /// What stands in its fields.
    pub values: BTreeMap<String, String>,
    /// What is wrong with which field.
    pub errors: FieldErrors,
}

impl Typed {
    /// A form's texts, by the names of its fields. What is no text, and the password, is left out.
    #[must_use]
    pub fn of(form: &str, fields: &impl Serialize) -> Self {
        let values = match serde_json::to_value(fields) {
            Ok(serde_json::Value::Object(fields)) => fields
                .into_iter()
                .filter(|(name, _)| name != "password")
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
                .collect(),
            _ => BTreeMap::new(),
        };
        Self {
            form: form.to_owned(),
            values,
            errors: FieldErrors::default(),
        }
    }

    /// The same, with one more value, for a field that is not typed (a hidden one).
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<String>) -> Self {
        self.values.insert(field.to_owned(), value.into());
        self
    }

    /// Forgets the texts that are longer than `longest` bytes.
    fn keep_up_to(&mut self, longest: usize) {
        self.values.retain(|_, text| text.len() <= longest);
    }

    /// Forgets all texts if together they are larger than any valid form.
    fn bounded(mut self) -> Self {
        if self.values.values().map(String::len).sum::<usize>() > TYPED_MAX {
            self.values.clear();
        }
        self
    }

    /// The same, with what is wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: FieldErrors) -> Self {
        self.errors = errors;
        self
    }

    /// What stands in a field; empty when nothing does.
    #[must_use]
    pub fn value(&self, field: &str) -> String {
        self.values.get(field).cloned().unwrap_or_default()
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<String> {
        self.errors.of(field).map(str::to_owned)
    }
}

/// All that the next page has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// At its top.
    pub notice: Option<Notice>,
    /// In its form.
    pub typed: Option<Typed>,
}

impl Flash {
    /// One sentence.
    #[must_use]
    pub fn say(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            notice: Some(Notice {
                tone,
                text: text.into(),
            }),
            typed: None,
        }
    }

    /// And a form as it was typed.
    #[must_use]
    pub fn with(mut self, typed: Typed) -> Self {
        self.typed = Some(typed);
        self
    }
}

/// Keeps it for the next page.
///
/// # Errors
/// A fault, when the session can't be kept.
pub async fn put_flash(flash: &Flash) -> Result<(), InfrastructureError> {
    let session = session()?;
    if account::account(&session).await?.is_none() {
        return carried()?.put(flash);
    }
    let mut flash = flash.clone();
    flash.typed = flash.typed.map(Typed::bounded);
    session
        .insert(FLASH, flash)
        .await
        .map_err(InfrastructureError::internal)
}

/// Takes what the page before left. Looks before it takes, since taking marks the session as
/// changed, and a visitor with nothing to be told must not get a session.
///
/// # Errors
/// A fault, when the session can't be read.
pub async fn take_flash() -> Result<Flash, InfrastructureError> {
    if let Some(flash) = carried()?.take() {
        return Ok(flash);
    }
    let session = session()?;
    if session
        .get_value(FLASH)
        .await
        .map_err(InfrastructureError::internal)?
        .is_none()
    {
        return Ok(Flash::default());
    }
    let flash = session
        .remove::<Flash>(FLASH)
        .await
        .map_err(InfrastructureError::internal)?;
    Ok(flash.unwrap_or_default())
}

fn carried() -> Result<Carried, InfrastructureError> {
    with_context::<Parts, _>(|parts| parts.extensions.get::<Carried>().cloned())
        .flatten()
        .ok_or_else(|| InfrastructureError::internal("nothing is carried in this request"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forms::SignupForm;

    #[test]
    fn a_password_is_never_kept() {
        let typed = Typed::of(
            "signup",
            &SignupForm {
                name: "Ada".into(),
                email: "ada@example.org".into(),
                password: "correct horse".into(),
            },
        );
        assert_eq!(typed.value("name"), "Ada");
        assert_eq!(typed.value("password"), "");
        assert!(!format!("{typed:?}").contains("correct horse"));
    }

    fn carried_over(flash: &Flash) -> Flash {
        let carried = Carried::default();
        carried.put(flash).unwrap();
        let text = carried.left().unwrap();
        assert!(
            text.as_ref()
                .is_some_and(|text| text.len() <= STRANGERS_MAX)
        );
        Carried::new(text).take().unwrap()
    }

    #[test]
    fn a_stranger_carries_a_notice_and_short_texts_and_no_more() {
        let typed = |name: &str| {
            let mut typed = Typed::of("signup", &SignupForm::default());
            typed.values.insert("name".into(), name.into());
            typed
                .values
                .insert("email".into(), "ada@example.org".into());
            typed
        };
        let flash = Flash::say(Tone::Bad, "No.").with(typed("Ada"));
        assert_eq!(carried_over(&flash), flash);
        let long = carried_over(&Flash::say(Tone::Bad, "No.").with(typed(&"x".repeat(9_000))));
        assert_eq!(long.typed.unwrap().value("email"), "ada@example.org");
        let mut many = Typed::default();
        for field in 0..100 {
            many.values.insert(format!("field{field}"), "x".repeat(100));
        }
        let many = carried_over(&Flash::say(Tone::Bad, "No.").with(many));
        assert_eq!(many, Flash::say(Tone::Bad, "No."));
    }

    #[test]
    fn what_was_carried_is_taken_once() {
        let carried = Carried::new(Some("{}".into()));
        assert_eq!(carried.left(), None);
        assert!(carried.take().is_some());
        assert_eq!(carried.left(), Some(None));
        assert!(Carried::default().take().is_none());
    }

    #[test]
    fn a_session_keeps_the_largest_valid_form_and_nothing_larger() {
        let typed = |bytes: usize| {
            let mut typed = Typed::default();
            typed.values.insert("description".into(), "x".repeat(bytes));
            typed.bounded()
        };
        assert_eq!(typed(20_000 * 4).value("description").len(), 80_000);
        assert_eq!(typed(TYPED_MAX + 1).value("description"), "");
    }
}
