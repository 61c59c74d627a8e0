//! A push service in the test process, and browsers that subscribe at it. Python's `cryptography` verifies and decrypts
//! what the service receives (`push_device.py`), since it shares no code with the application.

use std::{
    collections::HashMap,
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt, net::TcpListener, process::Command, sync::Semaphore, task::JoinHandle,
};

use super::{Client, Reply, storage::service};

/// How the service responds.
#[derive(Debug, Clone)]
pub enum PushMode {
    /// The service accepts every message.
    Accepts,
    /// The service answers every message with this status.
    Answers(u16),
    /// The service answers every message with this status, once it gets a permit for it.
    AnswersLater(u16, Arc<Semaphore>),
    /// The service answers every message with this status, and with this text in `Retry-After`.
    Busy(u16, String),
    /// The service accepts messages of up to this many bytes.
    AcceptsUpTo(usize),
    /// The service redirects every message to this address.
    Redirects(String),
}

/// A request that the service has received.
#[derive(Debug, Clone)]
pub struct ReceivedPush {
    /// The path of the subscription.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl ReceivedPush {
    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("a text"))
    }
}

#[derive(Debug)]
struct Shared {
    mode: Mutex<PushMode>,
    received: Mutex<Vec<ReceivedPush>>,
    subscriptions: AtomicUsize,
}

/// The service. It listens until the value is dropped.
#[derive(Debug)]
pub struct FakePushService {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl FakePushService {
    /// Starts a service on a free port, which accepts every message.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            mode: Mutex::new(PushMode::Accepts),
            received: Mutex::default(),
            subscriptions: AtomicUsize::new(0),
        });
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("serves");
        });
        Self {
            address,
            shared,
            task,
        }
    }

    /// Returns the origin of its addresses.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes how the service responds from now on.
    pub fn set_mode(&self, mode: PushMode) {
        *self.shared.mode.lock().unwrap() = mode;
    }

    /// Returns the requests that it has received so far, also those that it refused.
    pub fn received(&self) -> Vec<ReceivedPush> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Returns a browser with a new subscription.
    pub async fn device(&self) -> PushDevice {
        let number = self.shared.subscriptions.fetch_add(1, Ordering::Relaxed);
        PushDevice {
            endpoint: format!("{}/send/{number}", self.origin()),
            keys: python("keys", &Value::Null).await,
        }
    }

    /// Returns how many messages each of these browsers was sent.
    pub fn counts(&self, devices: &[&PushDevice]) -> Vec<usize> {
        let mut counts = HashMap::<String, usize>::new();
        for push in self.received() {
            *counts
                .entry(format!("{}{}", self.origin(), push.path))
                .or_default() += 1;
        }
        let count = |device: &&PushDevice| counts.get(&device.endpoint).copied();
        devices
            .iter()
            .map(|it| count(it).unwrap_or_default())
            .collect()
    }
}

impl Drop for FakePushService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mode = shared.mode.lock().unwrap().clone();
    let size = body.len();
    shared.received.lock().unwrap().push(ReceivedPush {
        path: uri.path().to_owned(),
        headers,
        body: body.into(),
    });
    match mode {
        PushMode::AcceptsUpTo(most) if size > most => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        PushMode::Answers(status) => StatusCode::from_u16(status)
            .expect("a status")
            .into_response(),
        PushMode::AnswersLater(status, permits) => {
            let permit = permits.acquire().await.expect("open");
            permit.forget();
            StatusCode::from_u16(status)
                .expect("a status")
                .into_response()
        }
        PushMode::Busy(status, wait) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [(header::RETRY_AFTER, wait)]).into_response()
        }
        PushMode::Redirects(to) => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
        }
        PushMode::Accepts | PushMode::AcceptsUpTo(_) => StatusCode::CREATED.into_response(),
    }
}

/// A browser that has subscribed at the push service.
#[derive(Debug, Clone)]
pub struct PushDevice {
    /// The address of its subscription.
    pub endpoint: String,
    keys: Value,
}

impl PushDevice {
    /// Returns the subscription as browsers write it.
    pub fn subscription(&self) -> Value {
        json!({
            "endpoint": self.endpoint,
            "expirationTime": null,
            "keys": { "p256dh": self.keys["p256dh"], "auth": self.keys["auth"] },
        })
    }

    /// Returns the browser with other keys of the same subscription.
    pub async fn renewed(&self) -> Self {
        Self {
            endpoint: self.endpoint.clone(),
            keys: python("keys", &Value::Null).await,
        }
    }

    /// Sends the subscription to the application.
    pub async fn subscribe(&self, client: &Client) -> Reply {
        send_subscription(client, &self.subscription()).await
    }

    /// Verifies a request to the push service, and returns its claims, the key that signed them, and its content.
    pub async fn open(&self, push: &ReceivedPush) -> Value {
        let request = json!({
            "device": self.keys,
            "authorization": push.header("authorization"),
            "body": STANDARD.encode(&push.body),
        });
        python("open", &request).await
    }
}

/// Sends a subscription to the application, as a page of the site does.
pub async fn send_subscription(client: &Client, subscription: &Value) -> Reply {
    let path = "/api/v1/me/push-subscriptions";
    let request = client.request(reqwest::Method::POST, path);
    let request = request.header("sec-fetch-site", "same-origin");
    client.send(request.json(subscription)).await
}

async fn python(command: &str, input: &Value) -> Value {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/integration/harness/push_device.py"
    );
    let mut child = Command::new(service("TEST_SMTP_PYTHON"))
        .args([script, command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python");
    let mut standard_input = child.stdin.take().expect("standard input");
    let written = standard_input.write_all(input.to_string().as_bytes()).await;
    // The command that makes keys does not read it.
    assert!(written.is_ok() || command == "keys", "{written:?}");
    drop(standard_input);
    let output = child.wait_with_output().await.expect("the output");
    assert!(output.status.success(), "push_device.py {command}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}
