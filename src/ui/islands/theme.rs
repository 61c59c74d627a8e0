//! The colour themes between which a visitor can choose.

/// The colour theme that a visitor has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// The theme of the operating system.
    Auto,
    /// Dark text on a light background.
    Light,
    /// Light text on a dark background.
    Dark,
}

impl Theme {
    /// Returns the theme's name in the document and in the browser's storage; `None` for
    /// [`Theme::Auto`].
    #[cfg(feature = "hydrate")]
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// Returns the theme of that name; [`Theme::Auto`] for an unknown one.
    #[cfg(feature = "hydrate")]
    #[must_use]
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::Auto,
        }
    }

    /// Returns the theme that the switch chooses next.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Auto => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::Auto,
        }
    }
}
