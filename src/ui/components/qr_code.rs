//! A QR code (ISO/IEC 18004), drawn as SVG.

use leptos::prelude::*;

use crate::model::qr_code::QrPath;

/// Shows a text as a QR code. A text that is too long for one, about 2,300 bytes, is not shown.
#[component]
pub fn QrCode(
    /// The text that readers get.
    content: String,
    /// What the picture is, for people who don't see it.
    title: &'static str,
) -> impl IntoView {
    let QrPath { size, dark } = QrPath::of(&content)?;
    // Black on white in dark mode, too: not every reader knows inverted codes.
    Some(view! {
        <svg class="qr-code" role="img" aria-label=title viewBox=format!("0 0 {size} {size}") shape-rendering="crispEdges">
            <path fill="#fff" d=format!("M0 0h{size}v{size}h-{size}z")></path>
            <path fill="#000" d=dark></path>
        </svg>
    })
}
