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
    /// Whether promotions from a waitlist are sent to the devices with notifications.
    pub push_promotions: bool,
    /// Whether reminders that a competition starts are sent to the devices with notifications.
    pub push_reminders: bool,
    /// Whether reminders that registration opens are sent to the devices with notifications.
    pub push_opening_reminders: bool,
    /// The time zone in which times are shown, by its IANA name; `None` means that of the browser.
    pub time_zone: Option<String>,
}
