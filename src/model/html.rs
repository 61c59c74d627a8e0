//! Text as part of an HTML document: the one place where it is escaped.

/// Returns `text` so that it stands for itself in an element's content or in a quoted attribute:
/// `&`, `<`, `>` and both quotation marks become character references (HTML, section 13.1.4).
///
/// ```
/// use mini_compete::model::html::escape;
///
/// assert_eq!(escape("<b title='&'>"), "&lt;b title=&#39;&amp;&#39;&gt;");
/// ```
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Returns `text` for an element whose content is text with character references, `<title>` or
/// `<textarea>` (HTML, section 13.1.2.2): nothing in it can end the element.
#[must_use]
pub fn escape_raw_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_can_open_no_tag_and_end_no_attribute() {
        assert_eq!(
            escape("Räder & <b title=\"x\" id='y'>"),
            "Räder &amp; &lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;"
        );
    }

    #[test]
    fn nothing_can_end_the_element() {
        assert_eq!(
            escape_raw_text("</title><script>1 && 2</script>"),
            "&lt;/title>&lt;script>1 &amp;&amp; 2&lt;/script>"
        );
    }
}
