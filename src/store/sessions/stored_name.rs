//! The name under which a session is stored.

use sha2::{Digest, Sha256};
use tower_sessions::session::Id;

/// Returns the name under which a session is stored: a hash of its id.
pub(super) fn name(id: &Id) -> String {
    hex::encode(Sha256::digest(id.0.to_le_bytes()))
}
