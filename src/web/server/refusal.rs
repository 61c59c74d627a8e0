//! What a connection over a bound is told.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::timeout,
};

use super::admission::Full;
use crate::{
    api::PROBLEM_JSON,
    model::{DomainError, Problem},
};

/// How long telling may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Seconds after which another attempt makes sense.
const RETRY_AFTER: u64 = 5;

/// Answers before anything is read, and closes when the peer has done so, after a second at the
/// latest. `_place` bounds how many are told at the same time.
pub(super) async fn answer(mut stream: TcpStream, full: Full, _place: OwnedSemaphorePermit) {
    let telling = async {
        stream.write_all(text(full).as_bytes()).await?;
        stream.shutdown().await?;
        // A request that is under way must not meet a closed socket, or the answer is lost.
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    match timeout(PATIENCE, telling).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => tracing::debug!(%error, "A refused connection was not told why"),
    }
}

fn text(full: Full) -> String {
    let refusal = match full {
        Full::Total => DomainError::Overloaded {
            retry_after: RETRY_AFTER,
        },
        Full::Address => DomainError::TooManyRequests {
            retry_after: RETRY_AFTER,
        },
    };
    let problem = Problem::from(&refusal);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    // The status alone would do, should the document ever fail to be written.
    let body = serde_json::to_string(&problem).unwrap_or_default();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {PROBLEM_JSON}\r\ncache-control: no-store\r\n\
         retry-after: {RETRY_AFTER}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_refused_is_told_when_to_come_back() {
        for (full, status) in [(Full::Total, "503"), (Full::Address, "429")] {
            let text = text(full);
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
            assert!(head.contains("retry-after: 5\r\n"), "{head}");
            assert!(
                head.ends_with(&format!("content-length: {}", body.len())),
                "{head}"
            );
            let problem: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(problem["status"].to_string(), status);
        }
    }
}
