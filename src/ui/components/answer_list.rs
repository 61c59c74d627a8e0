//! Answers with their questions, as people read them.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::question_label;
use crate::{
    model::{Answer, AnsweredQuestion, QuestionKind, QuestionView},
    text::{DateStyle, date_time},
    ui::{
        paths,
        text::{language, text},
    },
};

/// Lists what a competition asks, with the answers of a registration.
#[component]
pub fn AnswerList(
    /// The questions with their answers.
    answers: Vec<AnsweredQuestion>,
    /// The time zone of the venue, by its IANA name.
    zone: String,
) -> impl IntoView {
    let of_country = |one: &AnsweredQuestion| one.question.kind == QuestionKind::Country;
    let script = answers
        .iter()
        .any(of_country)
        .then(|| view! { <script type="module" src=paths::QUESTIONS_SCRIPT></script> });
    let items = answers
        .into_iter()
        .map(|AnsweredQuestion { question, answer }| {
            let answer = match answer {
                Some(answer) => words(&question, answer, &zone),
                None => {
                    view! { <span class="muted">{text().questions.not_answered}</span> }.into_any()
                }
            };
            view! { <div><dt><bdi>{question_label(&question)}</bdi></dt><dd dir="auto">{answer}</dd></div> }
        });
    view! { <dl class="answers" data-testid="answers">{items.collect_view()}</dl>{script} }
        .into_any()
}

fn words(question: &QuestionView, answer: Answer, zone: &str) -> AnyView {
    match answer {
        Answer::Yes(true) => text().organize.yes.into_any(),
        Answer::Yes(false) => text().organize.no.into_any(),
        Answer::Number(number) => number.to_string().into_any(),
        // Where no script translates it, its two letters are read.
        Answer::Text(code) if question.kind == QuestionKind::Country => {
            let country = code.clone();
            view! { <span data-country=country>{code}</span> }.into_any()
        }
        Answer::Text(text) => view! { <span class="question-help">{text}</span> }.into_any(),
        Answer::Chosen(options) => {
            let options = options
                .into_iter()
                .map(|option| view! { <li>{option}</li> });
            view! { <ul class="answer-options">{options.collect_view()}</ul> }.into_any()
        }
        Answer::Consent { wording, agreed_at } => consent(question, wording, agreed_at, zone),
    }
}

/// Says when somebody has agreed, and to what if the question says something else by now.
fn consent(
    question: &QuestionView,
    wording: String,
    agreed_at: DateTime<Utc>,
    zone: &str,
) -> AnyView {
    let when = date_time(language(), DateStyle::Full, agreed_at, zone);
    let other = (wording != question.wording())
        .then(|| view! { <br/><q class="question-help">{wording}</q> });
    view! { {text().questions.agreed(&when)}{other} }.into_any()
}
