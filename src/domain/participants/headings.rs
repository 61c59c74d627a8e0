//! The headings of a list of participants: which column has the address, the name and the division.

use csv::StringRecord;

use crate::{model::Language, store::search::folded_text, text::catalogue};

/// Headings of columns with e-mail addresses, in the languages of the site. The first ones are those of our own CSV.
const EMAIL: &[&str] = &[
    "userEmail",
    "email",
    "mail",
    "e-mail address",
    "mail address",
    "E-Mail-Adresse",
    "Mailadresse",
    "correo",
    "correo electrónico",
    "dirección de correo",
    "dirección de correo electrónico",
    "courriel",
    "adresse e-mail",
    "adresse mail",
    "adresse électronique",
    "メール",
    "メールアドレス",
    "Eメール",
    "電子メール",
    "البريد",
    "البريد الإلكتروني",
    "بريد إلكتروني",
    "عنوان البريد",
    "عنوان البريد الإلكتروني",
];
/// Headings of columns with names.
const NAME: &[&str] = &[
    "userName",
    "name",
    "full name",
    "participant",
    "participant name",
    "vollständiger Name",
    "Teilnehmer",
    "Teilnehmerin",
    "nombre",
    "nombre completo",
    "nombre y apellidos",
    "participante",
    "nom",
    "nom complet",
    "nom et prénom",
    "prénom et nom",
    "名前",
    "氏名",
    "お名前",
    "参加者",
    "参加者名",
    "الاسم",
    "الاسم الكامل",
    "اسم المشارك",
    "المشارك",
];
/// Headings of columns with the first part of a name only.
const GIVEN_NAME: &[&str] = &[
    "first name",
    "given name",
    "forename",
    "Vorname",
    "nombre de pila",
    "prénom",
    "名",
    "الاسم الأول",
];
/// Headings of columns with the family name only.
const FAMILY_NAME: &[&str] = &[
    "last name",
    "family name",
    "surname",
    "Nachname",
    "Familienname",
    "apellido",
    "apellidos",
    "nom de famille",
    "姓",
    "名字",
    "اسم العائلة",
    "الكنية",
];
/// Headings of columns with the division, in any language besides those of the catalogue.
const DIVISION: &[&str] = &["division", "divisionName"];
/// The headings by which our own CSV is known, of which cancelled registrations are a part.
const OWN_ID: &str = "registrationId";
const OWN_STATUS: &str = "status";

/// The places of the columns that are known by their headings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Headings {
    pub email: Option<usize>,
    pub division: Option<usize>,
    /// The status of the registration in our own CSV.
    pub status: Option<usize>,
    name: Option<usize>,
    given_name: Option<usize>,
    family_name: Option<usize>,
}

impl Headings {
    /// Reads the first line of a list. A line with an address, or without any known heading, is no line of headings.
    pub(super) fn of(record: &StringRecord) -> Option<Self> {
        if record.iter().any(|field| field.contains('@')) {
            return None;
        }
        let words: Vec<_> = record.iter().map(comparable).collect();
        let find = |known: &[&str]| {
            let known: Vec<_> = known.iter().map(|word| comparable(word)).collect();
            words.iter().position(|word| known.contains(word))
        };
        let divisions = Language::ALL
            .iter()
            .map(|language| catalogue(*language).divisions.division);
        let divisions: Vec<_> = DIVISION.iter().copied().chain(divisions).collect();
        let found = Self {
            email: find(EMAIL),
            division: find(&divisions),
            status: None,
            name: find(NAME),
            given_name: find(GIVEN_NAME),
            family_name: find(FAMILY_NAME),
        };
        if found == Self::default() {
            return None;
        }
        let status = || find(&[OWN_STATUS]);
        Some(Self {
            status: find(&[OWN_ID]).and_then(|_| status()),
            ..found
        })
    }

    /// Returns whether a heading says where the name is.
    pub(super) fn has_name(&self) -> bool {
        self.name_columns().next().is_some()
    }

    /// Puts the parts of a name together, of which `field` returns the one in a column. A given name with which the name
    /// begins already, or a family name with which it ends, is not repeated.
    pub(super) fn whole_name<'a>(&self, field: impl Fn(usize) -> &'a str) -> String {
        let name = self.name.map(&field).unwrap_or_default();
        let is_repeated = |column: usize, part: &str| {
            let column = Some(column);
            let before = name
                .strip_suffix(part)
                .filter(|_| column == self.family_name);
            let after = name
                .strip_prefix(part)
                .filter(|_| column == self.given_name);
            before.is_some_and(|before| before.ends_with(char::is_whitespace))
                || after.is_some_and(|after| after.starts_with(char::is_whitespace))
        };
        let parts = self.name_columns().map(|column| (column, field(column)));
        let parts = parts.filter(|(column, part)| !part.is_empty() && !is_repeated(*column, part));
        parts.map(|(_, part)| part).collect::<Vec<_>>().join(" ")
    }

    /// Returns the columns of the parts of a name, in the order in which they are written.
    fn name_columns(&self) -> impl Iterator<Item = usize> {
        let parts = match (self.name, self.given_name, self.family_name) {
            // Where all three are, the first one is the whole name.
            (Some(name), Some(_), Some(_)) => [Some(name), None, None],
            // “Nombre” beside “Apellidos” is a given name, “Nom” beside “Prénom” a family name.
            (name, given, family) => [given, name, family],
        };
        parts.into_iter().flatten()
    }

    /// Returns whether a column is known to be something else than the name.
    pub(super) fn is_other(&self, column: usize) -> bool {
        [self.email, self.division, self.status].contains(&Some(column))
    }
}

/// Returns a heading as it is compared with others: without accents, signs and spaces, in lower case.
fn comparable(heading: &str) -> String {
    folded_text(heading).replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(line: &[&str]) -> Option<Headings> {
        Headings::of(&StringRecord::from(line.to_vec()))
    }

    #[test]
    fn headings_in_each_language_of_the_site_are_known() {
        for (name, email) in [
            ("Name", "E-mail"),
            ("NAME", "E-Mail-Adresse"),
            ("Nombre", "Correo electrónico"),
            ("Nom", "Adresse e-mail"),
            ("氏名", "メールアドレス"),
            ("الاسم", "البريد الإلكتروني"),
            ("userName", "userEmail"),
        ] {
            let found = headings(&["id", name, "", email]).unwrap();
            let names: Vec<_> = found.name_columns().collect();
            assert_eq!((found.email, names), (Some(3), vec![1]), "{name}, {email}");
        }
    }

    #[test]
    fn parts_of_a_name_are_put_together_in_their_order() {
        for (line, order) in [
            (["Nachname", "Vorname", "Mail"], vec![1, 0]),
            (["Nombre", "Apellidos", "Correo"], vec![0, 1]),
            (["Nom", "Prénom", "Courriel"], vec![1, 0]),
            (["First name", "Mail", "Last name"], vec![0, 2]),
        ] {
            let found = headings(&line).unwrap();
            assert_eq!(found.name_columns().collect::<Vec<_>>(), order, "{line:?}");
        }
        let all = headings(&["Name", "First name", "Last name"]).unwrap();
        assert_eq!(all.name_columns().collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn a_line_of_somebody_is_no_line_of_headings() {
        assert_eq!(headings(&["Name", "a@example.org"]), None);
        assert_eq!(headings(&["Anna Ek", "no address"]), None);
        assert_eq!(headings(&["", ""]), None);
    }
}
