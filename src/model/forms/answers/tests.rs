//! Which answers are accepted.

use serde_json::json;

use super::*;
use crate::model::{QuestionScope, QuestionVisibility};

fn question(kind: QuestionKind, required: bool) -> QuestionView {
    let options: &[&str] = match kind.has_options() {
        true => &["S", "M", "L"],
        false => &[],
    };
    QuestionView {
        id: QuestionId::new(),
        kind,
        label: "I agree.".to_owned(),
        help: String::new(),
        required,
        options: options.iter().map(|&option| option.to_owned()).collect(),
        scope: QuestionScope::Registration,
        visible_to: QuestionVisibility::Organizer,
        archived: false,
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn answer(question: &QuestionView, value: &Value) -> Result<Option<Answer>, FieldProblem> {
    let given = GivenAnswers::from([(question.id.to_string(), value.clone())]);
    let field = answer_field(question.id);
    match check_answers(std::slice::from_ref(question), &given, at(7)) {
        Ok(mut answers) => Ok(answers.remove(&question.id)),
        Err(errors) => Err(errors.of(&field).expect("the field is named").clone()),
    }
}

#[test]
fn every_kind_of_question_takes_its_answers_and_no_others() {
    use QuestionKind as K;
    let long = "x".repeat(SHORT_ANSWER + 1);
    let text = |text: &str| Answer::Text(text.to_owned());
    for (kind, right, expected, wrong) in [
        (
            K::ShortText,
            json!(" Ada "),
            text("Ada"),
            vec![
                json!(1),
                json!(long),
                json!("\u{200b}"),
                json!("a\u{202e}b"),
                json!("a\nb"),
            ],
        ),
        (
            K::LongText,
            json!("one\r\ntwo"),
            text("one\ntwo"),
            vec![
                json!(["x"]),
                json!("x".repeat(LONG_ANSWER + 1)),
                json!("a\u{0}b"),
            ],
        ),
        (
            K::Number,
            json!(5.0),
            Answer::Number(5.into()),
            vec![json!("5"), json!(1e13), json!(true)],
        ),
        (
            K::Date,
            json!("2001-12-31"),
            text("2001-12-31"),
            vec![
                json!("2001-02-30"),
                json!("31.12.2001"),
                json!("0001-01-01"),
                json!(2001),
            ],
        ),
        (
            K::Choice,
            json!("M"),
            text("M"),
            vec![json!("XL"), json!(["M"]), json!("m")],
        ),
        (
            K::Choices,
            json!(["L", "S", "L"]),
            Answer::Chosen(vec!["S".to_owned(), "L".to_owned()]),
            vec![json!("S"), json!(["S", "XL"]), json!([1])],
        ),
        (
            K::Checkbox,
            json!(true),
            Answer::Yes(true),
            vec![json!("on"), json!(1)],
        ),
        (
            K::Consent,
            json!(true),
            Answer::Consent {
                wording: "I agree.".to_owned(),
                agreed_at: at(7),
            },
            vec![
                json!("yes"),
                json!({ "wording": "Another.", "agreedAt": "2020-01-01T00:00:00Z" }),
            ],
        ),
        (
            K::Country,
            json!("JP"),
            text("JP"),
            vec![json!("XX"), json!("jp"), json!("Japan")],
        ),
        (
            K::Phone,
            json!("+45 12 34-56 78"),
            text("+45 12 34-56 78"),
            vec![
                json!("call me"),
                json!("1234"),
                json!("1+234567"),
                json!("1".repeat(16)),
            ],
        ),
    ] {
        let required = question(kind, true);
        assert_eq!(answer(&required, &right), Ok(Some(expected)), "{kind}");
        for value in wrong {
            assert!(answer(&required, &value).is_err(), "{kind} {value}");
        }
        for nothing in [Value::Null, json!(false), json!(""), json!([])] {
            let outcome = answer(&required, &nothing);
            assert!(outcome.is_err(), "{kind} {nothing}: {outcome:?}");
        }
        assert_eq!(answer(&question(kind, false), &Value::Null), Ok(None));
    }
}

#[test]
fn what_is_not_asked_is_not_answered() {
    let asked = question(QuestionKind::ShortText, false);
    for name in [QuestionId::new().to_string(), "x".to_owned(), String::new()] {
        let given = GivenAnswers::from([(name.clone(), json!("y"))]);
        let errors = check_answers(std::slice::from_ref(&asked), &given, at(0)).unwrap_err();
        let problem = errors.of(&answer_field(name)).cloned();
        assert_eq!(problem, Some(QuestionProblem::NotAsked.into()));
    }
}

#[test]
fn a_change_keeps_what_it_does_not_name_and_what_was_answered_to_a_former_question() {
    let mut shirt = question(QuestionKind::Choice, true);
    let former = question(QuestionKind::ShortText, true);
    let before = Answers::from([
        (shirt.id, Answer::Text("XXL".to_owned())),
        (former.id, Answer::Text("kept".to_owned())),
    ]);
    shirt.required = true;
    let change = |value: Value| {
        let given = GivenAnswers::from([(shirt.id.to_string(), value)]);
        change_answers(std::slice::from_ref(&shirt), &before, &given, at(0))
    };
    assert_eq!(change(json!("XXL")), Ok(before.clone()), "a former option");
    let changed = change(json!("S")).unwrap();
    assert_eq!(changed[&shirt.id], Answer::Text("S".to_owned()));
    assert_eq!(changed[&former.id], before[&former.id]);
    assert!(change(json!("XXXL")).is_err());
    assert!(change(Value::Null).is_err(), "it is required");
    let nothing = change_answers(&[shirt], &before, &GivenAnswers::new(), at(0));
    assert_eq!(nothing, Ok(before));
}

#[test]
fn a_consent_keeps_its_wording_until_the_next_agreement() {
    let mut consent = question(QuestionKind::Consent, true);
    let given = GivenAnswers::from([(consent.id.to_string(), json!(true))]);
    let first = check_answers(std::slice::from_ref(&consent), &given, at(1)).unwrap();
    let again = change_answers(std::slice::from_ref(&consent), &first, &given, at(2));
    assert_eq!(again.as_ref(), Ok(&first), "it was agreed to before");
    "I agree to more.".clone_into(&mut consent.label);
    let more = change_answers(&[consent.clone()], &first, &given, at(3)).unwrap();
    let Answer::Consent { wording, agreed_at } = &more[&consent.id] else {
        panic!("a consent");
    };
    assert_eq!((&**wording, *agreed_at), ("I agree to more.", at(3)));
}

#[test]
fn all_answers_together_have_a_bound() {
    let questions: Vec<_> = (0..10)
        .map(|_| question(QuestionKind::LongText, false))
        .collect();
    let given = |count: usize| -> GivenAnswers {
        let long = json!("x".repeat(LONG_ANSWER));
        let some = questions.iter().take(count);
        some.map(|one| (one.id.to_string(), long.clone())).collect()
    };
    assert!(check_answers(&questions, &given(7), at(0)).is_ok());
    assert!(check_answers(&questions, &given(9), at(0)).is_err());
}

#[test]
fn forms_send_texts_and_lists() {
    use QuestionKind as K;
    let questions =
        [K::Number, K::Choices, K::Consent, K::Date, K::Checkbox].map(|kind| question(kind, false));
    let name = |at: usize| questions[at].id.to_string();
    let texts = [
        (name(0), "3,5".to_owned()),
        (name(2), "I agree.".to_owned()),
        (name(4), " ".to_owned()),
        (name(3), " ".to_owned()),
        ("gone".to_owned(), "x".to_owned()),
    ];
    let chosen = [(name(1), vec!["S".to_owned()])];
    let given = answers_of_form(&questions, &texts.into(), &chosen.into());
    let values: Vec<_> = (0..5).map(|at| given[&name(at)].clone()).collect();
    let expected = [
        json!(3.5),
        json!(["S"]),
        json!("I agree."),
        Value::Null,
        Value::Null,
    ];
    assert_eq!(values, expected);
    assert_eq!(given["gone"], json!("x"));
}

#[test]
fn who_has_read_other_words_agrees_to_nothing() {
    let consent = QuestionView {
        help: "One\nline.".to_owned(),
        ..question(QuestionKind::Consent, false)
    };
    let given = |read: &str| GivenAnswers::from([(consent.id.to_string(), json!(read))]);
    let questions = std::slice::from_ref(&consent);
    let sent = consent.wording().replace('\n', "\r\n");
    let agreed = check_answers(questions, &given(&sent), at(0)).unwrap();
    assert!(
        matches!(&agreed[&consent.id], Answer::Consent { wording, .. } if *wording == consent.wording())
    );
    let errors = check_answers(questions, &given("I agree."), at(0)).unwrap_err();
    let problem = &errors.iter().next().unwrap().problem;
    assert_eq!(*problem, QuestionProblem::WordingChanged.into());
}

#[test]
fn an_option_that_is_gone_may_stay_chosen_beside_new_ones_and_is_no_option_for_others() {
    let days = question(QuestionKind::Choices, false);
    let before = Answers::from([(
        days.id,
        Answer::Chosen(vec!["Former".to_owned(), "S".to_owned()]),
    )]);
    let given = |chosen: &[&str]| GivenAnswers::from([(days.id.to_string(), json!(chosen))]);
    let questions = std::slice::from_ref(&days);
    for (chosen, expected) in [
        (&["S", "Former"][..], &["S", "Former"][..]),
        (&["S", "L", "Former"], &["S", "L", "Former"]),
        (&["L"], &["L"]),
    ] {
        let after = change_answers(questions, &before, &given(chosen), at(0)).unwrap();
        let expected: Vec<_> = expected.iter().map(|one| (*one).to_owned()).collect();
        assert_eq!(after[&days.id], Answer::Chosen(expected));
    }
    assert!(check_answers(questions, &given(&["Former"]), at(0)).is_err());
}

#[test]
fn more_answers_than_there_can_be_questions_are_refused_at_once() {
    let given = (0..1_000).map(|n| (n.to_string(), json!(n))).collect();
    let errors = check_answers(&[], &given, at(0)).unwrap_err();
    assert_eq!(errors.iter().count(), 1);
}
