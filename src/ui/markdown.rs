//! An organizer's Markdown as HTML that is safe to show.

use std::{collections::HashSet, sync::LazyLock};

use ammonia::Builder;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::text::text;

/// What may stay: text, lists, tables, links. No pictures, since they would tell other hosts who
/// looks, and our content security policy keeps them out anyway.
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
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("nofollow noopener noreferrer"));
    cleaner
});

/// Safe HTML. Headings start at the third level: the page has its own first and second. What may be
/// wider than the page scrolls in a box of its own, which the keyboard reaches.
#[must_use]
pub fn to_html(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = Parser::new_ext(markdown, options).map(|event| match event {
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
    });
    let mut unsafe_html = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut unsafe_html, events);
    scrolling(&CLEANER.clean(&unsafe_html).to_string())
}

/// Puts tables into a box that scrolls, and makes code one. What comes from the cleaner has text
/// escaped and tags closed, so that these strings are tags.
fn scrolling(clean: &str) -> String {
    let t = &text().competition;
    let focusable = |label| format!("role=\"group\" aria-label=\"{label}\" tabindex=\"0\"");
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

/// The first words without markup, for search engines and shared links.
#[must_use]
pub fn summary(markdown: &str, max: usize) -> String {
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
    use super::*;

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
    fn what_may_be_too_wide_scrolls_and_can_be_reached_by_keyboard() {
        let html = to_html("| a | b |\n|---|---|\n| 1 | 2 |\n\n    code\n\n`<table>` <table>x");
        for part in [
            "<div class=\"scroll\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table>",
            "</table></div>",
            "<pre role=\"group\" aria-label=\"Code\" tabindex=\"0\"><code>code",
            "<code>&lt;table&gt;</code>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
    }

    #[test]
    fn a_summary_ends_at_a_word() {
        assert_eq!(summary("**Run** with [us](x) today", 12), "Run with us…");
        assert_eq!(summary("Short.", 50), "Short.");
    }
}
