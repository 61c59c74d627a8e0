//! Event streams of a page. A hidden page has none: a browser has few connections to one site, and a
//! server few to spare. A page that is shown again opens them again and gets the present state.

use std::{cell::RefCell, rc::Rc};

use web_sys::{Document, Event, EventSource};

use super::dom;

/// The waits before a stream is opened again that the server has refused, in seconds; the last one repeats.
/// Browsers do it by themselves only after a broken connection.
const REFUSED_WAITS: [f64; 4] = [5.0, 15.0, 60.0, 300.0];

/// A stream that is open while the page is visible.
struct Stream {
    page: Document,
    url: String,
    listen: Box<dyn Fn(&EventSource)>,
    current: RefCell<Current>,
}

#[derive(Default)]
struct Current {
    source: Option<EventSource>,
    /// How often the server has refused the stream in a row.
    refusals: usize,
}

/// Opens a stream whenever the page becomes visible, and calls `listen` with it.
pub fn open(url: String, listen: impl Fn(&EventSource) + 'static) {
    let Some(page) = dom::document() else {
        return;
    };
    let stream = Rc::new(Stream {
        page: page.clone(),
        url,
        listen: Box::new(listen),
        current: RefCell::default(),
    });
    stream.update();
    dom::on(&page, "visibilitychange", move |_: Event| stream.update());
}

impl Stream {
    /// Opens or closes the stream, as the page is visible or not.
    fn update(self: &Rc<Self>) {
        let mut current = self.current.borrow_mut();
        if self.page.hidden() {
            if let Some(source) = current.source.take() {
                source.close();
            }
            return;
        }
        if current.source.is_some() {
            return;
        }
        let Ok(source) = EventSource::new(&self.url) else {
            return;
        };
        (self.listen)(&source);
        let stream = Rc::clone(self);
        dom::on(&source, "open", move |_: Event| {
            stream.current.borrow_mut().refusals = 0;
        });
        let (stream, failed) = (Rc::clone(self), source.clone());
        dom::on(&source, "error", move |_: Event| {
            if failed.ready_state() == EventSource::CLOSED {
                stream.retry(&failed);
            }
        });
        current.source = Some(source);
    }

    /// Opens a refused stream again after a while.
    fn retry(self: &Rc<Self>, refused: &EventSource) {
        let mut current = self.current.borrow_mut();
        if current.source.as_ref() != Some(refused) {
            return;
        }
        current.source = None;
        let last = REFUSED_WAITS.len() - 1;
        let wait = REFUSED_WAITS.get(current.refusals.min(last)).copied();
        current.refusals += 1;
        let stream = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            // Spread, since many pages may have been refused at the same moment.
            let seconds = wait.unwrap_or_default() * (0.5 + js_sys::Math::random());
            #[allow(clippy::cast_possible_truncation, reason = "a few minutes")]
            dom::sleep((seconds * 1e3) as i32).await;
            stream.update();
        });
    }
}
