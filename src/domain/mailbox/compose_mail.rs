//! Composes the mail for a message: the same text, as plain text and as HTML.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    external::mailer::{AttachedCalendar, OutgoingMail},
    model::{Language, MessageKind, html::escape},
    store::entity::{message, user},
    text::catalogue,
};

/// Composes a mail. `unsubscribe` is the link that turns mail of this kind off, `calendar` the entry that is
/// attached.
pub(super) fn compose(
    message: &message::Model,
    user: &user::Model,
    host: &str,
    unsubscribe: Option<Url>,
    calendar: Option<AttachedCalendar>,
) -> OutgoingMail {
    let mut text = message.body.clone();
    if let Some(link) = &unsubscribe {
        // Writing to a String can't fail.
        let t = &catalogue(user.reads()).letters;
        let link = link.as_str();
        let words = match message.kind {
            MessageKind::Announcement => t.unsubscribe_announcements(link),
            _ if message.registration_id.is_none() => t.unsubscribe_opening_reminders(link),
            _ => t.unsubscribe_reminders(link),
        };
        let _infallible = write!(text, "\n-- \n{words}\n");
    }
    OutgoingMail {
        name: user.name.clone(),
        address: user.email.clone(),
        subject: message.subject.clone(),
        reply_to: None,
        html: html(user.reads(), &message.subject, &text),
        text,
        // The same for the same message, however often it is sent: a recipient who gets it twice can
        // recognise the repeat.
        message_id: format!(
            "<{}@{host}>",
            hex::encode(&Sha256::digest(&message.dedupe_key)[..16])
        ),
        date: message.created_at,
        unsubscribe,
        calendar,
        picture: None,
    }
}

/// Composes a mail with a text that is in no mailbox. The caller sets its `Message-ID`.
pub(in crate::domain) fn mail_of_text(
    language: Language,
    (name, address): (&str, &str),
    subject: &str,
    text: String,
    date: DateTime<Utc>,
) -> OutgoingMail {
    OutgoingMail {
        name: name.to_owned(),
        address: address.to_owned(),
        subject: subject.to_owned(),
        reply_to: None,
        html: html(language, subject, &text),
        text,
        message_id: String::new(),
        date,
        unsubscribe: None,
        calendar: None,
        picture: None,
    }
}

/// Returns the text as HTML with paragraphs, line breaks and links; all user input is escaped.
fn html(language: Language, title: &str, text: &str) -> String {
    let mut body = String::new();
    for paragraph in text.split("\n\n").filter(|p| !p.trim().is_empty()) {
        let lines: Vec<_> = paragraph.trim().lines().map(line).collect();
        let _infallible = writeln!(body, "<p dir=\"auto\">{}</p>", lines.join("<br>\n"));
    }
    format!(
        "<!doctype html>\n<html lang=\"{language}\" dir=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n<body style=\"font-family:sans-serif;line-height:1.5;max-width:36em\">\n{body}</body>\n</html>\n",
        language.direction(),
        escape(title)
    )
}

fn line(line: &str) -> String {
    let words: Vec<_> = line
        .split(' ')
        .map(|word| {
            let escaped = escape(word);
            if word.starts_with("https://") || word.starts_with("http://") {
                format!("<a href=\"{escaped}\">{escaped}</a>")
            } else {
                escaped
            }
        })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_cannot_become_markup() {
        let page = html(
            Language::English,
            "<b>",
            "Hello <script>,\n\nhttps://x.test/?a=\"><img>&b see\nline",
        );
        assert!(
            !page.contains("<script>") && !page.contains("<img>"),
            "{page}"
        );
        assert!(page.contains("<title>&lt;b&gt;</title>"));
        let link = "<a href=\"https://x.test/?a=&quot;&gt;&lt;img&gt;&amp;b\">";
        assert!(page.contains(link), "{page}");
        assert!(page.contains(" see<br>\nline</p>"), "{page}");
    }
}
