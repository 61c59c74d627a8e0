//! The link with which participants reach an organizer.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::{model::Contact, ui::text::text};

/// Shows how participants reach an organizer. Search engines do not follow the link, and the other site does not
/// learn which page led to it.
#[component]
pub fn ContactLink(contact: Contact) -> impl IntoView {
    let glyph = if contact.is_mail() {
        Glyph::Mail
    } else {
        Glyph::Info
    };
    view! {
        <a class="contact-link" href=contact.href() rel="nofollow ugc noopener noreferrer">
            <Icon glyph=glyph/>
            <span class="sr-only">{text().organizer.contact}": "</span>
            <bdi>{contact.label().to_owned()}</bdi>
        </a>
    }
    .into_any()
}
