//! Reading lists of participants as spreadsheets save them: with commas, semicolons or tabs, with or without a line of
//! headings, and with the columns in any order.

use std::collections::{HashMap, hash_map::Entry};

use csv::{ReaderBuilder, StringRecord};
use uuid::Uuid;

use super::headings::Headings;
use crate::{
    model::{
        DivisionId, IMPORT_LINES, ImportLine, RegistrationStatus,
        forms::{FieldErrors, FieldProblem, ParticipantForm},
    },
    store::search::folded_text,
};

/// The most characters that are shown of a line that has too many fields.
const SHOWN: usize = 100;

/// Reads the lines of a list. Headings say which columns are the address, the name and the division. Without them, the
/// first field with an `@` is the address, and the first other one that is neither an id nor a number is the name.
/// A line with more fields than the first one can't be used: a comma within a name would shift its columns.
///
/// # Errors
/// Returns an error of the field `people` if the list has too many lines, or none with an address.
pub(super) fn read(
    list: &str,
    divisions: &[(String, DivisionId)],
) -> Result<Vec<ImportLine>, FieldErrors> {
    // The name as it is written comes before one that differs from it in signs and accents only.
    let folded = divisions.iter().map(|(name, id)| (comparable(name), *id));
    let written = divisions
        .iter()
        .map(|(name, id)| (name.to_lowercase(), *id));
    let divisions: HashMap<String, DivisionId> = folded.chain(written).collect();
    let list = list.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(list))
        .from_reader(list.as_bytes());
    let mut columns: Option<Columns> = None;
    let mut lines = Vec::new();
    let mut first_lines = HashMap::new();
    let mut has_address = false;
    let mut numbers = LineNumbers::default();
    for record in reader.records() {
        // A text that is in memory and in UTF-8 has no other errors.
        let Ok(record) = record else { continue };
        let start = record.position().map_or(0, csv::Position::byte);
        let number = numbers.at(
            list.as_bytes(),
            usize::try_from(start).unwrap_or(usize::MAX),
        );
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let columns = match &columns {
            Some(columns) => columns,
            None => {
                let found = Headings::of(&record);
                let is_heading = found.is_some();
                let known = columns.insert(Columns {
                    headings: found.unwrap_or_default(),
                    count: record.len(),
                });
                if is_heading {
                    continue;
                }
                &*known
            }
        };
        if lines.len() == IMPORT_LINES {
            let problem = FieldProblem::TooManyLines(IMPORT_LINES as u64);
            return Err(FieldErrors::one("people", problem));
        }
        has_address |= record.iter().any(|field| field.contains('@'));
        let line = columns.line(number, &record);
        lines.push(match line.problem {
            Some(_) => line,
            None => checked(line, &divisions, &mut first_lines),
        });
    }
    if !has_address {
        return Err(FieldErrors::one("people", FieldProblem::EmptyList));
    }
    Ok(lines)
}

/// Counts the lines of a list up to a record. The position of a record is before the line breaks that precede it, so
/// that the line that the reader counts is too low where lines end with two characters.
#[derive(Debug, Default)]
struct LineNumbers {
    /// The bytes that were counted, and the line breaks among them.
    counted: usize,
    breaks: u64,
}

impl LineNumbers {
    /// Returns the number of the line in which the record begins whose position is `start`, from 1.
    fn at(&mut self, list: &[u8], start: usize) -> u64 {
        let rest = list.get(start..).unwrap_or_default();
        let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let begin = (start + skipped.count()).min(list.len());
        let between = list.get(self.counted..begin).unwrap_or_default();
        self.breaks += between.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = self.counted.max(begin);
        self.breaks + 1
    }
}

/// Returns the character that separates fields in the first line: the most frequent of the three, outside of quotes.
fn delimiter(list: &str) -> u8 {
    let first = list.lines().next().unwrap_or_default();
    let outside = || first.split('"').step_by(2).flat_map(str::bytes);
    let count = |delimiter: u8| outside().filter(|byte| *byte == delimiter).count();
    // The last of several greatest ones is taken, so the comma is.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(b',')
}

/// Returns a text as it is compared with others: without accents, in lower case.
fn comparable(text: &str) -> String {
    match folded_text(text) {
        // Names of signs alone have no words.
        folded if folded.is_empty() => text.trim().to_lowercase(),
        folded => folded,
    }
}

/// What the first line of a list says about its columns.
#[derive(Debug)]
struct Columns {
    headings: Headings,
    /// The number of columns.
    count: usize,
}

impl Columns {
    /// Finds the address, the name and the division among the fields of a line.
    fn line(&self, number: u64, record: &StringRecord) -> ImportLine {
        let headings = &self.headings;
        let fields: Vec<_> = record.iter().map(str::trim).collect();
        let field = |column: usize| fields.get(column).copied().unwrap_or_default();
        let at = |column: Option<usize>| column.map(field).unwrap_or_default();
        let used = fields.iter().rposition(|field| !field.is_empty());
        let unusable = |problem| ImportLine {
            line: number,
            name: fields.join(", ").chars().take(SHOWN).collect(),
            problem: Some(problem),
            ..ImportLine::default()
        };
        if used.is_some_and(|last| last >= self.count) {
            return unusable(FieldProblem::RaggedLine(self.count as u64));
        }
        if at(headings.status) == RegistrationStatus::Cancelled.to_string() {
            return unusable(FieldProblem::CancelledLine);
        }
        let email = match headings.email {
            Some(column) => field(column),
            None => {
                let mut addresses = fields.iter().filter(|field| field.contains('@'));
                addresses.next().copied().unwrap_or_default()
            }
        };
        let name = if headings.has_name() {
            headings.whole_name(field)
        } else {
            let mut others = fields.iter().enumerate();
            let name = others.find(|(column, field)| {
                !headings.is_other(*column) && !field.contains('@') && may_be_name(field)
            });
            name.map(|(_, name)| (*name).to_owned()).unwrap_or_default()
        };
        ImportLine {
            line: number,
            email: without_text_mark(email).to_owned(),
            name: without_text_mark(&name).to_owned(),
            division: without_text_mark(at(headings.division)).to_owned(),
            ..ImportLine::default()
        }
    }
}

/// Returns whether a field without a heading may be a name: ids and numbers are not.
fn may_be_name(field: &str) -> bool {
    !field.is_empty() && !field.chars().all(char::is_numeric) && Uuid::try_parse(field).is_err()
}

/// Returns a text without the apostrophe that tells spreadsheets that a cell is no formula, as in our own CSV.
fn without_text_mark(text: &str) -> &str {
    let formula = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(formula) => rest,
        _ => text,
    }
}

/// Checks a line, and whether its address is in an earlier line.
fn checked(
    line: ImportLine,
    divisions: &HashMap<String, DivisionId>,
    first_lines: &mut HashMap<String, u64>,
) -> ImportLine {
    let written = divisions.get(&line.division.to_lowercase());
    let division_id = written.or_else(|| divisions.get(&comparable(&line.division)));
    let division_id = division_id.copied();
    let division_problem = match (divisions.is_empty(), division_id) {
        (false, None) if line.division.is_empty() => Some(FieldProblem::NoDivision),
        (false, None) => Some(FieldProblem::UnknownDivision),
        _ => None,
    };
    let form = ParticipantForm {
        email: line.email.clone(),
        name: line.name.clone(),
        division_id: None,
    };
    match form.parse() {
        Ok(participant) => match first_lines.entry(participant.email.clone()) {
            Entry::Occupied(first) => ImportLine {
                problem: Some(FieldProblem::RepeatedLine(*first.get())),
                ..line
            },
            Entry::Vacant(entry) => {
                entry.insert(line.line);
                ImportLine {
                    email: participant.email,
                    name: participant.name,
                    division_id,
                    problem: division_problem,
                    ..line
                }
            }
        },
        Err(errors) => ImportLine {
            problem: errors.iter().next().map(|error| match &error.problem {
                // Whoever reads it does not give an address of their own.
                FieldProblem::NoEmail => FieldProblem::NotAnEmail,
                problem => problem.clone(),
            }),
            ..line
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(list: &str) -> Vec<(u64, String, String)> {
        let lines = read(list, &[]).unwrap();
        let usable = lines.into_iter().filter(|line| line.problem.is_none());
        usable
            .map(|line| (line.line, line.email, line.name))
            .collect()
    }

    #[test]
    fn columns_may_be_in_any_order_and_have_headings() {
        let expected = [
            (2, "anna@example.org".to_owned(), "Anna Ek".to_owned()),
            (3, "bo@example.org".to_owned(), "Bo".to_owned()),
        ];
        for list in [
            "\u{feff}Name,E-mail\r\nAnna Ek,Anna@example.org\r\nBo,bo@example.org\r\n",
            "E-Mail;Name;Ort\nanna@example.org;\"Anna Ek\";Oslo\n bo@example.org ; Bo;\n",
            "id\tmail\tname\n\tanna@example.org\tAnna Ek\n\tbo@example.org\tBo\n",
        ] {
            assert_eq!(people(list), expected, "{list}");
        }
    }

    #[test]
    fn what_separates_parts_of_a_name_does_not_separate_fields() {
        let list = "a@example.org,\"Ada; Countess; of Lovelace\"\nb@example.org,Bo\n";
        let names: Vec<_> = people(list).into_iter().map(|(.., name)| name).collect();
        assert_eq!(names, ["Ada; Countess; of Lovelace", "Bo"]);
    }

    #[test]
    fn a_column_with_a_known_heading_names_the_division() {
        let (short, long) = (DivisionId::new(), DivisionId::new());
        let divisions = [("5 km".to_owned(), short), ("Läufer".to_owned(), long)];
        for heading in ["division", "Kategorie", "CATÉGORIE", "部門"] {
            let list = format!(
                "{heading};Name;Mail\n5 KM;Anna;a@example.org\nlaufer;Bo;b@example.org\n;Cy;c@example.org\n10 km;Di;d@example.org\n"
            );
            let lines = read(&list, &divisions).unwrap();
            let found: Vec<_> = lines
                .iter()
                .map(|line| (line.name.as_str(), line.division_id, line.problem.clone()))
                .collect();
            assert_eq!(
                found,
                [
                    ("Anna", Some(short), None),
                    ("Bo", Some(long), None),
                    ("Cy", None, Some(FieldProblem::NoDivision)),
                    ("Di", None, Some(FieldProblem::UnknownDivision)),
                ],
                "{heading}"
            );
        }
        let without = read("a@example.org,Anna\n", &divisions).unwrap();
        assert_eq!(without[0].problem, Some(FieldProblem::NoDivision));
        // Where there are no divisions, the column is ignored, and is nobody's name.
        let ignored = read("division,mail,name\n5 km,a@example.org,Anna\n", &[]).unwrap();
        assert_eq!(
            (ignored[0].name.as_str(), &ignored[0].problem),
            ("Anna", &None)
        );
    }

    #[test]
    fn each_line_that_cannot_be_used_is_named() {
        let list = "anna@example.org,Anna\nno address,Bo\n\n\"a,b@example.org\",\nANNA@example.org,Anna again\n";
        let lines = read(list, &[]).unwrap();
        let problems: Vec<_> = lines
            .iter()
            .map(|line| (line.line, line.problem.clone()))
            .collect();
        assert_eq!(problems[0], (1, None));
        assert_eq!(problems[1], (2, Some(FieldProblem::NotAnEmail)));
        assert_eq!(problems[2].0, 4);
        assert!(problems[2].1.is_some());
        assert_eq!(problems[3], (5, Some(FieldProblem::RepeatedLine(1))));
    }

    #[test]
    fn a_list_without_an_address_or_with_too_many_lines_is_refused() {
        for empty in ["", "\n\n", "Name,E-mail\n", "nobody\nnothing"] {
            let errors = read(empty, &[]).unwrap_err();
            assert_eq!(
                errors.of("people"),
                Some(&FieldProblem::EmptyList),
                "{empty}"
            );
        }
        let long: String = (0..=IMPORT_LINES)
            .map(|number| format!("p{number}@example.org,P\n"))
            .collect();
        let errors = read(&long, &[]).unwrap_err();
        let problem = FieldProblem::TooManyLines(IMPORT_LINES as u64);
        assert_eq!(errors.of("people"), Some(&problem));
        let (_, longest) = long.split_once('\n').unwrap();
        assert_eq!(people(longest).len(), IMPORT_LINES);
    }

    #[test]
    fn a_formula_is_a_name_like_any_other() {
        assert_eq!(people("a@example.org,=1+1")[0].2, "=1+1");
        // Our own CSV marks it as a text.
        assert_eq!(people("a@example.org,'=1+1")[0].2, "=1+1");
        assert_eq!(people("a@example.org,'t Hooft")[0].2, "'t Hooft");
    }

    #[test]
    fn headings_decide_which_column_is_the_name() {
        for (list, name) in [
            (
                "club,name,email\nTurbine,Anna Ek,a@example.org\n",
                "Anna Ek",
            ),
            ("number,email,name\n1042,a@example.org,7\n", "7"),
            (
                "Ort;Nachname;Vorname;Mail\nOslo;Ek;Anna;a@example.org\n",
                "Anna Ek",
            ),
            (
                "mail,first name,name\na@example.org,Anna,Anna Ek\n",
                "Anna Ek",
            ),
            ("mail,name,last name\na@example.org,Anna Ek,Ek\n", "Anna Ek"),
            (
                "Nombre;Apellidos;Correo\nJuan;San Juan;a@example.org\n",
                "Juan San Juan",
            ),
            (
                "Vorname;Nachname;Mail\nJosé María;María;a@example.org\n",
                "José María María",
            ),
            (
                "first name,name,mail\nAnn,Anna Ek,a@example.org\n",
                "Ann Anna Ek",
            ),
            (
                "email,club,contact,name\na@example.org,Turbine,b@example.org,Anna\n",
                "Anna",
            ),
        ] {
            let found = people(list);
            assert_eq!(found.len(), 1, "{list}");
            assert_eq!(
                (found[0].1.as_str(), found[0].2.as_str()),
                ("a@example.org", name)
            );
        }
    }

    #[test]
    fn without_headings_ids_and_numbers_are_nobodys_name() {
        let id = "0198c0de-0000-7000-8000-000000000000";
        let list = format!("{id},1042,b@example.org,c@example.org,Bo\n{id},7,d@example.org,,\n");
        let lines = read(&list, &[]).unwrap();
        assert_eq!(
            (lines[0].email.as_str(), lines[0].name.as_str()),
            ("b@example.org", "Bo")
        );
        assert_eq!(lines[1].problem, Some(FieldProblem::NoName));
    }

    #[test]
    fn a_line_with_more_fields_than_the_first_one_is_named() {
        for list in [
            "name,email\nEk, Anna, a@example.org\nBo,b@example.org\n",
            "b@example.org,Bo\nEk, Anna, a@example.org\n",
        ] {
            let lines = read(list, &[]).unwrap();
            let wrong: Vec<_> = lines.iter().filter(|line| line.problem.is_some()).collect();
            assert_eq!(wrong.len(), 1, "{list}");
            assert_eq!(
                (wrong[0].line, wrong[0].name.as_str(), &wrong[0].problem),
                (
                    2,
                    "Ek, Anna, a@example.org",
                    &Some(FieldProblem::RaggedLine(2))
                )
            );
        }
        // Empty fields at the end are none.
        assert_eq!(people("name,email\nBo,b@example.org,,\n").len(), 1);
    }

    #[test]
    fn a_cancelled_registration_of_our_own_list_is_named() {
        let list = "registrationId,userId,userName,userEmail,status\n\
                    1,2,Anna,a@example.org,CONFIRMED\n3,4,Bo,b@example.org,CANCELLED\n";
        let lines = read(list, &[]).unwrap();
        assert_eq!((lines[0].name.as_str(), &lines[0].problem), ("Anna", &None));
        assert_eq!(lines[1].problem, Some(FieldProblem::CancelledLine));
        // In another list the word has another meaning.
        assert_eq!(
            people("name,email,status\nBo,b@example.org,CANCELLED\n").len(),
            1
        );
    }
}
