//! A QR code (ISO/IEC 18004), drawn as SVG.

use std::fmt::Write as _;

use fast_qr::qr::QRBuilder;
use leptos::prelude::*;

/// The empty modules around the code, which readers need.
const MARGIN: usize = 4;

/// Shows a text as a QR code. A text that is too long for one, about 2,300 bytes, is not shown.
#[component]
pub fn QrCode(
    /// The text that readers get.
    content: String,
    /// What the picture is, for people who don't see it.
    title: &'static str,
) -> impl IntoView {
    let code = QRBuilder::new(content).build().ok()?;
    let mut path = String::new();
    for row in 0..code.size {
        for (column, module) in code[row].iter().enumerate() {
            if module.value() {
                // Writing to a String can't fail.
                let _infallible = write!(path, "M{} {}h1v1h-1z", column + MARGIN, row + MARGIN);
            }
        }
    }
    let size = code.size + 2 * MARGIN;
    // Black on white in dark mode, too: not every reader knows inverted codes.
    Some(view! {
        <svg class="qr-code" role="img" aria-label=title viewBox=format!("0 0 {size} {size}") shape-rendering="crispEdges">
            <path fill="#fff" d=format!("M0 0h{size}v{size}h-{size}z")></path>
            <path fill="#000" d=path></path>
        </svg>
    })
}
