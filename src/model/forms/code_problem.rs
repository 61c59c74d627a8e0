//! What can be wrong with a code of a competition, or with who may register.

use serde::{Deserialize, Serialize};

/// What is wrong with a code, or with the conditions of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeProblem {
    /// The code has too few or too many letters and digits, or other characters.
    Form,
    /// The competition has this code already.
    Taken,
    /// The competition has as many codes as it may have.
    TooManyCodes(u64),
    /// No more seats than this can be set aside.
    NotEnoughSeats(u64),
    /// More people than that are registered with the code.
    BelowUses(u64),
    /// The code is for another division.
    OtherDivision,
    /// There are more domains than this.
    TooManyDomains(u64),
    /// This is no domain of e-mail addresses.
    NotADomain,
    /// Whoever is registered keeps the date of birth that was checked.
    BirthDateIsFixed,
}
