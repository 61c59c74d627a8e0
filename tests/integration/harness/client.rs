//! An HTTP client for tests: a browser without JavaScript that submits forms and keeps cookies, or an API
//! client with an access token.

use std::net::SocketAddr;

use reqwest::{Method, StatusCode, redirect::Policy};
use scraper::{Html, Selector};
use serde_json::Value;

use super::{openapi::assert_documented, page_form::PageForm};

/// Sends requests to an application and follows its redirects. Clones share their cookies.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    bearer: Option<String>,
}

/// A response with its complete body.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub url: String,
    pub text: String,
}

/// A form of a page: the path that it is submitted to, and the values of its fields.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Client {
    /// Returns a client with an empty cookie jar.
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

    /// Sends an access token with every request.
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.bearer = Some(token.into());
        self
    }

    /// Returns a request with the access token of the client. It is not sent yet.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the response.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        self.try_send(request).await.expect("a response")
    }

    /// Sends a request to a server that may be unavailable. Asserts that the OpenAPI document lists the
    /// status of the response.
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

    /// Sends a `GET` request to a server that may be unavailable.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<Reply> {
        self.try_send(self.request(Method::GET, path)).await
    }

    /// Sends a `GET` request.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a `POST` request with a JSON body.
    pub async fn post_json(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Opens a page as a browser does, which accepts HTML.
    pub async fn browse(&self, path: &str) -> Reply {
        let request = self.request(Method::GET, path);
        self.send(request.header("accept", "text/html")).await
    }

    /// Logs in with the form of the log-in page and the password of all test accounts.
    pub async fn log_in(&self, email: &str) -> Reply {
        let page = self.get("/login").await;
        let form = page
            .form("form[action='/act/login']")
            .fill("email", email)
            .fill("password", super::PASSWORD);
        self.submit(&form).await
    }

    /// Submits a form as a browser does, and follows the redirect.
    pub async fn submit(&self, form: &Form) -> Reply {
        let request = self
            .request(Method::POST, &form.action)
            .header("origin", &self.base)
            .header("sec-fetch-site", "same-origin")
            .form(&form.fields);
        self.send(request).await
    }

    /// Submits a form of a page as a browser does, which accepts HTML, and follows the redirect.
    pub async fn submit_page_form(&self, form: &PageForm) -> Reply {
        let request = self
            .request(Method::POST, &form.action)
            .header("origin", &self.base)
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html");
        self.send(form.put_into(request)).await
    }

    /// Submits fields as the script of a page does, which gets no redirect.
    pub async fn submit_in_background(&self, action: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self
            .request(Method::POST, action)
            .header("origin", &self.base)
            .header("sec-fetch-site", "same-origin")
            .header("accept", "application/json")
            .form(fields);
        self.send(request).await
    }

    /// Registers by `POST /competitions/{id}/registrations` with an idempotency key.
    pub async fn register(&self, competition: impl std::fmt::Display, key: &str) -> Reply {
        self.send(self.registration_request(competition, key)).await
    }

    /// Returns the request of [`register`](Self::register). It is not sent yet.
    pub fn registration_request(
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
        self.send(self.cancellation_request(registration)).await
    }

    /// Returns the request of [`cancel`](Self::cancel). It is not sent yet.
    pub fn cancellation_request(
        &self,
        registration: impl std::fmt::Display,
    ) -> reqwest::RequestBuilder {
        let path = format!("/api/v1/registrations/{registration}");
        self.request(Method::DELETE, &path)
    }
}

impl Reply {
    /// Parses the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// Returns the first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// Returns the last segment of the type of a problem, for example `not-found`.
    pub fn problem(&self) -> String {
        let json = self.json();
        let kind = json["type"].as_str().unwrap_or_default();
        kind.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Returns the text of the first element that a CSS selector matches.
    pub fn find(&self, selector: &str) -> Option<String> {
        let page = Html::parse_document(&self.text);
        let selector = Selector::parse(selector).expect("a selector");
        page.select(&selector)
            .next()
            .map(|e| e.text().collect::<String>().trim().to_owned())
    }

    /// Returns the first form that a CSS selector matches, with the values of its fields.
    pub fn form(&self, selector: &str) -> Form {
        let page = Html::parse_document(&self.text);
        let form_selector = Selector::parse(selector).expect("a selector");
        let form = page
            .select(&form_selector)
            .next()
            .unwrap_or_else(|| panic!("no {selector} in {} {}", self.status, self.url));
        let controls = Selector::parse("input[name], textarea[name], select[name]").expect("valid");
        let chosen = Selector::parse("option[selected]").expect("valid");
        let fields = form
            .select(&controls)
            .filter(|control| {
                let is_choice = matches!(control.attr("type"), Some("checkbox" | "radio"));
                !is_choice || control.attr("checked").is_some()
            })
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
    /// Sets the value of a field.
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}
