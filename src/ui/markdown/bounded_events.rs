//! The events of a Markdown text that a page may show.

use std::{collections::VecDeque, ops::Range};

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};
use url::Url;

/// The depth to which elements nest: a dozen nested lists.
pub(super) const DEPTH_MAX: usize = 24;
/// The most elements that a text may have.
pub(super) const ELEMENTS_MAX: usize = 5_000;
/// The schemes of the addresses that a text may link to.
pub(super) const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Markdown events without the markup that is beyond the bounds, and without HTML other than line
/// breaks. What can't be shown leaves something that can: of a link to a script stays the text, a picture becomes
/// a link, and an address in a text becomes one.
pub(super) struct BoundedEvents<'a, I> {
    events: I,
    /// Events to return before the next one of the text.
    ready: VecDeque<Event<'a>>,
    /// How each open element is shown, from the outermost to the innermost.
    open: Vec<Shown>,
    /// The number of open elements in which no link may begin.
    without_links: usize,
    elements: usize,
}

/// How an open element is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The element as it is.
    Yes,
    /// As it is: a link, or code, in which addresses are no links.
    Verbatim,
    /// A picture, as a link.
    AsLink,
    /// Only what is in it.
    No,
}

impl Shown {
    /// Returns whether no link may begin in the element.
    const fn forbids_links(self) -> bool {
        matches!(self, Self::Verbatim | Self::AsLink)
    }
}

impl<I> BoundedEvents<'_, I> {
    pub(super) fn new(events: I) -> Self {
        Self {
            events,
            ready: VecDeque::new(),
            open: Vec::new(),
            without_links: 0,
            elements: 0,
        }
    }
}

impl<'a, I: Iterator<Item = Event<'a>>> BoundedEvents<'a, I> {
    /// Returns whether a link may begin here: links do not contain links.
    fn may_link(&self) -> bool {
        self.without_links == 0
    }

    /// Begins an element, and returns its first event if it is shown.
    fn start(&mut self, tag: Tag<'a>) -> Option<Event<'a>> {
        let fits = self.open.len() < DEPTH_MAX && self.elements < ELEMENTS_MAX;
        self.elements += 1;
        let (shown, tag) = match tag {
            _ if !fits => (Shown::No, None),
            Tag::Link { ref dest_url, .. } if !self.may_link() || !is_followed(dest_url) => {
                (Shown::No, None)
            }
            Tag::Link { .. } | Tag::CodeBlock(_) => (Shown::Verbatim, Some(tag)),
            Tag::Image { dest_url, .. } if self.may_link() && is_followed(&dest_url) => {
                (Shown::AsLink, Some(link_to(dest_url)))
            }
            Tag::Image { .. } => (Shown::No, None),
            tag => (Shown::Yes, Some(tag)),
        };
        self.open.push(shown);
        self.without_links += usize::from(shown.forbids_links());
        tag.map(Event::Start)
    }

    /// Splits a text at the addresses in it, and makes links of them.
    fn push_text(&mut self, text: CowStr<'a>) {
        let addresses = addresses_in(&text);
        let most = ELEMENTS_MAX.saturating_sub(self.elements);
        if addresses.is_empty() || !self.may_link() || most == 0 {
            return self.ready.push_back(Event::Text(text));
        }
        let mut end = 0;
        for address in addresses.into_iter().take(most) {
            let before = &text[end..address.start];
            end = address.end;
            self.elements += 1;
            let address = CowStr::from(text[address].to_owned());
            self.ready.extend([
                Event::Text(before.to_owned().into()),
                Event::Start(link_to(address.clone())),
                Event::Text(address),
                Event::End(TagEnd::Link),
            ]);
        }
        self.ready
            .push_back(Event::Text(text[end..].to_owned().into()));
    }
}

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for BoundedEvents<'a, I> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            match self.events.next()? {
                Event::Start(tag) => {
                    let begun = self.start(tag);
                    if begun.is_some() {
                        return begun;
                    }
                }
                Event::End(tag) => {
                    let shown = self.open.pop().unwrap_or(Shown::No);
                    self.without_links -= usize::from(shown.forbids_links());
                    match shown {
                        Shown::Yes | Shown::Verbatim => return Some(Event::End(tag)),
                        Shown::AsLink => return Some(Event::End(TagEnd::Link)),
                        Shown::No => {}
                    }
                }
                // The only way to break a line in a cell of a table.
                Event::InlineHtml(html) if html.starts_with("<br") => {
                    return Some(Event::HardBreak);
                }
                Event::Html(_) | Event::InlineHtml(_) => {}
                Event::Text(text) => self.push_text(text),
                other => return Some(other),
            }
        }
    }
}

/// Returns the beginning of a link to an address.
fn link_to(address: CowStr<'_>) -> Tag<'_> {
    Tag::Link {
        link_type: LinkType::Inline,
        dest_url: address,
        title: CowStr::Borrowed(""),
        id: CowStr::Borrowed(""),
    }
}

/// Returns whether a page links to an address: to another page, by mail, or to a path of this site.
fn is_followed(address: &str) -> bool {
    match Url::parse(address) {
        Ok(address) => SCHEMES.contains(&address.scheme()),
        Err(url::ParseError::RelativeUrlWithoutBase) => true,
        Err(_) => false,
    }
}

/// Returns where the web addresses in a text are. Punctuation at the end of an address belongs to the sentence.
fn addresses_in(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive([' ', '\n', '\t', '<', '"', '(']) {
        let start = at;
        at += word.len();
        let word = word.trim_end_matches([' ', '\n', '\t', '<', '"', '(', ')']);
        let address = word.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', ')', ']']);
        let is_address = ["https://", "http://"].iter().any(|scheme| {
            address
                .strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty())
        });
        if is_address {
            found.push(start..start + address.len());
        }
    }
    found
}
