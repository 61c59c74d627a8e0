//! A request for a page, and the errors and redirects that it may lead to instead.

use std::sync::Arc;

use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use super::{
    attached::attached,
    flash::{Flash, FormInput, take_flash},
    fragments::{Fragment, Fragments},
    log_in_page::{self, LogInPage},
    paths,
    public_url::PublicUrl,
    session::{client_address, viewer},
};
use crate::{
    domain::{
        Actor, Error, Services, Viewer,
        catalog::{PublicLifetime, shown_until},
    },
    model::{
        CompetitionView, DomainError, InvitationView, Page, Permission, Role, StaffRole, UserView,
        forms::InvitationAnswer, text_rules::plain,
    },
    ops::Clock,
    store::{ErrorKind, InfrastructureError},
};

/// A request for a page, with what every page needs to know.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The account that is logged in; `None` for an anonymous visitor.
    pub viewer: Option<UserView>,
    /// The services of the domain.
    pub services: Arc<Services>,
    /// The time at which the request began.
    pub now: DateTime<Utc>,
    /// The requested path and query.
    pub path_and_query: String,
    /// The parts of pages that are the same for everyone.
    pub fragments: Fragments,
    /// The address at which people reach this site.
    pub site: PublicUrl,
    /// What an earlier request left for this page to show.
    pub flash: Flash,
    /// What was typed into a form whose session had ended, if this is the response to it.
    pub carried: Option<FormInput>,
    /// The number of unread messages, for the header.
    pub unread: u64,
    /// Whether the viewer, who is no organizer, works on a competition that somebody else owns.
    pub works_for_others: bool,
    /// Whether the viewer has to set up a second factor before any other page is shown.
    pub lacks_second_factor: bool,
    params: ParamsMap,
    query: ParamsMap,
}

impl PageRequest {
    pub(super) async fn begin() -> Result<Self, PageError> {
        let services = use_context::<Arc<Services>>()
            .ok_or_else(|| InfrastructureError::internal("no services"))?;
        let clock =
            use_context::<Clock>().ok_or_else(|| InfrastructureError::internal("no clock"))?;
        let fragments = use_context::<Fragments>()
            .ok_or_else(|| InfrastructureError::internal("no fragments"))?;
        let site = use_context::<PublicUrl>()
            .ok_or_else(|| InfrastructureError::internal("no public address"))?;
        let path_and_query = with_context::<Parts, _>(|parts| {
            parts.uri.path_and_query().map_or_else(
                || "/".to_owned(),
                |address| paths::without_language(address.as_str()),
            )
        })
        .unwrap_or_else(|| "/".to_owned());
        // Not `use_params_map`, which panics on the page that is shown without a matched route.
        let params = use_context::<ArcMemo<ParamsMap>>()
            .map(|params| params.get_untracked())
            .unwrap_or_default();
        let query = use_query_map().get_untracked();
        let Viewer {
            user: viewer,
            unread,
            works_for_others,
            lacks_second_factor,
            ..
        } = viewer();
        // Before the flash message is taken, which the next page shows.
        if lacks_second_factor && !shows_without_second_factor(&path_and_query) {
            let page = paths::second_factor_then(&path_and_query);
            return Err(PageError::SeeOther(page));
        }
        let (flash, carried) = match log_in_page::requested() {
            Some(LogInPage { flash, carried, .. }) => (flash, Some(carried)),
            None => (take_flash().await?, None),
        };
        Ok(Self {
            viewer,
            now: clock.now(),
            services,
            path_and_query,
            fragments,
            site,
            flash,
            carried,
            unread,
            works_for_others,
            lacks_second_factor,
            params,
            query,
        })
    }

    /// Declares that this page shows these competitions and is the same for every anonymous visitor
    /// ([`PublicLifetime`]).
    pub fn declare_public<'a>(&self, shown: impl IntoIterator<Item = &'a CompetitionView>) {
        self.declare_public_until(shown, None);
    }

    /// Declares the same of a page of which something else changes at the time `end`, if there is one.
    pub fn declare_public_until<'a>(
        &self,
        shown: impl IntoIterator<Item = &'a CompetitionView>,
        end: Option<DateTime<Utc>>,
    ) {
        if let Some(lifetime) = attached::<PublicLifetime>() {
            let ends = [shown_until(shown, self.now), end];
            lifetime.set(ends.into_iter().flatten().min());
        }
    }

    /// Returns a part of the page that is the same for everyone, and renders it if it is not kept.
    pub async fn fragment(
        &self,
        fragment: Fragment,
        shown: &[&CompetitionView],
        render: impl FnOnce() -> AnyView,
    ) -> AnyView {
        self.fragments.get(fragment, shown, self.now, render).await
    }

    /// Returns the account that is logged in, as an [`Actor`] of the domain.
    #[must_use]
    pub fn actor(&self) -> Option<Actor> {
        let viewer = self.viewer.as_ref()?;
        Some(Actor::from(viewer).at(client_address()))
    }

    /// Returns the account that is logged in.
    ///
    /// # Errors
    /// Returns [`PageError::Login`], which leads to the login page, for an anonymous visitor.
    pub fn require(&self) -> Result<Actor, PageError> {
        self.actor().ok_or(PageError::Login)
    }

    /// Returns the account that is logged in, if it is an organizer.
    ///
    /// # Errors
    /// Returns [`PageError::Login`] for an anonymous visitor, and [`PageError::NoOrganizer`] if the account is no
    /// organizer.
    pub async fn require_organizer(&self) -> Result<Actor, PageError> {
        let actor = self.require()?;
        let allowed = actor.must_be(Role::Organizer);
        let access = self.services.audit.access(actor, None, allowed).await;
        access.map_err(|error| match PageError::from(error) {
            PageError::Forbidden => PageError::NoOrganizer,
            other => other,
        })?;
        Ok(actor)
    }

    /// Returns the account that is logged in, the competition in the path and the account's role in it, if the role
    /// permits this.
    ///
    /// # Errors
    /// Returns [`PageError::Login`] for an anonymous visitor, [`PageError::NotFound`] if there is no such competition,
    /// and [`PageError::Forbidden`] or, for an account that organizes nothing, [`PageError::NoOrganizer`].
    pub async fn permitted(
        &self,
        permission: Permission,
    ) -> Result<(Actor, CompetitionView, StaffRole), PageError> {
        let actor = self.require()?;
        let competitions = &self.services.competitions;
        let found = competitions.get_for(actor, self.id()?, permission).await;
        match found.map_err(PageError::from) {
            Ok((competition, role)) => Ok((actor, competition, role)),
            Err(PageError::Forbidden) if actor.role < Role::Organizer => {
                Err(match self.works_for_others {
                    true => PageError::Forbidden,
                    false => PageError::NoOrganizer,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the invitation in the path, if it belongs to the account that is logged in; `token` is that of the letter,
    /// or empty.
    ///
    /// # Errors
    /// Returns [`PageError::Login`] for an anonymous visitor, and [`PageError::SeeOther`] if the account has to confirm
    /// its e-mail address first.
    pub async fn invitation(&self, token: &str) -> Result<Option<InvitationView>, PageError> {
        let actor = self.require()?;
        let answer = InvitationAnswer {
            token: Some(token.to_owned()),
        };
        let staff = &self.services.staff;
        let found = staff.invitation(actor, self.id()?, answer.token()).await;
        match found {
            Ok(invitation) => Ok(Some(invitation)),
            Err(Error::Domain(DomainError::NotFound)) => Ok(None),
            Err(Error::Domain(DomainError::EmailNotVerified)) => {
                let page = paths::verify_email_then(&self.path_and_query);
                Err(PageError::SeeOther(page))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the account that is logged in, if it is an administrator.
    ///
    /// # Errors
    /// Returns [`PageError::Login`] for an anonymous visitor, and [`PageError::Forbidden`] for other accounts.
    pub async fn require_administrator(&self) -> Result<Actor, PageError> {
        let actor = self.require()?;
        let allowed = actor.must_be(Role::Admin);
        self.services.audit.access(actor, None, allowed).await?;
        Ok(actor)
    }

    /// Passes a page of a list on, unless it is beyond the last one: a link may be older than the list.
    ///
    /// # Errors
    /// Returns [`PageError::SeeOther`] with the last page of the list, if the requested one is beyond it.
    pub fn within<T>(&self, list: &Page<T>) -> Result<(), PageError> {
        if !list.items.is_empty() || list.page <= list.pages() {
            return Ok(());
        }
        let path = self.path_and_query.as_str();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let last = list.pages().to_string();
        let pairs = url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
            let value = if name == "page" {
                last.as_str().into()
            } else {
                value
            };
            (name, value)
        });
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        Err(PageError::SeeOther(format!("{path}?{query}")))
    }

    /// Returns the id in the path.
    ///
    /// # Errors
    /// Returns [`PageError::NotFound`] if the path holds no valid id.
    pub fn id<T: std::str::FromStr>(&self) -> Result<T, PageError> {
        self.param("id")
    }

    /// Returns a part of the path.
    ///
    /// # Errors
    /// Returns [`PageError::NotFound`] if it does not parse as `T`.
    pub fn param<T: std::str::FromStr>(&self, name: &str) -> Result<T, PageError> {
        self.params
            .get(name)
            .and_then(|id| id.parse().ok())
            .ok_or(PageError::NotFound)
    }

    /// Returns a query parameter, normalized as stored texts are. An empty value counts as absent.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        plain(&self.query.get(name)?)
    }

    /// Returns a query parameter that parses as `T`. A value that does not counts as absent.
    #[must_use]
    pub fn query_as<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.query(name)?.parse().ok()
    }

    /// Returns the input of this form, if it was submitted with errors just now; otherwise an empty
    /// one.
    #[must_use]
    pub fn form_input(&self, form: &str) -> Arc<FormInput> {
        let form_input = self
            .flash
            .form_input
            .as_ref()
            .filter(|form_input| form_input.form == form);
        Arc::new(form_input.cloned().unwrap_or_default())
    }
}

/// Returns whether a page is shown to an account that has to set up a second factor: where it does, and where it
/// enters its password before.
fn shows_without_second_factor(path_and_query: &str) -> bool {
    let path = path_and_query.split('?').next().unwrap_or_default();
    [paths::SECOND_FACTOR, paths::CONFIRM_PASSWORD].contains(&path)
}

/// The reason why the response to a request for a page is an error page or a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageError {
    /// The object does not exist, or the viewer may not know of it.
    NotFound,
    /// The object belongs to another account.
    Forbidden,
    /// The page is for organizers, and the viewer is none.
    NoOrganizer,
    /// The viewer has to log in first.
    Login,
    /// The viewer has to enter the password first, since the log-in was long ago.
    ConfirmPassword,
    /// The browser is redirected to another path, which is the value.
    SeeOther(String),
    /// The server is overloaded; the value is the number of seconds after which to try again.
    Busy(u64),
    /// The submitted form is unknown or incomplete.
    UnreadableForm,
    /// An internal error, which was logged where it was noticed.
    Broken,
}

impl From<InfrastructureError> for PageError {
    fn from(error: InfrastructureError) -> Self {
        tracing::error!(%error, "Could not render a page: internal error");
        match error.kind() {
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

impl From<DomainError> for PageError {
    fn from(error: DomainError) -> Self {
        match error {
            DomainError::Unauthenticated => Self::Login,
            DomainError::RecentLoginRequired => Self::ConfirmPassword,
            DomainError::Forbidden => Self::Forbidden,
            DomainError::TooManyRequests { retry_after }
            | DomainError::Overloaded { retry_after } => Self::Busy(retry_after),
            _ => Self::NotFound,
        }
    }
}

impl From<Error> for PageError {
    fn from(error: Error) -> Self {
        match error {
            Error::Domain(error) => error.into(),
            Error::Infrastructure(error) => error.into(),
        }
    }
}
