//! Why mail failed, by the beginning of its error: what organizers may read of it.
//!
//! The texts of mail servers may name people, so organizers see a reason of a closed list and the status codes alone.

use crate::{external::mailer, model::MailFailureReason};

/// What precedes the status code in the error of a mail that an SMTP server answered.
const BEFORE_STATUS: &str = "error (";
/// The status codes that mean the address of the recipient, if no enhanced status code says otherwise (RFC 5321,
/// section 4.2.3).
const OF_ADDRESS: &[&str] = &["550", "551", "553"];
/// The enhanced status codes that are about the address of the recipient (RFC 3463, section 3.2).
const ENHANCED_OF_ADDRESS: &str = "5.1.";

/// Returns the SQL expression for the beginning of an error, up to its status codes and without the words that follow
/// them: failures with one cause have one beginning, or few. `strpos` is the name of the function that finds a text in
/// another, and `greatest` of the one that returns the larger number.
pub(in crate::domain) fn beginning(column: &str, strpos: &str, greatest: &str) -> String {
    format!(
        "substr({column}, 1, {greatest}({strpos}({column}, '{BEFORE_STATUS}') + 20, {}))",
        mailer::UNAVAILABLE.len()
    )
}

/// Returns the reason of a failure by the beginning of its error, and the status codes of the mail server if it answered.
pub(in crate::domain) fn classify(error: &str) -> (MailFailureReason, Option<String>) {
    let begins = |with: &str| error.starts_with(with);
    let (code, enhanced) = status(error).unzip();
    let enhanced = enhanced.flatten();
    let reason = if begins(mailer::REFUSED) {
        let of_address = match (code, enhanced) {
            (_, Some(enhanced)) => enhanced.starts_with(ENHANCED_OF_ADDRESS),
            (Some(code), None) => OF_ADDRESS.contains(&code),
            (None, None) => false,
        };
        match of_address {
            true => MailFailureReason::AddressRefused,
            false => MailFailureReason::MailRefused,
        }
    } else if begins(mailer::REFUSES_US) {
        MailFailureReason::SenderRefused
    } else if begins(mailer::PUT_OFF) || begins(mailer::TAKES_NO_MORE) {
        MailFailureReason::PutOff
    } else if begins(mailer::UNAVAILABLE) {
        return (MailFailureReason::Unreachable, None);
    } else {
        return (MailFailureReason::Other, None);
    };
    let codes = code.map(|code| match enhanced {
        Some(enhanced) => format!("{code} {enhanced}"),
        None => code.to_owned(),
    });
    (reason, codes)
}

/// Returns the status code in the error of a mail, and its enhanced status code (RFC 3463) if there is one.
fn status(error: &str) -> Option<(&str, Option<&str>)> {
    let (_, rest) = error.split_once(BEFORE_STATUS)?;
    let (code, rest) = rest.split_once(')')?;
    if code.len() != 3 || !is_number(code) {
        return None;
    }
    let first = rest
        .trim_start_matches(':')
        .split_whitespace()
        .next()
        .map(|word| word.trim_end_matches(|c: char| !c.is_ascii_digit()));
    Some((code, first.filter(|word| is_enhanced(word, code))))
}

/// Returns whether a word is an enhanced status code of the class of a status code.
fn is_enhanced(word: &str, code: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    matches!(parts[..], [class, subject, detail]
        if code.starts_with(class) && class.len() == 1 && is_number(subject) && is_number(detail))
}

fn is_number(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_a_reason_and_no_words_of_the_mail_server() {
        use MailFailureReason::{
            AddressRefused, MailRefused, Other, PutOff, SenderRefused, Unreachable,
        };
        let server = |what: &str| format!("the SMTP server {what}");
        for (error, reason, status) in [
            (
                server("refused the mail: permanent error (550): 5.1.1 …@… no"),
                AddressRefused,
                Some("550 5.1.1"),
            ),
            (
                server("refused the mail: permanent error (550): ada unknown"),
                AddressRefused,
                Some("550"),
            ),
            (
                server("refused the mail: permanent error (550): 5.7.509 x"),
                MailRefused,
                Some("550 5.7.509"),
            ),
            (
                server("refused the mail: permanent error (552): 5.2.2: full"),
                MailRefused,
                Some("552 5.2.2"),
            ),
            // No enhanced status code: another class, more than three digits, a version.
            (
                server("refused the mail: permanent error (554): 4.7.1 x"),
                MailRefused,
                Some("554"),
            ),
            (
                server("refused the mail: permanent error (554): 5.1.12345"),
                MailRefused,
                Some("554"),
            ),
            (
                server("does not accept mail from us: permanent error (535): 5.7.8 who"),
                SenderRefused,
                Some("535 5.7.8"),
            ),
            (
                server("cannot accept the mail now: transient error (452): 4.2.2 full"),
                PutOff,
                Some("452 4.2.2"),
            ),
            (
                server("takes no more mail now: transient error (421)"),
                PutOff,
                Some("421"),
            ),
            (server("is unavailable"), Unreachable, None),
            ("took longer than 20 s".to_owned(), Other, None),
            (String::new(), Other, None),
        ] {
            let expected = (reason, status.map(str::to_owned));
            assert_eq!(classify(&error), expected, "{error}");
        }
    }
}
