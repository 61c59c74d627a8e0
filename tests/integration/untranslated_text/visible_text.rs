//! What people see of a page or a letter, without the parts that have the marks of the pseudo-language.

use scraper::{ElementRef, Html, Node};

/// The words of dates and time zones, which the library for languages writes.
const OF_DATES: &str = "Mon Tue Wed Thu Fri Sat Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday \
    Jan Feb Mar January February March at UTC CET";

/// What the people of the test have written.
const OF_PEOPLE: &str = "Harbour Sprint Relay Chess Quiz Dive Rowing Plan Storm Late Now Past Swim Town hall running \
    short race Two days Bring laptop Boats Olga Organizer Paula Sam Nora Root Person Parking Use gate for forty people \
    in March Anna Stan Comes late Short course";

/// What has the same name in every language: the application, languages, formats and services.
const NAMES: &str =
    "Mini Compete English API CSV Google Outlook QR PNG SQLite PostgreSQL Debian Redis";

/// The elements that continue the line in which they stand.
const INLINE: [&str; 11] = [
    "a", "b", "bdi", "br", "em", "i", "small", "span", "strong", "tspan", "wbr",
];

/// Returns whether people read or hear an attribute, or get it from a script.
fn is_read(name: &str, value: &str) -> bool {
    match name {
        "aria-label" | "aria-description" | "alt" | "title" | "placeholder" | "label" => true,
        // The ids of what a script replaces.
        "data-live" => false,
        // Scripts show some of these. One word is a code, and so are JSON and HTML.
        _ => {
            name.starts_with("data-") && value.contains(' ') && !value.starts_with(['{', '[', '<'])
        }
    }
}

/// Returns the texts of a page without marks.
pub fn unmarked_in_page(html: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    let mut lines = Lines::default();
    lines.collect(page.root_element());
    lines.end_line();
    let texts = lines.texts.iter();
    texts.flat_map(|text| unmarked_in_text(text)).collect()
}

/// The texts of a page, each as long as a paragraph or an attribute.
#[derive(Default)]
struct Lines {
    texts: Vec<String>,
    /// The paragraph that is being read.
    line: String,
}

impl Lines {
    fn end_line(&mut self) {
        self.texts.push(std::mem::take(&mut self.line));
    }

    fn collect(&mut self, element: ElementRef<'_>) {
        let value = element.value();
        let in_another_language = element.attr("lang").is_some_and(|lang| lang != "en");
        let is_code = matches!(value.name(), "script" | "style" | "code" | "time");
        if in_another_language || is_code {
            return;
        }
        let is_inline = INLINE.contains(&value.name());
        if is_inline {
            self.line.push(' ');
        } else {
            self.end_line();
        }
        self.texts.extend(attributes(element));
        if !is_typed(element) {
            for child in element.children() {
                match (child.value(), ElementRef::wrap(child)) {
                    (Node::Text(text), _) => self.line.push_str(text),
                    (_, Some(child)) => self.collect(child),
                    _ => {}
                }
            }
        }
        if is_inline {
            self.line.push(' ');
        } else {
            self.end_line();
        }
    }
}

/// Returns the attributes of an element that people read.
fn attributes(element: ElementRef<'_>) -> Vec<String> {
    let value = element.value();
    if value.name() == "meta" {
        let name = element.attr("name").or(element.attr("property"));
        let is_text = matches!(
            name,
            Some("description" | "og:title" | "og:description" | "og:site_name")
        );
        let content = element.attr("content").filter(|_| is_text);
        return content.map(str::to_owned).into_iter().collect();
    }
    let is_button = value.name() == "input" && element.attr("type") == Some("submit");
    value
        .attrs()
        .filter(|(name, text)| is_read(name, text) || (is_button && *name == "value"))
        .map(|(_, text)| text.to_owned())
        .collect()
}

/// Returns whether a text is what somebody typed, or the value itself, such as the name of a time zone.
fn is_typed(element: ElementRef<'_>) -> bool {
    let text: String = element.text().collect();
    match element.value().name() {
        "textarea" => true,
        "option" => element.attr("value") == Some(text.trim()),
        _ => false,
    }
}

/// Returns the words of a text that have no marks around them and are nothing that people have written: together, if
/// there are some.
pub fn unmarked_in_text(text: &str) -> Vec<String> {
    let (mut depth, mut outside) = (0_usize, String::new());
    for character in text.chars() {
        match character {
            '⟦' => {
                depth += 1;
                outside.push(' ');
            }
            '⟧' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(character),
            _ => {}
        }
    }
    let words = outside.split_whitespace().filter(|word| is_foreign(word));
    let words: Vec<_> = words.collect();
    match words.is_empty() {
        true => Vec::new(),
        false => vec![words.join(" ")],
    }
}

/// Returns whether a word is a part of a sentence that is not in the catalogue.
fn is_foreign(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_number_or_id = bare.chars().any(|c| c.is_ascii_digit()) || is_ticket_code(bare);
    let is_address = ["@", "://"].iter().any(|part| word.contains(part));
    let is_initial = bare.chars().count() < 2;
    let known = |part: &str| {
        [OF_DATES, OF_PEOPLE, NAMES]
            .iter()
            .any(|words| words.split(' ').any(|word| word == part))
    };
    let mut parts = bare.split(|c: char| !c.is_alphanumeric());
    !is_number_or_id && !is_address && !is_initial && !parts.all(known)
}

/// Returns whether a word is the code of a registration, such as `YMDG-YRTV`.
fn is_ticket_code(word: &str) -> bool {
    let is_half = |half: &str| half.len() == 4 && half.bytes().all(|b| b.is_ascii_uppercase());
    word.split_once('-')
        .is_some_and(|(first, second)| is_half(first) && is_half(second))
}
