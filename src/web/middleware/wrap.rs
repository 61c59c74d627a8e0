//! Middleware that is one function around everything inside it.
//!
//! `axum::middleware::from_fn` copies everything inside of it for each request, and boxes it and its own
//! future: with a dozen such layers one inside the other, a tenth of a request's time goes into copies.
//! Here what is inside is behind a pointer and copied once, when it is called, and steps that always
//! belong together are one layer (see [`every_request`](super::every_request)).

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc, task};

use axum::{body::Body, extract::Request, response::Response};
use hyper::body::{Body as HttpBody, Bytes};
use tower::{BoxError, Layer, Service, ServiceExt};

/// What a layer does with each request.
pub(in crate::web) trait Middleware: Send + Sync + 'static {
    /// Responds to a request, usually with the response of `inner`.
    fn respond<I: InnerService>(
        self: Arc<Self>,
        request: Request,
        inner: Inside<I>,
    ) -> impl Future<Output = Response> + Send;
}

/// A service inside a layer: a route of axum, or another layer around one.
pub(in crate::web) trait InnerService:
    Service<Request, Response = Response<Self::ResponseBody>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
    /// The body of its responses.
    type ResponseBody: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static;
}

impl<S, B> InnerService for S
where
    S: Service<Request, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type ResponseBody = B;
}

/// Everything inside a layer. Cheap to clone.
pub(in crate::web) struct Inside<I>(Arc<I>);

impl<I> Clone for Inside<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I: InnerService> Inside<I> {
    /// Returns the response of the inner service. The future is boxed: otherwise it would be a part of
    /// each future around it, and be copied with them for requests that never get here.
    pub(in crate::web) fn run(
        self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Response> + Send>> {
        Box::pin(async move {
            match I::clone(&self.0).oneshot(request).await {
                Ok(response) => response.map(Body::new),
                Err(never) => match never {},
            }
        })
    }
}

/// Returns the layer that does what `middleware` says.
pub(in crate::web) fn wrap<M: Middleware>(middleware: M) -> Wrap<M> {
    Wrap(Arc::new(middleware))
}

/// The layer of a [`Middleware`].
pub(in crate::web) struct Wrap<M>(Arc<M>);

impl<M> Clone for Wrap<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M, I> Layer<I> for Wrap<M> {
    type Service = Wrapped<M, I>;

    fn layer(&self, inner: I) -> Wrapped<M, I> {
        Wrapped {
            middleware: Arc::clone(&self.0),
            inner: Inside(Arc::new(inner)),
        }
    }
}

/// A service with a [`Middleware`] around it.
pub(in crate::web) struct Wrapped<M, I> {
    middleware: Arc<M>,
    inner: Inside<I>,
}

impl<M, I> Clone for Wrapped<M, I> {
    fn clone(&self) -> Self {
        Self {
            middleware: Arc::clone(&self.middleware),
            inner: self.inner.clone(),
        }
    }
}

impl<M: Middleware, I: InnerService> Service<Request> for Wrapped<M, I> {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    /// The services of axum are always ready.
    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (middleware, inner) = (Arc::clone(&self.middleware), self.inner.clone());
        // The future of the middleware is made where it stays, since it is large.
        Box::pin(async move { Ok(middleware.respond(request, inner).await) })
    }
}
