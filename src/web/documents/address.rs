//! The addresses of public documents, in canonical form.

use axum::http::Uri;
use url::form_urlencoded;

use crate::{
    api::BASE,
    domain::changes::Scope,
    model::{
        CompetitionId, Language, MatchSection, UserId,
        forms::{CompetitionFilter, LIST_PARAMETERS},
    },
    ui::paths::{COMPETITIONS, ORGANIZERS},
};

/// Lists whose parameters are longer are not kept, in bytes: nobody else asks for the same.
const MAX_QUERY: usize = 300;
/// The end of the path of the page of brackets.
const BRACKETS: &str = "brackets";

/// What is shown at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Landing,
    List,
    Competition(CompetitionId),
    /// The standings of a competition.
    Standings(CompetitionId),
    /// The page of the brackets of a competition.
    Brackets(CompetitionId),
    Organizer(UserId),
}

/// The address of a public document. Two addresses that differ only in unknown parameters, in empty
/// parameters or in their order are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PublicAddress {
    subject: Subject,
    api: bool,
    /// The language of a page; lists of the API have none.
    language: Option<Language>,
    query: String,
}

impl PublicAddress {
    /// Returns the public document at `uri` in a language; `None` if there is none.
    pub(super) fn of(uri: &Uri, language: Language) -> Option<Self> {
        let path = uri.path();
        let (api, local) = match path.strip_prefix(BASE) {
            Some(local) => (true, local),
            None => (false, path),
        };
        let subject = match local {
            "/" if !api => Subject::Landing,
            COMPETITIONS => Subject::List,
            _ if !api && local.starts_with(ORGANIZERS) => {
                let id = local.strip_prefix(ORGANIZERS)?.strip_prefix('/')?;
                let parsed: UserId = id.parse().ok()?;
                (parsed.to_string() == id).then_some(Subject::Organizer(parsed))?
            }
            _ => {
                let local = local.strip_prefix(COMPETITIONS)?.strip_prefix('/')?;
                let (id, part) = local.split_once('/').unwrap_or((local, ""));
                let parsed: CompetitionId = id.parse().ok()?;
                let subject = match part {
                    "" if id == local => Subject::Competition(parsed),
                    BRACKETS if !api => Subject::Brackets(parsed),
                    part if part == standings(api) => Subject::Standings(parsed),
                    _ => return None,
                };
                // Other spellings of the id are rare, and not worth a second document.
                (parsed.to_string() == id).then_some(subject)?
            }
        };
        let query = uri.query().unwrap_or_default();
        let query = match subject {
            Subject::List => canonical_query(query, api)?,
            Subject::Standings(_) => parameters(query, standings_parameters(api))?,
            Subject::Brackets(_) => parameters(query, BRACKETS_PARAMETERS)?,
            Subject::Competition(_) if !api && brings_code(query) => return None,
            Subject::Landing | Subject::Competition(_) | Subject::Organizer(_) => String::new(),
        };
        Some(Self {
            subject,
            api,
            language: (!api).then_some(language),
            query,
        })
    }

    /// Returns whether it is an address of the API.
    pub(super) fn is_api(&self) -> bool {
        self.api
    }

    /// Returns whether the document tells the server's time, which is written into each response.
    pub(super) fn tells_time(&self) -> bool {
        self.api && matches!(self.subject, Subject::Competition(_))
    }

    /// Returns what the document is made from.
    pub(super) fn scope(&self) -> Scope {
        match self.subject {
            Subject::Competition(id) if self.api => Scope::Competition(id),
            Subject::Standings(id) | Subject::Brackets(id) => Scope::Competition(id),
            Subject::Competition(id) => Scope::CompetitionAmongOthers(id),
            Subject::Landing | Subject::List | Subject::Organizer(_) => Scope::Catalog,
        }
    }

    /// Returns the canonical form of the address.
    pub(super) fn uri(&self) -> Uri {
        let base = if self.api { BASE } else { "" };
        let path = match self.subject {
            Subject::Landing => "/".to_owned(),
            Subject::List => COMPETITIONS.to_owned(),
            Subject::Competition(id) => format!("{COMPETITIONS}/{id}"),
            Subject::Standings(id) => format!("{COMPETITIONS}/{id}/{}", standings(self.api)),
            Subject::Brackets(id) => format!("{COMPETITIONS}/{id}/{BRACKETS}"),
            Subject::Organizer(id) => format!("{ORGANIZERS}/{id}"),
        };
        let mark = if self.query.is_empty() { "" } else { "?" };
        // An address of these parts is always valid; the landing page would be wrong, but harmless.
        Uri::try_from(format!("{base}{path}{mark}{}", self.query)).unwrap_or_default()
    }
}

/// Returns whether a link to a competition brings a code, which the page shows in its form and in its links.
fn brings_code(query: &str) -> bool {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.any(|(name, value)| name == "code" && !value.is_empty())
}

/// Returns the end of the path of the standings of a competition.
const fn standings(api: bool) -> &'static str {
    if api { "standings" } else { "results" }
}

/// What the values of a parameter look like.
#[derive(Debug, Clone, Copy)]
enum ParameterForm {
    Id,
    Number,
    /// The round of a part of a bracket: `WINNERS-2`.
    Round,
}

impl ParameterForm {
    /// Returns a value in its one spelling; `None` if it has another form.
    fn canonical(self, value: &str) -> Option<String> {
        Some(match self {
            Self::Id => value.parse::<uuid::Uuid>().ok()?.to_string(),
            Self::Number => value.parse::<u64>().ok()?.to_string(),
            Self::Round => {
                let (section, round) = value.split_once('-')?;
                let section: MatchSection = section.parse().ok()?;
                format!("{section}-{}", round.parse::<u16>().ok()?)
            }
        })
    }
}

/// Parameters in their order.
type Parameters = &'static [(&'static str, ParameterForm)];

const BRACKETS_PARAMETERS: Parameters = &[
    ("bracket", ParameterForm::Id),
    ("round", ParameterForm::Round),
];

/// Returns the parameters of standings that have an effect.
const fn standings_parameters(api: bool) -> Parameters {
    match api {
        true => &[
            ("stageId", ParameterForm::Id),
            ("divisionId", ParameterForm::Id),
            ("page", ParameterForm::Number),
            ("perPage", ParameterForm::Number),
        ],
        false => &[
            ("stage", ParameterForm::Id),
            ("division", ParameterForm::Id),
            ("page", ParameterForm::Number),
        ],
    }
}

/// Returns these parameters in their order; `None` if one occurs twice or has a value of another form.
fn parameters(query: &str, known: Parameters) -> Option<String> {
    let mut values: Vec<Option<String>> = vec![None; known.len()];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let Some(index) = known.iter().position(|(known, _)| *known == name) else {
            continue;
        };
        let value = known[index].1.canonical(&value)?;
        if values[index].replace(value).is_some() {
            return None;
        }
    }
    let mut canonical = form_urlencoded::Serializer::new(String::new());
    for ((name, _), value) in known.iter().zip(&values) {
        if let Some(value) = value {
            canonical.append_pair(name, value);
        }
    }
    Some(canonical.finish())
}

/// Returns the parameters of a list in the one way in which [`CompetitionFilter::query`] writes them;
/// `None` if a known parameter occurs twice, since readers differ in which one counts, if the API refuses a
/// value, if it asks for a personal list, or if the query is too long.
fn canonical_query(query: &str, api: bool) -> Option<String> {
    let mut values = [const { None }; LIST_PARAMETERS.len()];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name == "mine" {
            return None;
        }
        let Some(index) = LIST_PARAMETERS.iter().position(|known| *known == name) else {
            continue;
        };
        if values[index].replace(value).is_some() {
            return None;
        }
    }
    let value = |name: &str| {
        let index = LIST_PARAMETERS.iter().position(|known| *known == name)?;
        values[index].as_deref().map(str::to_owned)
    };
    let filter = if api {
        let (filter, errors) = CompetitionFilter::read(value);
        errors.is_empty().then_some(filter)?
    } else {
        CompetitionFilter::read_address(value)
    };
    let mut canonical = form_urlencoded::Serializer::new(String::new());
    canonical.extend_pairs(filter.query());
    for name in ["page", "perPage"] {
        match value(name).map(|text| text.parse::<u64>()) {
            Some(Ok(number)) => {
                canonical.append_pair(name, &number.to_string());
            }
            Some(Err(_)) if api => return None,
            _ => {}
        }
    }
    let canonical = canonical.finish();
    (canonical.len() <= MAX_QUERY).then_some(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forms::SEARCH_LENGTH;

    fn address(uri: &str) -> Option<PublicAddress> {
        PublicAddress::of(&uri.parse().unwrap(), Language::English)
    }

    fn canonical(uri: &str) -> Option<String> {
        address(uri).map(|address| address.uri().to_string())
    }

    #[test]
    fn unknown_and_empty_parameters_and_their_order_make_no_other_address() {
        for noise in [
            "/competitions?page=2&search=night+run",
            "/competitions?search=night%20run&page=2",
            "/competitions?utm_source=mail&search=night+run&x=1&x=2&page=2",
            "/competitions?tag=&search=night+run&page=2&sort=",
            "/competitions?search=++night+%00+run&page=02&sort=relevance&open=false&seatsLeft=perhaps",
        ] {
            let expected = "/competitions?search=night+run&page=2";
            assert_eq!(canonical(noise).as_deref(), Some(expected), "{noise}");
        }
        assert_eq!(canonical("/?next=/me").as_deref(), Some("/"));
        let id = CompetitionId::new();
        let page = format!("/competitions/{id}");
        assert_eq!(canonical(&format!("{page}?search=x")), Some(page.clone()));
        let of_api = format!("{BASE}{page}");
        assert_eq!(canonical(&format!("{of_api}?x=1")), Some(of_api));
    }

    #[test]
    fn standings_are_documents_by_their_stage_division_and_page() {
        let id = CompetitionId::new();
        let page = format!("/competitions/{id}/results");
        let stage = uuid::Uuid::nil();
        assert_eq!(
            canonical(&format!("{page}?page=02&x=1&stage={stage}")),
            Some(format!("{page}?stage={stage}&page=2"))
        );
        let of_api = format!("{BASE}/competitions/{id}/standings");
        assert_eq!(canonical(&of_api), Some(of_api.clone()));
        for other in ["?page=x", "?page=1&page=2", "?stageId=1", "/x", "/"] {
            assert_eq!(canonical(&format!("{of_api}{other}")), None, "{other}");
        }
        // The page has rows of one number.
        assert_eq!(canonical(&format!("{page}?perPage=7")), Some(page));
    }

    #[test]
    fn brackets_are_documents_by_their_id_and_round() {
        let page = format!("/competitions/{}/brackets", CompetitionId::new());
        let bracket = uuid::Uuid::nil();
        assert_eq!(
            canonical(&format!("{page}?round=LOSERS-02&x=1&bracket={bracket}")),
            Some(format!("{page}?bracket={bracket}&round=LOSERS-2"))
        );
        for other in ["?round=x", "?round=LOSERS-x", "?bracket=1"] {
            assert_eq!(canonical(&format!("{page}{other}")), None, "{other}");
        }
        assert_eq!(canonical(&format!("{BASE}{page}")), None);
    }

    #[test]
    fn personal_and_ambiguous_requests_are_for_no_public_document() {
        let long = format!("/competitions?search={}", "%E6%9D%B1".repeat(MAX_QUERY));
        for other in [
            "/api/v1/competitions?mine=true",
            "/api/v1/competitions?mine=false",
            "/competitions?page=1&page=2",
            "/competitions/",
            "/competitions/new",
            "/competitions/0192F0C1-7A4B-7C3D-8E5F-0123456789AB",
            "/me/registrations",
            "/login",
            "/api/v1/",
            &long,
        ] {
            assert_eq!(canonical(other), None, "{other}");
        }
    }

    #[test]
    fn a_link_that_brings_a_code_leads_to_no_public_document() {
        let page = format!("/competitions/{}", CompetitionId::new());
        assert_eq!(canonical(&format!("{page}?a=b&code=FRIENDS")), None);
        assert_eq!(canonical(&format!("{page}?code=")), Some(page.clone()));
        let of_api = format!("{BASE}{page}");
        assert_eq!(canonical(&format!("{of_api}?code=FRIENDS")), Some(of_api));
    }

    #[test]
    fn what_is_cut_off_a_search_makes_no_other_address() {
        let address = |length| canonical(&format!("/competitions?search={}", "x".repeat(length)));
        assert!(address(SEARCH_LENGTH).is_some());
        assert_eq!(address(10_000), address(SEARCH_LENGTH));
    }

    #[test]
    fn spellings_of_one_list_have_one_address() {
        for (one, other) in [
            ("/competitions?tag=AI", "/competitions?tag=ai"),
            ("/competitions?status=OPEN", "/competitions?open=true"),
            (
                "/competitions?place=New+York",
                "/competitions?place=new++york",
            ),
            (
                "/competitions?from=2030-01-31",
                "/competitions?from=2030-01-31T01:00:00%2B01:00",
            ),
        ] {
            assert!(canonical(one).is_some(), "{one}");
            assert_eq!(canonical(one), canonical(other));
        }
        // The API answers these with an error.
        let api = |query: &str| canonical(&format!("{BASE}/competitions?{query}"));
        for wrong in ["status=OPEN", "seatsLeft=perhaps", "page=x", "from=today"] {
            assert_eq!(api(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn text_of_any_script_survives() {
        let found = canonical("/competitions?search=%C3%BCber%20%E6%9D%B1%E4%BA%AC%26%3D").unwrap();
        let query = found.split_once('?').unwrap().1;
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        assert_eq!(pairs, [("search".into(), "über 東京&=".into())]);
    }
}
