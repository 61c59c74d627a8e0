//! Whether the process lives, and whether what it needs answers.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use axum::{Json, Router, http::StatusCode, response::IntoResponse, routing::get};
use serde::Serialize;

/// A part that does not answer within this time counts as away.
const PATIENCE: Duration = Duration::from_secs(2);

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Asks one part whether it is there.
#[derive(Clone)]
pub struct Probe {
    name: &'static str,
    ask: Arc<dyn Fn() -> Answer + Send + Sync>,
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").field(&self.name).finish()
    }
}

impl Probe {
    /// A probe by the name that `/readyz` gives when it fails.
    pub fn new<F, A, E>(name: &'static str, ask: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        Self {
            name,
            ask: Arc::new(move || {
                let answer = ask();
                Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
            }),
        }
    }

    /// The name, if the part is away.
    async fn missing(&self, patience: Duration) -> Option<&'static str> {
        let problem = match tokio::time::timeout(patience, (self.ask)()).await {
            Ok(Ok(())) => return None,
            Ok(Err(problem)) => problem,
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::warn!(part = self.name, %problem, "not ready");
        Some(self.name)
    }
}

#[derive(Debug, Serialize)]
struct Report {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
}

/// `/healthz` and `/readyz`.
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
        futures::future::join_all(probes.iter().map(|probe| probe.missing(PATIENCE))).await;
    let missing: Vec<_> = answers.into_iter().flatten().collect();
    if missing.is_empty() {
        (
            StatusCode::OK,
            Json(Report {
                status: "ready",
                missing,
            }),
        )
    } else {
        let status = "unavailable";
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(Report { status, missing }),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_fails_is_named_and_one_that_answers_is_not() {
        let fine = Probe::new("database", || async { Ok::<_, String>(()) });
        let away = Probe::new("redis", || async { Err("refused") });
        assert_eq!(fine.missing(PATIENCE).await, None);
        assert_eq!(away.missing(PATIENCE).await, Some("redis"));
    }

    #[tokio::test]
    async fn a_part_that_never_answers_counts_as_away() {
        let silent = Probe::new("database", || async {
            std::future::pending::<()>().await;
            Ok::<_, String>(())
        });
        assert_eq!(silent.missing(Duration::ZERO).await, Some("database"));
    }
}
