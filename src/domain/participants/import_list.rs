//! Reading lists of participants as spreadsheets save them: with commas, semicolons or tabs, with or without a line of
//! headings, and with the columns in any order.

use std::collections::{HashMap, hash_map::Entry};

use csv::{ReaderBuilder, StringRecord};

use crate::{
    model::{
        DivisionId, IMPORT_LINES, ImportLine, Language,
        forms::{FieldErrors, FieldProblem, ParticipantForm},
    },
    store::search::folded_text,
    text::catalogue,
};

/// The heading of the column with the division, in any language besides those of the catalogue.
const DIVISION: &str = "division";

/// Reads the lines of a list. In each line the first field with an `@` is the address, and the first other field with
/// a text is the name. A first line without an address consists of headings. A column with the heading `division`, or
/// that word in a language of the catalogue, has the name of one of `divisions`, which each line needs if there are any.
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
    let mut division_column = None;
    let list = list.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(list))
        .from_reader(list.as_bytes());
    let mut lines = Vec::new();
    let mut first_lines = HashMap::new();
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
        let line = line(number, &record, division_column);
        if lines.is_empty() && first_lines.is_empty() && !line.email.contains('@') && number == 1 {
            first_lines.insert(String::new(), number);
            division_column = record.iter().position(is_division_heading);
            continue;
        }
        if lines.len() == IMPORT_LINES {
            let problem = FieldProblem::TooManyLines(IMPORT_LINES as u64);
            return Err(FieldErrors::one("people", problem));
        }
        lines.push(checked(line, &divisions, &mut first_lines));
    }
    if lines.iter().all(|line| !line.email.contains('@')) {
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

fn is_division_heading(heading: &str) -> bool {
    let heading = comparable(heading);
    let mut words = Language::ALL
        .iter()
        .map(|language| comparable(catalogue(*language).divisions.division));
    heading == DIVISION || words.any(|word| word == heading)
}

/// Finds the address, the name and the division among the fields of a line.
fn line(number: u64, record: &StringRecord, division_column: Option<usize>) -> ImportLine {
    let fields = || {
        let others = record.iter().enumerate();
        others
            .filter(|(at, _)| Some(*at) != division_column)
            .map(|(_, field)| field.trim())
            .filter(|field| !field.is_empty())
    };
    let division = division_column.and_then(|at| record.get(at));
    let email = fields().find(|field| field.contains('@'));
    let name = fields().find(|field| Some(*field) != email);
    ImportLine {
        line: number,
        email: email.unwrap_or_default().to_owned(),
        name: name.unwrap_or_default().to_owned(),
        division: division.unwrap_or_default().trim().to_owned(),
        division_id: None,
        problem: None,
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
    }
}
