//! The accounts of the demo data.

use crate::model::Role;

/// The password of [`ACCOUNTS`].
pub(super) const PASSWORD: &str = "demo-demo-demo";

/// The accounts that visitors of the demo can log in to: name, e-mail address, role and purpose.
pub(super) const ACCOUNTS: [(&str, &str, Role, &str); 3] = [
    (
        "Ada Organizer",
        "organizer@demo.test",
        Role::Organizer,
        "runs the competitions",
    ),
    (
        "Pat Participant",
        "participant@demo.test",
        Role::Participant,
        "takes seats",
    ),
    (
        "Alex Admin",
        "admin@demo.test",
        Role::Admin,
        "runs the installation",
    ),
];

/// The names of the other participants. Their passwords are random, so that no one can log in to their
/// accounts. (Until release 0.1 they had the published password.)
pub(super) const PEOPLE: &[&str] = &[
    "Amara Okafor",
    "Jonas Lindqvist",
    "Mei Tanaka",
    "Sofia Rossi",
    "Liam Murphy",
    "Zeynep Kaya",
    "Mateo Fernández",
    "Priya Raman",
    "Noah Schneider",
    "Chloé Martin",
    "Tomasz Nowak",
    "Ingrid Haugen",
    "Samuel Mensah",
    "Elif Demir",
    "Lucas Pereira",
    "Hana Novotná",
    "Oliver Clarke",
    "Yara Haddad",
    "Kenji Sato",
    "Marta Kowalska",
    "Daniel Weber",
    "Aisha Bello",
    "Pablo Ortega",
    "Freja Nielsen",
    "Viktor Horvath",
    "Leila Farahani",
    "Ben Carter",
    "Nina Petrova",
];

/// Returns the e-mail address of one of [`PEOPLE`].
pub(super) fn address_of(at: usize) -> String {
    format!("p{at}@demo.test")
}
