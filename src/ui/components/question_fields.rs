//! The inputs for the answers to the questions of a competition.
//!
//! Each input has the name `answers[q<id>]`, and those of a question with several choices `chosen[q<id>][]`: in brackets,
//! what begins with a digit would be the place in a list. They may belong to a form elsewhere in the page, by their attribute `form`.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        BIRTH_DATE, COUNTRIES, QuestionKind, QuestionView,
        forms::{LONG_ANSWER, SHORT_ANSWER, answer_field},
        html::escape_raw_text,
    },
    ui::{flash::FormInput, paths, text::text},
};

/// Shows an input for each question, with what was typed before.
#[component]
pub fn QuestionFields(
    /// The questions in their order.
    questions: Vec<QuestionView>,
    /// What was typed or answered before, with its errors.
    form_input: Arc<FormInput>,
    /// The id of the form to which the inputs belong, if it is elsewhere.
    #[prop(optional)]
    form: Option<&'static str>,
) -> impl IntoView {
    let asks_for_country = questions
        .iter()
        .any(|question| question.kind == QuestionKind::Country);
    let script = asks_for_country.then(|| {
        view! { <script type="module" src=paths::QUESTIONS_SCRIPT></script> }
    });
    let fields = questions
        .into_iter()
        .map(|question| QuestionInputs::new(question, &form_input, form).show());
    view! { {fields.collect_view()}{script} }.into_any()
}

/// Returns what a question asks: that for the date of birth in the language of the page, and others in the organizer's words.
pub fn question_label(question: &QuestionView) -> String {
    match question.id == BIRTH_DATE {
        true => text().questions.preset_birth.to_owned(),
        false => question.label.clone(),
    }
}

/// What the inputs of a question show.
struct QuestionInputs {
    question: QuestionView,
    /// The name of the field in errors, which is the id of the input.
    id: String,
    value: String,
    error: Option<String>,
    form: Option<&'static str>,
}

impl QuestionInputs {
    fn new(question: QuestionView, form_input: &FormInput, form: Option<&'static str>) -> Self {
        let id = answer_field(question.id);
        Self {
            value: form_input.value(&id),
            error: form_input.error(&id),
            question,
            id,
            form,
        }
    }

    fn name(&self) -> String {
        format!("answers[q{}]", self.question.id)
    }

    /// Returns the ids of the elements that describe the input.
    fn described(&self) -> Option<String> {
        let error = self.error.as_ref().map(|_| format!("{}-error", self.id));
        let help = (!self.question.help.is_empty()).then(|| format!("{}-hint", self.id));
        let both: Vec<_> = error.into_iter().chain(help).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }

    fn invalid(&self) -> Option<&'static str> {
        self.error.as_ref().map(|_| "true")
    }

    fn label(&self) -> AnyView {
        let optional = (!self.question.required).then(|| {
            view! { <span class="optional">{format!(" ({})", text().frame.optional)}</span> }
        });
        view! { <bdi>{question_label(&self.question)}</bdi>{optional} }.into_any()
    }

    /// Shows what is wrong, and what helps.
    fn notes(&self) -> AnyView {
        let error = self.error.clone().map(
            |error| view! { <p class="field-error" id=format!("{}-error", self.id)>{error}</p> },
        );
        let help = self.question.help.clone();
        let help = (!help.is_empty()).then(|| {
            view! { <p class="field-hint question-help" dir="auto" id=format!("{}-hint", self.id)>{help}</p> }
        });
        view! { {error}{help} }.into_any()
    }

    fn show(&self) -> AnyView {
        match self.question.kind {
            QuestionKind::Choices => self.choices(),
            QuestionKind::Checkbox | QuestionKind::Consent => self.checkbox(),
            kind => {
                let control = match kind {
                    QuestionKind::LongText => self.text_area(),
                    QuestionKind::Choice => self.select(false),
                    QuestionKind::Country => self.select(true),
                    QuestionKind::Number => self.input("number", None),
                    QuestionKind::Date => self.input("date", None),
                    QuestionKind::Phone => self.input("tel", Some("tel")),
                    _ => self.input("text", None),
                };
                view! {
                    <div class="field" data-invalid=self.invalid()>
                        <label for=self.id.clone()>{self.label()}</label>
                        {control}
                        {self.notes()}
                    </div>
                }
                .into_any()
            }
        }
    }

    fn input(&self, kind: &'static str, autocomplete: Option<&'static str>) -> AnyView {
        let is_number = kind == "number";
        let is_text = matches!(kind, "text" | "tel");
        view! {
            <input id=self.id.clone() name=self.name() type=kind value=self.value.clone() form=self.form
                required=self.question.required autocomplete=autocomplete step=is_number.then_some("any")
                maxlength=is_text.then(|| SHORT_ANSWER.to_string())
                aria-describedby=self.described() aria-invalid=self.invalid()/>
        }
        .into_any()
    }

    fn text_area(&self) -> AnyView {
        view! {
            <textarea id=self.id.clone() name=self.name() rows="4" form=self.form required=self.question.required
                maxlength=LONG_ANSWER.to_string() aria-describedby=self.described() aria-invalid=self.invalid()>
                // Browsers drop the first line break of a text area, so one is put before the value.
                {format!("\n{}", escape_raw_text(&self.value))}
            </textarea>
        }
        .into_any()
    }

    /// Shows a list to choose from: options, or countries. What was chosen from a former list can stay.
    fn select(&self, of_countries: bool) -> AnyView {
        let mut choices: Vec<(String, String)> = match of_countries {
            true => COUNTRIES
                .iter()
                .map(|(code, name)| ((*code).to_owned(), (*name).to_owned()))
                .collect(),
            false => {
                let options = self.question.options.iter();
                options.map(|one| (one.clone(), one.clone())).collect()
            }
        };
        let is_listed = choices.iter().any(|(value, _)| *value == self.value);
        if !self.value.is_empty() && !is_listed {
            choices.insert(0, (self.value.clone(), self.value.clone()));
        }
        let options = choices.into_iter().map(|(value, words)| {
            // The names of countries are English unless a script translates them.
            let language = of_countries.then_some("en");
            let is_chosen = value == self.value;
            view! { <option value=value lang=language selected=is_chosen>{words}</option> }
        });
        view! {
            <select id=self.id.clone() name=self.name() form=self.form required=self.question.required
                autocomplete=of_countries.then_some("country") data-countries=of_countries.then_some("")
                aria-describedby=self.described() aria-invalid=self.invalid()>
                <option value="">{text().questions.choose}</option>
                {options.collect_view()}
            </select>
        }
        .into_any()
    }

    fn checkbox(&self) -> AnyView {
        // Who agrees sends the words that stand here, so that nobody agrees to others.
        let value = match self.question.kind {
            QuestionKind::Consent => self.question.wording(),
            _ => "on".to_owned(),
        };
        let checked = self.value.replace("\r\n", "\n") == value;
        view! {
            <div class="field checkbox" data-invalid=self.invalid()>
                <label for=self.id.clone()>
                    <input id=self.id.clone() name=self.name() type="checkbox" value=value checked=checked form=self.form
                        required=self.question.required aria-describedby=self.described() aria-invalid=self.invalid()/>
                    <span>{self.label()}</span>
                </label>
                {self.notes()}
            </div>
        }
        .into_any()
    }

    fn choices(&self) -> AnyView {
        let name = format!("chosen[q{}][]", self.question.id);
        let chosen: Vec<_> = self.value.lines().collect();
        let former = chosen
            .iter()
            .filter(|one| !self.question.options.iter().any(|option| option == **one))
            .map(|one| (*one).to_owned());
        let all = self.question.options.iter().cloned().chain(former);
        let boxes = all.map(|option| {
            let checked = chosen.contains(&&*option);
            view! {
                <label class="question-choice">
                    <input type="checkbox" name=name.clone() value=option.clone() checked=checked form=self.form/>
                    <bdi>{option}</bdi>
                </label>
            }
        });
        view! {
            <fieldset class="field question-choices" id=self.id.clone() data-invalid=self.invalid() aria-describedby=self.described()
                data-required=self.question.required.then_some("")>
                <legend>{self.label()}</legend>
                {boxes.collect_view()}
                {self.notes()}
            </fieldset>
        }
        .into_any()
    }
}
