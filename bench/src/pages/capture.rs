//! Captures the responses of the server, so that nginx serves the same bytes with the same headers.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use xtask::services::StaticFile;

use super::requests::{Form, Page, Visitor};
use super::script::{Expected, Request};
use crate::http::{self, Message};
use crate::server::Seeded;
use crate::token;

/// The number of people who are logged in. Their requests take turns.
const PEOPLE: usize = 16;
/// The headers that nginx writes itself, that belong to a connection, or that name one request.
const NOT_COPIED: [&str; 8] = [
    "connection",
    "content-length",
    "date",
    "etag",
    "last-modified",
    "server",
    "transfer-encoding",
    "x-request-id",
];

/// What is measured: one page for one kind of visitor in one form.
pub struct Subject {
    pub page: &'static str,
    pub document: bool,
    pub visitor: Visitor,
    pub form: Form,
    /// The requests for it, which take turns: one of each person.
    pub to_server: Vec<Request>,
    /// The request for the same bytes from nginx.
    pub to_nginx: Vec<Request>,
    /// The file that nginx serves.
    pub file: StaticFile,
}

/// A person who is logged in.
struct Person {
    name: String,
    /// The value of `Cookie`.
    cookie: String,
    /// The value of `Authorization`.
    bearer: String,
}

/// Signs people up, requests each page in each form, and checks it.
pub fn subjects(server: SocketAddr, seeded: &Seeded) -> Result<Vec<Subject>> {
    // The last one has free seats: registrations fill the first ones.
    let id = seeded.competitions.last().context("no competition")?;
    let competition = http::get(server, &format!("/api/v1/competitions/{id}"), None, "*/*")?;
    let competition: serde_json::Value = serde_json::from_str(&competition)?;
    let title = competition["title"].as_str().context("no title")?;
    let people = (0..PEOPLE)
        .map(|number| sign_up(server, number, seeded))
        .collect::<Result<Vec<_>>>()?;
    let mut subjects = Vec::new();
    for visitor in Visitor::ALL {
        for page in Page::all(id, title) {
            for &form in page.forms(visitor) {
                let subject = subject(server, &page, visitor, form, &people);
                subjects.push(subject.with_context(|| {
                    format!("{}, {}, {}", page.name, visitor.label(), form.label())
                })?);
            }
        }
    }
    Ok(subjects)
}

/// Creates an account by the form for it, which also logs in.
fn sign_up(server: SocketAddr, number: usize, seeded: &Seeded) -> Result<Person> {
    let name = format!("Visitor {number:02}");
    let form = format!(
        "name=Visitor+{number:02}&email=visitor-{number}%40example.test&password=a+long+password+{number}&next="
    );
    let origin = format!("http://{server}");
    let headers = [
        ("Origin", origin.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let response = http::exchange(server, "POST", "/act/signup", &headers, &form)?;
    let cookie = session_cookie(&response)
        .with_context(|| format!("signing up got {} and no session", response.status))?;
    // The first page shows a message about the sign-up, and the others do not.
    http::exchange(server, "GET", "/", &[("Cookie", &cookie)], "")?;
    let account = seeded.users.get(number).context("too few accounts")?;
    Ok(Person {
        name,
        cookie,
        bearer: format!("Bearer {}", token::mint(account, "PARTICIPANT")?),
    })
}

fn session_cookie(response: &Message) -> Option<String> {
    let cookies = response.headers.iter();
    cookies
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .filter_map(|(_, cookie)| cookie.split(';').next())
        .find(|pair| pair.starts_with("mc_session="))
        .map(str::to_owned)
}

fn subject(
    server: SocketAddr,
    page: &Page,
    visitor: Visitor,
    form: Form,
    people: &[Person],
) -> Result<Subject> {
    let askers = match visitor {
        Visitor::Anonymous => &people[..1],
        Visitor::LoggedIn => people,
    };
    let requests = askers.iter().map(|person| {
        let mut headers = Vec::new();
        headers.extend(form.accepted().map(|value| ("Accept-Encoding", value)));
        if visitor == Visitor::LoggedIn {
            headers.push(match page.document {
                true => ("Cookie", person.cookie.as_str()),
                false => ("Authorization", person.bearer.as_str()),
            });
        }
        let expected = Expected {
            form,
            markers: page.markers(visitor, &person.name),
        };
        (headers, expected)
    });
    let requests: Vec<_> = requests.collect();
    let mut captured = None;
    for (headers, expected) in &requests {
        let response = http::exchange(server, "GET", &page.path, headers, "")?;
        ensure!(response.status == 200, "the status is {}", response.status);
        expected.verify(response.header("content-encoding"), &response.body)?;
        captured.get_or_insert(response);
    }
    let captured = captured.context("nobody asks for it")?;
    let name = format!("{}-{}-{}", page.name, visitor.label(), form.label()).replace(' ', "-");
    let (headers, expected) = requests.first().context("nobody asks for it")?;
    let to_nginx = vec![Request::new(&format!("/{name}"), headers, expected.clone())];
    Ok(Subject {
        page: page.name,
        document: page.document,
        visitor,
        form,
        to_server: requests
            .into_iter()
            .map(|(headers, expected)| Request::new(&page.path, &headers, expected))
            .collect(),
        to_nginx,
        file: file(name, captured)?,
    })
}

/// Returns the file with which nginx sends the same response.
fn file(name: String, response: Message) -> Result<StaticFile> {
    if response.header("set-cookie").is_some() {
        bail!("the response sets a cookie");
    }
    let copied = |name: &String| !NOT_COPIED.contains(&name.to_ascii_lowercase().as_str());
    Ok(StaticFile {
        name,
        headers: response
            .headers
            .into_iter()
            .filter(|(name, _)| copied(name))
            .collect(),
        content: response.body,
    })
}

#[cfg(test)]
mod tests {
    use super::{file, session_cookie};
    use crate::http::Message;

    fn message(headers: &[(&str, &str)]) -> Message {
        let headers = headers.iter();
        Message {
            status: 200,
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: b"{}".to_vec(),
        }
    }

    #[test]
    fn nginx_sends_the_headers_that_depend_on_the_page_alone() -> anyhow::Result<()> {
        let captured = message(&[
            ("Content-Length", "2"),
            ("x-request-id", "1"),
            ("vary", "cookie"),
            ("ETag", "\"a\""),
        ]);
        let file = file("landing".to_owned(), captured)?;
        let names: Vec<_> = file.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["vary"]);
        assert_eq!(file.content, b"{}");
        Ok(())
    }

    #[test]
    fn a_response_that_sets_a_cookie_is_not_served_to_others() {
        assert!(file("landing".to_owned(), message(&[("Set-Cookie", "a=b")])).is_err());
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let response = message(&[
            ("set-cookie", "mc_device=1; Path=/"),
            ("set-cookie", "mc_session=2; Path=/; HttpOnly"),
        ]);
        assert_eq!(session_cookie(&response).as_deref(), Some("mc_session=2"));
        assert_eq!(session_cookie(&message(&[])), None);
    }
}
