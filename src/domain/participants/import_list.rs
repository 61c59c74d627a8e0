//! Reading lists of participants as spreadsheets save them: with commas, semicolons or tabs, with or without a line of
//! headings, and with the columns in any order.

use std::collections::{HashMap, hash_map::Entry};

use csv::{ReaderBuilder, StringRecord};

use crate::model::{
    ImportLine,
    forms::{FieldErrors, FieldProblem, ParticipantForm},
};

/// The most lines of a list.
pub(super) const MOST_LINES: usize = 500;

/// Reads the lines of a list. In each line the first field with an `@` is the address, and the first other field with
/// a text is the name. A first line without an address consists of headings.
///
/// # Errors
/// Returns an error of the field `people` if the list has too many lines, or none with an address.
pub(super) fn read(list: &str) -> Result<Vec<ImportLine>, FieldErrors> {
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
        let line = line(number, &record);
        if lines.is_empty() && first_lines.is_empty() && !line.email.contains('@') && number == 1 {
            first_lines.insert(String::new(), number);
            continue;
        }
        if lines.len() == MOST_LINES {
            let problem = FieldProblem::TooManyLines(MOST_LINES as u64);
            return Err(FieldErrors::one("people", problem));
        }
        lines.push(checked(line, &mut first_lines));
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

/// Finds the address and the name among the fields of a line.
fn line(number: u64, record: &StringRecord) -> ImportLine {
    let fields = || {
        record
            .iter()
            .map(str::trim)
            .filter(|field| !field.is_empty())
    };
    let email = fields().find(|field| field.contains('@'));
    let name = fields().find(|field| Some(*field) != email);
    ImportLine {
        line: number,
        email: email.unwrap_or_default().to_owned(),
        name: name.unwrap_or_default().to_owned(),
        problem: None,
    }
}

/// Checks a line, and whether its address is in an earlier line.
fn checked(line: ImportLine, first_lines: &mut HashMap<String, u64>) -> ImportLine {
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
        let lines = read(list).unwrap();
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
    fn each_line_that_cannot_be_used_is_named() {
        let list = "anna@example.org,Anna\nno address,Bo\n\n\"a,b@example.org\",\nANNA@example.org,Anna again\n";
        let lines = read(list).unwrap();
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
            let errors = read(empty).unwrap_err();
            assert_eq!(
                errors.of("people"),
                Some(&FieldProblem::EmptyList),
                "{empty}"
            );
        }
        let long: String = (0..=MOST_LINES)
            .map(|number| format!("p{number}@example.org,P\n"))
            .collect();
        let errors = read(&long).unwrap_err();
        let problem = FieldProblem::TooManyLines(MOST_LINES as u64);
        assert_eq!(errors.of("people"), Some(&problem));
        let (_, longest) = long.split_once('\n').unwrap();
        assert_eq!(people(longest).len(), MOST_LINES);
    }

    #[test]
    fn a_formula_is_a_name_like_any_other() {
        assert_eq!(people("a@example.org,=1+1")[0].2, "=1+1");
    }
}
