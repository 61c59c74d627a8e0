//! The page on which an organizer changes the picture of a competition.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionView, Permission,
        picture::{ALT_LENGTH, Focus},
    },
    ui::{
        actions::PICTURE_FORM,
        components::{Choice, CoverImage, CoverPicture, ErrorSummary, Field, PageHeader, Select},
        flash::FormInput,
        page::{PageContent, page},
        page_request::PageRequest,
        paths,
        text::text,
    },
};

/// The page `/organize/{id}/picture`: shows the picture of a competition and the form for another one.
#[component]
pub fn CompetitionPicture() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        let (_, competition, _) = request.permitted(Permission::Edit).await?;
        let services = &request.services;
        let t = &text().picture;
        let form = if services.pictures.are_accepted() {
            form(&request.form_input(PICTURE_FORM), &competition)
        } else {
            view! { <p class="muted">{t.unavailable}</p> }.into_any()
        };
        let remove = competition.picture.as_ref().map(|_| remove(&competition));
        let body = view! {
            <p class="crumb"><a href=paths::organize(competition.id, "")>{competition.title.clone()}</a></p>
            <PageHeader title=t.title/>
            <p class="lead">{t.lead}</p>
            <figure class="present-picture" data-palette=competition.cover().palette.number.to_string()>
                <CoverPicture cover=CoverImage::of(&competition) class="card-cover"/>
                <figcaption class="muted">{t.present}</figcaption>
            </figure>
            {form}
            {remove}
        };
        Ok(PageContent::new(
            format!("{} · {}", competition.title, t.title),
            body,
        ))
    })
}

/// Shows the form. Its file is the last field, so that the server knows the competition before it reads it.
fn form(form_input: &Arc<FormInput>, competition: &CompetitionView) -> AnyView {
    let t = &text().picture;
    let form_input = || Arc::clone(form_input);
    let focus = match form_input().value("focus") {
        empty if empty.is_empty() => Focus::Center.as_str().to_owned(),
        focus => focus,
    };
    view! {
        <form class="form" method="post" action=paths::ACT_UPLOAD_PICTURE enctype="multipart/form-data" data-testid="picture-form">
            <ErrorSummary form_input=form_input()/>
            <input type="hidden" name="competitionId" value=competition.id.to_string()/>
            <Field form_input=form_input() name="alt" label=t.alt hint=t.alt_hint optional=true max_length=ALT_LENGTH_TEXT/>
            <Select name="focus" label=t.focus value=focus choices=choices()/>
            <Field form_input=form_input() name="picture" kind="file" label=t.file hint=t.file_hint accept="image/jpeg,image/png,image/webp"/>
            <p class="buttons">
                <button type="submit" class="button primary">{t.save}</button>
                <a class="button quiet" href=paths::organize(competition.id, "")>{text().organize.abort}</a>
            </p>
        </form>
    }
    .into_any()
}

/// The longest description of a picture, as an attribute has it.
const ALT_LENGTH_TEXT: &str = "250";
const _: () = assert!(ALT_LENGTH == 250, "the attribute says the same");

/// Shows the button that removes the picture.
fn remove(competition: &CompetitionView) -> AnyView {
    view! {
        <form method="post" action="/act/remove-picture" class="after-table">
            <input type="hidden" name="competitionId" value=competition.id.to_string()/>
            <button type="submit" class="button quiet">{text().picture.remove}</button>
        </form>
    }
    .into_any()
}

/// Returns the parts of a picture that can be kept in view.
fn choices() -> Vec<Choice> {
    let t = &text().picture;
    let words = |focus| match focus {
        Focus::Center => t.focus_center,
        Focus::Top => t.focus_top,
        Focus::Bottom => t.focus_bottom,
        Focus::Left => t.focus_left,
        Focus::Right => t.focus_right,
        Focus::TopLeft => t.focus_top_left,
        Focus::TopRight => t.focus_top_right,
        Focus::BottomLeft => t.focus_bottom_left,
        Focus::BottomRight => t.focus_bottom_right,
    };
    Focus::ALL
        .into_iter()
        .map(|focus| (focus.as_str(), words(focus)))
        .collect()
}
