//! Fields of a change in JSON that may be absent.

use serde::{Deserialize, Deserializer};

/// Deserializes a field that is present: it must hold a value, and `null` is one only where the type
/// allows it.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
