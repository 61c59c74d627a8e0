//! Flash data: a sentence for the next page, and the input of a form that had errors. It is kept
//! from a redirect to the page that follows, and shown once.
//!
//! For accounts that are logged in it is kept in the session. Anonymous visitors have no session and get
//! none for this: for them it is kept in a small cookie, so that they cannot fill the database by
//! submitting forms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{attached::attached, cookie_text::CookieText, session::session, text::text};
use crate::{
    model::{CompetitionId, IMPORT_BYTES, IdempotencyKey, forms::FieldErrors},
    store::{InfrastructureError, sessions::account},
};

/// The key in the session's data.
const FLASH: &str = "flash";
/// The longest text of a field that the cookie of an anonymous visitor keeps, in bytes: an e-mail
/// address has up to 254, a name up to 100 characters.
const ANONYMOUS_FIELD_MAX: usize = 400;
/// The most bytes that the cookie of an anonymous visitor keeps. Encoded, they fit into a cookie.
const ANONYMOUS_MAX: usize = 2_800;
/// The most bytes of form input that a session keeps: as many as the largest valid form has.
const TYPED_MAX: usize = 112 * 1024;
/// The same for a form with a list that is imported, which a session keeps until its preview is shown.
const LIST_MAX: usize = IMPORT_BYTES + TYPED_MAX;

/// The flash data of an anonymous visitor, as text.
#[derive(Debug, Clone, Default)]
pub struct FlashCookie(pub CookieText);

impl FlashCookie {
    /// Keeps flash data for the next page. The message is always kept, form input as far as it fits into
    /// the cookie.
    fn put(&self, flash: &Flash) -> Result<(), InfrastructureError> {
        let write =
            |flash: &Flash| serde_json::to_string(flash).map_err(InfrastructureError::internal);
        let mut flash = flash.clone();
        if let Some(form_input) = &mut flash.form_input {
            form_input.keep_up_to(ANONYMOUS_FIELD_MAX);
        }
        let mut text = write(&flash)?;
        if text.len() > ANONYMOUS_MAX {
            flash.form_input = None;
            text = write(&flash)?;
        }
        self.0.leave((text.len() <= ANONYMOUS_MAX).then_some(text));
        Ok(())
    }

    /// Takes the flash data that an earlier request left. Unreadable data was left by another
    /// release and is dropped.
    fn take(&self) -> Option<Flash> {
        let received = self.0.received()?;
        self.0.leave(None);
        serde_json::from_str(received).ok()
    }
}

/// How a flash message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// The action has succeeded.
    Good,
    /// The message is for information only.
    Neutral,
    /// The action has failed.
    Bad,
}

/// A sentence that the next page shows at its top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashMessage {
    pub tone: Tone,
    pub text: String,
    /// What a button in the message undoes, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoOffer>,
}

/// The removal of participants that an organizer can undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoOffer {
    pub competition: CompetitionId,
    /// The idempotency key of the removal.
    pub removal: IdempotencyKey,
}

/// The input of a form that had errors, with the errors. It never holds a password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormInput {
    /// The name of the form.
    pub form: String,
    /// The values of the fields, by name.
    pub values: BTreeMap<String, String>,
    /// The errors of the fields, by name.
    pub errors: FieldErrors,
    /// Whether one of the values is a list that is imported.
    #[serde(default)]
    pub has_list: bool,
}

impl FormInput {
    /// Takes the texts of a form's fields. Values that are not texts, and passwords, are left out.
    #[must_use]
    pub fn of(form: &str, fields: &impl Serialize) -> Self {
        let values = match serde_json::to_value(fields) {
            Ok(serde_json::Value::Object(fields)) => fields
                .into_iter()
                .filter(|(name, _)| !is_secret(name))
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
                .collect(),
            _ => BTreeMap::new(),
        };
        Self {
            form: form.to_owned(),
            values,
            ..Self::default()
        }
    }

    /// Creates the input of a form without fields.
    #[must_use]
    pub fn named(form: &str) -> Self {
        Self {
            form: form.to_owned(),
            ..Self::default()
        }
    }

    /// Adds the value of a field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<String>) -> Self {
        self.values.insert(field.to_owned(), value.into());
        self
    }

    /// Adds the value of a field with a list that is imported. It may be larger than what people type.
    #[must_use]
    pub fn with_list(self, field: &str, value: impl Into<String>) -> Self {
        Self {
            has_list: true,
            ..self.with(field, value)
        }
    }

    /// Drops values that are longer than `longest` bytes.
    fn keep_up_to(&mut self, longest: usize) {
        self.values.retain(|_, text| text.len() <= longest);
    }

    /// Drops all values if together they are larger than any valid form.
    pub(super) fn bounded(mut self) -> Self {
        let most = if self.has_list { LIST_MAX } else { TYPED_MAX };
        if self.values.values().map(String::len).sum::<usize>() > most {
            self.values.clear();
        }
        self
    }

    /// Adds the errors of the fields.
    #[must_use]
    pub fn with_errors(mut self, errors: FieldErrors) -> Self {
        self.errors = errors;
        self
    }

    /// Returns the value of the attribute `data-unsaved` of a form with this input: whether something was typed
    /// that is not saved yet. The browser asks before such a form is left.
    #[must_use]
    pub fn unsaved(&self) -> &'static str {
        if self.values.is_empty() { "" } else { "typed" }
    }

    /// Returns the value of a field; empty if there is none.
    #[must_use]
    pub fn value(&self, field: &str) -> String {
        self.values.get(field).cloned().unwrap_or_default()
    }

    /// Returns the sentence about the error of a field, in the language of the request.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<String> {
        let problem = self.errors.of(field)?;
        Some(text().field_problem(problem))
    }
}

/// Returns whether a field holds a password or a code, which no page may show again.
fn is_secret(field: &str) -> bool {
    matches!(field, "code" | "totp") || field.to_ascii_lowercase().contains("password")
}

/// What the next page shows once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// A message at the top of the page.
    pub notice: Option<FlashMessage>,
    /// The input and the errors of its form.
    pub form_input: Option<FormInput>,
    /// Whether the account has registered just now, for the page that shows the ticket.
    #[serde(default)]
    pub has_registered: bool,
}

impl Flash {
    /// Creates flash data with a message and no form.
    #[must_use]
    pub fn say(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            notice: Some(FlashMessage {
                tone,
                text: text.into(),
                undo: None,
            }),
            form_input: None,
            has_registered: false,
        }
    }

    /// Adds a button to the message that undoes a removal.
    #[must_use]
    pub fn offering(mut self, undo: UndoOffer) -> Self {
        if let Some(notice) = &mut self.notice {
            notice.undo = Some(undo);
        }
        self
    }

    /// Adds the input of a form.
    #[must_use]
    pub fn with(mut self, form_input: FormInput) -> Self {
        self.form_input = Some(form_input);
        self
    }
}

/// Keeps flash data for the next page.
///
/// # Errors
/// Returns an infrastructure error if the session can't be stored.
pub async fn put_flash(flash: &Flash) -> Result<(), InfrastructureError> {
    let session = session()?;
    if account::account(&session).await?.is_none() {
        return flash_cookie()?.put(flash);
    }
    let mut flash = flash.clone();
    flash.form_input = flash.form_input.map(FormInput::bounded);
    session
        .insert(FLASH, flash)
        .await
        .map_err(InfrastructureError::internal)
}

/// Takes the flash data that an earlier request left. It is read before it is removed, since removing marks
/// the session as changed, and a visitor without flash data must not get a session.
///
/// # Errors
/// Returns an infrastructure error if the session can't be read.
pub async fn take_flash() -> Result<Flash, InfrastructureError> {
    if let Some(flash) = flash_cookie()?.take() {
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
    match session.remove::<Flash>(FLASH).await {
        Ok(flash) => Ok(flash.unwrap_or_default()),
        // Another release has left it.
        Err(tower_sessions::session::Error::SerdeJson(_)) => Ok(Flash::default()),
        Err(error) => Err(InfrastructureError::internal(error)),
    }
}

fn flash_cookie() -> Result<FlashCookie, InfrastructureError> {
    attached().ok_or_else(|| InfrastructureError::internal("no flash cookie in this request"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forms::SignupForm;

    #[test]
    fn a_password_is_never_kept() {
        let form_input = FormInput::of(
            "signup",
            &SignupForm {
                name: "Ada".into(),
                email: "ada@example.org".into(),
                password: "correct horse".into(),
            },
        );
        assert_eq!(form_input.value("name"), "Ada");
        assert_eq!(form_input.value("password"), "");
        assert!(!format!("{form_input:?}").contains("correct horse"));
    }

    fn kept(flash: &Flash) -> Flash {
        let cookie = FlashCookie::default();
        cookie.put(flash).unwrap();
        let text = cookie.0.left().unwrap();
        assert!(
            text.as_ref()
                .is_some_and(|text| text.len() <= ANONYMOUS_MAX)
        );
        FlashCookie(CookieText::new(text)).take().unwrap()
    }

    #[test]
    fn an_anonymous_visitor_keeps_the_message_and_short_texts() {
        let form_input = |name: &str| {
            let mut form_input = FormInput::of("signup", &SignupForm::default());
            form_input.values.insert("name".into(), name.into());
            form_input
                .values
                .insert("email".into(), "ada@example.org".into());
            form_input
        };
        let flash = Flash::say(Tone::Bad, "No.").with(form_input("Ada"));
        assert_eq!(kept(&flash), flash);
        let long = kept(&Flash::say(Tone::Bad, "No.").with(form_input(&"x".repeat(9_000))));
        assert_eq!(long.form_input.unwrap().value("email"), "ada@example.org");
        let mut many = FormInput::default();
        for field in 0..100 {
            many.values.insert(format!("field{field}"), "x".repeat(100));
        }
        let many = kept(&Flash::say(Tone::Bad, "No.").with(many));
        assert_eq!(many, Flash::say(Tone::Bad, "No."));
    }

    #[test]
    fn flash_data_of_a_cookie_is_taken_once() {
        let cookie = FlashCookie(CookieText::new(Some("{}".into())));
        assert_eq!(cookie.0.left(), None);
        assert!(cookie.take().is_some());
        assert_eq!(cookie.0.left(), Some(None));
        assert!(FlashCookie::default().take().is_none());
    }

    #[test]
    fn a_session_keeps_the_largest_valid_form_and_nothing_larger() {
        let form_input = |bytes: usize| {
            let mut form_input = FormInput::default();
            form_input
                .values
                .insert("description".into(), "x".repeat(bytes));
            form_input.bounded()
        };
        assert_eq!(form_input(20_000 * 4).value("description").len(), 80_000);
        assert_eq!(form_input(TYPED_MAX + 1).value("description"), "");
        let list = |bytes| FormInput::default().with_list("people", "x".repeat(bytes));
        let kept = |bytes| list(bytes).bounded().value("people").len();
        assert_eq!((kept(IMPORT_BYTES), kept(LIST_MAX + 1)), (IMPORT_BYTES, 0));
    }
}
