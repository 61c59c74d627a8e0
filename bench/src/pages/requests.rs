//! What is requested: the pages, who asks for them, and in which form.

use serde::Serialize;

/// The number of connections of the load generator.
pub const CONNECTIONS: usize = 64;
/// The account's name in the header of a page, and the form that logs out: only a page for a person
/// who is logged in has them.
const LOG_OUT: &str = "action=\"/act/logout\"";
/// The link in the header of a page for an anonymous visitor.
const SIGN_UP: &str = "href=\"/signup";

/// Who asks for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visitor {
    Anonymous,
    LoggedIn,
}

impl Visitor {
    /// Both, in the order of the table.
    pub const ALL: [Self; 2] = [Self::Anonymous, Self::LoggedIn];

    /// Returns the name in the table.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::LoggedIn => "logged in",
        }
    }
}

/// The form of the response that the client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The content as it is.
    Identity,
    /// The content as browsers ask for it, which is compressed: with Brotli if it is kept, else with gzip.
    Compressed,
    /// The client has the content, and asks whether it is unchanged (304).
    Unchanged,
}

impl Form {
    /// All forms, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Identity, Self::Compressed, Self::Unchanged];

    /// Returns the name in the table.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Compressed => "compressed",
            Self::Unchanged => "304",
        }
    }

    /// Returns the value of `Accept-Encoding`; `None` for a client that does not send it.
    pub const fn accepted(self) -> Option<&'static str> {
        match self {
            // What browsers send.
            Self::Compressed => Some("gzip, deflate, br, zstd"),
            Self::Identity | Self::Unchanged => None,
        }
    }
}

/// A page of the application, or a response of its API.
#[derive(Debug, Clone)]
pub struct Page {
    pub name: &'static str,
    /// Whether it is a document (HTML) or a response of the API.
    pub document: bool,
    pub path: String,
    /// Whether it is so small that the server does not compress it.
    is_small: bool,
    /// Texts that only this page contains.
    markers: Vec<String>,
}

impl Page {
    /// Returns all pages. The page of one competition is that of `id`, and the search finds it by
    /// its title.
    pub fn all(id: &str, title: &str) -> Vec<Self> {
        let page = |name, path: String, markers: &[&str]| Self {
            name,
            document: !path.starts_with("/api/"),
            path,
            is_small: name == "API detail",
            markers: markers.iter().map(|&text| text.to_owned()).collect(),
        };
        let search = title.replace(' ', "+");
        let link = format!("href=\"/competitions/{id}\"");
        let heading = format!("<h1><bdi>{title}</bdi></h1>");
        vec![
            page("landing", "/".to_owned(), &["class=\"lead\""]),
            page(
                "browse",
                "/competitions".to_owned(),
                &["id=\"results\"", "class=\"card-title\""],
            ),
            page(
                "search",
                format!("/competitions?search={search}"),
                &["id=\"results\"", &link],
            ),
            page(
                "competition",
                format!("/competitions/{id}"),
                &["data-testid=\"seats-left\"", &heading],
            ),
            page(
                "API list",
                "/api/v1/competitions".to_owned(),
                &["\"perPage\":", "\"seatsLeft\":"],
            ),
            page(
                "API detail",
                format!("/api/v1/competitions/{id}"),
                &[
                    &format!("\"id\":\"{id}\""),
                    &format!("\"title\":\"{title}\""),
                ],
            ),
        ]
    }

    /// Returns the forms in which a visitor asks for it. A personal document is never kept, so it
    /// can't be unchanged; with a token the API is asked for the content as it is.
    pub fn forms(&self, visitor: Visitor) -> &'static [Form] {
        match (visitor, self.document) {
            (Visitor::Anonymous, _) if self.is_small => &[Form::Identity, Form::Unchanged],
            (Visitor::Anonymous, _) => &Form::ALL,
            (Visitor::LoggedIn, true) => &[Form::Identity, Form::Compressed],
            (Visitor::LoggedIn, false) => &[Form::Identity],
        }
    }

    /// Returns the texts that the content for a visitor must contain. `name` is the name of the
    /// account that is logged in.
    pub fn markers(&self, visitor: Visitor, name: &str) -> Vec<String> {
        let mut markers = self.markers.clone();
        match visitor {
            _ if !self.document => {}
            Visitor::Anonymous => markers.push(SIGN_UP.to_owned()),
            Visitor::LoggedIn => markers.extend([LOG_OUT.to_owned(), name.to_owned()]),
        }
        markers
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Page, Visitor};

    #[test]
    fn a_document_for_a_person_must_contain_the_name_and_a_response_of_the_api_need_not() {
        let pages = Page::all("0192", "Night run");
        let named = |page: &Page, visitor| page.markers(visitor, "Ada").contains(&"Ada".to_owned());
        for page in &pages {
            assert_eq!(
                named(page, Visitor::LoggedIn),
                page.document,
                "{}",
                page.name
            );
            assert!(!named(page, Visitor::Anonymous), "{}", page.name);
        }
        assert_eq!(pages.iter().filter(|page| page.document).count(), 4);
        assert_eq!(pages[2].path, "/competitions?search=Night+run");
    }

    #[test]
    fn only_anonymous_visitors_ask_whether_a_page_is_unchanged() {
        for page in Page::all("0192", "Night run") {
            assert!(page.forms(Visitor::Anonymous).contains(&Form::Unchanged));
            assert!(!page.forms(Visitor::LoggedIn).contains(&Form::Unchanged));
        }
    }
}
