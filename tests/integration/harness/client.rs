//! A browser without JavaScript, or an API client: follows links and forms, keeps cookies.

use std::net::SocketAddr;

use reqwest::{Method, StatusCode, redirect::Policy};
use scraper::{Html, Selector};
use serde_json::Value;

use super::openapi::assert_documented;

/// Talks HTTP to an application.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    bearer: Option<String>,
}

/// A response with its whole body.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub url: String,
    pub text: String,
}

/// A form as it stands in a page: where it goes and what its fields hold.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(Policy::limited(10))
            .build()
            .expect("an HTTP client");
        Self {
            base: format!("http://{address}"),
            http,
            bearer: None,
        }
    }

    /// The same, with an access token.
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.bearer = Some(token.into());
        self
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        self.try_send(request).await.expect("an answer")
    }

    /// For servers that may be gone.
    pub async fn try_send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Reply> {
        let request = request.build()?;
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.http.execute(request).await?;
        assert_documented(&method, &path, response.status());
        Ok(Reply {
            status: response.status(),
            headers: response.headers().clone(),
            url: response.url().to_string(),
            text: response.text().await?,
        })
    }

    pub async fn try_get(&self, path: &str) -> reqwest::Result<Reply> {
        self.try_send(self.request(Method::GET, path)).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Logs an account in, as the log-in page does.
    pub async fn log_in(&self, email: &str) -> Reply {
        let page = self.get("/login").await;
        let form = page
            .form("form[action='/act/login']")
            .fill("email", email)
            .fill("password", super::PASSWORD);
        self.submit(&form).await
    }

    /// Sends a form like a browser does, and follows the redirect.
    pub async fn submit(&self, form: &Form) -> Reply {
        let request = self
            .request(Method::POST, &form.action)
            .header("origin", &self.base)
            .header("sec-fetch-site", "same-origin")
            .form(&form.fields);
        self.send(request).await
    }

    /// `POST /competitions/{id}/registrations` under a key.
    pub async fn register(&self, competition: impl std::fmt::Display, key: &str) -> Reply {
        self.send(self.registering(competition, key)).await
    }

    /// The request of [`register`](Self::register), not yet sent.
    pub fn registering(
        &self,
        competition: impl std::fmt::Display,
        key: &str,
    ) -> reqwest::RequestBuilder {
        let path = format!("/api/v1/competitions/{competition}/registrations");
        self.request(Method::POST, &path)
            .header("idempotency-key", key)
    }

    /// Cancels by `DELETE /registrations/{id}`.
    pub async fn cancel(&self, registration: impl std::fmt::Display) -> Reply {
        self.send(self.cancelling(registration)).await
    }

    /// The request of [`cancel`](Self::cancel), not yet sent.
    pub fn cancelling(&self, registration: impl std::fmt::Display) -> reqwest::RequestBuilder {
        let path = format!("/api/v1/registrations/{registration}");
        self.request(Method::DELETE, &path)
    }
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The last segment of a problem's type.
    pub fn problem(&self) -> String {
        let json = self.json();
        let kind = json["type"].as_str().unwrap_or_default();
        kind.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// The text of what a CSS selector finds first.
    pub fn find(&self, selector: &str) -> Option<String> {
        let page = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).expect("a selector");
        page.select(&selector)
            .next()
            .map(|e| e.text().collect::<String>().trim().to_owned())
    }

    /// A form of the page, with what its fields hold.
    pub fn form(&self, selector: &str) -> Form {
        let page = Html::parse_document(&self.text);
        let which = Selector::parse(selector).expect("a selector");
        let form = page
            .select(&which)
            .next()
            .unwrap_or_else(|| panic!("no {selector} in {} {}", self.status, self.url));
        let controls = Selector::parse("input[name], textarea[name], select[name]").expect("valid");
        let chosen = Selector::parse("option[selected]").expect("valid");
        let fields = form
            .select(&controls)
            .filter(|c| c.attr("type") != Some("checkbox") || c.attr("checked").is_some())
            .filter_map(|control| {
                let name = control.attr("name")?.to_owned();
                let value = match control.value().name() {
                    "textarea" => control.text().collect(),
                    "select" => control
                        .select(&chosen)
                        .next()
                        .and_then(|o| o.attr("value"))
                        .unwrap_or_default()
                        .to_owned(),
                    _ => control.attr("value").unwrap_or_default().to_owned(),
                };
                Some((name, value))
            })
            .collect();
        Form {
            action: form.attr("action").expect("an action").to_owned(),
            fields,
        }
    }
}

impl Form {
    /// Types into a field.
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}
