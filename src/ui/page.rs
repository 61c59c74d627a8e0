//! What every page has in common: who looks, what just happened, and what to answer when there is
//! nothing to show.
//!
//! A page is one future, rendered whole (`SsrMode::Async`): its status code and its session are
//! right before the first byte leaves.

use std::{future::Future, sync::Arc};

use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{Meta, Title, provide_meta_context};
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use super::{
    address,
    components::{Frame, Sorry},
    flash::{Flash, Typed, take_flash},
    session::{address as client_address, viewer},
    text::text,
};
use crate::{
    domain::{Actor, Error, Services},
    model::{DomainError, Role, UserView, html::escape_raw_text, text_rules::plain},
    ops::Clock,
    store::{ErrorKind, InfrastructureError},
};

/// One look at a page.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Who looks.
    pub viewer: Option<UserView>,
    /// What the application can do.
    pub services: Arc<Services>,
    /// When.
    pub now: DateTime<Utc>,
    /// The path and query that were asked for.
    pub address: String,
    /// What the page before left to say.
    pub flash: Flash,
    /// Unread messages, for the header.
    pub unread: u64,
    params: ParamsMap,
    query: ParamsMap,
}

impl Visit {
    async fn begin() -> Result<Self, Halt> {
        let services = use_context::<Arc<Services>>()
            .ok_or_else(|| InfrastructureError::internal("no services"))?;
        let clock =
            use_context::<Clock>().ok_or_else(|| InfrastructureError::internal("no clock"))?;
        let address = with_context::<Parts, _>(|parts| {
            parts
                .uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string)
        })
        .unwrap_or_else(|| "/".to_owned());
        // Not `use_params_map`: it insists on a matched route, and the page for none has none.
        let params = use_context::<ArcMemo<ParamsMap>>()
            .map(|params| params.get_untracked())
            .unwrap_or_default();
        let query = use_query_map().get_untracked();
        let viewer = viewer();
        let flash = take_flash().await?;
        let unread = match &viewer {
            Some(user) => services.mailbox.unread(user.id).await?,
            None => 0,
        };
        Ok(Self {
            viewer,
            now: clock.now(),
            services,
            address,
            flash,
            unread,
            params,
            query,
        })
    }

    /// Who looks, as the domain wants it, if anybody is logged in.
    #[must_use]
    pub fn actor(&self) -> Option<Actor> {
        let viewer = self.viewer.as_ref()?;
        Some(Actor::from(viewer).at(client_address()))
    }

    /// Who looks; a page for nobody in particular sends to the login page first.
    ///
    /// # Errors
    /// [`Halt::Login`] when nobody is logged in.
    pub fn require(&self) -> Result<Actor, Halt> {
        self.actor().ok_or(Halt::Login)
    }

    /// Who looks, if they are an organizer.
    ///
    /// # Errors
    /// [`Halt::Login`] when nobody is logged in, [`Halt::Forbidden`] when they are no organizer.
    pub async fn require_organizer(&self) -> Result<Actor, Halt> {
        let actor = self.require()?;
        let allowed = actor.must_be(Role::Organizer);
        self.services.audit.access(actor, None, allowed).await?;
        Ok(actor)
    }

    /// The id in the path. What is no id names nothing.
    ///
    /// # Errors
    /// [`Halt::NotFound`] when it is no id.
    pub fn id<T: std::str::FromStr>(&self) -> Result<T, Halt> {
        self.params
            .get("id")
            .and_then(|id| id.parse().ok())
            .ok_or(Halt::NotFound)
    }

    /// A value of the query as it can be compared with stored texts; absent and empty are the same.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        plain(&self.query.get(name)?)
    }

    /// A value of the query that reads as `T`; what does not is as good as absent.
    #[must_use]
    pub fn query_as<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.query(name)?.parse().ok()
    }

    /// What was typed into this form, if it did not work out; else an empty form.
    #[must_use]
    pub fn typed(&self, form: &str) -> Arc<Typed> {
        let typed = self.flash.typed.as_ref().filter(|typed| typed.form == form);
        Arc::new(typed.cloned().unwrap_or_default())
    }
}

/// A page that has something to show.
pub struct Page {
    /// For the window and search engines.
    title: String,
    /// For search engines and shared links.
    description: Option<String>,
    /// What stands in `<main>`.
    body: AnyView,
}

impl Page {
    /// A page.
    pub fn new(title: impl Into<String>, body: impl IntoView + 'static) -> Self {
        Self {
            title: title.into(),
            description: None,
            body: body.into_any(),
        }
    }

    /// The same, with words for search engines and shared links.
    #[must_use]
    pub fn described(mut self, description: String) -> Self {
        self.description = (!description.is_empty()).then_some(description);
        self
    }
}

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// There is no such thing, or it is not theirs to know of.
    NotFound,
    /// It is somebody else's.
    Forbidden,
    /// Log in first.
    Login,
    /// Look there instead.
    SeeOther(String),
    /// Too much at once; again in so many seconds.
    Busy(u64),
    /// A form was sent that is none of ours, or lost a piece on its way.
    Unreadable,
    /// Our fault; logged where it was noticed.
    Broken,
}

impl From<InfrastructureError> for Halt {
    fn from(fault: InfrastructureError) -> Self {
        tracing::error!(error = %fault, "a page could not be made");
        match fault.kind() {
            ErrorKind::Unavailable
            | ErrorKind::Conflict
            | ErrorKind::LockTimeout
            | ErrorKind::StatementTimeout => Self::Busy(2),
            ErrorKind::Duplicate | ErrorKind::MissingReference | ErrorKind::Internal => {
                Self::Broken
            }
        }
    }
}

impl From<DomainError> for Halt {
    fn from(refusal: DomainError) -> Self {
        match refusal {
            DomainError::Unauthenticated => Self::Login,
            DomainError::Forbidden => Self::Forbidden,
            DomainError::TooManyRequests { retry_after }
            | DomainError::Overloaded { retry_after } => Self::Busy(retry_after),
            _ => Self::NotFound,
        }
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        match error {
            Error::Domain(refusal) => refusal.into(),
            Error::Infrastructure(fault) => fault.into(),
        }
    }
}

/// A page: asks `load` what to show, and puts the frame around it, or says why there is nothing.
pub fn page<F, Fut>(load: F) -> impl IntoView
where
    F: FnOnce(Arc<Visit>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Page, Halt>> + Send + 'static,
{
    view! {
        <Suspense fallback=|| ()>
            {Suspend::new(async move {
                match Visit::begin().await {
                    Err(halt) => sorry(&halt, None),
                    Ok(visit) => {
                        let visit = Arc::new(visit);
                        match load(Arc::clone(&visit)).await {
                            Ok(page) => framed(page, Some(visit)),
                            Err(halt) => sorry(&halt, Some(visit)),
                        }
                    }
                }
            })}
        </Suspense>
    }
}

fn framed(page: Page, visit: Option<Arc<Visit>>) -> AnyView {
    let name = text().frame.name;
    let title = if page.title == name {
        format!("{name}: {}", text().frame.tagline)
    } else {
        format!("{} · {name}", page.title)
    };
    let described = page.description.map(|description| {
        view! {
            <Meta name="description" content=description.clone()/>
            <Meta property="og:description" content=description/>
        }
    });
    view! {
        <Title text=escape_raw_text(&title)/>
        <Meta property="og:title" content=title/>
        <Meta property="og:site_name" content=name/>
        <Meta property="og:type" content="website"/>
        <Meta property="og:image" content="/social.svg"/>
        {described}
        <Frame visit=visit>{page.body}</Frame>
    }
    .into_any()
}

/// The page of a request that was refused before any page was asked for.
#[component]
pub fn Refused(
    /// The `h1`.
    title: String,
    /// Why, and what to do.
    words: String,
) -> impl IntoView {
    provide_meta_context();
    let sorry = view! { <Sorry title=title.clone() words=words again=false/> };
    framed(Page::new(title, sorry), None)
}

/// The page for a [`Halt`], with its status.
fn sorry(halt: &Halt, visit: Option<Arc<Visit>>) -> AnyView {
    let answer = use_context::<ResponseOptions>();
    let status = |status| {
        if let Some(answer) = &answer {
            answer.set_status(status);
        }
    };
    let to = |address: &str| {
        status(StatusCode::SEE_OTHER);
        if let (Some(answer), Ok(address)) = (&answer, HeaderValue::from_str(address)) {
            answer.insert_header(header::LOCATION, address);
        }
    };
    let t = &text().frame;
    let (title, words) = match halt {
        Halt::Login => {
            let here = visit.as_ref().map_or("/", |visit| &visit.address);
            to(&address::login_then(here));
            return ().into_any();
        }
        Halt::SeeOther(address) => {
            to(address);
            return ().into_any();
        }
        Halt::NotFound => {
            status(StatusCode::NOT_FOUND);
            (t.not_found_title, t.not_found)
        }
        Halt::Forbidden => {
            status(StatusCode::FORBIDDEN);
            (t.forbidden_title, t.forbidden)
        }
        Halt::Busy(seconds) => {
            status(StatusCode::SERVICE_UNAVAILABLE);
            if let Some(answer) = &answer {
                answer.insert_header(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            (t.busy_title, t.busy)
        }
        Halt::Unreadable => {
            status(StatusCode::BAD_REQUEST);
            (t.unreadable_title, t.unreadable)
        }
        Halt::Broken => {
            status(StatusCode::INTERNAL_SERVER_ERROR);
            (t.broken_title, t.broken)
        }
    };
    let again = matches!(halt, Halt::Busy(_) | Halt::Broken);
    framed(
        Page::new(
            title,
            view! { <Sorry title=title words=words again=again/> },
        ),
        visit,
    )
}
