//! The questions that many competitions ask, in the language of the organizer.

use std::str::FromStr;

use crate::{
    model::{QuestionKind, forms::QuestionInput},
    ui::text::text,
};

/// A question that many competitions ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommonQuestion {
    EmergencyContact,
    EmergencyPhone,
    Shirt,
    Diet,
    GitHub,
    DateOfBirth,
    Country,
    Photos,
}

impl CommonQuestion {
    /// All common questions, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::EmergencyContact,
        Self::EmergencyPhone,
        Self::Shirt,
        Self::Diet,
        Self::GitHub,
        Self::DateOfBirth,
        Self::Country,
        Self::Photos,
    ];

    /// Returns the name of the question in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmergencyContact => "emergency-contact",
            Self::EmergencyPhone => "emergency-phone",
            Self::Shirt => "shirt",
            Self::Diet => "diet",
            Self::GitHub => "github",
            Self::DateOfBirth => "date-of-birth",
            Self::Country => "country",
            Self::Photos => "photos",
        }
    }

    /// Returns the question in the language of the request.
    #[must_use]
    pub fn input(self) -> QuestionInput {
        let t = &text().questions;
        let (kind, label, required, options) = match self {
            Self::EmergencyContact => (
                QuestionKind::ShortText,
                t.preset_emergency_contact,
                true,
                "",
            ),
            Self::EmergencyPhone => (QuestionKind::Phone, t.preset_emergency_phone, true, ""),
            Self::Shirt => (
                QuestionKind::Choice,
                t.preset_shirt,
                false,
                "XS; S; M; L; XL; XXL",
            ),
            Self::Diet => (QuestionKind::Choices, t.preset_diet, false, t.diet_options),
            Self::GitHub => (QuestionKind::ShortText, t.preset_github, false, ""),
            Self::DateOfBirth => (QuestionKind::Date, t.preset_birth, true, ""),
            Self::Country => (QuestionKind::Country, t.preset_country, false, ""),
            Self::Photos => (QuestionKind::Consent, t.preset_photos, false, ""),
        };
        let options = options.split(';').map(str::trim);
        let options = options.filter(|option| !option.is_empty());
        QuestionInput {
            required,
            options: options.map(str::to_owned).collect(),
            ..QuestionInput::new(kind, label)
        }
    }
}

impl FromStr for CommonQuestion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|question| question.as_str() == text).ok_or(())
    }
}
