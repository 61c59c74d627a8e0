//! The ticket in a mail: its link and its number in the text and, in the HTML, a card with the QR code.
//!
//! The QR code is a part of the mail, so that nothing is loaded when the mail is opened, and dark on white in every
//! colour scheme.

use std::fmt::Write as _;

use crate::{
    external::mailer::{InlinePicture, OutgoingMail},
    model::{Language, html::escape},
    text::catalogue,
};

/// The width of the QR code in the card, in pixels.
const WIDTH: u32 = 220;

/// A ticket that is put into a mail.
#[derive(Debug, Clone)]
pub(super) struct MailedTicket {
    /// The address of the page with the ticket.
    pub link: String,
    /// The number of the ticket.
    pub number: String,
    /// The QR code as PNG.
    pub qr_code: Vec<u8>,
}

impl MailedTicket {
    /// Puts the ticket at the end of a mail.
    pub(super) fn put_into(self, mut mail: OutgoingMail, language: Language) -> OutgoingMail {
        let t = &catalogue(language).ticket;
        let Self {
            link,
            number,
            qr_code,
        } = self;
        let id = format!("ticket.{}", mail.message_id.trim_matches(['<', '>']));
        // Writing to a String can't fail.
        let _infallible = write!(mail.text, "\n{} {number}: {link}\n", t.number);
        let (link, alt) = (escape(&link), escape(t.qr_title));
        let card = format!(
            "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>\
             <td align=\"center\" bgcolor=\"#ffffff\" style=\"background:#ffffff;color:#1a1b20;border:1px solid #b9b6ae;border-radius:16px;padding:20px 24px\">\n\
             <p style=\"margin:0;font-size:14px\">{}</p>\n\
             <p dir=\"ltr\" style=\"margin:0 0 8px;font-size:28px;font-weight:bold\">{number}</p>\n\
             <img src=\"cid:{}\" alt=\"{alt}\" width=\"{WIDTH}\" height=\"{WIDTH}\" style=\"display:block;margin:0 auto;background:#ffffff\">\n\
             <p style=\"margin:8px 0 0;font-size:14px\">{}</p>\n\
             <p style=\"margin:12px 0 0\"><a href=\"{link}\" style=\"color:#3538cd;font-weight:bold\">{}</a></p>\n\
             </td></tr></table>\n",
            escape(t.number),
            escape(&id),
            escape(t.show_code),
            escape(catalogue(language).panel.view_ticket),
        );
        mail.html = match mail.html.rsplit_once("</body>") {
            Some((before, after)) => format!("{before}{card}</body>{after}"),
            None => mail.html + &card,
        };
        mail.picture = Some(InlinePicture { id, png: qr_code });
        mail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mailbox::compose_mail::mail_of_text;

    #[test]
    fn a_ticket_is_in_the_text_and_in_the_html_and_loads_nothing() {
        let mail = mail_of_text(
            Language::English,
            ("Ada", "ada@example.test"),
            "You’re in",
            "Hello.\n".to_owned(),
            "2030-01-01T00:00:00Z".parse().unwrap(),
        );
        let mail = OutgoingMail {
            message_id: "<abc@c.example>".to_owned(),
            ..mail
        };
        let ticket = MailedTicket {
            link: "https://c.example/me/registrations/1?a=\"><script>".to_owned(),
            number: "4D2P-F2DB".to_owned(),
            qr_code: vec![1, 2, 3],
        };
        let mail = ticket.put_into(mail, Language::English);
        assert!(
            mail.text
                .starts_with("Hello.\n\nTicket 4D2P-F2DB: https://c.example/me/")
        );
        let end = mail.html.find("</body>").unwrap();
        let card = mail.html.find("<table role=\"presentation\"").unwrap();
        assert!(card < end, "{}", mail.html);
        assert!(mail.html.contains("src=\"cid:ticket.abc@c.example\""));
        assert!(mail.html.contains("alt=\"QR code for check-in\""));
        assert!(!mail.html.contains("<script>") && !mail.html.contains("src=\"http"));
        let picture = mail.picture.unwrap();
        assert_eq!(
            (&*picture.id, picture.png.len()),
            ("ticket.abc@c.example", 3)
        );
    }
}
