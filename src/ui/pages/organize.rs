//! The organizer's pages. Each asks the domain for what its owner may see, so that somebody else's
//! is refused there, not here.

pub mod edit;
pub mod one;
pub mod overview;
pub mod people;
