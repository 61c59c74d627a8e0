//! Islands: components that also run in the browser. They are rendered on the server like
//! everything else, and only they are compiled to WebAssembly. Each adds live behaviour to
//! something that works without it.
//!
//! The code that needs a browser is in `browser/`, which is not part of the server.

mod island_data;
mod live_panel;
mod live_seats;
mod page_enhancements;
mod register_form;
mod theme;

#[cfg(feature = "hydrate")]
mod browser;

pub use island_data::ZONE_COOKIE;
pub use live_panel::{LivePanelData, OwnRegistration, PanelState, REGISTER_FORM, Visitor, badge};
pub use live_seats::LiveSeatsData;
pub use page_enhancements::PageEnhancements;

#[cfg(test)]
mod tests;
