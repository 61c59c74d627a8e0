//! What only a browser has. Nothing in here can fail loudly: when a browser lacks something, the
//! page stays what it was without JavaScript.

pub mod auto;
pub mod dialog;
mod dom;
pub mod events;
pub mod post;
pub mod search;
pub mod theme;
pub mod times;
