//! The parts of forms: labels and native inputs, each tied to its hint and its error. After an
//! error they show what was typed.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        forms::{FieldProblem, InvalidField},
        html::escape_raw_text,
    },
    ui::{flash::FormInput, text::text},
};

/// Puts a label, a hint and an error around a control. `control` gets the ids of the elements that
/// describe it, and whether its value has an error.
fn around<C: FnOnce(Option<String>, bool) -> AnyView>(
    form_input: &FormInput,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    optional: bool,
    control: C,
) -> AnyView {
    let error = form_input.error(name);
    let hint_id = format!("{name}-hint");
    let error_id = format!("{name}-error");
    let described = match (hint.is_empty(), error.is_some()) {
        (true, false) => None,
        (false, false) => Some(hint_id.clone()),
        (true, true) => Some(error_id.clone()),
        (false, true) => Some(format!("{error_id} {hint_id}")),
    };
    let invalid = error.is_some();
    let control = control(described, invalid);
    view! {
        <div class="field" data-invalid=invalid.then_some("")>
            <label for=name>
                {label}
                {optional.then(|| view! { <span class="optional">{format!(" ({})", text().frame.optional)}</span> })}
            </label>
            {control}
            {error.map(|error| view! { <p class="field-error" id=error_id>{error}</p> })}
            {(!hint.is_empty()).then(|| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// An input for one line of text, a number, a date or a password.
#[component]
pub fn Field(
    /// The earlier input of the form, with its errors.
    form_input: Arc<FormInput>,
    /// The field's name, which is that of the API.
    name: &'static str,
    /// What the field asks for.
    label: &'static str,
    /// The `type` of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// A hint about how to fill in the field.
    #[prop(optional)]
    hint: &'static str,
    /// What the browser may fill in by itself (`autocomplete`).
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Whether the field may stay empty.
    #[prop(optional)]
    optional: bool,
    /// The least value of a number or time.
    #[prop(optional)]
    min: Option<&'static str>,
    /// The most characters that may be typed.
    #[prop(optional)]
    max_length: Option<&'static str>,
    /// The fewest characters that are needed.
    #[prop(optional)]
    min_length: Option<&'static str>,
    /// The types of files that can be chosen.
    #[prop(optional)]
    accept: Option<&'static str>,
) -> impl IntoView {
    let value = form_input.value(name);
    around(
        &form_input,
        name,
        label,
        hint,
        optional,
        move |described, invalid| {
            view! {
                <input
                    id=name
                    name=name
                    type=kind
                    value=value
                    required=!optional
                    min=min
                    minlength=min_length
                    maxlength=max_length
                    accept=accept
                    autocomplete=autocomplete
                    aria-describedby=described
                    aria-invalid=invalid.then_some("true")
                />
            }
            .into_any()
        },
    )
}

/// An input for several lines of text.
#[component]
pub fn TextArea(
    /// The earlier input of the form, with its errors.
    form_input: Arc<FormInput>,
    /// The field's name, which is that of the API.
    name: &'static str,
    /// What the field asks for.
    label: &'static str,
    /// A hint about how to fill in the field.
    #[prop(optional)]
    hint: &'static str,
    /// Whether the field may stay empty.
    #[prop(default = true)]
    optional: bool,
    /// The most characters that may be typed.
    max_length: usize,
) -> impl IntoView {
    let value = form_input.value(name);
    around(
        &form_input,
        name,
        label,
        hint,
        optional,
        move |described, invalid| {
            view! {
                <textarea
                    id=name
                    name=name
                    required=!optional
                    rows="9"
                    maxlength=max_length.to_string()
                    aria-describedby=described
                    aria-invalid=invalid.then_some("true")
                >
                    // Browsers drop the first line break of a text area, so one is put before the value.
                    {format!("\n{}", escape_raw_text(&value))}
                </textarea>
            }
            .into_any()
        },
    )
}

/// A choice of a [`Select`]: the value that is submitted, and its label.
pub type Choice = (&'static str, &'static str);

/// An input that chooses one of a few values.
#[component]
pub fn Select(
    /// The field's name, which is submitted.
    name: &'static str,
    /// What the field asks for.
    label: &'static str,
    /// The value that is chosen.
    #[prop(into)]
    value: String,
    /// The values that can be chosen.
    choices: Vec<Choice>,
    /// A hint that helps to choose.
    #[prop(optional)]
    hint: &'static str,
    /// Whether the browser chooses the visitor's time zone.
    #[prop(optional)]
    own_zone: bool,
    /// Whether the values are the tags of languages, and each label is in its language. An empty value is none.
    #[prop(optional)]
    of_languages: bool,
) -> impl IntoView {
    let options = choices
        .into_iter()
        .map(|(this, words)| {
            let language = (of_languages && !this.is_empty()).then_some(this);
            view! { <option value=this lang=language selected=this == value>{words}</option> }
        })
        .collect_view();
    let hint_id = (!hint.is_empty()).then(|| format!("{name}-hint"));
    let hint = hint_id
        .clone()
        .map(|id| view! { <p class="field-hint" id=id>{hint}</p> });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {hint}
            <select id=name name=name aria-describedby=hint_id data-own-zone=own_zone.then_some("")>{options}</select>
        </div>
    }
    .into_any()
}

/// A checkbox with its label and hint.
#[component]
pub fn Checkbox(
    /// The field's name, which is submitted.
    name: &'static str,
    /// What the checkbox asks.
    label: &'static str,
    /// A hint that helps to decide.
    #[prop(optional)]
    hint: &'static str,
    /// Whether the checkbox is ticked.
    checked: bool,
) -> impl IntoView {
    let hint_id = (!hint.is_empty()).then(|| format!("{name}-hint"));
    view! {
        <div class="field checkbox">
            <label for=name>
                <input id=name name=name type="checkbox" value="on" checked=checked aria-describedby=hint_id.clone()/>
                {label}
            </label>
            {hint_id.map(|id| view! { <p class="field-hint" id=id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// Lists all errors of a form with links to the fields. A wrong password or code is no mistake in a field, so that only
/// the error itself is shown.
#[component]
pub fn ErrorSummary(
    /// The input of the form, with its errors.
    form_input: Arc<FormInput>,
    /// Returns the label of a field, where sentences do not say by themselves which field they are about.
    #[prop(optional)]
    label: Option<fn(&str) -> &'static str>,
) -> impl IntoView {
    let words = move |error: &InvalidField| {
        let problem = text().field_problem(&error.problem);
        match label.map_or("", |label| label(&error.field)) {
            "" => problem,
            field => text().field_errors.in_field(field, &problem),
        }
    };
    (!form_input.errors.is_empty()).then(|| {
        let mut errors = form_input.errors.iter();
        let is_wrong_login = errors.all(|error| {
            matches!(
                error.problem,
                FieldProblem::WrongCredentials | FieldProblem::WrongLogInCode
            )
        });
        let items = form_input
            .errors
            .iter()
            .map(|error| {
                view! { <li><a href=format!("#{}", error.field)>{words(error)}</a></li> }
            })
            .collect_view();
        view! {
            <div class="alert" data-tone="bad" role="alert">
                <div>
                    {(!is_wrong_login).then(|| view! { <p><strong>{text().account.errors_title}</strong></p> })}
                    <ul>{items}</ul>
                </div>
            </div>
        }
    })
}

/// The layout of a page that is one form: narrow, with its heading on top.
#[component]
pub fn FormPage(
    /// The first heading (`h1`).
    title: &'static str,
    /// A sentence below the heading.
    lead: &'static str,
    /// The form, and what is shown below it.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="form-page">
            <h1>{title}</h1>
            <p class="lead">{lead}</p>
            {children()}
        </div>
    }
    .into_any()
}
