//! The picture of the landing page: rows of seats, one of which is taken by the visitor.

use std::{f64::consts::TAU, sync::LazyLock};

use leptos::{prelude::*, tachys::html::InertElement};

/// The rows of the hall as SVG. Each seat is a line without length and with round ends, so that all of them
/// are two short paths.
static HALL: LazyLock<String> = LazyLock::new(|| {
    let (mut seats, mut taken) = (String::new(), String::new());
    for row in 0..10_u32 {
        let radius = 110.0 + 46.0 * f64::from(row);
        let count = 5 + row * 3;
        for seat in 0..=count {
            let angle = TAU * (0.5 + 0.5 * f64::from(seat) / f64::from(count));
            let aisle = |at: f64| ((angle - TAU * at) * radius).abs() < 26.0;
            if aisle(0.64) || aisle(0.86) || (row == 4 && seat == count / 2) {
                continue;
            }
            let (x, y) = (420.0 + radius * angle.cos(), 560.0 + radius * angle.sin());
            // A pattern that looks like chance and is the same in every process.
            let path = if (seat * 7 + row * 5 + seat * row) % 9 < 4 {
                &mut taken
            } else {
                &mut seats
            };
            *path += &format!("M{x:.0} {y:.0}h.1");
        }
    }
    format!(
        r#"<svg class="hall" viewBox="0 0 840 580" aria-hidden="true"><path class="hall-free" d="{seats}"/><path class="hall-taken" d="{taken}"/><circle class="hall-yours" cx="393" cy="267" r="23"/><path class="hall-check" d="M383 267l7 7 13-14"/></svg>"#
    )
});

/// Shows the rows of seats. They are decoration.
#[component]
pub fn Hall() -> impl IntoView {
    InertElement::new(HALL.clone()).into_any()
}
