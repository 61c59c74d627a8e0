//! Finds documentation comments of fewer than four words, which are not sentences.

use super::sources::SourceFile;

/// The smallest number of words that a documentation comment may have.
const FEWEST_WORDS: usize = 4;

/// Returns `path:line: text` for each documentation comment that is too short. Consecutive lines of
/// one kind (`///` or `//!`) are one comment.
pub fn too_short(sources: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let mut lines = source.text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            let Some((kind, first)) = doc_line(line) else {
                continue;
            };
            let mut text = first.to_owned();
            while let Some((_, next)) = lines.peek().copied()
                && let Some((same, more)) = doc_line(next)
                && same == kind
            {
                text.push(' ');
                text.push_str(more);
                lines.next();
            }
            if text.split_whitespace().count() < FEWEST_WORDS {
                found.push(format!("{}:{}: {}", source.path, index + 1, text.trim()));
            }
        }
    }
    found
}

/// Returns the kind and the text of a line that belongs to a documentation comment.
fn doc_line(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (kind, text) = line.split_at_checked(3)?;
    // Four slashes are an ordinary comment.
    let is_doc = kind == "//!" || kind == "///" && !text.starts_with('/');
    is_doc.then_some((kind, text))
}

#[cfg(test)]
mod tests {
    use super::super::sources::SourceFile;
    use super::too_short;

    fn found(text: &str) -> Vec<String> {
        let source = SourceFile {
            path: "a.rs".to_owned(),
            module: Vec::new(),
            text: text.to_owned(),
        };
        too_short(&[source])
    }

    #[test]
    fn the_lines_of_one_comment_are_counted_together() {
        assert!(found("/// Returns the\n/// free seats.\n").is_empty());
        assert_eq!(
            found("fn a();\n/// The seats.\nb: u8,\n"),
            ["a.rs:2: The seats."]
        );
    }

    #[test]
    fn a_module_comment_and_the_comment_of_its_first_item_are_two() {
        assert_eq!(found("//! One two\n/// three four\n").len(), 2);
    }

    #[test]
    fn ordinary_comments_may_be_short() {
        assert!(found("// Why.\n//// No.\n").is_empty());
    }
}
