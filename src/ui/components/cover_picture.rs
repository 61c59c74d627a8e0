//! The cover of a competition, as a picture beside its words.

use leptos::prelude::*;

use crate::{
    model::{CompetitionView, picture::Picture},
    ui::paths,
};

/// The cover of a competition: the picture that was uploaded, or the one that is drawn.
#[derive(Debug, Clone)]
pub struct CoverImage {
    address: String,
    /// The addresses in several widths, if the picture was uploaded.
    widths: Option<String>,
    picture: Option<Picture>,
}

/// The width of the file for browsers that do not choose one, in pixels.
const WIDTH: u32 = 800;

impl CoverImage {
    /// Returns the cover of this competition.
    #[must_use]
    pub fn of(competition: &CompetitionView) -> Self {
        let Some(picture) = &competition.picture else {
            return Self {
                address: paths::cover(competition),
                widths: None,
                picture: None,
            };
        };
        let width = |width: &u32| format!("{} {width}w", competition.picture_path(picture, *width));
        let widths: Vec<_> = picture.widths.iter().map(width).collect();
        Self {
            address: competition.picture_path(picture, WIDTH),
            widths: Some(widths.join(", ")),
            picture: Some(picture.clone()),
        }
    }
}

/// Shows a cover. A drawn one is decoration, as the title stands beside it; one that was uploaded is described
/// where `described` asks for it.
#[component]
pub fn CoverPicture(
    /// The cover that is shown.
    cover: CoverImage,
    /// The class that lays the picture out.
    class: &'static str,
    /// Whether the picture is loaded only when it is about to be seen.
    #[prop(default = true)]
    lazy: bool,
    /// How wide the picture is shown (`sizes`).
    #[prop(default = "(width >= 48rem) 22rem, 100vw")]
    sizes: &'static str,
    /// Whether people who do not see an uploaded picture are told what it shows.
    #[prop(optional)]
    described: bool,
) -> impl IntoView {
    let loading = if lazy { "lazy" } else { "eager" };
    let picture = cover.picture;
    let focus = picture.as_ref().map(|picture| picture.focus.as_str());
    let alt = picture
        .filter(|_| described)
        .map_or_else(String::new, |picture| picture.alt);
    let sizes = cover.widths.is_some().then_some(sizes);
    view! {
        <img class=class src=cover.address srcset=cover.widths sizes=sizes data-focus=focus alt=alt
            width="1200" height="630" loading=loading decoding="async"/>
    }
    .into_any()
}
