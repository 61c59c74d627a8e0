//! The parts of forms: real labels and native inputs, a hint and an error tied to each, and what
//! was typed is still there.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::html::escape_raw_text,
    ui::{flash::Typed, text::text},
};

/// A label, its control, a hint and an error around it. `control` gets the ids that describe it,
/// and whether something is wrong.
fn around<C: FnOnce(Option<String>, bool) -> AnyView>(
    typed: &Typed,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    optional: bool,
    control: C,
) -> AnyView {
    let error = typed.error(name);
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

/// One line of text, a number, a date, a password.
#[component]
pub fn Field(
    /// What was typed before, and what is wrong with it.
    typed: Arc<Typed>,
    /// The field's name, as in the API.
    name: &'static str,
    /// What it asks for.
    label: &'static str,
    /// The input's type.
    #[prop(default = "text")]
    kind: &'static str,
    /// What helps to fill it.
    #[prop(optional)]
    hint: &'static str,
    /// What a browser may fill in by itself.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// May stay empty.
    #[prop(optional)]
    optional: bool,
    /// Least value or length.
    #[prop(optional)]
    min: Option<&'static str>,
    /// Most characters.
    #[prop(optional)]
    max_length: Option<&'static str>,
    /// Fewest characters.
    #[prop(optional)]
    min_length: Option<&'static str>,
) -> impl IntoView {
    let value = typed.value(name);
    around(
        &typed,
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
                    autocomplete=autocomplete
                    aria-describedby=described
                    aria-invalid=invalid.then_some("true")
                />
            }
            .into_any()
        },
    )
}

/// Many lines of text.
#[component]
pub fn TextArea(
    /// What was typed before, and what is wrong with it.
    typed: Arc<Typed>,
    /// The field's name, as in the API.
    name: &'static str,
    /// What it asks for.
    label: &'static str,
    /// What helps to fill it.
    #[prop(optional)]
    hint: &'static str,
    /// Most characters.
    max_length: usize,
) -> impl IntoView {
    let value = typed.value(name);
    around(
        &typed,
        name,
        label,
        hint,
        true,
        move |described, invalid| {
            view! {
                <textarea
                    id=name
                    name=name
                    rows="9"
                    maxlength=max_length.to_string()
                    aria-describedby=described
                    aria-invalid=invalid.then_some("true")
                >
                    // A first line break is the browser's to drop, so one is put before what was typed.
                    {format!("\n{}", escape_raw_text(&value))}
                </textarea>
            }
            .into_any()
        },
    )
}

/// One of a few: the value that is sent, and the words for it.
pub type Choice = (&'static str, &'static str);

/// One of a few.
#[component]
pub fn Select(
    /// The field's name.
    name: &'static str,
    /// What it asks for.
    label: &'static str,
    /// What stands in it.
    #[prop(into)]
    value: String,
    /// What can be chosen.
    choices: Vec<Choice>,
) -> impl IntoView {
    let options = choices
        .into_iter()
        .map(|(this, words)| view! { <option value=this selected=this == value>{words}</option> })
        .collect_view();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name>{options}</select>
        </div>
    }
    .into_any()
}

/// Yes or no.
#[component]
pub fn Checkbox(
    /// The field's name.
    name: &'static str,
    /// What it asks.
    label: &'static str,
    /// What helps to decide.
    #[prop(optional)]
    hint: &'static str,
    /// Whether it is ticked.
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

/// What is wrong, all at once, with links to the fields: for those who can't see the red.
#[component]
pub fn ErrorSummary(
    /// The form.
    typed: Arc<Typed>,
) -> impl IntoView {
    (!typed.errors.is_empty()).then(|| {
        let items = typed
            .errors
            .iter()
            .map(|error| {
                view! { <li><a href=format!("#{}", error.field)>{error.message.clone()}</a></li> }
            })
            .collect_view();
        view! {
            <div class="notice" data-tone="bad" role="alert">
                <div>
                    <p><strong>{text().account.errors_title}</strong></p>
                    <ul>{items}</ul>
                </div>
            </div>
        }
    })
}

/// A page that is one form: narrow, with its title on top.
#[component]
pub fn FormPage(
    /// The `h1`.
    title: &'static str,
    /// A sentence under it.
    lead: &'static str,
    /// The form, and what stands below it.
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
