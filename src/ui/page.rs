//! What every page has in common: its title and description, the frame around it, and error pages.
//!
//! A page is one future that is rendered whole (`SsrMode::Async`): its status code and its session
//! are final before the first byte is sent.

use std::{future::Future, sync::Arc};

use axum::http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{Link, Meta, Title, provide_meta_context};

use super::{
    components::{ErrorMessage, Frame},
    page_request::{PageError, PageRequest},
    paths,
    public_url::PublicUrl,
    text::text,
};
use crate::model::html::escape_raw_text;

/// The picture of pages that have none of their own, for social networks.
const SOCIAL_CARD: &str = "/social.png";

/// The title, description and body of a page.
pub struct PageContent {
    /// The title in the window, in search results and in shared links.
    title: String,
    /// The description in search results and shared links; without it, that of the site.
    description: Option<String>,
    /// The one address of the page, as a path: what search engines list and what is shared.
    canonical: Option<String>,
    /// The path of the picture that social networks show, with its width and height in pixels, if the page has
    /// its own.
    picture: Option<(String, (u32, u32))>,
    /// The content of `<main>`.
    body: AnyView,
}

impl PageContent {
    /// Creates a page without a description.
    pub fn new(title: impl Into<String>, body: impl IntoView + 'static) -> Self {
        Self {
            title: title.into(),
            description: None,
            canonical: None,
            picture: None,
            body: body.into_any(),
        }
    }

    /// Adds a description for search results and shared links; an empty one is left out.
    #[must_use]
    pub fn described(mut self, description: String) -> Self {
        self.description = (!description.is_empty()).then_some(description);
        self
    }

    /// Declares the one address of this page, as a path, whatever the address is that led to it.
    #[must_use]
    pub fn canonical(mut self, path: String) -> Self {
        self.canonical = Some(path);
        self
    }

    /// Adds the picture that social networks show, by its path and its size in pixels.
    #[must_use]
    pub fn pictured(mut self, path: String, size: (u32, u32)) -> Self {
        self.picture = Some((path, size));
        self
    }
}

/// Renders a page: calls `load` for its content and puts the frame around it, or renders an error
/// page.
pub fn page<F, Fut>(load: F) -> impl IntoView
where
    F: FnOnce(Arc<PageRequest>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<PageContent, PageError>> + Send + 'static,
{
    view! {
        <Suspense fallback=|| ()>
            {Suspend::new(async move {
                match PageRequest::begin().await {
                    Err(error) => error_page(&error, None),
                    Ok(request) => {
                        let request = Arc::new(request);
                        match load(Arc::clone(&request)).await {
                            Ok(page) => framed(page, Some(request)),
                            Err(error) => error_page(&error, Some(request)),
                        }
                    }
                }
            })}
        </Suspense>
    }
}

fn framed(page: PageContent, request: Option<Arc<PageRequest>>) -> AnyView {
    let name = text().frame.name;
    let title = if page.title == name {
        format!("{name}: {}", text().frame.tagline)
    } else {
        format!("{} · {name}", page.title)
    };
    let description = page
        .description
        .unwrap_or_else(|| text().home.lead.to_owned());
    let site = use_context::<PublicUrl>().unwrap_or_else(|| PublicUrl::new(""));
    let canonical = page.canonical.map(|path| {
        let address = site.absolute(&path);
        view! {
            <Link rel="canonical" href=address.clone()/>
            <Meta property="og:url" content=address/>
        }
    });
    let (picture, (width, height)) = page
        .picture
        .unwrap_or_else(|| (SOCIAL_CARD.to_owned(), (1200, 630)));
    let picture = site.absolute(&picture);
    view! {
        <Title text=escape_raw_text(&title)/>
        {canonical}
        <Meta property="og:title" content=title/>
        <Meta property="og:site_name" content=name/>
        <Meta property="og:type" content="website"/>
        <Meta property="og:image" content=picture/>
        <Meta property="og:image:width" content=width.to_string()/>
        <Meta property="og:image:height" content=height.to_string()/>
        <Meta name="twitter:card" content="summary_large_image"/>
        <Meta name="description" content=description.clone()/>
        <Meta property="og:description" content=description/>
        <Frame request=request>{page.body}</Frame>
    }
    .into_any()
}

/// The page for a request that was refused before any page was chosen.
#[component]
pub fn RefusedPage(
    /// The first heading (`h1`).
    title: String,
    /// Why the request was refused, and what to do.
    words: String,
) -> impl IntoView {
    provide_meta_context();
    let message = view! { <ErrorMessage title=title.clone() words=words again=false/> };
    framed(PageContent::new(title, message), None)
}

/// Renders the page for a [`PageError`] and sets its status code.
fn error_page(error: &PageError, request: Option<Arc<PageRequest>>) -> AnyView {
    let response = use_context::<ResponseOptions>();
    let status = |status| {
        if let Some(response) = &response {
            response.set_status(status);
        }
    };
    let redirect = |path: &str| {
        status(StatusCode::SEE_OTHER);
        if let (Some(response), Ok(path)) = (&response, HeaderValue::from_str(path)) {
            response.insert_header(header::LOCATION, path);
        }
    };
    let t = &text().frame;
    let (title, words) = match error {
        PageError::Login | PageError::ConfirmPassword => {
            let here = request
                .as_ref()
                .map_or("/", |request| &request.path_and_query);
            redirect(&match error {
                PageError::Login => paths::login_then(here),
                _ => paths::confirm_password_then(here),
            });
            return ().into_any();
        }
        PageError::SeeOther(path) => {
            redirect(path);
            return ().into_any();
        }
        PageError::NotFound => {
            status(StatusCode::NOT_FOUND);
            (t.not_found_title, t.not_found)
        }
        PageError::Forbidden => {
            status(StatusCode::FORBIDDEN);
            (t.forbidden_title, t.forbidden)
        }
        PageError::NoOrganizer => {
            status(StatusCode::FORBIDDEN);
            let t = &text().organize;
            (t.no_organizer_title, t.no_organizer)
        }
        PageError::Busy(seconds) => {
            status(StatusCode::SERVICE_UNAVAILABLE);
            if let Some(response) = &response {
                response.insert_header(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            (t.busy_title, t.busy)
        }
        PageError::UnreadableForm => {
            status(StatusCode::BAD_REQUEST);
            (t.unreadable_title, t.unreadable)
        }
        PageError::Broken => {
            status(StatusCode::INTERNAL_SERVER_ERROR);
            (t.broken_title, t.broken)
        }
    };
    let again = matches!(error, PageError::Busy(_) | PageError::Broken);
    framed(
        PageContent::new(
            title,
            view! { <ErrorMessage title=title words=words again=again/> },
        ),
        request,
    )
}
