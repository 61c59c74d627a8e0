//! The orders of a list of registrations.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::enumerations::{UnknownName, enumeration};

enumeration! {
    /// The order of a list of registrations; a minus means the reverse.
    RegistrationSort {
        /// By the time of registration, the first one at the top.
        RegisteredAt = "registeredAt",
        /// By the time of registration, the latest one at the top.
        RegisteredAtDescending = "-registeredAt",
        /// By name, in alphabetical order.
        Name = "name",
        /// By name, from Z to A.
        NameDescending = "-name",
        /// By e-mail address, in alphabetical order.
        Email = "email",
        /// By e-mail address, from Z to A.
        EmailDescending = "-email",
        /// By status: those with a seat, those on the waitlist, cancelled ones.
        Status = "status",
        /// By status: cancelled ones, those on the waitlist, those with a seat.
        StatusDescending = "-status",
    }
}

impl Default for RegistrationSort {
    /// Returns the order of registration.
    fn default() -> Self {
        Self::RegisteredAt
    }
}

impl RegistrationSort {
    /// Returns whether one status comes after the other.
    #[must_use]
    pub fn is_by_status(self) -> bool {
        matches!(self, Self::Status | Self::StatusDescending)
    }
}
