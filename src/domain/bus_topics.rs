//! The topics of the bus to which several modules listen.

/// The topic of edits on the bus. The payload is the competition's id; it is empty if everything may have
/// changed.
pub(super) const EDITS_TOPIC: &str = "catalog";
