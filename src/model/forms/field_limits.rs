//! The bounds of form fields.

/// The length of the shortest and the longest title, in characters.
pub const TITLE: (usize, usize) = (3, 120);
/// The length of the longest description, in characters.
pub const DESCRIPTION: usize = 20_000;
/// The length of the longest location, in characters.
pub const LOCATION: usize = 200;
/// The highest number of tags.
pub const TAGS: usize = 10;
/// The length of the longest tag, in characters.
pub const TAG: usize = 30;
/// The highest number of seats.
pub const CAPACITY: i64 = 1_000_000;
/// The length of the longest account name, in characters.
pub const NAME: usize = 100;
/// The length of the longest e-mail address, in characters (RFC 5321, with RFC 3696's erratum 1690).
pub const EMAIL: usize = 254;
/// The length of the shortest and the longest password, in characters. NIST SP 800-63B requires at
/// least 8; the upper bound limits the work of hashing.
pub const PASSWORD: (usize, usize) = (10, 200);
