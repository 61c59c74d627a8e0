//! Responds to a connection that is refused because a bound is reached.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::timeout,
};

use super::admission::Bound;
use crate::{
    api::{PROBLEM_JSON, problem_of},
    model::{DomainError, Language},
};

/// How long the response may take.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Seconds after which the client may try again.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Responds before anything is read, and closes when the peer has closed, after a second at the
/// latest. `_permit` bounds the number of such responses at the same time.
pub(super) async fn respond(mut stream: TcpStream, bound: Bound, _permit: OwnedSemaphorePermit) {
    let responding = async {
        stream.write_all(response(bound).as_bytes()).await?;
        stream.shutdown().await?;
        // A request that is arriving must not meet a closed socket, or the peer loses the response.
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    match timeout(TIMEOUT, responding).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => {
            tracing::debug!(%error, "A refused connection ended before the response was sent")
        }
    }
}

/// Returns the whole response: 503 at the bound on the total, 429 at the bound on one address.
fn response(bound: Bound) -> String {
    let error = match bound {
        Bound::Total => DomainError::Overloaded {
            retry_after: RETRY_AFTER_SECONDS,
        },
        Bound::Address => DomainError::TooManyRequests {
            retry_after: RETRY_AFTER_SECONDS,
        },
    };
    let problem = problem_of(&error, Language::English);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    // The status is enough if the document ever fails to be written.
    let body = serde_json::to_string(&problem).unwrap_or_default();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {PROBLEM_JSON}\r\ncache-control: no-store\r\n\
         retry-after: {RETRY_AFTER_SECONDS}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_client_learns_when_to_try_again() {
        for (bound, status) in [(Bound::Total, "503"), (Bound::Address, "429")] {
            let text = response(bound);
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
