//! `/healthz`: whether the process runs. `/readyz`: whether the services that it needs are available.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use axum::{Json, Router, http::StatusCode, response::IntoResponse, routing::get};
use serde::Serialize;

/// The time limit for a check, after which the service counts as unavailable.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

type CheckResult = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A check whether one service is available.
#[derive(Clone)]
pub struct Probe {
    name: &'static str,
    check: Arc<dyn Fn() -> CheckResult + Send + Sync>,
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").field(&self.name).finish()
    }
}

impl Probe {
    /// Creates a probe. `/readyz` reports `name` if the check fails.
    pub fn new<F, A, E>(name: &'static str, check: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        Self {
            name,
            check: Arc::new(move || {
                let result = check();
                Box::pin(async move { result.await.map_err(|error| error.to_string()) })
            }),
        }
    }

    /// Returns the name of the service if it is unavailable.
    async fn missing(&self, limit: Duration) -> Option<&'static str> {
        let error = match tokio::time::timeout(limit, (self.check)()).await {
            Ok(Ok(())) => return None,
            Ok(Err(error)) => error,
            Err(_) => "no response in time".to_owned(),
        };
        tracing::warn!(service = self.name, %error, "The server is not ready: {} is unavailable", self.name);
        Some(self.name)
    }
}

/// The body of `/readyz`.
#[derive(Debug, Serialize)]
struct Readiness {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
}

/// Returns the routes `/healthz` and `/readyz`.
pub fn router(probes: Vec<Probe>) -> Router {
    let probes: Arc<[Probe]> = probes.into();
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route(
            "/readyz",
            get(move || {
                let probes = probes.clone();
                async move { ready(&probes).await }
            }),
        )
}

async fn ready(probes: &[Probe]) -> impl IntoResponse + use<> {
    let answers =
        futures::future::join_all(probes.iter().map(|probe| probe.missing(CHECK_TIMEOUT))).await;
    let missing: Vec<_> = answers.into_iter().flatten().collect();
    if missing.is_empty() {
        (
            StatusCode::OK,
            Json(Readiness {
                status: "ready",
                missing,
            }),
        )
    } else {
        let status = "unavailable";
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(Readiness { status, missing }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_service_that_fails_is_named_and_one_that_answers_is_not() {
        let fine = Probe::new("database", || async { Ok::<_, String>(()) });
        let away = Probe::new("redis", || async { Err("refused") });
        assert_eq!(fine.missing(CHECK_TIMEOUT).await, None);
        assert_eq!(away.missing(CHECK_TIMEOUT).await, Some("redis"));
    }

    #[tokio::test]
    async fn a_service_that_never_answers_counts_as_unavailable() {
        let silent = Probe::new("database", || async {
            std::future::pending::<()>().await;
            Ok::<_, String>(())
        });
        assert_eq!(silent.missing(Duration::ZERO).await, Some("database"));
    }
}
