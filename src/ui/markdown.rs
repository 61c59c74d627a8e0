//! An organizer's Markdown as HTML that is safe and cheap to show.
//!
//! The organizer's text decides how much work a page is, so three rules bound it: elements nest
//! only to a certain depth (nested lists cost an HTML parser the square of their depth), their
//! number is limited (a table of a thousand columns fills up its short rows), and HTML inside the
//! Markdown, which could do both, is dropped. Beyond the bounds the text stays, without its markup.
//! A text is rendered once, however many people look at it.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

use ammonia::Builder;
use moka::future::Cache;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream, html};
use sha2::{Digest, Sha256};

mod bounded_events;

use self::bounded_events::{BoundedEvents, SCHEMES};
use super::text::{language, text};
use crate::model::{Language, html::escape};

/// The length of the longest summary, in characters.
const SUMMARY_MAX: usize = 160;
/// The most bytes of rendered texts that are kept.
const KEPT: u64 = 8 * 1024 * 1024;

/// Keeps text, lists, tables and links. It removes pictures, which were made links before: they would tell other
/// hosts who looks at the page, and the content security policy blocks them anyway.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags = HashSet::from([
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]);
    let mut cleaner = Builder::default();
    cleaner
        .tags(tags)
        .url_schemes(HashSet::from(SCHEMES))
        .link_rel(Some("nofollow noopener noreferrer"));
    cleaner
});

/// The hash of a text, and the language of the page.
type RenderedKey = ([u8; 32], Language);

/// Rendered texts that were shown recently.
static RENDERED: LazyLock<Cache<RenderedKey, Arc<Rendered>>> = LazyLock::new(|| {
    Cache::builder()
        .max_capacity(KEPT)
        .weigher(|_, rendered: &Arc<Rendered>| {
            u32::try_from(rendered.html.len() + rendered.summary.len()).unwrap_or(u32::MAX)
        })
        .build()
});

/// A Markdown text as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The text as safe HTML.
    pub html: String,
    /// The first words without markup, for search results and shared links.
    pub summary: String,
}

/// Returns the text as a page shows it, from the cache if it was rendered recently.
pub async fn rendered(markdown: &str) -> Arc<Rendered> {
    let render = async {
        Arc::new(Rendered {
            html: to_html(markdown),
            summary: summary(markdown, SUMMARY_MAX),
        })
    };
    RENDERED
        .get_with((Sha256::digest(markdown).into(), language()), render)
        .await
}

/// Renders Markdown as safe HTML. Headings start at the third level, since the page has its own
/// first and second. Tables and code, which may be wider than the page, scroll in a box that the
/// keyboard can reach.
fn to_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events =
        BoundedEvents::new(TextMergeStream::new(Parser::new_ext(markdown, options))).map(|event| {
            match event {
                Event::Start(Tag::Heading {
                    level,
                    id,
                    classes,
                    attrs,
                }) => Event::Start(Tag::Heading {
                    level: deeper(level),
                    id,
                    classes,
                    attrs,
                }),
                Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(deeper(level))),
                other => other,
            }
        });
    let mut unsafe_html = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut unsafe_html, events);
    scrolling(&CLEANER.clean(&unsafe_html).to_string())
}

/// Puts tables into a box that scrolls, and makes code blocks scroll. The cleaner has escaped all
/// text and closed all tags, so the strings that are replaced can only be tags.
fn scrolling(clean: &str) -> String {
    let t = &text().competition;
    let focusable = |label| {
        format!(
            "role=\"group\" aria-label=\"{}\" tabindex=\"0\"",
            escape(label)
        )
    };
    let (table, code) = (focusable(t.table_label), focusable(t.code_label));
    clean
        .replace("<table", &format!("<div class=\"scroll\" {table}><table"))
        .replace("</table>", "</table></div>")
        .replace("<pre>", &format!("<pre {code}>"))
}

fn deeper(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

/// Returns the first words of a text without markup, cut at the end of a word.
fn summary(markdown: &str, max: usize) -> String {
    let mut words = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) => words.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(_) => words.push(' '),
            _ => {}
        }
        if words.len() > max * 4 {
            break;
        }
    }
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    let mut short: String = line.chars().take(max).collect();
    if let Some(end) = short.rfind(' ') {
        short.truncate(end);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::{
        bounded_events::{DEPTH_MAX, ELEMENTS_MAX},
        *,
    };

    #[test]
    fn scripts_handlers_pictures_and_odd_links_do_not_survive() {
        let html = to_html(
            "# Hi\n<script>alert(1)</script><b onclick=x>b</b>\n\n[x](javascript:alert(1)) ![p](https://e.example/p.png) <iframe src=x></iframe>",
        );
        for bad in ["script", "onclick", "javascript", "img", "iframe"] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
        assert!(html.contains("<h3>Hi</h3>"));
    }

    #[test]
    fn what_can_not_be_shown_leaves_something_that_can() {
        let link = |href: &str, words: &str| {
            format!("<a href=\"{href}\" rel=\"nofollow noopener noreferrer\">{words}</a>")
        };
        let rules = link(
            "https://e.example/rules_1.pdf",
            "https://e.example/rules_1.pdf",
        );
        let picture = link("https://e.example/p.png", "The track");
        for (markdown, html) in [
            (
                "Go [here](javascript:alert(1)) now",
                "Go here now".to_owned(),
            ),
            ("![The track](https://e.example/p.png)", picture.clone()),
            (
                "[![The track](https://e.example/p.png)](/competitions)",
                link("/competitions", "The track"),
            ),
            (
                "See https://e.example/rules_1.pdf, please.",
                format!("See {rules}, please."),
            ),
            ("(https://e.example/rules_1.pdf)", format!("({rules})")),
            (
                "[rules](https://e.example/rules_1.pdf)",
                link("https://e.example/rules_1.pdf", "rules"),
            ),
            (
                "`https://e.example`",
                "<code>https://e.example</code>".to_owned(),
            ),
            ("http:// alone", "http:// alone".to_owned()),
        ] {
            assert_eq!(to_html(markdown), format!("<p>{html}</p>\n"), "{markdown}");
        }
    }

    #[test]
    fn html_is_dropped_and_its_text_and_line_breaks_stay() {
        let html = to_html("one<br>two <strong>three</strong>\n\n<div>\nfour\n</div>");
        assert_eq!(html, "<p>one<br>\ntwo three</p>\n");
    }

    /// Returns the depth of the deepest nesting and the number of elements.
    fn shape(html: &str) -> (usize, usize) {
        let page = scraper::Html::parse_fragment(html);
        let elements = || page.root_element().descendent_elements();
        let depth = elements().map(|e| e.ancestors().count()).max();
        (depth.unwrap_or(0), elements().count())
    }

    #[test]
    fn no_text_nests_deep_or_grows_into_a_large_page() {
        let table = format!("{}|\n{}|\n", "|a".repeat(2_000), "|-".repeat(2_000));
        let texts = [
            "> ".repeat(9_000) + "end",
            "- ".repeat(9_000) + "end",
            "*a _b ".repeat(3_000) + "end",
            "[".repeat(18_000) + "end",
            "<em><strong>".repeat(1_500) + "end",
            "http://a ".repeat(9_000) + "end",
            "![a](b) ".repeat(9_000) + "end",
            format!("{table}{}end", "|x|\n".repeat(3_000)),
        ];
        for text in &texts {
            let html = to_html(text);
            let (depth, elements) = shape(&html);
            let begin: String = text.chars().take(12).collect();
            assert!(depth <= DEPTH_MAX + 4, "{begin}: {depth} deep");
            assert!(
                elements <= ELEMENTS_MAX + 20,
                "{begin}: {elements} elements"
            );
            assert!(html.contains("end"), "{begin}: the text is lost");
        }
    }

    #[test]
    fn a_list_in_a_list_in_a_list_stays_one() {
        let html = to_html("- a\n  - b\n    - c\n      - d");
        assert_eq!(html.matches("<ul>").count(), 4);
    }

    #[tokio::test]
    async fn one_text_is_rendered_once() {
        let first = rendered("Once, **and** only once").await;
        let again = rendered("Once, **and** only once").await;
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(first.summary, "Once, and only once");
    }

    #[test]
    fn a_summary_ends_at_a_word() {
        assert_eq!(summary("**Run** with [us](x) today", 12), "Run with us…");
        assert_eq!(summary("Short.", 50), "Short.");
    }
}
