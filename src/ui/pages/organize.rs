//! The organizer's pages. Each asks the domain for what the competition's owner may see, so that
//! access is refused there and not here.

pub mod competition;
pub mod edit;
pub mod overview;
pub mod participants;
