//! Markdown as plain text, for programs that show no markup.

use std::fmt::Write as _;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// Returns a Markdown text without its marks. Paragraphs and items stay lines of their own, and the address of a
/// link follows its words.
#[must_use]
pub(super) fn plain_text(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    // The address of each open link and picture, and where its words begin.
    let mut links: Vec<(String, usize)> = Vec::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::Item) => {
                break_line(&mut text, 1);
                text.push_str("- ");
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                links.push((dest_url.into_string(), text.len()));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if let Some((address, from)) = links.pop()
                    && text.get(from..) != Some(&address)
                {
                    // Writing to a String can't fail.
                    let _infallible = write!(text, " ({address})");
                }
            }
            Event::End(TagEnd::Item) | Event::HardBreak => break_line(&mut text, 1),
            Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::List(_),
            ) => break_line(&mut text, 2),
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::SoftBreak => text.push(' '),
            _ => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Ends the text with this number of line breaks, unless it is empty.
fn break_line(text: &mut String, breaks: usize) {
    let end = text.trim_end_matches('\n').len();
    let present = text.len() - end;
    if end > 0 {
        text.extend(std::iter::repeat_n('\n', breaks.saturating_sub(present)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_disappear_and_lines_and_addresses_stay() {
        for (markdown, text) in [
            ("", ""),
            ("# Hi\n\nOne **two**\nthree", "Hi\n\nOne two three"),
            ("- a\n- b\n\nc", "- a\n- b\n\nc"),
            (
                "[the rules](https://e.example/r)",
                "the rules (https://e.example/r)",
            ),
            ("<https://e.example>", "https://e.example"),
            ("![a track](p.png) `x_y`", "a track (p.png) x_y"),
        ] {
            assert_eq!(plain_text(markdown), text, "{markdown}");
        }
    }
}
