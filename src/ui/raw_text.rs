//! The two places where Leptos writes a text into the document as it is: `<title>` and
//! `<textarea>`. Browsers read both as text with character references, so a `</title>` in somebody's
//! title would end the element, and what follows it would be markup.

/// The text, so that nothing in it can end the element it stands in.
#[must_use]
pub fn raw_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_end_the_element() {
        assert_eq!(
            raw_text("</title><script>1 && 2</script>"),
            "&lt;/title>&lt;script>1 &amp;&amp; 2&lt;/script>"
        );
    }
}
