//! Event streams of a page. A hidden page has none: a browser has few connections to one site, and a
//! server few to spare. A page that is shown again opens them again and gets the present state.

use std::{cell::RefCell, rc::Rc};

use web_sys::{Event, EventSource};

use super::dom;

/// Opens a stream whenever the page becomes visible, and calls `listen` with it.
pub fn open(url: String, listen: impl Fn(&EventSource) + 'static) {
    let Some(document) = dom::document() else {
        return;
    };
    let current: Rc<RefCell<Option<EventSource>>> = Rc::default();
    let page = document.clone();
    let update = move || {
        let mut current = current.borrow_mut();
        match (page.hidden(), current.is_some()) {
            (true, true) => {
                if let Some(source) = current.take() {
                    source.close();
                }
            }
            (false, false) => {
                if let Ok(source) = EventSource::new(&url) {
                    listen(&source);
                    *current = Some(source);
                }
            }
            _ => {}
        }
    };
    update();
    dom::on(&document, "visibilitychange", move |_: Event| update());
}
