//! The requests: with bodies and fields that would do something if they were allowed.

use mini_compete::{
    jobs::Queues,
    model::{Language, UserId},
    text::catalogue,
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::Objects;
use crate::harness::{Client, PASSWORD};

/// What a visitor got.
#[derive(Debug)]
pub struct Outcome {
    status: StatusCode,
    /// The path of the page where the visitor arrived.
    path: String,
}

impl Outcome {
    /// Sends a request. The body of the response is not read, because an event stream has no end.
    async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        Self {
            status: response.status(),
            path: response.url().path().to_owned(),
        }
    }

    /// Returns whether the visitor was turned away: not logged in, not allowed, or told that there is nothing.
    pub fn is_refusal(&self) -> bool {
        matches!(self.status.as_u16(), 401 | 403 | 404) || self.path == "/login"
    }

    /// Returns whether a page was shown, or an operation did something or said what was wrong with its input.
    /// `missing` tells that the object of the operation does not exist.
    pub fn is_open(&self, missing: bool) -> bool {
        let status = self.status.as_u16();
        let open = !matches!(status, 401 | 403 | 404) && status < 500;
        open || (missing && status == 404)
    }
}

/// What a visitor who has submitted a form got.
#[derive(Debug)]
pub struct Told {
    status: StatusCode,
    /// The page to which the browser is sent.
    page: String,
    /// The message that the next page shows.
    message: String,
}

impl Told {
    /// Returns whether the visitor was turned away: sent to the log-in, or told that it is not allowed. That something is
    /// wrong with the input, or that there is no such thing, is no refusal: it is said to those who may do it.
    pub fn is_refusal(&self) -> bool {
        let t = &catalogue(Language::English).domain_errors;
        matches!(self.status.as_u16(), 401 | 403)
            || self.page.starts_with("/login")
            || [t.forbidden, t.unauthenticated]
                .iter()
                .any(|words| self.message.contains(words))
    }
}

/// Calls an operation of the API.
pub async fn call(client: &Client, method: &Method, path: &str, body: Option<Value>) -> Outcome {
    let request = client
        .request(method.clone(), path)
        .header("sec-fetch-site", "same-origin")
        .header("idempotency-key", uuid::Uuid::now_v7().to_string());
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    Outcome::of(request).await
}

/// Opens a page in a browser.
pub async fn open(client: &Client, path: &str) -> Outcome {
    let request = client
        .request(Method::GET, path)
        .header("accept", "text/html");
    Outcome::of(request).await
}

/// Returns a body with which the operation would do something; `None` if it takes none.
pub fn body(method: &Method, template: &str) -> Option<Value> {
    let path = template.strip_prefix("/api/v1").unwrap_or(template);
    Some(match (method.as_str(), path) {
        ("POST", "/competitions") => json!({
            "title": "Taken over", "capacity": 5,
            "regDeadline": "2040-03-01T18:00:00Z", "startsAt": "2040-03-02T09:00:00Z",
        }),
        ("POST", "/api-keys") => {
            json!({ "name": "Another Name", "scopes": ["COMPETITIONS_READ"] })
        }
        ("POST", "/webhooks") => json!({ "url": "https://1.1.1.1/hook" }),
        ("PATCH", "/competitions/{id}") => json!({ "title": "Taken over" }),
        ("POST", "/competitions/{id}/announcements") => {
            json!({ "audience": "ALL", "subject": "Taken over", "body": "By somebody else." })
        }
        ("POST", "/competitions/{id}/check-ins") => json!({ "code": "7K4M-Q2XP" }),
        ("POST", "/competitions/{id}/check-ins/batch") => {
            json!({ "scans": [{ "code": "7K4M-Q2XP" }] })
        }
        ("POST", "/competitions/{id}/start-numbers") => json!({ "order": "NAME" }),
        ("POST", "/competitions/{id}/codes") => json!({ "kind": "ELIGIBILITY", "maxUses": 1 }),
        ("POST", "/competitions/{id}/codes/generate") => {
            json!({ "count": 2, "kind": "ELIGIBILITY", "maxUses": 1 })
        }
        ("PATCH", "/competitions/{id}/codes/{partId}") => json!({ "label": "Taken over" }),
        ("POST", "/competitions/{id}/divisions") => json!({ "name": "Taken over" }),
        ("PATCH", "/competitions/{id}/divisions/{partId}") => json!({ "name": "Taken over" }),
        ("POST", "/competitions/{id}/views") => json!({ "name": "Taken over" }),
        ("PATCH", "/competitions/{id}/views/{partId}") => json!({ "name": "Taken over" }),
        ("POST", "/competitions/{id}/questions") => {
            json!({ "label": "Taken over", "kind": "DATE" })
        }
        ("PATCH", "/competitions/{id}/questions/{partId}") => json!({ "label": "Taken over" }),
        ("POST", "/competitions/{id}/stages") => {
            json!({ "name": "Taken over", "metric": "TIME" })
        }
        ("PATCH", "/competitions/{id}/stages/{partId}") => json!({ "name": "Taken over" }),
        ("POST", "/competitions/{id}/brackets") => {
            json!({ "name": "Taken over", "format": "SWISS", "seeding": "START_NUMBER" })
        }
        ("PATCH", "/brackets/{id}") => json!({ "name": "Taken over" }),
        ("PUT", "/brackets/{id}/matches/{matchId}") => json!({ "outcome": "FIRST" }),
        ("PATCH", "/brackets/{id}/entrants/{seed}") => json!({ "withdrawn": true }),
        ("POST", "/stages/{id}/performances") => json!({ "code": "7", "value": 1 }),
        ("PATCH", "/registrations/{id}") => json!({ "answers": {} }),
        ("POST", "/competitions/{id}/participants") => {
            json!({ "email": "name@example.org", "name": "Another Name" })
        }
        ("POST", "/competitions/{id}/registrations/bulk") => {
            json!({ "action": "CANCEL", "ids": [UserId::new()], "reason": "Taken over" })
        }
        ("POST", "/competitions/{id}/staff") => {
            json!({ "email": "name@example.org", "role": "VIEWER" })
        }
        ("PATCH", "/competitions/{id}/staff/{partId}") => json!({ "role": "VIEWER" }),
        ("PATCH", "/admin/users/{id}") => json!({ "role": "ORGANIZER" }),
        ("PATCH", "/me") => json!({ "name": "Another Name" }),
        ("DELETE", "/me") => json!({ "password": PASSWORD }),
        ("POST", "/me/email") => json!({ "email": "name@example.org", "password": PASSWORD }),
        ("POST", "/me/password") => {
            json!({ "currentPassword": PASSWORD, "newPassword": "another long passphrase 17" })
        }
        ("POST", "/auth/code" | "/auth/forgot") => json!({ "email": "name@example.org" }),
        ("POST", path) if path.starts_with("/auth/") => json!({}),
        ("POST" | "DELETE", "/me/push-subscriptions")
        | ("DELETE", "/me/totp")
        | ("POST", "/me/totp/confirm" | "/me/totp/recovery-codes") => json!({}),
        _ => return None,
    })
}

/// Returns the query without which the operation would do nothing.
pub fn query(method: &Method, template: &str) -> &'static str {
    match (method.as_str(), template) {
        ("DELETE", "/api/v1/admin/failed-jobs") | ("POST", "/api/v1/admin/failed-jobs/retry") => {
            "?all=true"
        }
        _ => "",
    }
}

/// Submits every field that a server function may know, with values with which it would do something.
pub async fn submit(client: &Client, function: &str, objects: &Objects, subject: UserId) -> Told {
    let competition = objects.competition.to_string();
    let registration = objects.registration.to_string();
    let id = match function {
        "/act/retry-failed-jobs" | "/act/delete-failed-jobs" => String::new(),
        _ => subject.to_string(),
    };
    let part = objects.part.to_string();
    let role = match function {
        "/act/invite-staff" | "/act/change-staff-role" => "VIEWER",
        _ => "ORGANIZER",
    };
    // Others would do something with an address that they need not do here.
    let email = match function {
        "/act/invite-staff" => "name@example.org",
        _ => "",
    };
    let code = match function {
        "/act/check-in-to-competition" => registration.as_str(),
        _ => "",
    };
    let kind = match function {
        "/act/add-code" | "/act/generate-codes" => "ELIGIBILITY",
        _ => "DATE",
    };
    let mut fields = vec![
        ("staffId", part.as_str()),
        ("email", email),
        ("competitionId", &competition),
        ("registrationId", &registration),
        ("announcementId", &id),
        ("messageId", &id),
        ("id", &id),
        ("idempotencyKey", "key-of-the-matrix"),
        ("queue", Queues::MAIL),
        ("all", "true"),
        ("role", role),
        ("title", "Taken over"),
        ("description", "By somebody else."),
        ("capacity", "5"),
        ("waitlistEnabled", "on"),
        ("timeZone", "Europe/Berlin"),
        ("regDeadline", "2040-03-01T18:00"),
        ("startsAt", "2040-03-02T09:00"),
        ("status", "PUBLISHED"),
        ("audience", "ALL"),
        ("subject", "Taken over"),
        ("body", "By somebody else."),
        ("note", "By somebody else."),
        ("notify", "no"),
        ("password", PASSWORD),
        ("currentPassword", PASSWORD),
        ("newPassword", "another long passphrase 17"),
        ("name", "Another Name"),
        ("wanted", "true"),
        ("kind", kind),
        ("maxUses", "5"),
        ("count", "2"),
        ("label", "Taken over"),
        ("question", "shirt"),
        ("metric", "TIME"),
        ("aggregate", "BEST"),
        ("tieRule", "SHARED"),
    ];
    // Something that does not exist, so that a function is told apart that looks for it before it asks who sends the form.
    let unknown = subject.to_string();
    let named: &[&str] = match function {
        "/act/delete-note-of-registration-of-competition" => &["noteId"],
        name if name.ends_with("-view-of-competition") => &["viewId"],
        name if name.contains("webhook") => &["deliveryId"],
        name if name.contains("certificate") => &["certificateId"],
        name if name.contains("division") => &["divisionId"],
        name if name.contains("question") => &["questionId"],
        name if name.contains("stage") || name.contains("result") => &["stageId"],
        name if name.contains("registrations-of-competition") => &["ids"],
        _ => &[],
    };
    fields.extend(named.iter().map(|name| (*name, unknown.as_str())));
    fields.push(("action", "CANCEL"));
    // Others would take it for the code of a log-in.
    fields.extend((!code.is_empty()).then_some(("code", code)));
    // A redirect is not followed: the page may refuse the visitor by itself.
    let reply = client.submit_in_background(function, &fields).await;
    let page = reply.header("location").unwrap_or_default().to_owned();
    let next = client.browse("/competitions").await;
    Told {
        status: reply.status,
        page,
        message: next.find(".flash").unwrap_or_default(),
    }
}
