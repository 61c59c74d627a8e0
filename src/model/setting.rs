//! The settings of a process, as administrators see them.

/// A setting and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingView {
    /// The name of the environment variable.
    pub name: &'static str,
    /// The value in force.
    pub value: SettingValue,
}

/// The value of a setting, as far as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// A value that is no secret.
    Shown(String),
    /// A value that is set and secret.
    Secret,
    /// No value is set.
    Unset,
}
