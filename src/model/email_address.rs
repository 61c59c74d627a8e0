//! What can be an e-mail address.

use super::text_rules;

/// Returns whether a text in lower case can be an e-mail address: one `@`, something on both sides, a dot in the domain,
/// and no character that lists of addresses give a meaning. Only a mail can show whether the address exists.
#[must_use]
pub fn is_plausible(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local.len() <= 64
            && !domain.contains('@')
            && domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            })
    }) && !text
        .chars()
        .any(|c| !text_rules::is_visible(c) || "<>(),;:\\\"[]".contains(c))
}
