//! The answers to the questions of a competition: how they are checked, and how forms send them.
//!
//! An answer is checked by its question, before a registration is queued: a pure function of the questions and what was
//! sent. What was answered before and is sent again as it was is kept, whatever has become of the question: changing a
//! question loses no answer.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::{Number, Value};

use super::{
    errors::{FieldErrors, block, line},
    field_problem::{FieldProblem, RequestProblem},
    question::QUESTIONS_EVER,
    question_problem::QuestionProblem,
};
use crate::model::{Answer, Answers, QuestionId, QuestionKind, QuestionView, country_name};

/// The length of the longest answer of one line, in characters.
pub const SHORT_ANSWER: usize = 200;
/// The length of the longest answer of several lines, in characters.
pub const LONG_ANSWER: usize = 2_000;
/// The size of all answers of a registration, in bytes of JSON.
pub const ANSWERS_BYTES: usize = 16 * 1024;
/// The largest number, and the lowest one without its sign.
const NUMBER_MAX: f64 = 1e12;
/// The years of dates.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;
/// The numbers of digits that telephone numbers have (E.164).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// Answers as they are sent: JSON by the ids of the questions.
pub type GivenAnswers = BTreeMap<String, Value>;

/// Returns the name of the field with the answer to a question.
#[must_use]
pub fn answer_field(question: impl std::fmt::Display) -> String {
    format!("answers.{question}")
}

/// Returns the id of the question whose answer has a field with this name.
#[must_use]
pub fn question_of_field(name: &str) -> Option<&str> {
    name.strip_prefix("answers.")
}

/// Checks the answers of somebody who registers: every question that requires one has an answer.
///
/// # Errors
/// Returns an error for each answer that is missing or wrong, with the field `answers.<question id>`.
pub fn check_answers(
    questions: &[QuestionView],
    given: &GivenAnswers,
    now: DateTime<Utc>,
) -> Result<Answers, FieldErrors> {
    let mut all = given.clone();
    for question in questions {
        all.entry(question.id.to_string()).or_insert(Value::Null);
    }
    change_answers(questions, &Answers::new(), &all, now)
}

/// Returns the answers after a change, which names some of the questions. `null` takes an answer back.
///
/// # Errors
/// Returns an error for each answer that is missing or wrong, with the field `answers.<question id>`.
pub fn change_answers(
    questions: &[QuestionView],
    before: &Answers,
    given: &GivenAnswers,
    now: DateTime<Utc>,
) -> Result<Answers, FieldErrors> {
    if given.len() > QUESTIONS_EVER {
        return Err(FieldErrors::one("answers", QuestionProblem::NotAsked));
    }
    let mut errors = FieldErrors::default();
    let mut answers = before.clone();
    let mut known = HashSet::new();
    // In the order of the questions, so that errors are, too.
    for question in questions {
        let name = question.id.to_string();
        let Some(value) = given.get(&name) else {
            continue;
        };
        known.insert(name);
        match check_one(question, before.get(&question.id), value, now) {
            Ok(Some(answer)) => {
                answers.insert(question.id, answer);
            }
            Ok(None) => {
                answers.remove(&question.id);
            }
            Err(problem) => errors.add(&answer_field(question.id), problem),
        }
    }
    for (name, value) in given.iter().filter(|(name, _)| !known.contains(*name)) {
        let id: Option<QuestionId> = name.parse().ok();
        let stored = id.and_then(|id| before.get(&id));
        if !stored.is_some_and(|answer| is_same(answer, value)) {
            // A name that is no id may be anything.
            let name: String = name.chars().take(40).collect();
            errors.add(&answer_field(name), QuestionProblem::NotAsked);
        }
    }
    if errors.is_empty()
        && let Some(longest) = too_long(&answers)
    {
        errors.add(&answer_field(longest), QuestionProblem::AnswersTooLong);
    }
    match errors.is_empty() {
        true => Ok(answers),
        false => Err(errors),
    }
}

/// Returns whether an answer is sent as it is stored.
fn is_same(answer: &Answer, value: &Value) -> bool {
    serde_json::to_value(answer).is_ok_and(|stored| stored == *value)
}

/// Returns the question with the longest answer if all of them are too long.
fn too_long(answers: &Answers) -> Option<QuestionId> {
    let size = |answer: &Answer| serde_json::to_string(answer).map_or(0, |text| text.len());
    let sizes = answers.iter().map(|(id, answer)| (size(answer), *id));
    let all: usize = sizes.clone().map(|(size, _)| size + 40).sum();
    let longest = sizes.max().map(|(_, id)| id);
    longest.filter(|_| all > ANSWERS_BYTES)
}

/// Returns the answer to a question; `None` if there is none, which the question allows.
fn check_one(
    question: &QuestionView,
    before: Option<&Answer>,
    value: &Value,
    now: DateTime<Utc>,
) -> Result<Option<Answer>, FieldProblem> {
    if let Some(stored) = before.filter(|stored| is_same(stored, value)) {
        return Ok(Some(stored.clone()));
    }
    let answer = match (question.kind, value) {
        (_, Value::Null) => None,
        (QuestionKind::ShortText, value) => text(value, |text| {
            line(text, QuestionProblem::NoAnswer.into(), 1, SHORT_ANSWER)
        })?,
        (QuestionKind::LongText, value) => text(value, |text| {
            block(text, QuestionProblem::NoAnswer.into(), 1, LONG_ANSWER)
        })?,
        (QuestionKind::Number, value) => number(value)?,
        (QuestionKind::Date, value) => text(value, day)?,
        (QuestionKind::Choice, value) => text(value, |text| option(question, text))?,
        (QuestionKind::Choices, value) => options(question, before, value)?,
        (QuestionKind::Checkbox, value) => yes(value)?.then_some(Answer::Yes(true)),
        (QuestionKind::Consent, value) => {
            agrees(question, value)?.then(|| consent(question, before, now))
        }
        (QuestionKind::Country, value) => text(value, |text| match country_name(text) {
            Some(_) => Ok(text.to_owned()),
            None => Err(QuestionProblem::NotACountry.into()),
        })?,
        (QuestionKind::Phone, value) => text(value, phone)?,
    };
    match (answer, question.required, question.kind) {
        (None, true, QuestionKind::Consent) => Err(QuestionProblem::NoConsent.into()),
        (None, true, _) => Err(QuestionProblem::NoAnswer.into()),
        (answer, ..) => Ok(answer),
    }
}

/// Returns a text that passes a check; `None` if it is blank.
fn text(
    value: &Value,
    check: impl FnOnce(&str) -> Result<String, FieldProblem>,
) -> Result<Option<Answer>, FieldProblem> {
    let text = value.as_str().ok_or(RequestProblem::NotAString)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    check(text).map(|text| Some(Answer::Text(text)))
}

fn number(value: &Value) -> Result<Option<Answer>, FieldProblem> {
    let Value::Number(number) = value else {
        return Err(QuestionProblem::NotANumber.into());
    };
    let wrong = || FieldProblem::from(QuestionProblem::NotANumber);
    let float = number.as_f64().ok_or_else(wrong)?;
    if !(-NUMBER_MAX..=NUMBER_MAX).contains(&float) {
        return Err(wrong());
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "whole and within the bounds of i64"
    )]
    let number = match float.fract() == 0.0 {
        // However it was written.
        true => Number::from(float as i64),
        false => Number::from_f64(float).ok_or_else(wrong)?,
    };
    Ok(Some(Answer::Number(number)))
}

fn day(text: &str) -> Result<String, FieldProblem> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
    let day = day.filter(|day| YEARS.contains(&day.year()));
    let day = day.ok_or(QuestionProblem::NotADay)?;
    Ok(day.format("%Y-%m-%d").to_string())
}

fn option(question: &QuestionView, text: &str) -> Result<String, FieldProblem> {
    match question.options.iter().any(|option| option == text) {
        true => Ok(text.to_owned()),
        false => Err(QuestionProblem::NotAnOption.into()),
    }
}

/// Returns the chosen options in the order of the question, then those that were chosen before and are no options any
/// more.
fn options(
    question: &QuestionView,
    before: Option<&Answer>,
    value: &Value,
) -> Result<Option<Answer>, FieldProblem> {
    let chosen = value.as_array().ok_or(RequestProblem::NotAnArray)?;
    let stored = match before {
        Some(Answer::Chosen(stored)) => &stored[..],
        _ => &[],
    };
    let mut different = HashSet::new();
    for value in chosen {
        let text = value.as_str().ok_or(RequestProblem::NotAString)?;
        let text = match stored.iter().any(|former| former == text) {
            true => text.to_owned(),
            false => option(question, text)?,
        };
        different.insert(text);
    }
    let former = stored.iter();
    let former = former.filter(|one| !question.options.contains(one));
    let all = question.options.iter().chain(former);
    let chosen: Vec<_> = all
        .filter(|option| different.contains(*option))
        .cloned()
        .collect();
    Ok((!chosen.is_empty()).then_some(Answer::Chosen(chosen)))
}

fn yes(value: &Value) -> Result<bool, FieldProblem> {
    Ok(value.as_bool().ok_or(RequestProblem::NotABoolean)?)
}

/// Returns whether somebody agrees: `true`, or the words that they have read, which a form sends.
fn agrees(question: &QuestionView, value: &Value) -> Result<bool, FieldProblem> {
    match value.as_str() {
        // Forms send each line break as two characters.
        Some(read) if read.replace("\r\n", "\n") == question.wording() => Ok(true),
        Some(_) => Err(QuestionProblem::WordingChanged.into()),
        None => yes(value),
    }
}

/// Returns the agreement to what the question says. Who has agreed to the same before did so at that time.
fn consent(question: &QuestionView, before: Option<&Answer>, now: DateTime<Utc>) -> Answer {
    let wording = question.wording();
    match before {
        Some(Answer::Consent {
            wording: agreed, ..
        }) if *agreed == wording => before.cloned().unwrap_or(Answer::Yes(true)),
        _ => Answer::Consent {
            wording,
            agreed_at: now,
        },
    }
}

fn phone(text: &str) -> Result<String, FieldProblem> {
    let wrong = FieldProblem::from(QuestionProblem::NotAPhone);
    let text = line(text, wrong.clone(), 1, 40)?;
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let known = |(at, c): (usize, char)| {
        c.is_ascii_digit()
            || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')')
            || (c == '+' && at == 0)
    };
    match text.char_indices().all(known) && PHONE_DIGITS.contains(&digits) {
        true => Ok(text),
        false => Err(wrong),
    }
}

/// Reads answers as forms send them: texts, and lists of chosen options. Questions that the form has and nobody has
/// answered are `null`.
#[must_use]
pub fn answers_of_form(
    questions: &[QuestionView],
    texts: &BTreeMap<String, String>,
    chosen: &BTreeMap<String, Vec<String>>,
) -> GivenAnswers {
    let mut given = GivenAnswers::new();
    for question in questions {
        let name = question.id.to_string();
        let text = texts.get(&name).map(String::as_str).unwrap_or_default();
        let value = match question.kind {
            QuestionKind::Choices => chosen.get(&name).map_or(Value::Null, |chosen| {
                Value::from(chosen.iter().map(String::as_str).collect::<Vec<_>>())
            }),
            _ if text.trim().is_empty() => Value::Null,
            QuestionKind::Checkbox => Value::Bool(true),
            QuestionKind::Number => number_of(text.trim()),
            _ => Value::from(text),
        };
        given.insert(name, value);
    }
    // What else was answered is no question any more, of which the person is told.
    for (name, text) in texts.iter().filter(|(_, text)| !text.trim().is_empty()) {
        given
            .entry(name.clone())
            .or_insert_with(|| Value::from(text.as_str()));
    }
    for (name, _) in chosen.iter().filter(|(_, chosen)| !chosen.is_empty()) {
        given
            .entry(name.clone())
            .or_insert_with(|| Value::Array(Vec::new()));
    }
    given
}

/// Returns the number that was typed, with a point or a comma; a text if it is none.
fn number_of(text: &str) -> Value {
    let number = text.replace(',', ".").parse::<f64>().ok();
    let number = number.and_then(Number::from_f64);
    number.map_or_else(|| Value::from(text), Value::Number)
}
