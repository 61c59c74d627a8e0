//! Code that needs a browser. Nothing in here fails loudly: if a browser lacks something, the page
//! stays as it is without JavaScript.

pub mod auto_submit;
pub mod dialog;
mod dom;
pub mod events;
pub mod post;
pub mod search;
pub mod theme;
pub mod times;
