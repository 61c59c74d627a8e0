//! What an account has chosen.

/// The choices of an account about mail and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferencesView {
    /// Whether reminders that a competition starts are sent by mail.
    pub reminders: bool,
    /// Whether reminders that registration opens are sent by mail.
    pub opening_reminders: bool,
    /// Whether announcements of organizers are sent by mail.
    pub announcements: bool,
    /// The time zone in which times are shown, by its IANA name; `None` means that of the browser.
    pub time_zone: Option<String>,
}
